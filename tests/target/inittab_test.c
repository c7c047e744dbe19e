#include "target/inittab.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *inittab_suite(void);

static const char debian[] = "# comment\nid:2:initdefault:\nl2:2:wait:/etc/init.d/rc 2\n"
			     "1:2345:respawn:/sbin/getty --noclear 38400 tty1\n"
			     "#T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100\n";

static bool runs(const char *text, const char *tty)
{
	return inittab_getty(text, strlen(text), tty);
}

/* What inittab_add makes of text, which had no getty there. */
static char *added(const char *text, const char *tty, bool busybox)
{
	static char out[1024];
	struct inittab_new n = {tty, "/sbin/agetty", busybox};
	struct buf b = BUF_OF(out);

	ck_assert(!runs(text, tty));
	ck_assert_int_eq(inittab_add(text, strlen(text), &n, &b), 0);
	ck_assert(runs(out, tty));
	return out;
}

START_TEST(inittab_knows_its_runlevel_and_gettys)
{
	ck_assert_int_eq(inittab_level(debian, strlen(debian)), '2');
	ck_assert(runs(debian, ""));
	ck_assert(runs(debian, "tty1"));
	ck_assert(!runs(debian, "tty2"));
	ck_assert(!runs(debian, "ttyS0"));
	ck_assert(!runs("id:3:initdefault:\n1:2:respawn:/sbin/getty 38400 tty1\n", ""));
	ck_assert(!runs("1:2345:off:/sbin/getty 38400 tty1\n", ""));
	ck_assert(!runs("1:2345:respawn:/usr/bin/daemon tty1\n", ""));
	ck_assert(runs("c1:12345:respawn:/sbin/agetty 38400 tty1 linux", ""));
	ck_assert(runs("tty1::respawn:/sbin/getty 38400 tty1\n", "tty1"));
	ck_assert(runs("tty1::askfirst:/bin/login\n", ""));
}
END_TEST

START_TEST(inittab_takes_a_commented_line_back)
{
	const char *text =
	    "# 1 2\nid:3:initdefault:\n#c1:345:respawn:/sbin/agetty 38400 tty1 linux\r\n"
	    "# end";

	ck_assert_str_eq(
	    added(text, "tty1", false),
	    "# 1 2\nid:3:initdefault:\nc1:345:respawn:/sbin/agetty 38400 tty1 linux\r\n"
	    "# end");
}
END_TEST

START_TEST(inittab_gets_a_line_of_a_new_id)
{
	ck_assert_str_eq(added("R0:2:wait:/bin/true", "tty1", false),
			 "R0:2:wait:/bin/true\nR1:2345:respawn:/sbin/agetty 38400 tty1 linux\n");
	ck_assert_str_eq(added("id:1:initdefault:\n", "ttyS0", false),
			 "id:1:initdefault:\n"
			 "R0:23451:respawn:/sbin/agetty -L 115200 ttyS0 vt100\n");
	ck_assert_str_eq(added("::sysinit:/sbin/openrc sysinit\n", "tty1", true),
			 "::sysinit:/sbin/openrc sysinit\n"
			 "tty1::respawn:/sbin/agetty 38400 tty1\n");
}
END_TEST

/* Every prefix, and every byte turned into a colon, a newline and a NUL. */
START_TEST(inittab_damaged_is_read_to_its_end)
{
	size_t len = strlen(debian);
	char *text = malloc(len), out[1024];
	struct inittab_new n = {"tty3", "/sbin/agetty", false};

	for (size_t i = 0; i < len; i++)
		for (int how = 0; how < 4; how++) {
			struct buf b = BUF_OF(out);
			char *cut = malloc(i + 1);

			memcpy(text, debian, len);
			text[i] = ":\n#"[how];
			inittab_getty(text, len, "tty1");
			ck_assert_int_eq(inittab_add(text, len, &n, &b), 0);
			ck_assert_uint_ge(b.len, len);
			memcpy(cut, debian, i);
			inittab_level(cut, i);
			inittab_getty(cut, i, "");
			free(cut);
		}
	free(text);
}
END_TEST

Suite *inittab_suite(void)
{
	Suite *s = suite_create("inittab");
	TCase *c = tcase_create("all");

	tcase_add_test(c, inittab_knows_its_runlevel_and_gettys);
	tcase_add_test(c, inittab_takes_a_commented_line_back);
	tcase_add_test(c, inittab_gets_a_line_of_a_new_id);
	tcase_add_test(c, inittab_damaged_is_read_to_its_end);
	suite_add_tcase(s, c);
	return s;
}
