/* trial_own: what trial.c, trial_system.c and trial_overlay.c share; nobody else includes it. */
#ifndef BASE_TRIAL_OWN_H
#define BASE_TRIAL_OWN_H

#include "base/trial.h"

struct trial_fs {
	const char *source, *type, *data;
	unsigned long flags;
};

/* A descriptor of the directory, for paths inside it. */
int trial_open_root(const char *path);
/* Mount at a path inside root: by descriptor, because a symlink of the target must not lead out. 0/-1. */
int trial_mount_at(const char *root, const char *at, const struct trial_fs *fs);
/* /proc /sys /dev /run /tmp of the trial at root. 0/-1. */
int trial_make_system(const char *root);
/* The overlay kind: mounts below t->path, layers below t->upper. 0/-1. */
int trial_overlay(struct trial *t);

#endif
