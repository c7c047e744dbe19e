#include "target/capture.h"

#include "../base/tree.h"
#include "base/inode.h"
#include "base/place.h"

#include <errno.h>
#include <sys/stat.h>

Suite *capture_suite(void);

static struct target t;
static char top[64], store[64];
static int storefd;

static void put(const char *root, const char *path, const char *text)
{
	tree_put(root, path, text, strlen(text));
}

static void start(void)
{
	memset(&t, 0, sizeof t);
	t.fd = tree_make(top);
	storefd = tree_make(store);
	snprintf(t.root, sizeof t.root, "%s", top);
	snprintf(t.capture, sizeof t.capture, "%s/capture", store);
}

static void end(void)
{
	tree_remove(t.fd, top);
	tree_remove(storefd, store);
}

/* A small healthy system: merged /usr, PAM files, nothing to run. */
static void system_of_files(void)
{
	put(top, "/usr/lib/libcrypt.so.1.1.0", "not ELF, but there");
	put(top, "/usr/bin/su", "su");
	put(top, "/etc/pam.d/su", "auth required pam_unix.so\n");
	put(top, "/etc/pam.d/sshd", "auth required pam_ldap.so bindpw=hush\n");
	put(top, "/etc/shells", "/bin/sh\n");
	put(top, "/etc/shadow", "root:$6$hush:1::::::\n");
	ck_assert_int_eq(symlinkat("usr/lib", t.fd, "lib"), 0);
	ck_assert_int_eq(symlinkat("usr/bin", t.fd, "bin"), 0);
	ck_assert_int_eq(symlinkat("/lib/libcrypt.so.1.1.0", t.fd, "usr/lib/libcrypt.so.1"), 0);
	ck_assert_int_eq(fchmodat(t.fd, "usr/bin/su", 04755, 0), 0);
}

static void make(void)
{
	char why[200];

	system_of_files();
	if (capture_make(&t, t.capture, why, sizeof why) < 1)
		ck_abort_msg("%s", why);
}

START_TEST(a_copy_is_found_by_all_its_names)
{
	static const char *const names[] = {"/usr/lib/libcrypt.so.1", "/lib/libcrypt.so.1"};
	struct capture_copy c;

	make();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(capture_find(&t, names[i], &c), 0);
		ck_assert(c.link);
		ck_assert_str_eq(c.to, "/lib/libcrypt.so.1.1.0");
		ck_assert_int_eq(capture_follow(&t, names[i], &c), 0);
		ck_assert(!c.link && !access(c.file, R_OK));
	}
	ck_assert_int_eq(unlinkat(t.fd, "lib", 0), 0);
	ck_assert_int_eq(capture_follow(&t, "/lib/libcrypt.so.1", &c), 0);
}
END_TEST

START_TEST(mode_and_owner_are_recorded_and_the_copy_is_private)
{
	struct capture_copy c;
	struct stat st;

	make();
	ck_assert_int_eq(capture_find(&t, "/bin/su", &c), 0);
	ck_assert_uint_eq(c.mode, 04755);
	ck_assert_uint_eq(c.uid, getuid());
	ck_assert_int_eq(stat(c.file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(no_secret_is_taken)
{
	struct capture_copy c;
	char command[200];

	make();
	ck_assert_int_eq(capture_find(&t, "/etc/pam.d/su", &c), 0);
	ck_assert_int_eq(capture_find(&t, "/etc/pam.d/sshd", &c), -1);
	ck_assert_int_eq(errno, ENOENT);
	snprintf(command, sizeof command, "grep -rq hush %s", store);
	ck_assert_int_ne(system(command), 0);
}
END_TEST

START_TEST(a_damaged_copy_is_none)
{
	struct capture_copy c;

	make();
	put(store, "/capture/usr/bin/su", "so");
	ck_assert_int_eq(capture_find(&t, "/usr/bin/su", &c), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_int_eq(unlinkat(storefd, "capture/usr/bin/su", 0), 0);
	ck_assert_int_eq(capture_find(&t, "/usr/bin/su", &c), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_int_eq(symlinkat("/etc/passwd", storefd, "capture/usr/bin/su"), 0);
	ck_assert_int_eq(capture_find(&t, "/usr/bin/su", &c), -1);
	ck_assert_int_eq(errno, EBADMSG);
}
END_TEST

START_TEST(any_damaged_manifest_gives_no_copy_or_the_recorded_one)
{
	size_t len;
	char *data, *bad;
	struct capture_copy c;
	int dir;

	make();
	data = path_slurp(storefd, "/capture/manifest", 1u << 20, &len);
	dir = openat(storefd, "capture", O_RDONLY | O_DIRECTORY);
	bad = malloc(len);
	ck_assert(data && bad && dir >= 0);
	for (size_t i = 0; i < len; i += 3) {
		memcpy(bad, data, len);
		memset(bad + i, (int)(i * 37 & 255), len - i < 9 ? len - i : 9);
		ck_assert_int_eq(file_write_unjournalled(dir, "manifest", bad, len, 0600), 0);
		if (capture_follow(&t, "/bin/su", &c) == 0)
			ck_assert(!c.link && str_starts(c.file, store));
		capture_follow(&t, "/lib/libcrypt.so.1", &c);
	}
	free(bad);
	path_release(data, len);
	close(dir);
}
END_TEST

START_TEST(links_in_a_circle_end)
{
	struct capture_copy c;

	put(store, "/capture/manifest", "link path=/usr/a to=b\nlink path=/usr/b to=../usr/a\n");
	ck_assert_int_eq(capture_follow(&t, "/usr/a", &c), -1);
	ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(a_new_capture_takes_the_place_of_the_old)
{
	char why[200];
	struct capture_copy c;

	make();
	put(store, "/capture/stale", "x");
	put(store, "/capture.new/usr/bin/su", "left by an interrupted one");
	put(store, "/capture.new/manifest.new", "");
	put(top, "/usr/bin/su", "newer");
	ck_assert_int_ge(capture_make(&t, t.capture, why, sizeof why), 1);
	ck_assert_int_eq(capture_find(&t, "/usr/bin/su", &c), 0);
	ck_assert(!path_exists(storefd, "/capture/stale"));
	ck_assert(!path_exists(storefd, "/capture.new"));
}
END_TEST

START_TEST(a_folder_of_somebody_else_is_left_alone)
{
	char why[200];

	make();
	put(store, "/capture.new/thesis", "mine");
	ck_assert_int_eq(capture_make(&t, t.capture, why, sizeof why), -1);
	ck_assert(path_exists(storefd, "/capture.new/thesis"));
	ck_assert_int_eq(place_remove_tree(storefd, "capture.new"), 0);
	ck_assert_int_eq(unlinkat(storefd, "capture/manifest", 0), 0);
	put(store, "/capture/thesis", "mine");
	ck_assert_int_eq(capture_make(&t, t.capture, why, sizeof why), -1);
	ck_assert(path_exists(storefd, "/capture/thesis"));
}
END_TEST

START_TEST(a_capture_that_fails_leaves_the_old_one)
{
	char why[200];
	struct capture_copy c;

	make();
	ck_assert_int_eq(unlinkat(t.fd, "usr/bin/su", 0), 0);
	ck_assert_int_eq(mkdirat(t.fd, "usr/bin/su", 0755), 0);
	ck_assert_int_eq(capture_make(&t, t.capture, why, sizeof why), -1);
	ck_assert_ptr_nonnull(strstr(why, "/usr/bin/su"));
	ck_assert_int_eq(capture_find(&t, "/usr/bin/su", &c), 0);
	ck_assert(!path_exists(storefd, "/capture.new"));
}
END_TEST

START_TEST(facts_are_kept)
{
	char value[40];

	put(store, "/capture/manifest", "fact name=level value=a%20b\n");
	ck_assert_int_eq(capture_fact(&t, "level", value, sizeof value), 0);
	ck_assert_str_eq(value, "a b");
	ck_assert_int_eq(capture_fact(&t, "boot-uuid", value, sizeof value), -1);
}
END_TEST

/* fstab's word for where /boot lies, to be found again when nothing can be read there. */
START_TEST(boot_file_system_is_kept_by_its_uuid)
{
	char uuid[64];

	put(top, "/etc/fstab",
	    "# x\n/dev/sda1 / ext4 defaults 0 1\n"
	    "UUID=0b5e-77 /boot ext4 defaults 0 2\n");
	make();
	ck_assert_int_eq(capture_fact(&t, "boot-uuid", uuid, sizeof uuid), 0);
	ck_assert_str_eq(uuid, "0b5e-77");
	ck_assert_int_eq(capture_fact(&t, "no-such-fact", uuid, sizeof uuid), -1);
}
END_TEST

START_TEST(a_copy_comes_back_with_mode_and_the_file_behind_its_link)
{
	struct journal j;
	struct stat st;

	make();
	ck_assert_int_eq(unlinkat(t.fd, "usr/bin/su", 0), 0);
	ck_assert_int_eq(symlinkat("../lib/elsewhere", t.fd, "usr/bin/su"), 0);
	ck_assert_int_eq(unlinkat(t.fd, "lib", 0), 0);
	ck_assert_int_eq(place_remove_tree(t.fd, "usr/lib"), 0);
	ck_assert_int_eq(journal_open(&j, t.fd, "20260101-000000", 0), 0);
	ck_assert_int_eq(capture_adopt(&t, &j, "/bin/su"), 0);
	ck_assert_int_eq(capture_adopt(&t, &j, "/usr/lib/libcrypt.so.1"), 0);
	journal_close(&j);
	ck_assert_int_eq(path_stat(t.fd, "/usr/bin/su", false, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 04755);
	ck_assert(!path_exists(t.fd, "/usr/lib/elsewhere"));
	ck_assert_int_eq(path_stat(t.fd, "/usr/lib/libcrypt.so.1.1.0", false, &st), 0);
}
END_TEST

Suite *capture_suite(void)
{
	Suite *s = suite_create("capture");
	TCase *c = tcase_create("capture");

	tcase_add_checked_fixture(c, start, end);
	tcase_add_test(c, a_copy_is_found_by_all_its_names);
	tcase_add_test(c, mode_and_owner_are_recorded_and_the_copy_is_private);
	tcase_add_test(c, no_secret_is_taken);
	tcase_add_test(c, a_damaged_copy_is_none);
	tcase_add_test(c, any_damaged_manifest_gives_no_copy_or_the_recorded_one);
	tcase_add_test(c, links_in_a_circle_end);
	tcase_add_test(c, a_new_capture_takes_the_place_of_the_old);
	tcase_add_test(c, a_folder_of_somebody_else_is_left_alone);
	tcase_add_test(c, a_capture_that_fails_leaves_the_old_one);
	tcase_add_test(c, facts_are_kept);
	tcase_add_test(c, boot_file_system_is_kept_by_its_uuid);
	tcase_add_test(c, a_copy_comes_back_with_mode_and_the_file_behind_its_link);
	suite_add_tcase(s, c);
	return s;
}
