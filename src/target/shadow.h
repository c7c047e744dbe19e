/* shadow: edits of shadow(5) content, and what writes a target's shadow and passwd, through the
 * journal. */
#ifndef TARGET_SHADOW_H
#define TARGET_SHADOW_H

#include "base/file.h"
#include "target/accounts.h"

struct shadow_edit {
	const char *name, *hash; /* hash NULL: stays */
	bool unlock;		 /* take the lock marks off the hash that stays */
	bool set_lastchg, clear_expire;
	char lastchg[24]; /* "" empties the field */
};
struct shadow_change {
	struct splice s; /* its data lies in line */
	bool none;	 /* the file has it already */
	bool there;	 /* a line of this name was */
	unsigned whole;	 /* lines of the file that are */
	char line[4096];
};

/* Find where e changes the shadow(5) that l starts at, and read it to its end. A damaged or missing line is written anew when there is a
 * hash. 0, or -1: ENOENT, EMSGSIZE (its line, or the new one, is too long), or the reading error. */
int shadow_find(struct lines *l, const struct shadow_edit *e, struct shadow_change *to);
/* Make the edit in the target's shadow; the old one becomes shadow- unless what lies there is
 * better. 0/-1. */
int shadow_write(const struct target *t, struct journal *j, const struct shadow_edit *e);
/* The edit that gives a's account a new hash; today: -1 when the clock is not believable. */
struct shadow_edit shadow_new_hash(const struct account *a, const char *hash, long today);
/* After it: a hash in passwd itself, or none, hides shadow; let it point there. 0/-1. */
int shadow_point(const struct target *t, struct journal *j, const struct account *a);
/* One field of one line of the target's passwd. 0/-1. */
int shadow_write_passwd(const struct target *t, struct journal *j, const struct account_edit *e);
/* Pages for a secret; wiped when given back. NULL on error. */
char *shadow_memory(size_t cap);
void shadow_memory_release(char *p, size_t cap);
/* Give back what path_slurp read, wiped; NULL is fine. errno stays. */
void shadow_release(char *data, size_t len);

#endif
