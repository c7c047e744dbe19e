/* check: lock-out causes (LOCKOUTS.md), a table of rows: how each is detected, repaired and proven.
 *
 * Life cycle: phases 1 and 7 call check_detect_all; a phase that writes calls check_repair_phase,
 * which repairs the open findings of its rows and detects again: repaired is what is not found any
 * more. The canary of phase 5 is the proof of them all.
 */
#ifndef CHECKS_CHECK_H
#define CHECKS_CHECK_H

#include "base/file.h"
#include "base/report.h"
#include "target/target.h"

struct check_context {
	const struct target *t;
	struct report *report;
	struct journal *journal; /* NULL during detection */
	const char *user;	 /* whose login this is about, "" nobody's */
	bool named;		 /* a person named the user: only then is a lock taken off */
	bool busy;		 /* something that runs holds the target: its locks may be in use */
	int64_t deadline;	 /* absolute; what runs programs keeps it */
	long timeout;		 /* seconds for one of them */
	long build_timeout;	 /* and for one that compiles */
};

struct check {
	const char *id; /* LOCKOUTS.md's */
	int phase;	/* in which it is repaired; 0: never, the finding says what to type */
	/* Read-only, milliseconds; adds findings by check_found. NULL: another row's detection
	 * finds this one too. */
	void (*detect)(struct check_context *c);
	/* Through the journal, no more than the findings need. 0, or -1 and why it was left; NULL
	 * when the phase's own code does it. */
	int (*repair)(struct check_context *c);
	char words[64]; /* for who has never heard of any of this */
};
extern const struct check checks[]; /* id NULL ends it */

/* A cause in plain words; one that no row has (another version's) by its id. */
const char *check_words(const char *id);

/* What a detection says of one cause; the evidence is check_found's text. */
struct cause {
	const char *id;
	enum severity severity;
	enum blocks blocks;
	const char *action; /* what will be done or, where nothing can be, what to type */
};
/* Report it: file, line, what was seen. Repairable by the table: its row names a phase. */
void check_found(struct check_context *c, const struct cause *cause, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void check_detect_all(struct check_context *c);
/* What is found now, apart from the run's own record. Freed by the caller; NULL: no memory. */
struct report *check_look(const struct check_context *c);
/* Repair the open findings of this phase's rows, and what earlier repairs have uncovered; settles them. Returns how many stayed open; *n gets
 * how many were repaired. */
unsigned check_repair_phase(struct check_context *c, int phase, unsigned *n);

#endif
