#include "../target/scratch.h"
#include "found.h"

#include <time.h>

Suite *locks_suite(void);

static struct report rep;
static struct check_context c;

static void setup(void)
{
	scratch_open();
	rep = (struct report){.scratch = true};
	c = (struct check_context){.t = &t, .report = &rep, .journal = &j};
}

/* Made so many seconds ago. */
static void lock(const char *path, time_t ago)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) - ago}, {.tv_sec = time(NULL) - ago}};

	put(path, "4711\n");
	ck_assert_int_eq(utimensat(AT_FDCWD, full(path), times, 0), 0);
}

static bool is_there(const char *path)
{
	return access(full(path), F_OK) == 0;
}

START_TEST(lock_of_a_target_at_rest_is_stale)
{
	lock("/etc/shadow.lock", 1);
	lock("/var/lib/pacman/db.lck", 1);
	ck_assert_int_eq(found_severity(&c, detect_locks, "shadow-locked"), SEVERITY_WARNING);
	ck_assert_int_eq(found_severity(&c, detect_locks, "package-locked"), SEVERITY_WARNING);
	ck_assert_int_eq(repair_account_locks(&c), 0);
	ck_assert(!is_there("/etc/shadow.lock"));
	ck_assert(is_there("/var/lib/pacman/db.lck"));
	ck_assert_int_eq(repair_package_locks(&c), 0);
	ck_assert(!is_there("/var/lib/pacman/db.lck"));
	ck_assert_ptr_null(found(&c, detect_locks, "shadow-locked"));
	ck_assert_ptr_null(found(&c, detect_locks, "package-locked"));
}
END_TEST

START_TEST(lock_that_may_be_in_use_is_only_named)
{
	const struct finding *f;

	c.busy = true;
	lock("/etc/passwd.lock", 1);
	f = found(&c, detect_locks, "shadow-locked");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->severity, SEVERITY_NOTE);
	ck_assert_str_eq(f->evidence,
			 "/etc/passwd.lock: a lock, newer than this boot: it may be in use");
	ck_assert_int_eq(repair_account_locks(&c), -1);
	ck_assert(is_there("/etc/passwd.lock"));
	/* one of tomorrow: no clock to judge it by */
	lock("/etc/passwd.lock", -86400);
	f = found(&c, detect_locks, "shadow-locked");
	ck_assert_ptr_nonnull(strstr(f->evidence, "the clock is wrong"));
	ck_assert_int_eq(repair_account_locks(&c), -1);
	/* a year ago this machine was not up */
	lock("/etc/passwd.lock", 366 * 86400L);
	ck_assert_int_eq(found_severity(&c, detect_locks, "shadow-locked"), SEVERITY_WARNING);
	ck_assert_int_eq(repair_account_locks(&c), 0);
	ck_assert(!is_there("/etc/passwd.lock"));
}
END_TEST

START_TEST(lock_on_what_is_not_mounted_is_left_alone)
{
	lock("/var/lib/pacman/db.lck", 1);
	strcpy(t.unknown[t.nunknown++], "/var");
	ck_assert_ptr_null(found(&c, detect_locks, "package-locked"));
	ck_assert_int_eq(repair_package_locks(&c), 0);
	ck_assert(is_there("/var/lib/pacman/db.lck"));
}
END_TEST

Suite *locks_suite(void)
{
	Suite *s = suite_create("locks");
	TCase *k = tcase_create("all");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, lock_of_a_target_at_rest_is_stale);
	tcase_add_test(k, lock_that_may_be_in_use_is_only_named);
	tcase_add_test(k, lock_on_what_is_not_mounted_is_left_alone);
	suite_add_tcase(s, k);
	return s;
}
