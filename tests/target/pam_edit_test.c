#include "target/pam_edit.h"

#include <check.h>
#include <string.h>

Suite *pam_edit_suite(void);

static char mem[2048];

static struct pam_edit of(const char *text, unsigned number, unsigned lines)
{
	return (struct pam_edit){text, strlen(text), number, lines};
}

START_TEST(disabled_line_keeps_its_words_and_the_others_their_bytes)
{
	struct pam_edit e = of("# a\r\nauth required x.so\n\tauth  required y.so", 2, 1);
	struct buf out = BUF_OF(mem);

	pam_edit_disable(&e, &out);
	ck_assert_str_eq(mem, "# a\r\n# rd-recovery: auth required x.so\n\tauth  required y.so");
	out.len = 0;
	e.number = 3;
	pam_edit_disable(&e, &out);
	ck_assert_str_eq(mem, "# a\r\nauth required x.so\n# rd-recovery: \tauth  required y.so");
}
END_TEST

START_TEST(every_part_of_a_continued_line_is_disabled)
{
	struct pam_edit e = of("auth \\\n required \\\n x.so\nauth required y.so\n", 1, 3);
	struct buf out = BUF_OF(mem);

	pam_edit_disable(&e, &out);
	ck_assert_str_eq(mem, "# rd-recovery: auth \\\n# rd-recovery:  required \\\n"
			      "# rd-recovery:  x.so\nauth required y.so\n");
}
END_TEST

START_TEST(a_line_that_is_not_there_changes_nothing)
{
	struct pam_edit e = of("auth required y.so\n", 7, 1);
	struct buf out = BUF_OF(mem);

	pam_edit_disable(&e, &out);
	ck_assert_str_eq(mem, "auth required y.so\n");
	out.len = 0;
	pam_edit_jumps(&e, 1, "ok", &out);
	ck_assert_str_eq(mem, "auth required y.so\n");
}
END_TEST

START_TEST(jumps_change_inside_the_control_alone)
{
	struct pam_edit e = of("auth [success=2 new_authtok_reqd = 2 user_unknown=1 "
			       "default=ignore] pam_x.so deny=2 [a=2]\nauth [success=2] y\n",
			       1, 1);
	struct buf out = BUF_OF(mem);

	pam_edit_jumps(&e, 2, NULL, &out);
	ck_assert_str_eq(mem, "auth [success=1 new_authtok_reqd = 1 user_unknown=1 "
			      "default=ignore] pam_x.so deny=2 [a=2]\nauth [success=2] y\n");
	out.len = 0;
	pam_edit_jumps(&e, 1, NULL, &out);
	ck_assert_str_eq(mem, "auth [success=1 new_authtok_reqd = 1 user_unknown=ignore "
			      "default=ignore] pam_x.so deny=2 [a=2]\nauth [success=2] y\n");
	out.len = 0;
	pam_edit_jumps(&e, 2, "ok", &out);
	ck_assert_str_eq(mem, "auth [success=ok new_authtok_reqd = ok user_unknown=1 "
			      "default=ignore] pam_x.so deny=2 [a=2]\nauth [success=2] y\n");
}
END_TEST

START_TEST(carriage_returns_go)
{
	struct pam_edit e = of("a\r\n\r\nb", 0, 0);
	struct buf out = BUF_OF(mem);

	pam_edit_newlines(&e, &out);
	ck_assert_str_eq(mem, "a\n\nb");
}
END_TEST

Suite *pam_edit_suite(void)
{
	Suite *s = suite_create("pam_edit");
	TCase *c = tcase_create("all");

	tcase_add_test(c, disabled_line_keeps_its_words_and_the_others_their_bytes);
	tcase_add_test(c, every_part_of_a_continued_line_is_disabled);
	tcase_add_test(c, a_line_that_is_not_there_changes_nothing);
	tcase_add_test(c, jumps_change_inside_the_control_alone);
	tcase_add_test(c, carriage_returns_go);
	suite_add_tcase(s, c);
	return s;
}
