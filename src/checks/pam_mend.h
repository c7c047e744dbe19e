/* pam_mend: the ladder for one fault of a PAM stack (DESIGN.md, invariant 7). Each rung is judged before anything is written: fewer faults
 * than before, no service that takes any password, no control lost to a service that comes from afar.
 */
#ifndef CHECKS_PAM_MEND_H
#define CHECKS_PAM_MEND_H

#include "base/buf.h"
#include "checks/pam_own.h"

#define PAM_FILE_MOST 65536

struct pam_mend {
	struct check_context *c;
	struct pam_view v;      /* the target as it stands */
	struct pam_fault f;     /* its entry and stack are not followed: */
	struct pam_entry entry; /* copied; lines 0: none */
	char *data;             /* the file at fault, NULL: not there */
	size_t len;
	unsigned bad, open;
	struct pam_stack *stacks; /* room for two */
	struct buf why;
};
struct pam_candidate {
	const char *path, *data;
	size_t len;
	bool edit; /* of single lines: also nobody may be let in whom the sound stack refused */
	char lost[120]; /* judged: the first control it has no more, "" none */
};
/* Would the file be better so? 0, or -1 and why. Reads, never writes. */
int pam_judge(struct pam_mend *m, struct pam_candidate *k);
/* Judge, then write through the journal; a control lost goes into the verdict. 0/-1, why filled. */
int pam_adopt(struct pam_mend *m, struct pam_candidate *k);
/* Is it the file of a local console service or display, and included by none but those? */
bool pam_is_local(const struct pam_mend *m, const char *path);
/* What the verdict says WEAKENED of. */
void pam_weakened(struct pam_mend *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* why, anew. Returns -1. */
int pam_because(struct pam_mend *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Rung (c), in pam_line.c: the one line at fault is disabled, or its jump ended where it is proven. */
int pam_mend_line(struct pam_mend *m);

/* Rung (a), in pam_captured.c: every captured file that the services need and that is gone, at once; what stands is left alone. */
int pam_mend_captured(struct pam_mend *m);

struct pam_rung {
	char name[40];
	int (*climb)(struct pam_mend *m);
	unsigned kinds; /* bit set of faults it is for */
	bool again;     /* also when another service met the same fault before */
};
extern const struct pam_rung pam_rungs[]; /* climb NULL ends it */

#endif
