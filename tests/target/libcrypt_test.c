#include "target/libcrypt.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CRIPPLED "/build/libs/crippled/libcrypt.so.1.1.0"
#define BIT(m) (1u << (m))

Suite *libcrypt_suite(void);

/* The machine's own root, read only: the probe's folder is a mount of the child's own namespace. */
static void own_root(struct target *t, struct libcrypt *l)
{
	struct libcrypt list[LIBCRYPT_MAX];
	int n;

	memset(t, 0, sizeof *t);
	strcpy(t->root, "/");
	t->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	n = libcrypt_find(t, list, LIBCRYPT_MAX);
	ck_assert_int_ge(n, 1);
	*l = list[0];
	ck_assert(!strncmp(l->soname, "libcrypt.so.", 12));
	ck_assert_str_ne(l->real, "");
}

START_TEST(libcrypt_control_starts_on_a_sound_system)
{
	char why[200] = "";
	struct libcrypt l;
	struct target t;

	own_root(&t, &l);
	ck_assert_msg(libcrypt_control(&t, l.bits, why, sizeof why) == 0, "%s", why);
	close(t.fd);
}
END_TEST

START_TEST(libcrypt_of_a_sound_system_is_good)
{
	struct libcrypt_question q = {"/", NULL,
				      BIT(HASH_SHA512) | BIT(HASH_YESCRYPT) | BIT(HASH_DES)};
	struct libcrypt l;
	struct target t;

	own_root(&t, &l);
	ck_assert_int_eq(libcrypt_ask(&t, &q, &l), 0);
	ck_assert_msg(l.answer == LIBCRYPT_GOOD, "%s", l.why);
	ck_assert_uint_eq(l.can, q.methods);
	close(t.fd);
}
END_TEST

START_TEST(libcrypt_without_sha512_is_bad_and_says_so)
{
	struct libcrypt_question q = {"/", NULL, BIT(HASH_SHA512) | BIT(HASH_YESCRYPT)};
	char *here = realpath(".", NULL), path[4096];
	struct libcrypt l;
	struct target t;

	ck_assert_uint_lt(strlen(here) + sizeof CRIPPLED, sizeof path);
	q.candidate = strcat(strcpy(path, here), CRIPPLED);
	own_root(&t, &l);
	ck_assert_int_eq(libcrypt_ask(&t, &q, &l), 0);
	ck_assert_int_eq(l.answer, LIBCRYPT_BAD);
	ck_assert_uint_eq(l.can, BIT(HASH_YESCRYPT));
	ck_assert_uint_eq(l.cannot, BIT(HASH_SHA512));
	ck_assert_str_eq(l.why, "cannot do SHA512");
	free(here);
	close(t.fd);
}
END_TEST

START_TEST(libcrypt_that_is_no_library_is_unloadable)
{
	struct libcrypt_question q = {"/", "/etc/passwd", BIT(HASH_SHA512)};
	struct libcrypt l;
	struct target t;

	own_root(&t, &l);
	ck_assert_int_eq(libcrypt_ask(&t, &q, &l), 0);
	ck_assert_int_eq(l.answer, LIBCRYPT_UNLOADABLE);
	ck_assert_str_ne(l.why, "");
	q.candidate = "/nonexistent";
	ck_assert_int_eq(libcrypt_ask(&t, &q, &l), -1);
	ck_assert_int_eq(l.answer, LIBCRYPT_UNKNOWN);
	close(t.fd);
}
END_TEST

START_TEST(libcrypt_version_is_in_the_file_name)
{
	char v[32];

	libcrypt_version("/usr/lib/libcrypt.so.1.1.0", v, sizeof v);
	ck_assert_str_eq(v, "1.1.0");
	libcrypt_version("/lib/libcrypt-2.31.so", v, sizeof v);
	ck_assert_str_eq(v, "2.31");
	libcrypt_version("", v, sizeof v);
	ck_assert_str_eq(v, "");
}
END_TEST

Suite *libcrypt_suite(void)
{
	Suite *s = suite_create("libcrypt");
	TCase *c = tcase_create("libcrypt");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, libcrypt_version_is_in_the_file_name);
	if (geteuid() == 0) {
		tcase_add_test(c, libcrypt_control_starts_on_a_sound_system);
		tcase_add_test(c, libcrypt_of_a_sound_system_is_good);
		tcase_add_test(c, libcrypt_without_sha512_is_bad_and_says_so);
		tcase_add_test(c, libcrypt_that_is_no_library_is_unloadable);
	}
	suite_add_tcase(s, c);
	return s;
}
