/* elf: the headers, dynamic section and symbol versions of an ELF file (elf(5), LSB core), of either class, read from hostile bytes. */
#ifndef TARGET_ELF_H
#define TARGET_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_NEEDED 32

/* Where version tables and their strings lie in the file; 0: none. */
struct elf_tables { uint64_t strings, strings_size, wanted, nwanted, defined, ndefined; };
struct elf_info {
	int bits;              /* 32 or 64 */
	unsigned machine, type;
	char interp[128], soname[64], runpath[256];
	char needed[ELF_NEEDED][64];
	unsigned nneeded;
	struct elf_tables versions;
};
/* Pure. 0, or -1: ENOEXEC not an ELF file of this byte order, EINVAL damaged. */
int elf_parse(const void *data, size_t len, struct elf_info *e);

struct elf_version {
	const char *file; /* the library that must define it; NULL: this file defines it */
	const char *name; /* "GLIBC_2.34" */
	bool weak;        /* may be absent */
};
/* Call fn for every version the file wants and defines; fn non-zero stops and is returned. -1 EINVAL: the tables are damaged. Pure. */
struct elf_sink { int (*fn)(void *arg, const struct elf_version *v); void *arg; };
int elf_versions(const void *data, size_t len, const struct elf_info *e, const struct elf_sink *sink);

#endif
