#include "target/ldso.h"
#include "base/buf.h"
#include "base/path.h"
#include "target/libdirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LDSO_LIBS 320
#define LDSO_VERSIONS 8192

struct library {
	char soname[64], path[256];
	int bits;
	bool read, damaged;
	bool defines; /* a library without versions satisfies every want: the loader says so too */
	unsigned short needed[ELF_NEEDED], nneeded;
	unsigned short first, nversions; /* in the pool: what it defines and wants */
	char missing[64];
};

struct version {
	short of; /* the library that must have it, -1: defined here */
	char name[30];
};

struct ldso {
	struct target t; /* of which only the root counts */
	int bits;
	unsigned machine, nlibs, nversions;
	struct libdirs dirs;
	struct library libs[LDSO_LIBS + 1]; /* the last place is the program's own */
	struct version versions[LDSO_VERSIONS];
	unsigned short closure[LDSO_LIBS + 1], nclosure;
	char *why;
	size_t cap;
};

/* A library of another class or machine is passed over, as the loader does. */
static bool fits(const struct ldso *s, const char *path)
{
	unsigned char h[20];
	int fd = path_open(s->t.fd, path, O_RDONLY, 0);
	bool ok = fd >= 0 && read(fd, h, sizeof(h)) == (ssize_t)sizeof(h) &&
		  !memcmp(h, "\177ELF", 4) && h[4] == (s->bits == 64 ? 2 : 1) &&
		  (unsigned)(h[18] | h[19] << 8) == s->machine;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* One folder of a runpath, $ORIGIN replaced. */
static bool try_dir(struct ldso *s, const char *from, struct buf *dir, const char *soname)
{
	struct library *l = &s->libs[s->nlibs];
	struct buf b = BUF_OF(l->path);
	const char *rest = dir->p, *slash = strrchr(from, '/');

	if (str_starts(rest, "$ORIGIN"))
		rest += 7;
	else if (str_starts(rest, "${ORIGIN}"))
		rest += 9;
	if (rest != dir->p && slash)
		buf_add(&b, from, (size_t)(slash - from));
	buf_addf(&b, "%s/%s", rest, soname);
	return !b.cut && fits(s, l->path);
}

static bool find_runpath(struct ldso *s, const char *from, const char *runpath, const char *soname)
{
	while (*runpath) {
		size_t n = strcspn(runpath, ":");
		char dir[256];
		struct buf b = BUF_OF(dir);

		buf_add(&b, runpath, n);
		if (n && !b.cut && try_dir(s, from, &b, soname))
			return true;
		runpath += n + (runpath[n] == ':');
	}
	return false;
}

static bool find_library(struct ldso *s, const char *from, const char *runpath, const char *soname)
{
	if (find_runpath(s, from, runpath, soname))
		return true;
	for (unsigned i = 0; i < s->dirs.n; i++) {
		struct buf b = {.p = s->dirs.dir[i]};

		if (try_dir(s, from, &b, soname))
			return true;
	}
	return false;
}

/* The place of a library the loader would find; -1 not found, -2 no place left: unknown is no
 * fault. */
static int find_known(struct ldso *s, const char *from, const char *runpath, const char *soname)
{
	struct library *l = &s->libs[s->nlibs];

	for (unsigned i = 0; i < s->nlibs; i++)
		if (s->libs[i].bits == s->bits && !strcmp(s->libs[i].soname, soname))
			return (int)i;
	if (s->nlibs == LDSO_LIBS)
		return -2;
	if (!find_library(s, from, runpath, soname))
		return -1;
	str_copy(l->soname, sizeof l->soname, soname);
	l->bits = s->bits;
	return (int)s->nlibs++;
}

struct reading {
	struct ldso *s;
	struct library *l;
};

static int note_version(void *arg, const struct elf_version *v)
{
	struct reading *r = arg;
	struct ldso *s = r->s;
	struct version *to = &s->versions[s->nversions];
	short of = -1;

	r->l->defines |= !v->file;
	for (unsigned i = 0; v->file && of < 0 && i < r->l->nneeded; i++)
		if (!strcmp(s->libs[r->l->needed[i]].soname, v->file))
			of = (short)r->l->needed[i];
	if (s->nversions == LDSO_VERSIONS || v->weak || (v->file && of < 0) ||
	    !str_copy(to->name, sizeof to->name, v->name))
		return 0;
	to->of = of;
	s->nversions++;
	r->l->nversions++;
	return 0;
}

static void note_needed(struct ldso *s, struct library *l, const struct elf_info *e)
{
	for (unsigned i = 0; i < e->nneeded && !l->missing[0]; i++) {
		int n = find_known(s, l->path, e->runpath, e->needed[i]);

		if (n == -1)
			str_copy(l->missing, sizeof l->missing, e->needed[i]);
		else if (n >= 0)
			l->needed[l->nneeded++] = (unsigned short)n;
	}
}

/* Read a file once: what it needs, defines and wants. */
static void read_library(struct ldso *s, struct library *l, const char *data, size_t len)
{
	struct reading r = {s, l};
	struct elf_sink sink = {note_version, &r};
	struct elf_info e;

	l->read = true;
	l->damaged = !data || elf_parse(data, len, &e) < 0;
	if (l->damaged)
		return;
	note_needed(s, l, &e);
	l->first = (unsigned short)s->nversions;
	l->damaged = elf_versions(data, len, &e, &sink) < 0;
}

static bool has_version(const struct ldso *s, const struct library *l, const char *name)
{
	if (!l->read || !l->defines)
		return true;
	for (unsigned i = 0; i < l->nversions; i++) {
		const struct version *v = &s->versions[l->first + i];

		if (v->of < 0 && !strcmp(v->name, name))
			return true;
	}
	/* a full pool has not kept them all */
	return s->nversions == LDSO_VERSIONS;
}

static int check_versions(struct ldso *s, const struct library *l)
{
	for (unsigned i = 0; i < l->nversions; i++) {
		const struct version *v = &s->versions[l->first + i];

		if (v->of < 0 || has_version(s, &s->libs[v->of], v->name))
			continue;
		snprintf(s->why, s->cap, "%s: wants %s, %s has none", l->path, v->name,
			 s->libs[v->of].path);
		return -1;
	}
	return 0;
}

static void join(struct ldso *s, unsigned short lib)
{
	for (unsigned i = 0; i < s->nclosure; i++)
		if (s->closure[i] == lib)
			return;
	s->closure[s->nclosure++] = lib;
}

static int read_closure(struct ldso *s)
{
	for (unsigned i = 0; i < s->nclosure; i++) {
		struct library *l = &s->libs[s->closure[i]];

		if (!l->read) {
			size_t len = 0;
			char *data = libdirs_slurp(&s->t, l->path, &len);

			read_library(s, l, data, len);
			path_release(data, len);
		}
		if (l->damaged || l->missing[0]) {
			snprintf(s->why, s->cap,
				 l->damaged ? "%s: damaged or unreadable" : "%s: %s not found",
				 l->path, l->missing);
			return -1;
		}
		for (unsigned k = 0; k < l->nneeded; k++)
			join(s, l->needed[k]);
	}
	return 0;
}

static int check_libraries(struct ldso *s)
{
	if (read_closure(s) < 0)
		return -1;
	for (unsigned i = 0; i < s->nclosure; i++)
		if (check_versions(s, &s->libs[s->closure[i]]) < 0)
			return -1;
	return 0;
}

static int check_script(int rootfd, const char *path, char *why, size_t cap)
{
	char head[256];
	int fd = path_open(rootfd, path, O_RDONLY, 0);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head) - 1);
	char *p = head + 2;

	if (fd >= 0)
		close(fd);
	head[n < 0 ? 0 : n] = '\0';
	if (n < 3 || memcmp(head, "#!", 2)) {
		snprintf(why, cap, "%s: damaged or unreadable", path);
		return -1;
	}
	p += strspn(p, " \t");
	p[strcspn(p, " \t\r\n")] = '\0';
	if (path_exists(rootfd, p))
		return 0;
	snprintf(why, cap, "%s: its interpreter %s is missing", path, p);
	return -1;
}

static int check_elf(struct ldso *s, const char *path, const char *data, size_t len)
{
	struct library *l = &s->libs[LDSO_LIBS];
	unsigned kept = s->nversions;
	struct elf_info e;
	int rc;

	if (elf_parse(data, len, &e) < 0)
		return errno == ENOEXEC ? 1 : -1;
	s->bits = e.bits;
	s->machine = e.machine;
	if (e.interp[0] && !path_exists(s->t.fd, e.interp)) {
		snprintf(s->why, s->cap, "%s: its loader %s is missing", path, e.interp);
		return -1;
	}
	memset(l, 0, sizeof *l);
	str_copy(l->path, sizeof l->path, path);
	read_library(s, l, data, len);
	s->nclosure = 0;
	join(s, LDSO_LIBS);
	rc = check_libraries(s);
	/* what libraries read since then have put behind the program's own stays */
	if (s->nversions == kept + l->nversions)
		s->nversions = kept;
	return rc;
}

int ldso_check(struct ldso *s, const char *path, char *why, size_t cap)
{
	size_t len;
	char *data = libdirs_slurp(&s->t, path, &len);
	int rc;

	s->why = why;
	s->cap = cap;
	s->bits = 0;
	snprintf(why, cap, !data && errno == ENOENT ? "%s is missing" : "%s: damaged or unreadable",
		 path);
	if (!data)
		return -1;
	rc = check_elf(s, path, data, len);
	path_release(data, len);
	if (rc > 0)
		rc = check_script(s->t.fd, path, why, cap);
	if (rc == 0)
		str_copy(why, cap, "");
	return rc;
}

int ldso_bits(const struct ldso *l)
{
	return l->bits;
}

struct ldso *ldso_open(int rootfd)
{
	struct ldso *l = calloc(1, sizeof *l);

	if (l) {
		l->t.fd = rootfd;
		libdirs_find(&l->t, &l->dirs);
	}
	return l;
}

void ldso_close(struct ldso *l)
{
	free(l);
}

int ldso_resolves(int rootfd, const char *path, char *why, size_t cap)
{
	struct ldso *l = ldso_open(rootfd);
	int rc = -1;

	str_copy(why, cap, "no memory");
	if (l)
		rc = ldso_check(l, path, why, cap);
	ldso_close(l);
	return rc;
}
