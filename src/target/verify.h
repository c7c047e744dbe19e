/* verify: every installed file against the package database (pkg.h's entries): there, of its type, unchanged, with its mode; and every ELF file,
 * whoever installed it, against what it needs to be loaded.
 *
 * Life cycle: zeroed memory, shared with whoever wants what is known so far; set deep and deadline; verify_run; verify_order; then read the
 * findings. It reads only, runs nothing of the target's but rpm, stops at the deadline, and needs the same memory for any number of files: what does
 * not fit among the findings is counted.
 */
#ifndef TARGET_VERIFY_H
#define TARGET_VERIFY_H

#include "base/buf.h"
#include "target/target.h"

#include <stdatomic.h>
#include <stdint.h>

enum verify_fault {
	VERIFY_MISSING,
	VERIFY_CHANGED,    /* other bytes */
	VERIFY_TYPE,       /* a folder where a file belongs */
	VERIFY_LINK,       /* leads elsewhere than the database says */
	VERIFY_DANGLING,   /* leads to nothing */
	VERIFY_MODE,       /* owner, group or mode */
	VERIFY_BIT,        /* setuid, setgid or capability lost */
	VERIFY_UNREADABLE, /* an input or output error */
	VERIFY_LINKAGE,    /* a library, symbol version or loader it needs is not there, or it is no whole ELF file */
	VERIFY_FAULTS
};
const char *verify_fault_name(enum verify_fault f); /* "missing", "changed", ... */

/* What a finding breaks, the worst first. NOTED is no fault: configuration that the machine's owner changed or removed, links to nothing that may
 * have been made so, and libraries that only a launcher's path leads to. */
enum verify_class { VERIFY_LOGIN, VERIFY_DISPLAY, VERIFY_BOOT, VERIFY_REST, VERIFY_NOTED, VERIFY_CLASSES };
const char *verify_class_name(enum verify_class c); /* "login", "display", "boot", "the rest", "noted" */

#define VERIFY_FINDINGS 16384
#define VERIFY_TEXT (3u << 20)
struct verify_finding {
	enum verify_class breaks;
	enum verify_fault fault;
	bool config;
	uint32_t pkg, path, detail; /* offsets in text */
};
struct verify {
	/* what is asked */
	bool deep;        /* every digest; else those of the login's files, and of files whose time is not the database's */
	bool alone;       /* no database: linkage alone */
	int64_t deadline; /* absolute */
	/* what is known */
	atomic_ulong files, hashed;
	atomic_ullong bytes;
	unsigned long objects; /* ELF files that were read */
	int64_t linkage_ms;    /* how long that took */
	bool whole;       /* nothing was left out: neither deadline nor error */
	char manager[16]; /* "" none was found */
	char unread[160]; /* what was not compared, "" nothing */
	unsigned n, lost;
	struct verify_finding found[VERIFY_FINDINGS];
	uint32_t ntext;
	char text[VERIFY_TEXT];
};

/* 0; -1 and errno: no database, or none that can be read. What was found before counts. */
int verify_run(struct verify *v, const struct target *t);
/* Add one, of whoever has found it. Not while verify_run runs. */
struct verify_note { enum verify_class breaks; enum verify_fault fault; bool config; const char *pkg, *path, *detail; };
void verify_add(struct verify *v, const struct verify_note *n);
/* Sort by what breaks, package, path, fault; what the database says of a file twice is told once. */
void verify_order(struct verify *v);
/* Faults: what is only noted is not counted. */
unsigned verify_faults(const struct verify *v);

/* The findings from one on that are of the same class and package as it; call after verify_order. */
unsigned verify_group(const struct verify *v, unsigned first);
/* The command that repairs such a group, once the system is booted; "" none is known. */
void verify_repair(const struct verify *v, unsigned first, struct buf *b);
/* Lines for a person, a group a paragraph. */
typedef void verify_line_fn(void *arg, const char *line);
void verify_tell(const struct verify *v, verify_line_fn *fn, void *arg);
/* The same as one JSON object: manager, unread (texts), deep, whole (booleans), files, read, bytes, lost, objects, linkage_ms (numbers), findings (an array of objects of
 * the texts breaks, package, path, fault, detail, repair). A later version only adds members. */
void verify_tell_json(const struct verify *v, verify_line_fn *fn, void *arg);

#endif
