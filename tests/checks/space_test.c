#include "checks/space.h"

#include <check.h>

Suite *space_suite(void);

#define MIB 256u /* blocks of 4 KiB */

static struct statvfs disk(unsigned long blocks, unsigned long left, unsigned long inodes,
			   unsigned long free_inodes)
{
	return (struct statvfs){.f_frsize = 4096,
				.f_blocks = blocks,
				.f_bavail = left,
				.f_files = inodes,
				.f_favail = free_inodes};
}

START_TEST(full_is_no_block_or_no_inode_for_users)
{
	struct statvfs v = disk(1000 * MIB, 0, 1000, 500);

	ck_assert(space_full(&v));
	v = disk(1000 * MIB, 2 * MIB, 1000, 500);
	ck_assert(!space_full(&v));
	v.f_favail = 0;
	ck_assert(space_full(&v));
	v.f_files = 0; /* btrfs counts none */
	ck_assert(!space_full(&v));
}
END_TEST

START_TEST(an_image_is_full_by_design)
{
	struct statvfs v = disk(1000 * MIB, 0, 1000, 0);

	v.f_flag = ST_RDONLY;
	ck_assert(!space_full(&v));
}
END_TEST

START_TEST(no_more_is_deleted_than_needed)
{
	struct statvfs v = disk(100000 * MIB, 64 * MIB, 1000000, 1024);

	ck_assert(space_enough(&v));
	v.f_bavail--;
	ck_assert(!space_enough(&v));
	v = disk(100 * MIB, 5 * MIB, 1000, 50);
	ck_assert(space_enough(&v));
	v.f_favail = 49;
	ck_assert(!space_enough(&v));
}
END_TEST

START_TEST(enough_is_never_full)
{
	for (unsigned blocks = 0; blocks < 100 * MIB; blocks += 97)
		for (unsigned inodes = 0; inodes < 600; inodes += 31) {
			struct statvfs v = disk(blocks, blocks / 20, inodes, inodes / 20);

			ck_assert(!space_enough(&v) || !space_full(&v));
		}
}
END_TEST

START_TEST(archives_a_login_is_repaired_from_are_kept)
{
	static const char kept[][44] = {
	    "libcrypt1_1%3a4.4.33-2_amd64.deb", "libxcrypt-4.4.36-1-x86_64.pkg.tar.zst",
	    "libpam-modules_1.5.2-6_amd64.deb", "glibc-2.38-1-x86_64.pkg.tar.zst",
	    "pam-1.5.3-3.x86_64.rpm",		"util-linux-2.39-1-x86_64.pkg.tar.zst"};

	for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
		ck_assert_msg(space_keep(kept[i]), "%s", kept[i]);
	ck_assert(!space_keep("linux-image-6.1.0_amd64.deb"));
	ck_assert(!space_keep(""));
}
END_TEST

Suite *space_suite(void)
{
	Suite *s = suite_create("space");
	TCase *c = tcase_create("space");

	tcase_add_test(c, full_is_no_block_or_no_inode_for_users);
	tcase_add_test(c, an_image_is_full_by_design);
	tcase_add_test(c, no_more_is_deleted_than_needed);
	tcase_add_test(c, enough_is_never_full);
	tcase_add_test(c, archives_a_login_is_repaired_from_are_kept);
	suite_add_tcase(s, c);
	return s;
}
