#include "base/json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *json_suite(void);

static struct json checked(const char *text)
{
	struct json v;

	ck_assert_msg(json_check(text, strlen(text), &v) == 0, "refused: %s", text);
	return v;
}

static void refused(const char *text, unsigned line, const char *what)
{
	struct json v;
	struct json_fault f;

	ck_assert_msg(json_check(text, strlen(text), &v) == -1, "accepted: %s", text);
	f = json_fault(text, strlen(text));
	ck_assert_str_eq(f.what, what);
	ck_assert_uint_eq(f.line, line);
}

START_TEST(values_are_found_by_name_and_in_order)
{
	struct json
	    o = checked(
		" {\"a\": [1, \"two\", {\"three\": 3}], \"b\": true,\n\"c\": {}, \"\": null} "),
	    v, w;
	size_t at = 0;
	char text[20];
	long n;

	ck_assert(json_member(o, "a", &v));
	ck_assert(json_element(v, &at, &w) && json_number(w, &n));
	ck_assert_int_eq(n, 1);
	ck_assert(json_element(v, &at, &w) && json_text(w, text, sizeof text));
	ck_assert_str_eq(text, "two");
	ck_assert(json_element(v, &at, &w) && json_member(w, "three", &w) && json_number(w, &n));
	ck_assert_int_eq(n, 3);
	ck_assert(!json_element(v, &at, &w));
	ck_assert(json_member(o, "b", &v) && json_true(v) && !json_true(o));
	ck_assert(json_member(o, "c", &v) && !json_member(v, "a", &w));
	at = 0;
	ck_assert(!json_member(o, "three", &v) && !json_element(o, &at, &v));
}
END_TEST

START_TEST(last_of_two_members_counts)
{
	struct json v;
	long n;

	ck_assert(json_member(checked("{\"a\":1,\"a\":2}"), "a", &v) && json_number(v, &n));
	ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(strings_are_decoded)
{
	char text[40];

	ck_assert(json_text(checked("\"\\u0041\\n\\\\\\\"\\/\\t\\u00e9\\u20ac\\ud83d\\ude00\""),
			    text, sizeof text));
	ck_assert_str_eq(text, "A\n\\\"/\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	ck_assert(json_text(checked("\"x\\u0000y\\ud800z\""), text, sizeof text));
	ck_assert_str_eq(text, "x\xef\xbf\xbdy\xef\xbf\xbdz");
	ck_assert(json_text(checked("\"ab\\u20accd\""), text, 5));
	ck_assert_str_eq(text, "ab");
	ck_assert(!json_text(checked("12"), text, sizeof text));
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(number_is_a_whole_one_that_fits)
{
	long n;

	ck_assert(json_number(checked("0"), &n) && n == 0);
	ck_assert(json_number(checked("25800"), &n) && n == 25800);
	ck_assert(!json_number(checked("-1"), &n) && n == 0);
	ck_assert(!json_number(checked("1.5"), &n) && !json_number(checked("1e5"), &n));
	ck_assert(!json_number(checked("99999999999999999999999999"), &n));
	ck_assert(!json_number(checked("\"1\""), &n) && !json_number(checked("null"), &n));
}
END_TEST

START_TEST(malformed_text_is_refused_with_its_line)
{
	refused("", 1, "it ends before its time");
	refused("{\"a\": 1,\n \"b\": }", 2, "no number");
	refused("{\"a\" 1}", 1, "no colon behind a name");
	refused("[1 2]", 1, "no comma, and no end of a list");
	refused("[1,\n\n]", 3, "no number");
	refused("{\"a\": 1,}", 1, "no string");
	refused("[01]", 1, "no comma, and no end of a list");
	refused("tru", 1, "no value");
	refused("\"\\x\"", 1, "no such escape in a string");
	refused("\"\\u12g4\"", 1, "no four digits behind \\u");
	refused("\"a\nb\"", 1, "a control character in a string");
	refused("\"a\\", 1, "no such escape in a string");
	refused("\"\xff\"", 1, "not UTF-8");
	refused("\"open", 1, "a string without an end");
	refused("{} {}", 1, "something behind the end");
	refused("1.", 1, "no number");
}
END_TEST

START_TEST(depth_is_bounded)
{
	char text[20002];

	memset(text, '[', 16);
	memset(text + 16, ']', 16);
	text[32] = '\0';
	checked(text);
	memset(text, '[', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	refused(text, 1, "too many values within each other");
}
END_TEST

/* A text that ends anywhere is one no more, and nothing beyond its end is looked at (the sanitizer
 * would see it). */
START_TEST(text_cut_anywhere_is_refused)
{
	static const char whole[] = "{\"a\": [1.5e3, \"\\u00e9\", true], \"b\": {\"c\": null}}";

	for (size_t len = 0; len < sizeof whole - 1; len++) {
		char *text = strndup(whole, len),
		     *copy = len ? memcpy(malloc(len), text, len) : NULL;
		struct json v;

		ck_assert_int_eq(json_check(copy ? copy : "", len, &v), -1);
		free(text);
		free(copy);
	}
	checked(whole);
}
END_TEST

Suite *json_suite(void)
{
	Suite *s = suite_create("json");
	TCase *c = tcase_create("json");

	tcase_add_test(c, values_are_found_by_name_and_in_order);
	tcase_add_test(c, last_of_two_members_counts);
	tcase_add_test(c, strings_are_decoded);
	tcase_add_test(c, number_is_a_whole_one_that_fits);
	tcase_add_test(c, malformed_text_is_refused_with_its_line);
	tcase_add_test(c, depth_is_bounded);
	tcase_add_test(c, text_cut_anywhere_is_refused);
	suite_add_tcase(s, c);
	return s;
}
