/* init: init systems as one table (systemd, OpenRC, sysvinit, runit), as far as a display manager and a default runlevel need them. */
#ifndef TARGET_INIT_H
#define TARGET_INIT_H

#include "base/file.h"
#include "target/target.h"

struct display_manager {
	const char *name;       /* "sddm" */
	const char *binary;     /* /usr/bin/sddm */
	const char *pam;        /* PAM service: "sddm" */
};
extern const struct display_manager display_managers[]; /* name NULL ends it */

struct init_system {
	const char *name;
	bool (*present)(const struct target *t);
	/* default runlevel or target: "graphical.target", "default" */
	int (*level)(const struct target *t, char *dst, size_t cap);
	/* the enabled display manager's name, installed or not ("display-manager": one that is not in the table); -1 ENOENT when none */
	int (*enabled)(const struct target *t, char *dst, size_t cap);
	/* enable dm in the default runlevel or target, through the journal */
	int (*enable)(const struct target *t, struct journal *j, const struct display_manager *dm);
	/* the unit or script that starts the display manager of this name; -1 ENOENT, dst the path it should have */
	int (*service)(const struct target *t, const char *name, char *dst, size_t cap);
	/* is a getty started on this terminal ("tty1", "ttyS0"), or for "" on any virtual one? */
	bool (*getty)(const struct target *t, const char *tty);
	/* start one there, in the default runlevel or target, through the journal */
	int (*getty_enable)(const struct target *t, struct journal *j, const char *tty);
};
extern const struct init_system *const init_systems[]; /* NULL-terminated */
/* The installed row of this name, else its first, else NULL. */
const struct display_manager *display_manager_named(const struct target *t, const char *name);
/* The one /sbin/init leads to, or NULL. */
const struct init_system *init_in_use(const struct target *t);
/* Do the binary and every library it NEEDs resolve in the target? 0 yes; -1 no, why filled ("/usr/bin/sddm: libQt5Core.so.5 not found"). */
int init_resolves(const struct target *t, const char *binary, char *why, size_t cap);

#endif
