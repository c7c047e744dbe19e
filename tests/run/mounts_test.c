#include "run/mounts.h"

#include "../base/said.h"
#include "../base/tree.h"

#include "run/supervisor.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *mounts_suite(void);

static char root[64];
static struct mounts *m;
static struct target t;

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
	struct mounts of_proc = {.root = "/proc", .root_source = "UUID=a"};
	struct fstab_entry e = {.source = "/dev/sda2", .point = "/home"};

	ck_assert(!mounts_believed(&of_proc, &e));
	strcpy(of_proc.root_source, "/dev/sda1");
	ck_assert(!mounts_believed(&of_proc, &e));
	strcpy(e.source, "UUID=b");
	ck_assert(mounts_believed(&of_proc, &e));
	strcpy(e.source, "/dev/sda2");
	strcpy(of_proc.root, "/"); /* the running system found it by these names */
	ck_assert(mounts_believed(&of_proc, &e));
}
END_TEST

/* --- a target in memory, in a mount namespace of the test's own process; what its fstab names lies
 * in memory too */

static void fstab(const char *text)
{
	tree_put(root, "/etc/fstab", text, strlen(text));
}

static void setup(void)
{
	static const char folders[][9] = {"/usr", "/boot", "/var", "/home", "/var/log"};
	char path[80];

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(log_start(), 0);
	strcpy(root, "/tmp/rdmounts.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(mount("root", root, "tmpfs", 0, NULL), 0);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s%s", root, folders[i]);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	m = supervisor_shared(sizeof *m);
	ck_assert_ptr_nonnull(m);
	str_copy(m->root, sizeof m->root, root);
	m->seconds = 30;
	memset(&t, 0, sizeof t);
}

static void teardown(void)
{
	while (umount2(root, MNT_DETACH) == 0)
		;
	rmdir(root);
}

/* Is point of the target a mount; with this option, if not NULL? */
static bool mounted(const char *point, const char *option)
{
	struct mount_entry e = {0};
	char path[80];

	snprintf(path, sizeof path, "%s%s", root, point);
	return mount_find(path, &e) == 0 && (!option || strstr(e.options, option));
}

static bool unknown(const char *point)
{
	return target_is_unknown(&t, point);
}

START_TEST(what_fstab_names_is_mounted_and_undone)
{
	fstab("/dev/null /var/log ramfs nodev 0 0\nnonsense\n"
	      "/dev/null /var ramfs noexec,mode=0700 0 0\n/dev/null /mnt ramfs defaults 0 0\n");
	mounts_begin(m, &t);
	ck_assert(mounted("/var", "noexec"));
	ck_assert(!mounted("/mnt", NULL));
	ck_assert(said("/etc/fstab:2: malformed, left out"));
	/* it comes after what it lies in, where its folder is not */
	ck_assert(unknown("/var/log") && !unknown("/var"));
	ck_assert(said("/etc/fstab:1: /var/log could not be mounted (No such file or directory)"));
	mounts_end(m);
	ck_assert(!mounted("/var", NULL));
}
END_TEST

START_TEST(what_is_mounted_already_is_left_alone)
{
	char path[80];

	fstab("/dev/null /home ramfs defaults 0 0\n");
	snprintf(path, sizeof path, "%s/home", root);
	ck_assert_int_eq(mount("mine", path, "ramfs", 0, NULL), 0);
	mounts_begin(m, &t);
	mounts_end(m);
	ck_assert(mounted("/home", NULL));
	ck_assert_int_eq(umount2(path, 0), 0);
	ck_assert(!mounted("/home", NULL));
}
END_TEST

START_TEST(diagnosis_writes_to_nothing_but_its_logs)
{
	fstab("/dev/null /var ramfs rw 0 0\n/dev/null /boot ramfs rw 0 0\n");
	m->look = true;
	mounts_begin(m, &t);
	ck_assert(mounted("/var", "ro") && mounted("/boot", "ro"));
	mounts_end(m);
	m->n = 0;
	m->logs = true;
	mounts_begin(m, &t);
	ck_assert(mounted("/var", "ro") && mounted("/boot", "rw"));
	mounts_end(m);
}
END_TEST

START_TEST(what_cannot_be_mounted_is_unknown)
{
	fstab("/dev/null /var auto defaults 0 0\n/dev/null /boot nosuch defaults 0 0\n"
	      "/dev/null /home vfat,ext4 defaults 0 0\n");
	mounts_begin(m, &t);
	ck_assert(unknown("/var/lib") && unknown("/boot") && unknown("/home") && !unknown("/usr"));
	ck_assert(said("/boot could not be mounted (No such device): what lies there is unknown"));
	mounts_end(m);
}
END_TEST

START_TEST(nothing_is_mounted_under_a_system_that_sleeps)
{
	static char swap[4096];

	memcpy(swap + 4086, "S1SUSPEND", 9);
	tree_put(root, "/swap", swap, sizeof swap);
	fstab("/swap none swap sw 0 0\n/dev/null /var ramfs defaults 0 0\n");
	mounts_begin(m, &t);
	ck_assert(!mounted("/var", NULL) && unknown("/var") && t.readonly);
	ck_assert_str_eq(m->asleep, "/swap");
	ck_assert(said("a hibernated system waits in /swap: nothing is mounted"));
	ck_assert(mounts_asleep(m, &t));
	mounts_end(m);
}
END_TEST

START_TEST(unreadable_fstab_leaves_bare_folders_unknown)
{
	char path[80], text[64 * 100] = "";

	snprintf(path, sizeof path, "%s/home", root);
	ck_assert_int_eq(mount("mine", path, "ramfs", 0, NULL), 0);
	for (int i = 0; i <= MOUNTS_MAX; i++)
		sprintf(text + strlen(text), "/dev/null /var/%d ramfs defaults 0 0\n", i);
	fstab(text);
	mounts_begin(m, &t);
	ck_assert(said("/etc/fstab cannot be used (Argument list too long)"));
	ck_assert(unknown("/usr") && unknown("/var") && unknown("/boot") && !unknown("/home"));
	mounts_end(m);
	ck_assert(mounted("/home", NULL));
	umount2(path, 0);
}
END_TEST

START_TEST(without_an_fstab_nothing_is_missing)
{
	mounts_begin(m, &t);
	ck_assert_uint_eq(t.nunknown, 0);
	mounts_end(m);
}
END_TEST

START_TEST(what_is_in_use_is_said_to_stay)
{
	char path[80];
	int fd;

	fstab("/dev/null /var ramfs defaults 0 0\n");
	mounts_begin(m, &t);
	snprintf(path, sizeof path, "%s/var", root);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	mounts_end(m);
	ck_assert(said("/var could not be unmounted: Device or resource busy"));
	ck_assert(mounted("/var", NULL));
	close(fd);
	umount2(path, 0);
}
END_TEST

START_TEST(root_is_writable_for_the_run_alone)
{
	char why[320] = "";

	fstab("");
	ck_assert_int_eq(mount(NULL, root, NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID, NULL), 0);
	ck_assert_int_eq(mounts_writable(m, why, sizeof why), 0);
	ck_assert(mounted("", "rw") && mounted("", "nosuid"));
	mounts_begin(m, &t);
	mounts_end(m);
	ck_assert(mounted("", "ro") && mounted("", "nosuid"));
	/* what was writable stays so */
	ck_assert_int_eq(mount(NULL, root, NULL, MS_REMOUNT, NULL), 0);
	ck_assert_int_eq(mounts_writable(m, why, sizeof why), 0);
	mounts_end(m);
	ck_assert(mounted("", "rw"));
}
END_TEST

START_TEST(folder_that_is_no_mount_cannot_be_made_writable)
{
	char why[320] = "";

	str_copy(m->root, sizeof m->root, "/etc");
	ck_assert_int_eq(mounts_writable(m, why, sizeof why), -1);
	ck_assert_str_eq(why, "/etc is not mounted");
}
END_TEST

START_TEST(usr_alone_is_mounted_for_the_boot)
{
	char path[80];

	fstab("/dev/null /usr ramfs defaults 0 0\n/dev/null /var ramfs defaults 0 0\n");
	mounts_usr(m);
	ck_assert(mounted("/usr", NULL) && !mounted("/var", NULL));
	mounts_end(m);
	ck_assert(mounted("/usr", NULL));
	snprintf(path, sizeof path, "%s/usr", root);
	umount2(path, 0);
	fstab("/dev/null /usr nosuch defaults 0 0\n");
	m->n = 0;
	mounts_usr(m);
	ck_assert(said("/usr could not be mounted: No such device"));
}
END_TEST

Suite *mounts_suite(void)
{
	Suite *s = suite_create("mounts");
	TCase *pure = tcase_create("pure"), *real = tcase_create("real");

	tcase_add_test(pure, what_holds_the_named_folders_is_wanted);
	tcase_add_test(pure, all_else_stays_unmounted);
	tcase_add_test(pure, options_become_flags_and_data);
	tcase_add_test(pure, swap_file_is_known_to_lie_on_another_file_system);
	tcase_add_test(pure, name_the_kernel_gives_by_chance_is_known);
	tcase_add_test(pure, name_that_nothing_confirms_is_not_believed);
	tcase_add_checked_fixture(real, setup, teardown);
	tcase_add_test(real, what_fstab_names_is_mounted_and_undone);
	tcase_add_test(real, what_is_mounted_already_is_left_alone);
	tcase_add_test(real, diagnosis_writes_to_nothing_but_its_logs);
	tcase_add_test(real, what_cannot_be_mounted_is_unknown);
	tcase_add_test(real, nothing_is_mounted_under_a_system_that_sleeps);
	tcase_add_test(real, unreadable_fstab_leaves_bare_folders_unknown);
	tcase_add_test(real, without_an_fstab_nothing_is_missing);
	tcase_add_test(real, what_is_in_use_is_said_to_stay);
	tcase_add_test(real, root_is_writable_for_the_run_alone);
	tcase_add_test(real, folder_that_is_no_mount_cannot_be_made_writable);
	tcase_add_test(real, usr_alone_is_mounted_for_the_boot);
	suite_add_tcase(s, pure);
	suite_add_tcase(s, real);
	return s;
}
