#include "target/display.h"
#include "target/init_own.h"
#include "scratch.h"

Suite *display_suite(void);

/* A sound systemd root with SDDM as a script (which needs no library) and LightDM. */
static void setup(void)
{
	scratch_open();
	put("/bin/sh", "x");
	put("/usr/bin/sddm", "#!/bin/sh\n");
	put("/usr/sbin/lightdm", "#!/bin/sh\n");
	put("/usr/lib/systemd/systemd", "x");
	put_link("/sbin/init", "/usr/lib/systemd/systemd");
	put("/usr/lib/systemd/system/sddm.service", "[Unit]\n");
	put("/usr/lib/systemd/system/lightdm.service", "[Unit]\n");
	put_link("/etc/systemd/system/default.target", "/x/graphical.target");
	put_link("/etc/systemd/system/display-manager.service",
		 "/usr/lib/systemd/system/sddm.service");
	put("/etc/pam.d/sddm", "x");
	put("/etc/pam.d/sddm-greeter", "x");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nsddm:x:1:1::/:/bin/false\n");
}

static enum display_fault judge(struct display_state *s)
{
	return display_judge(&t, &init_systemd, display_manager_named(&t, "sddm"), s);
}

START_TEST(display_sound_one_is_enabled)
{
	struct display d;
	struct display_state s;

	display_look(&t, &d);
	ck_assert_ptr_nonnull(d.on);
	ck_assert_str_eq(d.list[0]->name, "sddm");
	ck_assert_str_eq(d.list[1]->name, "lightdm");
	ck_assert(display_enabled(&d));
	ck_assert_int_eq(judge(&s), DISPLAY_SOUND);
}
END_TEST

START_TEST(display_faults_are_told_apart)
{
	struct display_state s;

	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	ck_assert_int_eq(judge(&s), DISPLAY_USER);
	ck_assert_str_eq(s.path, "sddm");
	put("/usr/lib/passwd", "sddm:x:1:1::/:/bin/false\n");
	ck_assert_int_eq(judge(&s), DISPLAY_SOUND);
	put("/etc/pam.d/sddm-greeter", "");
	ck_assert_int_eq(judge(&s), DISPLAY_PAM);
	ck_assert_str_eq(s.path, "/etc/pam.d/sddm-greeter");
	ck_assert_int_eq(unlink(full("/usr/lib/systemd/system/sddm.service")), 0);
	ck_assert_int_eq(judge(&s), DISPLAY_FILE);
	ck_assert_str_eq(s.path, "/usr/lib/systemd/system/sddm.service");
	put("/usr/bin/sddm", "#!/bin/none\n");
	ck_assert_int_eq(judge(&s), DISPLAY_FILE);
	ck_assert_str_eq(s.path, "/usr/bin/sddm");
	strcpy(t.unknown[t.nunknown++], "/usr");
	ck_assert_int_eq(judge(&s), DISPLAY_UNKNOWN);
}
END_TEST

START_TEST(display_text_target_starts_none)
{
	struct display d;

	ck_assert_int_eq(unlink(full("/etc/systemd/system/default.target")), 0);
	put_link("/etc/systemd/system/default.target", "/x/kiosk.target");
	display_look(&t, &d);
	ck_assert(display_enabled(&d));
	ck_assert_int_eq(unlink(full("/etc/systemd/system/default.target")), 0);
	put_link("/etc/systemd/system/default.target", "/x/multi-user.target");
	display_look(&t, &d);
	ck_assert(!display_enabled(&d));
}
END_TEST

/* dpkg leaves a script and its link when a package is removed: nobody wants it then. */
START_TEST(display_removed_package_is_not_wanted)
{
	struct display d;

	ck_assert_int_eq(unlink(full("/usr/bin/sddm")), 0);
	display_look(&t, &d);
	ck_assert_ptr_null(d.on);
	ck_assert_str_eq(d.list[0]->name, "lightdm");
	put("/var/lib/dpkg/status", "Package: sddm\nStatus: install ok installed\nVersion: 1\n\n");
	put("/var/lib/dpkg/info/sddm.list", "/usr/bin/sddm\n");
	display_look(&t, &d);
	ck_assert_ptr_nonnull(d.on);
	ck_assert_str_eq(d.list[0]->name, "sddm");
}
END_TEST

START_TEST(display_unknown_manager_is_believed)
{
	struct display d;

	ck_assert_int_eq(unlink(full("/etc/systemd/system/display-manager.service")), 0);
	put("/usr/lib/systemd/system/ly.service", "[Unit]\n");
	put_link("/etc/systemd/system/display-manager.service",
		 "/usr/lib/systemd/system/ly.service");
	display_look(&t, &d);
	ck_assert_ptr_null(d.on);
	ck_assert(display_enabled(&d));
}
END_TEST

START_TEST(display_lightdm_runs_as_whom_its_configuration_says)
{
	const struct display_manager *dm = display_manager_named(&t, "lightdm");
	struct display_state s;

	put("/etc/pam.d/lightdm", "x");
	put("/etc/pam.d/lightdm-greeter", "x");
	ck_assert_int_eq(display_judge(&t, &init_systemd, dm, &s), DISPLAY_USER);
	put("/etc/lightdm/lightdm.conf", "[LightDM]\n#greeter-user=x\ngreeter-user=sddm\n");
	ck_assert_int_eq(display_judge(&t, &init_systemd, dm, &s), DISPLAY_SOUND);
}
END_TEST

/* Where nothing is enabled, the distributions' own switches say which one was wanted. */
START_TEST(display_configured_one_comes_before_the_tables_order)
{
	struct display d;

	ck_assert_int_eq(unlink(full("/etc/systemd/system/display-manager.service")), 0);
	display_look(&t, &d);
	ck_assert_str_eq(d.list[0]->name, "sddm");
	put("/etc/sysconfig/displaymanager", "#DISPLAYMANAGER=gdm\nDISPLAYMANAGER=\"lightdm\"\n");
	display_look(&t, &d);
	ck_assert_str_eq(d.list[0]->name, "lightdm");
	put("/etc/X11/default-display-manager", "/usr/bin/sddm\r\n");
	display_look(&t, &d);
	ck_assert_str_eq(d.list[0]->name, "sddm");
	ck_assert_uint_eq(d.n, 2);
	put("/etc/X11/default-display-manager", "/usr/bin/gdm3\n"); /* not installed */
	display_look(&t, &d);
	ck_assert_str_eq(d.list[0]->name, "lightdm");
}
END_TEST

Suite *display_suite(void)
{
	Suite *s = suite_create("display");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, scratch_close);
	tcase_add_test(c, display_sound_one_is_enabled);
	tcase_add_test(c, display_faults_are_told_apart);
	tcase_add_test(c, display_text_target_starts_none);
	tcase_add_test(c, display_removed_package_is_not_wanted);
	tcase_add_test(c, display_unknown_manager_is_believed);
	tcase_add_test(c, display_configured_one_comes_before_the_tables_order);
	tcase_add_test(c, display_lightdm_runs_as_whom_its_configuration_says);
	suite_add_tcase(s, c);
	return s;
}
