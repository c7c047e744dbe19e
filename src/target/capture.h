/* capture: known-good copies and facts recorded while the system worked, in a folder that mirrors the target: <folder>/<target path>,
 * regular files of mode 0600, and <folder>/manifest, one line for each, fields as inode.h's field_add puts them:
 *
 *   file path=/usr/bin/su mode=4755 uid=0 gid=0 sha256=...     a copy; mode in octal
 *   link path=/usr/lib64/libcrypt.so.1 to=libcrypt.so.1.1.0    a symlink, which is in the manifest alone
 *   fact name=display-manager value=sddm                       also: level, boot-uuid
 *
 * A path is written with the symlinks of its directory resolved; every function here finds it by its other names too (merged /usr).
 */
#ifndef TARGET_CAPTURE_H
#define TARGET_CAPTURE_H

#include "base/file.h"
#include "target/target.h"

struct capture_copy { char file[520]; mode_t mode; uid_t uid; gid_t gid; bool link; char to[256]; };
/* The known-good copy of a target path in the capture folder: its absolute file and what it was (link: to alone), checked against its recorded
 * SHA-256. 0; -1: ENOENT none is carried, EBADMSG it is damaged. */
int capture_find(const struct target *t, const char *path, struct capture_copy *c);
/* The same, links followed to the file they end at. */
int capture_follow(const struct target *t, const char *path, struct capture_copy *c);
/* The bytes of the copy, links followed: path_slurp's, of at most max. NULL and errno on error. */
char *capture_slurp(const struct target *t, const char *path, size_t max, size_t *len);
/* Put the copy of path in its place through the journal, with owner and mode; of a link also what it leads to. 0/-1. */
int capture_adopt(const struct target *t, struct journal *j, const char *path);
/* Call fn for the path of every file and link. fn non-zero stops and is returned; -1 when there is no manifest. */
int capture_each(const struct target *t, int (*fn)(void *arg, const char *path), void *arg);
/* A recorded fact. 0, or -1 ENOENT. */
int capture_fact(const struct target *t, const char *name, char *dst, size_t cap);
/* path (its directory resolved, so that ".." is plain) becomes what a symlink there to `to` leads to. False: too long. Pure. */
bool capture_hop(char path[300], const char *to);

/* Where t->capture holds none: the target's own /var/lib/rd-recovery/capture, where building its initramfs left it. */
void capture_choose(struct target *t);

/* Copy what a login needs - every libcrypt, loader, libc, the programs, the PAM modules in use, with their libraries, the PAM configuration - and the
 * facts to output (absolute): written beside it and renamed at the end, so that an older capture stays until then. No file with a
 * secret in it is taken; said to log_line what is left out. Whether the system is healthy is the caller's question.
 * Returns how many files; -1 and why. */
int capture_make(const struct target *t, const char *output, char *why, size_t cap);

#endif
