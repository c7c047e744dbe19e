#include "target/pam.h"
#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PAM_FILE_CAP 65536
#define PAM_DEPTH 16
#define PAM_LINES                                                                                  \
	4096 /* looked at for one service: files that include each other twice end too             \
	      */

const char *const pam_folders[] = {"/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d",
				   "/usr/share/pam.d", NULL};
static const char *const module_dirs[] = {"/usr/lib64/security",
					  "/lib64/security",
					  "/usr/lib/x86_64-linux-gnu/security",
					  "/lib/x86_64-linux-gnu/security",
					  "/usr/lib/aarch64-linux-gnu/security",
					  "/lib/aarch64-linux-gnu/security",
					  "/usr/lib/i386-linux-gnu/security",
					  "/lib/i386-linux-gnu/security",
					  "/usr/lib/arm-linux-gnueabihf/security",
					  "/lib/arm-linux-gnueabihf/security",
					  "/usr/lib/riscv64-linux-gnu/security",
					  "/usr/lib/security",
					  "/lib/security",
					  NULL};

static bool there(const struct pam_source *s, const char *path)
{
	if (s->path && !strcmp(s->path, path))
		return s->data;
	return path_exists(s->rootfd, path);
}

int pam_file(const struct pam_source *s, const char *service, char *dst, size_t cap)
{
	for (const char *const *d = pam_folders; *d; d++) {
		struct buf b = {.p = dst, .cap = cap};

		buf_addf(&b, "%s/%s", *service == '/' ? "" : *d, service + (*service == '/'));
		if (!b.cut && there(s, dst))
			return 0;
	}
	errno = ENOENT;
	return -1;
}

/* EI_CLASS, 0 when it is no ELF file. */
static int class_of(int rootfd, const char *path)
{
	char h[5] = "";
	int fd = path_open(rootfd, path, O_RDONLY, 0);
	bool elf =
	    fd >= 0 && read(fd, h, sizeof h) == (ssize_t)sizeof h && !memcmp(h, "\177ELF", 4);

	if (fd >= 0)
		close(fd);
	return elf ? h[4] : 0;
}

int pam_module(const struct pam_source *s, const char *module, char *dst, size_t cap)
{
	char path[256];
	bool any = false;

	if (*module == '/' && !strstr(module, "$ISA")) {
		any = str_copy(dst, cap, module) && path_exists(s->rootfd, dst);
		goto out;
	}
	/* $ISA is the library folder's name, which only PAM's build knows: look in all */
	if (*module == '/')
		module = strrchr(module, '/') + 1;
	for (const char *const *d = module_dirs; *d; d++) {
		struct buf b = BUF_OF(path);

		buf_addf(&b, "%s/%s", *d, module);
		if (b.cut || !path_exists(s->rootfd, path))
			continue;
		if (!s->bits || class_of(s->rootfd, path) * 32 == s->bits)
			return str_copy(dst, cap, path) ? 0 : -1;
		if (!any)
			any = str_copy(dst, cap, path);
	}
out:
	errno = ENOENT;
	return any ? 0 : -1;
}

struct pam_seen *pam_see(const struct pam_source *s, const char *module)
{
	struct pam_memo *m = s->memo;
	struct pam_seen *seen;

	for (unsigned i = 0; m && i < m->n; i++)
		if (!strcmp(m->seen[i].module, module))
			return &m->seen[i];
	if (!m || m->n == PAM_MEMO)
		return NULL;
	seen = &m->seen[m->n];
	if (!str_copy(seen->module, sizeof seen->module, module))
		return NULL;
	seen->found = pam_module(s, module, seen->path, sizeof seen->path) == 0;
	m->n++;
	return seen;
}

struct walk {
	const struct pam_source *s;
	unsigned *left; /* of PAM_LINES */
	int depth, level;
	const char *type;    /* of an include: only these lines; NULL: all */
	const char *service; /* of pam.conf: the first word of its lines; NULL: pam.d */
	int (*fn)(void *arg, const struct pam_use *u);
	void *arg;
};

static int walk_file(const struct walk *w, const char *file);

static int walk_include(const struct walk *w, struct pam_use *u)
{
	struct walk inner = *w;
	struct pam_line of_type = *u->line;
	struct pam_use typed = *u;
	char file[256];

	if (!of_type.type[0] && w->type) { /* of an @include, that of the include around it */
		str_copy(of_type.type, sizeof(of_type.type), w->type);
		typed.line = &of_type;
		u = &typed;
	}
	if (!strcasecmp(u->line->control, "substack")) {
		int rc;

		u->state = PAM_SUBSTACK;
		rc = w->fn(w->arg, u);
		if (rc)
			return rc;
		inner.level++;
	}
	inner.service = NULL;
	if (++inner.depth >= PAM_DEPTH || pam_file(w->s, u->line->module, file, sizeof(file)) < 0) {
		u->state = inner.depth >= PAM_DEPTH ? PAM_MALFORMED : PAM_NO_FILE;
		return w->fn(w->arg, u);
	}
	if (u->line->type[0])
		inner.type = u->line->type;
	return walk_file(&inner, file);
}

/* What libpam makes of a line it does not understand: one of the type asked for that always fails.
 */
static int walk_malformed(const struct walk *w, struct pam_use *u, struct pam_line *l)
{
	if (!l->type[0])
		str_copy(l->type, sizeof(l->type), w->type ? w->type : "auth");
	if (w->type && strcasecmp(w->type, l->type))
		return 0;
	return w->fn(w->arg, u);
}

static int walk_line(const struct walk *w, struct pam_use *u, const char *text)
{
	struct pam_line l;
	struct pam_seen *seen;
	int rc = pam_parse_line(text, strlen(text), &l);

	u->line = &l;
	u->state = PAM_MALFORMED;
	u->path[0] = '\0';
	if (rc < 0)
		return walk_malformed(w, u, &l);
	if (rc == 0 || (w->type && l.type[0] && strcasecmp(w->type, l.type)))
		return 0;
	if (pam_is_include(&l))
		return walk_include(w, u);
	seen = pam_see(w->s, l.module);
	if (seen)
		str_copy(u->path, sizeof u->path, seen->path);
	u->state = PAM_NO_MODULE;
	if (seen ? seen->found : !pam_module(w->s, l.module, u->path, sizeof(u->path)))
		u->state = PAM_FOUND;
	return w->fn(w->arg, u);
}

/* pam.conf(5): the service's name goes before the line. NULL: another service's. */
static const char *of_service(const struct walk *w, const char *text)
{
	size_t n = w->service ? strlen(w->service) : 0;

	text += strspn(text, " \t");
	if (!n)
		return text;
	return !strncasecmp(text, w->service, n) && strchr(" \t\n", text[n]) ? text + n : NULL;
}

static int say_line(const struct walk *w, const struct pam_use *u, const struct pam_line *l)
{
	struct pam_use said = *u;

	said.line = l;
	return w->fn(w->arg, &said);
}

static int walk_text(const struct walk *w, struct pam_use *u, struct pam_text *t)
{
	struct pam_line nothing = {.type = ""};
	char text[2048];
	bool any = false;
	int rc = 0;

	while (!rc && *w->left && pam_text_next(t, text, sizeof(text))) {
		const char *line = of_service(w, text);

		u->number = t->number;
		u->lines = t->lines;
		if (t->bad || !--*w->left) {
			str_copy(nothing.type, sizeof(nothing.type), w->type ? w->type : "");
			u->state = PAM_MALFORMED;
			return say_line(w, u, &nothing);
		}
		if (!line)
			continue;
		any |= line[strspn(line, " \t\n")] && line[strspn(line, " \t\n")] != '#';
		rc = walk_line(w, u, line);
	}
	if (any || rc)
		return rc;
	u->state = PAM_EMPTY;
	return say_line(w, u, &nothing);
}

static int walk_file(const struct walk *w, const char *file)
{
	const struct pam_source *s = w->s;
	bool edited = s->path && !strcmp(s->path, file);
	size_t len = edited ? s->len : 0;
	char *read = edited ? NULL : path_slurp(s->rootfd, file, PAM_FILE_CAP, &len);
	const char *data = edited ? s->data : read;
	struct pam_line none = {.module = ""};
	struct pam_use u = {.file = file, .line = &none, .state = PAM_NO_FILE, .level = w->level};
	struct pam_text t;
	int rc;

	if (!data)
		return w->fn(w->arg, &u);
	t = (struct pam_text){.p = data, .end = data + len};
	rc = walk_text(w, &u, &t);
	path_release(read, len);
	return rc;
}

int pam_each(const struct pam_source *s, const char *service,
	     int (*fn)(void *arg, const struct pam_use *u), void *arg)
{
	unsigned left = PAM_LINES;
	struct walk w = {.s = s, .left = &left, .fn = fn, .arg = arg};
	char file[256];

	for (const char *const *d = pam_folders; *d; d++)
		if (path_exists(s->rootfd, *d)) {
			if (pam_file(s, service, file, sizeof(file)) < 0)
				return -1;
			return walk_file(&w, file);
		}
	w.service = service;
	return path_exists(s->rootfd, "/etc/pam.conf") ? walk_file(&w, "/etc/pam.conf") : -1;
}
