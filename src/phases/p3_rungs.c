#include "phases/p3_rungs.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"
#include "base/place.h"
#include "target/pkg_run.h"
#include "target/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool ladder_broken(const struct ladder *l, const struct libcrypt *lib)
{
	return lib->answer == LIBCRYPT_UNLOADABLE || (lib->cannot & l->needed);
}

int ladder_look(struct ladder *l, const char *root)
{
	struct libcrypt_question q = {.root = root, .methods = l->asked};
	int broken = 0, unknown = 0;

	for (int i = 0; i < l->n; i++) {
		libcrypt_ask(l->c->t, &q, &l->libs[i]);
		if (ladder_broken(l, &l->libs[i])) {
			broken++;
			snprintf(l->why, sizeof l->why, "%s: %s", l->libs[i].path, l->libs[i].why);
		} else if (l->libs[i].answer == LIBCRYPT_UNKNOWN) {
			unknown++;
			snprintf(l->why, sizeof l->why, "%s: %s", l->libs[i].path, l->libs[i].why);
		}
	}
	return !broken && unknown ? -1 : broken;
}

/* The soname's link to real's name, when it is gone. */
static int relink(struct ladder *l, const struct libcrypt *lib, const char *file)
{
	struct stat st;

	if (!strcmp(lib->path, file) || !path_stat(l->c->t->fd, lib->path, true, &st))
		return 0;
	return file_symlink(l->c->journal, lib->path, strrchr(file, '/') + 1);
}

int ladder_adopt(struct ladder *l, const struct libcrypt *lib, const char *candidate)
{
	static const struct file_attr attr = {.set_mode = true, .set_owner = true, .mode = 0755};
	struct libcrypt_question q = {l->c->t->root, candidate, l->asked};
	struct libcrypt probe = *lib;
	const char *file = *lib->real ? lib->real : lib->path;
	struct stat st;
	int fd, rc;

	if (libcrypt_ask(l->c->t, &q, &probe) || (probe.can & l->needed) != l->needed) {
		snprintf(l->why, sizeof l->why, "%.120s: %.180s", candidate,
			 *probe.why ? probe.why : "not proven to verify what is needed");
		return -1;
	}
	fd = open(candidate, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	/* a dangling link's target must not decide where the library goes */
	if (fd >= 0 && !*lib->real && !path_stat(l->c->t->fd, lib->path, false, &st))
		file_remove(l->c->journal, lib->path);
	rc = fd < 0 ? -1 : file_replace_from(l->c->journal, file, fd, *lib->real ? NULL : &attr);
	if (!rc)
		rc = relink(l, lib, file);
	if (rc)
		snprintf(l->why, sizeof l->why, "writing %.200s: %s", file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

/* How the target itself stands now; an earlier reason is worth more than the probe's. 0 when
 * nothing is broken, else -1. */
static int settle(struct ladder *l)
{
	char why[sizeof l->why];

	str_copy(why, sizeof why, l->why);
	if (!ladder_look(l, l->c->t->root))
		return 0;
	if (*why)
		str_copy(l->why, sizeof l->why, why);
	return -1;
}

/* Adopt one of the names a library may have below folder, for every broken one. 0 when none is
 * left. */
static int adopt_from(struct ladder *l, const char *folder)
{
	char names[4][520];
	const char *real;

	snprintf(l->why, sizeof l->why, "%.200s holds no copy", folder);
	for (int i = 0; i < l->n; i++) {
		struct libcrypt *lib = &l->libs[i];
		const char *bare = str_starts(lib->path, "/usr/") ? lib->path + 4 : lib->path;

		if (!ladder_broken(l, lib))
			continue;
		real = *lib->real ? lib->real : lib->path;
		snprintf(names[0], sizeof names[0], "%s%s", folder, lib->path);
		snprintf(names[1], sizeof names[1], "%s%s", folder, real);
		snprintf(names[2], sizeof names[2], "%s%s", folder, bare);
		snprintf(names[3], sizeof names[3], "%s/usr%s", folder, bare);
		for (int k = 0; k < 4; k++)
			if (!access(names[k], R_OK) && !ladder_adopt(l, lib, names[k]))
				break;
	}
	return settle(l);
}

static int rung_capture(struct ladder *l)
{
	struct capture_copy copy;

	snprintf(l->why, sizeof l->why, "none is carried");
	for (int i = 0; i < l->n; i++) {
		if (!ladder_broken(l, &l->libs[i]))
			continue;
		if (!capture_follow(l->c->t, l->libs[i].path, &copy))
			ladder_adopt(l, &l->libs[i], copy.file);
		else if (errno == EBADMSG)
			snprintf(l->why, sizeof l->why, "the copy of %.200s is damaged",
				 l->libs[i].path);
	}
	if (settle(l))
		return -1;
	snprintf(l->won, sizeof l->won, "(a) known-good copy");
	return 0;
}

/* A program in a trial. 0/-1, why filled. */
static int run(struct ladder *l, const struct trial *tr, struct pkg_job *job)
{
	struct buf why = BUF_OF(l->why);

	job->deadline = context_deadline(l->c, job->seconds);
	return pkg_run(tr, job, &why);
}

#define ARCHIVES 4
#define CARRIED "carried.tar"

/* Source archives: target paths, then absolute ones of what is carried outside the target. */
struct archives {
	const char *folder; /* being looked into */
	char file[ARCHIVES][520];
	unsigned n, most, ours; /* ours: of n those on the target */
};

static int add_archive(void *arg, int dirfd, const char *name)
{
	struct archives *a = arg;

	(void)dirfd;
	if (a->n == a->most || !str_starts(name, "libxcrypt-") || !strstr(name, ".tar.") ||
	    strstr(name, "_checksum_failure_"))
		return 0;
	snprintf(a->file[a->n++], sizeof a->file[0], "%s/%s", a->folder, name);
	return 0;
}

static void list_archives(const struct target *t, struct archives *a)
{
	static const char folders[][29] = {"/var/cache/distfiles", "/usr/portage/distfiles",
					   "/usr/src", "/usr/share/rd-recovery",
					   "/var/lib/rd-recovery/sources"};
	int fd = t->sources[0] ? open(t->sources, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	a->most = ARCHIVES - 1; /* the last place is for what is carried */
	for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++) {
		a->folder = folders[i];
		path_each(t->fd, a->folder, add_archive, a);
	}
	a->ours = a->n;
	a->most = ARCHIVES;
	a->folder = t->sources;
	if (fd >= 0) {
		path_each(fd, "/", add_archive, a);
		close(fd);
	}
}

/* Into the trial with it, for the build to read. 0/-1, why filled. */
static int lay_carried(struct ladder *l, const char *folder)
{
	char name[400];
	int in, out, rc = -1;

	if (!l->carried[0])
		return 0;
	snprintf(name, sizeof name, "%s/" CARRIED, folder);
	in = open(l->carried, O_RDONLY | O_CLOEXEC);
	out = open(name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (in >= 0 && out >= 0)
		rc = place_copy(in, out);
	if (rc)
		snprintf(l->why, sizeof l->why, "%.200s: %s", l->carried, strerror(errno));
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return rc;
}

/* A trial; 0/-1, why filled. */
static int open_trial(struct ladder *l, struct trial *tr, unsigned flags)
{
	if (trial_open(tr, l->c->t->root, flags)) {
		snprintf(l->why, sizeof l->why, "no trial possible: %s", strerror(errno));
		return -1;
	}
	if (tr->weaker[0] && !(l->footings & 1u << tr->kind))
		report_pivot(l->c->report, "an overlay of the target", tr->weaker,
			     tr->kind == TRIAL_TARGET
				 ? "the target itself: what the package manager lists is "
				   "journalled first"
				 : "a read-only view of it: what is unpacked beside it is used");
	l->footings |= 1u << tr->kind;
	return 0;
}

/* Unpack or build into PKG_UNPACK_DIR, adopt from there. */
static int from_program(struct ladder *l, struct pkg_job *job)
{
	struct trial tr;
	char folder[320];
	int rc = -1;

	if (open_trial(l, &tr, 0))
		return -1;
	snprintf(folder, sizeof folder, "%s" PKG_UNPACK_DIR, tr.path);
	if (mkdir(folder, 0700) && errno != EEXIST)
		snprintf(l->why, sizeof l->why, "%.200s: %s", folder, strerror(errno));
	else if (lay_carried(l, folder) == 0 && !run(l, &tr, job))
		rc = adopt_from(l, folder);
	trial_close(&tr);
	return rc;
}

/* True: why says why the package manager cannot help. */
static bool no_manager(struct ladder *l)
{
	if (l->m && pkg_given_up(l->c->t, l->m, l->why, sizeof l->why))
		return true;
	if (l->m && *l->package)
		return false;
	snprintf(l->why, sizeof l->why, "no package is known to own the library");
	return true;
}

static int rung_cached(struct ladder *l)
{
	struct pkg_archives a = {.n = 0};
	char script[600];
	struct pkg_job job = {
	    .t = l->c->t, .name = "unpack", .script = script, .seconds = l->c->set->timeout};

	if (no_manager(l))
		return -1;
	if (pkg_cached(l->c->t, l->m, l->package, &a)) {
		snprintf(l->why, sizeof l->why, "%.150s: no package of %.100s", l->m->cache,
			 l->package);
		return -1;
	}
	snprintf(script, sizeof script, "cd " PKG_UNPACK_DIR " && { %s; }", l->m->unpack);
	for (unsigned i = 0; i < a.n; i++) {
		job.arg = a.file[i];
		if (!from_program(l, &job)) {
			snprintf(l->won, sizeof l->won, "(b) binary package %.70s from the cache",
				 strrchr(a.file[i], '/') + 1);
			return 0;
		}
		if (i + 1 < a.n)
			report_pivot(l->c->report, a.file[i], l->why, a.file[i + 1]);
	}
	return -1;
}

#define BUILD_MIB 1024 /* libxcrypt takes a tenth; the compiler and who else is there the rest */

/* A build's layer lies in memory unless the machine cannot spare that. */
static int open_for_manager(struct ladder *l, struct trial *tr)
{
	long mib = trial_memory();
	bool disk = l->m->builds && mib < BUILD_MIB;

	if (open_trial(l, tr, TRIAL_IN_PLACE | (disk ? TRIAL_ON_DISK : 0)))
		return -1;
	if (l->m->builds)
		log_line("%ld MiB of memory can be had, a build may need %d: its layer lies %s",
			 mib, BUILD_MIB, tr->on_disk ? "on the target's disk" : "in memory");
	return 0;
}

/* The proven trial's differences, or where there is no overlay what was kept. 0/-1, why filled. */
static int commit(struct ladder *l, struct trial *tr, struct keep *k)
{
	unsigned n;
	int rc = k ? keep_end(k, true) : trial_commit(tr, l->c->journal, pkg_scratch, &n);

	if (rc)
		snprintf(l->why, sizeof l->why, "committing: %s", strerror(errno));
	return rc;
}

/* The package manager's own way, proven in the trial, then committed. */
static int rebuild(struct ladder *l, const char *script)
{
	const struct settings *set = l->c->set;
	struct pkg_job job = {.t = l->c->t,
			      .name = l->m->name,
			      .script = script,
			      .arg = l->package,
			      .seconds = l->m->builds ? set->build_timeout : set->timeout,
			      .builds = l->m->builds};
	struct keep *k = NULL;
	struct trial tr;
	int rc = -1;

	if (open_for_manager(l, &tr))
		return -1;
	if (tr.kind == TRIAL_TARGET && !(k = ladder_keep(l)))
		goto out;
	if (!run(l, &tr, &job) && !ladder_look(l, tr.path))
		rc = commit(l, &tr, k);
	else if (keep_end(k, false))
		report_failure(l->c->report, "putting back what the package manager changed",
			       "not everything went back: main.log names it", NULL);
out:
	trial_close(&tr);
	if (settle(l)) /* what stands on the target decides */
		rc = -1;
	return rc;
}

static int rung_rebuild(struct ladder *l)
{
	for (int i = 0; !no_manager(l) && i < 2 && l->m->reinstall[i]; i++) {
		if (!rebuild(l, l->m->reinstall[i])) {
			snprintf(l->won, sizeof l->won, "(c) %s: %.60s %s", l->m->name, l->package,
				 l->m->builds ? "rebuilt" : "reinstalled");
			return 0;
		}
		if (!i && l->m->reinstall[1])
			report_pivot(l->c->report, "(c) the package manager's own way", l->why,
				     "(c) the same another way");
	}
	return -1;
}

/* $1 is "ARCHIVE API BITS LIBDIR"; built and installed below PKG_UNPACK_DIR alone. */
static const char manual[] =
    "set -e; set -- $1; cd " PKG_UNPACK_DIR "; rm -rf build; mkdir build; cd build; "
    "tar -xf \"$1\" --strip-components=1; [ \"$3\" = 64 ] || export CC='gcc -m32'; "
    "./configure --disable-static --disable-werror --prefix=/usr --libdir=\"$4\" "
    "--enable-hashes=all --enable-obsolete-api=\"$2\"; make; "
    "make install DESTDIR=" PKG_UNPACK_DIR;

/* Every broken library from one archive, as the trial's programs name it. 0 when none is left. */
static int build_from(struct ladder *l, const char *archive)
{
	char arg[700], folder[256];
	struct pkg_job job = {
	    .name = "build", .script = manual, .arg = arg, .seconds = l->c->set->build_timeout};

	for (int i = 0; i < l->n; i++) {
		if (!ladder_broken(l, &l->libs[i]))
			continue;
		str_copy(folder, sizeof folder, l->libs[i].path);
		*strrchr(folder, '/') = '\0';
		snprintf(arg, sizeof arg, "%s %s %d %s", archive,
			 strcmp(l->libs[i].soname, "libcrypt.so.1") ? "no" : "yes", l->libs[i].bits,
			 folder);
		if (from_program(l, &job) && ladder_broken(l, &l->libs[i]))
			return -1;
	}
	return ladder_look(l, l->c->t->root) ? -1 : 0;
}

static int rung_manual(struct ladder *l)
{
	struct archives a = {.n = 0};
	bool broken = false;

	for (int i = 0; i < l->n; i++)
		broken = broken || ladder_broken(l, &l->libs[i]);
	if (broken)
		list_archives(l->c->t, &a);
	snprintf(l->why, sizeof l->why, "%s",
		 broken ? "no source archive of libxcrypt is on the target"
			: "no library is broken: there is nothing to build");
	for (unsigned i = 0; i < a.n; i++) {
		str_copy(l->carried, sizeof l->carried, i < a.ours ? "" : a.file[i]);
		if (!build_from(l, i < a.ours ? a.file[i] : PKG_UNPACK_DIR "/" CARRIED)) {
			snprintf(l->won, sizeof l->won, "(d) built from %.80s",
				 i < a.ours ? a.file[i] : strrchr(a.file[i], '/') + 1);
			return 0;
		}
		if (i + 1 < a.n)
			report_pivot(l->c->report, a.file[i], l->why, a.file[i + 1]);
	}
	return -1;
}

const struct rung ladder_rungs[] = {
    {"(a) known-good copy", rung_capture, true},
    {"(b) binary package from the cache", rung_cached, true},
    {"(c) the package manager's own way", rung_rebuild, false},
    {"(d) configure, make, make install", rung_manual, false},
    {NULL, NULL, false},
};
