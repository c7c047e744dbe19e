#include "target/hibernation.h"

#include <check.h>
#include <string.h>

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

Suite *hibernation_suite(void)
{
	Suite *s = suite_create("hibernation");
	TCase *t = tcase_create("hibernation");

	tcase_add_test(t, swap_space_without_image_is_none);
	tcase_add_test(t, image_is_found_at_every_page_size);
	tcase_add_test(t, short_device_is_no_image);
	suite_add_tcase(s, t);
	return s;
}
