/* libdirs: the folders in which a target's loader looks for libraries (ld.so(8), ldconfig(8)). */
#ifndef TARGET_LIBDIRS_H
#define TARGET_LIBDIRS_H

#include "target/elf.h"
#include "target/target.h"

#define LIBDIRS_MAX 48

/* dirs as target paths with symlinks resolved, each once: ld.so.conf and what it includes first, then the defaults. */
struct libdirs {
	char dir[LIBDIRS_MAX][256];
	bool builtin[LIBDIRS_MAX]; /* the loader looks there by itself, into the others by ld.so.cache alone */
	unsigned n;
};

void libdirs_find(const struct target *t, struct libdirs *d);
/* The first name in dirs that is an ELF file of bits; its target path into dst. 0/-1 ENOENT. */
struct libdirs_query { const char *name; int bits; };
int libdirs_lookup(const struct target *t, const struct libdirs *d, const struct libdirs_query *q, char dst[300]);
/* The bytes of a target's library or program, of a sane size; unmap with path_release. NULL: errno. */
char *libdirs_slurp(const struct target *t, const char *path, size_t *len);
/* Read and parse a target's file. 0/-1. */
int libdirs_elf(const struct target *t, const char *path, struct elf_info *e);

#endif
