#include "target/verify.h"

#include "target/pkg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const faults[VERIFY_FAULTS] = {
    [VERIFY_MISSING] = "missing",    [VERIFY_CHANGED] = "changed",
    [VERIFY_TYPE] = "wrong type",    [VERIFY_LINK] = "wrong link",
    [VERIFY_DANGLING] = "dangling",  [VERIFY_MODE] = "mode",
    [VERIFY_BIT] = "privilege lost", [VERIFY_UNREADABLE] = "unreadable",
    [VERIFY_LINKAGE] = "linkage"};
static const char *const classes[VERIFY_CLASSES] = {[VERIFY_LOGIN] = "login",
						    [VERIFY_DISPLAY] = "display",
						    [VERIFY_BOOT] = "boot",
						    [VERIFY_REST] = "the rest",
						    [VERIFY_NOTED] = "noted"};

const char *verify_fault_name(enum verify_fault f)
{
	return faults[f];
}

const char *verify_class_name(enum verify_class c)
{
	return classes[c];
}

/* --- the table */

/* The text's offset, 0 when there is no room: text 0 is "". */
static uint32_t keep(struct verify *v, const char *s)
{
	size_t n = strlen(s) + 1;
	uint32_t at = v->ntext;

	if (!v->ntext)
		at = v->ntext = 1;
	if (n == 1 || n > VERIFY_TEXT - v->ntext)
		return 0;
	memcpy(v->text + at, s, n);
	v->ntext += (uint32_t)n;
	return at;
}

/* It counts only when it is whole. */
void verify_add(struct verify *v, const struct verify_note *n)
{
	struct verify_finding *f = &v->found[v->n];

	if (v->n == VERIFY_FINDINGS || VERIFY_TEXT - v->ntext < strlen(n->path) + 1) {
		v->lost++;
		return;
	}
	*f = (struct verify_finding){n->breaks, n->fault, n->config, 0, 0, 0};
	f->path = keep(v, n->path);
	f->pkg = v->n && !strcmp(v->text + f[-1].pkg, n->pkg) ? f[-1].pkg : keep(v, n->pkg);
	f->detail = keep(v, n->detail);
	v->n++;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct verify_finding *x = a, *y = b;
	const char *text = arg;
	int d = (int)x->breaks - (int)y->breaks;

	d = d ? d : strcmp(text + x->pkg, text + y->pkg);
	d = d ? d : strcmp(text + x->path, text + y->path);
	d = d ? d : (int)x->fault - (int)y->fault;
	return d ? d : strcmp(text + x->detail, text + y->detail);
}

void verify_order(struct verify *v)
{
	unsigned n = 0;

	qsort_r(v->found, v->n, sizeof v->found[0], compare, v->text);
	for (unsigned i = 0; i < v->n; i++)
		if (!n || compare(&v->found[n - 1], &v->found[i], v->text))
			v->found[n++] = v->found[i];
	v->n = n;
}

unsigned verify_faults(const struct verify *v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->n; i++)
		n += v->found[i].breaks != VERIFY_NOTED;
	return n;
}

unsigned verify_group(const struct verify *v, unsigned first)
{
	const struct verify_finding *f = &v->found[first];
	unsigned n = 1;

	while (first + n < v->n && f[n].breaks == f->breaks &&
	       !strcmp(v->text + f[n].pkg, v->text + f->pkg))
		n++;
	return n;
}

/* --- the answer */

static const struct pkg_manager *manager(const struct verify *v)
{
	for (unsigned i = 0; pkg_managers[i]; i++)
		if (!strcmp(pkg_managers[i]->name, v->manager))
			return pkg_managers[i];
	return NULL;
}

void verify_repair(const struct verify *v, unsigned first, struct buf *b)
{
	const struct pkg_manager *m = manager(v);
	const char *pkg = v->text + v->found[first].pkg;
	unsigned n = verify_group(v, first);
	bool removed = false;

	if (!m || !*pkg)
		return;
	for (unsigned i = first; i < first + n; i++)
		removed |= v->found[i].config && v->found[i].fault == VERIFY_MISSING;
	buf_adds(b, m->official);
	if (removed && m->restore)
		buf_adds(b, m->restore);
	buf_adds(b, pkg);
}

static void tell_one(const struct verify *v, const struct verify_finding *f, struct buf *b)
{
	b->len = 0;
	buf_addf(b, "    %s ", faults[f->fault]);
	buf_add_escaped(b, v->text + f->path, strlen(v->text + f->path), false);
	if (f->detail) {
		buf_adds(b, ": ");
		buf_add_escaped(b, v->text + f->detail, strlen(v->text + f->detail), false);
	}
}

static void tell_group(const struct verify *v, unsigned first, struct buf *b)
{
	const char *pkg = v->text + v->found[first].pkg;
	char mem[400] = "";
	struct buf repair = BUF_OF(mem);

	if (v->found[first].breaks != VERIFY_NOTED)
		verify_repair(v, first, &repair);
	b->len = 0;
	buf_addf(b, "  %s%s%s", *pkg ? pkg : "no package", *mem ? ": " : "", mem);
}

static void tell_sums(const struct verify *v, verify_line_fn *fn, void *arg, struct buf *b)
{
	b->len = 0;
	buf_addf(b,
		 "%u fault%s, %u noted; %lu files, %lu of them read (%llu MiB); linkage of %lu ELF "
		 "files",
		 verify_faults(v), verify_faults(v) == 1 ? "" : "s", v->n - verify_faults(v),
		 (unsigned long)v->files, (unsigned long)v->hashed,
		 (unsigned long long)v->bytes >> 20, v->objects);
	fn(arg, b->p);
	if (v->lost) {
		b->len = 0;
		buf_addf(b, "%u more did not fit into this list", v->lost);
		fn(arg, b->p);
	}
	if (v->unread[0]) {
		b->len = 0;
		buf_addf(b, "not compared: %s", v->unread);
		fn(arg, b->p);
	}
	if (!v->whole)
		fn(arg, "not all was looked at");
}

void verify_tell(const struct verify *v, verify_line_fn *fn, void *arg)
{
	enum verify_class now = VERIFY_CLASSES;
	char line[2 * 4096];
	struct buf b = BUF_OF(line);

	for (unsigned i = 0, n; i < v->n; i += n) {
		n = verify_group(v, i);
		if (v->found[i].breaks != now) {
			now = v->found[i].breaks;
			b.len = 0;
			buf_addf(&b, "%s:", classes[now]);
			fn(arg, line);
		}
		tell_group(v, i, &b);
		fn(arg, line);
		for (unsigned k = i; k < i + n; k++) {
			tell_one(v, &v->found[k], &b);
			fn(arg, line);
		}
	}
	tell_sums(v, fn, arg, &b);
}

static void json_text(struct buf *b, const char *key, const char *text)
{
	buf_addf(b, ",\"%s\":", key);
	buf_add_json(b, text);
}

static void json_one(const struct verify *v, unsigned i, const char *repair, struct buf *b)
{
	const struct verify_finding *f = &v->found[i];

	b->len = 0;
	buf_addf(b, "%s{\"breaks\":\"%s\"", i ? "," : "", classes[f->breaks]);
	json_text(b, "package", v->text + f->pkg);
	json_text(b, "path", v->text + f->path);
	json_text(b, "fault", faults[f->fault]);
	json_text(b, "detail", v->text + f->detail);
	json_text(b, "repair", repair);
	buf_adds(b, "}");
}

static void json_group(const struct verify *v, unsigned first, verify_line_fn *fn, void *arg)
{
	char line[6 * 4096], mem[400] = "";
	struct buf b = BUF_OF(line), repair = BUF_OF(mem);
	unsigned n = verify_group(v, first);

	if (v->found[first].breaks != VERIFY_NOTED)
		verify_repair(v, first, &repair);
	for (unsigned i = first; i < first + n; i++) {
		json_one(v, i, mem, &b);
		fn(arg, line);
	}
}

void verify_tell_json(const struct verify *v, verify_line_fn *fn, void *arg)
{
	char line[1024];
	struct buf b = BUF_OF(line);

	buf_addf(&b,
		 "{\"manager\":\"%s\",\"deep\":%s,\"whole\":%s,\"files\":%lu,\"read\":%lu,"
		 "\"bytes\":%llu,\"lost\":%u,\"objects\":%lu,\"linkage_ms\":%lld",
		 v->manager, v->deep ? "true" : "false", v->whole ? "true" : "false",
		 (unsigned long)v->files, (unsigned long)v->hashed, (unsigned long long)v->bytes,
		 v->lost, v->objects, (long long)v->linkage_ms);
	json_text(&b, "unread", v->unread);
	buf_adds(&b, ",\"findings\":[");
	fn(arg, line);
	for (unsigned i = 0; i < v->n; i += verify_group(v, i))
		json_group(v, i, fn, arg);
	fn(arg, "]}");
}
