/* userdb: passwd, shadow, group and gshadow as lines: which are damaged, and the text mended from
 * itself and from the "-" file the last editor left. Sound lines stay byte for byte.
 *
 * Life cycle: userdb_load, userdb_judge or userdb_mend of one kind after the other, userdb_release.
 */
#ifndef TARGET_USERDB_H
#define TARGET_USERDB_H

#include "base/buf.h"
#include "target/target.h"

#include <stdint.h>

#define USERDB_WHOLE (4u << 20)

enum userdb_kind { USERDB_PASSWD, USERDB_SHADOW, USERDB_GROUP, USERDB_GSHADOW, USERDB_KINDS };
enum userdb_fault {
	USERDB_SOUND,
	USERDB_TAIL, /* no newline at its end, and no more: harms nobody */
	USERDB_EMPTY,
	USERDB_BYTES,
	USERDB_FIELDS,
	USERDB_VALUE,
	USERDB_NO_X,
	USERDB_CUT,
	USERDB_TWICE,
	USERDB_MISSING
};

struct userdb_text {
	char *data; /* NULL: nothing there that can be believed */
	size_t len, cap;
	int unknown;	 /* errno: it could not be read, and nothing is said of it */
	uint32_t *slots; /* where the first sound line of each name starts, plus one */
	size_t nslots;
};
struct userdb {
	struct userdb_text now[USERDB_KINDS], old[USERDB_KINDS];
	const char *user; /* "": nobody's */
	bool named;	  /* then the user's lines are looked for in the "-" files of a sound file too */
};

struct userdb_damage {
	unsigned n;		 /* faulty lines */
	enum userdb_fault fault; /* the gravest: one of root's or the user's, else the first */
	unsigned line;		 /* its number, 0: none */
	bool own;		 /* root's or the user's */
	char name[33];		 /* "": none that can be printed */
};

extern const char userdb_paths[USERDB_KINDS][13];
const char *userdb_fault_name(enum userdb_fault f);

/* Read all eight. 0, or -1: no memory. */
int userdb_load(struct userdb *db, const struct target *t);
void userdb_release(struct userdb *db);
/* Make the index of a text; data may be NULL. 0/-1. Pure but for its memory, as are the next ones. */
int userdb_index(struct userdb_text *x, enum userdb_kind kind);
/* The sound line of a name, or NULL. */
const char *userdb_find(const struct userdb_text *x, const char *name, size_t *len);
void userdb_judge(const struct userdb *db, enum userdb_kind kind, struct userdb_damage *d);
/* The mended text takes the place of now[kind], and further kinds are mended by it. 0, or -1: no
 * memory. */
int userdb_mend(struct userdb *db, enum userdb_kind kind);
/* Add a line to now[kind], which was mended before. 0/-1. */
int userdb_add(struct userdb *db, enum userdb_kind kind, const char *line);

#endif
