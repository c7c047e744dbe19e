#include "base/device.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *device_suite(void);

#define IMAGE (16u << 20)

static char image[64];

static void setup(void)
{
	int fd;

	strcpy(image, "/tmp/rddevice.XXXXXX");
	fd = mkstemp(image);
	ck_assert_int_eq(ftruncate(fd, IMAGE), 0);
	close(fd);
}

static void teardown(void)
{
	unlink(image);
}

static void write_at(size_t at, const void *data, size_t len)
{
	int fd = open(image, O_WRONLY);

	ck_assert_int_eq(pwrite(fd, data, len, (off_t)at), (ssize_t)len);
	close(fd);
}

static void mkfs(const char *command)
{
	char line[200];

	snprintf(line, sizeof line, "%s %s >/dev/null 2>&1", command, image);
	ck_assert_int_eq(system(line), 0);
}

START_TEST(file_system_is_known_by_its_names)
{
	struct device d;

	mkfs("mke2fs -q -t ext4 -L 'my root' -U 0f2b8d4e-8a31-4d0a-9d37-2d65d5a6b1c0");
	ck_assert_int_eq(device_look(image, &d), 0);
	ck_assert_str_eq(d.path, image);
	ck_assert_str_eq(d.type, "ext4");
	ck_assert(d.filesystem);
	ck_assert(device_is(&d, "UUID=0f2b8d4e-8a31-4d0a-9d37-2d65d5a6b1c0"));
	ck_assert(device_is(&d, "UUID=\"0F2B8D4E-8A31-4D0A-9D37-2D65D5A6B1C0\""));
	ck_assert(device_is(&d, "LABEL=my root"));
	ck_assert(device_is(&d, "LABEL='my root'"));
	ck_assert(device_is(&d, "/dev/disk/by-label/my\\x20root"));
	ck_assert(device_is(&d, "/dev/disk/by-uuid/0f2b8d4e-8a31-4d0a-9d37-2d65d5a6b1c0"));
	ck_assert(device_is(&d, image));
}
END_TEST

START_TEST(another_name_is_another_device)
{
	static const char *const others[] = {"LABEL=My Root",
					     "LABEL=",
					     "LABEL=\"",
					     "UUID=",
					     "PARTUUID=",
					     "PARTLABEL=",
					     "ID=x",
					     "/dev/vda",
					     "",
					     "UUID",
					     "/dev/disk/by-uuid/",
					     "/dev/disk/by-label",
					     "server:/export"};
	struct device d;

	mkfs("mke2fs -q -t ext4 -L 'my root'");
	ck_assert_int_eq(device_probe(image, &d), 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(!device_is(&d, others[i]), "%s", others[i]);
}
END_TEST

START_TEST(device_is_known_by_its_number)
{
	struct device d = {.path = "/dev/sda3", .major = 8, .minor = 3};
	struct device far = {.path = "/dev/x", .major = 259, .minor = 300};

	ck_assert(device_is(&d, "8:3"));
	ck_assert(device_is(&d, "803"));
	ck_assert(device_is(&d, "0803"));
	ck_assert(device_is(&far, "259:300"));
	ck_assert(device_is(&far, "11032c"));
	ck_assert(!device_is(&d, "8:4"));
	ck_assert(!device_is(&d, "8:3x"));
	ck_assert(!device_is(&d, "8:"));
	ck_assert(!device_is(&d, "0x803"));
	ck_assert(!device_is(&d, ""));
	ck_assert(!device_is(&(struct device){.path = "/image"}, "0:0"));
	ck_assert(!device_is(&(struct device){.path = "/image"}, "0"));
}
END_TEST

START_TEST(devices_of_one_btrfs_are_no_copies_of_each_other)
{
	struct device a = {.type = "btrfs", .uuid = "1", .part = "a"}, b = a;

	ck_assert(!device_shares(&a, &b)); /* the same device twice: a copy */
	strcpy(b.part, "b");
	ck_assert(device_shares(&a, &b));
	strcpy(b.uuid, "2");
	ck_assert(!device_shares(&a, &b));
}
END_TEST

START_TEST(btrfs_is_known)
{
	struct device d;
	int fd = open(image, O_WRONLY);

	ck_assert_int_eq(ftruncate(fd, 128 << 20), 0);
	close(fd);
	mkfs("mkfs.btrfs -q -L b");
	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert_str_eq(d.type, "btrfs");
	ck_assert(device_is(&d, "LABEL=b"));
	ck_assert_str_ne(d.part, "");
}
END_TEST

START_TEST(encrypted_volume_is_named_and_no_file_system)
{
	struct device d;

	write_at(0, "LUKS\xba\xbe\0\1", 8);
	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert(!d.filesystem);
	ck_assert_str_eq(device_container(&d), "a LUKS volume");
	ck_assert_ptr_null(device_container(&(struct device){.type = "ext4"}));
	ck_assert_ptr_null(device_container(&(struct device){0}));
}
END_TEST

START_TEST(sleeping_swap_is_told_from_swap)
{
	struct device d;

	mkfs("mkswap");
	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert_str_eq(d.type, "swap");
	write_at(4096 - 10, "S1SUSPEND\0", 10);
	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert_str_eq(d.type, "swsuspend");
}
END_TEST

/* A member with its superblock at the end begins like its file system. */
START_TEST(raid_member_is_not_taken_for_what_lies_in_it)
{
	static const unsigned char magic[] = {0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0};
	unsigned char super[256] = {0};
	struct device d;

	mkfs("mke2fs -q -t ext4");
	memcpy(super, magic, sizeof magic);
	super[0x80] = (IMAGE / 512 - 16) & 0xff; /* super_offset, in sectors */
	super[0x81] = ((IMAGE / 512 - 16) >> 8) & 0xff;
	super[0x90] = (IMAGE / 512 - 16) & 0xff;
	super[0x91] = ((IMAGE / 512 - 16) >> 8) & 0xff;
	write_at(IMAGE - 16 * 512, super, sizeof super);
	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert_str_eq(d.type, "linux_raid_member");
}
END_TEST

/* Silicon Image's metadata, whose name no list here has: in the last sector. */
START_TEST(raid_of_a_kind_no_list_has_is_a_container_too)
{
	unsigned char super[512] = {0};
	unsigned sum = 0;
	struct device d;

	mkfs("mke2fs -q -t ext4");
	super[0x60] = 0x00, super[0x61] = 0x00, super[0x62] = 0x00, super[0x63] = 0x2F; /* magic */
	super[0x119] = 2; /* major_ver */
	for (int i = 0; i < 0x13e; i += 2)
		sum += super[i] | (unsigned)super[i + 1] << 8;
	sum = (0x10000 - (sum & 0xffff)) & 0xffff;
	super[0x13e] = sum & 0xff;
	super[0x13f] = sum >> 8 & 0xff;
	write_at(IMAGE - sizeof super, super, sizeof super);
	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert_str_eq(d.type, "silicon_medley_raid_member");
	ck_assert_ptr_nonnull(device_container(&d));
}
END_TEST

START_TEST(partition_of_a_container_is_one_too)
{
	struct device disk = {.type = "isw_raid_member", .hides = true};
	struct device d = {.path = "/dev/a1", .type = "ext4", .filesystem = true, .uuid = "1-2"};

	device_inherit(&d, &(struct device){.type = "ext4", .filesystem = true});
	ck_assert(d.filesystem);
	ck_assert_ptr_null(device_container(&d));
	device_inherit(&d, &disk);
	ck_assert_str_eq(d.type, "isw_raid_member");
	ck_assert_str_eq(device_container(&d), "a member of a firmware RAID");
	ck_assert(!d.filesystem);
	ck_assert(device_is(&d, "UUID=1-2")); /* that it is meant is to be known */
}
END_TEST

START_TEST(disk_and_holders_are_known_from_sysfs)
{
	char dir[] = "/tmp/rdsysfs.XXXXXX", command[600], folder[80], disk[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(command, sizeof command,
		 "cd %s && mkdir -p class 'devices/cciss!c0d0/cciss!c0d0p1' "
		 "devices/sda/sda1/holders/dm-0 "
		 "devices/sda/holders && "
		 "echo 1 >devices/sda/sda1/partition && "
		 "echo 1 >'devices/cciss!c0d0/cciss!c0d0p1/partition' && ln -s "
		 "../devices/sda/sda1 ../devices/sda '../devices/cciss!c0d0/cciss!c0d0p1' class",
		 dir);
	ck_assert_int_eq(system(command), 0);
	snprintf(folder, sizeof folder, "%s/class", dir);
	ck_assert(device_disk(folder, "sda1", disk, sizeof disk));
	ck_assert_str_eq(disk, "sda");
	ck_assert(device_disk(folder, "cciss/c0d0p1", disk, sizeof disk));
	ck_assert_str_eq(disk, "cciss/c0d0");
	ck_assert(!device_disk(folder, "sda", disk, sizeof disk));
	ck_assert(!device_disk(folder, "sdb1", disk, sizeof disk));
	ck_assert(device_held(folder, "sda1"));
	ck_assert(!device_held(folder, "sda"));
	ck_assert(!device_held(folder, "cciss/c0d0"));
	snprintf(command, sizeof command, "rm -r --one-file-system %s", dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(noise_and_emptiness_are_nothing)
{
	unsigned char noise[65536];
	struct device d;
	unsigned seed = 1;

	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert_str_eq(d.type, "");
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
	write_at(0, noise, sizeof noise);
	ck_assert_int_eq(device_probe(image, &d), 0);
	ck_assert(!d.filesystem);
}
END_TEST

START_TEST(what_is_no_disk_fails_at_once)
{
	char path[80];
	struct device d;

	ck_assert_int_eq(device_look("/no/such/device", &d), -1);
	ck_assert_str_eq(d.path, "/no/such/device");
	ck_assert_int_eq(device_look("/dev/null", &d), -1);
	snprintf(path, sizeof path, "%s.fifo", image);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(device_look(path, &d), -1);
	unlink(path);
	ck_assert_int_eq(device_look("/tmp", &d), -1);
}
END_TEST

START_TEST(path_is_taken_as_it_is_and_an_unknown_name_is_no_device)
{
	char path[100];

	ck_assert_int_eq(device_find("/dev/vda", path, sizeof path), 0);
	ck_assert_str_eq(path, "/dev/vda");
	ck_assert_int_eq(device_find("UUID=none-has-this", path, sizeof path), -1);
	ck_assert_int_eq(device_find("LABEL=../../dev/null", path, sizeof path), -1);
	ck_assert_int_eq(device_find("/dev/disk/by-uuid/none-has-this", path, sizeof path), -1);
	ck_assert_int_eq(device_find("server:/export", path, sizeof path), -1);
	ck_assert_int_eq(device_find("", path, sizeof path), -1);
}
END_TEST

START_TEST(only_disks_count)
{
	ck_assert(device_counts("sda1"));
	ck_assert(device_counts("nvme0n1p2"));
	ck_assert(device_counts("mmcblk0p2"));
	ck_assert(!device_counts("loop0"));
	ck_assert(!device_counts("sr0"));
	ck_assert(!device_counts(".."));
	ck_assert(!device_counts(""));
}
END_TEST

Suite *device_suite(void)
{
	Suite *s = suite_create("device");
	TCase *t = tcase_create("device");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, file_system_is_known_by_its_names);
	tcase_add_test(t, another_name_is_another_device);
	tcase_add_test(t, device_is_known_by_its_number);
	tcase_add_test(t, devices_of_one_btrfs_are_no_copies_of_each_other);
	tcase_add_test(t, btrfs_is_known);
	tcase_add_test(t, encrypted_volume_is_named_and_no_file_system);
	tcase_add_test(t, sleeping_swap_is_told_from_swap);
	tcase_add_test(t, raid_member_is_not_taken_for_what_lies_in_it);
	tcase_add_test(t, raid_of_a_kind_no_list_has_is_a_container_too);
	tcase_add_test(t, partition_of_a_container_is_one_too);
	tcase_add_test(t, disk_and_holders_are_known_from_sysfs);
	tcase_add_test(t, noise_and_emptiness_are_nothing);
	tcase_add_test(t, what_is_no_disk_fails_at_once);
	tcase_add_test(t, path_is_taken_as_it_is_and_an_unknown_name_is_no_device);
	tcase_add_test(t, only_disks_count);
	suite_add_tcase(s, t);
	return s;
}
