/* pkg: package managers as one table (Portage, dpkg, rpm, pacman, apk). Databases are read by own code; programs run only in trials. */
#ifndef TARGET_PKG_H
#define TARGET_PKG_H

#include "base/child.h"
#include "base/trial.h"
#include "target/target.h"

struct pkg_program { const char *argv[16]; char text[16][160]; const char *envp[48]; char env[48][256]; long seconds; int grace_ms; };

struct pkg_manager {
	const char *name;     /* "portage", "dpkg", ... */
	const char *database; /* exists: this manager is in use */
	const char *log;      /* its log file on the target */
	/* one line per installed package "name version" through fn; -1 on error */
	int (*each)(const struct target *t, int (*fn)(void *arg, const char *name, const char *version), void *arg);
	/* name, version of the package that owns path. 0/-1 */
	int (*owner)(const struct target *t, const char *path, char *name, size_t cap);
	/* unpack the cached binary package that holds path's newest copy and write that member to the open fd. 0/-1 ENOENT: none cached. source gets the package's file name */
	int (*cached)(const struct target *t, const char *path, int out_fd, char *source, size_t cap);
	/* the command (run chrooted in a trial) that rebuilds or reinstalls pkg offline. attempt 0, 1 (a second way: minimal configuration). 0, or -1 when there's none */
	int (*reinstall)(const struct target *t, const char *pkg, unsigned attempt, struct pkg_program *p);
	/* prepare the trial root for it (configuration for attempt 1), may be NULL */
	int (*prepare)(const struct trial *tr, unsigned attempt);
	/* does the file differ from what the database recorded? 1 differs, 0 same, -1 unknown */
	int (*differs)(const struct target *t, const char *path);
	/* the command a person types, once booted, to make a repaired file official */
	int (*official)(const char *pkg, char *dst, size_t cap);
	bool builds;          /* reinstall compiles: build_timeout */
};

extern const struct pkg_manager *const pkg_managers[]; /* NULL-terminated */
/* The one in use (its database exists), or NULL. */
const struct pkg_manager *pkg_in_use(const struct target *t);

#endif
