/* root: what the kernel line says about the root file system, and which of several systems is taken where it says nothing that is there.
 * Pure.
 *
 * The words are the kernel's own (kernel-parameters.txt): root=, rootfstype=, rootflags=, ro, rw, rootwait, rootdelay=, init=.
 */
#ifndef RUN_ROOT_H
#define RUN_ROOT_H

#include <stdbool.h>
#include <stddef.h>

struct root_words {
	char source[256], type[64], flags[256], init[256];
	bool writable, wait, noresume;
	long delay, wait_seconds; /* 0: not said */
};
/* The last of a kind wins; one that is too long or no number counts as not said. */
void root_words(struct root_words *w, const char *line, size_t len);
/* How many seconds to wait for the device: what is usual, or longer; nothing waits for ever. */
long root_patience(const struct root_words *w);
/* Can the source be a device that shows up in an initramfs without udev, device mapper and md? */
bool root_can_appear(const char *source);

struct root_system { /* a file system, or a subvolume of one, that holds a system */
	char device[80], type[24], subvolume[128], name[96];
	bool has_init;
	int fstab;	   /* its own fstab says that / is this place: 1; another: -1; nothing: 0 */
	bool preset;	   /* btrfs: the default subvolume */
	long long used;	   /* when something in it last changed, seconds since 1970 */
};
/* The best of them: index, and why it. -1: none; one whose own fstab says that / is elsewhere is none. */
int root_choose(const struct root_system *list, unsigned n, char *why, size_t cap);

#endif
