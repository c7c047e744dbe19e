/* What dpkg's database says of every file: NAME.list, NAME.md5sums, the status file's Conffiles,
 * diversions, statoverride (deb-md5sums(5), dpkg-divert(1), dpkg-statoverride(1)), and what
 * path-exclude of dpkg(1)'s configuration left out. */
#include "target/pkg_dpkg.h"
#include "target/pkg_text.h"

#include "base/buf.h"
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DPKG "/var/lib/dpkg"
#define MD5_HEX 32
#define LARGEST (64u << 20)
#define PATTERNS 64

struct text {
	char *p;
	size_t len;
};

struct pattern {
	char glob[200];
	bool exclude;
};

struct reading {
	const struct target *t;
	pkg_entry_fn *fn;
	void *arg;
	struct text diversions, overrides;
	struct pattern patterns[PATTERNS];
	unsigned npatterns;
};

/* One package: its paragraph of the status file, and what lies under its name. */
struct package {
	struct reading *r;
	char name[128], arch[32], info[200]; /* "libcrypt1:amd64" where dpkg calls it that */
	bool unpacked, same; /* same: Multi-Arch, its files carry the architecture */
	const char *conffiles, *conffiles_end;
	struct text list, sums;
	uint32_t *slots; /* offsets of sums' lines + 1, by their path's hash */
	size_t mask;
};

static struct text slurp(const struct target *t, const char *path)
{
	struct text x;

	x.p = path_slurp(t->fd, path, LARGEST, &x.len);
	return x;
}

static void release(struct text *x)
{
	path_release(x->p, x->len);
	x->p = NULL;
}

/* --- where a path really lies */

/* Three lines each: the path, where it lies instead, whose the diversion is (":": everybody's). */
static const char *diverted(const struct package *k, const char *path, size_t n, size_t *len)
{
	const struct text *d = &k->r->diversions;
	const char *p = d->p, *end = d->p + d->len, *from, *to, *by;
	size_t nfrom, nto, nby;

	*len = n;
	while (d->p && line_next(&p, end, &from, &nfrom) && line_next(&p, end, &to, &nto) &&
	       line_next(&p, end, &by, &nby))
		if (nfrom == n && !memcmp(from, path, n) &&
		    (nby != strlen(k->name) || memcmp(by, k->name, nby))) {
			*len = nto;
			return to;
		}
	return path;
}

static void add_pattern(struct reading *r, const char *line, size_t n)
{
	static const char words[][13] = {"path-include", "path-exclude"};
	const size_t w = sizeof words[0] - 1;
	struct pattern *p = &r->patterns[r->npatterns];

	for (int i = 0; i < 2 && r->npatterns < PATTERNS; i++)
		if (n > w + 1 && n - w <= sizeof p->glob && !memcmp(line, words[i], w) &&
		    (line[w] == '=' || line[w] == ' ')) {
			memcpy(p->glob, line + w + 1, n - w - 1);
			p->glob[n - w - 1] = '\0';
			p->exclude = i;
			r->npatterns++;
		}
}

static int read_patterns(void *arg, int dirfd, const char *name)
{
	struct reading *r = arg;
	char path[300];
	struct text x;
	const char *p, *line;
	size_t n;

	(void)dirfd;
	snprintf(path, sizeof path, "/etc/dpkg/dpkg.cfg%s%s", *name ? ".d/" : "", name);
	x = slurp(r->t, path);
	p = x.p;
	while (x.p && line_next(&p, x.p + x.len, &line, &n))
		add_pattern(r, line, n);
	release(&x);
	return 0;
}

/* The last pattern that matches decides. */
static bool excluded(const struct reading *r, const char *path)
{
	bool yes = false;

	for (unsigned i = 0; i < r->npatterns; i++)
		if (str_matches(path, r->patterns[i].glob))
			yes = r->patterns[i].exclude;
	return yes;
}

/* --- one package */

static uint32_t hash(const char *s, size_t n)
{
	uint32_t h = 2166136261u;

	while (n--)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

/* "HEX  PATH" lines, found by PATH, which has no leading slash. */
static void index_sums(struct package *k)
{
	const char *p = k->sums.p, *end = p + k->sums.len, *line;
	size_t n, lines = 0;

	k->slots = NULL;
	while (p && line_next(&p, end, &line, &n))
		lines++;
	for (k->mask = 1; k->mask < 2 * lines; k->mask *= 2)
		;
	if (!lines || !(k->slots = calloc(k->mask, sizeof *k->slots)))
		return;
	k->mask--;
	for (p = k->sums.p; line_next(&p, end, &line, &n);) {
		size_t at;

		if (n < MD5_HEX + 3)
			continue;
		at = hash(line + MD5_HEX + 2, n - MD5_HEX - 2) & k->mask;
		while (k->slots[at])
			at = (at + 1) & k->mask;
		k->slots[at] = (uint32_t)(line - k->sums.p) + 1;
	}
}

static const char *find_sum(const struct package *k, const char *path, size_t n)
{
	const char *end = k->sums.p + k->sums.len;

	for (size_t at = hash(path, n); k->slots && k->slots[at & k->mask]; at++) {
		const char *line = k->sums.p + k->slots[at & k->mask] - 1,
			   *name = line + MD5_HEX + 2;

		if ((size_t)(end - name) >= n && !memcmp(name, path, n) &&
		    (name + n == end || name[n] == '\n'))
			return line;
	}
	return NULL;
}

/* Has somebody told dpkg-statoverride about it? */
static bool overridden(const struct reading *r, const char *path)
{
	struct pkg_mode m;

	return r->overrides.p && !pkg_mode_of(r->overrides.p, r->overrides.len, path, &m);
}

static int tell(const struct package *k, struct pkg_entry *e, const char *path, size_t n)
{
	char real[PATH_CAP];
	size_t len;
	const char *at = diverted(k, path, n, &len);

	if (len >= sizeof real)
		return 0;
	memcpy(real, at, len);
	real[len] = '\0';
	e->pkg = k->info;
	e->path = real;
	e->spare = k->r->npatterns && excluded(k->r, real);
	e->privileged = pkg_privileged(real) && !overridden(k->r, real);
	return k->r->fn(k->r->arg, e);
}

/* " PATH HEX" a line, and what comes behind it. */
static int tell_conffiles(const struct package *k)
{
	const char *p = k->conffiles, *line, *blank;
	size_t n;
	int rc = 0;

	while (!rc && p && line_next(&p, k->conffiles_end, &line, &n)) {
		struct pkg_entry e = {.kind = PKG_FILE, .config = true, .nsum = DIGEST_MD5};

		blank = n > 2 ? memchr(line + 1, ' ', n - 1) : NULL;
		/* obsolete ones may stay or go */
		if (blank && (size_t)(line + n - blank) == MD5_HEX + 1 &&
		    !digest_from_hex(blank + 1, e.nsum, e.sum))
			rc = tell(k, &e, line + 1, (size_t)(blank - line) - 1);
	}
	return rc;
}

static bool is_conffile(const struct package *k, const char *path, size_t n)
{
	const char *p = k->conffiles, *line;
	size_t len;

	while (p && line_next(&p, k->conffiles_end, &line, &len))
		if (len > n + 1 && line[n + 1] == ' ' && !memcmp(line + 1, path, n))
			return true;
	return false;
}

static int tell_list(const struct package *k)
{
	const char *p = k->list.p, *line, *sum;
	size_t n;
	int rc = 0;

	while (!rc && line_next(&p, k->list.p + k->list.len, &line, &n)) {
		struct pkg_entry e = {.kind = PKG_ANY};

		if (n < 2 || *line != '/' || (n == 2 && line[1] == '.') || is_conffile(k, line, n))
			continue;
		sum = find_sum(k, line + 1, n - 1);
		if (sum && !digest_from_hex(sum, DIGEST_MD5, e.sum)) {
			e.kind = PKG_FILE;
			e.nsum = DIGEST_MD5;
		}
		rc = tell(k, &e, line, n);
	}
	return rc;
}

/* A list that a crash took with it is the first thing missing. */
static int tell_package(struct package *k)
{
	char path[300];
	int rc;

	snprintf(k->info, sizeof k->info, "%s%s%s", k->name, k->same ? ":" : "",
		 k->same ? k->arch : "");
	snprintf(path, sizeof path, DPKG "/info/%s.list", k->info);
	k->list = slurp(k->r->t, path);
	if (!k->list.p)
		return tell(k, &(struct pkg_entry){.kind = PKG_FILE}, path, strlen(path));
	snprintf(path, sizeof path, DPKG "/info/%s.md5sums", k->info);
	k->sums = slurp(k->r->t, path);
	index_sums(k);
	rc = tell_list(k);
	if (!rc)
		rc = tell_conffiles(k);
	free(k->slots);
	release(&k->list);
	release(&k->sums);
	return rc;
}

/* --- the status file */

/* "Status: install ok unpacked": its files are on the disk, or should be. */
static bool is_unpacked(const char *line, size_t n)
{
	static const char *const states[] = {" installed", " unpacked", " half-configured",
					     " half-installed", " triggers-"};

	for (unsigned i = 0; i < sizeof states / sizeof *states; i++)
		if (memmem(line, n, states[i], strlen(states[i])))
			return true;
	return false;
}

static void read_field(struct package *k, const char *line, size_t n)
{
	if (*line == ' ') {
		if (k->conffiles && !k->conffiles_end)
			return;
	} else if (k->conffiles && !k->conffiles_end) {
		k->conffiles_end = line;
	}
	if (n > 9 && !memcmp(line, "Package: ", 9))
		pkg_dpkg_value(line, n, 9, k->name, sizeof k->name);
	else if (n > 14 && !memcmp(line, "Architecture: ", 14))
		pkg_dpkg_value(line, n, 14, k->arch, sizeof k->arch);
	else if (n >= 16 && !memcmp(line, "Multi-Arch: same", 16))
		k->same = true;
	else if (n > 8 && !memcmp(line, "Status: ", 8))
		k->unpacked = is_unpacked(line, n);
	else if (n >= 10 && !memcmp(line, "Conffiles:", 10))
		k->conffiles = line + n;
}

static int each_package(struct reading *r, const struct text *status)
{
	const char *p = status->p, *end = status->p + status->len, *line;
	struct package k = {.r = r};
	size_t n;
	int rc = 0;

	while (!rc && line_next(&p, end, &line, &n)) {
		if (n)
			read_field(&k, line, n);
		if (n && p != end)
			continue;
		if (k.conffiles && !k.conffiles_end)
			k.conffiles_end = n ? end : line;
		if (k.unpacked && *k.name)
			rc = tell_package(&k);
		k = (struct package){.r = r};
	}
	return rc;
}

/* A file that is not there is overridden for the day it comes. */
static int each_override(const struct reading *r)
{
	const char *p = r->overrides.p, *line, *slash;
	char path[PATH_CAP];
	size_t n;
	int rc = 0;

	while (!rc && r->overrides.p &&
	       line_next(&p, r->overrides.p + r->overrides.len, &line, &n)) {
		struct pkg_entry e = {.pkg = "", .path = path, .spare = true, .bits = 07777};

		slash = memchr(line, '/', n);
		if (!slash || n - (size_t)(slash - line) >= sizeof path ||
		    pkg_parse_mode(line, (size_t)(slash - line), &e.own))
			continue;
		snprintf(path, sizeof path, "%.*s", (int)(n - (size_t)(slash - line)), slash);
		rc = r->fn(r->arg, &e);
	}
	return rc;
}

int pkg_dpkg_entries(const struct target *t, pkg_entry_fn *fn, void *arg)
{
	struct reading *r = calloc(1, sizeof *r);
	struct text status = slurp(t, DPKG "/status");
	int rc = -1;

	if (r && status.p) {
		*r = (struct reading){.t = t, .fn = fn, .arg = arg};
		r->diversions = slurp(t, DPKG "/diversions");
		r->overrides = slurp(t, DPKG "/statoverride");
		read_patterns(r, -1, "");
		path_each(t->fd, "/etc/dpkg/dpkg.cfg.d", read_patterns, r);
		rc = each_package(r, &status);
		if (!rc)
			rc = each_override(r);
		release(&r->diversions);
		release(&r->overrides);
	}
	release(&status);
	free(r);
	return rc;
}
