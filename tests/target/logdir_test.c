#include "target/logdir.h"

#include "../base/tree.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

Suite *logdir_suite(void);

static char top[64], devices[80];
static struct target t;
static struct logdir d;

static void sh(const char *script)
{
	char line[1024];

	snprintf(line, sizeof line, "cd %s && set -e && %s", top, script);
	ck_assert_msg(system(line) == 0, "%s", script);
}

/* Device mapper's word for the device that path lies on. */
static void encrypt(const char *path)
{
	char line[400];
	struct stat st;

	snprintf(line, sizeof line, "%s%s", top, path);
	ck_assert_int_eq(stat(line, &st), 0);
	snprintf(line, sizeof line,
		 "mkdir -p devices/%u:%u/slaves/below/dm; echo CRYPT-LUKS2-0 "
		 ">devices/%u:%u/slaves/below/dm/uuid",
		 major(st.st_dev), minor(st.st_dev), major(st.st_dev), minor(st.st_dev));
	sh(line);
}

static void mount_on(const char *point)
{
	char path[128];

	snprintf(path, sizeof path, "%s%s", top, point);
	ck_assert_int_eq(mount("b", path, "tmpfs", 0, "mode=0755"), 0);
}

static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	memset(&t, 0, sizeof t);
	t.fd = tree_make(top);
	sh("mkdir -p boot efi var/log devices");
	mount_on("/boot");
	snprintf(devices, sizeof devices, "%s/devices", top);
	logdir_devices = devices;
	snprintf(t.root, sizeof t.root, "%s", top);
	snprintf(t.boot, sizeof t.boot, "%s/boot", top);
	strcpy(t.os_id, "gentoo");
	t.boot_own = true;
}

static void teardown(void)
{
	sh("if mountpoint -q efi; then umount efi; fi; umount boot");
	tree_remove(t.fd, top);
}

static void expect(const char *first, bool brief)
{
	logdir_places(&d, &t, "", "20260101-000000");
	ck_assert_str_eq(d.places[0].path, first);
	ck_assert_int_eq(d.brief, brief);
}

static bool is_place(const char *path)
{
	for (unsigned i = 0; i < d.nplaces; i++)
		if (!strcmp(d.places[i].path, path))
			return true;
	return false;
}

START_TEST(boot_comes_first)
{
	expect("/boot", false);
	ck_assert(is_place("/var/log"));
	ck_assert(is_place("/run"));
	encrypt("/boot");
	expect("/boot", false);
	encrypt("/"); /* both */
	expect("/boot", false);
}
END_TEST

START_TEST(details_of_an_encrypted_root_stay_on_it)
{
	mount_on("/efi");
	encrypt("/");
	expect("/var/log", true);
	ck_assert(!is_place("/boot"));
	ck_assert(!is_place("/efi"));
	ck_assert_int_eq(log_start(), 0);
	log_line("a detail");
	ck_assert_int_eq(logdir_copy(&d), 0);
	ck_assert_int_eq(logdir_brief(&d, "run x, sequence 3\n"), 0);
	ck_assert_int_eq(logdir_brief(&d, "the end\n"), 0);
	sh("test $(stat -c %a boot/gentoo-recovery-logs-20260101-000000) = 700;"
	   "test \"$(ls boot/*)\" = main.log; test $(wc -l <$(echo boot/*/main.log)) = 2;"
	   "! grep -r detail boot; grep -q detail var/log/*/main.log");
}
END_TEST

START_TEST(esp_gets_no_details_where_boot_is_roots_own)
{
	mount_on("/efi");
	t.boot_own = false;
	expect("/boot", false);
	ck_assert(is_place("/efi"));
	encrypt("/");
	expect("/boot", false);
	ck_assert(!is_place("/efi"));
}
END_TEST

START_TEST(who_only_looks_or_names_a_place_gets_no_short_log)
{
	encrypt("/");
	logdir_places(&d, &t, "/elsewhere", "r");
	ck_assert_str_eq(d.places[0].path, "/elsewhere");
	ck_assert(!d.brief);
	ck_assert_int_eq(logdir_brief(&d, "x\n"), 0);
	t.readonly = true;
	expect("/run", false);
	sh("test -z \"$(ls boot)\"");
}
END_TEST

START_TEST(old_short_logs_go_too)
{
	encrypt("/");
	sh("for i in 1 2 3 4 5 6 7 8; do mkdir boot/gentoo-recovery-logs-$i;"
	   "echo run, sequence $i. >boot/gentoo-recovery-logs-$i/main.log; done;"
	   "mkdir boot/arch-recovery-logs-1");
	expect("/var/log", true);
	logdir_prune(&d);
	sh("test \"$(echo $(ls boot))\" = \"arch-recovery-logs-1 gentoo-recovery-logs-3 "
	   "gentoo-recovery-logs-4 gentoo-recovery-logs-5 gentoo-recovery-logs-6 "
	   "gentoo-recovery-logs-7 gentoo-recovery-logs-8\"");
}
END_TEST

/* In every place, newest by number where both have one, each run once: where it is told wholly. */
START_TEST(past_runs_are_found_in_every_place)
{
	static struct logdir_past list[LOGDIR_PAST];
	bool hidden;
	int fd;

	ck_assert_int_eq(mount("r", "/run", "tmpfs", 0, NULL), 0); /* the machine's own */
	sh("b=boot/gentoo-recovery-logs v=var/log/gentoo-recovery-logs; mkdir -p "
	   "efi/linux-recovery-logs-20260104-000000 "
	   "$b-20260101-000000 $v-20260101-000000 $v-19700101-000007 boot/other; ln -s "
	   "$b-20260101-000000 $b-20260102-000000; "
	   "echo 'x, sequence 3, y' >$v-20260101-000000/main.log; cp $v-20260101-000000/main.log "
	   "$b-20260101-000000; "
	   "echo 'x, sequence 4, y' >$v-19700101-000007/main.log; echo {} "
	   ">$v-20260101-000000/report.json");
	ck_assert_uint_eq(logdir_past(top, list, &hidden), 3);
	ck_assert(!hidden);
	ck_assert_str_eq(logdir_past_run(&list[0]), "20260104-000000");
	ck_assert_str_eq(list[0].place, "/efi");
	ck_assert_str_eq(logdir_past_run(&list[1]), "19700101-000007");
	ck_assert_str_eq(logdir_past_run(&list[2]), "20260101-000000");
	ck_assert_str_eq(list[2].place, "/var/log");
	ck_assert(list[2].report && !list[1].report);
	fd = logdir_past_open(top, &list[2]);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(faccessat(fd, "report.json", F_OK, 0), 0);
	close(fd);
}
END_TEST

Suite *logdir_suite(void)
{
	Suite *s = suite_create("logdir");
	TCase *c = tcase_create("logdir");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, past_runs_are_found_in_every_place);
	tcase_add_test(c, boot_comes_first);
	tcase_add_test(c, details_of_an_encrypted_root_stay_on_it);
	tcase_add_test(c, esp_gets_no_details_where_boot_is_roots_own);
	tcase_add_test(c, who_only_looks_or_names_a_place_gets_no_short_log);
	tcase_add_test(c, old_short_logs_go_too);
	suite_add_tcase(s, c);
	return s;
}
