#include "base/module.h"

#include "base/buf.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* --- loading: what the kernel refuses was offered to it, and in which order */

static void sh(const char *script)
{
	ck_assert_msg(system(script) == 0, "%s", script);
}

/* Of the test's own process alone: modules that are none, and two buses. */
static void carry(void)
{
	ck_assert_msg(unshare(CLONE_NEWNS) == 0, "needs root: %s", strerror(errno));
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("test", "/sys", "tmpfs", 0, NULL), 0);
	/* a machine without modules has no such folder: one is laid over */
	sh("mkdir -p /sys/up/modules /sys/work && mount -t overlay -o "
	   "lowerdir=/usr/lib,upperdir=/sys/up,workdir=/sys/work test /usr/lib && "
	   "mount -t tmpfs test /usr/lib/modules");
	sh("mkdir -p /usr/lib/modules/$(uname -r) && cd /usr/lib/modules/$(uname -r) && "
	   "for m in rd_a rd-b rd_c rd_d; do echo nothing >$m.ko; done && "
	   "printf 'rd_a.ko: rd-b.ko rd_c.ko\\nrd-b.ko:  rd_c.ko\\nrd_c.ko:\\nrd_d.ko:\\n"
	   "rd_gone.ko:\\n' >modules.dep && printf 'alias rd:v1* rd_a\\nalias rd:v2* rd_d\\n' "
	   ">modules.alias && printf 'kernel/rd_d.ko\\n\\nkernel/rd_none.ko\\n' >modules.load");
	ck_assert_int_eq(chdir("/"), 0); /* as the first process stands */
	sh("mkdir -p /sys/bus/rd/devices/1 /sys/bus/rd/devices/2 /sys/bus/empty && "
	   "echo MODALIAS=rd:v2x >/sys/bus/rd/devices/1/uevent && "
	   "echo DRIVER=rd >/sys/bus/rd/devices/2/uevent");
}

static void open_modules(struct modules *m)
{
	ck_assert_int_eq(modules_open(m), 0);
	m->nline = 0; /* this machine's kernel line is not the test's */
}

static void loaded_is(const struct modules *m, const char *names)
{
	char text[200] = "";
	struct buf b = BUF_OF(text);

	for (unsigned i = 0; i < m->nloaded; i++)
		buf_addf(&b, "%.*s ", (int)strcspn(m->loaded[i], ":"), m->loaded[i]);
	ck_assert_str_eq(text, names);
}

START_TEST(what_a_module_needs_comes_before_it_and_once)
{
	struct modules m;

	open_modules(&m);
	ck_assert_uint_eq(modules_load(&m, "rd:v1x"), 1);
	loaded_is(&m, "rd_c.ko rd-b.ko rd_a.ko ");
	ck_assert_uint_eq(m.failed, 3); /* no kernel takes a text */
	ck_assert_uint_eq(m.hanging, 0);
	ck_assert_uint_eq(modules_load(&m, "rd:v1x"), 1);
	ck_assert_uint_eq(modules_load(&m, "rd_b"), 1); /* a name is as good as an alias */
	ck_assert_uint_eq(modules_load(&m, "rd_none"), 0);
	ck_assert_uint_eq(m.nloaded, 3);
	ck_assert_uint_eq(modules_load(&m, "rd_gone"), 1); /* its file is not carried */
	ck_assert_uint_eq(m.failed, 4);
}
END_TEST

START_TEST(kernel_line_keeps_a_driver_from_a_device_not_from_the_list)
{
	struct modules m;

	open_modules(&m);
	m.nline = (size_t)snprintf(m.line, sizeof m.line, "rd_d.x=1 modprobe.blacklist=rd-d");
	ck_assert_uint_eq(modules_load(&m, "rd:v2x"), 1);
	loaded_is(&m, "");
	modules_load_listed(&m);
	loaded_is(&m, "rd_d.ko ");
	ck_assert_uint_eq(m.failed, 2); /* and rd_none */
}
END_TEST

START_TEST(devices_that_are_there_are_asked)
{
	struct modules m;

	open_modules(&m);
	modules_load_present(&m);
	loaded_is(&m, "rd_d.ko ");
}
END_TEST

START_TEST(nothing_is_carried_for_another_kernel)
{
	struct modules m;

	sh("rm /usr/lib/modules/$(uname -r)/modules.dep");
	ck_assert_int_eq(modules_open(&m), -1);
	sh("rm -r /usr/lib/modules/$(uname -r)");
	ck_assert_int_eq(modules_open(&m), -1);
	ck_assert_uint_eq(modules_load(&m, "rd:v1x"), 0);
	modules_load_listed(&m);
	modules_load_present(&m);
	ck_assert_uint_eq(m.nloaded + m.failed, 0);
}
END_TEST

static void module_state(int sys, const char *name, const char *state)
{
	char path[80];
	int fd;

	ck_assert_int_eq(mkdirat(sys, name, 0755), 0);
	snprintf(path, sizeof path, "%s/initstate", name);
	fd = openat(sys, path, O_WRONLY | O_CREAT, 0644);
	ck_assert_int_eq(write(fd, state, strlen(state)), (ssize_t)strlen(state));
	close(fd);
}

START_TEST(only_a_module_that_is_ready_is_live)
{
	char dir[] = "/tmp/module.XXXXXX", command[40];
	int sys;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	sys = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	module_state(sys, "crc32c_intel", "live\n");
	module_state(sys, "ata_piix", "coming\n");
	module_state(sys, "floppy", "going\n");
	module_state(sys, "empty", "");
	ck_assert_int_eq(mkdirat(sys, "built_in", 0755), 0);
	ck_assert(module_is_live(sys, "crc32c-intel"));
	ck_assert(module_is_live(sys, "crc32c_intel"));
	ck_assert(!module_is_live(sys, "crc32c"));
	ck_assert(!module_is_live(sys, "ata_piix"));
	ck_assert(!module_is_live(sys, "floppy"));
	ck_assert(!module_is_live(sys, "empty"));
	ck_assert(!module_is_live(sys, "built_in"));
	ck_assert(!module_is_live(-1, "crc32c_intel"));
	close(sys);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

Suite *module_suite(void)
{
	Suite *s = suite_create("module");
	TCase *t = tcase_create("module"), *l = tcase_create("loading");

	tcase_add_test(t, module_is_found_by_name_in_either_spelling);
	tcase_add_test(t, part_of_a_name_is_another_module);
	tcase_add_test(t, hostile_modules_dep_is_survived);
	tcase_add_test(t, alias_matches_as_kmod_matches);
	tcase_add_test(t, hostile_patterns_end);
	tcase_add_test(t, every_module_of_an_alias_is_named);
	tcase_add_test(t, only_the_modules_own_parameters_are_its);
	tcase_add_test(t, kernel_line_keeps_drivers_away);
	tcase_add_checked_fixture(l, carry, NULL);
	tcase_add_test(l, what_a_module_needs_comes_before_it_and_once);
	tcase_add_test(l, kernel_line_keeps_a_driver_from_a_device_not_from_the_list);
	tcase_add_test(l, devices_that_are_there_are_asked);
	tcase_add_test(l, nothing_is_carried_for_another_kernel);
	tcase_add_test(t, only_a_module_that_is_ready_is_live);
	suite_add_tcase(s, t);
	suite_add_tcase(s, l);
	return s;
}
