/* mounts: what of the target's fstab a run needs, mounted before it and undone after it, each under
 * a deadline.
 *
 * Life cycle: mounts_writable (root), mounts_begin (the rest), the run, mounts_end. All in the
 * supervisor's own mount namespace.
 */
#ifndef RUN_MOUNTS_H
#define RUN_MOUNTS_H

#include "base/mount.h"
#include "target/target.h"

#define MOUNTS_MAX TARGET_UNKNOWN

struct mounts { /* shared with the operations */
	char root[256]; /* made absolute and plain by the first operation */
	long seconds;
	bool readonly; /* as the system itself would mount it before it checks it */
	bool look;     /* a diagnosis: no journal is replayed, not a byte written */
	bool logs;     /* but for /boot and the ESP, where the diagnosis of a boot leaves its logs */
	bool root_was_readonly, root_changed;
	char root_source[256]; /* of fstab's own line for /; "" none */
	struct fstab_entry entries[MOUNTS_MAX];
	bool mounted[MOUNTS_MAX];
	unsigned n, current;
	char asleep[160]; /* where a hibernation image waits: then nothing is mounted */
};

/* Does a hibernation image wait in a swap space of the target's own fstab? Then it owns all of its file
 * systems: said, and t made readonly. */
bool mounts_asleep(struct mounts *m, struct target *t);
/* Remount root read-write if it is not. 0; -1 and why. */
int mounts_writable(struct mounts *m, char *why, size_t cap);
/* Mount what fstab says holds /usr, /var, /home, /boot or the ESP; what cannot be mounted is logged
 * and put down in t->unknown. */
void mounts_begin(struct mounts *m, struct target *t);
/* Mount the /usr of the target's fstab, if it has one of its own, and leave it mounted; read-only when m->readonly. Failure is said. */
void mounts_usr(struct mounts *m);
/* Everything as it was found; what cannot be undone is logged. */
void mounts_end(struct mounts *m);

/* Is this entry one a run needs? Pure. */
bool mounts_wanted(const struct fstab_entry *e);
/* Does its source mean the disk that was meant? A kernel's name (/dev/sda2) may be another disk's here: it is believed where fstab's line for /
 * names root's device so and that is the one mounted, or, where that line has a better name, on the disk root lies on. */
bool mounts_believed(const struct mounts *m, const struct fstab_entry *e);
/* A name that the kernel gives in the order it finds disks. Pure. */
bool mounts_kernel_name(const char *source);
/* The entry of an fstab's text on whose file system, other than root's, a path lies. Returns what of the path is below its point, NULL: none.
 * Pure. */
const char *mounts_holder(const char *text, size_t len, const char *path, struct fstab_entry *holder);
/* The mount(2) flags of fstab's options; the rest goes to data. Pure. */
unsigned long mounts_flags(const char *options, char *data, size_t cap);

#endif
