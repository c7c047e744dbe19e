#include "target/libcrypt.h"
#include "shell.h"

#define CRIPPLED "/build/libs/crippled/libcrypt.so.1.1.0"
#define BIT(m) (1u << (m))

Suite *libcrypt_suite(void);

/* The machine's own root, read only: the probe's folder is a mount of the child's own namespace. */
static void own_root(struct target *own, struct libcrypt *l)
{
	struct libcrypt list[LIBCRYPT_MAX];
	int n;

	memset(own, 0, sizeof *own);
	strcpy(own->root, "/");
	own->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	n = libcrypt_find(own, list, LIBCRYPT_MAX);
	ck_assert_int_ge(n, 1);
	*l = list[0];
	ck_assert(!strncmp(l->soname, "libcrypt.so.", 12));
	ck_assert_str_ne(l->real, "");
}

START_TEST(libcrypt_control_starts_on_a_sound_system)
{
	char why[200] = "";
	struct libcrypt l;
	struct target own;

	own_root(&own, &l);
	ck_assert_msg(libcrypt_control(&own, l.bits, why, sizeof why) == 0, "%s", why);
	close(own.fd);
}
END_TEST

START_TEST(libcrypt_of_a_sound_system_is_good)
{
	struct libcrypt_question q = {"/", NULL,
				      BIT(HASH_SHA512) | BIT(HASH_YESCRYPT) | BIT(HASH_DES)};
	struct libcrypt l;
	struct target own;

	own_root(&own, &l);
	ck_assert_int_eq(libcrypt_ask(&own, &q, &l), 0);
	ck_assert_msg(l.answer == LIBCRYPT_GOOD, "%s", l.why);
	ck_assert_uint_eq(l.can, q.methods);
	close(own.fd);
}
END_TEST

START_TEST(libcrypt_without_sha512_is_bad_and_says_so)
{
	struct libcrypt_question q = {"/", NULL, BIT(HASH_SHA512) | BIT(HASH_YESCRYPT)};
	char *here = realpath(".", NULL), path[4096];
	struct libcrypt l;
	struct target own;

	ck_assert_uint_lt(strlen(here) + sizeof CRIPPLED, sizeof path);
	q.candidate = strcat(strcpy(path, here), CRIPPLED);
	own_root(&own, &l);
	ck_assert_int_eq(libcrypt_ask(&own, &q, &l), 0);
	ck_assert_int_eq(l.answer, LIBCRYPT_BAD);
	ck_assert_uint_eq(l.can, BIT(HASH_YESCRYPT));
	ck_assert_uint_eq(l.cannot, BIT(HASH_SHA512));
	ck_assert_str_eq(l.why, "cannot do SHA512");
	free(here);
	close(own.fd);
}
END_TEST

START_TEST(libcrypt_that_is_no_library_is_unloadable)
{
	struct libcrypt_question q = {"/", "/etc/passwd", BIT(HASH_SHA512)};
	struct libcrypt l;
	struct target own;

	own_root(&own, &l);
	ck_assert_int_eq(libcrypt_ask(&own, &q, &l), 0);
	ck_assert_int_eq(l.answer, LIBCRYPT_UNLOADABLE);
	ck_assert_str_ne(l.why, "");
	q.candidate = "/nonexistent";
	ck_assert_int_eq(libcrypt_ask(&own, &q, &l), -1);
	ck_assert_int_eq(l.answer, LIBCRYPT_UNKNOWN);
	close(own.fd);
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

static void in_target(const char *script)
{
	char line[400];

	snprintf(line, sizeof line, "cd %s && %s", t.root, script);
	ck_assert_int_eq(system(line), 0);
}

static void control_says(int bits, const char *want)
{
	char why[200] = "";

	ck_assert_int_eq(libcrypt_control(&t, bits, why, sizeof why), *want ? -1 : 0);
	ck_assert_str_eq(why, want);
}

/* A target with the loader and the libc of this machine, and no libcrypt. */
START_TEST(probe_that_cannot_start_says_why)
{
	struct libcrypt l = {.path = "/usr/lib/libcrypt.so.1", .bits = 64};
	struct libcrypt_question q = {t.root, NULL, BIT(HASH_SHA512)};

	control_says(64, "");
	control_says(16, "no loader for 16-bit programs");
	ck_assert_int_eq(mkfifo(full("/etc/ld.so.preload"), 0600), 0);
	control_says(64, "/etc/ld.so.preload: a FIFO, which the loader waits for");
	ck_assert_int_eq(unlink(full("/etc/ld.so.preload")), 0);
	put("/etc/ld.so.cache", "");
	ck_assert_int_eq(truncate(full("/etc/ld.so.cache"), 1L << 30), 0);
	control_says(64, "/etc/ld.so.cache: a regular file, far too large, which the loader waits "
			 "for");
	ck_assert_int_eq(unlink(full("/etc/ld.so.cache")), 0);
	/* one that is named, and is none */
	ck_assert_int_eq(libcrypt_ask(&t, &q, &l), 0);
	ck_assert_int_eq(l.answer, LIBCRYPT_UNLOADABLE);
	ck_assert_ptr_nonnull(strstr(l.why, "cannot open shared object file"));
	in_target("rm -r run tmp proc sys");
	control_says(64, "no folder to put the probe in");
	ck_assert_int_eq(mkdir(full("/tmp"), 01777), 0);
	in_target("find . -name 'libc.so.*' -delete");
	control_says(64, "no libc.so.6 for 64-bit programs");
	in_target("find . -name 'ld-*' -delete");
	control_says(64, "no loader for 64-bit programs");
}
END_TEST

Suite *libcrypt_suite(void)
{
	Suite *s = suite_create("libcrypt");
	TCase *c = tcase_create("libcrypt"), *k = tcase_create("scratch");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, libcrypt_version_is_in_the_file_name);
	if (geteuid() == 0) {
		tcase_add_test(c, libcrypt_control_starts_on_a_sound_system);
		tcase_add_test(c, libcrypt_of_a_sound_system_is_good);
		tcase_add_test(c, libcrypt_without_sha512_is_bad_and_says_so);
		tcase_add_test(c, libcrypt_that_is_no_library_is_unloadable);
		tcase_add_checked_fixture(k, shell_open, scratch_close);
		tcase_add_test(k, probe_that_cannot_start_says_why);
	}
	suite_add_tcase(s, c);
	suite_add_tcase(s, k);
	return s;
}
