#include "base/console.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *console_suite(void);

static char heard[4000];

/* What a line, a live line and a steady line are on a terminal that the environment calls so. */
static const char *on_terminal(const char *term, const char *no_color)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), old = dup(STDOUT_FILENO), slave;
	ssize_t n;

	ck_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(slave, 0);
	term ? setenv("TERM", term, 1) : unsetenv("TERM");
	no_color ? setenv("NO_COLOR", no_color, 1) : unsetenv("NO_COLOR");
	dup2(slave, STDOUT_FILENO);
	heard[0] = '\0';
	console_to(CONSOLE_OUTPUT);
	console_live("live");
	console_say_steady(&(struct said){TONE_PLAIN, "", "steady", 6});
	console_say(&(struct said){TONE_BAD, "", "line", 4});
	dup2(old, STDOUT_FILENO);
	/* it comes in pieces; the last of it is the end of the last line */
	for (size_t len = 0; !len || heard[len - 1] != '\n' || !strstr(heard, "line");
	     len += (size_t)n) {
		n = read(master, heard + len, sizeof heard - 1 - len);
		ck_assert_int_gt(n, 0);
		heard[len + (size_t)n] = '\0';
	}
	close(master);
	close(slave);
	close(old);
	return heard;
}

START_TEST(screen_has_colours_and_a_line_that_is_written_over)
{
	ck_assert_str_eq(on_terminal("xterm", NULL),
			 "\r\033[Jlive\r\033[J\033[1;31mline\033[m\r\n");
	ck_assert_str_eq(on_terminal("linux", ""), "\r\033[Jlive\r\033[J\033[1;31mline\033[m\r\n");
}
END_TEST

START_TEST(no_color_takes_the_colours_and_nothing_else)
{
	ck_assert_str_eq(on_terminal("xterm", "1"), "\r\033[Jlive\r\033[Jline\r\n");
}
END_TEST

START_TEST(dumb_terminal_gets_lines_that_stay)
{
	ck_assert_str_eq(on_terminal("dumb", NULL), "steady\r\nline\r\n");
	ck_assert_str_eq(on_terminal(NULL, NULL), "steady\r\nline\r\n");
}
END_TEST

START_TEST(file_gets_whole_lines)
{
	char text[300];
	int p[2], old = dup(STDERR_FILENO);
	ssize_t n;

	memset(text, 'x', sizeof text);
	for (size_t i = 20; i < sizeof text; i += 20)
		text[i] = ' ';
	ck_assert_int_eq(pipe(p), 0);
	dup2(p[1], STDERR_FILENO);
	setenv("TERM", "xterm", 1);
	console_to(CONSOLE_ERROR);
	console_live("live");
	console_say(&(struct said){TONE_GOOD, "", text, sizeof text});
	dup2(old, STDERR_FILENO);
	n = read(p[0], heard, sizeof heard);
	ck_assert_int_eq(n, sizeof text + 1);
	ck_assert_int_eq(memcmp(heard, text, sizeof text), 0);
	ck_assert_int_eq(heard[sizeof text], '\n');
}
END_TEST

Suite *console_suite(void)
{
	Suite *s = suite_create("console");
	TCase *c = tcase_create("console");

	tcase_add_test(c, screen_has_colours_and_a_line_that_is_written_over);
	tcase_add_test(c, no_color_takes_the_colours_and_nothing_else);
	tcase_add_test(c, dumb_terminal_gets_lines_that_stay);
	tcase_add_test(c, file_gets_whole_lines);
	suite_add_tcase(s, c);
	return s;
}
