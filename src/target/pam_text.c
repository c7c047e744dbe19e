#include "base/buf.h"
#include "target/pam.h"

#include <string.h>
#include <strings.h>

/* libpam's blanks: a carriage return is none, it is part of the module's name. */
static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
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

/* Does a line go on in the next? A comment never does. *len loses the backslash. */
static bool continues(const char *line, size_t *len)
{
	size_t n = *len;

	if (memchr(line, '#', n))
		return false;
	while (n && blank(line[n - 1]))
		n--;
	if (!n || line[n - 1] != '\\')
		return false;
	*len = n - 1;
	return true;
}

bool pam_text_next(struct pam_text *t, char *dst, size_t cap)
{
	struct buf b = {.p = dst, .cap = cap};
	const char *line;
	size_t len;
	bool any = false, more = false;

	dst[0] = '\0';
	t->number += t->lines;
	t->lines = 0;
	t->bad = false;
	while (line_next(&t->p, t->end, &line, &len)) {
		if (!any)
			t->number += t->number == 0;
		any = true;
		t->lines++;
		t->bad |= memchr(line, '\0', len) != NULL;
		more = continues(line, &len);
		buf_add(&b, line, len);
		if (!more)
			break;
		buf_adds(&b, " ");
	}
	t->bad |= b.cut || more;
	return any;
}

bool pam_is_include(const struct pam_line *l)
{
	return !strcasecmp(l->control, "include") || !strcasecmp(l->control, "substack") ||
	       !strcasecmp(l->control, "@include");
}
