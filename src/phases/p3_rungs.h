/* p3_rungs: the ladder of phase 3, rung by rung; each ends with the probe and can be tried alone.
 *
 * Life cycle: fill c, needed, asked and libs (ladder_look), call a rung, look again. A rung returns 0 when every libcrypt then verifies what is needed,
 * else -1 with why; what it committed on the way went through the journal and was proven for its own file.
 */
#ifndef PHASES_P3_RUNGS_H
#define PHASES_P3_RUNGS_H

#include "base/keep.h"
#include "base/trial.h"
#include "phases/context.h"
#include "target/libcrypt.h"
#include "target/pkg.h"

struct ladder {
	struct context *c;
	const struct pkg_manager *m; /* may be NULL */
	unsigned needed, asked;      /* bit sets of methods; asked holds informational ones too */
	struct libcrypt libs[LIBCRYPT_MAX];
	int n;
	char package[128];           /* owner of the libraries, "" unknown */
	char carried[520];           /* a source archive outside the target, "" none */
	unsigned footings;           /* kinds of trial a pivot named before */
	char why[320], won[120];
};
struct rung { const char *name; int (*climb)(struct ladder *l); bool before_rebuild; };
extern const struct rung ladder_rungs[]; /* name NULL ends it */

/* Is this library, as it was last asked, unable to do what is needed? One that was missing then cannot be loaded. */
bool ladder_broken(const struct ladder *l, const struct libcrypt *lib);
/* Find and ask every libcrypt at root (the target or a trial's). Returns how many are broken, -1 when none could be asked (why). */
int ladder_look(struct ladder *l, const char *root);
/* Prove an absolute file as a candidate for lib and put it in its place. 0/-1. */
int ladder_adopt(struct ladder *l, const struct libcrypt *lib, const char *candidate);
/* Journal what m's program may change when it runs on the target itself. Ends with keep_end. NULL: it must not run (why). */
struct keep *ladder_keep(struct ladder *l);
/* The ground: a dynamic program can start. Repairs ld.so.preload, the loader's link. 0/-1, why filled; *repaired counts. */
int ground_check(struct context *c, char *why, size_t cap, unsigned *repaired);

#endif
