/* find: the file system that root= means, or else one that holds a system, mounted.
 *
 * Life cycle: devices_start(&f->all), find_device, find_mount.
 */
#ifndef RUN_FIND_H
#define RUN_FIND_H

#include "run/devices.h"
#include "run/root.h"

#define FIND_POINT "/sysroot"

struct find { /* memory shared with the operations */
	struct root_words words;
	bool usr_writable; /* root is as the words say; a run makes it writable itself */
	struct devices all;
	char device[80], type[96], flags[256]; /* what is mounted; device "" while there is none */
	char why[320];
	bool empty; /* what was mounted held no system */
};

/* Wait for what root= means, or, where it means nothing that can come, until no more devices come. */
void find_device(struct find *f);
/* Mount root at FIND_POINT, and /usr where its fstab has one. 0; -1: no root, said. */
int find_mount(struct find *f);

#endif
