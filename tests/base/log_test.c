#include "base/log.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *log_suite(void);

static char text[1 << 20];

/* What a stream holds so far, as a string. */
static const char *held(enum log_stream s)
{
	const char *data;
	size_t len;

	log_view(s, &data, &len);
	ck_assert_uint_lt(len, sizeof text);
	memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

static void start(void)
{
	ck_assert_int_eq(log_start(), 0);
}

/* What the calls write to a descriptor meanwhile. */
static int redirect(int fd, int p[2])
{
	int old = dup(fd);

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(dup2(p[1], fd), fd);
	close(p[1]);
	return old;
}

static void restore(int fd, int old, int from, char *dst, size_t cap)
{
	ssize_t n;

	dup2(old, fd);
	close(old);
	n = read(from, dst, cap - 1);
	dst[n > 0 ? n : 0] = '\0';
	close(from);
}

START_TEST(line_before_the_start_goes_to_standard_error)
{
	char said[200];
	int p[2], old = redirect(STDERR_FILENO, p);

	log_line("early %d", 1);
	restore(STDERR_FILENO, old, p[0], said, sizeof said);
	ck_assert_ptr_nonnull(strstr(said, "Z early 1\n"));
}
END_TEST

START_TEST(line_has_stamp_and_phase)
{
	start();
	log_phase("3 libxcrypt rebuild");
	log_line("what %s", "happened");
	held(LOG_MAIN);
	ck_assert_uint_eq(strlen(text), 20 + 1 + strlen("[3 libxcrypt rebuild] what happened\n"));
	ck_assert_str_eq(text + 19, "Z [3 libxcrypt rebuild] what happened\n");
	log_put(LOG_PIVOTS, "bare");
	ck_assert_str_eq(held(LOG_PIVOTS), "bare\n");
}
END_TEST

START_TEST(phase_of_this_process_hides_the_common_one)
{
	start();
	log_phase("7 system state snapshot");
	log_phase_here("5 PAM verification");
	log_line("x");
	held(LOG_MAIN);
	ck_assert_str_eq(text + 19, "Z [5 PAM verification] x\n");
	log_phase_here("");
	ck_assert_str_eq(log_phase_now(), "7 system state snapshot");
}
END_TEST

START_TEST(what_is_put_aside_comes_in_one_piece_and_escaped)
{
	char mem[8] = "";
	struct buf b = BUF_OF(mem);

	start();
	log_aside(&b);
	log_put(LOG_STATE, "a\33");
	log_put(LOG_STATE, "too long");
	log_line("the timeline is everybody's");
	log_aside(NULL);
	ck_assert_str_eq(held(LOG_STATE), "");
	ck_assert_ptr_nonnull(strstr(held(LOG_MAIN), "everybody's"));
	log_put_aside(LOG_STATE, &b);
	ck_assert_str_eq(held(LOG_STATE),
			 "a\\x1b\n[no more: the limit of this section is reached]\n");
}
END_TEST

START_TEST(say_reaches_the_person_too)
{
	char said[200];
	int p[2], old;

	start();
	old = redirect(STDOUT_FILENO, p);
	log_say("look: \033[2J");
	restore(STDOUT_FILENO, old, p[0], said, sizeof said);
	ck_assert_str_eq(said, "look: \\x1b[2J\n");
	ck_assert_ptr_nonnull(strstr(held(LOG_MAIN), "look: \\x1b[2J\n"));
}
END_TEST

START_TEST(one_call_is_one_line)
{
	start();
	log_put(LOG_ERRORS, "a\nb\r\177");
	ck_assert_str_eq(held(LOG_ERRORS), "a\\x0ab\\x0d\\x7f\n");
}
END_TEST

START_TEST(output_is_escaped_and_marked_line_by_line)
{
	start();
	log_output("x", "one\ntw", 6);
	log_output("x", "o\033[0m\nthree", 11);
	log_output("x", NULL, 0);
	ck_assert_str_eq(held(LOG_MAIN), "  | one\n  | two\\x1b[0m\n  | three\n");
}
END_TEST

START_TEST(secret_is_masked_wherever_it_comes)
{
	start();
	log_secret("tr0ub4dor&3");
	log_line("it is tr0ub4dor&3!");
	log_output("x", "split tr0ub", 11);
	log_output("x", "4dor&3\n", 7);
	log_put(LOG_REPORT, "tr0ub4dor&3tr0ub4dor&3");
	ck_assert_ptr_null(strstr(held(LOG_MAIN), "tr0ub"));
	ck_assert_ptr_nonnull(strstr(text, "it is [secret]!\n"));
	ck_assert_ptr_nonnull(strstr(text, "  | split [secret]\n"));
	ck_assert_str_eq(held(LOG_REPORT), "[secret][secret]\n");
	log_secrets_wipe();
	log_put(LOG_STATE, "tr0ub4dor&3");
	ck_assert_str_eq(held(LOG_STATE), "tr0ub4dor&3\n");
}
END_TEST

START_TEST(secret_of_a_worker_is_masked_for_all)
{
	pid_t pid;

	start();
	pid = fork();
	if (pid == 0) {
		log_secret("registered below");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	log_put(LOG_STATE, "registered below");
	ck_assert_str_eq(held(LOG_STATE), "[secret]\n");
}
END_TEST

START_TEST(secret_at_the_cut_of_a_long_line_leaves_no_piece)
{
	static char flood[3000];
	size_t at[] = {1020, 1023, 1024, 2040};

	start();
	log_secret("tr0ub4dor&3");
	memset(flood, 'a', sizeof flood);
	memcpy(flood + at[_i], "tr0ub4dor&3", 11);
	log_output("x", flood, sizeof flood);
	log_output("x", NULL, 0);
	held(LOG_MAIN);
	ck_assert_ptr_null(strstr(text, "tr0"));
	ck_assert_ptr_null(strstr(text, "or&3"));
}
END_TEST

START_TEST(hashes_are_masked_by_their_shape)
{
	start();
	log_put(LOG_STATE, "a:$6$rounds=5000$saltsalt$abcdefghijklmnop./0123:19000");
	log_put(LOG_STATE, "$y$j9T$abcdefgh$ABCDEFGHIJKL");
	log_put(LOG_STATE, "the method $6$ costs $5");
	ck_assert_str_eq(held(LOG_STATE), "a:[hash]:19000\n[hash]\nthe method $6$ costs $5\n");
}
END_TEST

START_TEST(full_stream_says_so_once_and_leaves_the_others_alone)
{
	start();
	for (int i = 0; i < 20000; i++)
		log_put(LOG_PIVOTS, "line %d of a great many", i);
	held(LOG_PIVOTS);
	ck_assert_uint_le(strlen(text), 1 << 18);
	ck_assert_ptr_nonnull(strstr(text, "[no more:"));
	ck_assert_str_eq(strchr(strstr(text, "[no more:"), '\n'), "\n");
	log_put(LOG_ERRORS, "still here");
	ck_assert_str_eq(held(LOG_ERRORS), "still here\n");
}
END_TEST

/* Several writers, each killed in the middle of what it does. */
START_TEST(killed_writers_leave_whole_lines_and_no_lock)
{
	const char *p;

	start();
	for (int i = 0; i < 20; i++) {
		int ready[2];
		char c;
		pid_t pid;

		ck_assert_int_eq(pipe(ready), 0);
		pid = fork();
		if (pid == 0) {
			for (int k = 0; k < 2000; k++) {
				log_put(LOG_DIAGNOSTICS, "writer line");
				if (k == 20 && write(ready[1], "x", 1) != 1)
					_exit(1);
			}
			pause();
		}
		close(ready[1]);
		ck_assert_int_eq(read(ready[0], &c, 1), 1);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		close(ready[0]);
	}
	log_put(LOG_DIAGNOSTICS, "last line!!");
	for (p = held(LOG_DIAGNOSTICS); !strncmp(p, "writer line\n", 12); p += 12)
		;
	ck_assert_str_eq(p, "last line!!\n");
}
END_TEST

START_TEST(writers_at_once_do_not_mix)
{
	unsigned lines = 0;

	start();
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			for (int k = 0; k < 500; k++)
				log_put(LOG_DIAGNOSTICS, "%c%c%c%c%c%c%c%c", 'a' + i, 'a' + i,
					'a' + i, 'a' + i, 'a' + i, 'a' + i, 'a' + i, 'a' + i);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	for (const char *p = held(LOG_DIAGNOSTICS); *p; p += 9, lines++) {
		ck_assert_int_eq(p[8], '\n');
		for (int k = 1; k < 8; k++)
			ck_assert_int_eq(p[k], p[0]);
	}
	ck_assert_uint_eq(lines, 2000);
}
END_TEST

Suite *log_suite(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, line_before_the_start_goes_to_standard_error);
	tcase_add_test(t, line_has_stamp_and_phase);
	tcase_add_test(t, phase_of_this_process_hides_the_common_one);
	tcase_add_test(t, what_is_put_aside_comes_in_one_piece_and_escaped);
	tcase_add_test(t, say_reaches_the_person_too);
	tcase_add_test(t, one_call_is_one_line);
	tcase_add_test(t, output_is_escaped_and_marked_line_by_line);
	tcase_add_test(t, secret_is_masked_wherever_it_comes);
	tcase_add_test(t, secret_of_a_worker_is_masked_for_all);
	tcase_add_loop_test(t, secret_at_the_cut_of_a_long_line_leaves_no_piece, 0, 4);
	tcase_add_test(t, hashes_are_masked_by_their_shape);
	tcase_add_test(t, full_stream_says_so_once_and_leaves_the_others_alone);
	tcase_add_test(t, killed_writers_leave_whole_lines_and_no_lock);
	tcase_add_test(t, writers_at_once_do_not_mix);
	suite_add_tcase(s, t);
	return s;
}
