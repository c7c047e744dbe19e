/* judge: after a fault, is every file old or new, and does what was said agree with it? */
#ifndef FAULT_JUDGE_H
#define FAULT_JUDGE_H

#include "scenario.h"

enum verdict { FINE, TORN, LIE, OPEN_DOOR, STUCK, VERDICTS };

struct judgement {
	enum verdict verdict;
	char why[400];
};

const char *judge_name(enum verdict v);
/* Judge the root right after the struck command. said: its output; status: its exit status, -1 when
 * killed. */
struct judgement judge_struck(const struct scenario *s, const struct tree *now, const char *said,
			      int status);
/* Is the root exactly like want, but for rd-recovery's own folders, with no temp file in it? The
 * backup of shadow, which is written where it can be, may be like instead's. */
struct judgement judge_exact(const struct tree *want, const struct tree *instead,
			     const struct tree *now, const char *when);

#endif
