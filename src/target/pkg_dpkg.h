/* pkg_dpkg: what the files of dpkg's row share: pkg_dpkg.c is the manager, pkg_dpkg_entries.c what its database says of every file. */
#ifndef TARGET_PKG_DPKG_H
#define TARGET_PKG_DPKG_H

#include "target/pkg.h"

/* The rest of a line from skip on, cut to fit. skip: not past its end. Pure. */
void pkg_dpkg_value(const char *line, size_t n, size_t skip, char *dst, size_t cap);
/* struct pkg_manager's entries. */
int pkg_dpkg_entries(const struct target *t, pkg_entry_fn *fn, void *arg);

#endif
