/* strike: which faults there are at which calls. A case is one strike, or a pair. */
#ifndef FAULT_STRIKE_H
#define FAULT_STRIKE_H

#include "scenario.h"

struct strike {
	const struct scenario *s;
	size_t call; /* into s->calls */
	enum moment moment;
	int error; /* 0 where the moment needs none */
};

struct strikes {
	struct strike *list;
	size_t n;
};

/* Add the strikes at a scenario's calls; most: at most so many a call, in turn (0: all). 0/-1. */
int strike_list(struct strikes *l, const struct scenario *s, size_t most);
/* Of the strikes from number on keep so many, evenly spread. */
void strike_thin(struct strikes *l, size_t from, size_t keep);
struct fault strike_fault(const struct strike *k);
/* "shadow: renameat of 0, 3rd: fail after EIO" */
void strike_text(const struct strike *k, char *dst, size_t cap);

#endif
