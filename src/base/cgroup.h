/* cgroup: a control group around a program, which no fork, setsid or dead parent leaves (cgroups(7)); for kernels without PID namespaces.
 *
 * Life cycle: cgroup_make by who keeps the program, cgroup_enter by the program's process before it runs, cgroup_end.
 */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include "base/buf.h"

#define CGROUP_PATH 224

/* A group below the caller's own, named by number; cgroup2, else the pids or freezer one of version 1. Its folder into path. 0, or -1: none is mounted, or
 * it cannot be written. */
int cgroup_make(char path[CGROUP_PATH], int number);
/* The calling process goes in, and all it will fork. 0/-1. */
int cgroup_enter(const char *path);
/* KILL all in it and below, once. Returns true when nobody was left. */
bool cgroup_kill(const char *path);
/* KILL until nobody is left, ms at most, and remove it. 0/-1. */
int cgroup_end(const char *path, int ms);
/* Where in the hierarchy with this controller ("" for cgroup2) a process is, by the text of its /proc/PID/cgroup. False: nowhere. Pure. */
bool cgroup_of(const char *text, const char *controller, char *dst, size_t cap);

#endif
