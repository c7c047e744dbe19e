#include "base/journal.h"

#include "tree.h"

#include <errno.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

Suite *journal_suite(void);

#define RUN "20260101-000000"
#define FOLDER JOURNAL_DIR "/" RUN

static char top[64];
static int root;
static struct journal j;

static void put(const char *path, const char *text)
{
	tree_put(top, path, text, strlen(text));
}

static void is(const char *path, const char *text)
{
	char mem[4096];

	ck_assert_int_ge(path_read(root, path, mem, sizeof mem), 0);
	ck_assert_str_eq(mem, text);
}

static void setup(void)
{
	root = tree_make(top);
	put("/etc/shadow", "old\n");
	put("/etc/dir/inside", "inside\n");
	put("/var/lib/x", "");
	ck_assert_int_eq(journal_open(&j, root, RUN, 0), 0);
}

static void teardown(void)
{
	journal_close(&j);
	tree_remove(root, top);
}

/* As after a crash: no end is written. */
static void cut_off(void)
{
	j.owed = true;
	journal_close(&j);
}

static void reopen(void)
{
	ck_assert_int_eq(journal_open(&j, root, RUN, 0), 0);
}

static int roll_back(const char *run)
{
	char name[40];

	return journal_rollback(root, run, name, NULL, NULL);
}

START_TEST(run_names_are_names_of_folders)
{
	static const char *const bad[] = {
	    "", ".", "..", ".hidden", "a/b", "/", "a-name-of-forty-characters-is-one-too-much"};
	struct journal other;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_int_eq(journal_open(&other, root, bad[i], 0), -1);
		ck_assert_int_eq(errno, EINVAL);
		journal_close(&other); /* one that never was is borne */
	}
}
END_TEST

START_TEST(reserve_is_as_large_as_asked_for)
{
	struct journal other;
	struct stat st;

	ck_assert_int_eq(path_stat(root, FOLDER "/reserve", false, &st), 0);
	ck_assert_int_eq(st.st_size, 1 << 20);
	ck_assert_int_eq(journal_open(&other, root, "other", 3 << 20), 0);
	ck_assert_int_eq(path_stat(root, JOURNAL_DIR "/other/reserve", false, &st), 0);
	ck_assert_int_eq(st.st_size, 3 << 20);
	journal_close(&other);
	ck_assert(!path_exists(root, JOURNAL_DIR "/other/reserve"));
}
END_TEST

/* A ramfs has no fallocate, and tells of no room: no change is made on trust. */
START_TEST(where_no_room_can_be_reserved_another_place_is_taken)
{
	struct journal other;
	char path[100];

	journal_close(&j);
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	snprintf(path, sizeof path, "%s" JOURNAL_DIR, top);
	ck_assert_int_eq(mount("test", path, "ramfs", 0, NULL), 0);
	close(root); /* it stands in the old namespace */
	root = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(journal_open(&other, root, "next", 0), 0);
	ck_assert_str_eq(other.where, "/rd-recovery/next");
	ck_assert(!path_exists(root, JOURNAL_DIR "/next"));
	journal_close(&other);
	ck_assert_int_eq(umount(path), 0);
}
END_TEST

START_TEST(file_where_the_folder_belongs_is_stepped_around)
{
	journal_close(&j);
	ck_assert_int_eq(journal_forget(root, RUN), 0);
	ck_assert_int_eq(unlinkat(root, JOURNAL_DIR + 1, AT_REMOVEDIR), 0);
	put(JOURNAL_DIR, "not a folder\n");
	put("/rd-recovery", "nor this\n");
	reopen();
	ck_assert_str_eq(j.where, "/home/.rd-recovery/" RUN);
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	is(JOURNAL_DIR, "not a folder\n");
	ck_assert_int_eq(roll_back(NULL), 0);
	is("/etc/shadow", "old\n");
	journal_close(&j);
	ck_assert_int_eq(journal_forget(root, RUN), 0);
	ck_assert(!path_exists(root, "/home/.rd-recovery"));
}
END_TEST

START_TEST(giant_journal_is_no_journal)
{
	ck_assert_int_eq(ftruncate(j.fd, JOURNAL_MOST + 1), 0);
	cut_off();
	ck_assert_int_eq(journal_open(&j, root, RUN, 0), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(roll_back(RUN), -1);
}
END_TEST

START_TEST(run_whose_journal_cannot_be_read_hides_which_is_the_newest)
{
	put(JOURNAL_DIR "/other/journal/x", "");
	ck_assert_int_eq(roll_back(NULL), -1);
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_int_eq(roll_back(RUN), 0); /* by its name it is known */
	cut_off();
	ck_assert_int_eq(journal_open(&j, root, "next", 0), -1);
	ck_assert_int_eq(errno, EISDIR);
	ck_assert(!path_exists(root, JOURNAL_DIR "/next"));
}
END_TEST

/* A line that was cut off gets its end: what is written after it is a line of its own. */
START_TEST(line_cut_off_takes_no_other_with_it)
{
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	ck_assert_int_eq(write(j.fd, "seq=2 op=replace path=/etc/sha", 30), 30);
	cut_off();
	reopen();
	ck_assert_int_eq(file_replace(&j, "/etc/other", "other\n", 6, NULL), 0);
	ck_assert_uint_eq(journal_count(&j), 2);
	ck_assert_int_eq(roll_back(NULL), 0);
	is("/etc/shadow", "old\n");
	ck_assert(!path_exists(root, "/etc/other"));
}
END_TEST

START_TEST(line_cut_off_that_cannot_be_ended_opens_nothing)
{
	struct rlimit old, full;

	ck_assert_int_eq(write(j.fd, "seq=1 op=replace", 16), 16);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	full = old;
	full.rlim_cur = (rlim_t)lseek(j.fd, 0, SEEK_END);
	cut_off();
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
	ck_assert_int_eq(journal_open(&j, root, RUN, 1), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	reopen();
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	ck_assert_uint_eq(journal_count(&j), 1);
}
END_TEST

static bool is_change(const char *text, struct record *r)
{
	char mem[200];
	struct buf line = BUF_OF(mem);

	buf_adds(&line, text);
	journal_seal(&line);
	return record_parse(mem, line.len - 1, r);
}

START_TEST(line_that_lacks_a_field_is_no_change)
{
	static const char *const lines[] = {"op=meta path=/x dirflags=0",
					    "seq=1 path=/x dirflags=0",
					    "seq=1 op=undone path=/x dirflags=0",
					    "seq=1 op=meta dirflags=0",
					    "seq=1 op=meta path=/x",
					    "seq=1 op=meta path=/x dirflags=0",
					    "seq=1 op=meta path=/x dirflags=0 old.mode=0",
					    "seq=1 op=far-too-long-an-op path=/x dirflags=0",
					    "x"};
	struct record *r = malloc(sizeof *r);

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(!is_change(lines[i], r), "%s", lines[i]);
	/* with all of them it is one: nothing was there, nothing is */
	ck_assert(is_change("seq=1 op=meta path=/x dirflags=0 old.mode=0 new.mode=0", r));
	ck_assert_uint_eq(r->seq, 1);
	ck_assert_str_eq(r->path, "/x");
	free(r);
}
END_TEST

START_TEST(content_that_is_gone_cannot_be_kept)
{
	struct inode *old = malloc(sizeof *old);
	struct place p;

	ck_assert_int_eq(place_open(&p, root, "/etc/shadow", false), 0);
	ck_assert_int_eq(inode_read(p.dirfd, p.name, old), 0);
	ck_assert_int_eq(unlinkat(root, "etc/shadow", 0), 0);
	ck_assert_int_eq(journal_keep(&j, &p, old, false), -1);
	ck_assert_int_eq(errno, ENOENT);
	place_close(&p);
	free(old);
}
END_TEST

START_TEST(what_a_crash_left_does_not_bar_a_file_of_its_own)
{
	put(JOURNAL_DIR "/" TEMP_PREFIX "sequence.0", "half");
	ck_assert_int_eq(journal_sequence(root), 1);
	is(JOURNAL_DIR "/sequence", "1\n");
	ck_assert(!path_exists(root, JOURNAL_DIR "/" TEMP_PREFIX "sequence.0"));
	/* a folder of that name is nothing it left */
	put(JOURNAL_DIR "/" TEMP_PREFIX "sequence.0/x", "");
	ck_assert_int_eq(journal_sequence(root), -1);
	is(JOURNAL_DIR "/sequence", "1\n");
}
END_TEST

START_TEST(only_a_file_is_deleted_for_good)
{
	ck_assert_int_eq(file_delete_unjournalled(root, "/etc/dir"), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(file_delete_unjournalled(root, "/etc/none"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(file_delete_unjournalled(root, "/etc/shadow"), 0);
	ck_assert(!path_exists(root, "/etc/shadow"));
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

START_TEST(more_attributes_than_can_be_kept_are_no_change)
{
	static char value[INODE_XATTRS];

	memset(value, 'v', sizeof value - 1);
	ck_assert_int_eq(file_xattr(&j, "/etc/shadow", "trusted.x", value), -1);
	ck_assert_int_eq(errno, E2BIG);
	ck_assert_uint_eq(journal_count(&j), 0);
	ck_assert_int_eq(j.left, FILE_OLD);
}
END_TEST

/* False: this file system has no such flag. */
static bool set_flags(const char *path, unsigned flags)
{
	int fd = path_open(root, path, O_RDONLY, 0), rc = inode_flags_set(fd, flags);

	close(fd);
	if (rc)
		fprintf(stderr, "journal_test: no immutable flag here: skipped\n");
	return rc == 0;
}

static unsigned flags_of(const char *path)
{
	int fd = path_open(root, path, O_RDONLY, 0);
	unsigned flags;

	ck_assert_int_eq(inode_flags(fd, &flags), 0);
	close(fd);
	return flags;
}

START_TEST(directory_moved_aside_comes_back_with_its_flags_below_one_with_flags)
{
	if (!set_flags("/etc/dir", FS_IMMUTABLE_FL))
		return;
	ck_assert(set_flags("/etc", FS_IMMUTABLE_FL));
	ck_assert_int_eq(file_replace(&j, "/etc/dir", "a file\n", 7, NULL), 0);
	is("/etc/dir", "a file\n");
	ck_assert_int_eq(roll_back(NULL), 0);
	is("/etc/dir/inside", "inside\n");
	ck_assert_uint_eq(flags_of("/etc/dir"), FS_IMMUTABLE_FL);
	ck_assert_uint_eq(flags_of("/etc"), FS_IMMUTABLE_FL);
	set_flags("/etc", 0);
	set_flags("/etc/dir", 0);
}
END_TEST

START_TEST(directory_moved_aside_comes_back_where_nothing_is)
{
	ck_assert_int_eq(file_replace(&j, "/etc/dir", "a file\n", 7, NULL), 0);
	ck_assert_int_eq(unlinkat(root, "etc/dir", 0), 0);
	ck_assert_int_eq(roll_back(NULL), 1); /* someone removed it since */
	ck_assert(!path_exists(root, "/etc/dir"));
	put("/etc/dir", "a file\n");
	ck_assert_int_eq(roll_back(NULL), 0);
	is("/etc/dir/inside", "inside\n");
}
END_TEST

START_TEST(what_lies_where_a_directory_passes_is_left_alone)
{
	static const char at[] = "/etc/" TEMP_PREFIX RUN ".000001";

	ck_assert_int_eq(file_replace(&j, "/etc/dir", "a file\n", 7, NULL), 0);
	put("/etc/" TEMP_PREFIX RUN ".000001/somebodys", "x");
	ck_assert_int_eq(roll_back(NULL), 1);
	is("/etc/dir", "a file\n");
	ck_assert_int_eq(place_remove_tree(root, at + 1), 0);
	ck_assert_int_eq(roll_back(NULL), 0);
	is("/etc/dir/inside", "inside\n");
}
END_TEST

START_TEST(what_was_made_and_is_gone_with_its_folder_is_as_it_was)
{
	ck_assert_int_eq(file_mkdir(&j, "/etc/new", NULL), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/new/file", "x", 1, NULL), 0);
	ck_assert_int_eq(place_remove_tree(root, "etc/new"), 0);
	ck_assert_int_eq(roll_back(NULL), 0);
	/* a file that is gone with its folder cannot come back */
	ck_assert_int_eq(journal_open(&j, root, "next", 0), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/dir/inside", "new\n", 4, NULL), 0);
	ck_assert_int_eq(place_remove_tree(root, "etc/dir"), 0);
	ck_assert_int_eq(roll_back("next"), 1);
}
END_TEST

/* The name came back as a directory: an empty one gives way, one in use is somebody's. */
START_TEST(directory_in_the_place_of_a_file_gives_way_if_it_is_empty)
{
	for (int used = 0; used < 2; used++) {
		struct record *r = calloc(1, sizeof *r);
		int etc = openat(root, "etc", O_RDONLY | O_DIRECTORY);
		struct place p;

		strcpy(r->op, "keep");
		strcpy(r->path, "/etc/shadow");
		ck_assert_int_eq(inode_read(etc, "shadow", &r->old), 0);
		ck_assert_int_eq(place_open(&p, root, "/etc/shadow", false), 0);
		ck_assert_int_eq(journal_keep(&j, &p, &r->old, true), 0);
		ck_assert_int_eq(journal_record(&j, r), 0);
		place_close(&p);
		ck_assert_int_eq(unlinkat(etc, "shadow", 0), 0);
		ck_assert_int_eq(mkdirat(etc, "shadow", 0755), 0);
		if (used)
			put("/etc/shadow/x", "");
		ck_assert_int_eq(journal_undo_since(&j, r->seq), used);
		ck_assert_int_eq(path_exists(root, "/etc/shadow/x"), used);
		free(r);
		close(etc);
	}
}
END_TEST

Suite *journal_suite(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("journal");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, run_names_are_names_of_folders);
	tcase_add_test(t, reserve_is_as_large_as_asked_for);
	tcase_add_test(t, where_no_room_can_be_reserved_another_place_is_taken);
	tcase_add_test(t, file_where_the_folder_belongs_is_stepped_around);
	tcase_add_test(t, giant_journal_is_no_journal);
	tcase_add_test(t, run_whose_journal_cannot_be_read_hides_which_is_the_newest);
	tcase_add_test(t, line_cut_off_takes_no_other_with_it);
	tcase_add_test(t, line_cut_off_that_cannot_be_ended_opens_nothing);
	tcase_add_test(t, line_that_lacks_a_field_is_no_change);
	tcase_add_test(t, content_that_is_gone_cannot_be_kept);
	tcase_add_test(t, what_a_crash_left_does_not_bar_a_file_of_its_own);
	tcase_add_test(t, only_a_file_is_deleted_for_good);
	tcase_add_test(t, more_attributes_than_can_be_kept_are_no_change);
	tcase_add_test(t, directory_moved_aside_comes_back_with_its_flags_below_one_with_flags);
	tcase_add_test(t, directory_moved_aside_comes_back_where_nothing_is);
	tcase_add_test(t, what_lies_where_a_directory_passes_is_left_alone);
	tcase_add_test(t, what_was_made_and_is_gone_with_its_folder_is_as_it_was);
	tcase_add_test(t, directory_in_the_place_of_a_file_gives_way_if_it_is_empty);
	suite_add_tcase(s, t);
	return s;
}
