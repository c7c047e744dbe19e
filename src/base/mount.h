/* mount: the mount table, as the kernel tells it, and mounts made and undone by this program. */
#ifndef BASE_MOUNT_H
#define BASE_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mount_entry { /* one line of /proc/self/mountinfo, proc_pid_mountinfo(5), octal escapes undone */
	unsigned id, parent, major, minor;
	char root[256], point[512], options[256], type[32], source[256], super[512];
};
/* Parse one line. Returns 0, or -1 EINVAL. Pure. */
int mount_parse_line(const char *line, size_t len, struct mount_entry *m);
/* Call fn for each mount of this process, in order; fn non-zero stops. -1 when the table cannot be read. */
int mount_each(int (*fn)(void *arg, const struct mount_entry *m), void *arg);
/* The (last) mount exactly at point. 0/-1 ENOENT. */
int mount_find(const char *point, struct mount_entry *m);

/* Mount a device's file system to look at it: read-only, no journal replayed, not a byte written. more: further data, or NULL. 0/-1. */
int mount_look(const char *device, const char *type, const char *point, const char *more);

/* The btrfs subvolume that a list of mount options names (subvol=, btrfs(5)), without its leading slashes; "" none. Pure. */
void mount_subvolume(const char *options, char *dst, size_t cap);

struct fstab_entry { char source[256], point[256], type[32], options[256]; unsigned line; };
/* Parse one line of fstab(5). 1: an entry, 0: blank or comment, -1: malformed. Pure. */
int fstab_parse_line(const char *line, size_t len, struct fstab_entry *e);

#endif
