#include "run/root.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *root_suite(void);

static struct root_words words(const char *line)
{
	struct root_words w;

	root_words(&w, line, strlen(line));
	return w;
}

START_TEST(words_of_the_kernel_line_are_understood)
{
	struct root_words w =
	    words("BOOT_IMAGE=/vmlinuz root=UUID=1-2 rootfstype=btrfs rootflags=subvol=@,noatime "
		  "ro noresume init=/sbin/openrc-init quiet");

	ck_assert_str_eq(w.source, "UUID=1-2");
	ck_assert_str_eq(w.type, "btrfs");
	ck_assert_str_eq(w.flags, "subvol=@,noatime");
	ck_assert_str_eq(w.init, "/sbin/openrc-init");
	ck_assert(!w.writable && !w.wait && w.noresume);
	ck_assert_int_eq(root_patience(&w), 30);
}
END_TEST

START_TEST(quotes_are_no_part_of_a_name)
{
	ck_assert_str_eq(words("root=\"LABEL=my disk\" ro").source, "LABEL=my disk");
	ck_assert_str_eq(words("\"root=LABEL=my disk\"").source, "LABEL=my disk");
	ck_assert_str_eq(words("root=UUID=\"1-2\"").source, "UUID=1-2");
}
END_TEST

START_TEST(last_word_of_a_kind_wins)
{
	struct root_words w = words("root=/dev/a rw root=/dev/b ro rw");

	ck_assert_str_eq(w.source, "/dev/b");
	ck_assert(w.writable);
	ck_assert(!words("rw ro").writable);
}
END_TEST

START_TEST(nothing_waits_for_ever)
{
	struct root_words w = words("rootwait");

	ck_assert_int_eq(root_patience(&w), 600);
	w = words("rootdelay=7"); /* a delay of the kernel's, not the end of all patience */
	ck_assert_int_eq(root_patience(&w), 30);
	w = words("rootdelay=70");
	ck_assert_int_eq(root_patience(&w), 70);
	w = words("rootwait=90 rootdelay=70");
	ck_assert_int_eq(root_patience(&w), 90);
	w = words("rootdelay=700");
	ck_assert_int_eq(root_patience(&w), 600);
	w = words("rootwait=5");
	ck_assert_int_eq(root_patience(&w), 30);
	w = words("rootwait=x");
	ck_assert_int_eq(root_patience(&w), 30);
	w = words("rootdelay=99999999999999999999");
	ck_assert_int_eq(root_patience(&w), 30);
	w = words("rootdelay=-1");
	ck_assert_int_eq(root_patience(&w), 30);
	w = words("rootdelay=");
	ck_assert_int_eq(root_patience(&w), 30);
}
END_TEST

START_TEST(what_is_too_long_was_not_said)
{
	char *line = malloc(4000);

	memset(line, 'x', 3999);
	line[3999] = '\0';
	memcpy(line, "root=", 5);
	ck_assert_str_eq(words(line).source, "");
	line[300] = '\0';
	ck_assert_str_eq(words(line).source, "");
	free(line);
	ck_assert_str_eq(words("roots=/dev/a xroot=/dev/b root").source, "");
}
END_TEST

START_TEST(only_plain_devices_are_waited_for)
{
	ck_assert(root_can_appear("UUID=1"));
	ck_assert(root_can_appear("PARTLABEL=root"));
	ck_assert(root_can_appear("/dev/nvme0n1p2"));
	ck_assert(root_can_appear("/dev/disk/by-partlabel/root"));
	ck_assert(root_can_appear("/dev/disk/by-partuuid/1-2"));
	ck_assert(root_can_appear("/dev/disk/by-uuid/1"));
	ck_assert(root_can_appear("/dev/disk/by-label/root"));
	ck_assert(root_can_appear("8:3"));
	ck_assert(root_can_appear("0803"));
	ck_assert(!root_can_appear("8:3x"));
	ck_assert(!root_can_appear("PARTUUID=1-2/PARTNROFF=1"));
	ck_assert(!root_can_appear("/dev/disk/by-id/nvme-x"));
	ck_assert(!root_can_appear("/dev/disk/by-path/pci-0"));
	ck_assert(!root_can_appear("/dev/mapper/vg-root"));
	ck_assert(!root_can_appear("/dev/md0"));
	ck_assert(!root_can_appear("nfs:server:/root"));
	ck_assert(!root_can_appear("live:CDLABEL=x"));
	ck_assert(!root_can_appear(""));
}
END_TEST

static const struct root_system plain = {.device = "/dev/a", .has_init = true, .used = 100};

static int choose(const struct root_system *list, unsigned n, const char *part)
{
	char why[160] = "";
	int i = root_choose(list, n, why, sizeof why);

	ck_assert_msg(strstr(why, part) != NULL, "%s", why);
	return i;
}

START_TEST(only_system_is_taken)
{
	ck_assert_int_eq(choose(&plain, 1, "only"), 0);
	ck_assert_int_eq(choose(NULL, 0, ""), -1);
}
END_TEST

START_TEST(newest_of_equals_is_taken)
{
	struct root_system list[3] = {plain, plain, plain};

	list[1].used = 200;
	list[2].used = 150;
	ck_assert_int_eq(choose(list, 3, "last used, 1970-01-01T00:03:20Z"), 1);
}
END_TEST

START_TEST(own_fstab_weighs_more_than_age)
{
	struct root_system list[2] = {plain, plain};

	list[0].fstab = 1;
	list[1].used = 200;
	ck_assert_int_eq(choose(list, 2, "fstab"), 0);
	/* a copy of a system, whose fstab means the original */
	list[0].fstab = 0;
	list[1].fstab = -1;
	ck_assert_int_eq(choose(list, 2, "only"), 0);
}
END_TEST

START_TEST(own_fstab_weighs_more_than_an_init)
{
	struct root_system list[2] = {plain, plain};

	list[1].has_init = false; /* it may be what is broken */
	list[1].fstab = 1;
	ck_assert_int_eq(choose(list, 2, "fstab"), 1);
	list[1].fstab = 0;
	list[1].used = 200;
	ck_assert_int_eq(choose(list, 2, "init"), 0);
}
END_TEST

START_TEST(system_that_says_it_lies_elsewhere_is_never_taken)
{
	struct root_system list[2] = {plain, plain};

	list[0].fstab = -1;
	ck_assert_int_eq(choose(list, 1, ""), -1);
	list[1].has_init = false;
	ck_assert_int_eq(choose(list, 2, "only"), 1);
	list[1].fstab = -1;
	ck_assert_int_eq(choose(list, 2, ""), -1);
}
END_TEST

START_TEST(default_subvolume_is_taken_before_its_snapshots)
{
	struct root_system list[2] = {plain, plain};

	strcpy(list[0].subvolume, "@old");
	list[0].used = 200;
	list[1].preset = true;
	ck_assert_int_eq(choose(list, 2, "default subvolume"), 1);
}
END_TEST

Suite *root_suite(void)
{
	Suite *s = suite_create("root");
	TCase *t = tcase_create("root");

	tcase_add_test(t, words_of_the_kernel_line_are_understood);
	tcase_add_test(t, quotes_are_no_part_of_a_name);
	tcase_add_test(t, last_word_of_a_kind_wins);
	tcase_add_test(t, nothing_waits_for_ever);
	tcase_add_test(t, what_is_too_long_was_not_said);
	tcase_add_test(t, only_plain_devices_are_waited_for);
	tcase_add_test(t, only_system_is_taken);
	tcase_add_test(t, newest_of_equals_is_taken);
	tcase_add_test(t, own_fstab_weighs_more_than_age);
	tcase_add_test(t, own_fstab_weighs_more_than_an_init);
	tcase_add_test(t, system_that_says_it_lies_elsewhere_is_never_taken);
	tcase_add_test(t, default_subvolume_is_taken_before_its_snapshots);
	suite_add_tcase(s, t);
	return s;
}
