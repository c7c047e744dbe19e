#include "phases/collect.h"

#include "base/clock.h"
#include "target/pkg.h"
#include "target/verify.h"

#include <errno.h>
#include <stdlib.h>

static void put(void *arg, const char *line)
{
	const struct collect *c = arg;

	log_put(c->to, "%s", line);
}

/* The quick look; a deep one is verify's own command. A database that only its own program can read
 * is not asked. */
int collect_files(struct collect *c)
{
	const struct pkg_manager *m = pkg_in_use(c->t);
	struct verify *v = calloc(1, sizeof *v);
	int rc = 0;

	if (!v)
		return ENOMEM;
	v->deadline = deadline_in(COLLECT_FILES_SECONDS);
	v->alone = !m || !m->entries || m->asked;
	if (v->alone)
		log_put(c->to, "not compared: %s", m ? m->name : "no package database");
	if (verify_run(v, c->t))
		rc = errno;
	verify_order(v);
	verify_tell(v, put, c);
	free(v);
	return rc;
}
