#include "base/digest.h"
#include "base/hash.h"

#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>

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

START_TEST(password_has_twenty_letters_and_never_repeats)
{
	char one[21], two[21];

	ck_assert_int_eq(password_generate(one, sizeof one), 0);
	ck_assert_int_eq(password_generate(two, sizeof two), 0);
	ck_assert_uint_eq(strlen(one), PASSWORD_LETTERS);
	ck_assert_str_ne(one, two);
	ck_assert_int_eq(password_generate(one, PASSWORD_LETTERS), -1);
}
END_TEST

/* Of what comes out, letter by letter: so many bits, no letter that comes more often than chance
 * has it, and none that another layout has on another key, or for which a second key is held. */
START_TEST(password_has_at_least_77_bits_on_keys_that_do_not_move)
{
	enum { MANY = 3200 };
	static unsigned seen[PASSWORD_LETTERS][256];
	unsigned bits = 0;
	char one[24];

	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(password_generate(one, sizeof one), 0);
		ck_assert_uint_eq(strspn(one, "bcdefghijklnoprstuvx"), PASSWORD_LETTERS);
		for (int at = 0; at < PASSWORD_LETTERS; at++)
			seen[at][(unsigned char)one[at]]++;
	}
	for (int at = 0; at < PASSWORD_LETTERS; at++) {
		unsigned letters = 0;

		for (int c = 0; c < 256; c++) {
			letters += seen[at][c] > 0;
			ck_assert_uint_lt(seen[at][c], MANY / 16 * 2);
		}
		for (; letters > 1; letters /= 2)
			bits++;
	}
	ck_assert_uint_ge(bits, 77);
}
END_TEST

/* The kernel's answer early in a boot: the calls that would have to wait say EAGAIN. */
static void make_random_unready(void)
{
	struct sock_filter f[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, GRND_INSECURE, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog p = {sizeof f / sizeof *f, f};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p), 0);
}

START_TEST(password_is_refused_while_the_generator_is_not_ready)
{
	char one[24] = "", setting[HASH_CAP];

	make_random_unready();
	errno = 0;
	ck_assert_int_eq(password_generate(one, sizeof one), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_str_eq(one, "");
	ck_assert_int_eq(random_wait(), -1);
	ck_assert_int_eq(password_for_trial(one, sizeof one), 0);
	ck_assert_uint_eq(strlen(one), PASSWORD_LETTERS);
	/* a salt only has to differ */
	ck_assert_int_eq(hash_setting(HASH_SHA512, setting, sizeof setting), 0);
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
	tcase_add_test(c, password_has_twenty_letters_and_never_repeats);
	tcase_add_test(c, password_has_at_least_77_bits_on_keys_that_do_not_move);
	tcase_add_test(c, password_is_refused_while_the_generator_is_not_ready);
	suite_add_tcase(s, c);
	return s;
}
