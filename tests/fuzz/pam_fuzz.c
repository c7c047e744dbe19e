/* pam.d(5): a byte that chooses the edited line, then a file. */
#include "fuzz.h"

#include "target/pam_edit.h"
#include "target/pam_stack.h"

#include <strings.h>

#define LINES 16

struct parsed {
	struct pam_line l;
	int rc;
	unsigned number, lines;
};

/* What an argument said of a secret is not in it. */
static void judge_line(const char *text, const struct pam_line *l, int rc)
{
	short action[PAM_ANSWERS];
	unsigned jump = 0;

	if (rc > 0 && strcmp(l->control, "@include") != 0)
		CLAIM(!strcasecmp(l->type, "auth") || !strcasecmp(l->type, "account") ||
		      !strcasecmp(l->type, "session") || !strcasecmp(l->type, "password"));
	CLAIM(rc <= 0 || (*l->module && strstr(text, l->module)));
	CLAIM(!*l->control || strcasestr(text, l->control));
	for (const char *p = l->args; (p = strchr(p, '=')); p++) {
		char word[sizeof l->args];
		size_t n = strcspn(p, " ");
		const char *from = p;

		while (from > l->args && from[-1] != ' ')
			from--;
		snprintf(word, sizeof word, "%.*s", (int)(p + n - from), from);
		CLAIM(!pam_secret(word) || !memchr(p, '[', 1) || strstr(word, "=[masked]"));
	}
	if (!pam_control(l->control, action, &jump))
		CLAIM(!jump);
	for (int i = 0; i < PAM_ANSWERS; i++)
		CLAIM(action[i] >= PAM_DO_RESET && action[i] < 3000 &&
		      (action[i] <= 0 || (unsigned)action[i] <= jump));
	pam_kind_of(l->module);
}

/* The lines that were read one after the other are all lines of the file. */
static unsigned parse(struct fuzz_part text, struct parsed *out)
{
	struct pam_text t = {.p = text.p, .end = text.p + text.len};
	unsigned n = 0, next = 1;
	char line[512];
	const char *from = t.p;

	while (pam_text_next(&t, line, sizeof line)) {
		struct pam_line l;
		int rc = pam_parse_line(line, strlen(line), &l);
		size_t newlines = fuzz_line_of(from, (size_t)(t.p - from));

		CLAIM(t.number == next && t.lines >= 1);
		CLAIM(newlines == t.lines || (newlines == t.lines - 1 && t.p == t.end));
		CLAIM(t.bad || strlen(line) <= (size_t)(t.p - from) + t.lines);
		next += t.lines;
		from = t.p;
		judge_line(line, &l, rc);
		if (n < LINES)
			out[n++] = (struct parsed){l, rc, t.number, t.lines};
	}
	CLAIM(t.p == t.end);
	return n;
}

static bool same_line(const struct pam_line *a, const struct pam_line *b)
{
	return !strcmp(a->type, b->type) && !strcmp(a->control, b->control) &&
	       !strcmp(a->module, b->module) && !strcmp(a->args, b->args) && a->soft == b->soft;
}

/* Bytes before and behind the line are as they were. */
static struct fuzz_part around(const struct pam_edit *e, bool behind)
{
	struct fuzz_part in = {e->data, e->len};

	for (unsigned i = 1; i < e->number + (behind ? e->lines : 0); i++)
		fuzz_part(&in, '\n');
	return behind ? in : (struct fuzz_part){e->data, (size_t)(in.p - e->data)};
}

static void stays(const struct pam_edit *e, const struct buf *out)
{
	struct fuzz_part before = around(e, false), behind = around(e, true);

	CLAIM(!out->cut && out->len >= before.len && out->len >= behind.len);
	CLAIM(!memcmp(out->p, before.p, before.len));
	CLAIM(!memcmp(out->p + out->len - behind.len, behind.p, behind.len));
}

static void edit(struct fuzz_part text, const struct parsed *was, unsigned n, unsigned which)
{
	static struct parsed now[LINES];
	struct pam_edit e = {text.p, text.len, was[which].number, was[which].lines};
	size_t cap = text.len + 16 * text.len + 64;
	struct buf out = {.p = malloc(cap), .cap = cap};
	unsigned m;

	CLAIM(out.p);
	pam_edit_disable(&e, &out);
	stays(&e, &out);
	m = parse((struct fuzz_part){out.p, out.len}, now);
	/* its physical lines are comments now, each a line of its own; the others say what they
	 * said */
	CLAIM(n + was[which].lines - 1 == m || n == LINES || m == LINES);
	for (unsigned i = 0, k = 0; i < n && k < m && m < LINES; i++) {
		if (i != which) {
			CLAIM(now[k].rc == was[i].rc && same_line(&now[k].l, &was[i].l));
			k++;
			continue;
		}
		for (unsigned j = 0; j < was[which].lines; j++, k++)
			CLAIM(now[k].rc == 0);
	}
	out.len = 0;
	pam_edit_jumps(&e, 1, which & 1 ? NULL : "die", &out);
	stays(&e, &out);
	out.len = 0;
	pam_edit_newlines(&e, &out);
	CLAIM(out.len <= text.len && !memchr(out.p, '\r', out.len));
	free(out.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct parsed was[LINES];
	struct fuzz_part text = {(const char *)data + 1, size - 1};
	unsigned n;

	if (!size)
		return 0;
	n = parse(text, was);
	if (n && text.len)
		edit(text, was, n, data[0] % n);
	return 0;
}
