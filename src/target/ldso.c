#include "target/ldso.h"
#include "base/buf.h"
#include "base/path.h"
#include "target/libdirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LDSO_LIBS 320

struct library {
	char soname[64], path[256];
};

struct search {
	struct target t; /* of which only the root counts */
	int bits;
	unsigned machine, nlibs;
	struct libdirs dirs;
	struct library libs[LDSO_LIBS];
	char *why;
	size_t cap;
};

/* A library of another class or machine is passed over, as the loader does. */
static bool fits(const struct search *s, const char *path)
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
static bool try_dir(struct search *s, const char *from, struct buf *dir, const char *soname)
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

static bool find_runpath(struct search *s, const char *from, const char *runpath,
			 const char *soname)
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

static bool find_library(struct search *s, const char *from, const char *runpath,
			 const char *soname)
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

static bool known(const struct search *s, const char *soname)
{
	for (unsigned i = 0; i < s->nlibs; i++)
		if (!strcmp(s->libs[i].soname, soname))
			return true;
	return false;
}

/* Put what path needs on the list. */
static int add_needed(struct search *s, const char *path, const struct elf_info *e)
{
	for (unsigned i = 0; i < e->nneeded; i++) {
		if (known(s, e->needed[i]))
			continue;
		if (s->nlibs == LDSO_LIBS)
			return 0;
		if (!find_library(s, path, e->runpath, e->needed[i])) {
			snprintf(s->why, s->cap, "%s: %s not found", path, e->needed[i]);
			return -1;
		}
		str_copy(s->libs[s->nlibs].soname, sizeof(s->libs[0].soname), e->needed[i]);
		s->nlibs++;
	}
	return 0;
}

static int check_libraries(struct search *s)
{
	struct elf_info e;

	for (unsigned i = 0; i < s->nlibs; i++) {
		if (libdirs_elf(&s->t, s->libs[i].path, &e) < 0) {
			snprintf(s->why, s->cap, "%s: damaged or unreadable", s->libs[i].path);
			return -1;
		}
		if (add_needed(s, s->libs[i].path, &e) < 0)
			return -1;
	}
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

static int check_program(struct search *s, const char *path)
{
	struct elf_info e;

	if (!path_exists(s->t.fd, path)) {
		snprintf(s->why, s->cap, "%s is missing", path);
		return -1;
	}
	if (libdirs_elf(&s->t, path, &e) < 0)
		return check_script(s->t.fd, path, s->why, s->cap);
	s->bits = e.bits;
	s->machine = e.machine;
	if (e.interp[0] && !path_exists(s->t.fd, e.interp)) {
		snprintf(s->why, s->cap, "%s: its loader %s is missing", path, e.interp);
		return -1;
	}
	libdirs_find(&s->t, &s->dirs);
	if (add_needed(s, path, &e) < 0)
		return -1;
	return check_libraries(s);
}

int ldso_resolves(int rootfd, const char *path, char *why, size_t cap)
{
	struct search *s = calloc(1, sizeof(*s));
	int rc;

	str_copy(why, cap, "");
	if (!s) {
		str_copy(why, cap, "no memory");
		return -1;
	}
	s->t.fd = rootfd;
	s->why = why;
	s->cap = cap;
	rc = check_program(s, path);
	free(s);
	return rc;
}
