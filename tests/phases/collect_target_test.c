#include "phases/collect.h"

#include "../base/said.h"
#include "../target/scratch.h"

Suite *collect_target_suite(void);

static struct collect c;

static void setup(void)
{
	scratch_open();
	ck_assert_int_eq(log_start(), 0);
	c = (struct collect){.t = &t, .to = LOG_DIAGNOSTICS};
}

/* Is this a line of what was collected? */
static bool collected(const char *line)
{
	char wanted[400];
	const char *data;
	size_t len;

	log_view(LOG_DIAGNOSTICS, &data, &len);
	snprintf(wanted, sizeof wanted, "%s\n", line);
	for (const char *p = data;
	     (p = memmem(p, (size_t)(data + len - p), wanted, strlen(wanted))); p++)
		if (p == data || p[-1] == '\n')
			return true;
	return false;
}

static bool holds_text(const char *text)
{
	return said_in(LOG_DIAGNOSTICS, text);
}

START_TEST(of_environment_files_only_names_are_taken)
{
	put("/etc/environment",
	    "PATH=/bin\n# SECRET=in a comment\n  export API_KEY=hidden\nno name\n"
	    "=none\nA-B=c\n");
	put("/etc/profile.d/local.sh", "LANG=C\n");
	put_link("/etc/env.d", "/nowhere");
	put("/etc/environment.d/10-x.conf", "X=hidden\n");
	put_link("/etc/environment.d/20-y.conf", "/nowhere");
	ck_assert_int_eq(collect_environment(&c), 0);
	ck_assert(collected("/etc/environment: PATH") && collected("/etc/environment: API_KEY"));
	ck_assert(collected("/etc/profile.d/local.sh: LANG"));
	ck_assert(collected("/etc/environment.d/10-x.conf: X"));
	ck_assert(collected("/etc/environment.d/20-y.conf: No such file or directory"));
	ck_assert(!holds_text("hidden") && !holds_text("SECRET") && !holds_text("A-B"));
}
END_TEST

START_TEST(accounts_of_people_are_told_with_what_bars_them)
{
	put("/bin/sh", "x");
	ck_assert_int_eq(chmod(full("/bin/sh"), 0755), 0);
	put("/etc/login.defs", "ENCRYPT_METHOD YESCRYPT\n");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n"
			   "argo:x:1000:1000::/home/argo:/bin/sh\n");
	put("/etc/shadow", "root:!:1::::::\ndaemon:*:1::::::\nargo:nonsense:1::::::\n");
	ck_assert_int_eq(collect_accounts(&c), 0);
	ck_assert(collected("new passwords are hashed with YESCRYPT"));
	ck_assert(holds_text("root uid 0 shell /bin/sh hash none locked: "));
	ck_assert(holds_text("argo uid 1000 shell /bin/sh hash none damaged: "));
	ck_assert(!holds_text("daemon"));
}
END_TEST

START_TEST(packages_and_the_end_of_their_log_are_listed)
{
	char text[250 * 10] = "";

	ck_assert_int_eq(collect_packages(&c), 0);
	ck_assert(collected("no package manager known here"));
	ck_assert_int_eq(collect_package_log(&c), 0);
	put("/var/lib/dpkg/status",
	    "Package: bash\nStatus: install ok installed\nVersion: 5.2\n\n");
	ck_assert_int_eq(collect_packages(&c), 0);
	ck_assert(collected("dpkg") && collected("bash 5.2"));
	ck_assert_int_eq(collect_package_log(&c), 0);
	ck_assert(collected("/var/log/dpkg.log: No such file or directory"));
	for (int i = 0; i < 250; i++)
		sprintf(text + strlen(text), "line %d\n", i);
	put("/var/log/dpkg.log", text);
	ck_assert_int_eq(collect_package_log(&c), 0);
	ck_assert(collected("line 249") && collected("line 50") && !collected("line 49"));
}
END_TEST

START_TEST(pam_stacks_are_told_with_their_faults)
{
	put("/etc/pam.d/login", "auth required pam_gone.so nullok\n@include common-gone\n");
	ck_assert_int_eq(collect_pam(&c), 0);
	ck_assert(collected("login:"));
	ck_assert(holds_text("/etc/pam.d/login:1: auth required pam_gone.so nullok "
			     "(MODULE MISSING)"));
	ck_assert(holds_text("(FILE MISSING)"));
	ck_assert(!holds_text("sddm:"));
}
END_TEST

START_TEST(init_system_and_display_manager_are_named)
{
	ck_assert_int_eq(collect_init(&c), 0);
	ck_assert(collected("no init system known here"));
	put("/usr/lib/systemd/systemd", "x");
	put_link("/sbin/init", "/usr/lib/systemd/systemd");
	put("/usr/bin/sddm", "x");
	put_link("/etc/systemd/system/default.target", "/x/graphical.target");
	ck_assert_int_eq(collect_init(&c), 0);
	ck_assert(collected("systemd, default graphical.target, display manager enabled: none"));
	ck_assert(collected("installed: sddm"));
}
END_TEST

START_TEST(logs_are_searched_for_what_logins_leave)
{
	put("/var/log/auth.log",
	    "Nov 1 login: PAM unable to dlopen(pam_gone.so)\nsomething else\n");
	put("/var/log/journal/0123/system.journal",
	    "\1\2account locked due to 3 \3 account locked due to 4\n");
	ck_assert_int_eq(collect_logs(&c), 0);
	ck_assert(collected("/var/log/auth.log: Nov 1 login: PAM unable to dlopen(pam_gone.so)"));
	ck_assert(!holds_text("something else"));
	ck_assert(
	    collected("/var/log/journal/0123/system.journal: \"account locked due to\" 2 times"));
}
END_TEST

START_TEST(libcrypt_that_leads_nowhere_is_not_asked)
{
	put_link("/usr/lib/libcrypt.so.2", "libcrypt.so.2.0.0");
	ck_assert_int_eq(collect_libcrypt(&c), 0);
	ck_assert(holds_text("/usr/lib/libcrypt.so.2 -> nothing ("));
	ck_assert(holds_text("  not asked: "));
}
END_TEST

START_TEST(files_are_compared_where_a_database_tells_them)
{
	ck_assert_int_eq(collect_files(&c), 0);
	ck_assert(collected("not compared: no package database"));
	put("/var/lib/dpkg/status", "Package: base\nStatus: install ok installed\nVersion: 1\n\n");
	put("/var/lib/dpkg/info/base.list", "/.\n/usr\n/usr/bin\n/usr/bin/lost\n");
	put("/var/lib/dpkg/info/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/lost\n");
	ck_assert_int_eq(collect_files(&c), 0);
	ck_assert(holds_text("/usr/bin/lost"));
}
END_TEST

Suite *collect_target_suite(void)
{
	Suite *s = suite_create("collect_target");
	TCase *k = tcase_create("collect_target");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, of_environment_files_only_names_are_taken);
	tcase_add_test(k, accounts_of_people_are_told_with_what_bars_them);
	tcase_add_test(k, packages_and_the_end_of_their_log_are_listed);
	tcase_add_test(k, pam_stacks_are_told_with_their_faults);
	tcase_add_test(k, init_system_and_display_manager_are_named);
	tcase_add_test(k, logs_are_searched_for_what_logins_leave);
	tcase_add_test(k, libcrypt_that_leads_nowhere_is_not_asked);
	tcase_add_test(k, files_are_compared_where_a_database_tells_them);
	suite_add_tcase(s, k);
	return s;
}
