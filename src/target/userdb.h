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
	unsigned cut_line; /* the first that is too long to be looked at; 0: none */
	uint32_t *slots; /* where the first sound line of each name starts, plus one */
	size_t nslots;
};
/* Where a line of a reduced text lies in its file. */
struct userdb_origin {
	off_t at;
	unsigned len, number; /* its newline is part of it */
};
/* A reduced text as it was read: data stays while now[kind] is mended. data NULL: the text is the whole file. */
struct userdb_was {
	char *data;
	size_t len;
	struct userdb_origin *lines;
	unsigned n;
};
struct userdb {
	struct userdb_text now[USERDB_KINDS], old[USERDB_KINDS];
	struct userdb_was was[USERDB_KINDS];
	bool more; /* faulty lines, than a reduced text holds: nothing may be mended */
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

/* Read all eight. Where one is larger than USERDB_WHOLE, only those lines of each that may be faulty, or that it takes to judge and mend one which
 * is: the others are sound, and nothing depends on them. 0, or -1: no memory. */
int userdb_load(struct userdb *db, const struct target *t);
void userdb_release(struct userdb *db);
/* Make the index of a text; data may be NULL. 0/-1. Pure but for its memory, as are the next ones. */
int userdb_index(struct userdb_text *x, enum userdb_kind kind);
/* The sound line of a name, or NULL. */
const char *userdb_find(const struct userdb_text *x, const char *name, size_t *len);
/* The number in its file of a line of now[kind] as it was read. */
unsigned userdb_line_number(const struct userdb *db, enum userdb_kind kind, unsigned line);
void userdb_judge(const struct userdb *db, enum userdb_kind kind, struct userdb_damage *d);
/* The mended text takes the place of now[kind], and further kinds are mended by it. 0, or -1: no
 * memory. */
int userdb_mend(struct userdb *db, enum userdb_kind kind);
/* Add a line to now[kind], which was mended before. 0/-1. */
int userdb_add(struct userdb *db, enum userdb_kind kind, const char *line);
/* What was changed in a reduced text, as splices of its whole file; their data lies in now[kind]. Freed by the caller. NULL: nothing, or
 * (errno ENOMEM) no memory. */
struct splice *userdb_splices(const struct userdb *db, enum userdb_kind kind);

#endif
