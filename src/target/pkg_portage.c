#include "target/pkg_text.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VDB "/var/db/pkg"

/* What a merge that was cut off leaves: until it ends, the package has this name. */
#define MERGING "-MERGING-"

struct walk {
	const struct target *t;
	bool merging; /* only those */
	const char *category;
	int (*fn)(void *arg, const char *category, const char *pf);
	void *arg;
};

static int package(void *arg, int dirfd, const char *name)
{
	struct walk *w = arg;

	(void)dirfd;
	if (str_starts(name, MERGING) != w->merging || *name == '.')
		return 0;
	return *name == '-' && !w->merging ? 0 : w->fn(w->arg, w->category, name);
}

static int category(void *arg, int dirfd, const char *name)
{
	struct walk *w = arg;
	char dir[300];
	int rc;

	(void)dirfd;
	snprintf(dir, sizeof dir, VDB "/%s", name);
	w->category = name;
	rc = path_each(w->t->fd, dir, package, w);
	return rc < 0 ? 0 : rc;
}

struct list {
	pkg_each_fn *fn;
	void *arg;
};

static int list_one(void *arg, const char *cat, const char *pf)
{
	struct list *l = arg;
	char name[300], *v;

	snprintf(name, sizeof name, "%.100s/%.180s", cat, pf);
	for (v = name; *v && !(*v == '-' && v[1] >= '0' && v[1] <= '9'); v++)
		;
	if (*v)
		*v++ = 0;
	return l->fn(l->arg, name, v);
}

static int each(const struct target *t, pkg_each_fn *fn, void *arg)
{
	struct list l = {fn, arg};
	struct walk w = {.t = t, .fn = list_one, .arg = &l};

	return path_each(t->fd, VDB, category, &w);
}

struct owner {
	const struct target *t;
	const char *path;
	char *name;
	size_t cap;
};

/* CONTENTS: "obj PATH MD5 MTIME", "sym PATH -> TARGET MTIME". */
bool pkg_portage_lists(const char *data, size_t len, const char *path)
{
	const char *p = data, *line;
	size_t n, want = strlen(path);

	while (line_next(&p, data + len, &line, &n))
		if (n > want + 4 && (!memcmp(line, "obj ", 4) || !memcmp(line, "sym ", 4)) &&
		    !memcmp(line + 4, path, want) && line[4 + want] == ' ')
			return true;
	return false;
}

static int look(void *arg, const char *cat, const char *pf)
{
	struct owner *o = arg;
	char path[400], *data;
	size_t len;
	bool found;

	snprintf(path, sizeof path, VDB "/%.100s/%.200s/CONTENTS", cat, pf);
	pf += str_starts(pf, MERGING) ? strlen(MERGING) : 0;
	data = path_slurp(o->t->fd, path, 64u << 20, &len);
	if (!data)
		return 0;
	found = pkg_portage_lists(data, len, o->path);
	path_release(data, len);
	if (!found || snprintf(path, sizeof path, "%.100s/%.200s", cat, pf) >= (int)o->cap)
		return 0;
	str_copy(o->name, o->cap, path);
	return 1;
}

static int owner(const struct target *t, const char *path, char *name, size_t cap)
{
	struct owner o = {t, path, name, cap};
	struct walk w = {.t = t, .fn = look, .arg = &o};

	errno = ENOENT;
	if (path_each(t->fd, VDB, category, &w) == 1)
		return 0;
	w.merging = true;
	return path_each(t->fd, VDB, category, &w) == 1 ? 0 : -1;
}

/* "dir PATH", "obj PATH MD5 MTIME", "sym PATH -> TARGET MTIME": the path alone. Pure. */
static size_t contents_path(const char *line, size_t n)
{
	const char *end = line + n;
	int fields = memcmp(line, "obj ", 4) ? 0 : 2;

	if (!memcmp(line, "sym ", 4))
		return (end = memmem(line, n, " -> ", 4)) ? (size_t)(end - line) : 0;
	while (fields && end > line + 4)
		fields -= *--end == ' ';
	return fields ? 0 : (size_t)(end - line);
}

int pkg_portage_paths(const char *data, size_t len, pkg_path_fn *fn, void *arg)
{
	const char *p = data, *line;
	char path[PATH_CAP];
	size_t n;
	int rc = 0;

	while (!rc && line_next(&p, data + len, &line, &n)) {
		n = n > 4 && line[4] == '/' ? contents_path(line, n) : 0;
		if (n > 4 && n < sizeof path) {
			memcpy(path, line + 4, n - 4);
			path[n - 4] = 0;
			rc = fn(arg, path);
		}
	}
	return rc;
}

static int files(const struct target *t, const char *pkg, pkg_path_fn *fn, void *arg)
{
	char path[400], *data;
	size_t len;
	int rc;

	snprintf(path, sizeof path, VDB "/%.300s/CONTENTS", pkg);
	data = path_slurp(t->fd, path, 64u << 20, &len);
	rc = data ? pkg_portage_paths(data, len, fn, arg) : -1;
	path_release(data, len);
	return rc;
}

struct telling {
	const struct target *t;
	pkg_entry_fn *fn;
	void *arg;
};

/* "obj PATH MD5 MTIME", "sym PATH -> TARGET MTIME": what stands behind the path. Pure. */
static void contents_rest(const char *line, const char *rest, struct pkg_entry *e)
{
	bool obj = !memcmp(line, "obj ", 4);

	e->kind = obj ? PKG_FILE : !memcmp(line, "sym ", 4) ? PKG_LINK : PKG_FOLDER;
	if (obj && !digest_from_hex(rest + 1, DIGEST_MD5, e->sum)) {
		e->nsum = DIGEST_MD5;
		e->mtime = (time_t)strtoll(rest + 1 + 2 * DIGEST_MD5, NULL, 10);
	}
}

/* The time is the last word of a symlink's line, where there is one. */
static void contents_link(const char *rest, const char *end, char link[PATH_CAP])
{
	const char *to = rest + 4, *stop = end;

	while (stop > to && stop[-1] >= '0' && stop[-1] <= '9')
		stop--;
	stop = stop > to && stop < end && stop[-1] == ' ' ? stop - 1 : end;
	snprintf(link, PATH_CAP, "%.*s", (int)(stop - to), to);
}

static int tell_line(const struct telling *w, const char *pkg, const char *line, size_t n)
{
	size_t len = n > 4 && line[4] == '/' ? contents_path(line, n) : 0;
	struct pkg_entry e = {.pkg = pkg};
	char path[PATH_CAP], link[PATH_CAP];

	if (len <= 4 || len - 4 >= sizeof path ||
	    (memcmp(line, "obj ", 4) && memcmp(line, "sym ", 4) && memcmp(line, "dir ", 4)))
		return 0;
	snprintf(path, sizeof path, "%.*s", (int)(len - 4), line + 4);
	contents_rest(line, line + len, &e);
	if (e.kind == PKG_LINK) {
		contents_link(line + len, line + n, link);
		e.link = link;
	}
	e.path = path;
	e.config = str_starts(path, "/etc/");
	e.privileged = pkg_privileged(path);
	return w->fn(w->arg, &e);
}

static int tell_package(void *arg, const char *cat, const char *pf)
{
	const struct telling *w = arg;
	char path[400], pkg[300], *data;
	const char *p, *line;
	size_t len, n;
	int rc = 0;

	snprintf(pkg, sizeof pkg, "%.100s/%.180s", cat, pf);
	snprintf(path, sizeof path, VDB "/%s/CONTENTS", pkg);
	data = path_slurp(w->t->fd, path, 64u << 20, &len);
	p = data;
	while (!rc && data && line_next(&p, data + len, &line, &n))
		rc = tell_line(w, pkg, line, n);
	path_release(data, len);
	return rc;
}

static int entries(const struct target *t, pkg_entry_fn *fn, void *arg)
{
	struct telling w = {t, fn, arg};
	struct walk k = {.t = t, .fn = tell_package, .arg = &w};

	return path_each(t->fd, VDB, category, &k);
}

static const char *const state[] = {VDB "/%",
				    VDB "/%/*",
				    "/var/lib/portage/*",
				    "/var/cache/edb/*",
				    "/etc/ld.so.conf",
				    "/etc/profile.env",
				    "/etc/csh.env",
				    "/etc/environment.d/10-gentoo-env.conf",
				    NULL};

#define EMERGE                                                                                     \
	"export NOCOLOR=true EXTRA_ECONF= USE_LTO= FEATURES='-network-sandbox -pid-sandbox "       \
	"-ipc-sandbox -mount-sandbox -sandbox -usersandbox -userpriv -userfetch -getbinpkg "       \
	"-buildpkg -distcc -ccache -icecream -test -collision-protect -parallel-fetch -news' "     \
	"CFLAGS='-O2 -pipe' CXXFLAGS='-O2 -pipe' LDFLAGS= "                                        \
	"FETCHCOMMAND='false ${DISTDIR} ${FILE} ${URI}' "                                          \
	"RESUMECOMMAND='false ${DISTDIR} ${FILE} ${URI}'; "                                        \
	"exec emerge --ignore-default-opts --oneshot --nodeps --ask=n --color=n --quiet "          \
	"--quiet-build=y --usepkg=n --getbinpkg=n --jobs=1 --keep-going=n \"=$1\""

const struct pkg_manager pkg_portage = {
    .name = "portage",
    .database = VDB,
    .log = "/var/log/emerge.log",
    .cache = "/var/cache/binpkgs /usr/portage/packages",
    .image = "/var/tmp/portage",
    /* gpkg: a tar with image.tar.* in it; xpak: a tar with a trailer behind it, which tar complains
       of */
    .unpack = "[ ! -d \"$1\" ] || exec cp -a \"$1\"/. .; tar -xf \"$1\"; for f in */image.tar.*; "
	      "do case $f in *.sig | \\**) ;; *) tar -xf \"$f\";; esac; done; "
	      "[ ! -d image ] || cp -a image/. .; true",
    .reinstall =
	{EMERGE,
	 "c=/tmp/rd-portage; mkdir -p $c/etc/portage && "
	 "ln -s \"$(readlink -f /etc/portage/make.profile)\" $c/etc/portage/make.profile && "
	 "{ [ ! -e /etc/portage/repos.conf ] || cp -r /etc/portage/repos.conf $c/etc/portage; } "
	 "&& : >$c/etc/portage/make.conf && export PORTAGE_CONFIGROOT=$c; " EMERGE},
    .official = "emerge --oneshot =",
    .finish = "emerge --resume || emerge -1 sys-libs/glibc",
    .builds = true,
    .each = each,
    .owner = owner,
    .files = files,
    .state = state,
    .entries = entries,
    .setuid_unread = true,
};
