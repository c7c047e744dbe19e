#include "target/distro.h"

#include "base/buf.h"

#include <string.h>

/* Undo the shell quoting os-release(5) allows. */
static int unquote(const char *s, size_t len, char *dst, size_t cap)
{
	char quote = 0;
	size_t n = 0;

	while (len && strchr(" \t\r", s[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++) {
		if (!quote && (s[i] == '"' || s[i] == '\'')) {
			quote = s[i];
			continue;
		}
		if (quote && s[i] == quote) {
			quote = 0;
			continue;
		}
		if (s[i] == '\\' && quote != '\'' && i + 1 < len)
			i++;
		if (!s[i] || n + 1 >= cap)
			return -1;
		dst[n++] = s[i];
	}
	dst[n] = 0;
	return quote ? -1 : 0;
}

int distro_release(const char *data, size_t len, const char *key, char *dst, size_t cap)
{
	const char *p = data, *line;
	size_t n, want = strlen(key);
	char last[256];
	int rc = -1;

	while (line_next(&p, data + len, &line, &n))
		if (n > want && !memcmp(line, key, want) && line[want] == '=' &&
		    !unquote(line + want + 1, n - want - 1, last, sizeof last))
			rc = str_copy(dst, cap, last) ? 0 : -1;
	return rc;
}
