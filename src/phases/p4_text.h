/* p4_text: phase 4's edits of shadow(5) content; pure but for the memory it lends. */
#ifndef PHASES_P4_TEXT_H
#define PHASES_P4_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define P4_SHADOW_MOST (4u << 20)

struct p4_edit {
	const char *name, *hash; /* hash NULL: stays */
	bool set_lastchg, clear_expire, clear_inactive;
	char lastchg[24]; /* "" empties the field */
};
struct p4_bytes {
	char *p;
	size_t cap;
	size_t *len;
};

/* shadow's content with e made in name's line; a damaged or missing line is written anew when there
 * is a hash. 0, or -1: ENOENT, ENOSPC. */
int p4_shadow_edit(const char *data, size_t len, const struct p4_edit *e,
		   const struct p4_bytes *to);
/* Would the old shadow be worse than the backup there is? */
bool p4_backup_worse(const char *old, size_t len, const char *backup, size_t blen);
/* Pages for a secret; wiped when given back. NULL on error. */
char *p4_memory(size_t cap);
void p4_memory_release(char *p, size_t cap);

#endif
