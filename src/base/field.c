#include "base/inode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("/._-:,+@", c));
}

static void add_escaped(struct buf *b, const char *s)
{
	for (; *s; s++)
		if (is_plain(*s))
			buf_add(b, s, 1);
		else
			buf_addf(b, "%%%02x", (unsigned char)*s);
}

void field_add(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, " %s=", key);
	add_escaped(b, value);
}

int field_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where key's value lies in the line. */
static const char *find_value(const char *line, size_t len, const char *key, size_t *n)
{
	const char *end = line + len, *p = line;
	size_t klen = strlen(key);

	while (p < end) {
		const char *stop = memchr(p, ' ', (size_t)(end - p));

		if (!stop)
			stop = end;
		if ((size_t)(stop - p) > klen && !memcmp(p, key, klen) && p[klen] == '=') {
			*n = (size_t)(stop - p) - klen - 1;
			return p + klen + 1;
		}
		p = stop + 1;
	}
	return NULL;
}

bool field_get(const char *line, size_t len, const char *key, struct buf *value)
{
	size_t n = 0;
	const char *p = find_value(line, len, key, &n);

	value->len = 0;
	if (!p)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '%') {
			int high, low;

			if (n - i < 3 || (high = field_hex(p[i + 1])) < 0 ||
			    (low = field_hex(p[i + 2])) < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		buf_add(value, &c, 1);
	}
	value->p[value->len] = '\0';
	return !value->cut;
}

bool field_number(const char *line, size_t len, const char *key, unsigned long long *value)
{
	char text[24] = "", *end;
	struct buf b = BUF_OF(text);

	if (!field_get(line, len, key, &b) || !b.len || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !*end && !errno;
}
