/* find: the file system that root= means, or else one that holds a system, mounted.
 *
 * Life cycle: devices_start(&f->all), find_device, find_mount, what is to be done with it, find_settle.
 */
#ifndef RUN_FIND_H
#define RUN_FIND_H

#include "run/devices.h"
#include "run/root.h"

#define FIND_POINT "/sysroot"

struct find { /* memory shared with the operations */
	struct root_words words;
	bool rescue; /* a run comes before the boot: till find_settle all is read-only, whatever the words say */
	struct devices all;
	char device[80], type[96], flags[256]; /* what is mounted; device "" while there is none */
	char why[320];
	bool doubt; /* it may be another system than root= means: it is only looked at, and not started */
	bool empty; /* what was mounted held no system */
	char asleep[256]; /* the swap space of root's own in which a hibernation image waits: nothing was mounted */
};

/* Wait for what root= means, or, where it means nothing that can come, until no more devices come. */
void find_device(struct find *f);
/* Mount root at FIND_POINT. 0; -1: no root, said; or f->asleep, not said. */
int find_mount(struct find *f);
/* Does root's disk still answer within so many seconds, whatever the kernel remembers of it? If not it is said. */
bool find_answers(const struct find *f, long seconds);
/* Before the boot goes on: root as the words say, and the /usr its fstab has as writable as root. What fails is said. */
void find_settle(struct find *f);

#endif
