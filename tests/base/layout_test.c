#include "base/layout.h"

#include <check.h>
#include <locale.h>
#include <string.h>

Suite *layout_suite(void);

static const struct layout terminal = {.columns = 79, .eol = "\r\n"};
static const struct layout file = {.eol = "\n"};
static char mem[40000];

static const char *laid(const struct layout *l, const char *lead, const char *text)
{
	struct buf b = BUF_OF(mem);

	mem[0] = '\0';
	layout_text(&b, l, &(struct said){TONE_PLAIN, lead, text, strlen(text)});
	ck_assert(!b.cut);
	return mem;
}

/* The longest line's bytes: of ASCII, its columns. */
static size_t longest(const char *text)
{
	const char *p = text, *end = text + strlen(text), *line;
	size_t most = 0, len;

	while (line_next(&p, end, &line, &len)) {
		while (len && line[len - 1] == '\r')
			len--;
		most = len > most ? len : most;
	}
	return most;
}

START_TEST(line_is_broken_between_words_and_goes_on_below_its_text)
{
	static const char words[] =
	    "one two three four five six seven eight nine ten eleven twelve "
	    "thirteen fourteen fifteen";

	ck_assert_str_eq(laid(&terminal, "[3/8] ", words),
			 "[3/8] one two three four five six seven eight nine ten eleven twelve "
			 "thirteen\r\n      fourteen fifteen\r\n");
	ck_assert_str_eq(laid(&terminal, "", "short"), "short\r\n");
	ck_assert_str_eq(laid(&terminal, "", ""), "\r\n");
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
	char text[500];

	for (size_t gap = 1; gap < 200; gap++) {
		memset(text, 'x', sizeof text - 1);
		text[sizeof text - 1] = '\0';
		for (size_t i = gap; i < sizeof text - 1; i += gap)
			text[i] = ' ';
		ck_assert_uint_le(longest(laid(&terminal, "", text)), 79);
		ck_assert_uint_le(longest(laid(&terminal, "  a longer lead: ", text)), 79);
	}
}
END_TEST

START_TEST(word_longer_than_a_line_is_cut_and_whole)
{
	char path[200] = "", joined[400] = "";
	const char *p, *end, *line;
	size_t len;

	memset(path, 'p', sizeof path - 1);
	laid(&terminal, "", path);
	ck_assert_uint_le(longest(mem), 79);
	p = mem;
	end = mem + strlen(mem);
	while (line_next(&p, end, &line, &len)) {
		while (len && *line == ' ') {
			line++;
			len--;
		}
		strncat(joined, line, len - 1);
	}
	ck_assert_str_eq(joined, path);
}
END_TEST

START_TEST(escape_is_never_raw_and_has_the_width_it_shows)
{
	char text[100];

	memset(text, '\033', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	laid(&terminal, "", text);
	ck_assert_ptr_null(strchr(mem, '\033'));
	ck_assert_uint_le(longest(mem), 79);
	ck_assert_ptr_nonnull(strstr(laid(&terminal, "", "\233[2J"), "\\x9b[2J"));
}
END_TEST

/* 30 characters of two columns: 60 of 79, and the next word does not fit. */
START_TEST(wide_characters_take_two_columns)
{
	char text[200] = "";

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8")); /* glibc's wcwidth(3) wants it */
	for (int i = 0; i < 30; i++)
		strcat(text, "\xe5\xad\x97");
	strcat(text, " abcdefghijklmnopqrst");
	ck_assert_ptr_nonnull(strstr(laid(&terminal, "", text), "\r\n  abc"));
	ck_assert_str_eq(laid(&terminal, "", "e\xcc\x81"), "e\xcc\x81\r\n");
}
END_TEST

START_TEST(line_of_a_file_has_no_end_and_no_colour)
{
	char text[500];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (size_t i = 40; i < sizeof text - 1; i += 40)
		text[i] = ' ';
	ck_assert_uint_eq(longest(laid(&file, "", text)), sizeof text - 1);
}
END_TEST

START_TEST(colour_ends_with_each_line)
{
	struct layout l = {.columns = 20, .colour = true, .eol = "\n"};
	struct buf b = BUF_OF(mem);

	layout_text(&b, &l, &(struct said){TONE_BAD, "", "it does not fit in one line", 27});
	ck_assert_str_eq(mem, "\033[1;31mit does not fit in\033[m\n\033[1;31m  one line\033[m\n");
}
END_TEST

START_TEST(box_has_straight_sides)
{
	const char *p = mem, *end, *line;
	struct buf b = BUF_OF(mem);
	char text[400] = "YOU CAN LOG IN.\n\nescaped: \033\n";
	unsigned lines = 0;
	size_t len;

	memset(text + strlen(text), 'y', 200);
	layout_box(&b, &file, TONE_GOOD, text);
	end = mem + b.len;
	while (line_next(&p, end, &line, &len)) {
		ck_assert_uint_eq(len, 79);
		ck_assert(line[0] == line[78] && (line[0] == '|' || line[0] == '+'));
		lines++;
	}
	ck_assert_uint_eq(lines, 8);
	ck_assert_ptr_null(strchr(mem, '\033'));
}
END_TEST

START_TEST(live_line_is_one_line)
{
	struct buf b = BUF_OF(mem);
	char text[300];

	memset(text, 'z', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	text[10] = '\n';
	layout_live(&b, &terminal, text);
	ck_assert_uint_eq(b.len, 79);
	ck_assert_ptr_null(strpbrk(mem, "\r\n"));
}
END_TEST

Suite *layout_suite(void)
{
	Suite *s = suite_create("layout");
	TCase *c = tcase_create("layout");

	tcase_add_test(c, line_is_broken_between_words_and_goes_on_below_its_text);
	tcase_add_test(c, no_line_is_wider_than_the_terminal);
	tcase_add_test(c, word_longer_than_a_line_is_cut_and_whole);
	tcase_add_test(c, escape_is_never_raw_and_has_the_width_it_shows);
	tcase_add_test(c, wide_characters_take_two_columns);
	tcase_add_test(c, line_of_a_file_has_no_end_and_no_colour);
	tcase_add_test(c, colour_ends_with_each_line);
	tcase_add_test(c, box_has_straight_sides);
	tcase_add_test(c, live_line_is_one_line);
	suite_add_tcase(s, c);
	return s;
}
