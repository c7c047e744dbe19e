#include "target/pam_stack.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Suite *pam_stack_suite(void);

static struct pam_stack s;
static int rootfd = -1;

static void setup(void)
{
	rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void teardown(void)
{
	close(rootfd);
}

/* The stack of a service whose file would hold text; modules are there or not as on this machine,
 * so that tests name what every machine has or none: what is missing is made present by hand. */
static void load(const char *text)
{
	struct pam_source src = {
	    .rootfd = rootfd, .path = "/etc/pam.d/rd-test", .data = text, .len = strlen(text)};

	pam_stack_load(&s, &src, "rd-test", NULL);
	for (unsigned i = 0; i < s.n; i++)
		if (s.e[i].state == PAM_NO_MODULE && !strstr(s.e[i].module, "gone"))
			s.e[i].state = PAM_FOUND;
}

static bool lets_in(bool right)
{
	struct pam_world w = {.right = right};

	return pam_stack_lets_in(&s, PAM_AUTH, &w);
}

#define DEBIAN                                                                                     \
	"auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n"         \
	"auth required pam_permit.so\n"

START_TEST(debians_jump_lets_the_right_password_in_and_no_other)
{
	load(DEBIAN);
	ck_assert(lets_in(true));
	ck_assert(!lets_in(false));
	ck_assert(!pam_stack_permissive(&s));
	ck_assert(pam_stack_usable(&s, PAM_AUTH, false));
}
END_TEST

START_TEST(jump_past_the_end_refuses_the_right_password)
{
	load("auth [success=3 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
	     "auth required pam_permit.so\n");
	ck_assert(s.e[0].bad_jump);
	ck_assert_uint_eq(pam_stack_room(&s, 0), 2);
	ck_assert(!pam_stack_usable(&s, PAM_AUTH, false));
	load("auth [success=1 default=bad] pam_unix.so\n");
	ck_assert(s.e[0].bad_jump);
	ck_assert(!pam_stack_usable(&s, PAM_AUTH, false));
}
END_TEST

/* exactly to the end is no bad jump, but nothing has said yes */
START_TEST(jump_to_the_end_decides_nothing)
{
	load("auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
	     "auth required pam_permit.so\n");
	ck_assert(!s.e[0].bad_jump);
	ck_assert(!lets_in(true));
}
END_TEST

START_TEST(jumps_count_lines_of_their_own_type)
{
	load("auth [success=1 default=ignore] pam_unix.so\naccount required pam_unix.so\n"
	     "auth requisite pam_deny.so\nsession required pam_unix.so\n"
	     "auth required pam_permit.so\n");
	ck_assert(!s.e[0].bad_jump);
	ck_assert(lets_in(true));
	ck_assert(!lets_in(false));
}
END_TEST

START_TEST(missing_module_refuses_where_it_is_required_alone)
{
	load("auth required pam_gone.so\n" DEBIAN);
	ck_assert(!pam_stack_usable(&s, PAM_AUTH, false));
	load("auth optional pam_gone.so\n" DEBIAN);
	ck_assert(pam_stack_usable(&s, PAM_AUTH, false));
	load("auth [success=ok ignore=ignore module_unknown=ignore default=bad] "
	     "pam_gone.so\n" DEBIAN);
	ck_assert(pam_stack_usable(&s, PAM_AUTH, false));
	ck_assert(!pam_stack_permissive(&s));
}
END_TEST

START_TEST(stacks_that_take_any_password_are_told)
{
	static const char *const open[] = {
	    "auth required pam_permit.so\n",
	    "auth sufficient pam_permit.so\nauth required pam_unix.so\n",
	    "auth sufficient pam_faillock.so authsucc\nauth required pam_unix.so\n",
	    "auth optional pam_unix.so\nauth required pam_permit.so\n",
	    "auth sufficient pam_rootok.so\nauth required pam_permit.so\n",
	    "auth [default=1] pam_permit.so\nauth required pam_unix.so\nauth required "
	    "pam_permit.so\n",
	    "auth required pam_env.so\nauth required pam_securetty.so\n"};
	static const char *const shut[] = {
	    "auth sufficient pam_rootok.so\nauth required pam_unix.so\n",
	    "auth required pam_deny.so\n",
	    "auth required pam_faillock.so preauth\nauth required pam_unix.so\n",
	    "auth sufficient pam_succeed_if.so user ingroup nopasswdlogin\n" DEBIAN,
	    "auth sufficient pam_unix.so\nauth sufficient pam_sss.so\nauth required pam_deny.so\n",
	    "auth required pam_something_new.so\n",
	    /* Arch's system-auth */
	    "auth required pam_faillock.so preauth\n"
	    "-auth [success=2 default=ignore] pam_systemd_home.so\n"
	    "auth [success=1 default=bad] pam_unix.so try_first_pass nullok\n"
	    "auth [default=die] pam_faillock.so authfail\nauth optional pam_permit.so\n"
	    "auth required pam_env.so\nauth required pam_faillock.so authsucc\n"};

	for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
		load(open[i]);
		ck_assert_msg(pam_stack_permissive(&s), "%s", open[i]);
	}
	for (size_t i = 0; i < sizeof shut / sizeof *shut; i++) {
		load(shut[i]);
		ck_assert_msg(!pam_stack_permissive(&s), "%s", shut[i]);
	}
}
END_TEST

START_TEST(unknown_control_words_are_failures)
{
	load("auth [sucess=ok default=ignore] pam_unix.so\n");
	ck_assert_int_eq(s.e[0].state, PAM_MALFORMED);
	load("auth sufficent pam_unix.so\n");
	ck_assert_int_eq(s.e[0].state, PAM_MALFORMED);
	load("auth [success=0 default=ignore] pam_unix.so\n");
	ck_assert_int_eq(s.e[0].state, PAM_MALFORMED);
	load("auth [ success = ok  default=die ] pam_unix.so\n");
	ck_assert_int_eq(s.e[0].state, PAM_FOUND);
	ck_assert(lets_in(true));
}
END_TEST

START_TEST(skipped_lines_are_counted_as_libpam_does)
{
	load("auth [success=2 default=ignore] pam_unix.so\nauth required pam_gone.so\n"
	     "auth requisite pam_deny.so\nauth required pam_permit.so\n");
	ck_assert(pam_stack_skips(&s, 0, 2, 1));
	ck_assert(pam_stack_skips(&s, 0, 2, 2));
	ck_assert(!pam_stack_skips(&s, 0, 2, 3));
	ck_assert(!pam_stack_skips(&s, 1, 0, 2));
}
END_TEST

START_TEST(an_edit_that_opens_a_door_is_told)
{
	static struct pam_stack before;

	load("auth required pam_gone.so\n" DEBIAN);
	before = s;
	load("#\n" DEBIAN);
	ck_assert(!pam_stack_wider(&before, &s));
	load("#\nauth optional pam_unix.so\nauth required pam_permit.so\n");
	ck_assert(pam_stack_wider(&before, &s));
	/* a verifying module gone: nothing of what it refused may pass */
	load("auth requisite pam_something_gone.so\nauth required pam_permit.so\n");
	before = s;
	load("#\nauth required pam_permit.so\n");
	ck_assert(pam_stack_wider(&before, &s));
}
END_TEST

START_TEST(a_door_that_opens_when_modules_come_back_is_told)
{
	static struct pam_stack before;

	load(DEBIAN);
	s.e[1].state = s.e[2].state = PAM_NO_MODULE;
	before = s;
	load("auth [success=ignore default=ignore] pam_unix.so nullok\n#\n"
	     "auth required pam_permit.so\n");
	s.e[1].state = PAM_NO_MODULE; /* as yet, nobody gets in */
	ck_assert(pam_stack_wider(&before, &s));
}
END_TEST

START_TEST(a_token_that_is_needed_is_told_from_one_that_suffices)
{
	load("auth required pam_u2f.so\nauth required pam_unix.so\n");
	ck_assert(pam_stack_needs_foreign(&s));
	load("auth sufficient pam_fprintd.so\nauth required pam_unix.so\n");
	ck_assert(!pam_stack_needs_foreign(&s));
}
END_TEST

START_TEST(many_lines_and_deep_loops_end)
{
	char text[8192];
	size_t n = 0;

	while (n + 40 < sizeof text)
		n += (size_t)sprintf(text + n, "auth substack rd-test\n");
	load(text);
	ck_assert(!pam_stack_usable(&s, PAM_AUTH, false));
	n = 0;
	while (n + 40 < sizeof text)
		n += (size_t)sprintf(text + n, "auth required pam_unix.so\n");
	load(text);
	ck_assert(s.cut);
}
END_TEST

Suite *pam_stack_suite(void)
{
	Suite *suite = suite_create("pam_stack");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, debians_jump_lets_the_right_password_in_and_no_other);
	tcase_add_test(c, jump_past_the_end_refuses_the_right_password);
	tcase_add_test(c, jump_to_the_end_decides_nothing);
	tcase_add_test(c, jumps_count_lines_of_their_own_type);
	tcase_add_test(c, missing_module_refuses_where_it_is_required_alone);
	tcase_add_test(c, stacks_that_take_any_password_are_told);
	tcase_add_test(c, unknown_control_words_are_failures);
	tcase_add_test(c, skipped_lines_are_counted_as_libpam_does);
	tcase_add_test(c, an_edit_that_opens_a_door_is_told);
	tcase_add_test(c, a_door_that_opens_when_modules_come_back_is_told);
	tcase_add_test(c, a_token_that_is_needed_is_told_from_one_that_suffices);
	tcase_add_test(c, many_lines_and_deep_loops_end);
	suite_add_tcase(suite, c);
	return suite;
}
