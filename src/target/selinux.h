/* selinux: which type a path should have, by the target's own policy (file_contexts(5)); bytes alone, nothing is asked of a kernel. */
#ifndef TARGET_SELINUX_H
#define TARGET_SELINUX_H

#include "target/target.h"

/* Does path match the whole of a file_contexts pattern (literals, \x, ., [], (|), * + ?)? A pattern that takes too many steps does not. Pure. */
bool selinux_matches(const char *pattern, size_t len, const char *path);
/* The context that file_contexts text gives a regular file: a later line beats an earlier one, a plain path beats a pattern. context is
 * changed only when there is one. Pure. */
struct selinux_query { const char *path; bool exact; char context[256]; };
void selinux_find(const char *data, size_t len, struct selinux_query *q);
/* The same type (third field)? Pure. */
bool selinux_same_type(const char *a, const char *b);
/* Fill the queries' contexts from the policy that the target's configuration names. 0, or -1: it has none. */
int selinux_contexts(const struct target *t, struct selinux_query *q, unsigned n);

#endif
