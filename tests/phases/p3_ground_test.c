#include "phases/p3_rungs.h"

#include "small.h"

Suite *p3_ground_suite(void);

/* From now on this machine is a rescue initramfs. */
static void rescue(void)
{
	FILE *f;

	ck_assert_int_eq(mount("etc", "/etc", "tmpfs", 0, NULL), 0);
	f = fopen("/etc/initrd-release", "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
}

static void ground(int rc, unsigned n)
{
	char why[320] = "";
	unsigned repaired;
	int is = ground_check(&c, why, sizeof why, &repaired);

	ck_assert_msg(is == rc && repaired == n, "%d, %u: %s", is, repaired, why);
}

static bool there(const char *path)
{
	struct stat st;

	return lstat(full(path), &st) == 0;
}

START_TEST(sound_ground_is_left_alone)
{
	ground(0, 0);
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

START_TEST(what_the_loader_waits_for_is_moved_aside)
{
	struct stat st;

	ck_assert_int_eq(mkfifo(full("/etc/ld.so.preload"), 0644), 0);
	ground(0, 1);
	ck_assert(!there("/etc/ld.so.preload"));
	ck_assert_int_eq(journal_undo_since(&j, 1), 0);
	ck_assert_int_eq(lstat(full("/etc/ld.so.preload"), &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
}
END_TEST

START_TEST(what_is_not_at_fault_is_put_back)
{
	put("/etc/ld.so.preload", "");
	put("/etc/ld.so.cache", "none");
	put(SMALL_LOADER, "no loader");
	ground(-1, 0);
	ck_assert(there("/etc/ld.so.preload") && holds("/etc/ld.so.cache", "none"));
}
END_TEST

START_TEST(without_a_journal_nothing_is_touched)
{
	ck_assert_int_eq(mkfifo(full("/etc/ld.so.preload"), 0644), 0);
	c.journal = NULL;
	ground(-1, 0);
	ck_assert(there("/etc/ld.so.preload"));
}
END_TEST

START_TEST(lost_loader_comes_from_the_rescue_system)
{
	ck_assert_int_eq(unlink(full(SMALL_LOADER)), 0);
	rescue();
	ground(0, 1);
	ck_assert(small_same(SMALL_LOADER));
	ck_assert_uint_eq(c.report->npivots, 0);
}
END_TEST

START_TEST(lost_loader_comes_from_the_capture_first)
{
	small_capture(SMALL_LOADER);
	put(SMALL_LOADER, "damaged");
	rescue();
	ground(0, 1);
	ck_assert(small_same(SMALL_LOADER));
}
END_TEST

START_TEST(what_does_not_help_is_taken_out_again)
{
	/* a library, but not the one its name says: nothing of it is missing or damaged */
	small_copy("/usr" SMALL_LIBRARIES "/libcrypt.so.1", SMALL_LIBC);
	ck_assert_int_eq(unlink(full(SMALL_LOADER)), 0);
	small_capture(SMALL_LOADER);
	rescue();
	ground(-1, 0);
	ck_assert(!there(SMALL_LOADER));
	ck_assert_uint_eq(c.report->npivots, 2);
	ck_assert_str_eq(c.report->pivots[0].tried, "captured loader and libc");
	ck_assert_str_eq(c.report->pivots[1].tried, "loader and libc of the initramfs");
	ck_assert_str_eq(c.report->pivots[1].next, "nothing is left");
}
END_TEST

START_TEST(running_system_gets_nothing_from_itself)
{
	ck_assert_int_eq(unlink(full(SMALL_LOADER)), 0);
	rescue();
	t.live = true;
	ground(-1, 0);
	ck_assert(!there(SMALL_LOADER));
}
END_TEST

Suite *p3_ground_suite(void)
{
	Suite *s = suite_create("p3_ground");
	TCase *k = tcase_create("p3_ground");

	tcase_add_checked_fixture(k, small_open, scratch_close);
	tcase_add_test(k, sound_ground_is_left_alone);
	tcase_add_test(k, what_the_loader_waits_for_is_moved_aside);
	tcase_add_test(k, what_is_not_at_fault_is_put_back);
	tcase_add_test(k, without_a_journal_nothing_is_touched);
	tcase_add_test(k, lost_loader_comes_from_the_rescue_system);
	tcase_add_test(k, lost_loader_comes_from_the_capture_first);
	tcase_add_test(k, what_does_not_help_is_taken_out_again);
	tcase_add_test(k, running_system_gets_nothing_from_itself);
	suite_add_tcase(s, k);
	return s;
}
