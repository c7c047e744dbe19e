#include "base/cmdline.h"

#include "base/buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *cmdline_suite(void);

static void add(void *arg, char *word, bool cut)
{
	buf_addf(arg, "<%s%s>", word, cut ? "..." : "");
}

static void expect(const char *line, size_t len, const char *words)
{
	static char text[4096];
	struct buf b = BUF_OF(text);

	text[0] = '\0';
	cmdline_each(line, len, add, &b);
	ck_assert_str_eq(text, words);
}

START_TEST(words_are_parted_by_blanks_but_not_in_quotes)
{
	static const char line[] = "root=\"LABEL=my disk\"  ro\t\"a b\"=c\n";

	expect(line, sizeof line - 1, "<root=LABEL=my disk><ro><a b=c>");
	expect("", 0, "");
	expect("open \"quote to the end", 22, "<open><quote to the end>");
}
END_TEST

START_TEST(giant_word_and_nul_are_survived)
{
	char *line = malloc(100000), expected[600];

	memset(line, 'x', 100000);
	memcpy(line + 99997, " y", 2);
	line[99999] = '\0';
	memset(expected, 'x', sizeof expected);
	expected[0] = '<';
	strcpy(expected + 512, "...><y>");
	expect(line, 100000, expected);
	free(line);
}
END_TEST

START_TEST(the_running_kernel_has_a_line)
{
	char line[CMDLINE_CAP];

	ck_assert_int_gt(cmdline_read(line, sizeof line), 0);
}
END_TEST

Suite *cmdline_suite(void)
{
	Suite *s = suite_create("cmdline");
	TCase *t = tcase_create("cmdline");

	tcase_add_test(t, words_are_parted_by_blanks_but_not_in_quotes);
	tcase_add_test(t, giant_word_and_nul_are_survived);
	tcase_add_test(t, the_running_kernel_has_a_line);
	suite_add_tcase(s, t);
	return s;
}
