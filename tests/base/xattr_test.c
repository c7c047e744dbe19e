#include "base/xattr.h"

#include "tree.h"

#include <errno.h>
#include <sys/xattr.h>

Suite *xattr_suite(void);

static char top[64], text[INODE_XATTRS];
static int root, fd;

static void setup(void)
{
	root = tree_make(top);
	fd = openat(root, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
}

static void teardown(void)
{
	close(fd);
	tree_remove(root, top);
}

static void set(const char *name, const char *value)
{
	ck_assert_msg(fsetxattr(fd, name, value, strlen(value), 0) == 0, "%s: %s", name,
		      strerror(errno));
}

START_TEST(names_that_would_divide_the_text_are_escaped)
{
	set("trusted.b,:%", "\1\2");
	set("trusted.a", "");
	set("trusted.overlay.opaque", "y");
	ck_assert_int_eq(xattr_read(fd, NULL, text, sizeof text), 0);
	ck_assert_str_eq(text, "trusted.a:,trusted.b%2c%3a%25:0102");
	ck_assert_ptr_nonnull(xattr_find(text, "trusted.b,:%"));
	ck_assert_ptr_null(xattr_find(text, "trusted.b"));
	/* taken off, and laid on again from the text */
	ck_assert_int_eq(fremovexattr(fd, "trusted.b,:%"), 0);
	set("trusted.c", "not of the text");
	ck_assert_int_eq(xattr_apply(fd, NULL, text), 0);
	ck_assert_int_eq(xattr_read(fd, NULL, text, sizeof text), 0);
	ck_assert_str_eq(text, "trusted.a:,trusted.b%2c%3a%25:0102");
}
END_TEST

START_TEST(symlink_has_attributes_of_its_own)
{
	char path[100];

	ck_assert_int_eq(symlinkat("file", root, "link"), 0);
	snprintf(path, sizeof path, "%s/link", top);
	ck_assert_int_eq(xattr_apply(-1, path, "trusted.a:61"), 0);
	ck_assert_int_eq(xattr_read(-1, path, text, sizeof text), 0);
	ck_assert_str_eq(text, "trusted.a:61");
	ck_assert_int_eq(xattr_read(fd, NULL, text, sizeof text), 0);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(xattr_apply(-1, path, ""), 0);
	ck_assert_int_eq(xattr_read(-1, path, text, sizeof text), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(more_than_the_text_holds_is_an_error)
{
	set("trusted.a", "0123456789");
	ck_assert_int_eq(xattr_read(fd, NULL, text, 20), -1);
	ck_assert_int_eq(errno, E2BIG);
	strcpy(text, "trusted.a:61");
	ck_assert_int_eq(xattr_put(text, 20, "trusted.b", "0123456789"), -1);
	ck_assert_int_eq(errno, E2BIG);
}
END_TEST

/* In a text that no power cut and no person made. */
START_TEST(damaged_text_changes_no_attribute)
{
	static const char *const bad[] = {"trusted.z", "trusted.z:6", "trusted.z:6g", ":61",
					  "trusted.z:61,"};

	set("trusted.a", "a");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		xattr_apply(fd, NULL, bad[i]);
		ck_assert_int_eq(fgetxattr(fd, "trusted.z", NULL, 0) > 1, 0);
	}
}
END_TEST

START_TEST(texts_are_edited_by_whole_names)
{
	strcpy(text, "trusted.a:61,trusted.ab:62,user.c:63");
	xattr_drop(text, "trusted.b");
	ck_assert_str_eq(text, "trusted.a:61,trusted.ab:62,user.c:63");
	xattr_drop(text, "trusted.a");
	ck_assert_str_eq(text, "trusted.ab:62,user.c:63");
	xattr_drop(text, "user.c");
	ck_assert_str_eq(text, "trusted.ab:62");
	ck_assert_int_eq(xattr_put(text, sizeof text, "trusted.ab", "x"), 0);
	ck_assert_int_eq(xattr_put(text, sizeof text, "security.selinux", "t"), 0);
	ck_assert_int_eq(strncmp(xattr_find(text, "trusted.ab"), "7800", 4), 0);
	ck_assert_int_eq(strncmp(xattr_find(text, "security.selinux"), "7400", 4), 0);
}
END_TEST

Suite *xattr_suite(void)
{
	Suite *s = suite_create("xattr");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, names_that_would_divide_the_text_are_escaped);
	tcase_add_test(c, symlink_has_attributes_of_its_own);
	tcase_add_test(c, more_than_the_text_holds_is_an_error);
	tcase_add_test(c, damaged_text_changes_no_attribute);
	tcase_add_test(c, texts_are_edited_by_whole_names);
	suite_add_tcase(s, c);
	return s;
}
