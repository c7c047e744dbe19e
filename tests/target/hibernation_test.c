#include "target/hibernation.h"

#include "../base/tree.h"

#include <sys/stat.h>

Suite *hibernation_suite(void);

static unsigned char page[65536];

START_TEST(swap_space_without_image_is_none)
{
	memset(page, 0, sizeof page);
	memcpy(page + 4086, "SWAPSPACE2", 10);
	ck_assert(!hibernation_mark(page, sizeof page));
}
END_TEST

START_TEST(image_is_found_at_every_page_size)
{
	for (size_t size = 4096; size <= sizeof page; size *= 2) {
		memset(page, 0, sizeof page);
		memcpy(page + size - 10, "S1SUSPEND\0", 10);
		ck_assert(hibernation_mark(page, sizeof page));
	}
}
END_TEST

START_TEST(short_device_is_no_image)
{
	memset(page, 0, sizeof page);
	memcpy(page + 4086, "S1SUSPEND", 9);
	ck_assert(!hibernation_mark(page, 4095));
}
END_TEST

static void put(const char *root, const char *path, const void *data, size_t len)
{
	char name[200];
	FILE *f;

	snprintf(name, sizeof name, "%s%s", root, path);
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(swap_of_the_targets_fstab_alone_is_looked_into)
{
	static const char named[] =
	    "# /swap none swap sw\n/missing none swap sw\n/swap none swap sw",
			  other[] = "/swap /mnt auto sw\n\377\0\n";
	char root[64], where[160] = "";
	struct target t = {.fd = tree_make(root)};

	memset(page, 0, sizeof page);
	memcpy(page + 4086, "S1SUSPEND", 9);
	ck_assert_int_eq(mkdirat(t.fd, "etc", 0755), 0);
	put(root, "/swap", page, sizeof page);
	ck_assert(!hibernation_of(&t, where, sizeof where));
	put(root, "/etc/fstab", other, sizeof other - 1);
	ck_assert(!hibernation_of(&t, where, sizeof where));
	put(root, "/etc/fstab", named, sizeof named - 1);
	ck_assert(hibernation_of(&t, where, sizeof where));
	ck_assert_str_eq(where, "/swap");
	put(root, "/swap", page, 100);
	ck_assert(!hibernation_of(&t, where, sizeof where));
	tree_remove(t.fd, root);
}
END_TEST

Suite *hibernation_suite(void)
{
	Suite *s = suite_create("hibernation");
	TCase *t = tcase_create("hibernation");

	tcase_add_test(t, swap_space_without_image_is_none);
	tcase_add_test(t, image_is_found_at_every_page_size);
	tcase_add_test(t, short_device_is_no_image);
	tcase_add_test(t, swap_of_the_targets_fstab_alone_is_looked_into);
	suite_add_tcase(s, t);
	return s;
}
