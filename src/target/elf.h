/* elf: the headers and dynamic section of an ELF file (elf(5)), of either class, read from hostile bytes. */
#ifndef TARGET_ELF_H
#define TARGET_ELF_H

#include <stddef.h>
#include <stdint.h>

#define ELF_NEEDED 32

struct elf_info {
	int bits;              /* 32 or 64 */
	unsigned machine, type;
	char interp[128], soname[64], runpath[256];
	char needed[ELF_NEEDED][64];
	unsigned nneeded;
};
/* Pure. 0, or -1: ENOEXEC not an ELF file of this byte order, EINVAL damaged. */
int elf_parse(const void *data, size_t len, struct elf_info *e);

#endif
