#include "base/json.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#define UTF8_REPLACEMENT 0xFFFD

/* --- the grammar */

struct parser {
	const char *at, *end;
	unsigned depth;
	const char *wrong;
};

static bool fault(struct parser *p, const char *what)
{
	if (!p->wrong)
		p->wrong = what;
	return false;
}

static void blanks(struct parser *p)
{
	while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at)
		p->at++;
}

static bool take(struct parser *p, char c)
{
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static bool word(struct parser *p, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(p->end - p->at) < n || memcmp(p->at, w, n))
		return fault(p, "no value");
	p->at += n;
	return true;
}

static bool is_digit(const struct parser *p)
{
	return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static bool digits(struct parser *p)
{
	if (!is_digit(p))
		return fault(p, "no number");
	while (is_digit(p))
		p->at++;
	return true;
}

static bool number(struct parser *p)
{
	take(p, '-');
	if (!take(p, '0') && !digits(p))
		return false;
	if (take(p, '.') && !digits(p))
		return false;
	if (take(p, 'e') || take(p, 'E')) {
		if (!take(p, '+'))
			take(p, '-');
		return digits(p);
	}
	return true;
}

/* Behind "\u": its value, -1 when it is none. */
static int hex4(const char *s, const char *end)
{
	int n = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		const char *digits_ = "0123456789abcdef0123456789ABCDEF";
		const char *d = s[i] ? strchr(digits_, s[i]) : NULL;

		if (!d)
			return -1;
		n = n * 16 + (int)((d - digits_) & 15);
	}
	return n;
}

static bool escape(struct parser *p)
{
	if (p->at == p->end || !*p->at || !strchr("\"\\/bfnrtu", *p->at))
		return fault(p, "no such escape in a string");
	if (*p->at++ != 'u')
		return true;
	if (hex4(p->at, p->end) < 0)
		return fault(p, "no four digits behind \\u");
	p->at += 4;
	return true;
}

static bool string(struct parser *p)
{
	if (!take(p, '"'))
		return fault(p, "no string");
	while (p->at < p->end && *p->at != '"') {
		size_t n = utf8_length(p->at, (size_t)(p->end - p->at));

		if (!n)
			return fault(p, "not UTF-8");
		if ((unsigned char)*p->at < 0x20)
			return fault(p, "a control character in a string");
		p->at += n;
		if (p->at[-1] == '\\' && !escape(p))
			return false;
	}
	return take(p, '"') || fault(p, "a string without an end");
}

static bool value(struct parser *p);

static bool member(struct parser *p)
{
	blanks(p);
	if (!string(p))
		return false;
	blanks(p);
	return take(p, ':') ? value(p) : fault(p, "no colon behind a name");
}

/* An array or an object: open, items, close. */
static bool list(struct parser *p, char close, bool (*item)(struct parser *p))
{
	p->at++;
	blanks(p);
	if (take(p, close))
		return true;
	if (++p->depth > JSON_DEPTH)
		return fault(p, "too many values within each other");
	do {
		if (!item(p))
			return false;
		blanks(p);
	} while (take(p, ','));
	p->depth--;
	return take(p, close) || fault(p, "no comma, and no end of a list");
}

static bool value(struct parser *p)
{
	blanks(p);
	if (p->at == p->end)
		return fault(p, "it ends before its time");
	switch (*p->at) {
	case '{':
		return list(p, '}', member);
	case '[':
		return list(p, ']', value);
	case '"':
		return string(p);
	case 't':
		return word(p, "true");
	case 'f':
		return word(p, "false");
	case 'n':
		return word(p, "null");
	default:
		return number(p);
	}
}

static bool parse(struct parser *p)
{
	if (!value(p))
		return false;
	blanks(p);
	return p->at == p->end || fault(p, "something behind the end");
}

int json_check(const char *text, size_t len, struct json *v)
{
	struct parser p = {text, text + len, 0, NULL};

	*v = (struct json){text, text + len};
	while (v->p < v->end && strchr(" \t\r\n", *v->p) && *v->p)
		v->p++;
	return parse(&p) ? 0 : -1;
}

struct json_fault json_fault(const char *text, size_t len)
{
	struct parser p = {text, text + len, 0, NULL};
	struct json_fault f = {.line = 1};

	parse(&p);
	f.what = p.wrong;
	for (const char *s = text; s < p.at; s++)
		f.line += *s == '\n';
	return f;
}

/* --- a walk through what was checked */

/* The value at p->at, which is left behind it. */
static struct json next(struct parser *p)
{
	struct json v;

	blanks(p);
	v.p = p->at;
	value(p);
	v.end = p->at;
	return v;
}

static bool is_name(struct json quoted, const char *name)
{
	char text[64];

	return json_text(quoted, text, sizeof text) && !strcmp(text, name);
}

bool json_member(struct json o, const char *name, struct json *v)
{
	struct parser p = {o.p, o.end, 0, NULL};
	bool found = false;

	if (!take(&p, '{'))
		return false;
	for (blanks(&p); p.at < p.end && *p.at == '"'; blanks(&p)) {
		struct json key = next(&p), here;

		blanks(&p);
		take(&p, ':');
		here = next(&p);
		if (is_name(key, name)) {
			*v = here;
			found = true;
		}
		blanks(&p);
		take(&p, ',');
	}
	return found;
}

bool json_element(struct json a, size_t *at, struct json *v)
{
	struct parser p = {a.p, a.end, 0, NULL};

	if (!take(&p, '['))
		return false;
	if (*at)
		p.at = a.p + *at;
	blanks(&p);
	if (p.at == p.end || *p.at == ']')
		return false;
	*v = next(&p);
	blanks(&p);
	take(&p, ',');
	*at = (size_t)(p.at - a.p);
	return true;
}

/* --- strings and numbers */

/* The character behind a backslash; *s is left behind it. */
static long escaped(const char **s, const char *end)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char c = *(*s)++;
	const char *at = strchr(from, c);
	int low;
	long n;

	if (c != 'u')
		return at ? to[at - from] : c;
	n = hex4(*s, end);
	*s += 4;
	if (n >= 0xD800 && n < 0xDC00 && end - *s >= 6 && (*s)[0] == '\\' && (*s)[1] == 'u') {
		low = hex4(*s + 2, end);
		if (low >= 0xDC00 && low < 0xE000) {
			*s += 6;
			return 0x10000 + ((n - 0xD800) << 10) + (low - 0xDC00);
		}
	}
	return n == 0 || (n >= 0xD800 && n < 0xE000) ? UTF8_REPLACEMENT : n;
}

static size_t encode(long c, char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(n == 1 ? c : (0xF00 >> n & 0xFF) | c);
	return n;
}

bool json_text(struct json v, char *dst, size_t cap)
{
	const char *s = v.p + 1, *end = v.end - 1;
	size_t len = 0, n;

	dst[0] = '\0';
	if (v.end - v.p < 2 || *v.p != '"')
		return false;
	while (s < end) {
		char one[4];

		if (*s == '\\') {
			s++;
			n = encode(escaped(&s, end), one);
		} else {
			n = utf8_length(s, (size_t)(end - s));
			memcpy(one, s, n);
			s += n;
		}
		if (len + n >= cap)
			break;
		memcpy(dst + len, one, n);
		len += n;
	}
	dst[len] = '\0';
	return true;
}

bool json_number(struct json v, long *n)
{
	size_t len = (size_t)(v.end - v.p);
	char text[24];

	*n = 0;
	if (len >= sizeof text || !len)
		return false;
	memcpy(text, v.p, len);
	text[len] = '\0';
	return str_number(text, 0, 999999999999L, n) == 0;
}

bool json_true(struct json v)
{
	return v.end - v.p == 4 && !memcmp(v.p, "true", 4);
}
