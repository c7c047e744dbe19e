#include "target/pam.h"
#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PAM_FILE_CAP 65536
#define PAM_DEPTH 16

static const char *const file_dirs[] = {"/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d", NULL};
static const char *const module_dirs[] = {"/usr/lib64/security",
					  "/lib64/security",
					  "/usr/lib/x86_64-linux-gnu/security",
					  "/lib/x86_64-linux-gnu/security",
					  "/usr/lib/aarch64-linux-gnu/security",
					  "/lib/aarch64-linux-gnu/security",
					  "/usr/lib/security",
					  "/lib/security",
					  NULL};

static int find_in(int rootfd, const char *const *dirs, const char *name, struct buf *dst)
{
	for (; *dirs; dirs++) {
		dst->len = 0;
		dst->cut = false;
		buf_addf(dst, "%s/%s", *dirs, name);
		if (!dst->cut && path_exists(rootfd, dst->p))
			return 0;
	}
	errno = ENOENT;
	return -1;
}

int pam_file(int rootfd, const char *service, char *dst, size_t cap)
{
	struct buf b = {.p = dst, .cap = cap};

	if (*service != '/')
		return find_in(rootfd, file_dirs, service, &b);
	if (str_copy(dst, cap, service) && path_exists(rootfd, dst))
		return 0;
	errno = ENOENT;
	return -1;
}

int pam_module(int rootfd, const char *module, char *dst, size_t cap)
{
	struct buf b = {.p = dst, .cap = cap};

	if (*module == '/' && !strstr(module, "$ISA")) {
		if (str_copy(dst, cap, module) && path_exists(rootfd, dst))
			return 0;
		errno = ENOENT;
		return -1;
	}
	/* $ISA is the library folder's name, which only PAM's build knows: look in all */
	if (*module == '/')
		module = strrchr(module, '/') + 1;
	return find_in(rootfd, module_dirs, module, &b);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word, "[...]" being one, with "\]" for a bracket inside. False at the end; len too large
 * for cap is cut. */
static bool word_next(const char **p, const char *end, struct buf *dst)
{
	const char *s;

	while (*p < end && blank(**p))
		++*p;
	if (*p == end)
		return false;
	s = *p;
	if (*s == '[') {
		while (*p < end && (**p != ']' || (*p)[-1] == '\\'))
			++*p;
		if (*p < end)
			++*p;
	} else {
		while (*p < end && !blank(**p))
			++*p;
	}
	buf_add(dst, s, (size_t)(*p - s));
	return true;
}

bool pam_secret(const char *word)
{
	static const char *const keys[] = {"pass", "secret", "token", "pw", "key", NULL};
	const char *eq = strchr(word, '=');

	for (const char *const *k = keys; eq && *k; k++) {
		const char *hit = strcasestr(word, *k);

		if (hit && hit < eq)
			return true;
	}
	return false;
}

static void add_argument(struct buf *args, char *word)
{
	if (args->len)
		buf_adds(args, " ");
	if (pam_secret(word)) {
		strchr(word, '=')[1] = '\0';
		buf_addf(args, "%s[masked]", word);
	} else {
		buf_adds(args, word);
	}
}

static bool type_known(const char *type)
{
	return !strcasecmp(type, "auth") || !strcasecmp(type, "account") ||
	       !strcasecmp(type, "password") || !strcasecmp(type, "session");
}

static int parse_head(const char **p, const char *end, struct pam_line *l)
{
	char word[24];
	struct buf w = BUF_OF(word), control = BUF_OF(l->control);

	if (!word_next(p, end, &w))
		return 0;
	if (!strcasecmp(word, "@include")) {
		str_copy(l->control, sizeof(l->control), "@include");
		return 1;
	}
	l->soft = word[0] == '-';
	if (w.cut || !type_known(word + l->soft))
		return -1;
	str_copy(l->type, sizeof(l->type), word + l->soft);
	return word_next(p, end, &control) ? 1 : -1;
}

int pam_parse_line(const char *line, size_t len, struct pam_line *l)
{
	const char *end = memchr(line, '#', len), *p = line;
	char word[320];
	struct buf module = BUF_OF(l->module), args = BUF_OF(l->args);
	int rc;

	memset(l, 0, sizeof(*l));
	if (!end)
		end = line + len;
	rc = parse_head(&p, end, l);
	if (rc <= 0)
		return rc;
	if (!word_next(&p, end, &module) || module.cut)
		return -1;
	for (;;) {
		struct buf w = BUF_OF(word);

		word[0] = '\0';
		if (!word_next(&p, end, &w))
			return 1;
		add_argument(&args, word);
	}
}

bool pam_text_next(struct pam_text *t, char *dst, size_t cap)
{
	struct buf b = {.p = dst, .cap = cap};
	const char *line;
	size_t len;
	bool any = false;

	dst[0] = '\0';
	t->number += t->lines;
	t->lines = 0;
	while (line_next(&t->p, t->end, &line, &len)) {
		bool more;

		if (!any)
			t->number += t->number == 0;
		any = true;
		t->lines++;
		while (len && line[len - 1] == '\r')
			len--;
		more = len && line[len - 1] == '\\';
		buf_add(&b, line, more ? len - 1 : len);
		if (!more)
			break;
		buf_adds(&b, " ");
	}
	return any;
}

struct walk {
	int rootfd, depth;
	const char *type; /* of an include: only these lines; NULL: all */
	int (*fn)(void *arg, const struct pam_use *u);
	void *arg;
};

static int walk_file(const struct walk *w, const char *file);

static bool is_include(const struct pam_line *l)
{
	return !strcasecmp(l->control, "include") || !strcasecmp(l->control, "substack") ||
	       !strcasecmp(l->control, "@include");
}

static int walk_include(const struct walk *w, struct pam_use *u)
{
	struct walk inner = *w;
	char file[256];

	if (++inner.depth > PAM_DEPTH ||
	    pam_file(w->rootfd, u->line->module, file, sizeof(file)) < 0) {
		u->state = inner.depth > PAM_DEPTH ? PAM_MALFORMED : PAM_NO_FILE;
		return w->fn(w->arg, u);
	}
	if (u->line->type[0])
		inner.type = u->line->type;
	return walk_file(&inner, file);
}

static int walk_line(const struct walk *w, struct pam_use *u, const char *text)
{
	struct pam_line l;
	int rc = pam_parse_line(text, strlen(text), &l);

	u->line = &l;
	u->state = PAM_MALFORMED;
	u->path[0] = '\0';
	if (rc < 0)
		return w->fn(w->arg, u);
	if (rc == 0 || (w->type && l.type[0] && strcasecmp(w->type, l.type)))
		return 0;
	if (is_include(&l))
		return walk_include(w, u);
	u->state = pam_module(w->rootfd, l.module, u->path, sizeof(u->path)) < 0 ? PAM_NO_MODULE
										 : PAM_FOUND;
	return w->fn(w->arg, u);
}

static int walk_file(const struct walk *w, const char *file)
{
	struct pam_use u = {.file = file};
	size_t len;
	char text[2048], *data = path_slurp(w->rootfd, file, PAM_FILE_CAP, &len);
	struct pam_text t;
	int rc = 0;

	if (!data) {
		struct pam_line none = {.module = ""};

		u.line = &none;
		u.state = PAM_NO_FILE;
		return w->fn(w->arg, &u);
	}
	t = (struct pam_text){.p = data, .end = data + len};
	while (!rc && pam_text_next(&t, text, sizeof(text))) {
		u.number = t.number;
		rc = walk_line(w, &u, text);
	}
	path_release(data, len);
	return rc;
}

int pam_each(int rootfd, const char *service, int (*fn)(void *arg, const struct pam_use *u),
	     void *arg)
{
	struct walk w = {.rootfd = rootfd, .fn = fn, .arg = arg};
	char file[256];

	if (pam_file(rootfd, service, file, sizeof(file)) < 0)
		return -1;
	return walk_file(&w, file);
}
