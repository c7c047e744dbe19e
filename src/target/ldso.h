/* ldso: where a target's dynamic loader would find libraries (ld.so(8)): DT_RPATH, DT_RUNPATH, ld.so.conf and its cache, the
 * default folders, and whether they hold the symbol versions that are wanted; nothing is run.
 *
 * Life cycle: ldso_open, ldso_check for as many files as there are (each file and library is read once, whatever its names), ldso_close.
 */
#ifndef TARGET_LDSO_H
#define TARGET_LDSO_H

#include "target/target.h"

#include <stddef.h>

struct ldso;
/* NULL: no memory. t's descriptor is borrowed. */
struct ldso *ldso_open(const struct target *t);
/* Does the ELF file at path and every library it NEEDs, recursively, resolve in the root, with the
 * symbol versions each wants of the others? What cannot be known is no fault. A script is judged by its interpreter. 0 yes; -1 no, why
 * filled ("/usr/bin/sddm: libQt5Core.so.5 not found", "/lib/security/pam_unix.so: wants GLIBC_2.38,
 * /lib/libc.so.6 has none"). */
int ldso_check(struct ldso *l, const char *path, char *why, size_t cap);
/* The class of the file last checked, 32 or 64; 0: no ELF file. */
int ldso_bits(const struct ldso *l);
void ldso_close(struct ldso *l);

/* The three at once, for one file. */
int ldso_resolves(int rootfd, const char *path, char *why, size_t cap);

#endif
