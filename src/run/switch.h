/* switch: from the initramfs into the mounted root, as switch_root(8) does it: move the kernel's mounts along, forget the initramfs, become its
 * init.
 */
#ifndef RUN_SWITCH_H
#define RUN_SWITCH_H

#include <stdbool.h>

/* Is / a file system that lives in memory, as an initramfs does? */
bool switch_can(void);
/* Become the init of /: init, or "" for the usual places, with argv[1]..., the environment, and signals as a program expects them. Returns only
 * where none could be started, and says why: -1 ENOENT. */
int switch_init(const char *init, char **argv);
/* Only pid 1 can. init: from the kernel line, "" for the usual places; argv[1]... and the environment go along. Returns only where no init could
 * be started: -1, why in errno. */
int switch_root(const char *root, const char *init, char **argv);

#endif
