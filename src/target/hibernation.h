/* hibernation: is there a hibernation image in some swap space? Read-only, before anything is
 * mounted. */
#ifndef TARGET_HIBERNATION_H
#define TARGET_HIBERNATION_H

#include "target/target.h"

/* Does an image wait on this device, named as below /dev (touches the disk: an operation for each device, so that one that hangs hides no other)? The kernel's mark is
 * at the end of a swap space's first page (kernel/power/swap.c). */
bool hibernation_in(const char *device);
/* Does an image wait in this swap file, a path inside the folder? */
bool hibernation_in_file(int folder, const char *path);
/* Does the first page of a swap space (of any page size up to len) bear the mark? Pure. */
bool hibernation_mark(const unsigned char *page, size_t len);
/* The same of the swap spaces, devices and files, that the target's own fstab names; the place it is in into where. */
bool hibernation_of(const struct target *t, char *where, size_t cap);

#endif
