#include "../target/scratch.h"
#include "found.h"
#include "target/display.h"

Suite *dm_suite(void);

static struct report rep;
static struct check_context c;

/* systemd's root with a sound SDDM (a script needs no library) that nothing starts, and LightDM. */
static void setup(void)
{
	scratch_open();
	put("/bin/sh", "x");
	put("/usr/bin/sddm", "#!/bin/sh\n");
	put("/usr/lib/systemd/systemd", "x");
	put_link("/sbin/init", "/usr/lib/systemd/systemd");
	put("/usr/lib/systemd/system/sddm.service", "[Unit]\n");
	put("/usr/lib/systemd/system/lightdm.service", "[Unit]\n");
	put("/usr/lib/systemd/system/graphical.target", "[Unit]\n");
	put_link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/graphical.target");
	put("/etc/pam.d/sddm", "x");
	put("/etc/pam.d/sddm-greeter", "x");
	put("/etc/pam.d/lightdm", "x");
	put("/etc/pam.d/lightdm-greeter", "x");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nsddm:x:101:101::/:/bin/false\n"
			   "lightdm:x:102:102::/:/bin/false\n");
	put("/etc/group", "root:x:0:\nsddm:x:101:\n");
	put("/etc/shadow", "root:*:1::::::\nsddm:!*:::::::\n");
	rep = (struct report){.scratch = true};
	c = (struct check_context){.t = &t, .report = &rep, .journal = &j, .timeout = 5};
}

static void enabled_is(const char *name)
{
	struct display d;

	display_look(&t, &d);
	ck_assert(display_enabled(&d));
	ck_assert_str_eq(d.now, name);
}

START_TEST(disabled_one_is_enabled)
{
	ck_assert_int_eq(found_severity(&c, detect_display, "dm-disabled"), SEVERITY_WARNING);
	ck_assert_ptr_nonnull(strstr(rep.findings[0].evidence, "sddm is installed"));
	ck_assert_int_eq(repair_display(&c), 0);
	enabled_is("sddm");
	ck_assert_ptr_null(found(&c, detect_display, "dm-disabled"));
	ck_assert_int_eq(repair_display(&c), 0); /* nothing is left to do */
	ck_assert_uint_eq(rep.npivots, 0);
}
END_TEST

START_TEST(enabled_one_in_a_text_target_is_told)
{
	put_link("/etc/systemd/system/display-manager.service",
		 "/usr/lib/systemd/system/sddm.service");
	unlink(full("/etc/systemd/system/default.target"));
	put_link("/etc/systemd/system/default.target", "/x/multi-user.target");
	ck_assert_ptr_nonnull(found(&c, detect_display, "dm-disabled"));
	ck_assert_str_eq(rep.findings[0].evidence,
			 "sddm is enabled in systemd, but multi-user.target starts no display");
}
END_TEST

START_TEST(lost_user_comes_back_from_the_backup)
{
	const struct finding *f;

	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	put("/etc/passwd-", "root:x:0:0::/root:/bin/sh\nsddm:x:101:101::/:/bin/false\n");
	f = found(&c, detect_display, "dm-broken");
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->evidence, "sddm cannot start: user sddm, as whom it runs, is not in "
				      "/etc/passwd");
	ck_assert_int_eq(repair_display(&c), 0);
	ck_assert(
	    holds("/etc/passwd", "root:x:0:0::/root:/bin/sh\nsddm:x:101:101::/:/bin/false\n"));
	enabled_is("sddm");
}
END_TEST

/* Nobody has a copy of what the first one lacks: the second takes its place, and that is a pivot.
 */
START_TEST(broken_one_gives_way_to_one_that_starts)
{
	put("/usr/sbin/lightdm", "#!/bin/sh\n");
	ck_assert_int_eq(unlink(full("/etc/pam.d/sddm-greeter")), 0);
	ck_assert_ptr_nonnull(found(&c, detect_display, "dm-broken"));
	ck_assert_int_eq(repair_display(&c), 0);
	enabled_is("lightdm");
	ck_assert_uint_ge(rep.npivots, 1);
	ck_assert_str_eq(rep.pivots[rep.npivots - 1].tried, "display manager sddm");
	ck_assert_str_eq(rep.pivots[rep.npivots - 1].next, "lightdm");
}
END_TEST

START_TEST(with_nothing_left_the_text_console_is_named)
{
	put("/usr/bin/sddm", "#!/usr/bin/none\n");
	ck_assert_ptr_nonnull(found(&c, detect_display, "dm-broken"));
	ck_assert_int_eq(repair_display(&c), -1);
	ck_assert_uint_eq(rep.nexts, 1);
	ck_assert_ptr_nonnull(strstr(rep.next[0], "reinstall sddm"));
	ck_assert_int_eq(unlink(full("/usr/bin/sddm")), 0);
	ck_assert_int_eq(repair_display(&c), -1); /* none is installed at all */
}
END_TEST

START_TEST(one_that_cannot_be_enabled_is_a_failure)
{
	ck_assert_int_eq(unlink(full("/etc/systemd/system/default.target")), 0);
	/* a folder stands where the link belongs */
	full("/etc/systemd/system/display-manager.service/x");
	put("/etc/systemd/system/display-manager.service/x", "x");
	ck_assert_int_eq(repair_display(&c), -1);
	ck_assert_uint_eq(rep.nfailures, 1);
	ck_assert_str_eq(rep.failures[0].what, "sddm could not be enabled in systemd");
}
END_TEST

START_TEST(getty_that_nothing_starts_is_enabled)
{
	put("/usr/lib/systemd/system/getty@.service", "[Unit]\n");
	/* a display manager would do, but none starts */
	unlink(full("/usr/bin/sddm"));
	ck_assert_int_eq(found_severity(&c, detect_getty, "getty-missing"), SEVERITY_ERROR);
	ck_assert_int_eq(repair_getty(&c), 0);
	ck_assert_ptr_null(found(&c, detect_getty, "getty-missing"));
	ck_assert_int_eq(repair_getty(&c), 0);
}
END_TEST

START_TEST(getty_without_its_unit_is_a_failure)
{
	unlink(full("/usr/bin/sddm"));
	ck_assert_int_eq(repair_getty(&c), -1);
	ck_assert_uint_eq(rep.nfailures, 1);
	ck_assert_str_eq(rep.failures[0].what, "a getty on tty1 could not be enabled in systemd");
	ck_assert_int_eq(unlink(full("/sbin/init")), 0);
	ck_assert_int_eq(unlink(full("/usr/lib/systemd/systemd")), 0);
	ck_assert_int_eq(repair_getty(&c), -1); /* no init system at all */
}
END_TEST

START_TEST(display_that_works_needs_no_getty)
{
	put_link("/etc/systemd/system/display-manager.service",
		 "/usr/lib/systemd/system/sddm.service");
	ck_assert_ptr_null(found(&c, detect_getty, "getty-missing"));
	put("/usr/bin/sddm", "#!/usr/bin/none\n");
	ck_assert_ptr_nonnull(found(&c, detect_getty, "getty-missing"));
}
END_TEST

Suite *dm_suite(void)
{
	Suite *s = suite_create("dm");
	TCase *k = tcase_create("all");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, disabled_one_is_enabled);
	tcase_add_test(k, enabled_one_in_a_text_target_is_told);
	tcase_add_test(k, lost_user_comes_back_from_the_backup);
	tcase_add_test(k, broken_one_gives_way_to_one_that_starts);
	tcase_add_test(k, with_nothing_left_the_text_console_is_named);
	tcase_add_test(k, one_that_cannot_be_enabled_is_a_failure);
	tcase_add_test(k, getty_that_nothing_starts_is_enabled);
	tcase_add_test(k, getty_without_its_unit_is_a_failure);
	tcase_add_test(k, display_that_works_needs_no_getty);
	suite_add_tcase(s, k);
	return s;
}
