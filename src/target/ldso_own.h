/* ldso_own: what ldso's files share: ldso_objects.c reads each file once, ldso_search.c finds a name as ld.so(8) does, ldso_load.c loads one object
 * with all it needs, ldso.c answers.
 *
 * Texts and objects are numbers, 0 is none: their arrays grow and move.
 */
#ifndef TARGET_LDSO_OWN_H
#define TARGET_LDSO_OWN_H

#include "base/buf.h"
#include "target/elf.h"
#include "target/ldso.h"
#include "target/libdirs.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/stat.h>

#define LDSO_BUCKETS 16384

/* A growing array, and the heads of the chains its elements hang in. */
struct ldso_pool {
	void *p;
	uint32_t n, cap, each;
	uint32_t *bucket;
};

/* A text, kept once. Below: what answers to it among what is loaded now. */
struct ldso_text {
	uint32_t at, next;
	uint32_t epoch, object;
};

/* A file, by what it is, not by a name: two of one soname are two. */
struct ldso_object {
	dev_t dev;
	ino_t ino;
	struct timespec ctime;
	uint32_t next;
	uint32_t path, folder; /* by which it was found first */
	uint32_t soname, interp, rpath, runpath;
	uint32_t first; /* of its words: needed names, pairs of file and version wanted, versions defined */
	uint32_t nneeded, nwanted, ndefined;
	unsigned machine;
	int bits; /* 0: no ELF file at all */
	bool damaged;
	bool bound; /* its $ORIGIN makes it another one in another folder */
	uint32_t epoch;
	uint32_t loads; /* how many others have loaded it */
};

/* Where a name was found before. by: the object whose path it was; without one the system's folders, for its class and machine. */
struct ldso_place {
	uint32_t by, kind, name, next;
	uint32_t object;
	enum ldso_found { LDSO_FOUND, LDSO_ABSENT, LDSO_UNCACHED, LDSO_UNKNOWN } found;
};

struct ldso_loaded {
	uint32_t object, by; /* by: its place among the loaded */
};

struct ldso {
	struct target t; /* of which only the root and what is unknown count */
	struct libdirs dirs;
	char *cache; /* ld.so.cache */
	size_t cache_len;
	pthread_mutex_t lock; /* of all below, while many read */
	struct ldso_pool chars, texts, objects, words, places, loaded;
	size_t taken; /* bytes of them all */
	bool full;    /* something has found no room: unknown is no fault */
	uint32_t epoch;
	bool musl; /* what is loaded now is musl's: no versions */
	int bits;
};

/* Room for n more elements, which are zeroed; NULL: none, and full is set. */
void *ldso_more(struct ldso *l, struct ldso_pool *p, uint32_t n);
/* The number of a text; 0 for "" and where there is no room. */
uint32_t ldso_text(struct ldso *l, const char *s, size_t n);
/* Of a text that was kept; 0: it was not. */
uint32_t ldso_known(const struct ldso *l, const char *s);
const char *ldso_string(const struct ldso *l, uint32_t text);
struct ldso_text *ldso_text_at(const struct ldso *l, uint32_t i);
struct ldso_object *ldso_at(const struct ldso *l, uint32_t i);
const uint32_t *ldso_words(const struct ldso *l, const struct ldso_object *o);

/* The object that a file is, read if it was not before. st: its own. fd: the open file, -1 it is opened by path. 0: unreadable, or no room. */
struct ldso_file {
	const char *path;
	const struct stat *st;
	int fd;
	unsigned char *room; /* elf.h's; NULL */
};
uint32_t ldso_object(struct ldso *l, const struct ldso_file *f);
/* The same by its path alone, links followed. 0 and errno. */
uint32_t ldso_object_at(struct ldso *l, const char *path);

/* What the loader would take for name, wanted by the nth of the loaded. */
enum ldso_found ldso_find(struct ldso *l, uint32_t nth, uint32_t name, uint32_t *object);

/* Read every ELF file of the folders of programs, by all processors. False: not all, the deadline came or there was no room. */
bool ldso_walk(struct ldso *l, int64_t deadline);

/* What one of the loaded objects lacks. name: of the library, version or loader; of: whose version it is. */
enum ldso_kind { LDSO_LOADER, LDSO_DAMAGED, LDSO_LIBRARY, LDSO_CACHE, LDSO_VERSION };
struct ldso_lack {
	enum ldso_kind kind;
	uint32_t who, name, of;
};
/* Load main and all that it needs, breadth first, and call fn for what is lacking: libraries first, then versions. fn non-zero stops and is returned. */
typedef int ldso_lack_fn(void *arg, const struct ldso_lack *k);
int ldso_load(struct ldso *l, uint32_t main, ldso_lack_fn *fn, void *arg);
/* "libaudit.so.1 not found" */
void ldso_reason(const struct ldso *l, const struct ldso_lack *k, struct buf *b);

#endif
