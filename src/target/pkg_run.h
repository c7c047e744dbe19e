/* pkg_run: a package manager's scripts (pkg.h) in a trial, under a deadline. */
#ifndef TARGET_PKG_RUN_H
#define TARGET_PKG_RUN_H

#include "base/buf.h"
#include "base/trial.h"
#include "target/pkg.h"

/* What a manager leaves there in a trial is not committed. NULL-terminated. */
extern const char *const pkg_scratch[];

struct pkg_job {
	const struct target *t;   /* whose manager it is: one that hangs is not asked again; NULL: another program */
	const char *name;         /* for messages */
	const char *script, *arg; /* sh -c script with $1 */
	long seconds;             /* its time limit, */
	int64_t deadline;         /* kept by this absolute time */
	bool builds;              /* TERM lets a running merge step finish: 60 s */
};
/* Run it in the trial. 0; -1 and why: how it ended, and its last line. */
int pkg_run(const struct trial *tr, const struct pkg_job *job, struct buf *why);
/* The same in PKG_UNPACK_DIR, which is made: with m->unpack and a package file's target path it unpacks there. */
int pkg_unpack(const struct trial *tr, const struct pkg_job *job, struct buf *why);

#endif
