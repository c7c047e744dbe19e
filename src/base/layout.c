#include "base/layout.h"

#include <string.h>
#include <wchar.h>

#define ESCAPED 16384
#define INDENT 2
#define BOX_SIDES 4 /* "| " and " |" */

/* Columns of the character at s, of whole UTF-8 but for a cut-off end; *n gets its bytes. */
static unsigned glyph(const char *s, size_t len, size_t *n)
{
	const unsigned char *u = (const unsigned char *)s;
	wchar_t c = u[0];
	int width;

	*n = u[0] < 0x80 ? 1 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
	if (*n > len)
		*n = len;
	if (*n > 1)
		c &= 0xFF >> (*n + 1);
	for (size_t i = 1; i < *n; i++)
		c = (wchar_t)((c << 6) | (u[i] & 0x3F));
	width = wcwidth(c);
	return width < 0 ? 1 : (unsigned)width;
}

static unsigned width_of(const char *text, size_t len)
{
	unsigned width = 0;

	for (size_t at = 0, n; at < len; at += n)
		width += glyph(text + at, len - at, &n);
	return width;
}

/* How many bytes make the next line: as many words as there is room for; a longer word is cut. */
static size_t fit(const char *text, size_t len, unsigned columns)
{
	size_t space = 0;
	unsigned width = 0;

	for (size_t at = 0, n; at < len; at += n) {
		if (text[at] == ' ')
			space = at;
		width += glyph(text + at, len - at, &n);
		if (width > columns)
			return space ? space : at ? at : n;
	}
	return len;
}

/* The next line of what is left of an escaped text; false: there is none. */
static bool next_line(const char **text, size_t *len, unsigned columns, struct said *line)
{
	line->text = *text;
	line->len = columns ? fit(*text, *len, columns) : *len;
	*text += line->len;
	*len -= line->len;
	while (*len && **text == ' ') {
		++*text;
		--*len;
	}
	return line->len > 0;
}

static void paint(struct buf *b, const struct layout *l, enum tone tone)
{
	static const char colours[][8] = {[TONE_STRONG] = "\033[1m",
					  [TONE_GOOD] = "\033[1;32m",
					  [TONE_WARN] = "\033[1;33m",
					  [TONE_BAD] = "\033[1;31m"};

	if (l->colour && tone != TONE_PLAIN)
		buf_adds(b, colours[tone]);
}

static void unpaint(struct buf *b, const struct layout *l, enum tone tone)
{
	if (l->colour && tone != TONE_PLAIN)
		buf_adds(b, "\033[m");
}

static void spaces(struct buf *b, unsigned n)
{
	while (n--)
		buf_adds(b, " ");
}

void layout_text(struct buf *b, const struct layout *l, const struct said *s)
{
	char mem[ESCAPED];
	struct buf text = BUF_OF(mem);
	struct said line = *s;
	unsigned lead = width_of(s->lead, strlen(s->lead)), indent = lead ? lead : INDENT;
	unsigned room = l->columns > indent ? l->columns - indent : 0;
	const char *p = mem;
	size_t left;

	buf_add_escaped(&text, s->text, s->len, false);
	left = text.len;
	next_line(&p, &left, lead ? room : l->columns, &line);
	for (bool first = true; first || line.len; first = false) {
		paint(b, l, s->tone);
		if (first)
			buf_adds(b, s->lead);
		else
			spaces(b, indent);
		buf_add(b, line.text, line.len);
		unpaint(b, l, s->tone);
		buf_adds(b, l->eol);
		if (!next_line(&p, &left, room, &line))
			break;
	}
	explicit_bzero(mem, text.len); /* it may be a password */
}

static void box_edge(struct buf *b, const struct layout *l, enum tone tone)
{
	paint(b, l, tone);
	buf_adds(b, "+");
	for (unsigned i = 2; i < LAYOUT_COLUMNS; i++)
		buf_adds(b, "=");
	buf_adds(b, "+");
	unpaint(b, l, tone);
	buf_adds(b, l->eol);
}

static void box_line(struct buf *b, const struct layout *l, const struct said *line)
{
	paint(b, l, line->tone);
	buf_adds(b, "| ");
	buf_add(b, line->text, line->len);
	spaces(b, LAYOUT_COLUMNS - BOX_SIDES - width_of(line->text, line->len));
	buf_adds(b, " |");
	unpaint(b, l, line->tone);
	buf_adds(b, l->eol);
}

void layout_box(struct buf *b, const struct layout *l, enum tone tone, const char *text)
{
	char mem[ESCAPED];
	const char *p = text, *end = text + strlen(text), *raw;
	struct said line = {.tone = tone};
	size_t len;

	box_edge(b, l, tone);
	while (line_next(&p, end, &raw, &len)) {
		struct buf escaped = BUF_OF(mem);
		const char *rest = mem;

		buf_add_escaped(&escaped, raw, len, false);
		len = escaped.len;
		do {
			next_line(&rest, &len, LAYOUT_COLUMNS - BOX_SIDES, &line);
			box_line(b, l, &line);
		} while (len);
	}
	box_edge(b, l, tone);
}

void layout_live(struct buf *b, const struct layout *l, const char *text)
{
	char mem[ESCAPED];
	struct buf escaped = BUF_OF(mem);
	size_t at = 0, n;

	buf_add_escaped(&escaped, text, strlen(text), false);
	for (unsigned width = 0; at < escaped.len; at += n) {
		width += glyph(mem + at, escaped.len - at, &n);
		if (l->columns && width > l->columns)
			break;
	}
	buf_add(b, mem, at);
}
