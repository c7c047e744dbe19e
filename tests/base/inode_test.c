#include "base/inode.h"

#include "tree.h"

Suite *inode_suite(void);

/* What attributes look like when power fails between their changes, one after the other. */
static struct inode old, now, cur;

static void setup(void)
{
	old = (struct inode){.mode = S_IFREG | 04755, .uid = 1, .gid = 2, .size = 3};
	strcpy(old.sha256, "same");
	strcpy(old.xattrs, "trusted.a:61,trusted.b:62");
	now = old;
	now.mode = S_IFREG | 0640;
	now.uid = 0;
	now.gid = 42;
	strcpy(now.xattrs, "trusted.a:ff,trusted.c:63");
	cur = old;
}

static bool between(void)
{
	return inode_between(&cur, &old, &now);
}

START_TEST(attributes_of_either_side_lie_between)
{
	ck_assert(between());
	cur.uid = 0;
	ck_assert(between());
	cur.gid = 42;
	cur.mode = now.mode;
	ck_assert(between());
	cur.mode = S_IFREG | 0640; /* what both allow: chown may have taken setuid */
	ck_assert(between());
	strcpy(cur.xattrs, "trusted.a:ff,trusted.b:62");
	ck_assert(between());
	strcpy(cur.xattrs, "trusted.c:63");
	ck_assert(between());
	cur.xattrs[0] = '\0';
	ck_assert(between());
}
END_TEST

START_TEST(anything_else_is_somebodys_change)
{
	cur.uid = 5;
	ck_assert(!between());
	setup();
	cur.gid = 5;
	ck_assert(!between());
	setup();
	cur.mode = S_IFREG | 0777;
	ck_assert(!between());
	setup();
	strcpy(cur.xattrs, "trusted.a:00");
	ck_assert(!between());
	strcpy(cur.xattrs, "trusted.a:6");
	ck_assert(!between());
	strcpy(cur.xattrs, "trusted.d:61");
	ck_assert(!between());
	setup();
	strcpy(cur.sha256, "another");
	ck_assert(!between());
	setup();
	cur.mode = 0; /* it is gone */
	ck_assert(!between());
	setup();
	now.size++; /* a change of content is one rename: nothing lies between */
	ck_assert(!between());
}
END_TEST

START_TEST(what_is_put_on_paper_reads_back)
{
	static char text[INODE_TEXT];
	struct buf b = BUF_OF(text);
	static struct inode back;

	old.mtime.tv_sec = 1700000000;
	old.mtime.tv_nsec = 999999999;
	old.flags = 0x10;
	strcpy(old.link, "a b%/=\n");
	inode_print(&b, "old", &old);
	ck_assert(!b.cut);
	ck_assert_int_eq(inode_parse(text, b.len, "old", &back), 0);
	ck_assert(inode_same(&back, &old));
	ck_assert_str_eq(back.link, old.link);
	ck_assert_int_eq(back.mtime.tv_nsec, old.mtime.tv_nsec);
	ck_assert_int_eq(inode_parse(text, b.len, "new", &back), -1);
	/* without its last field, or in the middle of any, it is none */
	for (size_t n = strlen(" old.mode=35309"); n + 30 < b.len; n += 7)
		ck_assert_int_eq(inode_parse(text, n, "old", &back), -1);
}
END_TEST

Suite *inode_suite(void)
{
	Suite *s = suite_create("inode");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, attributes_of_either_side_lie_between);
	tcase_add_test(c, anything_else_is_somebodys_change);
	tcase_add_test(c, what_is_put_on_paper_reads_back);
	suite_add_tcase(s, c);
	return s;
}
