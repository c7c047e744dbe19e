/* scenario: the editing paths the injector strikes: which command, on which root, and what the root
 * has to be before and after it. */
#ifndef FAULT_SCENARIO_H
#define FAULT_SCENARIO_H

#include "inject.h"
#include "tree.h"

enum scenario_kind {
	EDIT,	/* each file old or new */
	COMMIT, /* all of it or nothing, once the same run's journal is opened again */
	UNDO,	/* a rollback: new is what was before the run */
	RUN,	/* the payload's own run: what it says at its end */
	LOGS	/* what is appended to the log folder */
};

/* Commands are words; "@" stands for the root, "^" for the trial's layer, "%/NAME" for
 * what the fixture has of that name. */
struct scenario {
	const char *name;
	enum scenario_kind kind;
	const char *run, *next; /* struck; and what completes it afterwards */
	int done;		/* the exit status of either that says: all done */
	const char *undo;	/* again and again, until it answers */
	int undone;		/*   this: nothing is left to undo */
	const char *prepare;	/* what a rollback has to undo; NULL: nothing */
	const char *reopen;	/* the same run's journal, after it died; NULL: nobody does */
	unsigned rare;		/* of a whole run's sample one in so many (0: all) is struck */
	/* filled by scenario_learn */
	struct tree before, after;
	struct call *calls;
	size_t ncalls;
};

/* One folder to work in: a copy of the fixture's root, the output of the last command. */
struct place {
	char dir[128], root[140], said[140];
};

extern struct scenario scenarios[];
extern const size_t nscenarios;
/* Where the programs and the fixture (root.sh) are; origin is the fixture's root. */
extern const char *scenario_programs, *scenario_fixture;
extern struct tree scenario_origin;
/* Seconds after which a command hangs. */
extern int scenario_limit;

/* Run it undisturbed: what is before, after, and which calls it makes. 0/-1. */
int scenario_learn(struct scenario *s, const struct place *p);
/* A fresh root like t. 0/-1. */
int place_fresh(const struct place *p, const struct tree *t);
/* Run a command in p, with faults when in has some; in->argv and out are filled here. Returns its
 * exit status, -1 when it was killed. */
int place_run(const struct place *p, const char *words, struct inject *in);
/* The output of the last command, NUL-terminated. */
void place_said(const struct place *p, char *dst, size_t cap);

#endif
