#include "base/module.h"

#include "base/buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *module_suite(void);

static const char dep[] = "kernel/fs/ext4/ext4.ko: kernel/fs/mbcache.ko kernel/fs/jbd2/jbd2.ko\n"
			  "kernel/fs/jbd2/jbd2.ko:\n"
			  "kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio.ko\n"
			  "crc32c-intel.ko:\n";

START_TEST(module_is_found_by_name_in_either_spelling)
{
	struct module_line l;

	ck_assert(module_find(dep, sizeof dep - 1, "ext4", &l));
	ck_assert_uint_eq(l.len, strlen("kernel/fs/ext4/ext4.ko"));
	ck_assert(
	    !strncmp(l.needs, " kernel/fs/mbcache.ko kernel/fs/jbd2/jbd2.ko\n", l.nneeds + 1));
	ck_assert(module_find(dep, sizeof dep - 1, "jbd2", &l));
	ck_assert_uint_eq(l.nneeds, 0);
	ck_assert(module_find(dep, sizeof dep - 1, "virtio-blk", &l));
	ck_assert(module_find(dep, sizeof dep - 1, "crc32c_intel", &l));
}
END_TEST

START_TEST(part_of_a_name_is_another_module)
{
	static const char *const others[] = {"ext", "xt4", "ext4.ko", "", "virtio_bl", "fs/ext4"};
	struct module_line l;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(!module_find(dep, sizeof dep - 1, others[i], &l), "%s", others[i]);
}
END_TEST

START_TEST(hostile_modules_dep_is_survived)
{
	static const char *const bad[] = {"",	  "\n\n", "no colon", ":",
					  ".ko:", "/",	  "x.ko",     "a/:b/"};
	struct module_line l;
	char *giant = malloc(1 << 20);

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert(!module_find(bad[i], strlen(bad[i]), "x", &l));
	memset(giant, 'x', 1 << 20);
	ck_assert(!module_find(giant, 1 << 20, "x", &l));
	free(giant);
}
END_TEST

static bool matches(const char *pattern, const char *alias)
{
	return module_matches(pattern, strlen(pattern), alias);
}

START_TEST(alias_matches_as_kmod_matches)
{
	ck_assert(matches("virtio:d00000002v*", "virtio:d00000002v00001AF4"));
	ck_assert(!matches("virtio:d00000002v*", "virtio:d00000001v00001AF4"));
	ck_assert(matches("usb:v*p*d*dc*dsc*dp*ic08isc06ip50in*",
			  "usb:v0781p5567d0100dc00dsc00dp00ic08isc06ip50in00"));
	ck_assert(matches("usb:v152Dp0539d010[0-5]dc*", "usb:v152Dp0539d0103dc00"));
	ck_assert(!matches("usb:v152Dp0539d010[0-5]dc*", "usb:v152Dp0539d0106dc00"));
	ck_assert(matches("fs-ext4", "fs_ext4"));
	ck_assert(!matches("fs-ext4", "fs-ext"));
	ck_assert(!matches("fs-ext", "fs-ext4"));
	ck_assert(matches("cpu:type:x86,ven*fam*mod*:feature:*0094*",
			  "cpu:type:x86,ven0002fam0015mod0001:feature:,0000,0094,00EB"));
}
END_TEST

START_TEST(hostile_patterns_end)
{
	char stars[600], alias[600];

	memset(stars, '*', sizeof stars);
	memset(alias, 'a', sizeof alias - 1);
	alias[sizeof alias - 1] = '\0';
	ck_assert(!module_matches(stars, sizeof stars, alias)); /* longer than any */
	alias[500] = '\0';
	for (int i = 1; i < 500; i += 2)
		stars[i] = 'a';
	stars[499] = 'b';
	ck_assert(!module_matches(stars, 500, alias));
	ck_assert(!matches("[", "x"));
	ck_assert(!matches("[a-", "b"));
	ck_assert(!matches("\\", "x"));
	ck_assert(!module_matches("", 0, "x"));
}
END_TEST

static void add(void *arg, const char *name)
{
	buf_addf(arg, "%s ", name);
}

START_TEST(every_module_of_an_alias_is_named)
{
	static const char text[] = "# Aliases extracted from modules themselves.\n"
				   "alias pci:v00001AF4d00001001* virtio_pci\n"
				   "alias pci:v* generic\n"
				   "alias fs-xfs xfs\n"
				   "alias pci:v*\nalias \nalias  x\nalias pci:v*  \npci:v* y\n";
	char out[100] = "", giant[400];
	struct buf b = BUF_OF(out);

	ck_assert_uint_eq(module_each(text, sizeof text - 1, "pci:v00001AF4d00001001sv0", add, &b),
			  2);
	ck_assert_str_eq(out, "virtio_pci generic ");
	ck_assert_uint_eq(module_each(text, sizeof text - 1, "", add, &b), 0);
	ck_assert_uint_eq(module_each("", 0, "x", add, &b), 0);
	memset(giant, 'm', sizeof giant);
	memcpy(giant, "alias x ", 8);
	ck_assert_uint_eq(module_each(giant, sizeof giant, "x", add, &b), 0);
}
END_TEST

START_TEST(only_the_modules_own_parameters_are_its)
{
	ck_assert_str_eq(module_parameter("nvme-core.default_ps_max_latency_us=0", "nvme_core"),
			 "default_ps_max_latency_us=0");
	ck_assert_ptr_null(module_parameter("nvme_core.x=1", "nvme"));
	ck_assert_ptr_null(module_parameter("nvme.", "nvme"));
	ck_assert_ptr_null(module_parameter("nvme", "nvme"));
	ck_assert_ptr_null(module_parameter("", "nvme"));
}
END_TEST

static bool refused(const char *line, const char *name)
{
	return module_refused(line, strlen(line), name);
}

START_TEST(kernel_line_keeps_drivers_away)
{
	ck_assert(refused("quiet modprobe.blacklist=nouveau,snd-hda-intel ro", "snd_hda_intel"));
	ck_assert(refused("modprobe.blacklist=nouveau,snd-hda-intel", "nouveau"));
	ck_assert(refused("rd.driver.blacklist=a modprobe.blacklist=b", "a"));
	ck_assert(refused("rd.driver.blacklist=a modprobe.blacklist=b", "b"));
	ck_assert(!refused("modprobe.blacklist=nouveau", "nouveau2"));
	ck_assert(!refused("modprobe.blacklist=nouveau", "nouv"));
	ck_assert(!refused("modprobe.blacklist=, blacklist=a", "a"));
	ck_assert(!refused("modprobe.blacklist=,", ""));
	ck_assert(!refused("", "a"));
}
END_TEST

Suite *module_suite(void)
{
	Suite *s = suite_create("module");
	TCase *t = tcase_create("module");

	tcase_add_test(t, module_is_found_by_name_in_either_spelling);
	tcase_add_test(t, part_of_a_name_is_another_module);
	tcase_add_test(t, hostile_modules_dep_is_survived);
	tcase_add_test(t, alias_matches_as_kmod_matches);
	tcase_add_test(t, hostile_patterns_end);
	tcase_add_test(t, every_module_of_an_alias_is_named);
	tcase_add_test(t, only_the_modules_own_parameters_are_its);
	tcase_add_test(t, kernel_line_keeps_drivers_away);
	suite_add_tcase(s, t);
	return s;
}
