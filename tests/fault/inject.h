/* inject: run a program and all it forks under ptrace(2), and let a system call of it fail, end
 * short, or be the last one.
 *
 * A call is named by its process (how it was forked: "0", "0.2", "0.2.0"), its number, and the how
 * manieth of that number in that process it is; what a process does before its exec does not count.
 * One that is not reached fires nothing: the caller looks at fired.
 */
#ifndef FAULT_INJECT_H
#define FAULT_INJECT_H

#include <stdbool.h>
#include <stddef.h>

enum moment {
	FAIL_BEFORE,  /* it is not made, and fails */
	FAIL_AFTER,   /* it is made, and fails */
	FAIL_FROM,    /* it and all later ones of its kind, in every process, are not made, and fail
		       */
	FAIL_DIRTY,   /* it is not made, and fails; so does all that would clean up after it */
	SHORT,	      /* reads or writes half */
	KILL_BEFORE,  /* its process is killed instead of it */
	KILL_AFTER,   /* ... when it is made */
	CRASH_BEFORE, /* all processes are killed instead of it */
	CRASH_AFTER,
	MOMENTS
};

struct call {
	char process[28];
	long nr;
	unsigned at; /* counted from 0 */
};

struct fault {
	enum moment moment;
	int error;
	struct call call;
};

struct inject {
	char *const *argv; /* argv[0]: a path */
	int out;	   /* its standard output and error */
	int seconds;	   /* how long it may take, with all it forks */
	const struct fault *faults;
	unsigned nfaults;
	struct call *calls; /* filled when cap is not 0: what was called */
	size_t ncalls, cap;
	/* the answers */
	int status;	/* as wait(2) has it */
	unsigned fired; /* how many faults */
	bool hung;	/* it, or a process it left behind, was killed after seconds */
};

/* 0, or -1: it could not be traced. */
int inject_run(struct inject *in);
/* "renameat2" */
const char *inject_name(long nr);
const char *inject_moment(enum moment m);

#endif
