#include "options.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *options_suite(void);

#define SIXTY "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static struct options o;

static void kernel(const char *line)
{
	options_default(&o);
	options_kernel(&o, line, strlen(line));
}

static int arguments(const char *const *words)
{
	char copy[12][64];
	char *argv[13] = {0};
	int n = 0;

	for (; words[n]; n++) {
		strcpy(copy[n], words[n]);
		argv[n] = copy[n];
	}
	options_default(&o);
	return options_arguments(&o, n, argv);
}
#define ARGUMENTS(...) arguments((const char *const[]){"rd-recovery", __VA_ARGS__, NULL})

START_TEST(without_the_word_nothing_is_asked)
{
	kernel("root=/dev/vda ro quiet rd.recoveryx=1");
	ck_assert_int_eq(o.mode, BOOT_OFF);
	ck_assert_uint_eq(o.nproblems, 0);
}
END_TEST

START_TEST(bare_word_means_run)
{
	kernel("ro rd.recovery quiet");
	ck_assert_int_eq(o.mode, BOOT_RUN);
}
END_TEST

START_TEST(last_word_wins)
{
	kernel("rd.recovery=diagnose rd.recovery.user=a rd.recovery=1 rd.recovery.user=b\n");
	ck_assert_int_eq(o.mode, BOOT_RUN);
	ck_assert_str_eq(o.set.user, "b");
}
END_TEST

START_TEST(word_too_long_only_diagnoses)
{
	static const char *const lines[] = {
	    "rd.recovery.user=%s rd.recovery=1", "rd.recovery=1 rd.recovery.password=%s",
	    "rd.recovery.phases=%s rd.recovery=rollback", "rd.recovery=1 rd.recovery=%s"};
	char value[700], line[800];

	memset(value, 'z', sizeof value);
	value[600] = '\0';
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(line, sizeof line, lines[i], value);
		kernel(line);
		ck_assert_int_eq(o.mode, BOOT_DIAGNOSE);
		ck_assert_uint_eq(o.nproblems, 1);
		ck_assert_ptr_null(strstr(o.problems[0], "zz")); /* it may be a password */
	}
	snprintf(line, sizeof line, "rd.recovery=0 rd.recovery.user=%s", value);
	kernel(line);
	ck_assert_int_eq(o.mode, BOOT_OFF);
}
END_TEST

START_TEST(malformed_mode_only_diagnoses)
{
	kernel("rd.recovery=diagnos");
	ck_assert_int_eq(o.mode, BOOT_DIAGNOSE);
	ck_assert_ptr_nonnull(strstr(o.problems[0], "diagnos"));
	kernel("rd.recovery=");
	ck_assert_int_eq(o.mode, BOOT_DIAGNOSE);
}
END_TEST

START_TEST(malformed_password_mode_keeps)
{
	kernel("rd.recovery rd.recovery.password=generat");
	ck_assert_int_eq(o.set.password, PASSWORD_KEEP);
	kernel("rd.recovery rd.recovery.password=file:/etc/passwd");
	ck_assert_int_eq(o.set.password, PASSWORD_KEEP);
}
END_TEST

START_TEST(password_typed_for_a_mode_is_not_repeated)
{
	kernel("rd.recovery rd.recovery.password=hunter22");
	ck_assert_uint_eq(o.nproblems, 1);
	ck_assert_ptr_null(strstr(o.problems[0], "hunter22"));
	ck_assert_str_eq(o.mistaken, "hunter22");
}
END_TEST

START_TEST(malformed_user_touches_no_password)
{
	kernel("rd.recovery rd.recovery.user=../x rd.recovery.password=generate");
	options_settle(&o);
	ck_assert_int_eq(o.set.password, PASSWORD_KEEP);
}
END_TEST

START_TEST(malformed_number_is_the_default)
{
	kernel("rd.recovery.timeout=5s rd.recovery.hold=-1 rd.recovery.build_timeout=0");
	ck_assert_int_eq(o.set.timeout, 300);
	ck_assert_int_eq(o.hold, 60);
	ck_assert_int_eq(o.set.build_timeout, 3600);
	ck_assert_uint_eq(o.nproblems, 3);
}
END_TEST

START_TEST(malformed_phases_change_nothing)
{
	kernel("rd.recovery.phases=1,4,x");
	ck_assert(o.set.phases[1] && o.set.phases[7] && o.set.phases[8]);
	ck_assert(!o.set.phases[3] && !o.set.phases[4]);
	kernel("rd.recovery.phases=1,4,5");
	ck_assert(o.set.phases[4] && !o.set.phases[3] && !o.nproblems);
	kernel("rd.recovery.phases=1,");
	ck_assert(!o.set.phases[4] && o.nproblems == 1);
}
END_TEST

START_TEST(secrets_are_no_kernel_words)
{
	kernel("rd.recovery.password_hash=$6$a$b rd.recovery.reset=yes");
	ck_assert_str_eq(o.set.password_hash, "");
	ck_assert_uint_eq(o.nproblems, 2);
}
END_TEST

START_TEST(overlong_word_does_not_overflow)
{
	char line[2000];

	memset(line, 'a', sizeof line);
	memcpy(line, "rd.recovery=", 12);
	options_default(&o);
	options_kernel(&o, line, sizeof line);
	ck_assert_int_eq(o.mode, BOOT_DIAGNOSE);
}
END_TEST

START_TEST(file_names_the_bad_line)
{
	static const char text[] = "# ours\n\nuser = argo\nuser argo\n";

	options_default(&o);
	ck_assert_int_eq(options_file(&o, "conf", text, sizeof text - 1), -1);
	ck_assert_ptr_nonnull(strstr(o.problems[0], "conf:4:"));
	options_settle(&o);
	ck_assert_int_eq(o.set.password, PASSWORD_KEEP);
}
END_TEST

START_TEST(a_long_file_name_is_named_to_its_end)
{
	static const char text[] = "timeout = 5\npasswort = x\n";
	char name[200], want[210] = "";

	memset(name, 'd', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	strcat(strcat(want, name), ":2:");
	options_default(&o);
	ck_assert_int_eq(options_file(&o, name, text, sizeof text - 1), -1);
	ck_assert_ptr_nonnull(strstr(o.problems[0], want));
}
END_TEST

START_TEST(kernel_line_beats_the_file)
{
	static const char text[] = "timeout = 10\r\nhold=5\nreset = no";

	options_default(&o);
	ck_assert_int_eq(options_file(&o, "conf", text, sizeof text - 1), 0);
	options_kernel(&o, "rd.recovery.timeout=20", 22);
	ck_assert_int_eq(o.set.timeout, 20);
	ck_assert_int_eq(o.hold, 5);
	ck_assert(!o.set.reset_allowed);
}
END_TEST

START_TEST(file_cannot_take_back_reset_no)
{
	static const char text[] = "reset = no\nreset = yes\n";

	options_default(&o);
	ck_assert_int_eq(options_file(&o, "conf", text, sizeof text - 1), 0);
	ck_assert(!o.set.reset_allowed);
}
END_TEST

START_TEST(config_mode_without_a_hash_is_an_error)
{
	ck_assert_int_eq(ARGUMENTS("run", "--password", "config"), 0);
	ck_assert_int_eq(options_settle(&o), -1);
	ck_assert_int_eq(o.set.password, PASSWORD_KEEP);
}
END_TEST

START_TEST(run_takes_its_arguments)
{
	ck_assert_int_eq(ARGUMENTS("run", "--root=/mnt", "--user", "argo", "--password",
				   "file:/root/pw", "--timeout", "7", "--json"),
			 0);
	ck_assert_str_eq(o.root, "/mnt");
	ck_assert_str_eq(o.set.user, "argo");
	ck_assert_int_eq(o.set.password, PASSWORD_FILE);
	ck_assert_str_eq(o.set.password_file, "/root/pw");
	ck_assert_int_eq(o.set.timeout, 7);
	ck_assert(o.json);
}
END_TEST

START_TEST(status_is_told_where_the_image_lies)
{
	ck_assert_int_eq(ARGUMENTS("status", "--boot", "/efi", "--json"), 0);
	ck_assert_str_eq(o.boot, "/efi");
	ck_assert(o.json);
}
END_TEST

START_TEST(verify_is_quick_unless_told)
{
	ck_assert_int_eq(ARGUMENTS("verify", "--root", "/mnt", "--timeout", "9"), 0);
	ck_assert_int_eq(o.command, COMMAND_VERIFY);
	ck_assert_str_eq(o.root, "/mnt");
	ck_assert_int_eq(o.set.timeout, 9);
	ck_assert(!o.deep);
	ck_assert_int_eq(ARGUMENTS("verify", "--deep", "--json"), 0);
	ck_assert(o.deep && o.json);
	ck_assert_int_eq(ARGUMENTS("run", "--deep"), -1);
}
END_TEST

START_TEST(kernel_words_say_how_long_and_what_then)
{
	static const char good[] = "rd.recovery.deadline=90 rd.recovery.after=poweroff "
				   "rd.recovery.libxcrypt=rebuild rd.recovery.log=/mnt/log",
			  bad[] = "rd.recovery.deadline=0 rd.recovery.after=halt "
				  "rd.recovery.libxcrypt=yes rd.recovery.log=log";

	kernel(good);
	ck_assert_uint_eq(o.nproblems, 0);
	ck_assert_int_eq(o.set.deadline, 90);
	ck_assert_int_eq(o.after, AFTER_POWEROFF);
	ck_assert(o.set.libxcrypt_rebuild);
	ck_assert_str_eq(o.log_path, "/mnt/log");
	/* a malformed one takes back what the file asked for */
	options_kernel(&o, bad, sizeof bad - 1);
	ck_assert_uint_eq(o.nproblems, 4);
	ck_assert_int_eq(o.set.deadline, 0);
	ck_assert_int_eq(o.after, AFTER_BOOT);
	ck_assert(!o.set.libxcrypt_rebuild);
	ck_assert_str_eq(o.log_path, "");
	ck_assert_ptr_nonnull(strstr(o.problems[1], "boot"));
}
END_TEST

START_TEST(file_takes_a_hash_and_nothing_else_for_one)
{
	static const char good[] = "password_hash = $6$salt$" SIXTY "xxxxxxxxxxxxxxxxxxxxxxxxxx\n",
			  bad[] = "password_hash = secret\n", text[] = "user = a\0b\n";
	char giant[600];

	options_default(&o);
	ck_assert_int_eq(options_file(&o, "conf", good, sizeof good - 1), 0);
	ck_assert(!strncmp(o.set.password_hash, "$6$salt$", 8));
	ck_assert_int_eq(options_file(&o, "conf", bad, sizeof bad - 1), -1);
	ck_assert_str_eq(o.set.password_hash, "");
	ck_assert_ptr_null(strstr(o.problems[0], "secret"));
	/* what is no text of a line's length is not read in part */
	options_default(&o);
	memset(giant, 'x', sizeof giant);
	memcpy(giant, "user = ", 7);
	ck_assert_int_eq(options_file(&o, "conf", giant, sizeof giant), -1);
	ck_assert_int_eq(options_file(&o, "conf", text, sizeof text - 1), -1);
	ck_assert_str_eq(o.set.user, "");
	ck_assert_uint_eq(o.nproblems, 2);
	ck_assert_str_eq(o.problems[1], "conf:1: too long, or not text");
}
END_TEST

START_TEST(problems_beyond_the_room_for_them_are_errors_too)
{
	char text[9 * 3 * OPTIONS_PROBLEMS + 1] = "";

	for (int i = 0; i < 3 * OPTIONS_PROBLEMS; i++)
		strcat(text, "nonsense\n");
	options_default(&o);
	ck_assert_int_eq(options_file(&o, "conf", text, strlen(text)), -1);
	ck_assert_uint_eq(o.nproblems, OPTIONS_PROBLEMS);
	ck_assert_ptr_nonnull(strstr(o.problems[0], "conf:1:"));
}
END_TEST

START_TEST(report_goes_to_an_url_or_nowhere)
{
	static const char file[] =
	    "report = https://a.example/in\nreport_ca = /etc/ssl/fleet.pem\n",
			  bad[] = "report_ca = fleet.pem\n";

	options_default(&o);
	ck_assert_int_eq(options_file(&o, "conf", file, sizeof file - 1), 0);
	ck_assert_str_eq(o.report, "https://a.example/in");
	ck_assert_str_eq(o.report_ca, "/etc/ssl/fleet.pem");
	kernel("rd.recovery.report=https://b.example:8443 rd.recovery.report_ca=/x");
	ck_assert_str_eq(o.report, "https://b.example:8443");
	ck_assert_str_eq(o.report_ca,
			 ""); /* whoever may edit the line does not say whom to believe */
	kernel("rd.recovery.report=https://b.example rd.recovery.report=http://c.example");
	ck_assert_str_eq(o.report, "");
	ck_assert_ptr_nonnull(strstr(o.problems[0], "http://c.example is malformed: none is sent"));
	options_default(&o);
	ck_assert_int_eq(options_file(&o, "conf", bad, sizeof bad - 1), -1);
	ck_assert_str_eq(o.report_ca, "");
}
END_TEST

START_TEST(password_in_an_url_is_not_repeated)
{
	kernel("rd.recovery.report=https://argo:hunter22@a.example/");
	ck_assert_str_eq(o.report, "");
	ck_assert_uint_eq(o.nproblems, 1);
	ck_assert_ptr_null(strstr(o.problems[0], "hunter22"));
}
END_TEST

/* Each command of the table stands in the help, or nobody finds it. */
START_TEST(help_names_every_command)
{
	static const char *const names[] = {"run",    "diagnose", "rollback", "capture", "hash",
					    "status", "verify",	  "report",   "password"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char line[32];

		snprintf(line, sizeof line, "\n  %s", names[i]);
		ck_assert_ptr_nonnull(strstr(options_help(), line));
	}
}
END_TEST

START_TEST(usage_errors_are_refused)
{
	char *none[] = {(char[]){"rd-recovery"}, NULL};

	options_default(&o);
	ck_assert_int_eq(options_arguments(&o, 1, none), -1);
	ck_assert_ptr_nonnull(strstr(o.problems[0], "no command given"));
	ck_assert_int_eq(ARGUMENTS("rn"), -1);
	ck_assert_int_eq(ARGUMENTS("run", "--root"), -1);
	ck_assert_int_eq(ARGUMENTS("run", "--root", ""), -1);
	ck_assert_int_eq(ARGUMENTS("run", "--timeout", "x"), -1);
	ck_assert_int_eq(ARGUMENTS("run", "stray"), -1);
	ck_assert_int_eq(ARGUMENTS("diagnose", "--password", "generate"), -1);
	ck_assert_int_eq(ARGUMENTS("capture"), -1);
	ck_assert_int_eq(ARGUMENTS("status", "--user", "argo"), -1);
	ck_assert_int_eq(ARGUMENTS("rollback", "a", "b"), -1);
}
END_TEST

START_TEST(who_asks_for_help_runs_nothing)
{
	ck_assert_int_eq(ARGUMENTS("run", "--help"), 0);
	ck_assert_int_eq(o.command, COMMAND_HELP);
	ck_assert_int_eq(ARGUMENTS("rollback", "--forget", "--help", "stray"), 0);
	ck_assert_int_eq(o.command, COMMAND_HELP);
	ck_assert_int_eq(ARGUMENTS("run", "stray", "--help"), -1);
}
END_TEST

Suite *options_suite(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");

	tcase_add_test(t, without_the_word_nothing_is_asked);
	tcase_add_test(t, bare_word_means_run);
	tcase_add_test(t, last_word_wins);
	tcase_add_test(t, word_too_long_only_diagnoses);
	tcase_add_test(t, malformed_mode_only_diagnoses);
	tcase_add_test(t, malformed_password_mode_keeps);
	tcase_add_test(t, password_typed_for_a_mode_is_not_repeated);
	tcase_add_test(t, malformed_user_touches_no_password);
	tcase_add_test(t, malformed_number_is_the_default);
	tcase_add_test(t, malformed_phases_change_nothing);
	tcase_add_test(t, secrets_are_no_kernel_words);
	tcase_add_test(t, overlong_word_does_not_overflow);
	tcase_add_test(t, file_names_the_bad_line);
	tcase_add_test(t, a_long_file_name_is_named_to_its_end);
	tcase_add_test(t, kernel_line_beats_the_file);
	tcase_add_test(t, file_cannot_take_back_reset_no);
	tcase_add_test(t, config_mode_without_a_hash_is_an_error);
	tcase_add_test(t, run_takes_its_arguments);
	tcase_add_test(t, status_is_told_where_the_image_lies);
	tcase_add_test(t, verify_is_quick_unless_told);
	tcase_add_test(t, kernel_words_say_how_long_and_what_then);
	tcase_add_test(t, file_takes_a_hash_and_nothing_else_for_one);
	tcase_add_test(t, problems_beyond_the_room_for_them_are_errors_too);
	tcase_add_test(t, report_goes_to_an_url_or_nowhere);
	tcase_add_test(t, password_in_an_url_is_not_repeated);
	tcase_add_test(t, help_names_every_command);
	tcase_add_test(t, usage_errors_are_refused);
	tcase_add_test(t, who_asks_for_help_runs_nothing);
	suite_add_tcase(s, t);
	return s;
}
