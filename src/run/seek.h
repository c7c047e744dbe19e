/* seek: look for a system by itself on every file system there is, without a byte written. */
#ifndef RUN_SEEK_H
#define RUN_SEEK_H

#include "base/device.h"
#include "run/root.h"

#define SEEK_MOST 32

/* The systems on these devices, at most SEEK_MOST, each looked at under a deadline. Returns how many. */
unsigned seek_systems(const struct device *devices, unsigned n, struct root_system list[SEEK_MOST]);
#endif
