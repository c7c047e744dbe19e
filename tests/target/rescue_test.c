#include "target/rescue.h"

#include "../base/tree.h"

#include <sys/stat.h>

Suite *rescue_suite(void);

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WORDS "root=UUID=5d0c rootflags=subvol=@ ro noresume rd.recovery=1"
#define BODY                                                                                       \
	"kernel 6.1.0-9\nimage dracut\nhealth good\nversion 0.1\npayload " SUM                     \
	"\nconfig none\ndate 2026-11-25T07:10:36Z\nmachine-id \nlinux " SUM "\ninitrd " SUM        \
	"\noptions " WORDS "\n"

static struct rescue r;
static char top[64];
static int fd;

static int parse(const char *text)
{
	return rescue_parse(text, strlen(text), &r);
}

START_TEST(manifest_tells_its_values)
{
	ck_assert_int_eq(parse(BODY "later yes\nend\n"), 0);
	ck_assert_str_eq(r.kernel, "6.1.0-9");
	ck_assert_str_eq(r.health, "good");
	ck_assert_str_eq(r.initrd, SUM);
	ck_assert_str_eq(r.options, WORDS);
}
END_TEST

START_TEST(every_cut_manifest_is_none)
{
	static const char whole[] = BODY "end";

	for (size_t n = 0; n < sizeof whole - 1; n++)
		ck_assert_int_eq(rescue_parse(whole, n, &r), -1);
	ck_assert_int_eq(rescue_parse(whole, sizeof whole - 1, &r), 0);
}
END_TEST

START_TEST(hostile_values_are_none)
{
	char text[4000];

	ck_assert_int_eq(rescue_parse(BODY "kernel a\0b\nend\n", sizeof BODY + 14, &r), -1);
	snprintf(text, sizeof text, "%skernel %0200d\nend\n", BODY, 0);
	ck_assert_int_eq(parse(text), -1);
	ck_assert_int_eq(parse(BODY "health \nend\n"), -1);
}
END_TEST

START_TEST(last_word_of_a_name_counts)
{
	char value[20];

	ck_assert(rescue_word("xroot=a root=b  root=UUID=c ro", "root", value, sizeof value));
	ck_assert_str_eq(value, "UUID=c");
	ck_assert(!rescue_word("rootflags=subvol=@ root", "root", value, sizeof value));
	ck_assert(!rescue_word("root=12345678901234567890", "root", value, sizeof value));
	ck_assert(!rescue_word("", "root", value, sizeof value));
}
END_TEST

static bool in_menu(const char *text)
{
	return rescue_in_menu(text, strlen(text), WORDS);
}

START_TEST(menus_that_start_the_image_are_known)
{
	ck_assert(in_menu("menuentry 'x' {\n\tset rd_recovery='/rd-recovery/1'\n"
			  "\tlinux\t\"${rd_recovery}/linux\" " WORDS "\n}\n"));
	ck_assert(in_menu("title x\nlinux /rd-recovery/2/linux\noptions " WORDS "\n"));
}
END_TEST

START_TEST(other_menus_are_not)
{
	ck_assert(!in_menu(""));
	ck_assert(!in_menu("linux /vmlinuz " WORDS "\n"));
	ck_assert(!in_menu("\tlinux\t\"${rd_recovery}/linux\" root=UUID=other ro\n"));
	ck_assert(!in_menu("linux /rd-recovery/2/linux\noptions root=/dev/sda1\n"));
	ck_assert(!in_menu("linux /rd-recovery/2/linux\n# " WORDS "\n"));
}
END_TEST

static void start(void)
{
	fd = tree_make(top);
}

static void end(void)
{
	tree_remove(fd, top);
}

static void put(const char *path, const char *text)
{
	tree_put(top, path, text, strlen(text));
}

START_TEST(slot_two_is_in_use_when_it_is_whole)
{
	ck_assert_int_eq(rescue_find(top, "", &r), -1);
	put("/boot/rd-recovery/1/manifest", BODY "end\n");
	ck_assert_int_eq(rescue_find(top, "", &r), 0);
	ck_assert_str_eq(r.dir, "/rd-recovery/1");
	put("/boot/rd-recovery/2/manifest", BODY);
	ck_assert_int_eq(rescue_find(top, "", &r), 0);
	ck_assert_str_eq(r.dir, "/rd-recovery/1");
	put("/boot/rd-recovery/2/manifest", BODY "end\n");
	ck_assert_int_eq(rescue_find(top, "", &r), 0);
	ck_assert_str_eq(r.dir, "/rd-recovery/2");
}
END_TEST

START_TEST(image_on_the_esp_comes_first)
{
	char boot[100];

	put("/boot/rd-recovery/1/manifest", BODY "end\n");
	put("/efi/rd-recovery/1/manifest", BODY "end\n");
	ck_assert_int_eq(rescue_find(top, "", &r), 0);
	snprintf(boot, sizeof boot, "%s/efi", top);
	ck_assert_str_eq(r.boot, boot);
	snprintf(boot, sizeof boot, "%s/boot", top);
	ck_assert_int_eq(rescue_find("/", boot, &r), 0);
	ck_assert_str_eq(r.boot, boot);
}
END_TEST

START_TEST(fifo_as_manifest_does_not_hang)
{
	put("/boot/rd-recovery/1/linux", "");
	ck_assert_int_eq(mkfifoat(fd, "boot/rd-recovery/1/manifest", 0600), 0);
	ck_assert_int_eq(rescue_find(top, "", &r), -1);
}
END_TEST

START_TEST(newest_kernel_goes_by_version_and_has_modules)
{
	char newest[80];

	ck_assert_int_eq(rescue_newest_kernel(fd, newest, sizeof newest), -1);
	put("/lib/modules/6.1.0-9/modules.dep", "");
	put("/lib/modules/6.1.0-10/modules.dep", "");
	put("/lib/modules/6.12.1/other", "");
	ck_assert_int_eq(rescue_newest_kernel(fd, newest, sizeof newest), 0);
	ck_assert_str_eq(newest, "6.1.0-10");
}
END_TEST

Suite *rescue_suite(void)
{
	Suite *s = suite_create("rescue");
	TCase *pure = tcase_create("pure"), *files = tcase_create("files");

	tcase_add_test(pure, manifest_tells_its_values);
	tcase_add_test(pure, every_cut_manifest_is_none);
	tcase_add_test(pure, hostile_values_are_none);
	tcase_add_test(pure, last_word_of_a_name_counts);
	tcase_add_test(pure, menus_that_start_the_image_are_known);
	tcase_add_test(pure, other_menus_are_not);
	suite_add_tcase(s, pure);
	tcase_add_checked_fixture(files, start, end);
	tcase_add_test(files, slot_two_is_in_use_when_it_is_whole);
	tcase_add_test(files, image_on_the_esp_comes_first);
	tcase_add_test(files, fifo_as_manifest_does_not_hang);
	tcase_add_test(files, newest_kernel_goes_by_version_and_has_modules);
	suite_add_tcase(s, files);
	return s;
}
