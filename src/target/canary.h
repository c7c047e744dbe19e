/* canary: the login proof (DESIGN.md): the right password accepted, a wrong one refused, at the doors people use, in a trial. */
#ifndef TARGET_CANARY_H
#define TARGET_CANARY_H

#include "base/trial.h"
#include "target/accounts.h"

enum canary_answer { CANARY_UNKNOWN, CANARY_ACCEPTED, CANARY_REFUSED };

struct canary_door {
	char name[32];       /* "login", "su", "unix_chkpwd", "sddm" */
	bool witness;        /* does not decide the verdict alone */
	enum canary_answer right, wrong;
	char said[320];      /* the program's own last words, escaped, for the right password */
};
struct canary {
	struct canary_door doors[6];
	unsigned n;
	bool proven;         /* every deciding door: right accepted and wrong refused */
	char why[320];       /* when not proven: the module's words, faillock state, the missing library */
};
/* password NULL: the trial's shadow gets a throw-away hash of the user's stored method (method: asked of it), known only here.
 * The trial must be open. Each program gets at most until deadline. Returns 0 when proven. */
struct canary_question { const struct target *t; struct trial *trial; const struct account *a; const char *password; enum hash_method method; int64_t deadline; };
int canary_run(const struct canary_question *q, struct canary *c);
const char *canary_answer_name(enum canary_answer a);
/* Every deciding door right accepted and wrong refused, and no door at all open to a wrong one? *fault: the first that says otherwise, or NULL. Pure. */
bool canary_judge(const struct canary *c, const struct canary_door **fault);

#endif
