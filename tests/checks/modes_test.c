#include "checks/modes.h"

#include "target/pkg.h"

#include <check.h>
#include <string.h>

Suite *modes_suite(void);

static const struct modes_rule folder = {"/etc", 0111, 0555, 0002, 0755, true};
static const struct modes_rule sticky = {"/tmp", 01777, 01777, 0, 07777, false};

static void is(struct modes_own got, mode_t mode, uid_t uid, gid_t gid)
{
	ck_assert_uint_eq(got.mode, mode);
	ck_assert_uint_eq(got.uid, uid);
	ck_assert_uint_eq(got.gid, gid);
}

START_TEST(what_is_sound_stays_as_it_is)
{
	is(modes_want(&folder, &(struct modes_own){0755, 0, 0}), 0755, 0, 0);
	is(modes_want(&folder, &(struct modes_own){0711, 0, 7}), 0711, 0, 7);
	is(modes_want(&sticky, &(struct modes_own){01777, 5, 5}), 01777, 5, 5);
	is(modes_want_shadow(&(struct modes_own){0, 0, 0}, 0, 42), 0, 0, 0);
	is(modes_want_shadow(&(struct modes_own){0640, 0, 42}, 42, 42), 0640, 0, 42);
	is(modes_want_shadow(&(struct modes_own){0640, 0, 42}, 0, 42), 0640, 0, 42);
	is(modes_want_shadow(&(struct modes_own){0600, 0, 0}, 0, 42), 0600, 0, 0);
}
END_TEST

START_TEST(a_folder_lets_users_in_and_nobody_write)
{
	is(modes_want(&folder, &(struct modes_own){0700, 0, 0}), 0755, 0, 0);
	is(modes_want(&folder, &(struct modes_own){0777, 1000, 3}), 0755, 0, 3);
	is(modes_want(&sticky, &(struct modes_own){0777, 0, 0}), 01777, 0, 0);
}
END_TEST

START_TEST(shadow_is_never_wider_than_its_group)
{
	for (mode_t mode = 0; mode < 010000; mode++)
		for (gid_t gid = 0; gid < 3; gid++) {
			struct modes_own w =
			    modes_want_shadow(&(struct modes_own){mode, 1000, gid * 21}, 0, 42);

			ck_assert_uint_eq(w.mode & 037, 0);
			ck_assert_uint_eq(w.mode & ~mode, 0);
			ck_assert_uint_eq(w.uid, 0);
			ck_assert(w.gid == 0 || w.gid == 42);
			w = modes_want_shadow(&(struct modes_own){mode, 1000, gid * 21}, 42, 42);
			ck_assert_uint_eq(w.gid, 42);
			ck_assert_uint_eq(w.mode & 0677, 0640);
		}
}
END_TEST

START_TEST(every_known_good_form_of_the_helper_is_sound)
{
	ck_assert(modes_is_setuid(&(struct modes_own){02755, 0, 42}, 42));
	ck_assert(modes_is_setuid(&(struct modes_own){04755, 0, 0}, 0));
	ck_assert(modes_is_setuid(&(struct modes_own){04755, 0, 42}, 42));
	ck_assert(modes_is_setuid(&(struct modes_own){04711, 0, 0}, 0));
	ck_assert(modes_is_setuid(&(struct modes_own){04750, 0, 10}, 0));
	ck_assert(!modes_is_setuid(&(struct modes_own){0755, 0, 0}, 42));
	ck_assert(!modes_is_setuid(&(struct modes_own){02755, 0, 41}, 42));
	ck_assert(!modes_is_setuid(&(struct modes_own){02755, 0, 0}, 0));
	ck_assert(!modes_is_setuid(&(struct modes_own){04755, 1000, 0}, 0));
	ck_assert(!modes_is_setuid(&(struct modes_own){04777, 0, 0}, 0));
}
END_TEST

START_TEST(a_bit_comes_back_in_the_form_that_fits)
{
	is(modes_want_setuid(&(struct modes_own){0755, 1000, 1000}, 42, false), 02755, 0, 42);
	is(modes_want_setuid(&(struct modes_own){0755, 1000, 1000}, 0, false), 04755, 0, 0);
	is(modes_want_setuid(&(struct modes_own){0700, 0, 0}, 0, true), 04711, 0, 0);
	is(modes_want_setuid(&(struct modes_own){0750, 0, 10}, 0, false), 04750, 0, 10);
}
END_TEST

START_TEST(a_package_database_names_modes)
{
	struct pkg_mode m;

	ck_assert_int_eq(pkg_parse_mode("root shadow 2755 ", 17, &m), 0);
	ck_assert_uint_eq(m.mode, 02755);
	ck_assert_str_eq(m.group, "shadow");
	ck_assert_int_eq(pkg_parse_mode("root root 0104111 ", 18, &m), 0);
	ck_assert_uint_eq(m.mode, 04111);
	ck_assert_int_eq(pkg_parse_mode("root", 4, &m), -1);
	ck_assert_int_eq(pkg_parse_mode("", 0, &m), -1);
	ck_assert(pkg_same_file("/usr/bin/su", 11, "/bin/su"));
	ck_assert(pkg_same_file("/bin/su", 7, "/usr/bin/su"));
	ck_assert(!pkg_same_file("/bin/su", 7, "/bin/sudo"));
	ck_assert(!pkg_same_file("", 0, "/bin/sudo"));
}
END_TEST

Suite *modes_suite(void)
{
	Suite *s = suite_create("modes");
	TCase *c = tcase_create("modes");

	tcase_add_test(c, what_is_sound_stays_as_it_is);
	tcase_add_test(c, a_folder_lets_users_in_and_nobody_write);
	tcase_add_test(c, shadow_is_never_wider_than_its_group);
	tcase_add_test(c, every_known_good_form_of_the_helper_is_sound);
	tcase_add_test(c, a_bit_comes_back_in_the_form_that_fits);
	tcase_add_test(c, a_package_database_names_modes);
	suite_add_tcase(s, c);
	return s;
}
