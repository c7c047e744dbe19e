#include "target/selinux.h"

#include "base/file.h"
#include "base/inode.h"
#include "base/xattr.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *selinux_suite(void);

static bool matches(const char *pattern, const char *path)
{
	return selinux_matches(pattern, strlen(pattern), path);
}

START_TEST(patterns_match_the_whole_path)
{
	ck_assert(matches("/etc/shadow.*", "/etc/shadow-"));
	ck_assert(matches("/etc/passwd[-\\+]?", "/etc/passwd"));
	ck_assert(matches("/etc/passwd[-\\+]?", "/etc/passwd-"));
	ck_assert(!matches("/etc/passwd[-\\+]?", "/etc/passwdx"));
	ck_assert(matches("/etc(/.*)?", "/etc"));
	ck_assert(matches("/etc(/.*)?", "/etc/a/b"));
	ck_assert(!matches("/etc(/.*)?", "/etcetera"));
	ck_assert(matches("/(usr/)?s?bin/(login|su)", "/usr/sbin/su"));
	ck_assert(matches("/(usr/)?s?bin/(login|su)", "/bin/login"));
	ck_assert(!matches("/(usr/)?s?bin/(login|su)", "/bin/sudo"));
	ck_assert(matches("/a(b|cd)+e", "/abcdbe"));
	ck_assert(!matches("/a(b|cd)+e", "/ae"));
	ck_assert(matches("/a(b|cd)*e", "/ae"));
	ck_assert(matches("/etc/ld\\.so\\.[a-c0]+", "/etc/ld.so.cab0"));
	ck_assert(!matches("/etc/ld\\.so\\.[^a-c]+", "/etc/ld.so.xa"));
	ck_assert(!matches("", ""));
}
END_TEST

START_TEST(patterns_of_endless_choice_end)
{
	ck_assert(!matches("/(.*)*(.*)*(.*)*(.*)*x", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	ck_assert(!matches("(()*)*x", "aaaa"));
}
END_TEST

START_TEST(any_bytes_are_a_pattern)
{
	static const char set[] = "()[]*+?|\\^-./ea";
	char pattern[24];

	srand(1);
	for (int i = 0; i < 200000; i++) {
		size_t len = (size_t)rand() % sizeof pattern;
		char *exact = malloc(len + !len); /* its end is watched */

		for (size_t k = 0; k < len; k++)
			exact[k] = set[(size_t)rand() % sizeof set];
		selinux_matches(exact, len, "/e/a-");
		free(exact);
	}
}
END_TEST

static const char contexts[] = "# comment\n"
			       "/.*\tsystem_u:object_r:default_t:s0\n"
			       "/etc(/.*)?\t\tsystem_u:object_r:etc_t:s0\n"
			       "/etc/passwd[-\\+]?\t--\tsystem_u:object_r:passwd_file_t:s0\n"
			       "/etc/shadow.*\t--\tsystem_u:object_r:shadow_t:s0\n"
			       "/etc/group\t--\tsystem_u:object_r:passwd_file_t:s0\n"
			       "/etc/.*\t-d\tsystem_u:object_r:wrong_t:s0\n"
			       "/etc/gr.*\t--\tsystem_u:object_r:wrong_t:s0\n"
			       "/etc/none\t--\t<<none>>\n"
			       "/etc/bare";

static void is(const char *path, const char *context)
{
	struct selinux_query q = {.path = path};

	selinux_find(contexts, sizeof contexts - 1, &q);
	ck_assert_str_eq(q.context, context);
}

START_TEST(the_last_line_wins_and_a_plain_path_always)
{
	is("/etc/shadow", "system_u:object_r:shadow_t:s0");
	is("/etc/passwd", "system_u:object_r:passwd_file_t:s0");
	is("/etc/group", "system_u:object_r:passwd_file_t:s0");
	is("/etc/login.defs", "system_u:object_r:etc_t:s0");
	is("/usr", "system_u:object_r:default_t:s0");
}
END_TEST

START_TEST(types_alone_are_compared)
{
	ck_assert(selinux_same_type("system_u:object_r:etc_t:s0", "unconfined_u:object_r:etc_t"));
	ck_assert(!selinux_same_type("system_u:object_r:etc_t:s0", "system_u:object_r:etc:s0"));
	ck_assert(!selinux_same_type("", "system_u:object_r:etc_t:s0"));
	ck_assert(!selinux_same_type("", ""));
	ck_assert(!selinux_same_type("a:b", "a:b"));
	ck_assert(!selinux_same_type("<<none>>", "<<none>>"));
}
END_TEST

START_TEST(an_attribute_takes_its_place_among_the_others)
{
	char text[200] = "";

	ck_assert_int_eq(xattr_put(text, sizeof text, "security.selinux", "a"), 0);
	ck_assert_str_eq(text, "security.selinux:6100");
	ck_assert_int_eq(xattr_put(text, sizeof text, "security.a", ""), 0);
	ck_assert_int_eq(xattr_put(text, sizeof text, "user.x", "b"), 0);
	ck_assert_int_eq(xattr_put(text, sizeof text, "security.selinux", "c"), 0);
	ck_assert_str_eq(text, "security.a:00,security.selinux:6300,user.x:6200");
	ck_assert_int_eq(xattr_put(text, 48, "user.y", "b"), -1);
	ck_assert_str_eq(text, "security.a:00,security.selinux:6300,user.x:6200");
}
END_TEST

Suite *selinux_suite(void)
{
	Suite *s = suite_create("selinux");
	TCase *c = tcase_create("selinux");

	tcase_set_timeout(c, 30);
	tcase_add_test(c, patterns_match_the_whole_path);
	tcase_add_test(c, patterns_of_endless_choice_end);
	tcase_add_test(c, any_bytes_are_a_pattern);
	tcase_add_test(c, the_last_line_wins_and_a_plain_path_always);
	tcase_add_test(c, types_alone_are_compared);
	tcase_add_test(c, an_attribute_takes_its_place_among_the_others);
	suite_add_tcase(s, c);
	return s;
}
