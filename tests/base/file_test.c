#include "base/file.h"

#include "base/inode.h"
#include "base/journal.h"
#include "base/xattr.h"
#include "tree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

Suite *file_suite(void);

static char top[64];
static int root;
static struct journal j;

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
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
	ck_assert_int_eq(mkdirat(root, "var", 0755), 0);
	ck_assert_int_eq(mkdirat(root, "var/lib", 0755), 0);
	ck_assert_int_eq(mkdirat(root, "etc", 0755), 0);
	put("etc/shadow", "old\n", 0640);
	ck_assert_int_eq(fchownat(root, "etc/shadow", 0, 42, 0), 0);
	ck_assert_int_eq(journal_open(&j, root, "20260101-000000", 0), 0);
}

static void teardown(void)
{
	journal_close(&j);
	tree_remove(root, top);
}

static void xattr_set(const char *path, const char *name, const char *value, size_t len)
{
	int fd = path_open(root, path, O_RDONLY, 0);

	if (fsetxattr(fd, name, value, len, 0))
		fprintf(stderr, "file_test: no %s here: %s\n", name, strerror(errno));
	close(fd);
}

START_TEST(replace_keeps_owner_mode_and_xattrs)
{
	/* version 2, user::rw-, user:7:r--, group::r--, mask::r--, other::--- */
	static const char acl[] = "\2\0\0\0\1\0\6\0\377\377\377\377\2\0\4\0\7\0\0\0"
				  "\4\0\4\0\377\377\377\377\20\0\4\0\377\377\377\377"
				  "\40\0\0\0\377\377\377\377";
	struct inode *a = calloc(2, sizeof *a), *b = a + 1;
	int etc = openat(root, "etc", O_RDONLY | O_DIRECTORY);

	xattr_set("/etc/shadow", "security.selinux", "system_u:x", 10);
	xattr_set("/etc/shadow", "trusted.note", "a", 1);
	xattr_set("/etc/shadow", "system.posix_acl_access", acl, sizeof acl - 1);
	ck_assert_int_eq(inode_read(etc, "shadow", a), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	ck_assert_int_eq(inode_read(etc, "shadow", b), 0);
	is("/etc/shadow", "new\n");
	ck_assert_uint_eq(b->mode, a->mode);
	ck_assert_uint_eq(b->gid, 42);
	ck_assert_str_eq(b->xattrs, a->xattrs);
	ck_assert_uint_eq(journal_count(&j), 1);
	close(etc);
	free(a);
}
END_TEST

/* False: this file system has no such flag. */
static bool set_immutable(const char *path, unsigned flags)
{
	int fd = path_open(root, path, O_RDONLY, 0);
	bool can = inode_flags_set(fd, flags) == 0;

	if (!can)
		fprintf(stderr, "file_test: no immutable flag here: skipped\n");
	close(fd);
	return can;
}

static void is_immutable(const char *path)
{
	int fd = path_open(root, path, O_RDONLY, 0);
	unsigned flags;

	ck_assert_int_eq(inode_flags(fd, &flags), 0);
	ck_assert_uint_eq(flags, FS_IMMUTABLE_FL);
	inode_flags_set(fd, 0);
	close(fd);
}

START_TEST(replace_lifts_and_restores_the_immutable_flag)
{
	if (!set_immutable("/etc/shadow", FS_IMMUTABLE_FL))
		return;
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	is("/etc/shadow", "new\n");
	is_immutable("/etc/shadow");
}
END_TEST

START_TEST(rollback_restores_a_flag_that_is_missing)
{
	char name[40];

	if (!set_immutable("/etc/shadow", FS_IMMUTABLE_FL))
		return;
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	journal_end(j.dirfd);
	set_immutable("/etc/shadow", 0);
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	is("/etc/shadow", "old\n");
	is_immutable("/etc/shadow");
}
END_TEST

START_TEST(replace_by_the_same_records_nothing)
{
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "old\n", 4, NULL), 0);
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

START_TEST(replace_follows_a_symlink_inside_the_root)
{
	char link[64];

	ck_assert_int_eq(symlinkat("/etc/shadow", root, "link"), 0);
	ck_assert_int_eq(file_replace(&j, "/link", "new\n", 4, NULL), 0);
	is("/etc/shadow", "new\n");
	ck_assert_int_eq(readlinkat(root, "link", link, sizeof link), 11);
}
END_TEST

START_TEST(stale_temp_is_no_obstacle)
{
	put("etc/" TEMP_PREFIX "20260101-000000.000001", "rubbish", 0600);
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	is("/etc/shadow", "new\n");
	ck_assert_int_eq(faccessat(root, "etc/" TEMP_PREFIX "20260101-000000.000001", F_OK, 0), -1);
}
END_TEST

/* One change of each kind, some of them twice at one place. */
static void change_everything(void)
{
	struct file_attr attr = {.set_mode = true, .set_owner = true, .mode = 04711, .uid = 3};

	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "one\n", 4, NULL), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "two\n", 4, &attr), 0);
	ck_assert_int_eq(file_mkdir(&j, "/etc/new", NULL), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/new/file", "x", 1, NULL), 0);
	ck_assert_int_eq(file_symlink(&j, "/etc/link", "elsewhere"), 0);
	ck_assert_int_eq(file_symlink(&j, "/etc/plain", "shadow"), 0);
	ck_assert_int_eq(file_remove(&j, "/etc/gone"), 0);
	ck_assert_int_eq(file_remove(&j, "/etc/empty"), 0);
	ck_assert_int_eq(file_meta(&j, "/etc/dir", &attr), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/dir", "now a file", 10, NULL), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/fifo", "now a file", 10, NULL), 0);
}

static void make_everything(void)
{
	put("etc/plain", "plain\n", 0600);
	put("etc/gone", "gone\n", 0444);
	put("etc/empty", "", 0644);
	xattr_set("/etc/gone", "trusted.note", "b", 1);
	ck_assert_int_eq(symlinkat("/etc/nowhere", root, "etc/link"), 0);
	ck_assert_int_eq(fchownat(root, "etc/link", 5, 6, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_int_eq(mkdirat(root, "etc/dir", 0750), 0);
	put("etc/dir/inside", "inside\n", 0600);
	ck_assert_int_eq(mkfifoat(root, "etc/fifo", 0620), 0);
}

START_TEST(rollback_restores_everything_newest_first)
{
	char name[40], *before, *after;

	make_everything();
	before = tree_list(root);
	change_everything();
	after = tree_list(root);
	ck_assert_str_ne(before, after);
	free(after);
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	after = tree_list(root);
	ck_assert_str_eq(before, after);
	ck_assert_str_eq(name, "20260101-000000");
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), -1);
	free(before);
	free(after);
}
END_TEST

static void count_line(void *arg, const struct rollback_line *l)
{
	*(int *)arg += l->refused;
}

/* Its content is not in the journal: only its attributes were changed, and come back. */
START_TEST(rollback_restores_the_mode_of_a_giant)
{
	const struct file_attr attr = {.set_mode = true, .mode = 0600};
	int fd = openat(root, "giant", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct stat st;
	char name[40];

	ck_assert_int_eq(fchmod(fd, 0644), 0);
	ck_assert_int_eq(ftruncate(fd, INODE_HASHED + 1), 0);
	ck_assert_int_eq(file_meta(&j, "/giant", &attr), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	journal_close(&j);
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	close(fd);
}
END_TEST

START_TEST(rollback_refuses_what_changed_since)
{
	char name[40];
	int refused = 0;

	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/other", "new\n", 4, NULL), 0);
	put("etc/shadow", "theirs\n", 0640);
	ck_assert_int_eq(journal_rollback(root, j.run, name, count_line, &refused), 1);
	ck_assert_int_eq(refused, 1);
	is("/etc/shadow", "theirs\n");
	ck_assert(!path_exists(root, "/etc/other"));
}
END_TEST

START_TEST(damaged_backup_does_not_replace_what_is_there)
{
	char name[40];
	int refused = 0;

	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	put("var/lib/rd-recovery/20260101-000000/000001.data", "not the old one\n", 0600);
	ck_assert_int_eq(journal_rollback(root, NULL, name, count_line, &refused), 1);
	ck_assert_int_eq(refused, 1);
	is("/etc/shadow", "new\n");
}
END_TEST

START_TEST(giant_file_is_kept_as_another_name_of_it)
{
	int fd = openat(root, "etc/giant", O_WRONLY | O_CREAT, 0600);
	char name[40];
	struct stat was, st;

	ck_assert_int_eq(ftruncate(fd, INODE_HASHED + 1), 0);
	ck_assert_int_eq(fstat(fd, &was), 0);
	close(fd);
	ck_assert_int_eq(file_replace(&j, "/etc/giant", "new\n", 4, NULL), 0);
	is("/etc/giant", "new\n");
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	ck_assert_int_eq(fstatat(root, "etc/giant", &st, 0), 0);
	ck_assert_int_eq(st.st_size, INODE_HASHED + 1);
	ck_assert_int_eq((long)st.st_ino, (long)was.st_ino);
}
END_TEST

/* A file that is larger than what is copied; the caller closes it. */
static int put_large(void)
{
	int fd = openat(root, "etc/large", O_RDWR | O_CREAT | O_TRUNC, 0640);
	char line[64];

	for (int i = 0; i < 60000; i++) {
		snprintf(line, sizeof line, "line %d of a large file\n", i);
		ck_assert_int_eq(write(fd, line, strlen(line)), (ssize_t)strlen(line));
	}
	ck_assert_int_gt(lseek(fd, 0, SEEK_CUR), JOURNAL_LINKED);
	return fd;
}

static unsigned long names_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(path_stat(root, path, false, &st), 0);
	return st.st_nlink;
}

START_TEST(large_file_that_gives_way_is_kept_as_another_name_of_it)
{
	int fd = put_large();
	char name[40], was[DIGEST_HEX], now[DIGEST_HEX];
	struct stat st;

	ck_assert_int_eq(fchown(fd, 0, 42), 0);
	ck_assert_int_eq(digest_fd(fd, was), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/large", "new\n", 4, NULL), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/large", "newer\n", 6, NULL), 0);
	ck_assert_uint_eq(names_of(JOURNAL_DIR "/20260101-000000/000001.data"), 1);
	/* and what shadow's group could read is root's alone there */
	ck_assert_int_eq(path_stat(root, JOURNAL_DIR "/20260101-000000/000001.data", false, &st),
			 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_gid, 0);
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	close(fd);
	/* what came back is no name of the journal's: who writes to it does not write to that */
	ck_assert_uint_eq(names_of("/etc/large"), 1);
	fd = path_open(root, "/etc/large", O_RDONLY, 0);
	ck_assert_int_eq(digest_fd(fd, now), 0);
	ck_assert_str_eq(was, now);
	close(fd);
}
END_TEST

/* A crash between the link and its line: the next run's change has the same number. */
START_TEST(name_that_a_crash_left_in_the_journal_is_not_written_to)
{
	int fd = put_large();
	char was[DIGEST_HEX], now[DIGEST_HEX];

	ck_assert_int_eq(digest_fd(fd, was), 0);
	ck_assert_int_eq(linkat(root, "etc/large", j.dirfd, "000001.data", 0), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	ck_assert_int_eq(digest_fd(fd, now), 0);
	ck_assert_str_eq(was, now);
	/* and of two names the content is copied */
	ck_assert_int_eq(linkat(root, "etc/large", root, "etc/other", 0), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/large", "new\n", 4, NULL), 0);
	ck_assert_uint_eq(names_of("/etc/other"), 1);
	close(fd);
}
END_TEST

/* What was looked at is another file by now: a name of that one would keep nothing of it. */
START_TEST(large_file_that_became_another_is_copied_or_not_kept)
{
	struct inode *old = malloc(sizeof *old);
	struct place p;
	int fd = put_large();

	ck_assert_int_eq(place_open(&p, root, "/etc/large", false), 0);
	ck_assert_int_eq(inode_read(p.dirfd, p.name, old), 0);
	old->mtime.tv_nsec ^= 1;
	ck_assert_int_eq(journal_keep(&j, &p, old, false), 0);
	ck_assert(!j.linked);
	ck_assert_uint_eq(names_of("/etc/large"), 1);
	ck_assert_int_eq(pwrite(fd, "X", 1, 0), 1);
	ck_assert_int_eq(journal_keep(&j, &p, old, false), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert_int_eq(unlinkat(root, "etc/large", 0), 0);
	ck_assert_int_eq(journal_keep(&j, &p, old, false), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(faccessat(j.dirfd, "000001.data", F_OK, 0), -1);
	place_close(&p);
	close(fd);
	free(old);
}
END_TEST

/* The change that was to take its name away failed; the next one has its number, and keeps nothing.
 */
START_TEST(file_that_was_kept_for_a_change_that_failed_stays_as_it_is)
{
	struct inode *old = malloc(sizeof *old);
	struct stat st;
	struct place p;

	close(put_large());
	ck_assert_int_eq(place_open(&p, root, "/etc/large", false), 0);
	ck_assert_int_eq(inode_read(p.dirfd, p.name, old), 0);
	ck_assert_int_eq(journal_keep(&j, &p, old, false), 0);
	ck_assert_uint_eq(names_of("/etc/large"), 2);
	ck_assert_int_eq(file_replace(&j, "/etc/fresh", "new\n", 4, NULL), 0);
	ck_assert_int_eq(path_stat(root, "/etc/large", false, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	place_close(&p);
	free(old);
}
END_TEST

START_TEST(what_a_program_may_write_to_is_copied_however_large)
{
	struct inode *old = malloc(sizeof *old);
	struct place p;

	close(put_large());
	ck_assert_int_eq(place_open(&p, root, "/etc/large", false), 0);
	ck_assert_int_eq(inode_read(p.dirfd, p.name, old), 0);
	ck_assert_int_eq(journal_keep(&j, &p, old, true), 0);
	ck_assert_uint_eq(names_of("/etc/large"), 1);
	place_close(&p);
	free(old);
}
END_TEST

START_TEST(splice_changes_its_bytes_and_no_others)
{
	static const char text[] = "root:*:1\n\0\r\n+:::\nargo:old:1\r\nlast";
	const struct file_backup backup = {"/etc/shadow-", {.set_mode = true, .mode = 0600}};
	struct splice s = {.at = 22, .drop = 3, .data = "the new one", .len = 11};
	char name[40], mem[200];
	struct stat st;
	int fd;

	fd = openat(root, "etc/shadow", O_RDWR | O_TRUNC);
	ck_assert_int_eq(write(fd, text, sizeof text - 1), sizeof text - 1);
	ck_assert_int_eq(file_splice(&j, "/etc/shadow", fd, &s, &backup), 0);
	ck_assert_int_eq(path_read(root, "/etc/shadow", mem, sizeof mem), sizeof text - 1 + 8);
	ck_assert(
	    !memcmp(mem, "root:*:1\n\0\r\n+:::\nargo:the new one:1\r\nlast", sizeof text + 7));
	ck_assert_int_eq(path_read(root, "/etc/shadow-", mem, sizeof mem), sizeof text - 1);
	ck_assert(!memcmp(mem, text, sizeof text - 1));
	ck_assert_int_eq(path_stat(root, "/etc/shadow", false, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(st.st_gid, 42);
	/* fd is the old one now */
	ck_assert_int_eq(file_splice(&j, "/etc/shadow", fd, &s, NULL), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert_uint_eq(journal_count(&j), 2);
	close(fd);
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	ck_assert_int_eq(path_read(root, "/etc/shadow", mem, sizeof mem), sizeof text - 1);
	ck_assert(!path_exists(root, "/etc/shadow-"));
}
END_TEST

START_TEST(content_that_changes_while_it_is_kept_is_no_backup)
{
	struct inode *old = malloc(sizeof *old);
	struct place p;

	ck_assert_int_eq(place_open(&p, root, "/etc/shadow", false), 0);
	ck_assert_int_eq(inode_read(p.dirfd, p.name, old), 0);
	put("etc/shadow", "new\n", 0640);
	ck_assert_int_eq(journal_keep(&j, &p, old, false), -1);
	ck_assert_int_eq(errno, ESTALE);
	ck_assert(!path_exists(root, JOURNAL_DIR "/20260101-000000/000001.data"));
	place_close(&p);
	free(old);
}
END_TEST

START_TEST(rollback_continues_after_an_interruption)
{
	char name[40], line[] = "op=undone seq=2";
	struct buf b = {.p = calloc(1, 100), .cap = 100};

	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "one\n", 4, NULL), 0);
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "two\n", 4, NULL), 0);
	buf_adds(&b, line);
	journal_seal(&b);
	ck_assert_int_eq(write(j.fd, b.p, b.len), (ssize_t)b.len);
	put("etc/shadow", "one\n", 0640); /* as the first half left it */
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	is("/etc/shadow", "old\n");
	free(b.p);
}
END_TEST

START_TEST(torn_last_line_is_ignored)
{
	char name[40], run[40];

	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	ck_assert_int_eq(write(j.fd, "seq=2 op=replace path=/etc/sha", 30), 30);
	strcpy(run, j.run);
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, root, run, 0), 0);
	ck_assert_uint_eq(journal_count(&j), 1);
	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "newer\n", 6, NULL), 0);
	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	is("/etc/shadow", "old\n");
}
END_TEST

START_TEST(line_with_a_wrong_sum_is_ignored)
{
	char name[40], text[8192], *sum;
	ssize_t n;

	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	n = path_read(root, "/var/lib/rd-recovery/20260101-000000/journal", text, sizeof text);
	ck_assert_int_gt(n, 0);
	sum = strstr(text, "old.mode=");
	ck_assert_ptr_nonnull(sum);
	sum[9] ^= 1;
	ck_assert_int_eq(pwrite(openat(j.dirfd, "journal", O_WRONLY), text, (size_t)n, 0), n);
	ck_assert_int_eq(journal_rollback(root, j.run, name, NULL, NULL), 0);
	is("/etc/shadow", "new\n");
}
END_TEST

START_TEST(journal_forget_leaves_no_run)
{
	char name[40], run[40];

	ck_assert_int_eq(file_replace(&j, "/etc/shadow", "new\n", 4, NULL), 0);
	strcpy(run, j.run);
	ck_assert_int_eq(journal_forget(root, run), 0);
	ck_assert_int_eq(journal_rollback(root, run, name, NULL, NULL), -1);
	ck_assert_int_eq(journal_forget(root, run), -1);
	ck_assert_int_eq(errno, ENOENT);
	is("/etc/shadow", "new\n");
}
END_TEST

START_TEST(sequence_counts_up_and_survives_damage)
{
	ck_assert_int_eq(journal_sequence(root), 1);
	ck_assert_int_eq(journal_sequence(root), 2);
	put("var/lib/rd-recovery/sequence", "rubbish", 0600);
	ck_assert_int_eq(journal_sequence(root), 1);
}
END_TEST

Suite *file_suite(void)
{
	Suite *s = suite_create("file");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, replace_keeps_owner_mode_and_xattrs);
	tcase_add_test(t, replace_lifts_and_restores_the_immutable_flag);
	tcase_add_test(t, rollback_restores_a_flag_that_is_missing);
	tcase_add_test(t, replace_by_the_same_records_nothing);
	tcase_add_test(t, replace_follows_a_symlink_inside_the_root);
	tcase_add_test(t, stale_temp_is_no_obstacle);
	tcase_add_test(t, rollback_restores_everything_newest_first);
	tcase_add_test(t, rollback_restores_the_mode_of_a_giant);
	tcase_add_test(t, rollback_refuses_what_changed_since);
	tcase_add_test(t, damaged_backup_does_not_replace_what_is_there);
	tcase_add_test(t, giant_file_is_kept_as_another_name_of_it);
	tcase_add_test(t, large_file_that_gives_way_is_kept_as_another_name_of_it);
	tcase_add_test(t, name_that_a_crash_left_in_the_journal_is_not_written_to);
	tcase_add_test(t, large_file_that_became_another_is_copied_or_not_kept);
	tcase_add_test(t, file_that_was_kept_for_a_change_that_failed_stays_as_it_is);
	tcase_add_test(t, what_a_program_may_write_to_is_copied_however_large);
	tcase_add_test(t, splice_changes_its_bytes_and_no_others);
	tcase_add_test(t, content_that_changes_while_it_is_kept_is_no_backup);
	tcase_add_test(t, rollback_continues_after_an_interruption);
	tcase_add_test(t, torn_last_line_is_ignored);
	tcase_add_test(t, line_with_a_wrong_sum_is_ignored);
	tcase_add_test(t, journal_forget_leaves_no_run);
	tcase_add_test(t, sequence_counts_up_and_survives_damage);
	suite_add_tcase(s, t);
	return s;
}
