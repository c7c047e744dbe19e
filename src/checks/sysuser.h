/* sysuser: a package's system user put back as it was. */
#ifndef CHECKS_SYSUSER_H
#define CHECKS_SYSUSER_H

#include "base/file.h"
#include "base/lines.h"
#include "target/target.h"

/* The line of name that passwd(5) lost: from passwd-, else from the package's sysusers.d(5) with
 * the uid that owns its home. Its group, shadow and gshadow lines too where they are missing: no
 * password, no login. 0, or -1 and why: nothing says who it was. */
int sysuser_restore(const struct target *t, struct journal *j, const char *name, char *why,
		    size_t cap);

/* A sysusers.d(5) line "u name id gecos home shell" of name, taken apart. 0/-1. Pure. */
struct sysuser {
	char id[32], gecos[128], home[128], shell[64];
};
int sysuser_parse(const char *line, size_t len, const char *name, struct sysuser *u);
/* Is name in the file? If not, at is where its line belongs: before the first NIS line, else at the
 * end, where a newline may have to come first (!ended). */
bool sysuser_find(struct lines *l, const char *name, off_t *at, bool *ended);

#endif
