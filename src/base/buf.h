/* buf: bytes appended to memory the caller owns; never grows, says when it was cut. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p; /* always NUL-terminated when cap > 0 */
	size_t len, cap;
	bool cut; /* something did not fit */
};

#define BUF_OF(array) ((struct buf){.p = (array), .cap = sizeof(array)})

/* Append; what does not fit is dropped and b->cut set. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);
/* Append with control characters, DEL and invalid UTF-8 as \xNN; newline and tab stay when keep_lines. */
void buf_add_escaped(struct buf *b, const void *data, size_t len, bool keep_lines);
/* Append as a quoted JSON string (RFC 8259); invalid UTF-8 becomes U+FFFD. */
void buf_add_json(struct buf *b, const char *s);

/* Length of the valid UTF-8 sequence at the beginning of a text that is not empty (RFC 3629: no overlong form, no surrogate), 0: there is none. */
size_t utf8_length(const void *text, size_t len);
/* Copy s into dst[cap], always terminated. Returns false when it was cut. */
bool str_copy(char *dst, size_t cap, const char *s);
/* Does s match a pattern as fnmatch(3) without flags has it: '*' any bytes, '?' one byte, [a-z], [!a-z], '\\' the byte behind it? Of bytes: no
 * [:classes:], which with the C library's tables of all of Unicode weigh more than all else that reads patterns. At worst in as many steps as both have bytes,
 * multiplied. */
bool str_matches(const char *s, const char *pattern);
/* Does s start with prefix? */
bool str_starts(const char *s, const char *prefix);
/* Parse a decimal in [min,max], no sign, blanks or trailing bytes. Returns 0, or -1 and errno EINVAL/ERANGE. */
int str_number(const char *s, long min, long max, long *out);
/* The first newline of n bytes; NULL: there is none. */
const char *line_end(const char *s, size_t n);
/* How many of n bytes, of a line, are c? */
unsigned line_count(const char *s, size_t n, char c);
/* The next line of [*p,end): sets line,len (without "\n") and advances *p. Returns false at the end. */
bool line_next(const char **p, const char *end, const char **line, size_t *len);

#endif
