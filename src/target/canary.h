/* canary: the login proof (DESIGN.md): the right password accepted, a wrong one refused, at the doors people use.
 *
 * Life cycle: canary_right finds the doors and asks them with the right password; canary_wrong asks the same doors with a wrong one, now or later;
 * canary_conclude says what comes of both. Each door is asked by a child of its own in a trial of its own, all of them side by side: PAM's delay after a
 * refusal passes once, and no refusal counts against another door. While they are asked nobody may write what a login of the target reads: below
 * an overlay nothing may change.
 */
#ifndef TARGET_CANARY_H
#define TARGET_CANARY_H

#include "target/accounts.h"

enum canary_answer { CANARY_UNKNOWN, CANARY_ACCEPTED, CANARY_REFUSED };
enum canary_kind { CANARY_LOGIN, CANARY_SU, CANARY_HELPER, CANARY_DISPLAY };

#define CANARY_DOORS 6
struct canary_door {
	enum canary_kind kind;
	char name[32];       /* "login", "su", "unix_chkpwd", "sddm" */
	char path[256];      /* its program; a display manager's: its PAM file, which stands in for login's */
	bool witness;        /* does not decide the verdict alone */
	enum canary_answer right, wrong;
	char said[320];      /* the program's own last words, escaped, for the right password */
};
struct canary { /* in memory shared with the children */
	struct canary_door doors[CANARY_DOORS];
	unsigned n;
	bool proven;         /* every deciding door: right accepted and wrong refused */
	char why[320];       /* when not proven: the module's words, faillock state, the missing library */
	char weaker[160];    /* why no trial could be an overlay, "" otherwise */
};
/* password NULL: the trials' shadow gets a throw-away hash of the user's stored method (method: asked of it), known only here.
 * Each program gets at most until deadline. */
struct canary_question { const struct target *t; const struct account *a; const char *password; enum hash_method method; int64_t deadline; };
/* Fills c. 0: every deciding door accepted; -1: c->why. */
int canary_right(const struct canary_question *q, struct canary *c);
/* Asks the doors of c; of q the password and its method do not matter. */
void canary_wrong(const struct canary_question *q, struct canary *c);
/* What has come of it: proven, or why not. Pure; an answer that is missing proves nothing. */
void canary_conclude(struct canary *c);
const char *canary_answer_name(enum canary_answer a);
/* Every deciding door right accepted and wrong refused, and no door at all open to a wrong one? *fault: the first that says otherwise, or NULL. Pure. */
bool canary_judge(const struct canary *c, const struct canary_door **fault);

#endif
