/* run: one recovery from its name to its verdict: the phases in order, each in a worker of its own,
 * under one deadline.
 *
 * Life cycle: run_start, run_name, run_phases, run_end; then the report says how it went.
 * Everything is in memory shared with the workers.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/child.h"
#include "options.h"
#include "phases/phase.h"
#include "run/mounts.h"
#include "run/screen.h"
#include "target/logdir.h"

#define COPY_SECONDS 60

struct run {
	struct options *o;
	struct target target; /* its descriptor is each worker's own */
	struct mounts mounts;
	struct shared *shared;
	struct report *report;
	struct logdir logs;
	const struct phase *phase;
	struct screen screen; /* of it */
	char doing[80]; /* what its worker waits for, "": nothing */
	unsigned pivots; /* copied to the log folder, or about to be */
	unsigned logs_said; /* where it was said that the logs go: a rung of theirs */
	int copying;	 /* the copy that runs (child.h's handle), -1: none */
	struct child_result copied;
	const struct phase *proving; /* what it left pending is being proven, or was */
	int proof;		     /* by this child, -1: it does not run */
	struct child_result proved;
	int64_t proof_until;
	char brief[1000]; /* the short log's next lines */
	bool weaker;	 /* no PID namespaces: said */
	bool stuck;	 /* a phase could not be killed: something does not answer */
	bool late;	 /* the time for phases was over before they were */
	int64_t until;	 /* the present phase's end */
};

/* Memory, signals, a mount namespace. NULL: no memory (said on standard error). */
struct run *run_start(struct options *o, bool console);
/* Say when the run will be over at the latest, the verdict's time on the screen apart, and have it so. Once: whoever starts a stage may have
 * done it. */
void run_limit(const struct options *o);
/* Open the target, give the run its name and number, choose its log folder. 0; or -1: no usable
 * target (said). */
int run_name(struct run *r);
/* The chosen phases. After the run's deadline or a signal only the summary. */
void run_phases(struct run *r);
/* Copy the logs a last time, prune old ones, wipe secrets. */
void run_end(struct run *r);
/* Seconds for a small operation: at most so many, at most the time-out. */
int run_left(const struct run *r, long most);
/* A phase's context; t's descriptor is the caller's. */
struct context run_context(struct run *r, struct target *t);
/* The command's exit status (DESIGN.md). */
int run_status(const struct run *r);

#endif
