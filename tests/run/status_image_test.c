#include "run/status_own.h"

#include "../base/tree.h"
#include "base/digest.h"

#include <unistd.h>

Suite *status_image_suite(void);

static char root[64];
static struct target t;
static struct status s;
static struct reply r;

static void put(const char *path, const char *text)
{
	tree_put(root, path, text, strlen(text));
}

static void sum_of(const char *path, char hex[DIGEST_HEX])
{
	int fd = path_open(t.fd, path, O_RDONLY, 0);

	ck_assert_int_eq(digest_fd(fd, hex), 0);
	close(fd);
}

/* A system with its rescue image, and what is known of that. */
static void setup(void)
{
	memset(&t, 0, sizeof t);
	memset(&s, 0, sizeof s);
	memset(&r, 0, sizeof r);
	t.fd = tree_make(root);
	strcpy(t.root, root);
	s.root = root;
	s.boot = "";
	put("/boot/rd-recovery/1/linux", "a kernel");
	put("/boot/rd-recovery/1/initrd", "an initramfs");
	put("/usr/sbin/rd-recovery", "a program");
	put("/etc/rd-recovery.conf", "reset = no\n");
	put("/lib/modules/6.1.0-9/modules.dep", "");
	snprintf(s.image.boot, sizeof s.image.boot, "%s/boot", root);
	strcpy(s.image.dir, "/rd-recovery/1");
	strcpy(s.image.kernel, "6.1.0-9");
	strcpy(s.image.version, "0.1");
	strcpy(s.image.date, "2026-11-25");
	strcpy(s.image.health, "good");
	strcpy(s.image.options, "root=UUID=1 rd.recovery=1");
	strcpy(s.image.menu, s.image.options);
	sum_of("/boot/rd-recovery/1/linux", s.image.linux);
	sum_of("/boot/rd-recovery/1/initrd", s.image.initrd);
	sum_of("/usr/sbin/rd-recovery", s.image.payload);
	sum_of("/etc/rd-recovery.conf", s.image.config);
}

static void teardown(void)
{
	tree_remove(t.fd, root);
}

static void answer(status_question *q, enum answer is, const char *text, const char *type)
{
	memset(&r, 0, sizeof r);
	q(&s, &t, &r);
	ck_assert_msg(r.is == is && strstr(r.text, text), "%d %s", r.is, r.text);
	ck_assert_str_eq(r.type, type);
}

START_TEST(image_is_found_by_its_manifest)
{
	char text[1200];

	snprintf(text, sizeof text,
		 "kernel 6.1.0-9\nimage dracut\nhealth good\nversion 0.1\npayload %s\nconfig none\n"
		 "date today\nlinux %s\ninitrd %s\noptions root=UUID=1\nend\n",
		 s.image.payload, s.image.linux, s.image.initrd);
	answer(status_image, ANSWER_NO, "none in /boot/rd-recovery", STATUS_UPDATE);
	ck_assert(!s.found);
	put("/boot/rd-recovery/1/manifest", text);
	answer(status_image, ANSWER_YES,
	       "/boot/rd-recovery/1: kernel 6.1.0-9, made by dracut on today", "");
	ck_assert(s.found);
}
END_TEST

START_TEST(entry_is_looked_for_in_every_menu)
{
	static const char grub[] = "linux /rd-recovery/1/linux root=UUID=1 rd.recovery=1\n",
			  other[] = "linux /rd-recovery/1/linux root=UUID=2 rd.recovery=1\n",
			  bls[] = "linux /rd-recovery/1/linux\noptions root=UUID=1 rd.recovery=1\n";

	answer(status_entry, ANSWER_NO, "neither a grub.cfg nor loader/entries", "");
	put("/boot/grub2/grub.cfg", other);
	answer(status_entry, ANSWER_NO, "not in /boot/grub2/grub.cfg, or with other kernel words",
	       "grub-mkconfig -o /boot/grub2/grub.cfg");
	put("/boot/grub2/grub.cfg", grub);
	answer(status_entry, ANSWER_YES, "/boot/grub2/grub.cfg", "");
	put("/boot/grub2/grub.cfg", other);
	put("/boot/loader/entries/other.conf", "linux /vmlinuz\n");
	answer(status_entry, ANSWER_NO, "not in /boot/grub2/grub.cfg",
	       "grub-mkconfig -o /boot/grub2/grub.cfg");
	put("/boot/loader/entries/a-rd-recovery-repair-1.conf", bls);
	answer(status_entry, ANSWER_YES, "/boot/loader/entries/a-rd-recovery-repair-1.conf", "");
}
END_TEST

START_TEST(changed_byte_of_a_file_is_damage)
{
	answer(status_whole, ANSWER_YES, "as 0.1 wrote them", "");
	put("/boot/rd-recovery/1/initrd", "an Initramfs");
	answer(status_whole, ANSWER_NO, "/boot/rd-recovery/1/initrd is damaged", STATUS_UPDATE);
	put("/boot/rd-recovery/1/initrd", "an initramfs");
	ck_assert_int_eq(unlinkat(t.fd, "boot/rd-recovery/1/linux", 0), 0);
	answer(status_whole, ANSWER_NO, "/boot/rd-recovery/1/linux is damaged", STATUS_UPDATE);
	strcpy(s.image.boot, "/no/such/folder");
	answer(status_whole, ANSWER_NO, "is damaged", STATUS_UPDATE);
}
END_TEST

START_TEST(newer_kernel_makes_it_old)
{
	answer(status_fresh, ANSWER_YES, "6.1.0-9", "");
	put("/lib/modules/6.1.0-10/modules.dep", "");
	answer(status_fresh, ANSWER_NO, "it has 6.1.0-9, the newest is 6.1.0-10", STATUS_UPDATE);
	ck_assert_int_eq(place_remove_tree(t.fd, "lib"), 0);
	answer(status_fresh, ANSWER_NO, "no kernel with modules is installed", "");
}
END_TEST

START_TEST(other_program_than_the_installed_one_is_told)
{
	answer(status_program, ANSWER_YES, "/usr/sbin/rd-recovery, 0.1", "");
	put("/usr/sbin/rd-recovery", "a later program");
	answer(status_program, ANSWER_NO, "/usr/sbin/rd-recovery is another one than its 0.1",
	       STATUS_UPDATE);
	ck_assert_int_eq(unlinkat(t.fd, "usr/sbin/rd-recovery", 0), 0);
	answer(status_program, ANSWER_NO, "no rd-recovery is installed", "");
	put("/usr/local/sbin/rd-recovery", "a program");
	answer(status_program, ANSWER_YES, "/usr/local/sbin/rd-recovery", "");
}
END_TEST

START_TEST(other_configuration_is_told)
{
	answer(status_config, ANSWER_YES, "/etc/rd-recovery.conf", "");
	put("/etc/rd-recovery.conf", "reset = yes\n");
	answer(status_config, ANSWER_NO, "is another one than when it was built", STATUS_UPDATE);
	ck_assert_int_eq(unlinkat(t.fd, "etc/rd-recovery.conf", 0), 0);
	answer(status_config, ANSWER_NO, "is another one", STATUS_UPDATE);
	strcpy(s.image.config, "none");
	answer(status_config, ANSWER_YES, "/etc/rd-recovery.conf is not there", "");
	/* none was carried, and what is there now cannot be read */
	ck_assert_int_eq(mkdirat(t.fd, "etc/rd-recovery.conf", 0755), 0);
	answer(status_config, ANSWER_NO, "is another one", STATUS_UPDATE);
}
END_TEST

START_TEST(image_of_a_sick_system_is_told)
{
	answer(status_sound, ANSWER_YES, "on 2026-11-25", "");
	strcpy(s.image.health, "sick");
	answer(status_sound, ANSWER_NO, "the system was sick", STATUS_UPDATE);
}
END_TEST

Suite *status_image_suite(void)
{
	Suite *suite = suite_create("status_image");
	TCase *c = tcase_create("status_image");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, image_is_found_by_its_manifest);
	tcase_add_test(c, entry_is_looked_for_in_every_menu);
	tcase_add_test(c, changed_byte_of_a_file_is_damage);
	tcase_add_test(c, newer_kernel_makes_it_old);
	tcase_add_test(c, other_program_than_the_installed_one_is_told);
	tcase_add_test(c, other_configuration_is_told);
	tcase_add_test(c, image_of_a_sick_system_is_told);
	suite_add_tcase(suite, c);
	return suite;
}
