#include "target/shadow.h"

#include "../base/spliced.h"
#include "../base/tree.h"

#include <errno.h>

Suite *shadow_suite(void);

static const char shadow[] =
    "root:*:19000:0:99999:7:::\n+:::\nargo:!$6$s$old:0:0:99999:7:3:10:\r\nend:*:1::::::";

static char out[1024];

static int edit(const char *data, const struct shadow_edit *e)
{
	int fd = spliced_fd(data, strlen(data)), rc;
	struct shadow_change c;
	struct lines l;

	lines_start(&l, fd);
	rc = shadow_find(&l, e, &c);
	if (rc == 0)
		spliced(fd, &c.s, out, sizeof out);
	lines_close(&l);
	close(fd);
	return rc;
}

START_TEST(reset_unlocks_the_named_user_and_keeps_the_rest)
{
	struct shadow_edit e = {.name = "argo",
				.hash = "$6$s$new",
				.set_lastchg = true,
				.clear_expire = true,
				.lastchg = "20000"};

	ck_assert_int_eq(edit(shadow, &e), 0);
	ck_assert_str_eq(
	    out,
	    "root:*:19000:0:99999:7:::\n+:::\nargo:$6$s$new:20000:0:99999:7:3::\r\nend:*:1::::::");
}
END_TEST

START_TEST(expiry_alone_leaves_the_hash)
{
	struct shadow_edit e = {.name = "argo", .clear_expire = true};

	ck_assert_int_eq(edit(shadow, &e), 0);
	ck_assert_ptr_nonnull(strstr(out, "\nargo:!$6$s$old:0:0:99999:7:3::\r\n"));
}
END_TEST

START_TEST(unlocking_takes_the_marks_of_one_line_alone)
{
	struct shadow_edit e = {.name = "argo", .unlock = true};

	ck_assert_int_eq(edit(shadow, &e), 0);
	ck_assert_str_eq(
	    out,
	    "root:*:19000:0:99999:7:::\n+:::\nargo:$6$s$old:0:0:99999:7:3:10:\r\nend:*:1::::::");
	ck_assert_int_eq(
	    edit("a:*!!$6$x:1:2:3:4:5:6:7", &(struct shadow_edit){"a", .unlock = true}), 0);
	ck_assert_str_eq(out, "a:$6$x:1:2:3:4:5:6:7");
}
END_TEST

START_TEST(missing_and_damaged_lines_are_written_anew)
{
	struct shadow_edit e = {.name = "new", .hash = "H", .lastchg = "5"};

	ck_assert_int_eq(edit(shadow, &e), 0);
	ck_assert_ptr_nonnull(strstr(out, "end:*:1::::::\nnew:H:5:0:99999:7:::\n"));
	ck_assert_int_eq(edit("new:torn\nx:*:1:::::: ", &e), 0);
	ck_assert_str_eq(out, "new:H:5:0:99999:7:::\nx:*:1:::::: ");
	ck_assert_int_eq(edit("", &e), 0);
	ck_assert_str_eq(out, "new:H:5:0:99999:7:::\n");
	e.hash = NULL;
	ck_assert_int_eq(edit("", &e), -1);
}
END_TEST

/* What a byte of nobody else's may never change: here each kind of it is in the way at once. */
START_TEST(a_line_longer_than_the_buffer_stays_and_is_not_edited)
{
	static const char first[] = "+:::\r\n\0\n-\nroot:*:1:0:9:7:::\nlong:";
	static const char last[] = "\nargo:$6$s$old:1:0:9:7:::\r\nno newline";
	static char text[4 * LINES_CAP], now[sizeof text + 64];
	struct shadow_edit e = {.name = "argo", .hash = "$6$s$new"};
	char *end = text + sizeof text - (sizeof last - 1);
	struct shadow_change c;
	struct lines l;
	int fd;

	memset(text, ':', sizeof text);
	memcpy(text, first, sizeof first - 1);
	memcpy(end, last, sizeof last - 1);
	fd = spliced_fd(text, sizeof text);
	lines_start(&l, fd);
	ck_assert_int_eq(shadow_find(&l, &e, &c), 0);
	ck_assert_uint_eq(spliced(fd, &c.s, now, sizeof now), sizeof text);
	memcpy(end + 11, "new", 3);
	ck_assert(!memcmp(text, now, sizeof text));
	lines_close(&l);
	e.name = "long";
	lines_start(&l, fd);
	ck_assert_int_eq(shadow_find(&l, &e, &c), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	lines_close(&l);
	close(fd);
}
END_TEST

static void put(const char *root, const char *path, const char *text)
{
	tree_put(root, path, text, strlen(text));
}

static const char *get(int fd, const char *path)
{
	ck_assert_int_ge(path_read(fd, path, out, sizeof out), 0);
	return out;
}

/* Set argo's hash in the shadow of a root whose shadow- is backup (NULL: none). */
static void set(int fd, const char *root, const char *backup)
{
	struct shadow_edit e = {.name = "argo", .hash = "$6$s$new"};
	struct journal j;
	struct target t;

	put(root, "/etc/shadow", shadow);
	if (backup)
		put(root, "/etc/shadow-", backup);
	ck_assert_int_eq(target_open(&t, root), 0);
	ck_assert_int_eq(journal_open(&j, t.fd, "20260101-000000", 0), 0);
	ck_assert_int_eq(shadow_write(&t, &j, &e), 0);
	ck_assert_ptr_nonnull(strstr(get(fd, "/etc/shadow"), "\nargo:$6$s$new:0:0:99999:7:3:10:"));
	/* the same again changes nothing, shadow- neither */
	ck_assert_uint_eq(journal_count(&j), strcmp(get(fd, "/etc/shadow-"), shadow) ? 1 : 2);
	ck_assert_int_eq(shadow_write(&t, &j, &e), 0);
	ck_assert_uint_le(journal_count(&j), 2);
	journal_close(&j);
	target_close(&t);
}

START_TEST(backup_is_not_overwritten_by_something_worse)
{
	static const char better[] = "a:*:1::::::\nb:*:1::::::\nc:*:1::::::\nd:*:1::::::\n";
	char root[64];
	int fd = tree_make(root);

	put(root, "/usr/lib/os-release", "ID=debian\n");
	set(fd, root, better);
	ck_assert_str_eq(get(fd, "/etc/shadow-"), better);
	tree_remove(fd, root);
	fd = tree_make(root);
	put(root, "/usr/lib/os-release", "ID=debian\n");
	set(fd, root, NULL);
	ck_assert_str_eq(get(fd, "/etc/shadow-"), shadow);
	tree_remove(fd, root);
	fd = tree_make(root);
	put(root, "/usr/lib/os-release", "ID=debian\n");
	set(fd, root, "a:*:1::::::\ntorn:\n:\n");
	ck_assert_str_eq(get(fd, "/etc/shadow-"), shadow);
	tree_remove(fd, root);
}
END_TEST

/* Without a line in shadow there is none to point at, whatever stands in passwd. */
START_TEST(passwd_that_points_at_shadow_already_is_no_change)
{
	struct account a;
	const char *bad;
	struct journal j;
	struct target t;
	char root[64];
	int fd = tree_make(root);

	put(root, "/usr/lib/os-release", "ID=debian\n");
	put(root, "/etc/passwd", "argo:x:1000:1000::/:/bin/sh\nbell:H:1001:1001::/:/bin/sh\n");
	put(root, "/etc/shadow", "root:*:1::::::\n");
	ck_assert_int_eq(target_open(&t, root), 0);
	ck_assert_int_eq(journal_open(&j, t.fd, "20260101-000000", 0), 0);
	ck_assert_int_eq(accounts_get(&t, "argo", &a, &bad), 0);
	ck_assert_int_eq(shadow_point(&t, &j, &a), 0);
	ck_assert_uint_eq(journal_count(&j), 0);
	ck_assert_int_eq(accounts_get(&t, "bell", &a, &bad), 0);
	ck_assert_int_eq(shadow_point(&t, &j, &a), 0);
	ck_assert_uint_eq(journal_count(&j), 1);
	journal_close(&j);
	target_close(&t);
	tree_remove(fd, root);
}
END_TEST

Suite *shadow_suite(void)
{
	Suite *s = suite_create("shadow");
	TCase *c = tcase_create("shadow");

	tcase_add_test(c, reset_unlocks_the_named_user_and_keeps_the_rest);
	tcase_add_test(c, expiry_alone_leaves_the_hash);
	tcase_add_test(c, unlocking_takes_the_marks_of_one_line_alone);
	tcase_add_test(c, missing_and_damaged_lines_are_written_anew);
	tcase_add_test(c, a_line_longer_than_the_buffer_stays_and_is_not_edited);
	tcase_add_test(c, passwd_that_points_at_shadow_already_is_no_change);
	tcase_add_test(c, backup_is_not_overwritten_by_something_worse);
	suite_add_tcase(s, c);
	return s;
}
