#include "base/hash.h"

#include <check.h>
#include <string.h>

Suite *hash_suite(void);

START_TEST(hash_knows_the_answer_of_every_method)
{
	enum hash_method m = (enum hash_method)_i;
	char made[HASH_CAP];

	ck_assert_int_eq(hash_make(HASH_KEY, hash_known(m), made, sizeof made), 0);
	ck_assert_str_eq(made, hash_known(m));
	ck_assert_int_eq(hash_identify(made), m);
	ck_assert_int_eq(hash_by_name(hash_name(m)), m);
}
END_TEST

START_TEST(hash_made_with_a_fresh_setting_takes_the_right_password_only)
{
	enum hash_method m = (enum hash_method)_i;
	char setting[HASH_CAP], made[HASH_CAP];

	ck_assert_int_eq(hash_setting(m, setting, sizeof setting), 0);
	ck_assert_int_eq(hash_make("right", setting, made, sizeof made), 0);
	ck_assert_int_eq(hash_identify(made), m);
	ck_assert(hash_verify("right", made));
	ck_assert(!hash_verify("wrong", made));
}
END_TEST

/* The SHA ones as openssl passwd makes them, bcrypt from its public test vectors. */
START_TEST(hash_agrees_with_other_programs)
{
	ck_assert(hash_verify("Hello world!",
			      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3u"
			      "BnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"));
	ck_assert(hash_verify("Hello world!",
			      "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"));
	ck_assert(
	    hash_verify("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
}
END_TEST

START_TEST(hash_that_is_locked_empty_or_cut_is_none)
{
	char cut[HASH_CAP];

	ck_assert_int_eq(hash_identify(""), HASH_NONE);
	ck_assert_int_eq(hash_identify("*"), HASH_NONE);
	ck_assert_int_eq(hash_identify("!"), HASH_NONE);
	ck_assert_int_eq(hash_identify("!$1$rdrecove$bLCE0vEG8GqqXt3tc7x8t0"), HASH_NONE);
	ck_assert_int_eq(hash_identify("x"), HASH_NONE);
	for (enum hash_method m = HASH_YESCRYPT; m < HASH_METHODS; m++) {
		strcpy(cut, hash_known(m));
		cut[strlen(cut) - 1] = '\0';
		ck_assert_msg(hash_identify(cut) == HASH_NONE, "%s", hash_name(m));
		ck_assert(!hash_verify(HASH_KEY, cut));
	}
}
END_TEST

START_TEST(hash_refuses_an_unknown_method)
{
	char made[HASH_CAP];

	ck_assert_int_eq(hash_make("x", "$9$abc$", made, sizeof made), -1);
	ck_assert_int_eq(hash_setting(HASH_NONE, made, sizeof made), -1);
	ck_assert_int_eq(hash_by_name("ROT13"), HASH_NONE);
	ck_assert_int_eq(hash_by_name("sha512"), HASH_SHA512);
}
END_TEST

START_TEST(password_has_sixteen_characters_and_never_repeats)
{
	char one[24], two[24];

	ck_assert_int_eq(password_generate(one, sizeof one), 0);
	ck_assert_int_eq(password_generate(two, sizeof two), 0);
	ck_assert_uint_eq(strlen(one), 19);
	ck_assert(one[4] == '.' && one[9] == '.' && one[14] == '.');
	ck_assert_str_ne(one, two);
	ck_assert_int_eq(password_generate(one, 20), -1);
}
END_TEST

Suite *hash_suite(void)
{
	Suite *s = suite_create("hash");
	TCase *c = tcase_create("hash");

	tcase_set_timeout(c, 30);
	tcase_add_loop_test(c, hash_knows_the_answer_of_every_method, HASH_YESCRYPT, HASH_METHODS);
	tcase_add_loop_test(c, hash_made_with_a_fresh_setting_takes_the_right_password_only,
			    HASH_YESCRYPT, HASH_METHODS);
	tcase_add_test(c, hash_agrees_with_other_programs);
	tcase_add_test(c, hash_that_is_locked_empty_or_cut_is_none);
	tcase_add_test(c, hash_refuses_an_unknown_method);
	tcase_add_test(c, password_has_sixteen_characters_and_never_repeats);
	suite_add_tcase(s, c);
	return s;
}
