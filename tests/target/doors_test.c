#include "base/clock.h"
#include "shell.h"
#include "target/canary.h"

#include <sys/mman.h>

Suite *doors_suite(void);

/* Doubles of login and of PAM's helper: the right password is "right". The user's shell is a
 * script, or the doubles' own interpreter would be taken for it. */
#define ASK "stty -echo; printf 'Password: '; read -r p; stty echo; echo;"
#define SHELL "exec /bin/rshell"
#define REFUSE "echo 'Login incorrect'; exit 1"

static struct canary *c; /* shared with the children that ask */
static const struct account user = {.name = "root", .shell = "/bin/rshell", .in_shadow = true};

static void setup(void)
{
	c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(c, MAP_FAILED);
	shell_open();
	put_program("/bin/rshell", "while sleep 1; do :; done\n");
	put_program("/sbin/unix_chkpwd", "p=$(cat); [ \"$p\" = right ] || exit 7\n");
	put_program("/bin/login", ASK "[ \"$p\" = right ] && " SHELL "; " REFUSE "\n");
	put_link("/bin/stty", "busybox");
	put_link("/bin/yes", "busybox");
}

static void teardown(void)
{
	munmap(c, sizeof *c);
	scratch_close();
}

/* Both questions, as a run asks them. 0: proven. */
static int ask_both(struct canary_question *q)
{
	int rc = canary_right(q, c);

	ck_assert(rc == 0 || c->why[0]);
	canary_wrong(q, c);
	canary_conclude(c);
	ck_assert(rc == 0 || !c->proven);
	return c->proven ? 0 : -1;
}

static int ask(const char *password, enum hash_method method)
{
	return ask_both(&(struct canary_question){.t = &t,
						  .a = &user,
						  .password = password,
						  .method = method,
						  .deadline = deadline_in(20)});
}

static void why_starts(const char *text)
{
	ck_assert_msg(!strncmp(c->why, text, strlen(text)), "%s", c->why);
}

START_TEST(right_password_in_and_wrong_one_out_is_a_proof)
{
	ck_assert_msg(ask("right", HASH_NONE) == 0, "%s", c->why);
	ck_assert(c->proven);
	ck_assert_uint_eq(c->n, 2);
	ck_assert_str_eq(c->doors[0].name, "login");
	ck_assert_str_eq(c->doors[1].name, "unix_chkpwd");
	for (unsigned i = 0; i < c->n; i++) {
		ck_assert_int_eq(c->doors[i].right, CANARY_ACCEPTED);
		ck_assert_int_eq(c->doors[i].wrong, CANARY_REFUSED);
	}
}
END_TEST

START_TEST(door_that_takes_any_password_is_no_proof)
{
	put_program("/bin/login", ASK SHELL "\n");
	ck_assert_int_eq(ask("right", HASH_NONE), -1);
	ck_assert_str_eq(c->why, "login accepted a wrong password");
	ck_assert_int_eq(c->doors[0].wrong, CANARY_ACCEPTED);
}
END_TEST

/* A name is asked for first, behind more words than a screen holds. */
START_TEST(long_words_and_a_question_for_the_name_are_borne)
{
	put_program(
	    "/bin/login",
	    "yes 'a message of the day' | head -n 400; printf 'host login: '; read -r n;" ASK
	    "[ \"$n$p\" = rootright ] && " SHELL "; " REFUSE "\n");
	ck_assert_msg(ask("right", HASH_NONE) == 0, "%s", c->why);
}
END_TEST

START_TEST(refusal_is_explained_by_module_words_and_tally)
{
	char tally[64 * 2] = "";
	FILE *f;

	tally[54] = 1;
	put("/etc/pam.d/login", "auth required pam_gone.so\n");
	f = fopen(full("/var/lib/faillock/root"), "w");
	ck_assert_uint_eq(fwrite(tally, 1, sizeof tally, f), sizeof tally);
	fclose(f);
	put_program("/bin/login", ASK REFUSE "\n");
	put_program("/sbin/unix_chkpwd", "cat >/dev/null; exit 7\n");
	ck_assert_int_eq(ask("right", HASH_NONE), -1);
	why_starts("login refused the right password: /etc/pam.d/login line 1: pam_gone.so is "
		   "missing; ");
	ck_assert_ptr_nonnull(strstr(c->why, "Login incorrect"));
	ck_assert_ptr_nonnull(strstr(c->why, "; /var/lib/faillock/root holds 1 failed logins"));
	ck_assert_ptr_nonnull(strstr(c->doors[1].said, "shadow and libcrypt alone refuse it"));
}
END_TEST

START_TEST(door_that_says_nothing_is_unknown)
{
	struct canary_question q = {
	    .t = &t, .a = &user, .password = "right", .deadline = deadline_in(1)};

	put_program("/bin/login", "while :; do sleep 1; done\n");
	put_program("/sbin/unix_chkpwd", "kill -9 $$\n");
	ck_assert_int_eq(ask_both(&q), -1);
	why_starts("login gave no answer to the right password");
	ck_assert_int_eq(c->doors[0].right, CANARY_UNKNOWN);
	ck_assert_int_eq(c->doors[1].right, CANARY_UNKNOWN);
	ck_assert(c->doors[1].witness);
}
END_TEST

START_TEST(login_that_is_gone_refuses)
{
	ck_assert_int_eq(unlink(full("/bin/login")), 0);
	ck_assert_int_eq(unlink(full("/sbin/unix_chkpwd")), 0);
	ck_assert_int_eq(ask("right", HASH_NONE), -1);
	ck_assert_uint_eq(c->n, 1);
	ck_assert_int_eq(c->doors[0].right, CANARY_REFUSED);
	ck_assert_ptr_nonnull(strstr(c->why, "/bin/login"));
}
END_TEST

/* Its stack in the place of login's; root is kept out of displays by design. */
START_TEST(display_stack_is_asked_through_login_in_a_trial_of_its_own)
{
	put("/etc/inittab", "id:3:initdefault:\n");
	put("/usr/bin/sddm", "#!/bin/sh\n");
	put("/etc/pam.d/sddm", "# the display's\n");
	put("/etc/pam.d/login", "# login's own\n");
	put_program("/bin/login", "read -r stack </etc/pam.d/login;" ASK "[ \"$p\" = right ] && "
				  "[ \"$stack\" = \"# login's own\" ] && " SHELL "; " REFUSE "\n");
	ck_assert_msg(ask("right", HASH_NONE) == 0, "%s", c->why);
	ck_assert_uint_eq(c->n, 3);
	ck_assert_str_eq(c->doors[2].name, "sddm");
	ck_assert(c->doors[2].witness);
	ck_assert_int_eq(c->doors[2].right, CANARY_REFUSED);
	ck_assert(holds("/etc/pam.d/login", "# login's own\n"));
}
END_TEST

START_TEST(without_a_password_nothing_is_asked)
{
	ck_assert_int_eq(ask(NULL, HASH_NONE), -1);
	ck_assert_str_eq(c->why, "no password to ask with: the account has no usable hash");
	ck_assert_uint_eq(c->n, 0);
	ck_assert_int_eq(ask(NULL, HASH_SHA512), -1); /* there is no shadow to write it to */
	ck_assert_str_eq(c->why, "no password to ask with: No such file or directory");
}
END_TEST

START_TEST(without_a_trial_there_is_no_answer)
{
	struct target gone = t;
	struct canary_question q = {
	    .t = &gone, .a = &user, .password = "right", .deadline = deadline_in(20)};

	strcat(gone.root, "-gone");
	ck_assert_int_eq(ask_both(&q), -1);
	why_starts("login gave no answer to the right password: no trial of the target: ");
	for (unsigned i = 0; i < c->n; i++)
		ck_assert_int_eq(c->doors[i].wrong, CANARY_UNKNOWN);
}
END_TEST

/* PAM's delay passes once for all. */
START_TEST(doors_are_asked_side_by_side)
{
	struct canary_question q = {
	    .t = &t, .a = &user, .password = "right", .deadline = deadline_in(60)};
	int64_t begun;

	put("/etc/inittab", "id:3:initdefault:\n");
	put("/usr/bin/sddm", "#!/bin/sh\n");
	put("/etc/pam.d/sddm", "# the display's\n");
	put("/etc/pam.d/login", "# login's own\n");
	put_program("/bin/login", ASK "[ \"$p\" = right ] && " SHELL "; sleep 3; " REFUSE "\n");
	put_program("/sbin/unix_chkpwd", "p=$(cat); [ \"$p\" = right ] || { sleep 3; exit 7; }\n");
	ck_assert_msg(canary_right(&q, c) == 0, "%s", c->why);
	begun = clock_ms();
	canary_wrong(&q, c);
	ck_assert_int_lt(clock_ms() - begun, 6000);
	canary_conclude(c);
	ck_assert_msg(c->proven, "%s", c->why);
	ck_assert_uint_eq(c->n, 3);
}
END_TEST

START_TEST(refusal_that_was_not_seen_proves_nothing)
{
	struct canary_question q = {
	    .t = &t, .a = &user, .password = "right", .deadline = deadline_in(20)};

	ck_assert_msg(canary_right(&q, c) == 0, "%s", c->why);
	canary_conclude(c);
	ck_assert(!c->proven);
	ck_assert_str_eq(c->why, "login did not say whether it refuses a wrong password");
}
END_TEST

Suite *doors_suite(void)
{
	Suite *s = suite_create("doors");
	TCase *k = tcase_create("all");

	tcase_set_timeout(k, 60);
	tcase_add_checked_fixture(k, setup, teardown);
	tcase_add_test(k, right_password_in_and_wrong_one_out_is_a_proof);
	tcase_add_test(k, door_that_takes_any_password_is_no_proof);
	tcase_add_test(k, long_words_and_a_question_for_the_name_are_borne);
	tcase_add_test(k, refusal_is_explained_by_module_words_and_tally);
	tcase_add_test(k, door_that_says_nothing_is_unknown);
	tcase_add_test(k, login_that_is_gone_refuses);
	tcase_add_test(k, display_stack_is_asked_through_login_in_a_trial_of_its_own);
	tcase_add_test(k, without_a_password_nothing_is_asked);
	tcase_add_test(k, without_a_trial_there_is_no_answer);
	tcase_add_test(k, doors_are_asked_side_by_side);
	tcase_add_test(k, refusal_that_was_not_seen_proves_nothing);
	suite_add_tcase(s, k);
	return s;
}
