/* pkg: package managers as one table (Portage, dpkg, rpm, pacman, apk). Databases are read by own code; programs run only in trials. */
#ifndef TARGET_PKG_H
#define TARGET_PKG_H

#include "base/child.h"
#include "base/digest.h"
#include "target/target.h"

#include <time.h>

#define PKG_ARGS 16
#define PKG_UNPACK_DIR "/tmp/rd-recovery-x" /* in a trial */

/* A command line for child_run; argv ends with NULL. */
struct pkg_program { const char *argv[PKG_ARGS]; char text[600]; };
struct pkg_mode { char user[32], group[32]; mode_t mode; };
/* "user group mode", mode in octal with or without its type. 0/-1. Pure. */
int pkg_parse_mode(const char *line, size_t len, struct pkg_mode *m);
/* Is it one of the programs that Debian and Gentoo install with a bit or a capability, and whose databases do not say so? checks/setuid.c's are
 * not among them. Pure. */
bool pkg_privileged(const char *path);
/* Is a database's name one for path, with or without /usr in front? Pure. */
bool pkg_same_file(const char *name, size_t len, const char *path);
/* What a database says of one file; of what it does not say nothing is set. Its texts live as long as the call. */
enum pkg_kind { PKG_ANY, PKG_FILE, PKG_FOLDER, PKG_LINK };
struct pkg_entry {
	const char *pkg;        /* a name as owner gives it, "" unknown */
	const char *path;       /* where it really lies: diversions followed */
	enum pkg_kind kind;
	const char *link;       /* what the symlink says */
	bool config;            /* the machine's owner may change or remove it */
	bool spare;             /* may be absent */
	bool privileged;        /* useless without setuid, setgid or a file capability */
	bool capable;           /* has a file capability */
	enum digest_size nsum;  /* of sum, 0 none */
	unsigned char sum[DIGEST_RAW];
	time_t mtime;
	bool sized;             /* size counts */
	off_t size;
	mode_t bits;            /* of own.mode, those that count */
	struct pkg_mode own;    /* user, group: "" unknown; a number where the database has no name */
	const char *damage;     /* path is a file of the database itself: why it cannot be read, for ever; NULL it is none */
};
typedef int pkg_entry_fn(void *arg, const struct pkg_entry *e);
typedef int pkg_each_fn(void *arg, const char *name, const char *version);
typedef int pkg_path_fn(void *arg, const char *path);

struct pkg_manager {
	const char *name;      /* "portage", "dpkg", ... */
	const char *database;  /* exists: this manager is in use */
	const char *log;       /* its log file on the target */
	const char *cache;     /* where binary packages lie: folders, blanks between */
	const char *image;     /* below it <package>/image holds what was built and not merged; NULL: no such thing */
	const char *unpack;    /* sh -c script that unpacks package (or image) $1 into the current folder */
	const char *reinstall[2]; /* sh -c scripts that rebuild or reinstall $1 offline, the second another way, or NULL */
	const char *official;  /* what a person types in front of the package, once booted, to make a repaired file official */
	const char *restore;   /* behind official, to bring back a configuration file that was removed; NULL: nothing is needed */
	const char *finish;    /* the same, to finish what it was doing when it was interrupted */
	bool builds;           /* reinstall compiles: build_timeout */
	/* one line per installed package through fn; non-zero stops and is returned; -1 on error */
	int (*each)(const struct target *t, pkg_each_fn *fn, void *arg);
	/* name of the package that owns path. 0, or -1 ENOENT */
	int (*owner)(const struct target *t, const char *path, char *name, size_t cap);
	/* every path the database lists for pkg (a name owner gave) through fn; non-zero stops and is returned; -1 on error */
	int (*files)(const struct target *t, const char *pkg, pkg_path_fn *fn, void *arg);
	/* what its program changes besides, NULL-terminated: paths, the last component may be a pattern; % is pkg */
	const char *const *state;
	/* the mode the database wants of path. 0, or -1 ENOENT: it does not say. NULL: it never does */
	int (*mode)(const struct target *t, const char *path, struct pkg_mode *m);
	/* every file of every package that is unpacked, through fn, read as it goes; non-zero stops and is returned; -1 on error. NULL: never */
	int (*entries)(const struct target *t, pkg_entry_fn *fn, void *arg);
	bool asked;            /* its own program tells them, in a trial: seconds instead of milliseconds */
	const char *silent;    /* what entries cannot say though the database does, NULL nothing */
	bool shadow_group;     /* its shadow file is for group "shadow" to read */
	bool setuid_unread;    /* its setuid programs cannot be read by others (sfperms) */
};
extern const struct pkg_manager pkg_portage, pkg_dpkg, pkg_pacman, pkg_apk, pkg_rpm;
extern const struct pkg_manager *const pkg_managers[]; /* NULL-terminated */

/* The one in use (its database exists), or NULL. */
const struct pkg_manager *pkg_in_use(const struct target *t);
/* The owner of path, with and without /usr in front (a merged /usr has two names for one file). 0/-1. */
int pkg_owner(const struct target *t, const struct pkg_manager *m, const char *path, char name[128]);
/* files and state, the latter with pkg put in. */
int pkg_touches(const struct target *t, const struct pkg_manager *m, const char *pkg, pkg_path_fn *fn, void *arg);
/* The cached package files of pkg, and its image: target paths, newest first - the newest may be the broken build. 0, or -1 ENOENT. */
#define PKG_ARCHIVES 4
struct pkg_archives { char file[PKG_ARCHIVES][256]; time_t mtime[PKG_ARCHIVES]; unsigned n; };
int pkg_cached(const struct target *t, const struct pkg_manager *m, const char *pkg, struct pkg_archives *a);
/* /bin/sh -c script with one argument. */
void pkg_script(struct pkg_program *p, const char *script, const char *arg);
/* A program of the target's manager has ended: remembered if it was given up after seconds. */
void pkg_ended(const struct target *t, const struct child_result *r, long seconds);
/* A manager that did not end once is not started again. True: why says so. */
bool pkg_given_up(const struct target *t, const struct pkg_manager *m, char *why, size_t cap);
/* Is path one of the lines of text? Pure; lead is put before each line ("/" or ""). */
bool pkg_lists(const char *data, size_t len, const char *lead, const char *path);
/* Each line of a file on the target, lead put before it, through fn. Non-zero stops and is returned; -1 on error. */
int pkg_each_line(const struct target *t, const char *file, const char *lead, pkg_path_fn *fn, void *arg);

#endif
