#include "checks/restore.h"

#include "../target/shell.h"
#include "base/digest.h"
#include "base/inode.h"

Suite *restore_suite(void);

#define SU "/etc/pam.d/su"
#define SOUND "auth required pam_unix.so\n"

static struct report rep;
static struct check_context c;
static char why[320];

static bool is_sound(const struct target *target, const char *file)
{
	char text[80];

	return path_read(target->fd, file, text, sizeof text) > 0 && !strcmp(text, SOUND);
}

/* A dpkg system that lost a file of its package login. dpkg-deb's double takes a package for the
 * file itself. */
static void setup(void)
{
	shell_open();
	put("/etc/pam.d/x", "x");
	put("/var/lib/dpkg/status", "Package: login\nStatus: install ok installed\nVersion: 1\n\n");
	put("/var/lib/dpkg/info/login.list", SU "\n/usr/lib/libx.so.1\n/usr/lib/libx.so.1.2\n");
	put_program("/bin/dpkg-deb", "mkdir -p etc/pam.d && cp \"$2\" etc/pam.d/su\n");
	rep = (struct report){.scratch = true};
	c = (struct check_context){
	    .t = &t, .report = &rep, .journal = &j, .timeout = 20, .deadline = INT64_MAX};
}

static int restore(const char *path)
{
	return restore_file(&c, &(struct restore){path, "pam-file-missing", is_sound}, why,
			    sizeof why);
}

/* A captured copy of a target path, with a digest that is its own or another text's. */
static void capture(const char *path, const char *text, const char *digest_of)
{
	char name[400], line[600], hex[DIGEST_HEX];
	struct buf b = BUF_OF(line);
	FILE *f;

	snprintf(t.capture, sizeof t.capture, "%s", full("/capture"));
	snprintf(name, sizeof name, "/capture%s", path);
	put(name, text);
	digest_hex(digest_of, strlen(digest_of), hex);
	buf_adds(&b, "file");
	field_add(&b, "path", path);
	buf_adds(&b, " mode=640 uid=0 gid=42");
	field_add(&b, "sha256", hex);
	f = fopen(full("/capture/manifest"), "a");
	fprintf(f, "%s\n", line);
	fclose(f);
}

static void pivot_is(unsigned i, const char *tried, const char *failed)
{
	ck_assert_uint_gt(rep.npivots, i);
	ck_assert_str_eq(rep.pivots[i].tried, tried);
	ck_assert_str_eq(rep.pivots[i].failed, failed);
}

START_TEST(captured_copy_comes_first)
{
	struct stat st;

	capture(SU, SOUND, SOUND);
	put("/var/cache/apt/archives/login_1_amd64.deb", "another\n");
	ck_assert_int_eq(restore(SU), 0);
	ck_assert(holds(SU, SOUND));
	ck_assert_int_eq(stat(full(SU), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(st.st_gid, 42);
	ck_assert_uint_eq(rep.npivots, 0);
	ck_assert_int_eq(restore(SU), 0); /* it stands: nothing more is journalled */
	ck_assert_uint_eq(journal_count(&j), 1);
}
END_TEST

START_TEST(damaged_copy_gives_way_to_the_cached_package)
{
	capture(SU, SOUND, "another text");
	put("/var/cache/apt/archives/login_1_amd64.deb", SOUND);
	ck_assert_int_eq(restore(SU), 0);
	ck_assert(holds(SU, SOUND));
	pivot_is(0, "the captured copy of " SU, "the copy is damaged");
}
END_TEST

START_TEST(captured_copy_that_is_no_better_is_not_taken)
{
	capture(SU, "rubbish\n", "rubbish\n");
	put("/var/cache/apt/archives/login_1_amd64.deb", SOUND);
	ck_assert_int_eq(restore(SU), 0);
	ck_assert(holds(SU, SOUND));
	pivot_is(0, "the captured copy of " SU, "not what is needed");
}
END_TEST

START_TEST(older_package_is_tried_where_the_newest_is_broken)
{
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	put("/var/cache/apt/archives/login_1_amd64.deb", SOUND);
	put("/var/cache/apt/archives/login_2_amd64.deb", "broken\n");
	utimensat(AT_FDCWD, full("/var/cache/apt/archives/login_1_amd64.deb"), old, 0);
	ck_assert_int_eq(restore(SU), 0);
	ck_assert(holds(SU, SOUND));
	pivot_is(1, "/var/cache/apt/archives/login_2_amd64.deb", "not what is needed");
}
END_TEST

START_TEST(package_without_the_file_is_no_source)
{
	put("/var/cache/apt/archives/login_1_amd64.deb", SOUND);
	put_program("/bin/dpkg-deb", "mkdir -p usr\n");
	ck_assert_int_eq(restore(SU), -1);
	pivot_is(1, "the cached package of " SU,
		 "/var/cache/apt/archives/login_1_amd64.deb does not hold it");
}
END_TEST

START_TEST(merged_usr_has_two_names_for_a_file)
{
	put_program("/bin/dpkg-deb", "mkdir -p usr/lib && cp \"$2\" usr/lib/libx.so.1.2 && "
				     "ln -s libx.so.1.2 usr/lib/libx.so.1\n");
	put("/var/cache/apt/archives/login_1_amd64.deb", SOUND);
	ck_assert_int_eq(restore("/lib/libx.so.1"), 0);
	ck_assert(holds("/usr/lib/libx.so.1", "libx.so.1.2"));
	ck_assert(holds("/usr/lib/libx.so.1.2", SOUND));
}
END_TEST

START_TEST(manager_reinstalls_in_a_trial)
{
	put("/var/cache/apt/archives/login_1_amd64.deb", SOUND);
	put_program("/bin/dpkg-deb", "echo reading >&2; echo 'not a Debian archive' >&2; exit 2\n");
	full("/var/log/x");
	put_program("/bin/apt-get", "cp /var/cache/apt/archives/login_1_amd64.deb " SU
				    "; echo done >/var/log/apt.log\n");
	ck_assert_int_eq(restore(SU), 0);
	ck_assert(holds(SU, SOUND));
	ck_assert_int_eq(access(full("/var/log/apt.log"), F_OK), -1);
	pivot_is(1, "the cached package of " SU, "exit status 2: not a Debian archive");
}
END_TEST

START_TEST(second_way_follows_the_first)
{
	put("/var/cache/apt/archives/login_1_amd64.deb", "broken\n");
	put_program("/bin/apt-get", "echo half >" SU "; echo 'E: no'; exit 100\n");
	put_program("/bin/dpkg", "echo '" SOUND "' | head -n 1 >" SU "\n");
	ck_assert_int_eq(restore(SU), 0);
	ck_assert(holds(SU, SOUND));
	pivot_is(2, "the package manager's own reinstall", "exit status 100: E: no");
}
END_TEST

/* Whatever they wrote in their trials is gone with them. */
START_TEST(nothing_that_failed_is_left_on_the_target)
{
	put_program("/bin/apt-get", "echo half >" SU "; exit 100\n");
	put_program("/bin/dpkg", "echo other >" SU "\n");
	ck_assert_int_eq(restore(SU), -1);
	ck_assert_str_eq(why, "not what is needed");
	ck_assert_int_eq(access(full(SU), F_OK), -1);
	ck_assert_uint_eq(journal_count(&j), 0);
	pivot_is(1, "the cached package of " SU, "/var/cache/apt/archives: no package of login");
	ck_assert_str_eq(rep.pivots[rep.npivots - 1].next, "no source is left");
}
END_TEST

START_TEST(manager_that_hangs_is_not_asked_again)
{
	long hung = 0;

	t.pkg_hung = &hung;
	c.timeout = 1;
	put_program("/bin/apt-get", "exec sleep 60\n");
	put_program("/bin/dpkg", "echo '" SOUND "' | head -n 1 >" SU "\n");
	ck_assert_int_eq(restore(SU), -1);
	ck_assert_int_eq(hung, 1);
	ck_assert_str_eq(why, "dpkg did not end within 1 s; not tried again");
	ck_assert_int_eq(restore(SU), -1);
	ck_assert_int_eq(access(full(SU), F_OK), -1);
}
END_TEST

START_TEST(file_of_nobody_has_no_source)
{
	ck_assert_int_eq(restore("/etc/pam.d/nobodys"), -1);
	ck_assert_str_eq(why, "no package of dpkg's owns it");
	ck_assert_int_eq(unlink(full("/var/lib/dpkg/status")), 0);
	ck_assert_int_eq(restore("/etc/pam.d/nobodys"), -1);
	ck_assert_str_eq(why, "no package manager is known here");
	strcpy(t.unknown[t.nunknown++], "/etc/pam.d");
	ck_assert_int_eq(restore(SU), -1);
	ck_assert_str_eq(why, SU ": it lies on what is not mounted");
	c.journal = NULL;
	ck_assert_int_eq(restore(SU), -1);
	ck_assert_str_eq(why, SU ": no journal, no repair");
}
END_TEST

/* A library and what it needs are both gone: what is needed comes first, or nothing could prove the
 * other. */
START_TEST(needed_libraries_come_back_with_it)
{
	char line[600];

	snprintf(
	    line, sizeof line,
	    "cd %s && mkdir -p capture/usr/lib usr/lib && "
	    "echo 'int g(void){return 1;}' >g.c && echo 'int g(void);int f(void){return g();}' "
	    ">f.c && gcc -nostdlib -shared -fPIC -Wl,-soname,libg.so.1 -o "
	    "capture/usr/lib/libg.so.1 g.c && gcc -nostdlib -shared -fPIC -o "
	    "capture/usr/lib/libf.so f.c capture/usr/lib/libg.so.1 && cd capture && "
	    "for f in usr/lib/libg.so.1 usr/lib/libf.so; do "
	    "echo file path=/$f mode=755 uid=0 gid=0 sha256=$(sha256sum $f | head -c 64); done "
	    ">manifest",
	    t.root);
	ck_assert_int_eq(system(line), 0);
	snprintf(t.capture, sizeof t.capture, "%s", full("/capture"));
	ck_assert_msg(restore_file(&c,
				   &(struct restore){"/usr/lib/libf.so", "binary-missing", NULL},
				   why, sizeof why) == 0,
		      "%s", why);
	ck_assert_int_eq(access(full("/usr/lib/libf.so"), F_OK), 0);
	ck_assert_int_eq(access(full("/usr/lib/libg.so.1"), F_OK), 0);
	ck_assert_uint_eq(rep.npivots, 0);
}
END_TEST

Suite *restore_suite(void)
{
	Suite *s = suite_create("restore");
	TCase *k = tcase_create("all");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, captured_copy_comes_first);
	tcase_add_test(k, damaged_copy_gives_way_to_the_cached_package);
	tcase_add_test(k, captured_copy_that_is_no_better_is_not_taken);
	tcase_add_test(k, older_package_is_tried_where_the_newest_is_broken);
	tcase_add_test(k, package_without_the_file_is_no_source);
	tcase_add_test(k, merged_usr_has_two_names_for_a_file);
	tcase_add_test(k, manager_reinstalls_in_a_trial);
	tcase_add_test(k, second_way_follows_the_first);
	tcase_add_test(k, nothing_that_failed_is_left_on_the_target);
	tcase_add_test(k, manager_that_hangs_is_not_asked_again);
	tcase_add_test(k, file_of_nobody_has_no_source);
	tcase_add_test(k, needed_libraries_come_back_with_it);
	suite_add_tcase(s, k);
	return s;
}
