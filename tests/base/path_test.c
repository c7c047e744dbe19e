#include "base/path.h"

#include "tree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

Suite *path_suite(void);

static char top[64];
static int root;

static void put(const char *name, const char *text)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int make_giant(const char *name)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT, 0644);
	int rc = ftruncate(fd, (off_t)1 << 40);

	close(fd);
	return rc;
}

static void setup(void)
{
	root = tree_make(top);
	ck_assert_int_eq(mkdirat(root, "etc", 0755), 0);
	put("etc/shadow", "inside\n");
}

static void teardown(void)
{
	tree_remove(root, top);
}

START_TEST(path_absolute_symlink_stays_inside)
{
	char text[32], real[64];

	ck_assert_int_eq(symlinkat("/etc/shadow", root, "link"), 0);
	ck_assert_int_eq(path_read(root, "/link", text, sizeof text), 7);
	ck_assert_str_eq(text, "inside\n");
	ck_assert_int_eq(path_real(root, "/link", real, sizeof real), 0);
	ck_assert_str_eq(real, "/etc/shadow");
}
END_TEST

START_TEST(path_dotdot_does_not_escape)
{
	char text[32];

	ck_assert_int_eq(symlinkat("../../../../../etc/shadow", root, "up"), 0);
	ck_assert_int_eq(path_read(root, "/up", text, sizeof text), 7);
	ck_assert_int_eq(path_read(root, "/../../../etc/shadow", text, sizeof text), 7);
	ck_assert_int_eq(path_read(root, "/etc/../../../etc/shadow", text, sizeof text), 7);
	ck_assert_str_eq(text, "inside\n");
}
END_TEST

START_TEST(path_fifo_and_device_are_refused_at_once)
{
	char text[32];
	size_t len;

	ck_assert_int_eq(mkfifoat(root, "fifo", 0600), 0);
	ck_assert_int_eq(mknodat(root, "null", S_IFCHR | 0600, makedev(1, 5)), 0);
	for (int i = 0; i < 3; i++) {
		const char *const odd[] = {"/fifo", "/null", "/etc"};

		ck_assert_int_eq(path_read(root, odd[i], text, sizeof text), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_null(path_slurp(root, odd[i], 100, &len));
	}
}
END_TEST

START_TEST(path_giant_dangling_and_loop_are_errors)
{
	char text[7];
	size_t len;

	ck_assert_int_eq(path_read(root, "/etc/shadow", text, sizeof text), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(make_giant("giant"), 0);
	ck_assert_ptr_null(path_slurp(root, "/giant", 1 << 20, &len));
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(symlinkat("nowhere", root, "dangling"), 0);
	ck_assert_int_eq(path_read(root, "/dangling", text, sizeof text), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(symlinkat("loop", root, "loop"), 0);
	ck_assert_int_eq(path_read(root, "/loop", text, sizeof text), -1);
	ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(path_parent_follows_to_where_the_target_lies)
{
	char name[256];
	int fd;

	ck_assert_int_eq(symlinkat("/etc/new", root, "link"), 0);
	fd = path_parent(root, "/link", true, name);
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(name, "new");
	ck_assert_int_eq(faccessat(fd, "shadow", F_OK, 0), 0);
	close(fd);
	fd = path_parent(root, "/link", false, name);
	ck_assert_str_eq(name, "link");
	close(fd);
	ck_assert_int_eq(symlinkat("loop", root, "loop"), 0);
	ck_assert_int_eq(path_parent(root, "/loop", true, name), -1);
	ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(path_slurp_reads_all_and_ends_it)
{
	size_t len;
	char *p = path_slurp(root, "/etc/shadow", 100, &len);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(len, 7);
	ck_assert_str_eq(p, "inside\n");
	path_release(p, len);
}
END_TEST

/* The last component of each, and where it lies. */
START_TEST(path_parent_cuts_any_spelling)
{
	static const struct {
		const char *path, *name;
		bool in_etc;
	} cases[] = {{"/etc/shadow", "shadow", true},
		     {"/etc/shadow//", "shadow", true},
		     {"etc//x", "x", true},
		     {"/etc/", "etc", false},
		     {"etc", "etc", false},
		     {"/", ".", false},
		     {"", ".", false}};
	char name[256];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = path_parent(root, cases[i].path, true, name);

		ck_assert_int_ge(fd, 0);
		ck_assert_str_eq(name, cases[i].name);
		ck_assert_int_eq(faccessat(fd, "shadow", F_OK, 0) == 0, cases[i].in_etc);
		close(fd);
	}
	ck_assert_int_eq(path_parent(root, "/etc/..", false, name), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void is_too_long(const char *path, bool follow)
{
	char name[256];

	ck_assert_int_eq(path_parent(root, path, follow, name), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}

START_TEST(path_too_long_is_an_error_never_cut)
{
	static char path[PATH_CAP + 300];

	memset(path, 'a', sizeof path - 1);
	is_too_long(path, false);
	path[300] = '\0'; /* a name longer than any */
	is_too_long(path, false);
	/* folder and link together are */
	path[200] = '\0';
	ck_assert_int_eq(mkdirat(root, path, 0755), 0);
	memcpy(path + 200, "/link", 6);
	memset(path + 300, 'b', PATH_CAP - 120);
	path[300 + PATH_CAP - 120] = '\0';
	ck_assert_int_eq(symlinkat(path + 300, root, path), 0);
	is_too_long(path, true);
}
END_TEST

START_TEST(path_real_is_told_of_what_lies_inside_alone)
{
	int etc = openat(root, "etc", O_RDONLY | O_DIRECTORY), ends[2];
	char real[64];

	ck_assert_int_eq(path_real_fd(root, root, real, sizeof real), 0);
	ck_assert_str_eq(real, "/");
	ck_assert_int_eq(path_real_fd(etc, root, real, sizeof real), -1);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(path_real_fd(root, etc, real, 3), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(path_real_fd(root, ends[0], real, sizeof real), -1);
	ck_assert_int_eq(path_real_fd(root, -1, real, sizeof real), -1);
	ck_assert_int_eq(path_real(root, "/none", real, sizeof real), -1);
	ck_assert_int_eq(errno, ENOENT);
	close(ends[0]);
	close(ends[1]);
	close(etc);
}
END_TEST

/* The kernel says 0 bytes of /proc's: one of a few, and one of hundreds of thousands. */
START_TEST(path_slurp_of_a_file_without_a_size_grows_to_the_limit)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *p, *many = mmap(NULL, 8192 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t len;

	p = path_slurp(proc, "/self/stat", 1 << 20, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(len, strlen(p));
	ck_assert_int_eq(atoi(p), getpid());
	path_release(p, len);
	for (int i = 0; i < 8192; i += 2) /* a line of its own for every page */
		ck_assert_int_eq(mprotect(many + i * 4096L, 4096, PROT_NONE), 0);
	p = path_slurp(proc, "/self/maps", 8 << 20, &len);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_gt(len, 8192 * 40);
	ck_assert_uint_eq(len, strlen(p));
	path_release(p, len);
	ck_assert_ptr_null(path_slurp(proc, "/self/maps", 200000, &len));
	ck_assert_int_eq(errno, EFBIG);
	munmap(many, 8192 * 4096);
	close(proc);
}
END_TEST

START_TEST(path_types_have_names)
{
	static const struct {
		mode_t mode;
		const char *name;
	} types[] = {{S_IFREG | 0644, "a regular file"},
		     {S_IFDIR | 0755, "a directory"},
		     {S_IFLNK | 0777, "a symlink"},
		     {S_IFIFO, "a FIFO"},
		     {S_IFSOCK, "a socket"},
		     {S_IFCHR, "a character device"},
		     {S_IFBLK, "a block device"},
		     {0, "nothing"}};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		ck_assert_str_eq(path_type_name(types[i].mode), types[i].name);
}
END_TEST

Suite *path_suite(void)
{
	Suite *s = suite_create("path");
	TCase *t = tcase_create("path");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, path_absolute_symlink_stays_inside);
	tcase_add_test(t, path_dotdot_does_not_escape);
	tcase_add_test(t, path_fifo_and_device_are_refused_at_once);
	tcase_add_test(t, path_giant_dangling_and_loop_are_errors);
	tcase_add_test(t, path_parent_follows_to_where_the_target_lies);
	tcase_add_test(t, path_slurp_reads_all_and_ends_it);
	tcase_add_test(t, path_parent_cuts_any_spelling);
	tcase_add_test(t, path_too_long_is_an_error_never_cut);
	tcase_add_test(t, path_real_is_told_of_what_lies_inside_alone);
	tcase_add_test(t, path_slurp_of_a_file_without_a_size_grows_to_the_limit);
	tcase_add_test(t, path_types_have_names);
	suite_add_tcase(s, t);
	return s;
}
