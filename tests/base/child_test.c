#include "base/child.h"

#include "base/cgroup.h"
#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/syscall.h>
#include <unistd.h>

Suite *child_suite(void);

#define WITHIN_MS 5000

static char tail[CHILD_TAIL];
static struct child_result result;

/* Most tests run twice: with PID namespaces, and as on a kernel without. */
static void footing(int without)
{
	child_without_pidns = without;
	result = (struct child_result){.tail = tail};
}

static int run_shell(const char *script, struct child_spec spec)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};

	spec.name = "test";
	spec.argv = argv;
	spec.flags |= CHILD_QUIET;
	if (!spec.deadline)
		spec.deadline = deadline_in(20);
	result.tail = tail;
	return child_run(&spec, &result);
}

/* --- a pipe whose write end everything below a child holds: its end of file proves that nothing of
 * it lives */

struct marker {
	int read, write;
};

static struct marker marker_open(void)
{
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	return (struct marker){p[0], p[1]};
}

static void marker_said(const struct marker *m, char what)
{
	struct pollfd p = {.fd = m->read, .events = POLLIN};
	char c = 0;

	ck_assert_int_eq(poll(&p, 1, WITHIN_MS), 1);
	ck_assert_int_eq(read(m->read, &c, 1), what ? 1 : 0);
	ck_assert_int_eq(c, what);
}

static void marker_gone(struct marker *m)
{
	close(m->write);
	marker_said(m, '\0');
	close(m->read);
}

/* --- functions run as children */

static void ignore_everything(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
}

static void pause_for_ever(void)
{
	for (;;)
		pause();
}

/* arg: the marker's write end; a plain function has it as standard input */
static int escape(void *arg)
{
	int fd = *(int *)arg;

	ignore_everything();
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			setsid();
			if (write(fd, "x", 1) == 1)
				pause_for_ever();
		}
		pause_for_ever();
	}
	pause_for_ever();
	return 0;
}

static int leave_a_daemon(void *arg)
{
	int ready[2];
	char c;

	if (pipe(ready) < 0)
		return 1;
	if (fork() == 0) {
		setsid();
		ignore_everything();
		if (write(ready[1], "x", 1) == 1)
			pause_for_ever();
	}
	(void)arg;
	return read(ready[0], &c, 1) == 1 ? 0 : 1;
}

static int wait_in_vfork(void *arg)
{
	(void)arg;
	if (vfork() == 0)
		pause_for_ever();
	return 0;
}

static int crash(void *arg)
{
	kill(getpid(), *(int *)arg);
	pause_for_ever();
	return 0;
}

static int return_value(void *arg)
{
	return *(int *)arg;
}

static int zero_fd;

/* --- tests */

START_TEST(exit_status_is_passed_on)
{
	footing(_i);
	ck_assert_int_eq(run_shell("exit 0", (struct child_spec){0}), 0);
	ck_assert_int_eq(result.end, CHILD_EXITED);
	ck_assert_int_eq(result.no_pidns, _i);
	ck_assert_int_eq(run_shell("exit 7", (struct child_spec){0}), -1);
	ck_assert_int_eq(result.status, 7);
	ck_assert_str_eq(result.reason, "exit status 7");
	ck_assert_int_eq(run_shell("kill -9 $$", (struct child_spec){0}), -1);
	ck_assert_int_eq(result.end, CHILD_SIGNALED);
	ck_assert_str_eq(result.reason, "killed by signal 9");
}
END_TEST

START_TEST(own_pid_namespace_is_used_where_there_is_one)
{
	footing(0);
	ck_assert_int_eq(run_shell("test $$ -eq 2 && test ! -e /proc/4", (struct child_spec){0}),
			 0);
	ck_assert(!result.no_pidns);
}
END_TEST

START_TEST(nothing_survives_that_escapes_and_ignores_every_signal)
{
	struct marker m = marker_open();
	struct child_spec spec = {.name = "escape",
				  .fn = escape,
				  .arg = &zero_fd,
				  .in_fd = m.write,
				  .grace_ms = 100,
				  .deadline = deadline_in_ms(1000)};

	footing(_i);
	ck_assert_int_eq(child_run(&spec, &result), -1);
	ck_assert_int_eq(result.end, CHILD_TIMED_OUT);
	/* of the second, what was left when it started */
	ck_assert(!strncmp(result.reason, "no end within ", 14));
	marker_said(&m, 'x');
	marker_gone(&m);
}
END_TEST

START_TEST(worker_that_escapes_leaves_nothing)
{
	struct marker m = marker_open();
	struct child_spec spec = {.name = "escape",
				  .fn = escape,
				  .arg = &m.write,
				  .flags = CHILD_WORKER,
				  .grace_ms = 100,
				  .deadline = deadline_in_ms(1000)};

	footing(_i);
	ck_assert_int_eq(child_run(&spec, &result), -1);
	ck_assert_int_eq(result.end, CHILD_TIMED_OUT);
	marker_said(&m, 'x');
	marker_gone(&m);
}
END_TEST

START_TEST(daemon_left_behind_ends_with_its_program)
{
	struct marker m = marker_open();
	struct child_spec spec = {
	    .name = "daemon", .fn = leave_a_daemon, .in_fd = m.write, .deadline = deadline_in(20)};

	footing(_i);
	ck_assert_int_eq(child_run(&spec, &result), 0);
	ck_assert_int_lt(result.ms, WITHIN_MS);
	marker_gone(&m);
}
END_TEST

/* Nothing but the kernel's own group knows what an escaped process belonged to, once the process
 * that kept it is gone. */
START_TEST(cgroup_ends_what_outlives_its_keeper)
{
	struct marker m = marker_open();
	struct child_spec spec = {.name = "escape",
				  .fn = escape,
				  .arg = &zero_fd,
				  .in_fd = m.write,
				  .grace_ms = 100,
				  .deadline = deadline_in(20)};
	char path[CGROUP_PATH];
	int handle, keeper;

	if (cgroup_make(path, getpid())) {
		fprintf(stderr, "SKIPPED: no cgroup can be made here: %s\n", strerror(errno));
		return;
	}
	footing(1);
	ck_assert_int_eq(cgroup_end(path, 0), 0);
	handle = child_start(&spec, &result);
	ck_assert_int_ge(handle, 0);
	marker_said(&m, 'x');
	keeper = child_pid(handle);
	ck_assert_int_eq(kill(keeper, SIGKILL), 0);
	ck_assert_int_eq(child_end_now(handle), -1);
	ck_assert(result.no_pidns);
	ck_assert(result.in_cgroup);
	marker_gone(&m);
	snprintf(strrchr(path, '-'), 16, "-%d", keeper);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

static int end_after(void *ms)
{
	usleep((useconds_t)(intptr_t)ms * 1000);
	return (intptr_t)ms == 100;
}

START_TEST(first_to_end_is_told_and_each_keeps_its_own_deadline)
{
	struct child_spec spec = {.name = "one",
				  .fn = end_after,
				  .flags = CHILD_WORKER,
				  .grace_ms = 50,
				  .deadline = deadline_in(20)};
	static const intptr_t ms[3] = {60000, 100, 600};
	struct child_result results[3] = {0};
	int handles[4] = {-1, -1, -1, -1};

	footing(_i);
	for (int i = 0; i < 3; i++) {
		spec.arg = (void *)ms[i];
		spec.deadline = i ? deadline_in(20) : deadline_in_ms(300);
		handles[i] = child_start(&spec, &results[i]);
	}
	for (int i = 0; i < 3; i++) {
		static const int order[3] = {1, 0, 2};
		int first = child_first(handles, 4);

		ck_assert_int_eq(first, order[i]);
		ck_assert_int_eq(child_end_now(handles[first]), first == 2 ? 0 : -1);
		handles[first] = -1;
	}
	ck_assert_int_eq(child_first(handles, 4), -1);
	ck_assert_int_eq(results[0].end, CHILD_TIMED_OUT);
	ck_assert_int_eq(results[1].status, 1);
}
END_TEST

/* It has as many of its own as any process, and tells its parent's listener nothing. */
static int start_all(void *arg)
{
	const char *argv[] = {"/bin/sleep", "60", NULL};
	struct child_spec spec = {.name = "grandchild", .argv = argv, .deadline = deadline_in(60)};
	int handles[CHILD_MOST], failed = 0;

	(void)arg;
	for (int i = 0; i < CHILD_MOST; i++)
		failed += (handles[i] = child_start(&spec, &result)) < 0;
	for (int i = 0; i < CHILD_MOST; i++)
		child_end_now(handles[i]);
	return failed;
}

START_TEST(child_does_not_inherit_children)
{
	const char *argv[] = {"/bin/sleep", "60", NULL};
	struct child_spec first = {.name = "first", .argv = argv, .deadline = deadline_in(60)};
	struct child_spec second = {
	    .name = "second", .fn = start_all, .flags = CHILD_WORKER, .deadline = deadline_in(60)};
	struct child_result results[2] = {0};
	char *where = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int handles[2];

	footing(_i);
	child_tell(where, 4096);
	handles[0] = child_start(&first, &results[0]);
	handles[1] = child_start(&second, &results[1]);
	ck_assert_int_eq(child_first(&handles[1], 1), 0);
	ck_assert_str_eq(where, "second");
	ck_assert_int_eq(child_end_now(handles[1]), 0);
	ck_assert_int_eq(child_end_now(handles[0]), -1);
	child_tell(NULL, 0);
}
END_TEST

/* Version 1 has no cgroup.kill: the listed are killed until none is. */
START_TEST(youngest_child_is_told)
{
	const char *argv[] = {"/bin/sleep", "60", NULL};
	struct child_spec first = {.name = "first", .argv = argv, .deadline = deadline_in(60)};
	struct child_spec second = first;
	struct child_result results[2] = {0};
	char where[20] = "nothing yet";
	int handles[2];

	second.name = "second";
	child_tell(where, sizeof where);
	ck_assert_str_eq(where, "");
	handles[0] = child_start(&first, &results[0]);
	ck_assert_str_eq(where, "first");
	handles[1] = child_start(&second, &results[1]);
	ck_assert_str_eq(where, "second");
	child_end_now(handles[1]);
	ck_assert_str_eq(where, "first");
	child_end_now(handles[0]);
	ck_assert_str_eq(where, "");
	child_tell(NULL, 0);
}
END_TEST

START_TEST(cgroup_of_version_1_is_emptied)
{
	struct marker m = marker_open();
	char path[] = "/sys/fs/cgroup/pids/rd-recovery-v1";

	if (mkdir(path, 0700)) {
		fprintf(stderr, "SKIPPED: %s: %s\n", path, strerror(errno));
		return;
	}
	if (fork() == 0) {
		ck_assert_int_eq(cgroup_enter(path), 0);
		escape(&m.write);
	}
	marker_said(&m, 'x');
	ck_assert_int_eq(cgroup_end(path, WITHIN_MS), 0);
	marker_gone(&m);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(no_cgroup_is_left_behind)
{
	char path[CGROUP_PATH], text[300];

	if (cgroup_make(path, getpid())) {
		fprintf(stderr, "SKIPPED: no cgroup can be made here: %s\n", strerror(errno));
		return;
	}
	ck_assert_int_eq(cgroup_end(path, 0), 0);
	footing(1);
	/* the group is seen from inside, by its own name */
	ck_assert_int_eq(
	    run_shell("grep -c rd-recovery- /proc/self/cgroup", (struct child_spec){0}), 0);
	ck_assert_str_eq(tail, "1\n");
	*strrchr(path, '/') = 0;
	/* other tests of this machine may have theirs: ours would be empty by now */
	snprintf(text, sizeof text,
		 "for d in %s/rd-recovery-*; do [ ! -d $d ] || grep -q . $d/cgroup.procs || [ ! -d "
		 "$d ] || exit 1; done",
		 path);
	ck_assert_int_eq(system(text), 0);
}
END_TEST

START_TEST(own_cgroup_is_found_in_every_hierarchy)
{
	static const char text[] =
	    "9:name=systemd:/a\n8:cpu,cpuacct:/b\n7:pids:/c/d\n:\n5:x\n0::/e\n";
	char at[40];

	ck_assert(cgroup_of(text, "", at, sizeof at));
	ck_assert_str_eq(at, "/e");
	ck_assert(cgroup_of(text, "pids", at, sizeof at));
	ck_assert_str_eq(at, "/c/d");
	ck_assert(cgroup_of(text, "cpuacct", at, sizeof at));
	ck_assert_str_eq(at, "/b");
	ck_assert(!cgroup_of(text, "freezer", at, sizeof at));
	ck_assert(!cgroup_of("", "", at, sizeof at));
	ck_assert(!cgroup_of("0:", "", at, sizeof at));
}
END_TEST

START_TEST(dead_supervisor_leaves_nobody)
{
	struct marker m = marker_open();
	struct child_spec spec = {.name = "escape",
				  .fn = escape,
				  .arg = &zero_fd,
				  .in_fd = m.write,
				  .deadline = deadline_in(60)};
	pid_t supervisor;

	footing(_i);
	supervisor = fork();
	if (supervisor == 0) {
		child_run(&spec, &result);
		_exit(0);
	}
	marker_said(&m, 'x');
	kill(supervisor, SIGKILL);
	ck_assert_int_eq(waitpid(supervisor, NULL, 0), supervisor);
	marker_gone(&m);
}
END_TEST

START_TEST(endless_output_keeps_the_deadline_and_its_last_part)
{
	footing(_i);
	ck_assert_int_eq(
	    run_shell("trap '' TERM; while :; do echo 0123456789; done",
		      (struct child_spec){.deadline = deadline_in_ms(500), .grace_ms = 100}),
	    -1);
	ck_assert_int_eq(result.end, CHILD_TIMED_OUT);
	ck_assert_int_lt(result.ms, 2500);
	ck_assert_uint_eq(result.tail_len, CHILD_TAIL - 1);
	ck_assert_uint_eq(strlen(tail), CHILD_TAIL - 1);
}
END_TEST

START_TEST(stopped_program_is_ended)
{
	struct marker m = marker_open();

	footing(_i);
	ck_assert_int_eq(run_shell("echo before; kill -STOP $$; echo after",
				   (struct child_spec){.deadline = deadline_in_ms(500),
						       .in_fd = m.write,
						       .grace_ms = 200}),
			 -1);
	ck_assert_int_eq(result.end, CHILD_TIMED_OUT);
	ck_assert_str_eq(tail, "before\n");
	ck_assert_int_lt(result.ms, 2500);
	marker_gone(&m);
}
END_TEST

START_TEST(vfork_in_d_state_is_ended)
{
	struct marker m = marker_open();
	struct child_spec spec = {.name = "vfork",
				  .fn = wait_in_vfork,
				  .in_fd = m.write,
				  .grace_ms = 200,
				  .deadline = deadline_in_ms(300)};

	footing(_i);
	ck_assert_int_eq(child_run(&spec, &result), -1);
	ck_assert_int_eq(result.end, CHILD_TIMED_OUT);
	ck_assert_int_lt(result.ms, 2500);
	marker_gone(&m);
}
END_TEST

START_TEST(term_lets_a_program_end_in_order)
{
	footing(_i);
	ck_assert_int_eq(run_shell("trap 'echo bye; exit 3' TERM; while :; do sleep 0.05; done",
				   (struct child_spec){.deadline = deadline_in_ms(500)}),
			 -1);
	ck_assert_int_eq(result.end, CHILD_TIMED_OUT);
	ck_assert_int_eq(result.status, 3);
	/* the shell may speak of its sleep first, which TERM ended too */
	ck_assert_ptr_nonnull(strstr(tail, "bye\n"));
	ck_assert_int_lt(result.ms, 2500);
}
END_TEST

START_TEST(crashed_worker_is_told_from_a_failed_one)
{
	static const int signals[] = {SIGSEGV, SIGKILL, SIGABRT};
	int sig = signals[_i], value = 5;
	struct child_spec spec = {.name = "worker",
				  .fn = crash,
				  .arg = &sig,
				  .flags = CHILD_WORKER,
				  .deadline = deadline_in(20)};

	footing(0);
	ck_assert_int_eq(child_run(&spec, &result), -1);
	ck_assert_int_eq(result.end, CHILD_SIGNALED);
	ck_assert_int_eq(result.status, sig);
	spec.fn = return_value;
	spec.arg = &value;
	ck_assert_int_eq(child_run(&spec, &result), -1);
	ck_assert_int_eq(result.end, CHILD_EXITED);
	ck_assert_int_eq(result.status, 5);
}
END_TEST

START_TEST(program_finds_a_clean_place)
{
	int extra = open("/etc/passwd", O_RDONLY); /* not CLOEXEC */

	footing(_i);
	setenv("LD_PRELOAD_TEST", "leaks", 1);
	signal(SIGPIPE, SIG_IGN);
	/* one of those the C library keeps for itself; some starters ignore it */
	ck_assert_int_eq(syscall(SYS_rt_sigaction, 33, (unsigned long long[8]){1}, NULL, 8), 0);
	umask(077);
	ck_assert_int_ge(extra, 0);
	ck_assert_int_eq(run_shell("/usr/bin/env | grep -v '^PWD=\\|^_=\\|^OLDPWD=\\|^SHLVL=' | "
				   "sort; ls /proc/$$/fd; readlink /proc/$$/fd/0; umask; ulimit -c;"
				   " pwd; grep SigIgn /proc/$$/status",
				   (struct child_spec){0}),
			 0);
	ck_assert_str_eq(tail,
			 "HOME=/root\nLC_ALL=C\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
			 "/usr/bin:/sbin:/bin\nTERM=dumb\n0\n1\n2\n/dev/null\n0022\n0\n/\n"
			 "SigIgn:\t0000000000000000\n");
}
END_TEST

START_TEST(network_has_only_lo)
{
	footing(_i);
	ck_assert_int_eq(
	    run_shell("sed '1,2d;s/:.*//;s/ //g' /proc/net/dev", (struct child_spec){0}), 0);
	/* the kernel may add tunnels of its own to every namespace, but no way out */
	ck_assert_ptr_nonnull(strstr(tail, "lo\n"));
	ck_assert_ptr_null(strstr(tail, "eth"));
	ck_assert_int_eq(run_shell("sed 1d /proc/net/route", (struct child_spec){0}), 0);
	ck_assert_str_eq(tail, "");
}
END_TEST

START_TEST(mounts_of_a_child_stay_with_it)
{
	/* where systemd runs, every mount is shared */
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	footing(_i);
	ck_assert_int_eq(
	    run_shell("mount -t tmpfs x /mnt && : >/mnt/rd-child-test", (struct child_spec){0}), 0);
	ck_assert_int_ne(access("/mnt/rd-child-test", F_OK), 0);
}
END_TEST

static bool enough(void *arg, pid_t pid)
{
	ck_assert_int_gt(pid, 0);
	return ++*(int *)arg == 3;
}

START_TEST(watch_ends_it_without_a_failure)
{
	int calls = 0;

	footing(_i);
	ck_assert_int_eq(
	    run_shell("exec sleep 60", (struct child_spec){.watch = enough, .watch_arg = &calls}),
	    0);
	ck_assert(result.watched);
	ck_assert_int_eq(calls, 3);
	ck_assert_int_lt(result.ms, WITHIN_MS);
}
END_TEST

START_TEST(terminal_becomes_the_controlling_one)
{
	const char *argv[] = {"/bin/sh", "-c", "echo controls >/dev/tty; read x </dev/tty; exit 4",
			      NULL};
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave, handle;
	struct child_spec spec = {.name = "tty", .argv = argv, .deadline = deadline_in(20)};
	struct pollfd p = {.fd = master, .events = POLLIN};
	char data[64] = "";

	footing(_i);
	ck_assert_int_eq(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	spec.tty_fd = slave;
	handle = child_start(&spec, &result);
	ck_assert_int_ge(handle, 0);
	ck_assert_int_gt(child_pid(handle), 0);
	ck_assert_int_eq(poll(&p, 1, WITHIN_MS), 1);
	ck_assert_int_gt(read(master, data, sizeof data - 1), 0);
	ck_assert_ptr_nonnull(strstr(data, "controls"));
	ck_assert(child_step(handle, 10));
	ck_assert_int_eq(write(master, "\n", 1), 1);
	while (child_step(handle, 1000))
		;
	ck_assert_int_eq(child_end_now(handle), -1);
	ck_assert_str_eq(result.reason, "exit status 4");
}
END_TEST

START_TEST(end_now_ends_what_runs)
{
	const char *argv[] = {"/bin/sleep", "60", NULL};
	struct child_spec spec = {.name = "sleep", .argv = argv, .deadline = deadline_in(60)};
	int handles[CHILD_MOST];

	footing(_i);
	for (int i = 0; i < CHILD_MOST; i++)
		ck_assert_int_ge(handles[i] = child_start(&spec, &result), 0);
	ck_assert_int_lt(child_start(&spec, &result), 0);
	ck_assert_int_eq(result.end, CHILD_NOT_STARTED);
	for (int i = 0; i < CHILD_MOST; i++)
		ck_assert_int_eq(child_end_now(handles[i]), -1);
	ck_assert_str_eq(result.reason, "ended as asked");
	ck_assert_int_lt(result.ms, WITHIN_MS);
	ck_assert_int_lt(child_pid(handles[0]), 0);
	ck_assert_int_lt(child_end_now(handles[0]), 0);
}
END_TEST

START_TEST(ids_are_set_and_supplementary_groups_gone)
{
	gid_t groups[] = {0, 6};

	footing(_i);
	ck_assert_int_eq(setgroups(2, groups), 0);
	ck_assert_int_eq(run_shell("id -u; id -g; id -G",
				   (struct child_spec){.set_ids = true, .uid = 12, .gid = 34}),
			 0);
	ck_assert_str_eq(tail, "12\n34\n34\n");
}
END_TEST

START_TEST(input_and_descriptor_programs_work)
{
	int p[2], program = open("/bin/cat", O_RDONLY | O_CLOEXEC);
	const char *argv[] = {"not-there", NULL};
	struct child_spec spec = {.name = "cat",
				  .argv = argv,
				  .exec_fd = program,
				  .flags = CHILD_QUIET,
				  .deadline = deadline_in(20)};

	footing(_i);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	ck_assert_int_eq(write(p[1], "said", 4), 4);
	close(p[1]);
	spec.in_fd = p[0];
	ck_assert_int_eq(child_run(&spec, &result), 0);
	ck_assert_str_eq(tail, "said");
}
END_TEST

static int refuse(void *arg)
{
	(void)arg;
	return ENOSPC;
}

START_TEST(failed_setup_starts_nothing)
{
	footing(_i);
	ck_assert_int_eq(run_shell("echo ran", (struct child_spec){.setup = refuse}), -1);
	ck_assert_int_eq(result.end, CHILD_NOT_STARTED);
	ck_assert_int_eq(result.status, ENOSPC);
	ck_assert_str_eq(tail, "");
}
END_TEST

Suite *child_suite(void)
{
	Suite *s = suite_create("child");
	TCase *t = tcase_create("child");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, exit_status_is_passed_on, 0, 2);
	tcase_add_test(t, own_pid_namespace_is_used_where_there_is_one);
	tcase_add_loop_test(t, nothing_survives_that_escapes_and_ignores_every_signal, 0, 2);
	tcase_add_loop_test(t, worker_that_escapes_leaves_nothing, 0, 2);
	tcase_add_loop_test(t, daemon_left_behind_ends_with_its_program, 0, 2);
	tcase_add_test(t, cgroup_ends_what_outlives_its_keeper);
	tcase_add_test(t, youngest_child_is_told);
	tcase_add_loop_test(t, first_to_end_is_told_and_each_keeps_its_own_deadline, 0, 2);
	tcase_add_loop_test(t, child_does_not_inherit_children, 0, 2);
	tcase_add_test(t, cgroup_of_version_1_is_emptied);
	tcase_add_test(t, no_cgroup_is_left_behind);
	tcase_add_test(t, own_cgroup_is_found_in_every_hierarchy);
	tcase_add_loop_test(t, dead_supervisor_leaves_nobody, 0, 2);
	tcase_add_loop_test(t, endless_output_keeps_the_deadline_and_its_last_part, 0, 2);
	tcase_add_loop_test(t, stopped_program_is_ended, 0, 2);
	tcase_add_loop_test(t, vfork_in_d_state_is_ended, 0, 2);
	tcase_add_loop_test(t, term_lets_a_program_end_in_order, 0, 2);
	tcase_add_loop_test(t, crashed_worker_is_told_from_a_failed_one, 0, 3);
	tcase_add_loop_test(t, program_finds_a_clean_place, 0, 2);
	tcase_add_loop_test(t, network_has_only_lo, 0, 2);
	tcase_add_loop_test(t, mounts_of_a_child_stay_with_it, 0, 2);
	tcase_add_loop_test(t, watch_ends_it_without_a_failure, 0, 2);
	tcase_add_loop_test(t, terminal_becomes_the_controlling_one, 0, 2);
	tcase_add_loop_test(t, end_now_ends_what_runs, 0, 2);
	tcase_add_loop_test(t, ids_are_set_and_supplementary_groups_gone, 0, 2);
	tcase_add_loop_test(t, input_and_descriptor_programs_work, 0, 2);
	tcase_add_loop_test(t, failed_setup_starts_nothing, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
