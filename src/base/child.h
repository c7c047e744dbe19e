/* child: run a target program or a function under a deadline, with all its descendants.
 *
 * Life cycle: fill a child_spec, call child_run, read the child_result. child_run never blocks past the deadline plus the grace:
 * at the deadline TERM, then after CHILD_GRACE_MS KILL to the whole PID namespace; what survives that (D state) is described in
 * result->reason (pid, state, wchan, what it holds) and abandoned.
 *
 * A program runs in its own PID, mount, IPC, UTS and (unless CHILD_NETWORK) network namespace, new session, clean environment, standard
 * input /dev/null, resource limits, all other descriptors closed. Where the kernel lacks PID namespaces: subreaper and, where one can be
 * made, a cgroup, and *result says so.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum child_end { CHILD_EXITED, CHILD_SIGNALED, CHILD_TIMED_OUT, CHILD_ABANDONED, CHILD_NOT_STARTED };

#define CHILD_TAIL 65536
#define CHILD_MOST 24
#define CHILD_GRACE_MS 3000
#define CHILD_NETWORK 1u   /* keep the caller's network */
#define CHILD_HOST_PID 2u  /* no PID namespace of its own (phase 2 must see and signal outer processes) */
#define CHILD_HOST_MNT 4u  /* keep the caller's mount namespace (an operation that mounts for its caller) */
#define CHILD_QUIET 8u     /* do not copy the output to main.log */
#define CHILD_WORKER 16u   /* a phase worker: a function of the payload; keeps descriptors, environment and limits; gets a /proc of
                            * its own when it has a PID namespace */

struct child_spec {
	const char *name;              /* for messages */
	const char *root;              /* chroot here (absolute path) or NULL */
	const char *const *argv;       /* program and arguments; argv[0] an absolute path inside root; NULL: fn */
	int (*fn)(void *arg);          /* runs instead of a program; its return value is the exit status; stdio is not flushed */
	void *arg;
	const char *const *envp;       /* NULL: PATH, HOME=/root, TERM=dumb, LC_ALL=C */
	uid_t uid; gid_t gid;          /* when set_ids: setgroups(0), setgid, setuid before exec */
	bool set_ids;
	unsigned flags;
	int in_fd;                     /* standard input; 0 or less: /dev/null */
	int tty_fd;                    /* > 0: a terminal (slave side) that becomes stdin/out/err and the controlling terminal */
	int exec_fd;                   /* > 0: fexecve this descriptor (argv still given): a program not in the target */
	int64_t deadline;              /* absolute, clock_ms */
	int grace_ms;                  /* 0: CHILD_GRACE_MS (emerge wants 60000) */
	unsigned long memory_limit;    /* RLIMIT_AS bytes, 0: default */
	int (*setup)(void *arg);       /* in the child, in its namespaces, before chroot/exec: mounts of its own; non-zero errno fails */
	void *setup_arg;
	/* called again and again while it runs, at least every 50 ms and after output; return true to end it (TERM, KILL): not a failure */
	bool (*watch)(void *arg, pid_t pid);
	void *watch_arg;
};

struct child_result {
	enum child_end end;
	int status;             /* exit status, or signal number, or errno for CHILD_NOT_STARTED */
	bool watched;           /* ended because watch said so */
	bool no_pidns;          /* kernel lacks PID namespaces: weaker footing */
	bool in_cgroup;         /* then: a cgroup of its own kept it */
	int64_t ms;             /* how long */
	char reason[320];       /* one line for a person: "exit status 1", "killed by signal 9", "no end within 300 s", "/sbin/su: its loader ... is missing" */
	char *tail;             /* may be NULL; else caller's CHILD_TAIL bytes: the last output, NUL-terminated, raw */
	size_t tail_len;
};

/* Run to its end or deadline. Returns 0 when it exited with status 0, -1 otherwise (result filled in every case; tail pointer is
 * an input). Never exits, never blocks past deadline + grace + 2 s. */
int child_run(const struct child_spec *spec, struct child_result *result);
/* From now on where, which others may read, holds the name of the youngest child of this process that has not ended yet; "": there is none.
 * NULL: nowhere any more. */
void child_tell(char *where, size_t cap);
/* Why exec of path inside root failed with err: names the missing loader, interpreter, foreign ELF, directory. Pure reading, bounded. */
void child_exec_reason(const char *root, const char *path, int err, char *dst, size_t cap);
/* For tests: behave as on a kernel without PID namespaces. */
extern bool child_without_pidns;
/* Start without waiting (the canary drives a terminal meanwhile): returns a handle index or -1; child_step polls once for at most ms,
 * true while it runs; child_end_now TERM/KILLs what still runs, fills the result, frees the handle. At most CHILD_MOST at once. The strings of spec
 * and result must live until then. child_first waits till one of n has ended, each by its own deadline, and returns its index; what is no handle
 * (any more) is passed over; -1: none is left. child_pid: the ancestor of everything it runs, as the caller sees it (watch gets the same). */
int child_start(const struct child_spec *spec, struct child_result *result);
bool child_step(int handle, int ms);
int child_first(const int *handles, unsigned n);
int child_end_now(int handle);
pid_t child_pid(int handle);

#endif
