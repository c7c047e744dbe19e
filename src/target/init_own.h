/* init_own: what the init systems' files share: links and VAR="value" files of a target. */
#ifndef TARGET_INIT_OWN_H
#define TARGET_INIT_OWN_H

#include "base/buf.h"
#include "target/init.h"

/* The text of the symlink at path (not followed). 0/-1. */
int init_link(const struct target *t, const char *path, char *dst, size_t cap);
/* The last value of key in KEY=value text as a shell would read it, quotes removed. 0, or -1
 * ENOENT. Pure. */
int init_conf_get(const char *data, size_t len, const char *key, char *dst, size_t cap);
/* data with key's last line set to key="value" (appended when there is none); other bytes stay. 0,
 * or -1 ENOSPC. Pure. */
struct init_conf {
	const char *key, *value;
};
int init_conf_set(const char *data, size_t len, const struct init_conf *c, struct buf *dst);
/* Set it in a file of the target through the journal. 0/-1. */
int init_conf_write(const struct target *t, struct journal *j, const char *path,
		    const struct init_conf *c);
/* Debian's own switch, /etc/X11/default-display-manager, where dpkg is at home. 0/-1. */
int init_debian_default(const struct target *t, struct journal *j,
			const struct display_manager *dm);

/* Make path a symlink; the folder it lies in is made too. 0/-1. */
int init_place_link(struct journal *j, const char *path, const char *to);
/* What /sbin/init is called after its symlinks: "systemd", "init", "openrc-init" ...; "" unknown. */
void init_binary(const struct target *t, char *dst, size_t cap);
/* Is name a terminal's: this one, or for tty "" any virtual one ("tty1")? Pure. */
bool init_tty_is(const char *name, const char *tty);

extern const struct init_system init_systemd, init_openrc, init_sysv, init_runit;

#endif
