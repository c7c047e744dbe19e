#include "phases/phase.h"

#include "../target/scratch.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

Suite *p4_password_reset_suite(void);

static struct settings set;
static struct shared shared;
static struct context c;

/* argo's hash is the SHA512 one that the program itself knows, behind this mark of a lock. */
static void stored(const char *mark)
{
	char text[300];

	snprintf(text, sizeof text, "root:*:19000::::::\nargo:%s%s:19000:0:99999:7:::\n", mark,
		 hash_known(HASH_SHA512));
	put("/etc/shadow", text);
}

static void setup(void)
{
	scratch_open();
	ck_assert_int_eq(log_start(), 0);
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n");
	put("/etc/login.defs", "ENCRYPT_METHOD SHA512\n");
	stored("");
	set = (struct settings){.reset_allowed = true, .timeout = 60, .user = "argo"};
	shared = (struct shared){.user = "argo"};
	c = (struct context){.t = &t,
			     .set = &set,
			     .shared = &shared,
			     .report = report_start(),
			     .journal = &j,
			     .deadline = deadline_in(60)};
	ck_assert_ptr_nonnull(c.report);
	c.report->phases[1].outcome = OUTCOME_OK; /* somebody has looked: there is no finding */
}

static void teardown(void)
{
	log_secrets_wipe();
	scratch_close();
}

static void run(enum outcome is, const char *text)
{
	enum outcome o = p4_password_reset(&c);

	ck_assert_msg(o == is && strstr(c.report->phases[4].text, text), "%s: %s", outcome_name(o),
		      c.report->phases[4].text);
}

/* argo's hash as shadow has it now. */
static const char *hash_now(void)
{
	static char hash[HASH_CAP];
	char line[600];
	FILE *f = fopen(full("/etc/shadow"), "r");

	hash[0] = '\0';
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "argo:%383[^:]", hash) == 1)
			break;
	fclose(f);
	return hash;
}

static bool next_says(const char *text)
{
	for (unsigned i = 0; i < c.report->nexts; i++)
		if (strstr(c.report->next[i], text))
			return true;
	return false;
}

static bool failed(const char *what, const char *why)
{
	for (unsigned i = 0; i < c.report->nfailures; i++)
		if (strstr(c.report->failures[i].what, what) &&
		    strstr(c.report->failures[i].why, why))
			return true;
	return false;
}

START_TEST(sound_password_stays)
{
	run(OUTCOME_NOTHING, "the password of argo stays: its SHA512 hash is sound");
	set.password = PASSWORD_KEEP;
	stored("!");
	run(OUTCOME_SKIPPED, "left alone (keep)");
	set.reset_allowed = false;
	set.password = PASSWORD_GENERATE;
	run(OUTCOME_SKIPPED, "left alone (reset = no)");
	ck_assert(!shared.password[0]);
}
END_TEST

START_TEST(hash_nothing_can_verify_gets_a_new_one_in_the_best_method_left)
{
	shared.methods_proven = 1u << HASH_BCRYPT | 1u << HASH_SHA256 | 1u << HASH_DES;
	run(OUTCOME_REPAIRED, "argo: new password, ");
	ck_assert(strstr(c.report->phases[4].text,
			 "the old hash was SHA512, which nothing left on this system can verify"));
	ck_assert_uint_eq(c.report->npivots, 1);
	ck_assert_str_eq(c.report->pivots[0].tried, "SHA512");
	ck_assert_str_eq(c.report->pivots[0].next, c.report->method);
	ck_assert(hash_identify(hash_now()) == HASH_BCRYPT ||
		  hash_identify(hash_now()) == HASH_SHA256);
	ck_assert(hash_verify(shared.password, hash_now()));
}
END_TEST

START_TEST(without_a_method_fit_for_passwords_nothing_is_written)
{
	shared.methods_proven = 1u << HASH_DES;
	run(OUTCOME_FAILED, "making the new hash failed: the password of argo is as it was");
	ck_assert_str_eq(c.report->pivots[0].next, "nothing: no method is left");
	ck_assert_str_eq(hash_now(), hash_known(HASH_SHA512));
	ck_assert(!shared.password[0]);
}
END_TEST

START_TEST(lock_of_one_who_was_only_chosen_may_be_meant)
{
	stored("!");
	set.user[0] = '\0';
	run(OUTCOME_SKIPPED, "argo is locked and was not named: left alone");
	ck_assert(next_says("rd.recovery.user=argo"));
	set.password = PASSWORD_GENERATE;
	run(OUTCOME_SKIPPED, "left alone");
	strcpy(set.user, "argo");
	run(OUTCOME_REPAIRED, "the old hash was locked");
	ck_assert(hash_verify(shared.password, hash_now()));
}
END_TEST

START_TEST(missing_and_damaged_hashes_are_replaced)
{
	put("/etc/shadow", "argo::19000:0:99999:7:::\n");
	run(OUTCOME_REPAIRED, "the old hash was missing");
	put("/etc/shadow", "argo:no hash:19000:0:99999:7:::\n");
	run(OUTCOME_REPAIRED, "the old hash was damaged");
	ck_assert(hash_verify(shared.password, hash_now()));
}
END_TEST

START_TEST(what_is_tied_to_the_old_password_keeps_it)
{
	put("/home/argo/.ecryptfs/x", "");
	put("/etc/shadow", "argo:no hash:19000:0:99999:7:::\n");
	run(OUTCOME_SKIPPED, "nothing reset: ecryptfs is tied to the old password of argo");
	ck_assert(next_says("rd.recovery.password=generate resets it all the same"));
	ck_assert_str_eq(hash_now(), "no hash");
	set.password = PASSWORD_GENERATE;
	run(OUTCOME_REPAIRED, "argo: new password");
}
END_TEST

START_TEST(configured_hash_is_written_when_it_can_be_verified)
{
	set.password = PASSWORD_CONFIG;
	snprintf(set.password_hash, sizeof set.password_hash, "%s", hash_known(HASH_YESCRYPT));
	run(OUTCOME_REPAIRED, "argo: new password, YESCRYPT");
	ck_assert_str_eq(hash_now(), set.password_hash);
	stored("");
	shared.methods_proven = 1u << HASH_SHA512;
	run(OUTCOME_FAILED, "the password of argo is as it was");
	ck_assert(failed("configured password_hash",
			 "its method is one the target's libcrypt can't verify"));
	ck_assert(next_says("rd.recovery.password=generate gives argo a password"));
	ck_assert_str_eq(hash_now(), hash_known(HASH_SHA512));
	strcpy(set.password_hash, "a password in clear text");
	run(OUTCOME_FAILED, "the password of argo is as it was");
	ck_assert(failed("configured password_hash", "it is no hash"));
}
END_TEST

START_TEST(password_of_a_file_is_its_first_line)
{
	set.password = PASSWORD_FILE;
	put("/password", "correct horse\nanother line\n");
	snprintf(set.password_file, sizeof set.password_file, "%s", full("/password"));
	run(OUTCOME_REPAIRED, "argo: new password, SHA512");
	ck_assert(hash_verify("correct horse", hash_now()));
	ck_assert(!c.report->password_generated);
	stored("");
	put("/password", "\n");
	run(OUTCOME_FAILED, "making the new hash failed");
	strcpy(set.password_file, "/no/such/file");
	run(OUTCOME_FAILED, "making the new hash failed");
	ck_assert(failed("making the new hash", "No such file or directory"));
	ck_assert_str_eq(hash_now(), hash_known(HASH_SHA512));
}
END_TEST

START_TEST(without_a_journal_nothing_is_written)
{
	c.journal = NULL;
	set.password = PASSWORD_GENERATE;
	run(OUTCOME_FAILED, "writing /etc/shadow failed: the password of argo is as it was");
	ck_assert_str_eq(hash_now(), hash_known(HASH_SHA512));
	ck_assert(!shared.password[0] && !c.report->password_set);
}
END_TEST

START_TEST(hash_in_passwd_itself_gives_way)
{
	put("/etc/passwd",
	    "root:x:0:0::/root:/bin/sh\nargo:aaZrmAxULE/Ug:1000:1000::/home/argo:/bin/sh\n");
	put("/etc/shadow", "root:*:19000::::::\n");
	shared.methods_proven = 1u << HASH_SHA512;
	run(OUTCOME_REPAIRED, "argo: new password, SHA512");
	ck_assert(holds("/etc/passwd",
			"root:x:0:0::/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n"));
	ck_assert(hash_verify(shared.password, hash_now()));
}
END_TEST

START_TEST(account_that_is_not_there_is_said)
{
	strcpy(shared.user, "nobody");
	run(OUTCOME_FAILED, "no account nobody that can be read");
	ck_assert_uint_eq(c.report->nfailures, 1);
}
END_TEST

START_TEST(user_is_chosen_again_after_the_repairs)
{
	set.user[0] = shared.user[0] = '\0';
	run(OUTCOME_NOTHING, "the password of argo stays");
	ck_assert_str_eq(shared.user, "argo");
	ck_assert_str_eq(c.report->user, "argo");
	ck_assert(c.report->user_reason[0]);
}
END_TEST

Suite *p4_password_reset_suite(void)
{
	Suite *s = suite_create("p4_password_reset");
	TCase *k = tcase_create("p4_password_reset");

	tcase_add_checked_fixture(k, setup, teardown);
	tcase_add_test(k, sound_password_stays);
	tcase_add_test(k, hash_nothing_can_verify_gets_a_new_one_in_the_best_method_left);
	tcase_add_test(k, without_a_method_fit_for_passwords_nothing_is_written);
	tcase_add_test(k, lock_of_one_who_was_only_chosen_may_be_meant);
	tcase_add_test(k, missing_and_damaged_hashes_are_replaced);
	tcase_add_test(k, what_is_tied_to_the_old_password_keeps_it);
	tcase_add_test(k, configured_hash_is_written_when_it_can_be_verified);
	tcase_add_test(k, password_of_a_file_is_its_first_line);
	tcase_add_test(k, without_a_journal_nothing_is_written);
	tcase_add_test(k, hash_in_passwd_itself_gives_way);
	tcase_add_test(k, account_that_is_not_there_is_said);
	tcase_add_test(k, user_is_chosen_again_after_the_repairs);
	suite_add_tcase(s, k);
	return s;
}
