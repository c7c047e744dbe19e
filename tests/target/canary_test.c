#include "target/canary.h"
#include "target/canary_tty.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *canary_suite(void);

static enum tty_prompt prompt(const char *s, bool echo)
{
	return tty_prompt(s, strlen(s), echo);
}

START_TEST(prompt_is_known_by_colon_and_echo_not_by_words)
{
	ck_assert_int_eq(prompt("host login: ", true), PROMPT_NAME);
	ck_assert_int_eq(prompt("Passwort: ", false), PROMPT_SECRET);
	ck_assert_int_eq(prompt("Password: \r\n", false), PROMPT_NONE);
	ck_assert_int_eq(prompt("Last login", true), PROMPT_NONE);
	ck_assert_int_eq(prompt("", false), PROMPT_NONE);
}
END_TEST

START_TEST(name_asked_again_after_the_secret_is_a_refusal)
{
	struct tty_dialogue d = {0};

	ck_assert_int_eq(tty_next(&d, PROMPT_NAME), STEP_NAME);
	ck_assert_int_eq(tty_next(&d, PROMPT_SECRET), STEP_SECRET);
	ck_assert_int_eq(tty_next(&d, PROMPT_NONE), STEP_WAIT);
	ck_assert_int_eq(tty_next(&d, PROMPT_NAME), STEP_REFUSED);
}
END_TEST

START_TEST(third_secret_is_a_refusal)
{
	struct tty_dialogue d = {0};

	ck_assert_int_eq(tty_next(&d, PROMPT_SECRET), STEP_SECRET);
	ck_assert_int_eq(tty_next(&d, PROMPT_SECRET), STEP_SECRET);
	ck_assert_int_eq(tty_next(&d, PROMPT_SECRET), STEP_REFUSED);
}
END_TEST

START_TEST(syslog_head_is_cut)
{
	const char *m = "<85>Nov 24 12:00:00 login: pam_unix(login:auth): authentication failure";
	char text[200] = "";
	struct buf b = BUF_OF(text);
	int s[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	ck_assert_int_gt(send(s[0], m, strlen(m), 0), 0);
	tty_drain_syslog(s[1], &b);
	ck_assert_str_eq(text, "login: pam_unix(login:auth): authentication failure\n");
	close(s[0]);
	close(s[1]);
}
END_TEST

static void expect_script(const char *line, const char *program, unsigned at)
{
	struct tty_script s;

	ck_assert_int_eq(tty_script(line, strlen(line), &s), 0);
	ck_assert_str_eq(s.program, program);
	ck_assert_uint_eq(s.at, at);
}

START_TEST(script_stands_behind_its_interpreter_and_its_one_argument)
{
	struct tty_script s;

	expect_script("#!/bin/sh\necho", "/bin/sh", 1);
	expect_script("#! /bin/bash -l \n", "/bin/bash", 2);
	expect_script("#!/usr/bin/env bash\n", "bash", 1);
	expect_script("#!/bin/sh ", "/bin/sh", 1);
	ck_assert_int_eq(tty_script("#!", 2, &s), -1);
	ck_assert_int_eq(tty_script("#!\n\n", 4, &s), -1);
	ck_assert_int_eq(tty_script("\177ELF", 4, &s), -1);
}
END_TEST

START_TEST(argument_of_a_command_line_is_found_or_missing)
{
	static const char line[] = "/bin/sh\0-l\0/x";

	ck_assert_str_eq(tty_argument(line, sizeof line, 0), "/bin/sh");
	ck_assert_str_eq(tty_argument(line, sizeof line, 2), "/x");
	ck_assert_ptr_null(tty_argument(line, sizeof line, 3));
	ck_assert_ptr_null(tty_argument("", 0, 0));
}
END_TEST

static struct canary two(enum canary_answer right, enum canary_answer wrong, bool witness)
{
	struct canary c = {.n = 2};

	c.doors[0].right = CANARY_ACCEPTED;
	c.doors[0].wrong = CANARY_REFUSED;
	c.doors[1].right = right;
	c.doors[1].wrong = wrong;
	c.doors[1].witness = witness;
	return c;
}

START_TEST(every_deciding_door_must_agree)
{
	const struct canary_door *d;
	struct canary c = two(CANARY_REFUSED, CANARY_REFUSED, false);

	ck_assert(!canary_judge(&c, &d));
	ck_assert_ptr_eq(d, &c.doors[1]);
	c = two(CANARY_ACCEPTED, CANARY_UNKNOWN, false);
	ck_assert(!canary_judge(&c, &d));
	c = two(CANARY_ACCEPTED, CANARY_REFUSED, false);
	ck_assert(canary_judge(&c, &d));
}
END_TEST

START_TEST(witness_refusing_decides_nothing_but_an_open_one_does)
{
	const struct canary_door *d;
	struct canary c = two(CANARY_REFUSED, CANARY_REFUSED, true);

	ck_assert(canary_judge(&c, &d));
	c = two(CANARY_ACCEPTED, CANARY_ACCEPTED, true);
	ck_assert(!canary_judge(&c, &d));
	c.n = 0;
	ck_assert(!canary_judge(&c, &d));
	ck_assert_ptr_null(d);
}
END_TEST

Suite *canary_suite(void)
{
	Suite *s = suite_create("canary");
	TCase *c = tcase_create("all");

	tcase_add_test(c, prompt_is_known_by_colon_and_echo_not_by_words);
	tcase_add_test(c, name_asked_again_after_the_secret_is_a_refusal);
	tcase_add_test(c, third_secret_is_a_refusal);
	tcase_add_test(c, syslog_head_is_cut);
	tcase_add_test(c, script_stands_behind_its_interpreter_and_its_one_argument);
	tcase_add_test(c, argument_of_a_command_line_is_found_or_missing);
	tcase_add_test(c, every_deciding_door_must_agree);
	tcase_add_test(c, witness_refusing_decides_nothing_but_an_open_one_does);
	suite_add_tcase(s, c);
	return s;
}
