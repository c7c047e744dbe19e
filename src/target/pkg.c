#include "target/pkg_text.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct pkg_manager *const pkg_managers[] = {&pkg_portage, &pkg_dpkg, &pkg_pacman,
						  &pkg_apk,	&pkg_rpm,  NULL};

/* An empty database is that of a tool somebody installed. */
const struct pkg_manager *pkg_in_use(const struct target *t)
{
	struct stat st;

	for (unsigned i = 0; pkg_managers[i]; i++)
		if (!path_stat(t->fd, pkg_managers[i]->database, true, &st) && st.st_size > 0)
			return pkg_managers[i];
	return NULL;
}

int pkg_owner(const struct target *t, const struct pkg_manager *m, const char *path, char name[128])
{
	char other[256];

	if (!m->owner(t, path, name, 128))
		return 0;
	if (str_starts(path, "/usr/"))
		str_copy(other, sizeof other, path + 4);
	else
		snprintf(other, sizeof other, "/usr%.250s", path);
	return m->owner(t, other, name, 128);
}

#define DEPTH 4	   /* zypp/packages/<repository>/<architecture>/ is the deepest */
#define MOST 20000 /* entries looked at */

struct search {
	const struct target *t;
	struct pkg_archives *found;
	const char *base, *arch; /* "libcrypt1", "_amd64." or "" */
	const char *dir;
	unsigned depth;
	unsigned *left;
};

/* Newest first; the oldest falls out. */
static void keep(struct pkg_archives *a, const char *path, time_t mtime)
{
	unsigned at = a->n;

	while (at && a->mtime[at - 1] < mtime)
		at--;
	if (at == PKG_ARCHIVES)
		return;
	a->n += a->n < PKG_ARCHIVES;
	for (unsigned i = a->n - 1; i > at; i--) {
		a->mtime[i] = a->mtime[i - 1];
		memcpy(a->file[i], a->file[i - 1], sizeof a->file[i]);
	}
	a->mtime[at] = mtime;
	str_copy(a->file[at], sizeof a->file[at], path);
}

/* libcrypt1_4.4.33_amd64.deb, libxcrypt-4.4.36-1.x86_64.rpm; no signature, no half of a download.
 */
static bool is_archive_of(const struct search *s, const char *name)
{
	static const char no[][6] = {".sig", ".asc", ".part"};
	size_t n = strlen(s->base);

	for (unsigned i = 0; i < sizeof no / sizeof *no; i++)
		if (strstr(name, no[i]))
			return false;
	return !strncmp(name, s->base, n) &&
	       (name[n] == '_' || (name[n] == '-' && name[n + 1] >= '0' && name[n + 1] <= '9')) &&
	       (!*s->arch || strstr(name, s->arch) || strstr(name, "_all.") ||
		strstr(name, ".noarch."));
}

static int look(void *arg, int dirfd, const char *name)
{
	struct search *s = arg, below;
	char path[256];
	struct stat st;

	(void)dirfd;
	if (!*s->left)
		return 1;
	--*s->left;
	if (snprintf(path, sizeof path, "%s/%s", s->dir, name) >= (int)sizeof path ||
	    path_stat(s->t->fd, path, false, &st))
		return 0;
	if (S_ISDIR(st.st_mode) && s->depth < DEPTH && strcmp(name, "partial")) {
		below = *s;
		below.dir = path;
		below.depth++;
		path_each(s->t->fd, path, look, &below);
	} else if (S_ISREG(st.st_mode) && is_archive_of(s, name)) {
		keep(s->found, path, st.st_mtime);
	}
	return 0;
}

/* "libcrypt1:amd64", "libxcrypt.x86_64", "sys-libs/libxcrypt-4.4.36-r3": the name that files begin
 * with, and what they say of the architecture. */
static void split(const struct pkg_manager *m, const char *pkg, char base[128], char arch[40])
{
	const char *slash = strrchr(pkg, '/');
	char *mark;

	*arch = '\0';
	str_copy(base, 128, slash ? slash + 1 : pkg);
	if ((mark = strchr(base, ':')))
		snprintf(arch, 40, "_%.36s.", mark + 1);
	else if (m == &pkg_rpm && (mark = strrchr(base, '.')))
		snprintf(arch, 40, "%.36s.rpm", mark);
	else if (slash)
		for (mark = base; *mark && !(*mark == '-' && mark[1] >= '0' && mark[1] <= '9');)
			mark++;
	if (mark)
		*mark = '\0';
}

int pkg_cached(const struct target *t, const struct pkg_manager *m, const char *pkg,
	       struct pkg_archives *a)
{
	char base[128], arch[40], dir[300];
	unsigned left = MOST;
	struct search s = {t, a, base, arch, dir, 0, &left};
	struct stat st;

	a->n = 0;
	split(m, pkg, base, arch);
	for (const char *p = m->cache; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		snprintf(dir, sizeof dir, "%.*s", (int)n, p);
		path_each(t->fd, dir, look, &s);
		p += n;
	}
	if (m->image) {
		snprintf(dir, sizeof dir, "%s/%.200s/image", m->image, pkg);
		if (!path_stat(t->fd, dir, false, &st) && S_ISDIR(st.st_mode))
			keep(a, dir, st.st_mtime);
	}
	errno = ENOENT;
	return a->n ? 0 : -1;
}

bool pkg_same_file(const char *name, size_t len, const char *path)
{
	if (len > 4 && !memcmp(name, "/usr/", 5)) {
		name += 4;
		len -= 4;
	}
	if (str_starts(path, "/usr/"))
		path += 4;
	return strlen(path) == len && !memcmp(name, path, len);
}

bool pkg_privileged(const char *path)
{
	static const char *const paths[] = {"/bin/chage",
					    "/bin/chfn",
					    "/bin/crontab",
					    "/bin/expiry",
					    "/bin/fusermount3",
					    "/bin/gpasswd",
					    "/bin/ping",
					    "/bin/pkexec",
					    "/lib/dbus-1.0/dbus-daemon-launch-helper",
					    "/lib/openssh/ssh-keysign",
					    "/lib/polkit-1/polkit-agent-helper-1",
					    "/lib/xorg/Xorg.wrap",
					    "/libexec/dbus-daemon-launch-helper",
					    "/libexec/polkit-agent-helper-1"};

	/* asked of every file that there is */
	path += str_starts(path, "/usr/") ? 4 : 0;
	for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

int pkg_parse_mode(const char *line, size_t len, struct pkg_mode *m)
{
	char text[128], *rest = text, *user, *group, *mode, *end;

	if (len >= sizeof text)
		return -1;
	memcpy(text, line, len);
	text[len] = 0;
	user = strtok_r(rest, " \t", &rest);
	group = strtok_r(NULL, " \t", &rest);
	mode = strtok_r(NULL, " \t", &rest);
	if (!mode || !str_copy(m->user, sizeof m->user, user) ||
	    !str_copy(m->group, sizeof m->group, group))
		return -1;
	m->mode = (mode_t)strtoul(mode, &end, 8) & 07777;
	return end == mode ? -1 : 0;
}

int pkg_mode_of(const char *data, size_t len, const char *path, struct pkg_mode *m)
{
	const char *p = data, *line, *slash;
	size_t n;

	while (line_next(&p, data + len, &line, &n)) {
		slash = memchr(line, '/', n);
		if (slash && pkg_same_file(slash, n - (size_t)(slash - line), path))
			return pkg_parse_mode(line, (size_t)(slash - line), m);
	}
	errno = ENOENT;
	return -1;
}

void pkg_script(struct pkg_program *p, const char *script, const char *arg)
{
	*p = (struct pkg_program){.argv = {"/bin/sh", "-c", script, "sh", p->text}};
	str_copy(p->text, sizeof p->text, arg);
}

void pkg_ended(const struct target *t, const struct child_result *r, long seconds)
{
	if (t->pkg_hung && (r->end == CHILD_TIMED_OUT || r->end == CHILD_ABANDONED))
		*t->pkg_hung = seconds;
}

bool pkg_given_up(const struct target *t, const struct pkg_manager *m, char *why, size_t cap)
{
	if (!t->pkg_hung || !*t->pkg_hung)
		return false;
	snprintf(why, cap, "%s did not end within %ld s; not tried again", m->name, *t->pkg_hung);
	return true;
}

bool pkg_lists(const char *data, size_t len, const char *lead, const char *path)
{
	const char *p = data, *line;
	size_t n, skip = strlen(lead), want = strlen(path);

	if (want < skip || memcmp(lead, path, skip))
		return false;
	while (line_next(&p, data + len, &line, &n))
		if (n == want - skip && !memcmp(line, path + skip, n))
			return true;
	return false;
}

int pkg_each_line(const struct target *t, const char *file, const char *lead, pkg_path_fn *fn,
		  void *arg)
{
	size_t len, n;
	char *data = path_slurp(t->fd, file, 64u << 20, &len);
	const char *p = data, *line;
	char path[PATH_CAP];
	int rc = 0;

	if (!data)
		return -1;
	while (!rc && line_next(&p, data + len, &line, &n))
		if (n &&
		    snprintf(path, sizeof path, "%s%.*s", lead, (int)n, line) < (int)sizeof path)
			rc = fn(arg, path);
	path_release(data, len);
	return rc;
}

int pkg_touches(const struct target *t, const struct pkg_manager *m, const char *pkg,
		pkg_path_fn *fn, void *arg)
{
	/* what every one of them leaves to ldconfig */
	static const char *const common[] = {"/etc/ld.so.cache", "/var/cache/ldconfig/aux-cache",
					     NULL};
	const char *const *lists[] = {common, m->state};
	char path[512];
	int rc = m->files(t, pkg, fn, arg);

	for (int i = 0; i < 2; i++)
		for (const char *const *s = lists[i]; !rc && *s; s++) {
			int n = (int)strcspn(*s, "%");

			snprintf(path, sizeof path, "%.*s%s%s", n, *s, (*s)[n] ? pkg : "",
				 *s + n + ((*s)[n] != 0));
			rc = fn(arg, path);
		}
	return rc;
}
