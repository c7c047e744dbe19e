/* find: from a kernel that has just started to a mounted root: drivers, devices, the file system that root= means, or one that holds a
 * system.
 *
 * Life cycle: find_start, find_device, find_mount. The drivers are loaded by a process of their own, which goes on doing so: one that hangs
 * in a dead controller keeps nothing else.
 */
#ifndef RUN_FIND_H
#define RUN_FIND_H

#include "base/device.h"
#include "run/root.h"

#include <sys/types.h>

#define FIND_POINT "/sysroot"

struct find { /* memory shared with the operations */
	struct root_words words;
	struct device devices[DEVICES];
	unsigned n;
	int events, cold; /* uevents; readable once the present devices' drivers are loaded */
	pid_t loader;
	char device[80], type[64], flags[256]; /* what is mounted, device "" while there is none */
	char why[320];
	bool writable, empty; /* empty: what was mounted held no system */
};

/* Open the kernel's ears and start the loader. 0/-1. */
int find_start(struct find *f);
/* Wait for what root= means, or, where it means nothing that can come, until no more devices come. */
void find_device(struct find *f);
/* The first device with a hibernation image; NULL: none. */
const struct device *find_asleep(const struct find *f);
/* Mount root at FIND_POINT, and /usr where its fstab has one. 0; -1: no root, said. */
int find_mount(struct find *f);

#endif
