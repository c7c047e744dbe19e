#include "checks/families.h"

#include "base/buf.h"
#include "base/console.h"
#include "base/path.h"
#include "target/shadow.h"

#include <stdio.h>
#include <string.h>

struct gate {
	const char *module;
	struct pam_line *line;
};

static int match(void *arg, const struct pam_use *u)
{
	struct gate *g = arg;
	const char *base = strrchr(u->line->module, '/');

	if (u->state != PAM_FOUND || strcmp(base ? base + 1 : u->line->module, g->module))
		return 0;
	*g->line = *u->line;
	return 1;
}

bool gate_find(const struct target *t, const char *module, struct pam_line *l)
{
	/* cppcheck-suppress ctuuninitvar ; it is filled here */
	struct gate g = {module, l};

	return pam_each(&(struct pam_source){.rootfd = t->fd}, "login", match, &g) > 0;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* The value of key in lines "key = value", the last one's; "" for a bare key. */
static bool line_value(const char *text, size_t len, const char *key, char *dst, size_t cap)
{
	const char *p = text, *line, *end;
	size_t n, klen = strlen(key);
	bool found = false;

	while (line_next(&p, text + len, &line, &n)) {
		end = line + n;
		line = skip_blanks(line, end);
		if ((size_t)(end - line) < klen || memcmp(line, key, klen))
			continue;
		line = skip_blanks(line + klen, end);
		if (line < end && *line != '=' && *line != '\r')
			continue; /* a longer key */
		line = line < end ? skip_blanks(line + 1, end) : end;
		for (n = 0; line + n < end && line[n] && !strchr(" \t\r", line[n]);)
			n++;
		found = n < cap;
		if (found) {
			memcpy(dst, line, n);
			dst[n] = 0;
		}
	}
	return found;
}

void gate_settings(const struct target *t, const char *conf, const struct pam_line *l,
		   struct buf *b)
{
	ssize_t n = conf ? path_read(t->fd, conf, b->p, b->cap - sizeof l->args) : -1;

	b->len = n > 0 ? (size_t)n : 0;
	buf_adds(b, "\n");
	n = (ssize_t)b->len;
	buf_adds(b, l->args);
	for (char *p = b->p + n; (p = strchr(p, ' '));)
		*p = '\n';
}

bool gate_get(const struct buf *b, const char *key, char *dst, size_t cap)
{
	return line_value(b->p, b->len, key, dst, cap);
}

bool gate_stays(const struct target *t, const char *path)
{
	char real[PATH_CAP];

	return !target_is_unknown(t, path) && !path_real(t->fd, path, real, sizeof real) &&
	       (t->live || !str_starts(real, "/run/"));
}

/* --- nologin */

static bool find_nologin(const struct target *t, char *dst, size_t cap)
{
	static const char usual[][17] = {"/var/run/nologin", "/etc/nologin"};
	char text[400];
	struct buf b = BUF_OF(text);
	struct pam_line l = {.type = ""};

	if (!gate_find(t, "pam_nologin.so", &l))
		return false;
	gate_settings(t, NULL, &l, &b);
	if (gate_get(&b, "file", dst, cap))
		return gate_stays(t, dst);
	for (unsigned i = 0; i < 2; i++)
		if (str_copy(dst, cap, usual[i]) && gate_stays(t, dst))
			return true;
	return false;
}

void detect_nologin(struct check_context *c)
{
	static const struct cause cause = {"nologin", SEVERITY_ERROR, BLOCKS_EVERYONE,
					   "phase 4 removes it"};
	char path[200];

	if (find_nologin(c->t, path, sizeof path))
		check_found(c, &cause, "%s is there: pam_nologin lets root alone in", path);
}

int repair_nologin(struct check_context *c)
{
	char path[200];

	return find_nologin(c->t, path, sizeof path) ? file_remove(c->journal, path) : -1;
}

/* --- securetty: root alone, on listed terminals */

#define SECURETTY "/etc/securetty"
#define CONSOLES 6

static bool has_line(const char *data, size_t len, const char *want)
{
	const char *p = data, *line;
	size_t n;

	while (data && line_next(&p, data + len, &line, &n))
		if (n == strlen(want) && !memcmp(line, want, n))
			return true;
	return false;
}

/* What pam_securetty misses, a line each, into b. False: root may log in where the machine has
 * consoles. */
static bool find_securetty(const struct target *t, struct buf *b, const char **what)
{
	struct console_name list[CONSOLES];
	unsigned n = console_names(list, CONSOLES);
	char v[8], text[400], *data;
	struct buf args = BUF_OF(text);
	struct pam_line l = {.type = ""};
	struct stat st;
	bool named;
	size_t len = 0;

	if (!gate_find(t, "pam_securetty.so", &l) || path_stat(t->fd, SECURETTY, true, &st))
		return false; /* without the file the module lets root in */
	gate_settings(t, NULL, &l, &args);
	named = gate_get(&args, "noconsole", v, sizeof v);
	data = path_slurp(t->fd, SECURETTY, 1u << 16, &len);
	*what = !S_ISREG(st.st_mode) ? "is no regular file"
		: st.st_mode & 002   ? "may be written by everyone"
				     : "does not list";
	for (unsigned i = 0; i < n; i++)
		if ((named || !list[i].kernel) && !has_line(data, len, list[i].name))
			buf_addf(b, "%s\n", list[i].name);
	if (data)
		path_release(data, len);
	return b->len || !S_ISREG(st.st_mode) || (st.st_mode & 002);
}

void detect_securetty(struct check_context *c)
{
	struct cause cause = {"securetty", SEVERITY_NOTE, BLOCKS_NOBODY,
			      "bars root alone: rd.recovery.user=root (--user root) lets it in"};
	char lines[CONSOLES * 17];
	struct buf b = BUF_OF(lines);
	struct account a;
	const char *what;

	if (!find_securetty(c->t, &b, &what))
		return;
	if (account_of_user(c, &a) && !a.uid) {
		cause.severity = SEVERITY_ERROR;
		cause.blocks = BLOCKS_USER;
		cause.action = "phase 4 adds this machine's consoles";
	}
	for (size_t i = 0; i < b.len; i++)
		lines[i] = lines[i] == '\n' ? ' ' : lines[i];
	check_found(c, &cause, SECURETTY " %s %.*sand pam_securetty asks it of root", what,
		    *what == 'd' ? (int)b.len : 0, lines);
}

int repair_securetty(struct check_context *c)
{
	const struct file_attr attr = {.set_mode = true, .mode = 0644};
	char lines[CONSOLES * 17], *data;
	struct buf b = BUF_OF(lines), all;
	struct account a;
	const char *what;
	size_t len = 0;
	int rc;

	if (!c->named || !account_of_user(c, &a) || a.uid || !find_securetty(c->t, &b, &what))
		return -1;
	data = path_slurp(c->t->fd, SECURETTY, 1u << 16, &len);
	if (!data && *what == 'd') /* too large, or not to be read: nothing is known of its lines */
		return -1;
	all = (struct buf){.cap = len + sizeof lines + 2};
	all.p = shadow_memory(all.cap);
	if (!all.p)
		return -1;
	buf_add(&all, data, len);
	if (len && data[len - 1] != '\n')
		buf_adds(&all, "\n");
	buf_add(&all, b.p, b.len);
	rc = file_replace(c->journal, SECURETTY, all.p, all.len, *what == 'd' ? NULL : &attr);
	shadow_memory_release(all.p, all.cap);
	if (data)
		path_release(data, len);
	return rc;
}
