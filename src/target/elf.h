/* elf: the headers, dynamic section and symbol versions of an ELF file (elf(5), LSB core), of either class, read from hostile bytes. */
#ifndef TARGET_ELF_H
#define TARGET_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_NEEDED 32

/* Where the dynamic section, version tables and their strings lie in the file; 0: none. */
struct elf_tables { uint64_t dynamic, dynamic_size, strings, strings_size, wanted, nwanted, defined, ndefined; };
struct elf_info {
	int bits;              /* 32 or 64 */
	unsigned machine, type;
	char interp[128];
	char needed[ELF_NEEDED][64]; /* the first of them; longer texts are left out */
	unsigned nneeded;
	struct elf_tables tables;
};
/* A file of which only what is looked at is read: of megabytes a few pages. room: ELF_ROOM bytes of the caller's, in which one that is not
 * larger is read; NULL, and each gets memory of its own, whose end every processor is told of. */
#define ELF_PAGE 4096
#define ELF_ROOM (256 << 10)
struct elf_file { unsigned char *p; size_t len; int fd; unsigned char *pages, *room, few[ELF_ROOM / ELF_PAGE]; };
/* Of an open regular file of at most max bytes; fd and room are borrowed until elf_close. 0/-1. */
int elf_open(struct elf_file *f, int fd, unsigned char *room, size_t max);
void elf_close(struct elf_file *f);
/* Are there n bytes at offset, read now? What lies at f->p + at is valid then. */
bool elf_want(const struct elf_file *f, uint64_t at, size_t n);
/* The string at offset, which must end before end, and be of a sane length. NULL: it does not. */
const char *elf_string(const struct elf_file *f, uint64_t at, uint64_t end);

/* Pure. 0, or -1: ENOEXEC not an ELF file of this byte order, EINVAL damaged (bits and machine are set where the header is whole). */
int elf_parse(const void *data, size_t len, struct elf_info *e);
int elf_file_parse(const struct elf_file *f, struct elf_info *e);

/* Call fn for every DT_NEEDED, DT_SONAME, DT_RPATH and DT_RUNPATH, of any length; fn non-zero stops and is returned. -1 EINVAL: damaged. */
struct elf_text_sink { int (*fn)(void *arg, int tag, const char *text); void *arg; };
int elf_file_texts(const struct elf_file *f, const struct elf_info *e, const struct elf_text_sink *sink);

struct elf_version {
	const char *file; /* the library that must define it; NULL: this file defines it */
	const char *name; /* "GLIBC_2.34" */
	bool weak;        /* may be absent */
};
/* Call fn for every version the file wants and defines; fn non-zero stops and is returned. -1 EINVAL: the tables are damaged. Pure. */
struct elf_sink { int (*fn)(void *arg, const struct elf_version *v); void *arg; };
int elf_versions(const void *data, size_t len, const struct elf_info *e, const struct elf_sink *sink);
int elf_file_versions(const struct elf_file *f, const struct elf_info *e, const struct elf_sink *sink);

#endif
