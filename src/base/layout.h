/* layout: lines for a person: escaped, wrapped at words to the columns of a terminal, and a box around what must not be missed. Pure.
 *
 * The width is the one on the screen (wcwidth(3)) of what is left after escaping. One column stays free: some terminals begin a new line as soon
 * as the last one is filled.
 */
#ifndef BASE_LAYOUT_H
#define BASE_LAYOUT_H

#include "base/buf.h"

#define LAYOUT_COLUMNS 79

enum tone { TONE_PLAIN, TONE_STRONG, TONE_GOOD, TONE_WARN, TONE_BAD };

struct layout {
	unsigned columns; /* 0: lines have no end */
	bool colour;	  /* never the only carrier of a meaning */
	const char *eol;
};

/* What is said: lead stands before the text, and the lines after the first are indented below the text's beginning, by two columns where there
 * is no lead. Only the text is escaped. */
struct said {
	enum tone tone;
	const char *lead, *text;
	size_t len;
};

void layout_text(struct buf *b, const struct layout *l, const struct said *s);
/* A box of the whole width around the lines of a text. */
void layout_box(struct buf *b, const struct layout *l, enum tone tone, const char *text);
/* One line that can be written over, cut where the columns end. */
void layout_live(struct buf *b, const struct layout *l, const char *text);

#endif
