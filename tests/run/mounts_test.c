#include "run/mounts.h"

#include <check.h>
#include <string.h>
#include <sys/mount.h>

Suite *mounts_suite(void);

static bool wanted(const char *line)
{
	struct fstab_entry e;

	ck_assert_int_eq(fstab_parse_line(line, strlen(line), &e), 1);
	return mounts_wanted(&e);
}

START_TEST(what_holds_the_named_folders_is_wanted)
{
	ck_assert(wanted("UUID=a /boot ext4 noauto 0 2"));
	ck_assert(wanted("LABEL=v /var/log btrfs subvol=@log 0 0"));
	ck_assert(wanted("/dev/sda1 /boot/efi vfat umask=0077 0 1"));
}
END_TEST

START_TEST(all_else_stays_unmounted)
{
	ck_assert(!wanted("UUID=a / ext4 defaults 0 1"));
	ck_assert(!wanted("UUID=a /varia ext4 defaults 0 1"));
	ck_assert(!wanted("UUID=a none swap sw 0 0"));
	ck_assert(!wanted("tmpfs /var/tmp tmpfs size=1g 0 0"));
}
END_TEST

START_TEST(options_become_flags_and_data)
{
	char data[64];

	ck_assert_uint_eq(
	    mounts_flags("defaults,noatime,ro,subvol=@home,nofail,x-gvfs-show", data, sizeof data),
	    MS_NOATIME | MS_RDONLY);
	ck_assert_str_eq(data, "subvol=@home");
}
END_TEST

START_TEST(swap_file_is_known_to_lie_on_another_file_system)
{
	static const char text[] = "UUID=a / btrfs subvol=@ 0 0\n"
				   "UUID=b /swap/deep ext4 defaults 0 0\n"
				   "UUID=a /swap btrfs subvol=@swap 0 0\n"
				   "malformed\n"
				   "/swap/file none swap sw 0 0\n";
	struct fstab_entry e;

	ck_assert_str_eq(mounts_holder(text, sizeof text - 1, "/swap/file", &e), "/file");
	ck_assert_str_eq(e.options, "subvol=@swap");
	ck_assert_str_eq(mounts_holder(text, sizeof text - 1, "/swap/deep/a/b", &e), "/a/b");
	ck_assert_str_eq(e.source, "UUID=b");
	ck_assert_ptr_null(mounts_holder(text, sizeof text - 1, "/swapfile", &e));
	ck_assert_ptr_null(mounts_holder(text, sizeof text - 1, "/swap", &e));
	ck_assert_ptr_null(mounts_holder(text, sizeof text - 1, "UUID=a", &e));
	ck_assert_ptr_null(mounts_holder("", 0, "/swap/file", &e));
}
END_TEST

START_TEST(name_the_kernel_gives_by_chance_is_known)
{
	ck_assert(mounts_kernel_name("/dev/sda2"));
	ck_assert(mounts_kernel_name("/dev/nvme0n1p1"));
	ck_assert(mounts_kernel_name("/dev/mmcblk0p2"));
	ck_assert(!mounts_kernel_name("/dev/mapper/sda2_crypt"));
	ck_assert(!mounts_kernel_name("/dev/disk/by-uuid/a"));
	ck_assert(!mounts_kernel_name("/dev/vg/home"));
	ck_assert(!mounts_kernel_name("UUID=a"));
	ck_assert(!mounts_kernel_name("/dev"));
}
END_TEST

/* Where root lies is asked of the kernel: here it is no disk's. */
START_TEST(name_that_nothing_confirms_is_not_believed)
{
	struct mounts m = {.root = "/proc", .root_source = "UUID=a"};
	struct fstab_entry e = {.source = "/dev/sda2", .point = "/home"};

	ck_assert(!mounts_believed(&m, &e));
	strcpy(m.root_source, "/dev/sda1");
	ck_assert(!mounts_believed(&m, &e));
	strcpy(e.source, "UUID=b");
	ck_assert(mounts_believed(&m, &e));
	strcpy(e.source, "/dev/sda2");
	strcpy(m.root, "/"); /* the running system found it by these names */
	ck_assert(mounts_believed(&m, &e));
}
END_TEST

Suite *mounts_suite(void)
{
	Suite *s = suite_create("mounts");
	TCase *t = tcase_create("mounts");

	tcase_add_test(t, what_holds_the_named_folders_is_wanted);
	tcase_add_test(t, all_else_stays_unmounted);
	tcase_add_test(t, options_become_flags_and_data);
	tcase_add_test(t, swap_file_is_known_to_lie_on_another_file_system);
	tcase_add_test(t, name_the_kernel_gives_by_chance_is_known);
	tcase_add_test(t, name_that_nothing_confirms_is_not_believed);
	suite_add_tcase(s, t);
	return s;
}
