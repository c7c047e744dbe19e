#include "base/clock.h"
#include "shell.h"
#include "target/pkg.h"
#include "target/verify.h"

Suite *rpm_suite(void);

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* rpm's double answers from files as the real one was seen to; what a question writes is its
 * trial's. */
static void setup(void)
{
	shell_open();
	put_program("/usr/bin/rpm", "echo asked >>/var/lib/asked\n"
				    "case $1$3 in\n"
				    "-qa*MTIMES*) cat /answers/entries ;;\n"
				    "-qa*) cat /answers/packages ;;\n"
				    "-qf*MODES*) cat /answers/modes ;;\n"
				    "-qf*) [ \"$4\" = /usr/bin/su ] && echo util-linux.x86_64 ;;\n"
				    "-ql*) cat \"/answers/files.$2\" ;;\n"
				    "esac\n");
	put("/answers/packages", "basesystem 11-13\nutil-linux 2.38-1\nnonsense\n");
	put("/answers/modes", "root root 0104755 /usr/bin/su\nroot root 0100755 /usr/bin/mount\n");
	put("/answers/files.util-linux.x86_64",
	    "/usr/bin/su\n(contains no files)\n/etc/pam.d/su\n");
}

static int join(void *arg, const char *name, const char *version)
{
	strcat(strcat(strcat(strcat(arg, name), " "), version), "\n");
	return 0;
}

static int join_path(void *arg, const char *path)
{
	return join(arg, path, "");
}

START_TEST(rpm_itself_is_asked_in_a_trial)
{
	char all[300] = "", name[128];
	struct pkg_mode m;

	ck_assert_ptr_eq(pkg_in_use(&t), &pkg_rpm);
	ck_assert_int_eq(pkg_rpm.each(&t, join, all), 0);
	ck_assert_str_eq(all, "basesystem 11-13\nutil-linux 2.38-1\n");
	*all = '\0';
	ck_assert_int_eq(pkg_owner(&t, &pkg_rpm, "/usr/bin/su", name), 0);
	ck_assert_str_eq(name, "util-linux.x86_64");
	ck_assert_int_eq(pkg_owner(&t, &pkg_rpm, "/usr/bin/nobodys", name), -1);
	ck_assert_int_eq(pkg_rpm.files(&t, name, join_path, all), 0);
	ck_assert_str_eq(all, "/usr/bin/su \n/etc/pam.d/su \n");
	ck_assert_int_eq(pkg_rpm.mode(&t, "/usr/bin/su", &m), 0);
	ck_assert_uint_eq(m.mode, 04755);
	ck_assert_int_eq(pkg_rpm.mode(&t, "/usr/bin/none", &m), -1);
	ck_assert_int_eq(access(full("/var/lib/asked"), F_OK), -1);
}
END_TEST

START_TEST(rpm_that_fails_or_hung_before_knows_nothing)
{
	char all[300] = "", name[128];
	long hung = 0;
	struct pkg_mode m;

	t.pkg_hung = &hung;
	put_program("/usr/bin/rpm", "echo 'error: db5' >&2; exit 1\n");
	ck_assert_int_eq(pkg_rpm.each(&t, join, all), -1);
	ck_assert_int_eq(pkg_rpm.files(&t, "util-linux.x86_64", join_path, all), -1);
	ck_assert_int_eq(pkg_rpm.mode(&t, "/usr/bin/su", &m), -1);
	hung = 30;
	put_program("/usr/bin/rpm", "echo util-linux.x86_64\n");
	ck_assert_int_eq(pkg_owner(&t, &pkg_rpm, "/usr/bin/su", name), -1);
	hung = 0;
	ck_assert_int_eq(pkg_owner(&t, &pkg_rpm, "/usr/bin/su", name), 0);
}
END_TEST

/* An entry is name, flags, checks, mode, user, group, time, digest, capabilities, link, path. */
#define E "util-linux.x86_64\t"

static unsigned seen;
static struct pkg_entry list[8];

/* The texts last as long as the call: what is compared is kept by value. */
static int keep(void *arg, const struct pkg_entry *e)
{
	char *paths = arg;

	strcat(strcat(paths, e->path), e->link ? " link\n" : "\n");
	ck_assert_str_eq(e->pkg, "util-linux.x86_64");
	list[seen++] = *e;
	return seen == 5;
}

START_TEST(rpm_entries_count_what_their_flags_let_count)
{
	char paths[300] = "";

	put("/answers/entries",
	    E "0\t4294967295\t0104755\troot\tshadow\t7\t" DIGEST "\tcap_x=ep\t\t/usr/bin/su\n" E
	      "1\t65\t0100644\tan\towner\t7\t" DIGEST "\t(none)\t\t/etc/a\tb\n" E
	      "64\t4294967295\t0100600\troot\troot\t7\t" DIGEST "\t\t\t/var/ghost\n" E
	      "0\t4294967295\t0120777\troot\troot\t7\t\t\t../x\t/usr/lib/link\n"
	      "cut off\t0\n" E "0\t4294967295\t0100644\troot\troot\t7\t" DIGEST "\t\t\tno-path\n" E
	      "8\t0\t040755\troot\troot\t7\t\t\t\t/usr/folder\n" E
	      "0\t0\t040755\troot\troot\t7\t\t\t\t/too/many\n");
	ck_assert_int_eq(pkg_rpm.entries(&t, keep, paths), 1);
	ck_assert_str_eq(paths, "/usr/bin/su\n/etc/a\tb\n/var/ghost\n/usr/lib/link link\n"
				"/usr/folder\n");
	ck_assert_int_eq(list[0].kind, PKG_FILE);
	ck_assert(list[0].capable && !list[0].config && !list[0].spare);
	ck_assert_uint_eq(list[0].nsum, DIGEST_SHA256);
	ck_assert_uint_eq(list[0].sum[0], 0xe3);
	ck_assert_int_eq(list[0].mtime, 7);
	ck_assert_uint_eq(list[0].bits & list[0].own.mode, 04755);
	ck_assert_str_eq(list[0].own.group, "shadow");
	/* configuration; of its checks the digest alone counts, and its mode */
	ck_assert(list[1].config && !list[1].capable && list[1].bits == 07777);
	ck_assert(list[1].nsum && !list[1].mtime && !*list[1].own.user);
	ck_assert(list[2].spare && !list[2].nsum && !list[2].bits);
	ck_assert(list[3].kind == PKG_LINK && !list[3].bits);
	ck_assert(list[4].kind == PKG_FOLDER && list[4].spare && !list[4].bits);
}
END_TEST

static void line(void *arg, const char *text)
{
	buf_addf(arg, "%s\n", text);
}

/* What no other database says: where a link leads, which file has a capability. */
START_TEST(rpm_entries_are_compared_with_the_files)
{
	static struct verify v;
	static char said[4000];
	struct buf b = BUF_OF(said);

	put("/answers/entries", E "0\t64\t0100755\troot\troot\t7\t\t\t\t/usr/bin/su\n" E
				  "0\t256\t0100755\troot\troot\t7\t\tcap_x=ep\t\t/usr/bin/ping\n" E
				  "0\t4\t0120777\troot\troot\t7\t\t\tbash\t/usr/bin/rsh\n" E
				  "0\t4\t0120777\troot\troot\t7\t\t\tsh\t/usr/bin/good\n" E
				  "0\t24\t0100644\tnobody\tnogroup\t7\t\t\t\t/etc/owned\n");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:99:99::/:/bin/false\n");
	put("/etc/group", "root:x:0:\nnogroup:x:99:\n");
	put_program("/usr/bin/su", "");
	put_program("/usr/bin/ping", "");
	put_link("/usr/bin/rsh", "sh");
	put_link("/usr/bin/good", "sh");
	put("/etc/owned", "x");
	v.deadline = DEADLINE_NEVER;
	ck_assert_int_eq(verify_run(&v, &t), 0);
	verify_order(&v);
	verify_tell(&v, line, &b);
	ck_assert_ptr_nonnull(strstr(said, "privilege lost /usr/bin/ping: its file capability is "
					   "gone\n"));
	ck_assert_ptr_nonnull(strstr(said, "/usr/bin/rsh: leads to sh, not to bash\n"));
	ck_assert_ptr_nonnull(strstr(said, "/etc/owned: "));
	ck_assert_ptr_null(strstr(said, "/usr/bin/su"));
	ck_assert_ptr_null(strstr(said, "/usr/bin/good"));
	ck_assert_uint_eq(verify_faults(&v), 3);
	/* what it could not say or keep is told too */
	v.lost = 2;
	v.whole = false;
	strcpy(v.unread, "a list");
	b.len = 0;
	verify_tell(&v, line, &b);
	ck_assert_ptr_nonnull(strstr(said, "\n2 more did not fit into this list\nnot compared: a "
					   "list\nnot all was looked at\n"));
	/* a manager that nobody knows has no command */
	strcpy(v.manager, "x");
	b.len = 0;
	verify_repair(&v, 0, &b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(verify_fault_name(VERIFY_BIT), "privilege lost");
	ck_assert_str_eq(verify_class_name(VERIFY_NOTED), "noted");
}
END_TEST

Suite *rpm_suite(void)
{
	Suite *s = suite_create("rpm");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, scratch_close);
	tcase_add_test(c, rpm_itself_is_asked_in_a_trial);
	tcase_add_test(c, rpm_that_fails_or_hung_before_knows_nothing);
	tcase_add_test(c, rpm_entries_count_what_their_flags_let_count);
	tcase_add_test(c, rpm_entries_are_compared_with_the_files);
	suite_add_tcase(s, c);
	return s;
}
