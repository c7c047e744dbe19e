#include "../target/scratch.h"
#include "found.h"

Suite *damaged_suite(void);

/* The files a name is looked up in: passwd and its like, nsswitch.conf. */
#define PASSWD "root:x:0:0:root:/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n"
#define GROUP "root:x:0:\nargo:x:1000:\n"
#define HASH "$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8"
#define SHADOW "root:*:20000:0:99999:7:::\nargo:" HASH ":20000:0:99999:7:::\n"

static struct report rep;
static struct check_context c;

static void setup(void)
{
	scratch_open();
	put("/bin/sh", "#!/bin/sh\n");
	ck_assert_int_eq(chmod(full("/bin/sh"), 0755), 0);
	put("/etc/passwd", PASSWD);
	put("/etc/group", GROUP);
	put("/etc/shadow", SHADOW);
	full("/home/argo/x");
	ck_assert_int_eq(chown(full("/home/argo"), 1000, 1000), 0);
	rep = (struct report){.scratch = true};
	c = (struct check_context){
	    .t = &t, .report = &rep, .journal = &j, .user = "argo", .named = true};
}

static int severity(void)
{
	return found_severity(&c, detect_damaged, "shadow-damaged");
}

/* No older file of either: root, and whoever has a hash and a home. */
START_TEST(lost_passwd_and_group_are_made_from_shadow_and_homes)
{
	ck_assert_int_eq(severity(), -1);
	ck_assert_int_eq(unlink(full("/etc/passwd")), 0);
	ck_assert_int_eq(unlink(full("/etc/group")), 0);
	ck_assert_int_eq(severity(), SEVERITY_ERROR);
	ck_assert_int_eq(repair_damaged(&c), 0);
	ck_assert(holds("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
				       "argo:x:1000:1000::/home/argo:/bin/sh\n"));
	ck_assert(holds("/etc/group", GROUP));
	ck_assert_int_eq(severity(), -1);
}
END_TEST

/* One line less than there should be is better than none: root can log in. */
START_TEST(home_of_the_systems_makes_nobody_a_person)
{
	ck_assert_int_eq(chown(full("/home/argo"), 0, 0), 0);
	ck_assert_int_eq(unlink(full("/etc/passwd")), 0);
	ck_assert_int_eq(repair_damaged(&c), -1);
	ck_assert(holds("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"));
}
END_TEST

START_TEST(older_file_gives_its_owner_and_no_wider_mode)
{
	struct stat st;

	put("/etc/shadow-", SHADOW);
	ck_assert_int_eq(chmod(full("/etc/shadow-"), 0666), 0);
	ck_assert_int_eq(chown(full("/etc/shadow-"), 0, 42), 0);
	ck_assert_int_eq(unlink(full("/etc/shadow")), 0);
	ck_assert_int_eq(severity(), SEVERITY_ERROR);
	ck_assert_int_eq(repair_damaged(&c), 0);
	ck_assert(holds("/etc/shadow", SHADOW));
	ck_assert_int_eq(stat(full("/etc/shadow"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(st.st_gid, 42);
}
END_TEST

START_TEST(file_too_large_to_read_is_left_alone)
{
	struct stat st;

	ck_assert_int_eq(truncate(full("/etc/group"), LINES_MOST + 1), 0);
	ck_assert_int_eq(severity(), SEVERITY_WARNING);
	ck_assert_ptr_nonnull(strstr(rep.findings[0].evidence, "what it says is not known"));
	repair_damaged(&c);
	ck_assert_int_eq(stat(full("/etc/group"), &st), 0);
	ck_assert_int_eq(st.st_size, LINES_MOST + 1);
}
END_TEST

static const struct finding *nss(void)
{
	return found(&c, detect_nss, "nss-broken");
}

START_TEST(nsswitch_that_programs_wait_for_is_replaced)
{
	const struct finding *f;

	ck_assert_int_eq(mkfifo(full("/etc/nsswitch.conf"), 0600), 0);
	f = nss();
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->severity, SEVERITY_ERROR);
	ck_assert_str_eq(f->evidence, "/etc/nsswitch.conf: a FIFO");
	ck_assert_int_eq(repair_nss(&c), 0);
	ck_assert(holds("/etc/nsswitch.conf",
			"passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"));
	ck_assert_ptr_null(nss());
	ck_assert_int_eq(truncate(full("/etc/nsswitch.conf"), 1L << 32), 0);
	f = nss();
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->evidence, "/etc/nsswitch.conf: a regular file, far too large");
}
END_TEST

START_TEST(nsswitch_that_is_nothing_leaves_the_default)
{
	put_link("/etc/nsswitch.conf", "/none");
	ck_assert_int_eq(nss()->severity, SEVERITY_NOTE);
	ck_assert_str_eq(rep.findings[0].evidence,
			 "/etc/nsswitch.conf: a symlink that leads nowhere");
	unlink(full("/etc/nsswitch.conf"));
	full("/etc/nsswitch.conf/x");
	ck_assert_int_eq(nss()->severity, SEVERITY_NOTE);
}
END_TEST

START_TEST(login_without_any_stack_is_a_missing_file)
{
	const struct finding *f;

	put("/bin/login", "x");
	full("/etc/pam.d/x");
	put("/lib/security/pam_unix.so", "x");
	f = found(&c, detect_pam, "pam-file-missing");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(strstr(f->evidence, "/etc/pam.d/login"));
}
END_TEST

Suite *damaged_suite(void)
{
	Suite *s = suite_create("damaged");
	TCase *k = tcase_create("all");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, lost_passwd_and_group_are_made_from_shadow_and_homes);
	tcase_add_test(k, home_of_the_systems_makes_nobody_a_person);
	tcase_add_test(k, older_file_gives_its_owner_and_no_wider_mode);
	tcase_add_test(k, file_too_large_to_read_is_left_alone);
	tcase_add_test(k, nsswitch_that_programs_wait_for_is_replaced);
	tcase_add_test(k, nsswitch_that_is_nothing_leaves_the_default);
	tcase_add_test(k, login_without_any_stack_is_a_missing_file);
	suite_add_tcase(s, k);
	return s;
}
