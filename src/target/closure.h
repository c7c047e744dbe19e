/* closure: the files that a login, a display manager or a boot needs: the programs, the PAM modules in use, the libraries each NEEDs, the loader,
 * the symlinks on the way, and the configuration that names them.
 *
 * Life cycle: closure_open, closure_login and its sisters, closure_take for single ones, closure_close. A file comes once.
 */
#ifndef TARGET_CLOSURE_H
#define TARGET_CLOSURE_H

#include "target/target.h"

#include <sys/stat.h>

/* path: the symlinks of its directory resolved; st: lstat's. NULL: a library that is needed and not found, path is its bare name. Non-zero ends the
 * walk. */
typedef int closure_fn(void *arg, const char *path, const struct stat *st);

struct closure;
/* NULL: no memory. t is borrowed. */
struct closure *closure_open(const struct target *t, closure_fn *fn, void *arg);
void closure_close(struct closure *c);
/* What stands at path, each link on the way, and what an ELF file needs to be loaded. What is not there is passed over. */
void closure_take(struct closure *c, const char *path);
/* Every libcrypt, loader, libc, the login programs, the PAM modules in use by them and by display managers, the PAM configuration. */
void closure_login(struct closure *c);
/* The display managers that are installed, and the X server. */
void closure_display(struct closure *c);
/* init, what mounts and checks file systems, and what loads drivers. */
void closure_boot(struct closure *c);

#endif
