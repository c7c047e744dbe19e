#include "target/shadow.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *shadow_suite(void);

static const char shadow[] =
    "root:*:19000:0:99999:7:::\n+:::\nargo:!$6$s$old:0:0:99999:7:3:10:\r\nend:*:1::::::";

static char out[1024];
static size_t n;

static int edit(const char *data, const struct shadow_edit *e, size_t cap)
{
	int rc = shadow_edit(data, strlen(data), e, &(struct shadow_bytes){out, cap, &n});

	if (rc == 0)
		out[n] = 0;
	return rc;
}

START_TEST(reset_unlocks_the_named_user_and_keeps_the_rest)
{
	struct shadow_edit e = {.name = "argo",
				.hash = "$6$s$new",
				.set_lastchg = true,
				.clear_expire = true,
				.lastchg = "20000"};

	ck_assert_int_eq(edit(shadow, &e, sizeof out - 1), 0);
	ck_assert_str_eq(
	    out,
	    "root:*:19000:0:99999:7:::\n+:::\nargo:$6$s$new:20000:0:99999:7:3::\r\nend:*:1::::::");
}
END_TEST

START_TEST(expiry_alone_leaves_the_hash)
{
	struct shadow_edit e = {.name = "argo", .clear_expire = true};

	ck_assert_int_eq(edit(shadow, &e, sizeof out - 1), 0);
	ck_assert_ptr_nonnull(strstr(out, "\nargo:!$6$s$old:0:0:99999:7:3::\r\n"));
}
END_TEST

START_TEST(unlocking_takes_the_marks_of_one_line_alone)
{
	struct shadow_edit e = {.name = "argo", .unlock = true};

	ck_assert_int_eq(edit(shadow, &e, sizeof out - 1), 0);
	ck_assert_str_eq(
	    out,
	    "root:*:19000:0:99999:7:::\n+:::\nargo:$6$s$old:0:0:99999:7:3:10:\r\nend:*:1::::::");
	ck_assert_int_eq(edit("a:*!!$6$x:1:2:3:4:5:6:7", &(struct shadow_edit){"a", .unlock = true},
			      sizeof out - 1),
			 0);
	ck_assert_str_eq(out, "a:$6$x:1:2:3:4:5:6:7");
}
END_TEST

START_TEST(missing_and_damaged_lines_are_written_anew)
{
	struct shadow_edit e = {.name = "new", .hash = "H", .lastchg = "5"};

	ck_assert_int_eq(edit(shadow, &e, sizeof out - 1), 0);
	ck_assert_ptr_nonnull(strstr(out, "end:*:1::::::\nnew:H:5:0:99999:7:::\n"));
	ck_assert_int_eq(edit("new:torn\nx:*:1:::::: ", &e, sizeof out - 1), 0);
	ck_assert_str_eq(out, "new:H:5:0:99999:7:::\nx:*:1:::::: ");
	ck_assert_int_eq(edit("", &e, sizeof out - 1), 0);
	ck_assert_str_eq(out, "new:H:5:0:99999:7:::\n");
	e.hash = NULL;
	ck_assert_int_eq(edit("", &e, sizeof out - 1), -1);
}
END_TEST

START_TEST(short_memory_is_an_error)
{
	struct shadow_edit e = {.name = "argo", .hash = "$6$s$new-and-longer"};

	ck_assert_int_eq(edit(shadow, &e, sizeof shadow - 1), -1);
	ck_assert_int_eq(edit(shadow, &e, 10), -1);
}
END_TEST

START_TEST(backup_is_not_overwritten_by_something_worse)
{
	ck_assert(shadow_backup_worse("", 0, shadow, sizeof shadow - 1));
	ck_assert(shadow_backup_worse(shadow, 20, shadow, sizeof shadow - 1));
	ck_assert(!shadow_backup_worse(shadow, sizeof shadow - 1, shadow, sizeof shadow - 1));
	ck_assert(!shadow_backup_worse(shadow, sizeof shadow - 1, NULL, 0));
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
	tcase_add_test(c, short_memory_is_an_error);
	tcase_add_test(c, backup_is_not_overwritten_by_something_worse);
	suite_add_tcase(s, c);
	return s;
}
