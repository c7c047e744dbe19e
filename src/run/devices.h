/* devices: from a kernel that has just started to block devices that were looked at: their drivers, and the kernel's news of them.
 *
 * Life cycle: devices_start, devices_await, devices_end. The drivers are loaded by a process of their own, which goes on doing so for what is
 * plugged in later: one that hangs in a dead controller keeps nothing else.
 */
#ifndef RUN_DEVICES_H
#define RUN_DEVICES_H

#include "base/device.h"

#include <sys/types.h>

struct devices { /* in memory shared with operations */
	struct device list[DEVICES];
	unsigned n;
	int events, cold; /* uevents; at its end once the present devices' drivers are loaded */
	pid_t loader;
};

/* Open the kernel's ears and start the loader. 0/-1. */
int devices_start(struct devices *all);
/* Wait until the drivers of what is there are loaded, half a minute at most, then for the device that a source means; NULL: not within so many seconds. Without a
 * source (NULL): until no more devices come. */
const struct device *devices_await(struct devices *all, const char *source, long seconds);
/* The one at this path, NULL: none. */
struct device *devices_named(struct devices *all, const char *path);
/* Another that a source means as well as this one, NULL: none. */
const struct device *devices_twin(const struct devices *all, const char *source, const struct device *d);
/* The first with a hibernation image, NULL: none. */
const struct device *devices_asleep(const struct devices *all);
/* Say what hides file systems from this program. True: there is something. */
bool devices_say_containers(const struct devices *all);
/* The loader ends; one that hangs in a driver stays behind. */
void devices_end(struct devices *all);

#endif
