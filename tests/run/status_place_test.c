#include "run/status_own.h"

#include "../base/tree.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <unistd.h>

Suite *status_place_suite(void);

static char top[64], root[80];
static struct target t;
static struct status s;
static struct reply r;

/* A node of a disk that need not be there, as top/NAME: its path. */
static const char *disk(const char *name, unsigned minor)
{
	static char path[96];

	snprintf(path, sizeof path, "%s/%s", top, name);
	if (minor)
		ck_assert_int_eq(mknod(path, S_IFBLK | 0600, makedev(240, minor)), 0);
	return path;
}

static void mount_from(const char *source, const char *point)
{
	char path[100];

	snprintf(path, sizeof path, "%s%s", root, point);
	mkdir(path, 0755);
	ck_assert_int_eq(mount(source, path, "tmpfs", 0, NULL), 0);
}

/* In a mount namespace of the test's own process. */
static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	memset(&t, 0, sizeof t);
	memset(&s, 0, sizeof s);
	strcpy(top, "/tmp/rdplace.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(mount("top", top, "tmpfs", 0, NULL), 0);
	snprintf(root, sizeof root, "%s/root", top);
	snprintf(t.root, sizeof t.root, "%s", root);
	disk("a", 1);
	disk("b", 2);
	mount_from(disk("a", 0), "");
	t.fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(t.fd, 0);
}

static void teardown(void)
{
	close(t.fd);
	umount2(top, MNT_DETACH);
	rmdir(top);
}

static void answer(status_question *q, enum answer is, const char *text)
{
	memset(&r, 0, sizeof r);
	q(&s, &t, &r);
	ck_assert_msg(r.is == is && strstr(r.text, text), "%d %s", r.is, r.text);
}

static void words(const char *before, const char *device)
{
	snprintf(s.image.options, sizeof s.image.options, "%s%s ro", before, device);
}

START_TEST(root_is_what_its_words_lead_to)
{
	words("root=", disk("a", 0));
	answer(status_root, ANSWER_YES, disk("a", 0));
	words("root=", disk("b", 0));
	answer(status_root, ANSWER_NO, "is another device than");
	words("root=", disk("gone", 0));
	answer(status_root, ANSWER_NO, "there is no root=");
	ck_assert_str_eq(r.type, STATUS_UPDATE);
	words("", "quiet");
	answer(status_root, ANSWER_NO, "its kernel words have no root=");
}
END_TEST

START_TEST(root_that_lies_on_no_device_is_unknown)
{
	words("root=", disk("a", 0));
	strcpy(t.root, top); /* a tmpfs like any other */
	answer(status_root, ANSWER_UNKNOWN, "is not mounted from a device");
	strcpy(t.root, "/no/such/folder");
	answer(status_root, ANSWER_UNKNOWN, "is not mounted from a device");
}
END_TEST

static void fstab(const char *source, const char *point)
{
	char text[300];

	snprintf(text, sizeof text, "# a comment\n%s %s vfat defaults 0 2\n/dev/null /srv x y\n",
		 source, point);
	tree_put(root, "/etc/fstab", text, strlen(text));
}

START_TEST(boot_is_what_fstab_says)
{
	answer(status_boot, ANSWER_YES, "it lies on root");
	fstab(disk("b", 0), "/boot");
	answer(status_boot, ANSWER_YES, "/boot is /tmp/rdplace");
	mount_from(disk("b", 0), "/boot");
	answer(status_boot, ANSWER_YES, "/boot is /tmp/rdplace");
	fstab(disk("a", 0), "/boot");
	answer(status_boot, ANSWER_NO, "in fstab is not what is mounted on /boot");
	fstab(disk("gone", 0), "/efi");
	answer(status_boot, ANSWER_NO, "/etc/fstab:2: there is no ");
}
END_TEST

Suite *status_place_suite(void)
{
	Suite *suite = suite_create("status_place");
	TCase *c = tcase_create("status_place");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, root_is_what_its_words_lead_to);
	tcase_add_test(c, root_that_lies_on_no_device_is_unknown);
	tcase_add_test(c, boot_is_what_fstab_says);
	suite_add_tcase(suite, c);
	return suite;
}
