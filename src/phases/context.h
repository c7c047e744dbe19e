/* context: what every phase is given, and what phases tell each other, through memory shared by supervisor and workers. */
#ifndef PHASES_CONTEXT_H
#define PHASES_CONTEXT_H

#include "base/file.h"
#include "base/report.h"
#include "checks/check.h"
#include "target/canary.h"
#include "target/target.h"

enum password_mode { PASSWORD_AUTO, PASSWORD_GENERATE, PASSWORD_KEEP, PASSWORD_CONFIG, PASSWORD_FILE };

struct settings {
	char user[64];            /* "" : choose */
	enum password_mode password;
	char password_file[256];
	char password_hash[384];  /* configuration's */
	bool reset_allowed;       /* reset = no makes it false */
	bool libxcrypt_rebuild;   /* start the ladder at the package manager's rebuild */
	bool phases[9];           /* chosen ones by number */
	long timeout, build_timeout, deadline; /* seconds; deadline 0: computed */
	char capture[256];
};

/* Shared between workers (one mapping, locked, not dumped, wiped at the end). */
struct shared {
	char password[128];       /* the new one, generated or from a file: console and canary alone */
	char user[64];
	unsigned methods_proven;  /* bit set of hash methods every 64-bit libcrypt in use was proven to verify (after phase 3) */
	long pkg_hung;            /* target's */
	unsigned changes;
	bool changes_unknown; /* a phase was left behind: it may still change something */
	struct canary canary; /* what the doors answered so far */
	bool pam_repaired;    /* by the phase whose canary it is */
};

struct context {
	struct target *t;
	const struct settings *set;
	struct shared *shared;
	struct report *report;
	struct journal *journal;  /* opened by the runner in the worker of a phase flagged PHASE_WRITES; NULL otherwise */
	int64_t deadline;         /* this phase's, absolute */
};

/* The deadline of one operation inside the phase: now + seconds, at most the phase's. */
int64_t context_deadline(const struct context *c, long seconds);
/* check_context of a phase. */
struct check_context context_checks(const struct context *c);
/* Repair what the checks of this phase found. Returns how many causes are gone. */
unsigned context_repair(const struct context *c, int phase);

#endif
