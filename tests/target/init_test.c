#include "target/init.h"
#include "base/buf.h"
#include "target/init_own.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *init_suite(void);

static struct target t;
static struct journal j;

static char *full(const char *path)
{
	static char name[512];
	char *p;

	snprintf(name, sizeof(name), "%s%s", t.root, path);
	for (p = name + strlen(t.root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(name, 0755);
	}
	return name;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(full(path), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void put_link(const char *path, const char *to)
{
	ck_assert_int_eq(symlink(to, full(path)), 0);
}

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	strcpy(t.root, "/tmp/rd-init-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t.root));
	t.fd = open(t.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	full("/etc/x");
	full("/var/lib/x");
	put("/usr/bin/sddm", "x");
	put("/usr/sbin/lightdm", "x");
	ck_assert_int_eq(journal_open(&j, t.fd, "20260101-000000", 0), 0);
}

static void teardown(void)
{
	char command[320];

	journal_close(&j);
	close(t.fd);
	snprintf(command, sizeof(command), "rm -rf --one-file-system %s", t.root);
	ck_assert_int_eq(system(command), 0);
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

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, conf_value_is_read_as_a_shell_would);
	tcase_add_test(c, conf_edit_keeps_every_other_byte);
	tcase_add_test(c, systemd_gets_the_alias_and_the_graphical_target);
	tcase_add_test(c, systemd_link_to_nothing_is_not_enabled);
	tcase_add_test(c, openrc_new_way_sets_conf_and_link);
	tcase_add_test(c, openrc_old_way_uses_the_xdm_script);
	tcase_add_test(c, openrc_with_own_scripts_swaps_the_link);
	tcase_add_test(c, openrc_rc_conf_wins);
	tcase_add_test(c, sysv_starts_in_the_default_runlevel);
	tcase_add_test(c, script_resolves_by_its_interpreter);
	suite_add_tcase(s, c);
	return s;
}
