#include "base/child_own.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define CONTROL 3 /* where a program's own descriptors lie until exec */
#define PROGRAM 4
#define HIGH 10 /* above them all */
#define DESCENDANTS 4096
#define OPEN_FILES 4096

/* Who keeps the program: the caller's child with an init below it, that init, or, without PID
 * namespaces, one process that is subreaper instead. */
enum role { KEEPER, INIT, SUBREAPER };

static void say(const struct child_job *job, enum child_word word, int value, const char *text)
{
	struct child_message m = {.word = word, .value = value};

	str_copy(m.text, sizeof m.text, text);
	/* nobody listens: the caller is dead, and so will this be */
	if (write(job->control, &m, sizeof m) < 0)
		return;
}

static _Noreturn void fail(const struct child_job *job, const char *what)
{
	int err = errno;
	char text[256];

	snprintf(text, sizeof text, "%s: %s", what, strerror(err));
	say(job, CHILD_SAYS_FAILED, err, text);
	_exit(127);
}

static void close_from(unsigned first)
{
	struct rlimit r;

	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur > 1 << 20)
		r.rlim_cur = 1 << 20;
	for (unsigned fd = first; fd < r.rlim_cur; fd++)
		close((int)fd);
}

static int lift(int fd)
{
	return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
}

/* --- namespaces */

/* A kernel may have been built without one of these; without mounts of its own nothing runs. */
static int leave_namespaces(const struct child_spec *s)
{
	int flags[] = {CLONE_NEWIPC, CLONE_NEWUTS, s->flags & CHILD_NETWORK ? 0 : CLONE_NEWNET};

	if (!(s->flags & CHILD_HOST_MNT) &&
	    (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		return -1;
	if (s->flags & CHILD_WORKER)
		return 0;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (flags[i] && unshare(flags[i]) < 0 && errno != EINVAL)
			return -1;
	return 0;
}

static void raise_loopback(void)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return;
	ioctl(s, SIOCSIFFLAGS, &r);
	close(s);
}

/* Before setup, which may cover it. Without one a program sees none, which it may well bear. */
static void mount_proc(const char *root)
{
	struct stat st;

	if (chdir(root ? root : "/") == 0 && lstat("proc", &st) == 0 && S_ISDIR(st.st_mode))
		mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* --- what a program finds */

static void set_limits(const struct child_spec *s)
{
	/* 1, not 0: a core_pattern that is a pipe takes 0 for no limit (core(5)) */
	struct rlimit none = {1, 1}, files = {1024, OPEN_FILES}, old;
	struct rlimit memory = {s->memory_limit, s->memory_limit};

	setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_max < files.rlim_max)
		files.rlim_max = old.rlim_max;
	if (files.rlim_cur > files.rlim_max)
		files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (s->memory_limit)
		setrlimit(RLIMIT_AS, &memory);
}

static void reset_signals(bool worker)
{
	/* struct kernel_sigaction: all zero is SIG_DFL; the C library keeps two signals from its
	 * callers, which may be ignored all the same by who started us */
	static const unsigned long long to_default[8];
	sigset_t none;

	for (int sig = 1; sig <= 64; sig++)
		syscall(SYS_rt_sigaction, sig, to_default, NULL, 8);
	if (worker) { /* it speaks on the caller's terminal and pipes */
		signal(SIGTTOU, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Standard input that is at its end, also where /dev is empty. */
static int open_null(void)
{
	int p[2], fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		return lift(fd);
	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	close(p[1]);
	return lift(p[0]);
}

/* 0, 1, 2, the control pipe, the program to execute; nothing else stays open. */
static int arrange_descriptors(struct child_job *job)
{
	const struct child_spec *s = job->spec;
	int tty = s->tty_fd > 0 ? lift(s->tty_fd) : -1;
	int in = tty >= 0 ? tty : s->in_fd > 0 ? lift(s->in_fd) : open_null();
	int out = tty >= 0 ? tty : lift(job->output);
	int program = s->exec_fd > 0 ? lift(s->exec_fd) : -1;
	int control = lift(job->control);

	if (in < 0 || out < 0 || control < 0 || (s->exec_fd > 0 && program < 0))
		return -1;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
	    dup3(control, CONTROL, O_CLOEXEC) < 0)
		return -1;
	job->control = CONTROL;
	if (program >= 0 && dup3(program, PROGRAM, O_CLOEXEC) < 0)
		return -1;
	close_from(program >= 0 ? PROGRAM + 1 : CONTROL + 1);
	return tty >= 0 ? ioctl(0, TIOCSCTTY, 0) : 0;
}

static int set_ids(const struct child_spec *s)
{
	if (!s->set_ids)
		return 0;
	return setgroups(0, NULL) < 0 || setgid(s->gid) < 0 || setuid(s->uid) < 0 ? -1 : 0;
}

static _Noreturn void execute(const struct child_job *job)
{
	static const char *const clean[] = {
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
	    "TERM=dumb", "LC_ALL=C", NULL};
	const struct child_spec *s = job->spec;
	char *const *argv = (char *const *)s->argv;
	char *const *envp = (char *const *)(s->envp ? s->envp : clean);
	char why[256];
	int err;

	if (s->exec_fd > 0)
		syscall(SYS_execveat, PROGRAM, "", argv, envp, AT_EMPTY_PATH);
	else
		execve(s->argv[0], argv, envp);
	err = errno;
	if (s->exec_fd > 0)
		snprintf(why, sizeof why, "%s: %s", s->argv[0], strerror(err));
	else
		child_exec_reason(NULL, s->argv[0], err, why, sizeof why);
	say(job, CHILD_SAYS_FAILED, err, why);
	_exit(127);
}

/* In its namespaces: everything from here to exec, or to the function. */
static void prepare(struct child_job *job, bool own_pidns)
{
	const struct child_spec *s = job->spec;
	bool worker = s->flags & CHILD_WORKER;

	if (worker)
		setpgid(0, 0); /* its terminal stays its own, but ^C is the supervisor's */
	else
		setsid();
	if (leave_namespaces(s) < 0)
		fail(job, "own namespaces");
	if (!worker && !(s->flags & CHILD_NETWORK))
		raise_loopback();
	if (!(s->flags & CHILD_HOST_MNT) && (own_pidns || s->root))
		mount_proc(s->root);
	errno = s->setup ? s->setup(s->setup_arg) : 0;
	if (errno)
		fail(job, "preparing what it runs in");
	if (!worker && arrange_descriptors(job) < 0)
		fail(job, "arranging its descriptors");
	if (s->root && (chroot(s->root) < 0 || chdir("/") < 0))
		fail(job, s->root);
	if (!worker) {
		umask(022);
		if (chdir("/") < 0)
			fail(job, "/");
		set_limits(s);
	}
	if (set_ids(s) < 0)
		fail(job, "changing to its user");
}

static _Noreturn void be_program(struct child_job *job, bool own_pidns)
{
	const struct child_spec *s = job->spec;

	prepare(job, own_pidns);
	/* after the change of user, which clears it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	reset_signals(s->flags & CHILD_WORKER);
	if (!s->argv)
		_exit(s->fn(s->arg));
	execute(job);
}

/* --- keeping it */

static void signal_descendants(int sig)
{
	static pid_t list[DESCENDANTS];
	size_t n = child_descendants(getpid(), list, DESCENDANTS);

	for (size_t i = 0; i < n; i++)
		kill(list[i], sig);
}

static void signal_all(enum role role, pid_t program, int sig)
{
	if (role == KEEPER)
		kill(program, sig);
	else if (role == INIT)
		kill(-1, sig);
	else
		signal_descendants(sig);
}

/* The kernel kills what is left of a namespace when its init goes; a subreaper does it itself,
 * again and again, because what forks meanwhile is missed by one look. */
static _Noreturn void leave(const struct child_job *job, enum role role)
{
	struct timespec pause = {.tv_nsec = 5000000};

	while (role == SUBREAPER) {
		bool gone = !job->cgroup[0] || cgroup_kill(job->cgroup);

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		/* without a child it has no descendant: every orphan of its own becomes one */
		if (gone && waitpid(-1, NULL, WNOHANG) < 0)
			break;
		signal_descendants(SIGKILL);
		nanosleep(&pause, NULL);
		if (pause.tv_nsec <
		    500000000) /* what cannot be killed must not cost the rest the machine */
			pause.tv_nsec *= 2;
	}
	if (job->cgroup[0])
		cgroup_end(job->cgroup, 0);
	_exit(0);
}

static void reap(const struct child_job *job, enum role role, pid_t program)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != program)
			continue;
		/* an init that exits has told the program's status itself */
		if (role != KEEPER || WIFSIGNALED(status))
			say(job, CHILD_SAYS_ENDED, status, "");
		leave(job, role);
	}
}

static _Noreturn void keep(struct child_job *job, enum role role, pid_t program)
{
	sigset_t all;
	int sig;

	if (program < 0)
		fail(job, "fork");
	/* a lock or a pipe of the caller's must not be held by these */
	job->control = dup2(job->control, 0);
	close_from(1);
	sigfillset(&all);
	for (;;) {
		sig = sigwaitinfo(&all, NULL);
		if (sig == SIGCHLD) {
			reap(job, role, program);
		} else if (sig == SIGTERM) {
			signal_all(role, program, SIGTERM);
			if (role != KEEPER) /* what is stopped hears it too */
				signal_all(role, program, SIGCONT);
		} else if (sig == CHILD_KILL) {
			if (role == SUBREAPER)
				leave(job, role);
			signal_all(role, program, SIGKILL);
		}
	}
}

static _Noreturn void be_init(struct child_job *job)
{
	pid_t program;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	program = fork();
	if (program == 0)
		be_program(job, true);
	keep(job, INIT, program);
}

_Noreturn void child_keep(const struct child_job *given)
{
	struct child_job job = *given;
	bool host = job.spec->flags & CHILD_HOST_PID, own;
	pid_t pid;

	setpgid(0, 0);
	signal(SIGCHLD, SIG_DFL); /* ignored, it would reap by itself */
	prctl(PR_SET_PDEATHSIG, CHILD_KILL);
	if (getppid() != job.parent)
		_exit(127);
	own = !host && !child_without_pidns && unshare(CLONE_NEWPID) == 0;
	if (!own && !host) {
		if (cgroup_make(job.cgroup, getpid()))
			job.cgroup[0] = '\0';
		say(&job, CHILD_SAYS_NO_PIDNS, 0, job.cgroup);
	}
	if (!own)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0) {
		if (own)
			be_init(&job);
		if (job.cgroup[0])
			cgroup_enter(job.cgroup);
		be_program(&job, false);
	}
	keep(&job, own ? KEEPER : SUBREAPER, pid);
}
