#include "run/switch.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *switch_suite(void);

static char dir[] = "/tmp/rdswitch.XXXXXX", said[80];

static void setup(void)
{
	strcpy(dir, "/tmp/rdswitch.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(said, sizeof said, "%s/said", dir);
}

static void teardown(void)
{
	char command[120];

	snprintf(command, sizeof command, "rm -r --one-file-system %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* A wait status; only with an init that can be started: the usual ones are this machine's. */
static int status_of(const char *script)
{
	char *argv[] = {"x", "-c", (char *)script, NULL};
	int status = -1;
	sigset_t all;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		signal(SIGUSR1, SIG_IGN);
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		switch_init("/bin/sh", argv);
		_exit(99);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(init_gets_its_words)
{
	ck_assert_int_eq(WEXITSTATUS(status_of("exit 7")), 7);
}
END_TEST

START_TEST(signals_are_as_a_program_expects_them)
{
	static const struct {
		char script[20];
		int number;
	} all[] = {
	    {"kill -PIPE $$", SIGPIPE}, {"kill -USR1 $$", SIGUSR1}, {"kill -TERM $$", SIGTERM}};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int status = status_of(all[i].script);

		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == all[i].number, "%s: %d",
			      all[i].script, status);
	}
}
END_TEST

/* In a root that has no other: with a loader of its own that is gone. */
START_TEST(init_without_its_loader_is_not_said_to_be_missing)
{
	char path[100], text[2000] = "";
	char *argv[] = {"x", NULL};
	FILE *f;
	pid_t pid;

	snprintf(path, sizeof path, "%s/init", dir);
	f = fopen(path, "w");
	fputs("#!/no/such/interpreter\n", f);
	fclose(f);
	chmod(path, 0755);
	pid = fork();
	if (pid == 0) {
		if (!freopen(said, "w", stdout) || chroot(dir) || chdir("/"))
			_exit(77);
		switch_init("/init", argv);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	f = fopen(said, "r");
	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	ck_assert_msg(strstr(text, "/no/such/interpreter") != NULL, "%s", text);
}
END_TEST

Suite *switch_suite(void)
{
	Suite *s = suite_create("switch");
	TCase *t = tcase_create("switch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, init_gets_its_words);
	tcase_add_test(t, signals_are_as_a_program_expects_them);
	tcase_add_test(t, init_without_its_loader_is_not_said_to_be_missing);
	suite_add_tcase(s, t);
	return s;
}
