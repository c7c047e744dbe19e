#include "base/path.h"

#include "tree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
	suite_add_tcase(s, t);
	return s;
}
