/* trial_copy: what trial.c and trial_commit.c share, and the small copies of the patched kind. */
#ifndef BASE_TRIAL_COPY_H
#define BASE_TRIAL_COPY_H

#include <stdbool.h>

/* Does path lie at or below one of the directories (NULL-terminated)? Pure. */
bool trial_below(const char *path, const char *const *dirs);
/* Is it one of those a trial has of its own: /run /tmp /dev /proc /sys? */
bool trial_is_own(const char *path);
/* Copy the tree at from (a target path) to a new directory, depth levels of it: attributes of all, content of files that take at most
 * 4 MiB (larger ones are left out), 20000 inodes. An xattr the copy's file system does not know is dropped. 0/-1. */
int trial_copy(int rootfd, const char *from, const char *to, int depth);

#endif
