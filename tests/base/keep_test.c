#include "base/keep.h"

#include "base/journal.h"
#include "base/trial.h"
#include "tree.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

Suite *keep_suite(void);

static char top[64], *before;
static int root;
static struct journal j;

static void sh(const char *script)
{
	char line[2048];

	snprintf(line, sizeof line, "cd %s && set -e && %s", top, script);
	ck_assert_msg(system(line) == 0, "%s", script);
}

static void setup(void)
{
	root = tree_make(top);
	sh("mkdir -p usr/lib usr/share var/lib/pkg/info var/lib/pkg/lib-1; echo 1 >usr/lib/lib.so;"
	   "chmod 4755 usr/lib/lib.so; ln -s usr/lib lib; ln -s lib.so usr/lib/link;"
	   "echo s >var/lib/pkg/status; touch -d @3 var/lib/pkg/lock; echo i "
	   ">var/lib/pkg/info/lib.list;"
	   "echo f >var/lib/pkg/lib-1/files; echo other >usr/lib/other");
	before = tree_list(root);
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
}

static void teardown(void)
{
	free(before);
	tree_remove(root, top);
}

static struct keep *arm(bool others)
{
	static const char *const paths[] = {"/.",
					    "/lib",
					    "/lib/lib.so",
					    "/usr/lib/link",
					    "/usr/lib/gone/never",
					    "/usr/share",
					    "/var/lib/pkg/*",
					    "/var/lib/pkg/info/lib.*",
					    "/var/lib/pkg/lib-1",
					    "/var/lib/pkg/lib-1/*",
					    "/tmp/x"};
	struct keep *k = keep_start(&j, others);

	ck_assert_ptr_nonnull(k);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		ck_assert_int_eq(keep_add(k, paths[i]), 0);
	ck_assert_int_gt(keep_arm(k), 8);
	return k;
}

/* What package managers do: replace, unpack beside, exchange a whole folder. */
static void manage(void)
{
	sh("echo 2 >usr/lib/lib.new; mv usr/lib/lib.new usr/lib/lib.so; ln -sfn lib.new "
	   "usr/lib/link; echo t >usr/lib/lib.so.dpkg-tmp; echo s2 >>var/lib/pkg/status;"
	   "mkdir var/lib/pkg/-MERGING-lib-1; echo f2 >var/lib/pkg/-MERGING-lib-1/files;"
	   "rm -r var/lib/pkg/lib-1; mv var/lib/pkg/-MERGING-lib-1 var/lib/pkg/lib-1;"
	   "mkdir -p usr/lib/gone/deep; echo n >usr/lib/gone/deep/new; rmdir usr/share;"
	   "echo l >var/lib/pkg/info/lib.md5; touch -d @5 var/lib/pkg/lock");
}

/* The worker and its program end half way. */
static void die_in(const char *script)
{
	pid_t pid = fork();

	if (pid == 0) {
		arm(false);
		sh(script);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static void is_as_before(void)
{
	char *after = tree_list(root);

	ck_assert_str_eq(before, after);
	free(after);
	sh("test $(stat -c %Y var/lib/pkg/lock) = 3");
}

static void roll_back(int want)
{
	char name[40];

	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), want);
}

START_TEST(what_a_proven_program_changed_can_be_undone)
{
	struct keep *k = arm(false);

	manage();
	ck_assert_int_eq(keep_end(k, true), 0);
	sh("test $(cat usr/lib/lib.so) = 2; test -e usr/lib/gone/deep/new");
	/* lib.so, link, status, lock, lib-1/files, share; dpkg-tmp, md5, gone, deep, new */
	ck_assert_uint_eq(journal_count(&j), 11);
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	ck_assert_uint_eq(journal_count(&j), 11);
	journal_close(&j);
	roll_back(0);
	is_as_before();
}
END_TEST

START_TEST(what_someone_changed_after_the_program_is_left_alone)
{
	struct keep *k = arm(false);

	manage();
	ck_assert_int_eq(keep_end(k, true), 0);
	journal_close(&j);
	sh("echo 3 >usr/lib/lib.so");
	roll_back(1);
	sh("test $(cat usr/lib/lib.so) = 3; test $(cat var/lib/pkg/status) = s");
}
END_TEST

START_TEST(unproven_program_leaves_nothing)
{
	struct keep *k = arm(false);

	manage();
	ck_assert_int_eq(keep_end(k, false), 0);
	is_as_before();
	ck_assert_uint_eq(journal_count(&j), 0);
	journal_close(&j);
}
END_TEST

START_TEST(killed_worker_is_put_right_by_the_next)
{
	die_in("echo 2 >usr/lib/lib.so; rm var/lib/pkg/status; rm -r var/lib/pkg/lib-1");
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	is_as_before();
	ck_assert_uint_eq(journal_count(&j), 0);
	/* once: what comes later is nobody's but its maker's */
	sh("echo 3 >usr/lib/lib.so");
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	journal_close(&j);
	sh("test $(cat usr/lib/lib.so) = 3");
}
END_TEST

START_TEST(after_a_power_cut_rollback_puts_it_back)
{
	die_in("echo 2 >usr/lib/lib.so; rm -r var/lib/pkg/lib-1");
	roll_back(0);
	is_as_before();
}
END_TEST

START_TEST(after_a_power_cut_later_work_is_left_alone)
{
	die_in("echo 2 >usr/lib/lib.so; rm var/lib/pkg/status");
	/* the run was three hours ago, the file is of now */
	sh("touch -d '3 hours ago' var/lib/rd-recovery/run");
	roll_back(1);
	sh("test $(cat usr/lib/lib.so) = 2; test $(cat var/lib/pkg/status) = s");
}
END_TEST

START_TEST(on_a_living_system_other_new_files_stay)
{
	struct keep *k = arm(true);

	sh("echo x >usr/lib/other2; echo l >var/lib/pkg/info/lib.md5; echo 2 >usr/lib/lib.so");
	ck_assert_int_eq(keep_end(k, false), 0);
	sh("test $(cat usr/lib/lib.so) = 1; test -e usr/lib/other2;"
	   "test ! -e var/lib/pkg/info/lib.md5");
	journal_close(&j);
}
END_TEST

START_TEST(trial_in_place_writes_to_the_target_but_scratch)
{
	struct trial t;
	char line[600];

	sh("mkdir -p etc var/log var/tmp root tmp proc sys dev run; echo log >var/log/l");
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	trial_without_overlay = true;
	ck_assert_msg(trial_open(&t, top, TRIAL_IN_PLACE) == 0, "%s", strerror(errno));
	ck_assert_int_eq(t.kind, TRIAL_TARGET);
	ck_assert_str_ne(t.weaker, "");
	snprintf(line, sizeof line,
		 "cd %s && echo 2 >usr/lib/lib.so && echo x >>var/log/l && echo x >tmp/x && "
		 "echo x >var/tmp/x && echo x >run/x && test -c dev/null",
		 t.path);
	ck_assert_int_eq(system(line), 0);
	trial_close(&t);
	sh("test $(cat usr/lib/lib.so) = 2; test $(cat var/log/l) = log; test ! -e tmp/x;"
	   "test ! -e var/tmp/x; test ! -e run/x");
	trial_without_overlay = false;
}
END_TEST

Suite *keep_suite(void)
{
	Suite *s = suite_create("keep");
	TCase *c = tcase_create("keep");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, what_a_proven_program_changed_can_be_undone);
	tcase_add_test(c, what_someone_changed_after_the_program_is_left_alone);
	tcase_add_test(c, unproven_program_leaves_nothing);
	tcase_add_test(c, killed_worker_is_put_right_by_the_next);
	tcase_add_test(c, after_a_power_cut_rollback_puts_it_back);
	tcase_add_test(c, after_a_power_cut_later_work_is_left_alone);
	tcase_add_test(c, on_a_living_system_other_new_files_stay);
	tcase_add_test(c, trial_in_place_writes_to_the_target_but_scratch);
	suite_add_tcase(s, c);
	return s;
}
