#include "phases/p3_rungs.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int add(void *arg, const char *path)
{
	return keep_add(arg, path);
}

struct keep *ladder_keep(struct ladder *l)
{
	struct keep *k = keep_start(l->c->journal, l->c->t->live);
	int n = -1;

	if (k && pkg_touches(l->c->t, l->m, l->package, add, k) == 0)
		n = keep_arm(k);
	if (n >= 0) {
		log_line("%d paths of %s and its database are journalled", n, l->package);
		return k;
	}
	snprintf(l->why, sizeof l->why, "what %.100s may change cannot be journalled: %s",
		 l->m->name, strerror(errno));
	keep_end(k, false);
	return NULL;
}
