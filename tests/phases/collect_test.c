#include "phases/collect.h"

#include "base/clock.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

Suite *collect_suite(void);

static const char text[] = "== one\na\nb\n== two\n== three\nc";

START_TEST(section_ends_at_the_next_title)
{
	const char *start;
	size_t n;

	ck_assert(collect_section(text, sizeof text - 1, "one", &start, &n));
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(memcmp(start, "a\nb\n", 4), 0);
	ck_assert(collect_section(text, sizeof text - 1, "two", &start, &n));
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(last_section_ends_with_the_text)
{
	const char *start;
	size_t n;

	ck_assert(collect_section(text, sizeof text - 1, "three", &start, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(*start, 'c');
}
END_TEST

START_TEST(part_of_a_title_is_no_title)
{
	const char *start;
	size_t n;

	ck_assert(!collect_section(text, sizeof text - 1, "thr", &start, &n));
	ck_assert(!collect_section(text, sizeof text - 1, "four", &start, &n));
}
END_TEST

/* --- side by side */

static int there[2], back[2];

static int go_there(struct collect *c)
{
	char byte = 'x';

	log_put(c->to, "on its way");
	return write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1 ? 0 : 1;
}

static int come_back(struct collect *c)
{
	char byte;

	log_put(c->to, "met");
	return read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1 ? 0 : 1;
}

static int hang(struct collect *c)
{
	log_put(c->to, "so far");
	for (;;)
		pause();
	return 0;
}

static int crash(struct collect *c)
{
	log_put(c->to, "nearly");
	return raise(SIGSEGV);
}

static int without_target(struct collect *c)
{
	log_put(c->to, "never");
	return 0;
}

static const struct collector odd[] = {
    {"hangs", hang, 1, false, false},
    {"crashes", crash, 20, false, false},
    {"goes", go_there, 20, false, false},
    {"comes", come_back, 20, false, false},
    {"target", without_target, 20, false, true},
    {0},
};

static bool begins(enum log_stream s, const char *title, const char *wanted)
{
	const char *data, *start;
	size_t len, n;

	log_view(s, &data, &len);
	return collect_section(data, len, title, &start, &n) && n >= strlen(wanted) &&
	       !memcmp(start, wanted, strlen(wanted));
}

/* Two of them meet, which one after the other could not. */
START_TEST(one_that_hangs_or_crashes_takes_nothing_with_it)
{
	struct target t = {.fd = -1};
	struct context c = {.t = &t, .report = report_start(), .deadline = deadline_in(60)};

	ck_assert_int_eq(log_start(), 0);
	ck_assert_int_eq(pipe(there), 0);
	ck_assert_int_eq(pipe(back), 0);
	ck_assert_uint_eq(collect_these(&c, LOG_STATE, odd), 2);
	ck_assert(begins(LOG_STATE, "goes", "on its way\n"));
	ck_assert(begins(LOG_STATE, "comes", "met\n"));
	ck_assert(begins(LOG_STATE, "hangs", "so far\n(not complete: no end within "));
	ck_assert(begins(LOG_STATE, "crashes", "nearly\n(not complete: killed by signal 11)\n"));
	ck_assert(!begins(LOG_STATE, "target", "never\n"));
	ck_assert_uint_eq(c.report->nfailures, 2);
}
END_TEST

Suite *collect_suite(void)
{
	Suite *s = suite_create("collect");
	TCase *t = tcase_create("collect");

	tcase_add_test(t, section_ends_at_the_next_title);
	tcase_add_test(t, last_section_ends_with_the_text);
	tcase_add_test(t, part_of_a_title_is_no_title);
	tcase_add_test(t, one_that_hangs_or_crashes_takes_nothing_with_it);
	suite_add_tcase(s, t);
	return s;
}
