#include "base/mount.h"

#include "tree.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

Suite *mount_suite(void);

static int info(const char *line, struct mount_entry *m)
{
	return mount_parse_line(line, strlen(line), m);
}

START_TEST(mountinfo_line_is_understood)
{
	struct mount_entry m;

	ck_assert_int_eq(info("36 35 98:1 /sub /mnt\\040a rw,noatime master:1 shared:2 - ext4 "
			      "/dev/sda1 rw,errors=continue",
			      &m),
			 0);
	ck_assert_uint_eq(m.id, 36);
	ck_assert_uint_eq(m.major, 98);
	ck_assert_str_eq(m.root, "/sub");
	ck_assert_str_eq(m.point, "/mnt a");
	ck_assert_str_eq(m.type, "ext4");
	ck_assert_str_eq(m.source, "/dev/sda1");
	ck_assert_str_eq(m.super, "rw,errors=continue");
}
END_TEST

START_TEST(mountinfo_hostile_lines_are_refused)
{
	static const char *const bad[] = {"",
					  "x",
					  "1 2 3:4",
					  "1 2 3:4 /",
					  "1 2 3:4 / relative rw - t s o",
					  "1 2 3:4 / / rw",
					  "1 2 3:4 / / rw shared:1",
					  "1 2 3:4 / / rw -"};
	static char giant[20000] = "1 2 3:4 / /";
	struct mount_entry m;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(info(bad[i], &m) == -1, "%s", bad[i]);
	memset(giant + 11, 'a', sizeof giant - 12);
	ck_assert_int_eq(info(giant, &m), -1);
}
END_TEST

static int tab(const char *line, struct fstab_entry *e)
{
	return fstab_parse_line(line, strlen(line), e);
}

START_TEST(fstab_lines_are_entries_blank_or_malformed)
{
	static char giant[2000];
	struct fstab_entry e;

	ck_assert_int_eq(tab("UUID=1-2\t/a\\040b  ext4 ro,noauto 0 2\r", &e), 1);
	ck_assert_str_eq(e.source, "UUID=1-2");
	ck_assert_str_eq(e.point, "/a b");
	ck_assert_str_eq(e.options, "ro,noauto");
	ck_assert_int_eq(tab("/dev/a / ext4", &e), 1);
	ck_assert_str_eq(e.options, "defaults");
	ck_assert_int_eq(tab("", &e), 0);
	ck_assert_int_eq(tab("  # /dev/a / ext4", &e), 0);
	ck_assert_int_eq(tab("/dev/a /", &e), -1);
	ck_assert_int_eq(tab("/dev/a /\\000x ext4", &e), -1);
	memset(giant, 'a', sizeof giant - 1);
	ck_assert_int_eq(tab(giant, &e), -1);
}
END_TEST

START_TEST(mount_find_knows_proc)
{
	struct mount_entry m;

	ck_assert_int_eq(mount_find("/proc", &m), 0);
	ck_assert_str_eq(m.type, "proc");
	ck_assert_int_eq(mount_find("/no/such/mount", &m), -1);
}
END_TEST

static const char *subvolume(const char *options)
{
	static char name[8];

	mount_subvolume(options, name, sizeof name);
	return name;
}

START_TEST(subvolume_is_an_option_of_its_own)
{
	ck_assert_str_eq(subvolume("noatime,subvol=@home,ro"), "@home");
	ck_assert_str_eq(subvolume("subvol=//@"), "@");
	ck_assert_str_eq(subvolume("subvol=@,subvol=@b"), "@b");
	ck_assert_str_eq(subvolume("subvol=/"), "");
	ck_assert_str_eq(subvolume("x-old.subvol=@,subvolid=5"), "");
	ck_assert_str_eq(subvolume("subvol=longer-than"), "longer-");
	ck_assert_str_eq(subvolume(""), "");
}
END_TEST

/* A tmpfs stands for a disk: what is asked for on top of a type's own words reaches the kernel. */
START_TEST(look_mounts_read_only_and_takes_no_words_cut_short)
{
	char dir[64], long_words[400];
	int fd = tree_make(dir);
	struct mount_entry m;

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount_look("disk", "tmpfs", dir, "size=64k,mode=0711"), 0);
	ck_assert_int_eq(mount_find(dir, &m), 0);
	ck_assert_ptr_nonnull(strstr(m.options, "ro,nosuid,nodev,noexec"));
	ck_assert_ptr_nonnull(strstr(m.super, "size=64k"));
	ck_assert_ptr_nonnull(strstr(m.super, "mode=711"));
	ck_assert_int_eq(umount(dir), 0);
	ck_assert_int_eq(mount_look("disk", "tmpfs", dir, NULL), 0);
	ck_assert_int_eq(umount(dir), 0);
	ck_assert_int_eq(mount_look("/dev/null", "ext3", dir, "x"), -1); /* no disk */
	memset(long_words, 'x', sizeof long_words - 1);
	long_words[sizeof long_words - 1] = '\0';
	ck_assert_int_eq(mount_look("disk", "xfs", dir, long_words), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	tree_remove(fd, dir);
}
END_TEST

Suite *mount_suite(void)
{
	Suite *s = suite_create("mount");
	TCase *t = tcase_create("mount");

	tcase_add_test(t, mountinfo_line_is_understood);
	tcase_add_test(t, mountinfo_hostile_lines_are_refused);
	tcase_add_test(t, fstab_lines_are_entries_blank_or_malformed);
	tcase_add_test(t, mount_find_knows_proc);
	tcase_add_test(t, subvolume_is_an_option_of_its_own);
	tcase_add_test(t, look_mounts_read_only_and_takes_no_words_cut_short);
	suite_add_tcase(s, t);
	return s;
}
