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

/* The quick look; a deep one is verify's own command. */
int collect_files(struct collect *c)
{
	const struct pkg_manager *m = pkg_in_use(c->t);
	struct verify *v;
	int rc = 0;

	if (!m || !m->entries || m->asked) {
		log_put(c->to, "not compared: %s", m ? m->name : "no package database");
		return 0;
	}
	v = calloc(1, sizeof *v);
	if (!v)
		return ENOMEM;
	v->deadline = deadline_in(COLLECT_FILES_SECONDS);
	if (verify_run(v, c->t))
		rc = errno;
	verify_order(v);
	verify_tell(v, put, c);
	free(v);
	return rc;
}
