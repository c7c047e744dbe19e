/* modes: what may be seen of a login-critical path's owner and permissions, and what they should be. */
#ifndef CHECKS_MODES_H
#define CHECKS_MODES_H

#include "checks/check.h"

/* Who owns a path, and what they let others do. */
struct modes_own { mode_t mode; uid_t uid; gid_t gid; };

/* One path of the table: bits that must be there and what is added when one is not; bits that must not be,
 * and what is left when one is. */
struct modes_rule { char path[32]; mode_t need, add, strip, most; bool owned; /* root's, else somebody else holds a key */ };
/* What st should be by the rule; the same: it is sound. Pure. */
struct modes_own modes_want(const struct modes_rule *r, const struct modes_own *st);
/* The same of the shadow file. group: the id its helper reads it by, 0 when it has no need of one; known: group "shadow"'s, 0 none. Pure. */
struct modes_own modes_want_shadow(const struct modes_own *st, gid_t group, gid_t known);
/* Would this setuid program do its work? group: the one that reads the shadow file, 0 none (only for unix_chkpwd). Pure. */
bool modes_is_setuid(const struct modes_own *st, gid_t group);
/* What it should be where no package database says; a group that alone may start it stays. Pure. */
struct modes_own modes_want_setuid(const struct modes_own *st, gid_t group, bool unread);

/* The id of group "shadow" where the shadow file lets it read, else 0. */
gid_t modes_shadow_group(const struct target *t);
gid_t modes_group(const struct target *t, const char *name); /* 0: there is none */
/* Can the groups be read? Else whom a file is for is not known. */
bool modes_knows_groups(const struct target *t);
/* path as it stands: a link followed. 0, or -1: not there, or on a file system that is not mounted. */
int modes_look(const struct target *t, const char *path, struct modes_own *own);
/* Make it so, through the journal; says it. 0/-1. */
int modes_put(struct check_context *c, const char *path, const struct modes_own *want);
/* Are files of this target root's at all (no container's with shifted ids)? */
bool modes_owned(const struct target *t);

#endif
