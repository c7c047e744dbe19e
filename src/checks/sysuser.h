/* sysuser: a package's system user put back as it was. */
#ifndef CHECKS_SYSUSER_H
#define CHECKS_SYSUSER_H

#include "base/file.h"
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
/* data with line before its first NIS line, else at its end; dst. 0, or -1 ENOSPC. Pure. */
struct buf;
int sysuser_insert(const char *data, size_t len, const char *line, struct buf *dst);

#endif
