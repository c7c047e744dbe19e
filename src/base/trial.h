/* trial: a throw-away overlay of the target in a private mount namespace, in which target programs run (DESIGN.md, invariant 2).
 *
 * Life cycle: in a process with a mount namespace of its own (a phase worker): trial_open, run children with spec.root = t.path,
 * then trial_commit (each difference through the journal) or nothing, then trial_close. Every file system mounted below the target gets
 * an overlay of its own; /proc, /dev (own tmpfs: null zero full random urandom tty ptmx fd stdin stdout stderr), devpts instance, /sys read-only,
 * tmpfs on /run and /tmp. Upper layers lie on a tmpfs or, with TRIAL_ON_DISK, under the target's /var/lib/rd-recovery/.
 */
#ifndef BASE_TRIAL_H
#define BASE_TRIAL_H

#include "base/file.h"

#define TRIAL_ON_DISK 1u
#define TRIAL_IN_PLACE 2u /* no overlay possible: TRIAL_TARGET instead of TRIAL_PATCHED */
#define TRIAL_MOUNTS 16

/* No overlay possible: PATCHED, a read-only bind, tmpfs copies over the paths a login writes; TARGET, the target itself, writable, tmpfs copies
 * over scratch folders alone: what a program may change is journalled first (keep.h). */
enum trial_kind { TRIAL_OVERLAY, TRIAL_PATCHED, TRIAL_TARGET };

/* For tests: behave as on a kernel without overlayfs. */
extern bool trial_without_overlay;

struct trial {
	enum trial_kind kind;
	char path[256];      /* the root to chroot into */
	char target[256];
	char upper[256];     /* where upper layers are */
	unsigned nmounts;
	struct { char at[256], upper[300]; } mounts[TRIAL_MOUNTS]; /* at: target path, "/" first */
	bool on_disk;        /* the upper layers are */
	char weaker[160];    /* why no overlay, "" otherwise */
};

/* Returns 0, or -1 with errno when not even the patched kind is possible. target is an absolute path. */
int trial_open(struct trial *t, const char *target, unsigned flags);
/* Write a file in the trial only (a throw-away hash in its shadow); works in both kinds. Mode and owner stay. */
int trial_write(struct trial *t, const char *path, const void *data, size_t len);
/* The same with what the open file from holds, which may be the one at path, and a splice in it. */
int trial_splice(struct trial *t, const char *path, int from, const struct splice *s);
/* Commit what differs from the target, of every inode type, except below the scratch paths (NULL-terminated; /run /tmp /dev /proc /sys
 * always): new and changed files first, then symlinks, removals last. *n gets the number of changes. 0/-1: on error what was
 * committed stays, journalled. Only for TRIAL_OVERLAY (ENOTSUP otherwise). */
int trial_commit(struct trial *t, struct journal *j, const char *const *scratch, unsigned *n);
void trial_close(struct trial *t);
/* Memory that can be had, in MiB; -1 unknown. */
long trial_memory(void);
/* Remove the on-disk layer a killed process left. */
void trial_sweep(const char *target);

#endif
