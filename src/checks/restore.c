#include "checks/restore.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/place.h"
#include "target/capture.h"
#include "target/ldso.h"
#include "target/libdirs.h"
#include "target/pkg_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPTH 6

struct ladder {
	struct check_context *c;
	const struct restore *r;
	const struct pkg_manager *m;
	char package[128];
	int depth;
	struct buf why;
};

static void say(struct ladder *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct ladder *l, const char *fmt, ...)
{
	va_list ap;

	l->why.len = 0;
	va_start(ap, fmt);
	buf_vaddf(&l->why, fmt, ap);
	va_end(ap);
}

static bool is_good(struct ladder *l, const struct target *t, const char *file)
{
	char why[256] = "not what is needed";

	if (l->r->good ? l->r->good(t, file) : !ldso_resolves(t->fd, file, why, sizeof why))
		return true;
	say(l, "%s", why);
	return false;
}

/* A trial as a target of its own. */
struct stage {
	struct trial tr;
	struct target t;
};

static int stage_open(struct ladder *l, struct stage *s, unsigned flags)
{
	if (trial_open(&s->tr, l->c->t->root, flags)) {
		say(l, "no trial possible: %s", strerror(errno));
		return -1;
	}
	s->t = *l->c->t;
	str_copy(s->t.root, sizeof s->t.root, s->tr.path);
	s->t.fd = open(s->tr.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static void stage_close(struct stage *s)
{
	target_close(&s->t);
	trial_close(&s->tr);
}

/* --- the capture */

struct wanted {
	const char *soname;
	char path[300];
};

static int is_wanted(void *arg, const char *path)
{
	struct wanted *w = arg;

	return !strcmp(strrchr(path, '/') + 1, w->soname) &&
	       str_copy(w->path, sizeof w->path, path);
}

static int climb(struct check_context *c, const struct restore *r, int depth, struct buf *why);

/* What the file needs of captured libraries must be there before it is. */
static void restore_needed(struct ladder *l)
{
	struct elf_info e;
	struct libdirs dirs;
	struct wanted w;
	size_t len;
	char found[300], mem[320], *data = capture_slurp(l->c->t, l->r->path, 64u << 20, &len);
	int rc = data ? elf_parse(data, len, &e) : -1;

	path_release(data, len);
	if (rc || l->depth == DEPTH)
		return;
	libdirs_find(l->c->t, &dirs);
	for (unsigned i = 0; i < e.nneeded; i++) {
		const struct libdirs_query q = {e.needed[i], e.bits};
		struct restore r = {w.path, l->r->id, NULL};
		struct buf why = BUF_OF(mem);

		w.soname = e.needed[i];
		if (libdirs_lookup(l->c->t, &dirs, &q, found) &&
		    capture_each(l->c->t, is_wanted, &w) == 1)
			climb(l->c, &r, l->depth + 1, &why);
	}
}

/* Where it can be judged: in the trial, not yet at its place. */
static bool judge_copy(struct ladder *l, const char *file)
{
	static const char at[] = "/tmp/rd-recovery-copy";
	struct stage s;
	int in = -1, out = -1;
	bool good = false;

	if (stage_open(l, &s, 0))
		return false;
	in = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	out = path_open(s.t.fd, at, O_RDWR | O_CREAT | O_EXCL, 0700);
	if (in < 0 || out < 0 || place_copy(in, out))
		say(l, "%s: %s", file, strerror(errno));
	else
		good = is_good(l, &s.t, at);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	stage_close(&s);
	return good;
}

static int from_capture(struct ladder *l)
{
	struct capture_copy copy;

	if (capture_follow(l->c->t, l->r->path, &copy)) {
		say(l, errno == EBADMSG ? "the copy is damaged" : "no copy is carried");
		return -1;
	}
	if (!l->r->good)
		restore_needed(l);
	if (!judge_copy(l, copy.file))
		return -1;
	if (capture_adopt(l->c->t, l->c->journal, l->r->path)) {
		say(l, "writing it: %s", strerror(errno));
		return -1;
	}
	/* what a link leads to stays when it is there, be it damaged */
	return is_good(l, l->c->t, l->r->path) ? 0 : -1;
}

/* --- the package's archive */

static int find_owner(struct ladder *l)
{
	l->m = pkg_in_use(l->c->t);
	if (!l->m)
		say(l, "no package manager is known here");
	else if (pkg_owner(l->c->t, l->m, l->r->path, l->package))
		say(l, "no package of %s's owns it", l->m->name);
	else
		return 0;
	return -1;
}

/* A manager that hung once is not asked again. */
static bool given_up(struct ladder *l)
{
	char mem[160];

	if (!pkg_given_up(l->c->t, l->m, mem, sizeof mem))
		return false;
	say(l, "%s", mem);
	return true;
}

/* Put what lies at from in the trial to its place. */
static int install(struct ladder *l, const struct stage *s, const char *from, const char *to)
{
	int fd = path_open(s->t.fd, from, O_RDONLY, 0), rc = -1, error;
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		const struct file_attr attr = {true, true, st.st_mode & 07777, st.st_uid,
					       st.st_gid};

		rc = file_install(l->c->journal, to, fd, &attr);
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return rc;
}

static int read_link(const struct stage *s, const char *path, char to[256])
{
	int fd = path_open(s->t.fd, path, O_PATH | O_NOFOLLOW, 0);
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", to, 255);

	if (fd >= 0)
		close(fd);
	to[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -1 : 0;
}

/* The unpacked file under this name and, where it is a link, what it leads to. */
static int adopt(struct ladder *l, const struct stage *s, const char *name)
{
	char path[300], from[330], to[256];
	int hops = DEPTH, rc = 0;

	str_copy(path, sizeof path, name);
	while (!rc) {
		snprintf(from, sizeof from, PKG_UNPACK_DIR "%s", path);
		if (read_link(s, from, to))
			return install(l, s, from, path);
		rc = file_symlink(l->c->journal, path, to);
		errno = ELOOP;
		if (!rc && (!capture_hop(path, to) || !--hops))
			rc = -1;
	}
	return rc;
}

/* The name it has in the package: with or without /usr. */
static int unpacked_name(const struct ladder *l, const struct stage *s, char name[300])
{
	const char *path = l->r->path;
	char at[330];

	for (int i = 0; i < 2; i++) {
		if (i)
			snprintf(name, 300, "%s%s", str_starts(path, "/usr/") ? "" : "/usr",
				 str_starts(path, "/usr/") ? path + 4 : path);
		else
			str_copy(name, 300, path);
		snprintf(at, sizeof at, PKG_UNPACK_DIR "%s", name);
		if (path_exists(s->t.fd, at))
			return 0;
	}
	return -1;
}

static int unpack_and_adopt(struct ladder *l, struct stage *s, const char *archive)
{
	const struct pkg_job job = {.t = l->c->t,
				    .name = l->m->name,
				    .script = l->m->unpack,
				    .arg = archive,
				    .seconds = l->c->timeout,
				    .deadline =
					deadline_first(deadline_in(l->c->timeout), l->c->deadline)};
	char name[300], at[330];

	if (pkg_unpack(&s->tr, &job, &l->why))
		return -1;
	if (unpacked_name(l, s, name)) {
		say(l, "%s does not hold it", archive);
		return -1;
	}
	snprintf(at, sizeof at, PKG_UNPACK_DIR "%s", name);
	if (!is_good(l, &s->t, at))
		return -1;
	if (!adopt(l, s, name))
		return 0;
	say(l, "writing it: %s", strerror(errno));
	return -1;
}

static int try_archive(struct ladder *l, const char *archive)
{
	struct stage s;
	int rc;

	if (stage_open(l, &s, 0))
		return -1;
	rc = unpack_and_adopt(l, &s, archive);
	stage_close(&s);
	return rc;
}

static int from_archive(struct ladder *l)
{
	struct pkg_archives a = {.n = 0};

	if ((!l->m && find_owner(l)) || given_up(l))
		return -1;
	if (pkg_cached(l->c->t, l->m, l->package, &a)) {
		say(l, "%s: no package of %s", l->m->cache, l->package);
		return -1;
	}
	for (unsigned i = 0; i < a.n; i++) {
		if (!try_archive(l, a.file[i]))
			return 0;
		if (i + 1 < a.n)
			report_pivot(l->c->report, a.file[i], l->why.p, a.file[i + 1]);
	}
	return -1;
}

/* --- the package manager itself */

static int reinstall(struct ladder *l, const char *script)
{
	const long seconds = l->m->builds ? l->c->build_timeout : l->c->timeout;
	const struct pkg_job job = {.t = l->c->t,
				    .name = l->m->name,
				    .script = script,
				    .arg = l->package,
				    .seconds = seconds,
				    .deadline =
					deadline_first(deadline_in(seconds), l->c->deadline),
				    .builds = l->m->builds};
	struct stage s;
	unsigned n;
	int rc = -1;

	if (stage_open(l, &s, l->m->builds ? TRIAL_ON_DISK : 0))
		return -1;
	if (!pkg_run(&s.tr, &job, &l->why) && is_good(l, &s.t, l->r->path)) {
		rc = trial_commit(&s.tr, l->c->journal, pkg_scratch, &n);
		if (rc)
			say(l, "committing: %s", strerror(errno));
	}
	stage_close(&s);
	return rc;
}

static int from_manager(struct ladder *l)
{
	if (!l->package[0] || given_up(l))
		return -1; /* why stands */
	if (!reinstall(l, l->m->reinstall[0]))
		return 0;
	if (!l->m->reinstall[1] || given_up(l))
		return -1;
	report_pivot(l->c->report, "the package manager's own reinstall", l->why.p,
		     "the same another way");
	return reinstall(l, l->m->reinstall[1]);
}

static const struct {
	char name[36];
	int (*climb)(struct ladder *l);
} rungs[] = {{"the captured copy", from_capture},
	     {"the cached package", from_archive},
	     {"the package manager's own reinstall", from_manager}};

static int climb(struct check_context *c, const struct restore *r, int depth, struct buf *why)
{
	struct ladder l = {.c = c, .r = r, .depth = depth, .why = *why};
	const unsigned n = sizeof rungs / sizeof *rungs;
	char tried[200];
	bool last = false;

	for (unsigned i = 0; i < n && !last; i++) {
		l.why.len = 0;
		if (!rungs[i].climb(&l)) {
			log_say("%s: restored from %s", r->path, rungs[i].name);
			return 0;
		}
		last = i + 1 == n || (i == 1 && !l.package[0]);
		snprintf(tried, sizeof tried, "%s of %.150s", rungs[i].name, r->path);
		report_pivot(c->report, tried, l.why.p,
			     last ? "no source is left" : rungs[i + 1].name);
	}
	return -1;
}

int restore_file(struct check_context *c, const struct restore *r, char *why, size_t cap)
{
	struct buf b = {.p = why, .cap = cap};
	struct ladder l = {.c = c, .r = r, .why = b};

	*why = '\0';
	if (!c->journal || target_is_unknown(c->t, r->path)) {
		say(&l, "%s: %s", r->path,
		    c->journal ? "it lies on what is not mounted" : "no journal, no repair");
		return -1;
	}
	return is_good(&l, c->t, r->path) ? 0 : climb(c, r, 0, &b);
}
