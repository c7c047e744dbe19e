#include "base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

void buf_add(struct buf *b, const void *data, size_t len)
{
	size_t room = b->cap ? b->cap - 1 - b->len : 0;

	if (len > room) {
		len = room;
		b->cut = true;
	}
	if (len)
		memcpy(b->p + b->len, data, len);
	b->len += len;
	if (b->cap)
		b->p[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->len;
	int n;

	if (!b->cap) {
		b->cut = true;
		return;
	}
	n = vsnprintf(b->p + b->len, room, fmt, ap);
	if (n < 0 || (size_t)n >= room) {
		b->cut = true;
		b->len += strlen(b->p + b->len);
	} else {
		b->len += (size_t)n;
	}
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

size_t utf8_length(const void *text, size_t len)
{
	const unsigned char *s = text;
	unsigned char low = 0x80, high = 0xBF;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	if (n > len)
		return 0;
	if (s[0] == 0xE0)
		low = 0xA0;
	if (s[0] == 0xED)
		high = 0x9F;
	if (s[0] == 0xF0)
		low = 0x90;
	if (s[0] == 0xF4)
		high = 0x8F;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

/* C0, DEL, and C1 as UTF-8 spells it (a terminal may obey U+009B as it does ESC [). */
static bool is_control(const unsigned char *s, size_t n)
{
	return (n == 1 && (s[0] < 0x20 || s[0] == 0x7F)) || (n == 2 && s[0] == 0xC2 && s[1] < 0xA0);
}

void buf_add_escaped(struct buf *b, const void *data, size_t len, bool keep_lines)
{
	const unsigned char *s = data;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_length(s + i, len - i);
		bool kept = keep_lines && (s[i] == '\n' || s[i] == '\t');

		if (n && (kept || !is_control(s + i, n))) {
			buf_add(b, s + i, n);
			i += n;
		} else {
			buf_addf(b, "\\x%02x", s[i++]);
		}
	}
}

void buf_add_json(struct buf *b, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = strlen(text);

	buf_adds(b, "\"");
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = utf8_length(s + i, len - i);
		if (!n)
			buf_adds(b, "\xEF\xBF\xBD");
		else if (s[i] == '"' || s[i] == '\\')
			buf_addf(b, "\\%c", s[i]);
		else if (is_control(s + i, n))
			buf_addf(b, "\\u%04x", s[i + n - 1]);
		else
			buf_add(b, s + i, n);
	}
	buf_adds(b, "\"");
}

bool str_copy(char *dst, size_t cap, const char *s)
{
	size_t len = strlen(s);
	size_t n = len < cap ? len : cap - 1;

	memcpy(dst, s, n);
	dst[n] = '\0';
	return n == len;
}

/* The length of the set "[...]" that p starts with, and whether c is in it; 0: it has no end. */
static size_t set_length(const char *p, unsigned char c, bool *has)
{
	bool negated = p[1] == '!' || p[1] == '^';
	const char *q = p + 1 + negated;

	*has = negated;
	if (!strchr(q, ']')) /* the usual end of a hostile one, found fast */
		return 0;
	for (const char *first = q; *q && (*q != ']' || q == first); q++) {
		unsigned char low, high;

		q += *q == '\\' && q[1];
		low = high = (unsigned char)*q;
		if (q[1] == '-' && q[2] && q[2] != ']') {
			q += 2 + (q[2] == '\\' && q[3]);
			high = (unsigned char)*q;
		}
		if (low <= c && c <= high)
			*has = !negated;
	}
	return *q ? (size_t)(q + 1 - p) : 0;
}

/* How much of the pattern stands for c; 0: its first element does not. */
static size_t matched(const char *pattern, char c)
{
	bool has = false;
	size_t n = *pattern == '[' ? set_length(pattern, (unsigned char)c, &has) : 0;

	if (n)
		return has ? n : 0;
	if (*pattern == '\\' && pattern[1])
		return pattern[1] == c ? 2 : 0;
	return *pattern == '?' || *pattern == c;
}

/* After a mismatch only the last star can still take one byte more. */
bool str_matches(const char *s, const char *pattern)
{
	const char *star = NULL, *from = s;

	while (*s) {
		size_t n = *pattern == '*' ? 0 : matched(pattern, *s);

		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (n) {
			pattern += n;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

bool str_starts(const char *s, const char *prefix)
{
	while (*prefix && *s == *prefix) {
		s++;
		prefix++;
	}
	return !*prefix;
}

int str_number(const char *s, long min, long max, long *out)
{
	long n = 0;

	if (!*s) {
		errno = EINVAL;
		return -1;
	}
	for (; *s; s++) {
		if (*s < '0' || *s > '9') {
			errno = EINVAL;
			return -1;
		}
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *s - '0', &n)) {
			errno = ERANGE;
			return -1;
		}
	}
	if (n < min || n > max) {
		errno = ERANGE;
		return -1;
	}
	*out = n;
	return 0;
}

/* musl's memchr looks at eight bytes at a time, which of a million accounts was a fifth of the
 * time. */
const char *line_end(const char *s, size_t n)
{
#ifdef __SSE2__
	const __m128i newline = _mm_set1_epi8('\n');

	for (; n >= sizeof newline; s += sizeof newline, n -= sizeof newline) {
		__m128i at = _mm_loadu_si128((const void *)s);
		int found = _mm_movemask_epi8(_mm_cmpeq_epi8(at, newline));

		if (found)
			return s + __builtin_ctz((unsigned)found);
	}
#endif
	return memchr(s, '\n', n);
}

unsigned line_count(const char *s, size_t n, char c)
{
	unsigned count = 0;
#ifdef __SSE2__
	const __m128i one = _mm_set1_epi8(1), same = _mm_set1_epi8(c), zero = _mm_setzero_si128();
	__m128i sums = zero; /* of each half */

	for (; n >= sizeof one; s += sizeof one, n -= sizeof one) {
		__m128i at = _mm_cmpeq_epi8(_mm_loadu_si128((const void *)s), same);

		sums = _mm_add_epi64(sums, _mm_sad_epu8(_mm_and_si128(at, one), zero));
	}
	count = (unsigned)(_mm_cvtsi128_si32(sums) + _mm_cvtsi128_si32(_mm_srli_si128(sums, 8)));
#endif
	while (n--)
		count += *s++ == c;
	return count;
}

bool line_next(const char **p, const char *end, const char **line, size_t *len)
{
	const char *newline;

	if (*p >= end)
		return false;
	newline = line_end(*p, (size_t)(end - *p));
	*line = *p;
	*len = (size_t)((newline ? newline : end) - *p);
	*p = newline ? newline + 1 : end;
	return true;
}
