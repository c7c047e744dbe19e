#include "checks/sysuser.h"
#include "base/buf.h"
#include "../target/scratch.h"

Suite *sysuser_suite(void);

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh";

static void setup(void)
{
	scratch_open();
	put("/etc/passwd", passwd);
	put("/etc/group", "root:x:0:\nargo:x:1000:\n+\n");
	put("/etc/shadow", "root:!::0:::::\n");
}

static int restore(void)
{
	char why[200] = "";
	int rc = sysuser_restore(&t, &j, "sddm", why, sizeof why);

	ck_assert_int_eq(rc == 0, why[0] == '\0');
	return rc;
}

START_TEST(sysuser_comes_back_from_the_backup)
{
	put("/etc/passwd-", "sddm::101:106:SDDM:/var/lib/sddm:/bin/false\n");
	ck_assert_int_eq(restore(), 0);
	ck_assert(holds("/etc/passwd",
			"root:x:0:0:root:/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n"
			"sddm:x:101:106:SDDM:/var/lib/sddm:/bin/false\n"));
	ck_assert(holds("/etc/group", "root:x:0:\nargo:x:1000:\nsddm:x:106:\n+\n"));
	ck_assert(holds("/etc/shadow", "root:!::0:::::\nsddm:!*:::::::\n"));
	ck_assert_int_eq(access(full("/etc/gshadow"), F_OK), -1);
}
END_TEST

START_TEST(sysuser_takes_nobody_elses_uid)
{
	put("/etc/passwd-", "sddm:x:1000:106::/var/lib/sddm:/bin/false\n");
	ck_assert_int_eq(restore(), -1);
	put("/etc/passwd-", "sddm:x:0:0::/var/lib/sddm:/bin/false\n");
	ck_assert_int_eq(restore(), -1);
	put("/etc/passwd-", "sddm:x:-3:9:/var/lib/sddm:/bin/false\n");
	ck_assert_int_eq(restore(), -1);
	ck_assert(holds("/etc/passwd", passwd));
}
END_TEST

START_TEST(sysuser_comes_back_from_sysusers_and_its_home)
{
	put("/usr/lib/sysusers.d/sddm.conf",
	    "# c\nu sddm - \"SDDM Greeter Account\" /var/lib/sddm /usr/bin/nologin\n");
	ck_assert_int_eq(restore(), -1);
	ck_assert_int_eq(mkdir(full("/var/lib/sddm"), 0755), 0);
	if (chown(full("/var/lib/sddm"), 964, 965))
		return; /* only root can give a folder away */
	ck_assert_int_eq(restore(), 0);
	ck_assert(holds("/etc/passwd",
			"root:x:0:0:root:/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n"
			"sddm:x:964:965:SDDM Greeter Account:/var/lib/sddm:/usr/bin/nologin\n"));
}
END_TEST

START_TEST(sysuser_line_is_taken_apart)
{
	static const char *const bad[] = {"u", "g sddm 3", "u other 3", "u sddm 3 'a:b'",
					  "u sddm 3 x \"/a\nb\""};
	const char *line = "u! sddm 42 'It is' - -\r";
	struct sysuser u;

	ck_assert_int_eq(sysuser_parse(line, strlen(line), "sddm", &u), 0);
	ck_assert_str_eq(u.id, "42");
	ck_assert_str_eq(u.gecos, "It is");
	ck_assert_str_eq(u.home, "");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(sysuser_parse(bad[i], strlen(bad[i]), "sddm", &u), -1);
}
END_TEST

Suite *sysuser_suite(void)
{
	Suite *s = suite_create("sysuser");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, scratch_close);
	tcase_add_test(c, sysuser_comes_back_from_the_backup);
	tcase_add_test(c, sysuser_takes_nobody_elses_uid);
	tcase_add_test(c, sysuser_comes_back_from_sysusers_and_its_home);
	tcase_add_test(c, sysuser_line_is_taken_apart);
	suite_add_tcase(s, c);
	return s;
}
