#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "inject: knows the registers of x86_64 only"
#endif

#define TRACEES 64
#define NUMBERS 512
#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |    \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)

struct tracee {
	pid_t pid;  /* 0: free */
	bool known; /* its parent's event told whose child it is */
	bool waits; /* stopped, until that is known */
	bool over;  /* from here on it writes down its coverage: nobody's concern */
	char process[28];
	unsigned forks;
	long nr;
	int error;		/* what the call is to return, 0: its own */
	const struct fault *by; /* a kill after it */
	unsigned short counts[NUMBERS];
};

static struct run {
	struct inject *in;
	struct tracee list[TRACEES];
	pid_t first;
	bool started, dead;
	unsigned fired; /* a bit for each */
} run;

/* --- tracees */

static struct tracee *find(pid_t pid)
{
	struct tracee *room = NULL;

	for (int i = 0; i < TRACEES; i++) {
		if (run.list[i].pid == pid)
			return &run.list[i];
		if (!run.list[i].pid && !room)
			room = &run.list[i];
	}
	if (!room) {
		fputs("inject: too many processes\n", stderr);
		abort();
	}
	*room = (struct tracee){.pid = pid};
	return room;
}

/* And whom a dying one was just forking, as soon as it is seen: nobody will tell whose it is. */
static void kill_all(void)
{
	run.dead = true;
	for (int i = 0; i < TRACEES; i++)
		if (run.list[i].pid)
			kill(run.list[i].pid, SIGKILL);
}

static bool is_done(void)
{
	for (unsigned i = 0; i < run.in->nfaults; i++)
		if (!(run.fired & 1u << i) || run.in->faults[i].moment == FAIL_FROM ||
		    run.in->faults[i].moment == FAIL_DIRTY)
			return false;
	return !run.in->cap;
}

static void resume(struct tracee *t, int signal)
{
	bool follow = !is_done() || t->error || t->by;

	if (ptrace(follow ? PTRACE_SYSCALL : PTRACE_CONT, t->pid, NULL, (long)signal) < 0 &&
	    errno != ESRCH)
		perror("inject: ptrace");
}

/* Child and parent report in any order. */
static void adopt(struct tracee *parent)
{
	unsigned long pid;
	struct tracee *t;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) < 0)
		return;
	t = find((pid_t)pid);
	t->known = true;
	snprintf(t->process, sizeof t->process, "%.20s.%u", parent->process, parent->forks++);
	if (t->waits)
		resume(t, 0);
	t->waits = false;
}

/* --- calls */

static void set_register(const struct tracee *t, size_t offset, long value)
{
	if (ptrace(PTRACE_POKEUSER, t->pid, offset, value) < 0)
		perror("inject: ptrace POKEUSER");
}

static void skip(const struct tracee *t)
{
	set_register(t, offsetof(struct user_regs_struct, orig_rax), -1);
}

static void halve(const struct tracee *t, const struct __ptrace_syscall_info *info)
{
	bool fourth = info->entry.nr == SYS_sendfile;
	unsigned long n = info->entry.args[fourth ? 3 : 2];

	set_register(t,
		     fourth ? offsetof(struct user_regs_struct, r10)
			    : offsetof(struct user_regs_struct, rdx),
		     (long)(n > 1 ? n / 2 : n));
}

static void strike(struct tracee *t, const struct fault *f,
		   const struct __ptrace_syscall_info *info)
{
	switch (f->moment) {
	case FAIL_BEFORE:
	case FAIL_FROM:
	case FAIL_DIRTY:
		skip(t);
		t->error = f->error;
		break;
	case FAIL_AFTER:
		t->error = f->error;
		break;
	case SHORT:
		halve(t, info);
		break;
	case KILL_BEFORE:
		skip(t);
		kill(t->pid, SIGKILL);
		break;
	case CRASH_BEFORE:
		skip(t);
		kill_all();
		break;
	default:
		t->by = f;
	}
}

static bool is_memory(long nr)
{
	return nr == SYS_brk || nr == SYS_mmap || nr == SYS_mremap;
}

/* After it was struck: does the fault go on to this call? */
static bool goes_on(const struct fault *f, long nr)
{
	if (f->moment == FAIL_DIRTY)
		return nr == SYS_unlinkat || nr == SYS_ftruncate;
	return f->moment == FAIL_FROM &&
	       (nr == f->call.nr || (is_memory(nr) && is_memory(f->call.nr)));
}

static bool is_meant(const struct fault *f, unsigned i, const struct tracee *t, unsigned at)
{
	if (run.fired & 1u << i)
		return goes_on(f, t->nr);
	return f->call.nr == t->nr && f->call.at == at && !strcmp(f->call.process, t->process);
}

static bool is_coverage(const struct tracee *t, const struct __ptrace_syscall_info *info)
{
	char path[400] = "";
	struct iovec local = {path, sizeof path - 1},
		     remote = {(void *)info->entry.args[1], sizeof path - 1};
	const char *end;

	if (info->entry.nr != SYS_openat || process_vm_readv(t->pid, &local, 1, &remote, 1, 0) < 5)
		return false;
	end = strstr(path, ".gcda");
	return end && !end[5];
}

static void enter(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	struct inject *in = run.in;
	unsigned at;

	t->nr = (long)info->entry.nr;
	t->over = t->over || is_coverage(t, info);
	if (t->over || t->nr < 0 || t->nr >= NUMBERS)
		return;
	at = t->counts[t->nr]++;
	if (in->ncalls < in->cap) {
		struct call *c = &in->calls[in->ncalls++];

		*c = (struct call){.nr = t->nr, .at = at};
		memcpy(c->process, t->process, sizeof c->process);
	}
	for (unsigned i = 0; i < in->nfaults; i++) {
		if (!is_meant(&in->faults[i], i, t, at))
			continue;
		if (!(run.fired & 1u << i))
			in->fired++;
		run.fired |= 1u << i;
		strike(t, &in->faults[i], info);
	}
}

static void leave(struct tracee *t)
{
	if (t->by && t->by->moment == CRASH_AFTER)
		kill_all();
	else if (t->by)
		kill(t->pid, SIGKILL);
	else if (t->error)
		set_register(t, offsetof(struct user_regs_struct, rax), -t->error);
	t->by = NULL;
	t->error = 0;
}

static void at_call(struct tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof info, &info) > 0 && run.started) {
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			enter(t, &info);
		else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			leave(t);
	}
	resume(t, 0);
}

/* --- the loop */

static void at_event(struct tracee *t, int event, int signal)
{
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		adopt(t);
		break;
	case PTRACE_EVENT_EXEC:
		t->over = false;
		run.started = true;
		break;
	case PTRACE_EVENT_STOP:
		if (!t->known) {
			t->waits = true;
			return;
		}
		if (signal != SIGTRAP) {
			ptrace(PTRACE_LISTEN, t->pid, NULL, NULL);
			return;
		}
	}
	resume(t, 0);
}

static void at_stop(pid_t pid, int status)
{
	struct tracee *t = find(pid);
	int signal = WSTOPSIG(status), event = status >> 16;

	if (run.dead)
		kill(pid, SIGKILL);
	else if (event)
		at_event(t, event, signal);
	else if (signal == (SIGTRAP | 0x80))
		at_call(t);
	else
		resume(t, signal);
}

static void at_end(pid_t pid, int status)
{
	find(pid)->pid = 0;
	if (pid == run.first)
		run.in->status = status;
}

static volatile sig_atomic_t late;

static void is_late(int signal)
{
	(void)signal;
	late = 1;
}

static void follow(void)
{
	struct sigaction sa = {.sa_handler = is_late};
	int status;

	sigaction(SIGALRM, &sa, NULL);
	late = 0;
	alarm((unsigned)run.in->seconds);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno != EINTR)
			break;
		if (late) {
			late = 0;
			run.in->hung = true;
			kill_all();
			alarm(1); /* what a dying one had forked */
		}
		if (pid > 0 && WIFSTOPPED(status))
			at_stop(pid, status);
		else if (pid > 0)
			at_end(pid, status);
	}
	alarm(0);
}

static _Noreturn void begin(const struct inject *in, int gate)
{
	char c;

	if (read(gate, &c, 1) == 1) {
		dup2(in->out, 1);
		dup2(in->out, 2);
		execv(in->argv[0], in->argv);
	}
	_exit(127);
}

int inject_run(struct inject *in)
{
	int gate[2], rc = -1;

	run = (struct run){.in = in};
	in->ncalls = in->fired = 0;
	in->hung = false;
	in->status = -1;
	if (pipe2(gate, O_CLOEXEC))
		return -1;
	run.first = fork();
	if (run.first == 0)
		begin(in, gate[0]);
	if (run.first > 0 && ptrace(PTRACE_SEIZE, run.first, NULL, (long)OPTIONS) == 0) {
		struct tracee *t = find(run.first);

		t->known = true;
		strcpy(t->process, "0");
		rc = write(gate[1], "", 1) == 1 ? 0 : -1;
	}
	close(gate[0]);
	close(gate[1]);
	if (run.first > 0)
		follow();
	return rc;
}

/* --- names */

const char *inject_name(long nr)
{
	static const struct {
		long nr;
		const char *name;
	} names[] = {
#include "names.h"
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].nr == nr)
			return names[i].name;
	return "?";
}

const char *inject_moment(enum moment m)
{
	static const char names[MOMENTS][13] = {"before",     "after",	      "from here",
						"dirty",      "short",	      "kill before",
						"kill after", "crash before", "crash after"};

	return names[m];
}
