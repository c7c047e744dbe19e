#include "../base/tree.h"
#include "found.h"

#include <stdint.h>
#include <time.h>

Suite *account_suite(void);

static char root[64];
static int fd;
static struct target t;
static struct report rep;
static struct journal journal;
static struct check_context c;

static void put(const char *path, const void *data, size_t len, mode_t mode)
{
	char full[400];

	tree_put(root, path, data, len);
	snprintf(full, sizeof full, "%s%s", root, path);
	ck_assert_int_eq(chmod(full, mode), 0);
}

static void puts_to(const char *path, const char *text)
{
	put(path, text, strlen(text), 0644);
}

#define SHADOW                                                                                     \
	"root:*:20000:0:99999:7:::\nargo:%s$5$salt$"                                               \
	"5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8:%s\n"

static void put_shadow(const char *mark, const char *fields)
{
	char text[300];

	snprintf(text, sizeof text, SHADOW, mark, fields);
	puts_to("/etc/shadow", text);
}

static void setup(void)
{
	fd = tree_make(root);
	puts_to("/usr/lib/os-release", "ID=test\n");
	puts_to("/etc/passwd", "root:x:0:0::/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n");
	put("/bin/sh", "#!/bin/sh\n", 10, 0755);
	put("/bin/other", "#!/bin/sh\n", 10, 0755);
	put_shadow("", "20000:0:99999:7:::");
	mkdirat(fd, "home", 0755);
	mkdirat(fd, "home/argo", 0755);
	ck_assert_int_eq(fchownat(fd, "home/argo", 1000, 1000, 0), 0);
	for (const char *const *m = (const char *const[]){"nologin", "faillock", "tally2",
							  "securetty", "shells", NULL};
	     *m; m++) {
		char path[64];

		snprintf(path, sizeof path, "/lib/security/pam_%s.so", *m);
		puts_to(path, "");
	}
	ck_assert_int_eq(target_open(&t, root), 0);
	memset(&rep, 0, sizeof rep);
	rep.scratch = true;
	ck_assert_int_eq(journal_open(&journal, fd, "20260101-000000", 0), 0);
	c = (struct check_context){
	    .t = &t, .report = &rep, .journal = &journal, .user = "argo", .named = true};
}

static void teardown(void)
{
	journal_close(&journal);
	target_close(&t);
	tree_remove(fd, root);
}

static void is_file(const char *path, const char *want)
{
	size_t len;
	char *data = path_slurp(fd, path, 4096, &len);

	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_mem_eq(data, want, len);
	path_release(data, len);
}

START_TEST(a_lock_is_taken_off_the_named_user_alone)
{
	ck_assert_int_eq(found_severity(&c, detect_locked, "account-locked"), -1);
	ck_assert_int_eq(found_severity(&c, detect_locked, "root-locked"), SEVERITY_NOTE);
	put_shadow("!!", "20000:0:99999:7:::");
	ck_assert_int_eq(found_severity(&c, detect_locked, "account-locked"), SEVERITY_ERROR);
	c.named = false;
	ck_assert_int_eq(repair_locked(&c), -1);
	c.named = true;
	ck_assert_int_eq(repair_locked(&c), 0);
	ck_assert_int_eq(found_severity(&c, detect_locked, "account-locked"), -1);
	/* no hash behind it: nothing to take off */
	c.user = "root";
	ck_assert_int_eq(found_severity(&c, detect_locked, "root-locked"), SEVERITY_ERROR);
	ck_assert_int_eq(repair_locked(&c), -1);
	c.named = false;
	ck_assert_int_eq(found_severity(&c, detect_locked, "root-locked"), SEVERITY_NOTE);
}
END_TEST

START_TEST(each_limit_is_judged_and_lifted)
{
	long today = (long)(time(NULL) / 86400);
	struct {
		long lastchg, max, inactive, expire;
		int severity;
	} cases[] = {{today - 10, 90, 5, -1, -1},
		     {today - 100, 90, 30, -1, SEVERITY_WARNING},
		     {today - 100, 90, 5, -1, SEVERITY_ERROR},
		     {today - 100, 99999, -1, today, SEVERITY_ERROR},
		     {today - 100, 90, 5, today - 1, SEVERITY_ERROR},
		     {today - 1, 99999, -1, today + 1, -1},
		     {0, 99999, -1, -1, SEVERITY_WARNING},
		     {today + 400, 90, 5, -1, SEVERITY_NOTE}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char fields[100], inactive[12] = "", expire[24] = "";

		if (cases[i].inactive >= 0)
			snprintf(inactive, sizeof inactive, "%ld", cases[i].inactive);
		if (cases[i].expire >= 0)
			snprintf(expire, sizeof expire, "%ld", cases[i].expire);
		snprintf(fields, sizeof fields, "%ld:0:%ld:7:%s:%s:", cases[i].lastchg,
			 cases[i].max, inactive, expire);
		put_shadow("", fields);
		ck_assert_int_eq(found_severity(&c, detect_expired, "account-expired"),
				 cases[i].severity);
		if (cases[i].severity <= SEVERITY_NOTE)
			continue;
		c.named = false;
		ck_assert_int_eq(repair_expired(&c), -1);
		c.named = true;
		ck_assert_int_eq(repair_expired(&c), 0);
		ck_assert_int_eq(found_severity(&c, detect_expired, "account-expired"), -1);
	}
}
END_TEST

START_TEST(a_clock_that_is_wrong_judges_no_limit)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) + 90000}, {.tv_sec = time(NULL) + 90000}};

	put_shadow("", "20000:0:90:7:5:20100:");
	ck_assert_int_eq(found_severity(&c, detect_expired, "account-expired"), SEVERITY_ERROR);
	ck_assert_int_eq(utimensat(fd, "etc/passwd", times, 0), 0);
	ck_assert_int_eq(found_severity(&c, detect_expired, "account-expired"), SEVERITY_NOTE);
	ck_assert_ptr_nonnull(strstr(rep.findings[0].evidence, "clock"));
}
END_TEST

START_TEST(a_missing_shell_is_replaced_by_one_that_starts)
{
	ck_assert_int_eq(found_severity(&c, detect_shell, "shell-missing"), -1);
	puts_to("/etc/passwd",
		"root:x:0:0::/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/zsh\n");
	puts_to("/etc/shells", "/bin/none\n/bin/other # kept\n");
	ck_assert_int_eq(found_severity(&c, detect_shell, "shell-missing"), SEVERITY_ERROR);
	ck_assert_int_eq(repair_shell(&c), 0);
	is_file("/etc/passwd",
		"root:x:0:0::/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/other\n");
	/* not listed counts where pam_shells asks */
	puts_to("/etc/shells", "/bin/sh\n");
	ck_assert_int_eq(found_severity(&c, detect_shell, "shell-missing"), -1);
	puts_to("/etc/pam.d/login", "auth required pam_shells.so\n");
	ck_assert_int_eq(found_severity(&c, detect_shell, "shell-missing"), SEVERITY_ERROR);
	/* it runs, so it may be a restriction: for who is named alone */
	c.named = false;
	ck_assert_int_eq(repair_shell(&c), -1);
	c.named = true;
	ck_assert_int_eq(repair_shell(&c), 0);
}
END_TEST

START_TEST(a_folder_of_the_systems_is_nobodys_home)
{
	struct stat st;

	puts_to("/etc/passwd", "argo:x:1000:1000::/var/www:/bin/sh\n");
	mkdirat(fd, "var/www", 0755);
	ck_assert_int_ge(found_severity(&c, detect_home, "home-missing"), SEVERITY_WARNING);
	ck_assert_int_eq(repair_home(&c), -1);
	puts_to("/etc/passwd", "argo:x:1000:1000::/home/argo:/bin/sh\n");
	ck_assert_int_eq(unlinkat(fd, "home/argo", AT_REMOVEDIR), 0);
	ck_assert_int_eq(symlinkat("../var/www", fd, "home/argo"), 0);
	ck_assert_int_eq(repair_home(&c), -1);
	ck_assert_int_eq(fstatat(fd, "var/www", &st, 0), 0);
	ck_assert_uint_eq(st.st_uid, 0);
	/* the user's own place is theirs again */
	ck_assert_int_eq(unlinkat(fd, "home/argo", 0), 0);
	mkdirat(fd, "home/argo", 0755);
	ck_assert_int_eq(repair_home(&c), 0);
	ck_assert_int_eq(fstatat(fd, "home/argo", &st, 0), 0);
	ck_assert_uint_eq(st.st_uid, 1000);
}
END_TEST

START_TEST(another_persons_home_stays_theirs)
{
	struct stat st;

	ck_assert_int_eq(found_severity(&c, detect_home, "home-missing"), -1);
	puts_to("/etc/passwd",
		"argo:x:1000:1000::/home/argo:/bin/sh\nother:x:1001:1001::/home/argo:/bin/sh\n");
	ck_assert_int_eq(fchownat(fd, "home/argo", 1001, 1001, 0), 0);
	ck_assert_int_ge(found_severity(&c, detect_home, "home-missing"), SEVERITY_WARNING);
	ck_assert_int_eq(repair_home(&c), -1);
	ck_assert_int_eq(unlinkat(fd, "home/argo", AT_REMOVEDIR), 0);
	puts_to("/etc/login.defs", "UMASK 000\nDEFAULT_HOME yes\n");
	ck_assert_int_eq(found_severity(&c, detect_home, "home-missing"), SEVERITY_WARNING);
	ck_assert_int_eq(repair_home(&c), 0);
	ck_assert_int_eq(fstatat(fd, "home/argo", &st, 0), 0);
	ck_assert_uint_eq(st.st_uid, 1000);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	/* an automounter's is not there yet */
	ck_assert_int_eq(unlinkat(fd, "home/argo", AT_REMOVEDIR), 0);
	puts_to("/etc/auto.master", "/home /etc/auto.home\n");
	ck_assert_int_eq(found_severity(&c, detect_home, "home-missing"), -1);
	ck_assert_int_eq(unlinkat(fd, "etc/auto.master", 0), 0);
	ck_assert_int_eq(found_severity(&c, detect_home, "home-missing"), SEVERITY_WARNING);
	puts_to("/etc/systemd/system/home.automount", "[Automount]\n");
	ck_assert_int_eq(found_severity(&c, detect_home, "home-missing"), -1);
}
END_TEST

/* n records of a second ago. */
static void put_tally(const char *path, unsigned n, size_t at, unsigned status)
{
	unsigned char data[64 * 1100] = {0};
	uint64_t when = (uint64_t)time(NULL) - 1;
	uint16_t word = (uint16_t)status;

	for (unsigned i = 0; i < n; i++) {
		memcpy(data + (at + i) * 64 + 54, &word, 2);
		memcpy(data + (at + i) * 64 + 56, &when, 8);
	}
	put(path, data, (at + n) * 64, 0600);
}

START_TEST(a_tally_locks_by_its_own_rules)
{
	puts_to("/etc/pam.d/login", "auth required pam_faillock.so preauth dir=/var/tally\n");
	put_tally("/var/tally/argo", 2, 0, 1);
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), -1);
	put_tally("/var/tally/argo", 3, 0, 0); /* none of them valid */
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), -1);
	put_tally("/var/tally/argo", 3, 0, 1);
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), SEVERITY_ERROR);
	puts_to("/etc/security/faillock.conf", "# deny = 1\ndeny = 4\nunlock_time = never\n");
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), -1);
	put_tally("/var/tally/argo", 4, 0, 1);
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), SEVERITY_ERROR);
	ck_assert_int_eq(repair_faillock(&c), 0);
	is_file("/var/tally/argo", "");
	c.user = "root"; /* only where the module says so */
	put_tally("/var/tally/root", 4, 0, 1);
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), -1);
	puts_to("/etc/security/faillock.conf", "even_deny_root\n");
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), SEVERITY_ERROR);
}
END_TEST

START_TEST(one_record_of_tally2_is_cleared)
{
	size_t len;
	char *data;

	puts_to("/etc/pam.d/login", "auth required pam_tally2.so deny=3\n");
	put_tally("/var/log/tallylog", 2, 999, 7);
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), SEVERITY_ERROR);
	ck_assert_int_eq(repair_faillock(&c), 0);
	ck_assert_int_eq(found_severity(&c, detect_faillock, "faillock"), -1);
	data = path_slurp(fd, "/var/log/tallylog", 1u << 20, &len);
	ck_assert_uint_eq(len, 1001 * 64);
	ck_assert_int_eq(data[999 * 64 + 54], 7); /* the neighbour's */
	ck_assert_int_eq(data[1000 * 64 + 54], 0);
	path_release(data, len);
}
END_TEST

START_TEST(nologin_counts_where_the_module_asks)
{
	puts_to("/etc/nologin", "");
	ck_assert_int_eq(found_severity(&c, detect_nologin, "nologin"), -1);
	puts_to("/etc/pam.d/login", "auth requisite pam_nologin.so\n");
	ck_assert_int_eq(found_severity(&c, detect_nologin, "nologin"), SEVERITY_ERROR);
	puts_to("/etc/pam.d/login", "account requisite pam_nologin.so file=/etc/closed\n");
	ck_assert_int_eq(found_severity(&c, detect_nologin, "nologin"), -1);
	/* gone with the next boot */
	ck_assert_int_eq(symlinkat("/run/nologin", fd, "etc/closed"), 0);
	puts_to("/run/nologin", "");
	ck_assert_int_eq(found_severity(&c, detect_nologin, "nologin"), -1);
}
END_TEST

START_TEST(securetty_is_a_fault_for_root_alone)
{
	puts_to("/etc/pam.d/login", "auth requisite pam_securetty.so\n");
	ck_assert_int_eq(found_severity(&c, detect_securetty, "securetty"),
			 -1); /* no list: no bar */
	puts_to("/etc/securetty", "ttyX9");
	ck_assert_int_eq(found_severity(&c, detect_securetty, "securetty"), SEVERITY_NOTE);
	ck_assert_int_eq(repair_securetty(&c), -1);
	c.user = "root";
	ck_assert_int_eq(found_severity(&c, detect_securetty, "securetty"), SEVERITY_ERROR);
	ck_assert_int_eq(repair_securetty(&c), 0);
	ck_assert_int_eq(found_severity(&c, detect_securetty, "securetty"), -1);
}
END_TEST

START_TEST(homed_and_tied_homes_are_named)
{
	ck_assert_int_eq(found_severity(&c, detect_homed, "homed-user"), -1);
	ck_assert_int_eq(found_severity(&c, detect_tied, "home-encrypted"), -1);
	puts_to("/home/argo/.local/share/keyrings/login.keyring", "");
	ck_assert_int_eq(found_severity(&c, detect_tied, "home-encrypted"), SEVERITY_NOTE);
	puts_to("/var/lib/systemd/home/homer.identity", "{}");
	ck_assert_int_eq(found_severity(&c, detect_homed, "homed-user"), SEVERITY_NOTE);
	c.user = "homer";
	ck_assert_int_eq(found_severity(&c, detect_homed, "homed-user"), SEVERITY_ERROR);
	puts_to("/lib/security/pam_systemd_home.so", "");
	puts_to("/etc/pam.d/login", "-auth sufficient pam_systemd_home.so\n");
	ck_assert_int_eq(found_severity(&c, detect_homed, "homed-user"), SEVERITY_NOTE);
}
END_TEST

START_TEST(damaged_files_end_in_findings_or_in_nothing)
{
	static const char login[] =
	    "auth required pam_faillock.so dir=/var/tally deny=2\n"
	    "auth required pam_nologin.so file=/etc/closed\n"
	    "auth required pam_securetty.so noconsole\n"
	    "auth required pam_tally2.so deny=1\nauth required pam_shells.so\n";
	static const char *const paths[] = {
	    "/etc/pam.d/login", "/etc/passwd", "/etc/shadow",	 "/etc/security/faillock.conf",
	    "/etc/login.defs",	"/etc/shells", "/etc/securetty", "/var/tally/argo"};
	static const char with[] = {0, '\n', (char)0xff, ':', ' ', '='};
	char *data;
	size_t len;

	puts_to("/etc/pam.d/login", login);
	puts_to("/etc/security/faillock.conf", "deny = 3\nunlock_time = 5\n");
	puts_to("/etc/login.defs", "UMASK 022\nHOME_MODE 0700\n");
	puts_to("/etc/shells", "/bin/sh\n");
	puts_to("/etc/securetty", "tty1\n");
	put_tally("/var/tally/argo", 3, 0, 1);
	data = path_slurp(fd, paths[_i], 1u << 20, &len);
	ck_assert_ptr_nonnull(data);
	for (size_t w = 0; w < sizeof with; w++)
		for (size_t at = 0; at < len; at += 3) {
			char text[1024];

			memcpy(text, data, len);
			memset(text + at, with[w], len - at < 9 ? len - at : 9);
			put(paths[_i], text, len, 0644);
			rep.nfindings = 0;
			detect_locked(&c);
			detect_expired(&c);
			detect_shell(&c);
			detect_home(&c);
			detect_tied(&c);
			detect_homed(&c);
			detect_nologin(&c);
			detect_faillock(&c);
			detect_securetty(&c);
			detect_damaged(&c);
		}
	path_release(data, len);
}
END_TEST

Suite *account_suite(void)
{
	Suite *s = suite_create("account");
	TCase *k = tcase_create("account");

	tcase_add_checked_fixture(k, setup, teardown);
	tcase_set_timeout(k, 60);
	tcase_add_test(k, a_lock_is_taken_off_the_named_user_alone);
	tcase_add_test(k, each_limit_is_judged_and_lifted);
	tcase_add_test(k, a_clock_that_is_wrong_judges_no_limit);
	tcase_add_test(k, a_missing_shell_is_replaced_by_one_that_starts);
	tcase_add_test(k, another_persons_home_stays_theirs);
	tcase_add_test(k, a_folder_of_the_systems_is_nobodys_home);
	tcase_add_test(k, a_tally_locks_by_its_own_rules);
	tcase_add_test(k, one_record_of_tally2_is_cleared);
	tcase_add_test(k, nologin_counts_where_the_module_asks);
	tcase_add_test(k, securetty_is_a_fault_for_root_alone);
	tcase_add_test(k, homed_and_tied_homes_are_named);
	tcase_add_loop_test(k, damaged_files_end_in_findings_or_in_nothing, 0, 8);
	suite_add_tcase(s, k);
	return s;
}
