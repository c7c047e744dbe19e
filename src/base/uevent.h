/* uevent: what the kernel says over netlink about devices that come and go (kobject_uevent(9), lib/kobject_uevent.c). */
#ifndef BASE_UEVENT_H
#define BASE_UEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UEVENT_CAP 8192

struct uevent { /* pointers into the message; "" for what it does not say */
	const char *action, *subsystem, *devname, *modalias;
};
/* A message "add@/devices/...", then KEY=value, each ended by a NUL; data[len] must be writable, it becomes one. False: not the kernel's
 * form. A device's uevent file, with newlines for NULs and no first line, is understood too. Pure. */
bool uevent_parse(char *data, size_t len, struct uevent *e);

/* A socket that hears every event from now on. fd/-1. */
int uevent_open(void);
/* The next event of the kernel's own, into data (UEVENT_CAP bytes). 1; 0: none before the deadline, or stop became readable or was closed;
 * -1: some were lost (ENOBUFS: look at everything again), or another error. stop: -1 for none. */
int uevent_next(int fd, int stop, int64_t deadline, char *data, struct uevent *e);

#endif
