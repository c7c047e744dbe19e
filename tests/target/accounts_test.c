#include "target/accounts_text.h"

#include "../base/spliced.h"
#include "../base/tree.h"

#include <errno.h>
#include <sys/stat.h>

Suite *accounts_suite(void);

static const char shadow[] = "# a comment: kept\r\n+::::::::\nargonaut:*:1:0:9:7:::\n"
			     "argo:$6$salt$aaaa:19000:0:99999:7:::\r\nlast:!:1:0:9:7:::";

static char dst[400];

/* shadow with e in it, in dst. */
static int edit(struct account_edit e)
{
	int fd = spliced_fd(shadow, sizeof shadow - 1), rc;
	struct splice s;
	struct lines l;

	lines_start(&l, fd);
	rc = accounts_find_field(&l, &e, &s);
	if (rc == 0)
		spliced(fd, &s, dst, sizeof dst);
	lines_close(&l);
	close(fd);
	return rc;
}

START_TEST(edit_keeps_every_other_byte)
{
	ck_assert_int_eq(edit((struct account_edit){"argo", 1, "NEW"}), 0);
	ck_assert_str_eq(dst, "# a comment: kept\r\n+::::::::\nargonaut:*:1:0:9:7:::\n"
			      "argo:NEW:19000:0:99999:7:::\r\nlast:!:1:0:9:7:::");
}
END_TEST

START_TEST(edit_of_a_last_line_without_newline_adds_none)
{
	ck_assert_int_eq(edit((struct account_edit){"last", 8, "z"}), 0);
	ck_assert_int_eq(dst[strlen(dst) - 1], 'z');
	ck_assert_int_eq(edit((struct account_edit){"last", 9, "z"}), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_int_eq(edit((struct account_edit){"las", 1, "z"}), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(line_never_matches_nis_comments_or_prefixes)
{
	static const char *const no[] = {
	    "", "+", "# a comment", "arg", "argonau", "argo:$6$salt$aaaa", "a\nb"};
	size_t s, e;

	for (unsigned i = 0; i < sizeof no / sizeof *no; i++)
		ck_assert_int_eq(accounts_line(shadow, sizeof shadow - 1, no[i], &s, &e), -1);
}
END_TEST

START_TEST(passwd_refuses_what_is_no_account)
{
	static const char *const no[] = {"",
					 ":",
					 "+::::::",
					 "a:x:1:1::/h",
					 "a:x:1:1::/h:/s:9",
					 "a:x:-1:1::/h:/s",
					 "a:x:99999999999999999999:1::/h:/s",
					 "a:x::1::/h:/s",
					 "#a:x:1:1::/h:/s"};
	struct account a;

	for (unsigned i = 0; i < sizeof no / sizeof *no; i++)
		ck_assert_int_eq(accounts_parse_passwd(no[i], strlen(no[i]), &a), -1);
	ck_assert_int_eq(accounts_parse_passwd("a:x\0y:1:1::/h:/s", 16, &a), -1);
	ck_assert_int_eq(accounts_parse_passwd("a:x:1000:7::/h:/s", 17, &a), 0);
	ck_assert(a.in_shadow && a.uid == 1000 && a.gid == 7);
}
END_TEST

START_TEST(shadow_lock_marks_are_told_from_damage)
{
	static const struct {
		const char *hash;
		bool locked, empty, damaged;
	} cases[] = {{"", false, true, false},	      {"!", true, false, false},
		     {"*LK*", true, false, false},    {"!!", true, false, false},
		     {"x", true, false, false},	      {"NP", true, false, false},
		     {"nonsense", false, false, true}};
	char line[200];
	struct account a;

	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(line, sizeof line, "a:%s:1:0:9:7:::", cases[i].hash);
		accounts_parse_shadow(line, strlen(line), &a);
		ck_assert(a.locked == cases[i].locked && a.empty == cases[i].empty);
		ck_assert(a.damaged == cases[i].damaged);
	}
	accounts_parse_shadow("a:*:1", 5, &a);
	ck_assert(a.damaged);
}
END_TEST

START_TEST(pam_method_is_read_behind_pam_unix_alone)
{
	static const char stack[] =
	    "# password x pam_unix.so md5\nauth required pam_unix.so md5\n"
	    "password requisite pam_other.so sha256\n"
	    "password\t[success=1 default=ignore]\t/lib/security/pam_unix.so obscure yescrypt # "
	    "md5\n";

	ck_assert_int_eq(accounts_pam_method(stack, sizeof stack - 1), HASH_YESCRYPT);
	ck_assert_int_eq(accounts_pam_method(stack, 60), HASH_NONE);
}
END_TEST

START_TEST(def_takes_the_last_and_no_comment)
{
	static const char defs[] = "#UID_MIN 5\nUID_MIN 1000\nUID_MINX 7\n UID_MIN\t2000 \n";
	char v[16];

	ck_assert_int_eq(accounts_def(defs, sizeof defs - 1, "UID_MIN", v, sizeof v), 0);
	ck_assert_str_eq(v, "2000");
	ck_assert_int_eq(accounts_def(defs, sizeof defs - 1, "UID", v, sizeof v), -1);
}
END_TEST

static void put(const char *root, const char *path, const char *text)
{
	tree_put(root, path, text, strlen(text));
}

START_TEST(user_is_the_lowest_uid_among_the_admins)
{
	char root[64], name[64], reason[160];
	int fd = tree_make(root);
	struct target t;

	ck_assert_int_eq(mkdirat(fd, "usr", 0755), 0);
	put(root, "/etc/os-release", "ID=../evil\n");
	put(root, "/etc/passwd",
	    "root:x:0:0::/root:/bin/sh\nd:x:1:1::/:/bin/sh\nb:x:1002:1002::/b:/bin/sh\n"
	    "a:x:1001:1001::/a:/bin/sh\nc:x:1000:1000::/c:/bin/sh\nn:x:1003:10::/n:/sbin/"
	    "nologin\n");
	put(root, "/etc/group", "wheel:x:10:b,a\n");
	ck_assert_int_eq(target_open(&t, root), 0);
	ck_assert_str_eq(t.os_id, "linux");
	ck_assert_int_eq(accounts_choose(&t, "", name, reason), 0);
	ck_assert_str_eq(name, "a");
	ck_assert_int_eq(accounts_choose(&t, "c", name, reason), 0);
	ck_assert_str_eq(name, "c");
	ck_assert_int_eq(accounts_choose(&t, "nobody", name, reason), -1);
	target_close(&t);
	tree_remove(fd, root);
}
END_TEST

START_TEST(each_account_gets_its_own_line_of_shadow_in_one_pass)
{
	char root[64];
	int fd = tree_make(root);
	struct account list[3];
	struct target t;
	unsigned all;

	put(root, "/usr/lib/os-release", "ID=debian\n");
	put(root, "/etc/passwd",
	    "+::::::\na:x:1:1::/a:/bin/sh\nb:$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/:2:2::/b:/bin/"
	    "sh\nc:x:3:3::/c:/bin/sh\n"
	    "d:x:4:4::/d:/bin/sh\n");
	put(root, "/etc/shadow",
	    "d:*:4:::::::\nc:!:3:0:9:7:::\nc:$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/"
	    ":9:0:9:7:::\na:*:1:0:9:7:::\n");
	ck_assert_int_eq(target_open(&t, root), 0);
	ck_assert_int_eq(accounts_first(&t, list, 3, &all), 3);
	ck_assert_uint_eq(all, 4);
	ck_assert(list[0].lastchg == 1 && list[0].shadow_line == 4 && list[0].passwd_line == 2);
	ck_assert(list[1].method == HASH_MD5 && !list[1].in_shadow && !list[1].shadow_line);
	ck_assert(list[2].lastchg == 3 && list[2].locked && list[2].shadow_line == 2);
	ck_assert_uint_eq(accounts_methods(&t), 1u << HASH_MD5);
	target_close(&t);
	tree_remove(fd, root);
}
END_TEST

/* More than any buffer holds, and each line is read. */
START_TEST(a_hundred_thousand_accounts_are_read_like_one)
{
	enum { USERS = 100000 };
	static char passwd[USERS * 48], shadow_text[USERS * 40];
	struct buf p = BUF_OF(passwd), s = BUF_OF(shadow_text);
	char root[64];
	int fd = tree_make(root);
	struct account a;
	const char *bad;
	struct target t;

	for (unsigned i = 0; i < USERS; i++) {
		buf_addf(&p, "u%u:x:%u:100::/home/u%u:/bin/sh\n", i, 1000 + i, i);
		buf_addf(&s, "u%u:!:%u:0:99999:7:::\n", USERS - 1 - i, USERS - 1 - i);
	}
	ck_assert(!p.cut && !s.cut);
	put(root, "/usr/lib/os-release", "ID=debian\n");
	tree_put(root, "/etc/passwd", passwd, p.len);
	tree_put(root, "/etc/shadow", shadow_text, s.len);
	ck_assert_int_eq(target_open(&t, root), 0);
	ck_assert_int_eq(accounts_get(&t, "u99999", &a, &bad), 0);
	ck_assert(a.uid == 100999 && a.passwd_line == USERS && a.shadow_line == 1 &&
		  a.lastchg == 99999);
	ck_assert_int_eq(accounts_get(&t, "u100000", &a, &bad), -1);
	target_close(&t);
	tree_remove(fd, root);
}
END_TEST

Suite *accounts_suite(void)
{
	Suite *s = suite_create("accounts");
	TCase *c = tcase_create("accounts");

	tcase_add_test(c, edit_keeps_every_other_byte);
	tcase_add_test(c, edit_of_a_last_line_without_newline_adds_none);
	tcase_add_test(c, line_never_matches_nis_comments_or_prefixes);
	tcase_add_test(c, passwd_refuses_what_is_no_account);
	tcase_add_test(c, shadow_lock_marks_are_told_from_damage);
	tcase_add_test(c, pam_method_is_read_behind_pam_unix_alone);
	tcase_add_test(c, def_takes_the_last_and_no_comment);
	tcase_add_test(c, each_account_gets_its_own_line_of_shadow_in_one_pass);
	tcase_add_test(c, a_hundred_thousand_accounts_are_read_like_one);
	tcase_add_test(c, user_is_the_lowest_uid_among_the_admins);
	suite_add_tcase(s, c);
	return s;
}
