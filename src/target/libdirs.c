#include "target/libdirs.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPTH 4
#define CONF_MAX 65536
#define ELF_MAX (64u << 20)

struct walk {
	const struct target *t;
	struct libdirs *d;
	unsigned depth;
};

struct include {
	struct walk *w;
	const char *dir, *pattern;
};

static void add(struct walk *w, const char *dir, bool builtin)
{
	char real[PATH_CAP];
	struct libdirs *d = w->d;

	if (path_real(w->t->fd, dir, real, sizeof real) < 0 || target_is_unknown(w->t, real))
		return;
	for (unsigned i = 0; i < d->n; i++)
		if (!strcmp(d->dir[i], real)) {
			d->builtin[i] |= builtin;
			return;
		}
	if (d->n < LIBDIRS_MAX && str_copy(d->dir[d->n], sizeof d->dir[0], real))
		d->builtin[d->n++] = builtin;
}

static void read_conf(struct walk *w, const char *path);

static int included(void *arg, int dirfd, const char *name)
{
	struct include *in = arg;
	char path[600];

	(void)dirfd;
	if (name[0] != '.' && str_matches(name, in->pattern) &&
	    snprintf(path, sizeof path, "%s/%s", in->dir, name) < (int)sizeof path)
		read_conf(in->w, path);
	return 0;
}

/* "include PATTERN", relative to /etc; only the last component may hold wildcards. */
static void include(struct walk *w, const char *pattern)
{
	char dir[300];
	struct include in = {.w = w, .dir = dir};
	char *slash;

	if (snprintf(dir, sizeof dir, "%s%s", *pattern == '/' ? "" : "/etc/", pattern) >=
	    (int)sizeof dir)
		return;
	slash = strrchr(dir, '/');
	*slash = '\0';
	in.pattern = slash + 1;
	path_each(w->t->fd, *dir ? dir : "/", included, &in);
}

static void read_line(struct walk *w, const char *line, size_t len)
{
	char word[300] = "";
	struct buf b = BUF_OF(word);
	const char *hash = memchr(line, '#', len);
	size_t end = hash ? (size_t)(hash - line) : len, start = 0;

	while (start < end && strchr(" \t", line[start]))
		start++;
	while (end > start && strchr(" \t\r", line[end - 1]))
		end--;
	buf_add(&b, line + start, end - start);
	if (b.cut || !b.len || strlen(word) != b.len)
		return;
	if (str_starts(word, "include ") || str_starts(word, "include\t"))
		include(w, word + 8 + strspn(word + 8, " \t"));
	else if (*word == '/')
		add(w, word, false);
}

static void read_conf(struct walk *w, const char *path)
{
	size_t len, line_len;
	char *data;
	const char *p, *line;

	if (w->depth == DEPTH || !(data = path_slurp(w->t->fd, path, CONF_MAX, &len)))
		return;
	w->depth++;
	p = data;
	while (line_next(&p, data + len, &line, &line_len))
		read_line(w, line, line_len);
	w->depth--;
	path_release(data, len);
}

void libdirs_find(const struct target *t, struct libdirs *d)
{
	static const char defaults[][27] = {"/lib64",
					    "/usr/lib64",
					    "/lib",
					    "/usr/lib",
					    "/lib32",
					    "/usr/lib32",
					    "/usr/local/lib",
					    "/libx32",
					    "/lib/x86_64-linux-gnu",
					    "/usr/lib/x86_64-linux-gnu",
					    "/lib/i386-linux-gnu",
					    "/usr/lib/i386-linux-gnu",
					    "/lib/aarch64-linux-gnu",
					    "/usr/lib/aarch64-linux-gnu"};
	struct walk w = {.t = t, .d = d};

	d->n = 0;
	read_conf(&w, "/etc/ld.so.conf");
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		add(&w, defaults[i],
		    !str_starts(defaults[i], "/usr/local/") ||
			!path_exists(t->fd, "/etc/ld.so.conf")); /* musl's */
}

char *libdirs_slurp(const struct target *t, const char *path, size_t *len)
{
	return path_slurp(t->fd, path, ELF_MAX, len);
}

int libdirs_elf(const struct target *t, const char *path, struct elf_info *e)
{
	int fd = path_open_regular(t->fd, path), rc = -1;
	struct elf_file f;

	if (fd < 0)
		return -1;
	if (elf_open(&f, fd, NULL, ELF_MAX) == 0) {
		rc = elf_file_parse(&f, e);
		elf_close(&f);
	}
	close(fd);
	return rc;
}

int libdirs_lookup(const struct target *t, const struct libdirs *d, const struct libdirs_query *q,
		   char dst[300])
{
	struct elf_info e;

	for (unsigned i = 0; i < d->n; i++) {
		snprintf(dst, 300, "%s/%s", d->dir[i], q->name);
		if (libdirs_elf(t, dst, &e) == 0 && e.bits == q->bits)
			return 0;
	}
	errno = ENOENT;
	return -1;
}
