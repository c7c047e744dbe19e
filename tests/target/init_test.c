#include "target/init.h"
#include "base/buf.h"
#include "target/init_own.h"
#include "scratch.h"

#include <errno.h>

Suite *init_suite(void);

static void setup(void)
{
	scratch_open();
	put("/usr/bin/sddm", "x");
	put("/usr/sbin/lightdm", "x");
}

static const struct display_manager *row(const char *name)
{
	const struct display_manager *dm = display_managers;

	while (strcmp(dm->name, name) != 0)
		dm++;
	return dm;
}

static void enables(const struct init_system *want, const char *name)
{
	const struct init_system *i = init_in_use(&t);
	char now[64];

	ck_assert_ptr_eq(i, want);
	ck_assert_int_eq(i->enable(&t, &j, row(name)), 0);
	ck_assert_int_eq(i->enabled(&t, now, sizeof(now)), 0);
	ck_assert_str_eq(now, name);
}

START_TEST(conf_value_is_read_as_a_shell_would)
{
	const char *s = "#A=1\nA=\"x y\"\n A='last' # c\nAB=9\n";
	char v[32];

	ck_assert_int_eq(init_conf_get(s, strlen(s), "A", v, sizeof(v)), 0);
	ck_assert_str_eq(v, "last");
	ck_assert_int_eq(init_conf_get(s, strlen(s), "B", v, sizeof(v)), -1);
}
END_TEST

START_TEST(conf_edit_keeps_every_other_byte)
{
	const char *s = "# DM\r\nDM=\"xdm\"\nCHECKVT=7";
	struct init_conf c = {"DM", "sddm"}, new = {"NEW", "1"};
	char out[128];
	struct buf b = BUF_OF(out);

	ck_assert_int_eq(init_conf_set(s, strlen(s), &c, &b), 0);
	ck_assert_str_eq(out, "# DM\r\nDM=\"sddm\"\nCHECKVT=7");
	b = BUF_OF(out);
	ck_assert_int_eq(init_conf_set("A=1", 3, &new, &b), 0);
	ck_assert_str_eq(out, "A=1\nNEW=\"1\"\n");
}
END_TEST

START_TEST(systemd_gets_the_alias_and_the_graphical_target)
{
	char level[64];

	put("/usr/lib/systemd/systemd", "x");
	put_link("/sbin/init", "/usr/lib/systemd/systemd");
	put("/usr/lib/systemd/system/sddm.service", "[Unit]\n");
	put("/usr/lib/systemd/system/graphical.target", "[Unit]\n");
	put_link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target");
	put_link("/etc/systemd/system/sddm.service", "/dev/null");
	enables(&init_systemd, "sddm");
	ck_assert_int_eq(init_systemd.level(&t, level, sizeof(level)), 0);
	ck_assert_str_eq(level, "graphical.target");
}
END_TEST

START_TEST(systemd_link_to_nothing_is_not_enabled)
{
	char now[64];

	put_link("/etc/systemd/system/display-manager.service",
		 "/usr/lib/systemd/system/x.service");
	ck_assert_int_eq(init_systemd.enabled(&t, now, sizeof(now)), -1);
}
END_TEST

START_TEST(openrc_new_way_sets_conf_and_link)
{
	put("/sbin/openrc", "x");
	put("/etc/init.d/display-manager", "x");
	put("/etc/conf.d/display-manager", "CHECKVT=7\nDISPLAYMANAGER=\"xdm\"\n");
	full("/etc/runlevels/default/x");
	enables(&init_openrc, "sddm");
	ck_assert_int_eq(access(full("/etc/runlevels/default/display-manager"), F_OK), -1);
}
END_TEST

START_TEST(openrc_old_way_uses_the_xdm_script)
{
	char link[64];

	put("/sbin/openrc", "x");
	put("/etc/init.d/xdm", "x");
	put("/etc/conf.d/xdm", "DISPLAYMANAGER=\"xdm\"\n");
	full("/etc/runlevels/default/x");
	enables(&init_openrc, "sddm");
	ck_assert_int_eq(init_link(&t, "/etc/runlevels/default/xdm", link, sizeof(link)), 0);
	ck_assert_str_eq(link, "/etc/init.d/xdm");
}
END_TEST

START_TEST(openrc_with_own_scripts_swaps_the_link)
{
	char link[64];

	put("/sbin/openrc", "x");
	put("/etc/init.d/sddm", "x");
	put("/etc/init.d/lightdm", "x");
	full("/etc/runlevels/default/x");
	put_link("/etc/runlevels/default/lightdm", "/etc/init.d/lightdm");
	enables(&init_openrc, "sddm");
	ck_assert_int_eq(init_link(&t, "/etc/runlevels/default/lightdm", link, sizeof(link)), -1);
}
END_TEST

START_TEST(openrc_rc_conf_wins)
{
	char now[64];

	put("/etc/rc.conf", "DISPLAYMANAGER=lightdm\n");
	put("/etc/conf.d/display-manager", "DISPLAYMANAGER=\"sddm\"\n");
	put("/etc/runlevels/default/display-manager", "x");
	ck_assert_int_eq(init_openrc.enabled(&t, now, sizeof(now)), 0);
	ck_assert_str_eq(now, "lightdm");
}
END_TEST

START_TEST(sysv_starts_in_the_default_runlevel)
{
	put("/etc/inittab", "id:3:initdefault:\n# id:5:initdefault:\n");
	put("/etc/init.d/sddm", "x");
	put_link("/etc/rc3.d/K01sddm", "../init.d/sddm");
	enables(&init_sysv, "sddm");
	ck_assert_int_eq(access(full("/etc/rc3.d/S20sddm"), F_OK), 0);
}
END_TEST

/* systemd's getty@.service, wanted on tty1 as installed. */
static void systemd_root(void)
{
	put("/usr/lib/systemd/systemd", "x");
	put_link("/sbin/init", "/usr/lib/systemd/systemd");
	put("/usr/lib/systemd/system/getty@.service", "[Unit]\n");
	put("/usr/lib/systemd/system/serial-getty@.service", "[Unit]\n");
	put("/usr/lib/systemd/system-generators/systemd-getty-generator", "x");
	put_link("/etc/systemd/system/getty.target.wants/getty@tty1.service", "/dangling");
}

START_TEST(systemd_wants_a_getty_by_name)
{
	systemd_root();
	ck_assert(init_systemd.getty(&t, ""));
	ck_assert(init_systemd.getty(&t, "tty1"));
	ck_assert(!init_systemd.getty(&t, "tty2"));
	ck_assert(init_systemd.getty(&t, "ttyS0"));
}
END_TEST

START_TEST(systemd_masked_getty_starts_nothing)
{
	static const char units[][24] = {"getty.target", "getty@.service", "getty@tty1.service"};
	char path[96];

	systemd_root();
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "/etc/systemd/system/%s", units[i]);
		put_link(path, "/dev/null");
		ck_assert(!init_systemd.getty(&t, ""));
		ck_assert_int_eq(init_systemd.getty_enable(&t, &j, "tty1"), 0);
		ck_assert(init_systemd.getty(&t, ""));
	}
}
END_TEST

START_TEST(systemd_serial_getty_is_unmasked)
{
	systemd_root();
	put_link("/etc/systemd/system/serial-getty@ttyS0.service", "/dev/null");
	ck_assert(!init_systemd.getty(&t, "ttyS0"));
	ck_assert_int_eq(init_systemd.getty_enable(&t, &j, "ttyS0"), 0);
	ck_assert(init_systemd.getty(&t, "ttyS0"));
	ck_assert_int_eq(access(full("/etc/systemd/system/getty.target.wants/"
				     "serial-getty@ttyS0.service"),
				F_OK),
			 -1);
}
END_TEST

START_TEST(systemd_unit_that_is_no_link_is_believed)
{
	char now[64];

	put("/usr/lib/systemd/system/display-manager.service", "[Unit]\n");
	ck_assert_int_eq(init_systemd.enabled(&t, now, sizeof(now)), 0);
	ck_assert_str_eq(now, "display-manager");
}
END_TEST

START_TEST(systemd_alias_of_a_masked_unit_is_not_enabled)
{
	char now[64];

	put("/usr/lib/systemd/system/sddm.service", "[Unit]\n");
	put_link("/etc/systemd/system/display-manager.service",
		 "/usr/lib/systemd/system/sddm.service");
	ck_assert_int_eq(init_systemd.enabled(&t, now, sizeof(now)), 0);
	put_link("/etc/systemd/system/sddm.service", "/dev/null");
	ck_assert_int_eq(init_systemd.enabled(&t, now, sizeof(now)), -1);
}
END_TEST

START_TEST(openrc_init_links_its_agetty)
{
	put("/sbin/openrc-init", "x");
	put_link("/sbin/init", "openrc-init");
	put("/etc/init.d/agetty", "x");
	full("/etc/runlevels/default/x");
	ck_assert(!init_openrc.getty(&t, ""));
	ck_assert_int_eq(init_openrc.getty_enable(&t, &j, "tty1"), 0);
	ck_assert(init_openrc.getty(&t, ""));
	ck_assert(holds("/etc/init.d/agetty.tty1", "agetty"));
	ck_assert(holds("/etc/runlevels/default/agetty.tty1", "/etc/init.d/agetty.tty1"));
}
END_TEST

/* As Debian's packages runit, runit-init and getty-run lay it out; the programs are empty. */
static void runit_root(void)
{
	put("/lib/runit/runit-init", "x");
	put_link("/sbin/init", "/lib/runit/runit-init");
	put("/etc/sv/getty-tty1/run", "x");
	put("/etc/sv/getty-ttyS0/run", "x");
	put("/etc/rc2.d/x", "x");
	put_link("/etc/runit/runsvdir/default/getty-tty1", "../../../sv/getty-tty1");
}

START_TEST(runit_runs_what_its_default_folder_links)
{
	runit_root();
	ck_assert_ptr_eq(init_in_use(&t), &init_runit);
	ck_assert(init_runit.getty(&t, ""));
	ck_assert(!init_runit.getty(&t, "ttyS0"));
	ck_assert_int_eq(init_runit.getty_enable(&t, &j, "ttyS0"), 0);
	ck_assert(init_runit.getty(&t, "ttyS0"));
	ck_assert(holds("/etc/runit/runsvdir/default/getty-ttyS0", "/etc/sv/getty-ttyS0"));
}
END_TEST

START_TEST(runit_service_that_is_down_is_brought_up)
{
	runit_root();
	put("/etc/sv/getty-tty1/down", "");
	ck_assert(!init_runit.getty(&t, ""));
	ck_assert_int_eq(init_runit.getty_enable(&t, &j, "tty1"), 0);
	ck_assert(init_runit.getty(&t, ""));
}
END_TEST

START_TEST(runit_starts_one_display_manager)
{
	runit_root();
	put("/etc/sv/sddm/run", "x");
	put("/etc/sv/lightdm/run", "x");
	put_link("/etc/runit/runsvdir/default/lightdm", "/etc/sv/lightdm");
	enables(&init_runit, "sddm");
	ck_assert_int_eq(access(full("/etc/runit/runsvdir/default/lightdm"), F_OK), -1);
}
END_TEST

START_TEST(runit_of_debian_starts_scripts_too)
{
	runit_root();
	put("/etc/init.d/sddm", "x");
	enables(&init_runit, "sddm");
	ck_assert(holds("/etc/rc2.d/S20sddm", "../init.d/sddm"));
}
END_TEST

static void service_is(const struct init_system *i, const char *name, int rc, const char *path)
{
	char at[160];

	ck_assert_int_eq(i->service(&t, name, at, sizeof(at)), rc);
	ck_assert_str_eq(at, path);
}

/* Where a manager's script belongs when it is gone: the path a person is told. */
START_TEST(service_that_is_missing_has_its_path_named)
{
	service_is(&init_sysv, "sddm", -1, "/etc/init.d/sddm");
	service_is(&init_openrc, "sddm", -1, "/etc/init.d/sddm");
	service_is(&init_runit, "sddm", -1, "/etc/sv/sddm/run");
	put("/etc/init.d/sddm", "x");
	service_is(&init_openrc, "sddm", 0, "/etc/init.d/sddm");
	service_is(&init_runit, "sddm", 0, "/etc/init.d/sddm");
	put("/etc/sv/sddm/run", "x");
	service_is(&init_runit, "sddm", 0, "/etc/sv/sddm/run");
	put("/etc/init.d/xdm", "x");
	put("/etc/conf.d/xdm", "DISPLAYMANAGER=\"xdm\"\n");
	service_is(&init_openrc, "sddm", 0, "/etc/init.d/xdm");
	put("/etc/init.d/display-manager", "x");
	service_is(&init_openrc, "sddm", 0, "/etc/init.d/display-manager");
}
END_TEST

START_TEST(what_has_no_script_cannot_be_enabled)
{
	const struct init_system *const all[] = {&init_sysv, &init_openrc, &init_runit,
						 &init_systemd};
	char now[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		ck_assert_int_eq(all[i]->enable(&t, &j, row("sddm")), -1);
		ck_assert_int_eq(errno, ENOENT);
		ck_assert_int_eq(all[i]->enabled(&t, now, sizeof(now)), -1);
		ck_assert_int_eq(all[i]->getty_enable(&t, &j, "tty1"), -1);
		ck_assert(!all[i]->getty(&t, "tty1"));
	}
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

START_TEST(openrc_conf_may_name_a_path_or_nobody)
{
	char now[64];

	put("/etc/runlevels/default/display-manager", "x");
	ck_assert_int_eq(init_openrc.enabled(&t, now, sizeof(now)), -1);
	put("/etc/conf.d/display-manager", "DISPLAYMANAGER=\"/usr/bin/sddm\"\n");
	ck_assert_int_eq(init_openrc.enabled(&t, now, sizeof(now)), 0);
	ck_assert_str_eq(now, "sddm");
	put("/etc/conf.d/display-manager", "DISPLAYMANAGER=\"\"\n");
	ck_assert_int_eq(init_openrc.enabled(&t, now, sizeof(now)), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(sysv_takes_the_link_of_another_away)
{
	put("/etc/inittab", "id:5:initdefault:\n");
	put("/etc/init.d/sddm", "x");
	put("/etc/init.d/lightdm", "x");
	full("/etc/rc5.d/x");
	put_link("/etc/rc5.d/S03lightdm", "../init.d/lightdm");
	enables(&init_sysv, "sddm");
	ck_assert_int_eq(access(full("/etc/rc5.d/S03lightdm"), F_OK), -1);
	ck_assert(holds("/etc/rc5.d/S20sddm", "../init.d/sddm"));
	/* a link whose script is gone starts nothing */
	ck_assert_int_eq(unlink(full("/etc/init.d/sddm")), 0);
	ck_assert_int_eq(init_sysv.enabled(&t, (char[64]){0}, 64), -1);
}
END_TEST

START_TEST(sysv_takes_the_getty_there_is)
{
	put("/etc/inittab", "id:3:initdefault:\n");
	ck_assert_int_eq(init_sysv.getty_enable(&t, &j, "ttyS0"), -1);
	put("/sbin/getty", "x");
	ck_assert_int_eq(init_sysv.getty_enable(&t, &j, "ttyS0"), 0);
	ck_assert(init_sysv.getty(&t, "ttyS0"));
}
END_TEST

START_TEST(levels_have_names)
{
	char level[64];

	ck_assert_int_eq(init_runit.level(&t, level, sizeof(level)), 0);
	ck_assert_str_eq(level, "default");
	ck_assert_int_eq(init_openrc.level(&t, level, sizeof(level)), 0);
	ck_assert_str_eq(level, "default");
	ck_assert_int_eq(init_sysv.level(&t, level, sizeof(level)), 0);
	ck_assert_str_eq(level, "2"); /* Debian's, without an inittab */
	ck_assert_int_eq(init_systemd.level(&t, level, sizeof(level)), -1);
	put_link("/etc/systemd/system/default.target", "kiosk.target");
	ck_assert_int_eq(init_systemd.level(&t, level, sizeof(level)), 0);
	ck_assert_str_eq(level, "kiosk.target");
}
END_TEST

START_TEST(script_resolves_by_its_interpreter)
{
	char why[200];

	put("/usr/sbin/lxdm", "#!/bin/sh\n");
	ck_assert_int_eq(init_resolves(&t, "/usr/sbin/lxdm", why, sizeof(why)), -1);
	ck_assert_str_eq(why, "/usr/sbin/lxdm: its interpreter /bin/sh is missing");
	put("/bin/sh", "x");
	ck_assert_int_eq(init_resolves(&t, "/usr/sbin/lxdm", why, sizeof(why)), 0);
}
END_TEST

Suite *init_suite(void)
{
	Suite *s = suite_create("init");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, scratch_close);
	tcase_add_test(c, conf_value_is_read_as_a_shell_would);
	tcase_add_test(c, conf_edit_keeps_every_other_byte);
	tcase_add_test(c, systemd_gets_the_alias_and_the_graphical_target);
	tcase_add_test(c, systemd_link_to_nothing_is_not_enabled);
	tcase_add_test(c, openrc_new_way_sets_conf_and_link);
	tcase_add_test(c, openrc_old_way_uses_the_xdm_script);
	tcase_add_test(c, openrc_with_own_scripts_swaps_the_link);
	tcase_add_test(c, openrc_rc_conf_wins);
	tcase_add_test(c, sysv_starts_in_the_default_runlevel);
	tcase_add_test(c, systemd_wants_a_getty_by_name);
	tcase_add_test(c, systemd_masked_getty_starts_nothing);
	tcase_add_test(c, systemd_serial_getty_is_unmasked);
	tcase_add_test(c, systemd_unit_that_is_no_link_is_believed);
	tcase_add_test(c, systemd_alias_of_a_masked_unit_is_not_enabled);
	tcase_add_test(c, openrc_init_links_its_agetty);
	tcase_add_test(c, runit_runs_what_its_default_folder_links);
	tcase_add_test(c, runit_service_that_is_down_is_brought_up);
	tcase_add_test(c, runit_starts_one_display_manager);
	tcase_add_test(c, runit_of_debian_starts_scripts_too);
	tcase_add_test(c, service_that_is_missing_has_its_path_named);
	tcase_add_test(c, what_has_no_script_cannot_be_enabled);
	tcase_add_test(c, openrc_conf_may_name_a_path_or_nobody);
	tcase_add_test(c, sysv_takes_the_link_of_another_away);
	tcase_add_test(c, sysv_takes_the_getty_there_is);
	tcase_add_test(c, levels_have_names);
	tcase_add_test(c, script_resolves_by_its_interpreter);
	suite_add_tcase(s, c);
	return s;
}
