#include "phases/phase.h"

#include "../base/said.h"
#include "../base/tree.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/process.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *p2_process_cleanup_suite(void);

static char root[64];
static struct target t;
static struct settings set;
static struct shared shared;
static struct context c;

/* In a mount namespace of the test's own process: there, this machine runs a rescue initramfs. */
static void rescue(void)
{
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("etc", "/etc", "tmpfs", 0, NULL), 0);
	fd = open("/etc/initrd-release", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void setup(void)
{
	ck_assert_int_eq(log_start(), 0);
	memset(&t, 0, sizeof t);
	t.fd = tree_make(root);
	strcpy(t.root, root);
	c = (struct context){.t = &t,
			     .set = &set,
			     .shared = &shared,
			     .report = report_start(),
			     .deadline = deadline_in(60)};
	ck_assert_ptr_nonnull(c.report);
}

static void teardown(void)
{
	tree_remove(t.fd, root);
}

/* A process that is nobody's here, in the target. */
static pid_t stranger(void)
{
	int ready[2];
	pid_t pid = 0;

	ck_assert_int_eq(pipe(ready), 0);
	if (fork() == 0) {
		if (fork() == 0) {
			pid = getpid();
			if (setsid() < 0 || chdir(root))
				_exit(1);
			if (write(ready[1], &pid, sizeof pid) != sizeof pid)
				_exit(1);
			execl("/bin/sleep", "sleep", "60", (char *)NULL);
		}
		_exit(0);
	}
	wait(NULL);
	ck_assert_int_eq(read(ready[0], &pid, sizeof pid), sizeof pid);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static bool lives(pid_t pid)
{
	struct process p;

	return process_read(pid, &p) == 0 && p.state != 'Z';
}

static void text_is(const char *text)
{
	ck_assert_msg(strstr(c.report->phases[2].text, text) != NULL, "%s",
		      c.report->phases[2].text);
}

START_TEST(what_the_rescue_left_in_the_target_is_ended)
{
	pid_t pids[2] = {stranger(), stranger()};

	rescue();
	ck_assert_int_eq(p2_process_cleanup(&c), OUTCOME_REPAIRED);
	ck_assert(!lives(pids[0]) && !lives(pids[1]));
	text_is("2 hold the target, 2 ended, 0 survived");
	ck_assert(said("holds the target: cwd /tmp/rdtree."));
}
END_TEST

START_TEST(what_was_not_started_by_the_rescue_lives)
{
	pid_t pid = stranger();

	ck_assert_int_eq(p2_process_cleanup(&c), OUTCOME_NOTHING);
	ck_assert(lives(pid));
	ck_assert(said("left alone, not started by the rescue, not stuck"));
	t.readonly = true;
	ck_assert_int_eq(p2_process_cleanup(&c), OUTCOME_NOTHING);
	ck_assert(lives(pid));
	ck_assert(said("left alone, nothing may be changed"));
	kill(pid, SIGKILL);
}
END_TEST

START_TEST(own_family_lives)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (chdir(root))
			_exit(1);
		pause();
		_exit(0);
	}
	rescue();
	ck_assert_int_eq(p2_process_cleanup(&c), OUTCOME_NOTHING);
	ck_assert(lives(pid));
	text_is("none holds the target");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}
END_TEST

START_TEST(stopped_processes_and_zombies_are_shown)
{
	pid_t stopped = fork(), zombie;
	char line[80];
	siginfo_t info;

	if (stopped == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	zombie = fork();
	if (zombie == 0)
		_exit(0);
	waitid(P_PID, (id_t)stopped, &info, WSTOPPED | WNOWAIT);
	waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT);
	t.live = true;
	p2_process_cleanup(&c);
	snprintf(line, sizeof line, "process %d (unit) is stopped", (int)stopped);
	ck_assert_msg(said(line), "%s", line);
	snprintf(line, sizeof line, "process %d (unit) is a zombie", (int)zombie);
	ck_assert_msg(said(line), "%s", line);
	text_is("the target runs: only looked");
	kill(stopped, SIGKILL);
	waitpid(stopped, NULL, 0);
	waitpid(zombie, NULL, 0);
}
END_TEST

Suite *p2_process_cleanup_suite(void)
{
	Suite *s = suite_create("p2_process_cleanup");
	TCase *k = tcase_create("p2_process_cleanup");

	tcase_add_checked_fixture(k, setup, teardown);
	tcase_add_test(k, what_the_rescue_left_in_the_target_is_ended);
	tcase_add_test(k, what_was_not_started_by_the_rescue_lives);
	tcase_add_test(k, own_family_lives);
	tcase_add_test(k, stopped_processes_and_zombies_are_shown);
	suite_add_tcase(s, k);
	return s;
}
