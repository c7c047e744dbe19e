#include "run/health.h"

#include "../phases/small.h"
#include "base/hash.h"

Suite *health_suite(void);

#define CRIPPLED "build/libs/crippled/libcrypt.so.1.1.0"

static char mem[4096];
static struct buf why;

/* Of users whose passwords are of the method that the story's libcrypt cannot do, this many; and
 * one whose login is locked anyway. */
static void users(int n)
{
	char shadow[4096] = "root:*:19000::::::\n", passwd[1000] = "root:x:0:0::/root:/bin/sh\n";

	for (int i = 0; i < n; i++) {
		sprintf(shadow + strlen(shadow), "user%d:%s:19000::::::\n", i,
			hash_known(HASH_SHA512));
		sprintf(passwd + strlen(passwd), "user%d:x:%d:100::/home:/bin/sh\n", i, 1000 + i);
	}
	sprintf(shadow + strlen(shadow), "locked:!%s:19000::::::\n", hash_known(HASH_SHA512));
	strcat(passwd, "locked:x:2000:100::/home:/bin/sh\n");
	put("/etc/shadow", shadow);
	put("/etc/passwd", passwd);
}

static void setup(void)
{
	small_open();
	why = BUF_OF(mem);
	mem[0] = '\0';
}

static bool says(const char *text)
{
	health_look(&t, &why);
	return strstr(mem, text);
}

START_TEST(who_will_be_locked_out_is_named)
{
	small_copy(CRIPPLED, SMALL_LIBCRYPT);
	users(2);
	ck_assert(says("your libcrypt cannot verify user1's password (SHA512): you will be locked "
		       "out at the next login\n"));
	ck_assert(strstr(mem, SMALL_LIBCRYPT " is not proven to work: cannot do SHA512\n"));
	ck_assert(!strstr(mem, "locked's") && !strstr(mem, "more users"));
}
END_TEST

START_TEST(of_many_only_the_first_are_named)
{
	small_copy(CRIPPLED, SMALL_LIBCRYPT);
	users(7);
	ck_assert(says("user3's") && !strstr(mem, "user4's"));
	ck_assert(strstr(mem, "... and 3 more users\n"));
}
END_TEST

START_TEST(sound_library_bars_nothing)
{
	small_copy(SMALL_LIBCRYPT, SMALL_LIBCRYPT);
	users(2);
	ck_assert(!says("libcrypt"));
}
END_TEST

START_TEST(no_library_at_all_is_no_health)
{
	users(1);
	ck_assert(says("no libcrypt was found\n"));
}
END_TEST

START_TEST(fault_that_a_capture_would_keep_is_no_health)
{
	small_copy(SMALL_LIBCRYPT, SMALL_LIBCRYPT);
	users(1);
	put("/etc/pam.d/login", "auth required pam_gone.so\n");
	ck_assert(says("pam-"));
}
END_TEST

Suite *health_suite(void)
{
	Suite *s = suite_create("health");
	TCase *k = tcase_create("health");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, who_will_be_locked_out_is_named);
	tcase_add_test(k, of_many_only_the_first_are_named);
	tcase_add_test(k, sound_library_bars_nothing);
	tcase_add_test(k, no_library_at_all_is_no_health);
	tcase_add_test(k, fault_that_a_capture_would_keep_is_no_health);
	suite_add_tcase(s, k);
	return s;
}
