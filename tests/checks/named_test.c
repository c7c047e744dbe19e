#include "../target/scratch.h"
#include "found.h"

Suite *named_suite(void);

/* What the program can only name: the keyboard, systems that are an image, a sleeping one. */
static struct report rep;
static struct check_context c;

static void setup(void)
{
	scratch_open();
	rep = (struct report){.scratch = true};
	c = (struct check_context){.t = &t, .report = &rep};
}

START_TEST(keymap_of_another_country_is_named)
{
	const struct finding *f;

	put("/etc/vconsole.conf", "FONT=eurlatgr\nKEYMAP=us\n");
	put("/etc/default/keyboard", "XKBLAYOUT=\"\"\n");
	put("/etc/conf.d/keymaps", "keymap=\"en-latin9\"\n");
	ck_assert_ptr_null(found(&c, detect_keymap, "keymap"));
	put("/etc/conf.d/keymaps", "keymap=\"de-latin1\"\n");
	f = found(&c, detect_keymap, "keymap");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->severity, SEVERITY_NOTE);
	ck_assert_ptr_nonnull(strstr(f->evidence, "/etc/conf.d/keymaps: keymap=de-latin1"));
	ck_assert_ptr_nonnull(strstr(f->action, "loadkeys de-latin1"));
}
END_TEST

START_TEST(declared_users_and_images_are_named)
{
	put("/etc/NIXOS", "");
	ck_assert_ptr_null(found(&c, detect_declarative, "declarative-users"));
	full("/nix/store/x");
	ck_assert_int_eq(found_severity(&c, detect_declarative, "declarative-users"),
			 SEVERITY_NOTE);
	ck_assert_ptr_null(found(&c, detect_ostree, "ostree-root"));
	put_link("/ostree", "sysroot/ostree");
	ck_assert_int_eq(found_severity(&c, detect_ostree, "ostree-root"), SEVERITY_NOTE);
}
END_TEST

/* The mark of a hibernated system in a swap file of this target. */
START_TEST(hibernated_system_is_not_woken_up_by_writing)
{
	char page[4096] = "";
	FILE *f;

	memcpy(page + sizeof page - 10, "SWAPSPACE2", 10);
	put("/etc/fstab", "/swapfile none swap sw 0 0\n");
	f = fopen(full("/swapfile"), "w");
	ck_assert_uint_eq(fwrite(page, sizeof page, 1, f), 1);
	fclose(f);
	ck_assert_ptr_null(found(&c, detect_hibernated, "hibernated"));
	memcpy(page + sizeof page - 10, "S1SUSPEND", 10);
	f = fopen(full("/swapfile"), "w");
	ck_assert_uint_eq(fwrite(page, sizeof page, 1, f), 1);
	fclose(f);
	ck_assert_int_eq(found_severity(&c, detect_hibernated, "hibernated"), SEVERITY_ERROR);
	ck_assert_ptr_nonnull(strstr(rep.findings[0].evidence, "/swapfile"));
	t.live = true; /* it is awake, then */
	ck_assert_ptr_null(found(&c, detect_hibernated, "hibernated"));
}
END_TEST

/* This machine's own root, which has no errors; and a folder that is no file system. */
START_TEST(root_without_errors_is_no_finding)
{
	struct target own = {.root = "/", .fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};

	ck_assert_ptr_null(found(&c, detect_readonly, "root-readonly"));
	c.t = &own;
	ck_assert_ptr_null(found(&c, detect_readonly, "root-readonly"));
	close(own.fd);
}
END_TEST

Suite *named_suite(void)
{
	Suite *s = suite_create("named");
	TCase *k = tcase_create("all");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, keymap_of_another_country_is_named);
	tcase_add_test(k, declared_users_and_images_are_named);
	tcase_add_test(k, hibernated_system_is_not_woken_up_by_writing);
	tcase_add_test(k, root_without_errors_is_no_finding);
	suite_add_tcase(s, k);
	return s;
}
