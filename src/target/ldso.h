/* ldso: where a target's dynamic loader would find libraries (ld.so(8)): runpath, ld.so.conf, the
 * default folders; nothing is run. */
#ifndef TARGET_LDSO_H
#define TARGET_LDSO_H

#include <stddef.h>

/* Does the ELF file at path and every library it NEEDs, recursively, resolve in the root? A script
 * is judged by its interpreter. 0 yes; -1 no, why filled ("/usr/bin/sddm: libQt5Core.so.5 not
 * found"). */
int ldso_resolves(int rootfd, const char *path, char *why, size_t cap);

#endif
