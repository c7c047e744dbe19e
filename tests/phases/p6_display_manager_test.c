#include "phases/phase.h"

#include "../base/said.h"
#include "small.h"

Suite *p6_display_manager_suite(void);

#define UNIT "/usr/lib/systemd/system/sddm.service"
#define ENABLED "/etc/systemd/system/display-manager.service"

/* systemd's root with a sound SDDM (a script needs no library) that is enabled. */
static void setup(void)
{
	small_open();
	small_copy("$(command -v busybox)", "/bin/sh");
	full("/dev/x");
	full("/proc/x");
	full("/sys/x");
	full("/run/x");
	full("/tmp/x");
	put("/usr/bin/sddm", "#!/bin/sh\n");
	put("/usr/lib/systemd/systemd", "x");
	put_link("/sbin/init", "/usr/lib/systemd/systemd");
	put(UNIT, "[Unit]\n");
	put("/usr/lib/systemd/system/graphical.target", "[Unit]\n");
	put_link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/graphical.target");
	put_link(ENABLED, UNIT);
	put("/etc/pam.d/sddm", "x");
	put("/etc/pam.d/sddm-greeter", "x");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nsddm:x:101:101::/:/bin/false\n");
	c.report->phases[1].outcome = OUTCOME_OK; /* somebody has looked: there is no finding */
}

static void run(enum outcome is, const char *text)
{
	enum outcome o = p6_display_manager(&c);

	ck_assert_msg(o == is && strstr(c.report->phases[6].text, text), "%s: %s", outcome_name(o),
		      c.report->phases[6].text);
}

START_TEST(sound_one_is_left_alone)
{
	run(OUTCOME_OK, "sddm is enabled in systemd and its libraries resolve");
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

START_TEST(disabled_one_is_enabled_and_systemd_asked)
{
	ck_assert_int_eq(unlink(full(ENABLED)), 0);
	put("/usr/bin/systemctl", "#!/bin/sh\n[ -h " ENABLED " ] || exit 3\n");
	ck_assert_int_eq(chmod(full("/usr/bin/systemctl"), 0755), 0);
	c.report->phases[1].outcome = OUTCOME_NOT_RUN;
	run(OUTCOME_REPAIRED, "sddm is enabled in systemd and its libraries resolve");
	ck_assert(holds(ENABLED, UNIT));
	ck_assert(said("display-manager.service: exit status 0"));
}
END_TEST

START_TEST(what_cannot_start_is_said_by_how_it_was_asked)
{
	ck_assert_int_eq(unlink(full("/etc/pam.d/sddm-greeter")), 0);
	run(OUTCOME_FAILED, "no display manager can start: log in on a text console; sddm: ");
	c.journal = NULL;
	run(OUTCOME_SKIPPED, "sddm cannot start: ");
	ck_assert_int_eq(unlink(full(ENABLED)), 0);
	t.readonly = true;
	run(OUTCOME_SKIPPED, "sddm cannot start: it is not enabled; nothing was changed");
}
END_TEST

START_TEST(where_none_is_installed_there_is_nothing_to_do)
{
	ck_assert_int_eq(unlink(full(ENABLED)), 0);
	ck_assert_int_eq(unlink(full("/usr/bin/sddm")), 0);
	run(OUTCOME_NOTHING, "no display manager is installed: nothing to do");
}
END_TEST

START_TEST(what_cannot_be_seen_is_unknown)
{
	ck_assert_int_eq(unlink(full("/sbin/init")), 0);
	ck_assert_int_eq(unlink(full("/usr/lib/systemd/systemd")), 0);
	run(OUTCOME_UNKNOWN, "no init system is recognised");
	strcpy(t.unknown[t.nunknown++], "/usr");
	run(OUTCOME_UNKNOWN, "/usr could not be mounted");
}
END_TEST

Suite *p6_display_manager_suite(void)
{
	Suite *s = suite_create("p6_display_manager");
	TCase *k = tcase_create("p6_display_manager");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, sound_one_is_left_alone);
	tcase_add_test(k, disabled_one_is_enabled_and_systemd_asked);
	tcase_add_test(k, what_cannot_start_is_said_by_how_it_was_asked);
	tcase_add_test(k, where_none_is_installed_there_is_nothing_to_do);
	tcase_add_test(k, what_cannot_be_seen_is_unknown);
	suite_add_tcase(s, k);
	return s;
}
