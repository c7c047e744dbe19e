#include "target/pam_edit.h"

#include <stdlib.h>
#include <string.h>

/* The line's bytes: [*from, returned). */
static size_t find(const struct pam_edit *e, size_t *from)
{
	const char *p = e->data, *end = e->data + e->len, *line;
	unsigned number = 0;
	size_t len;

	*from = e->len;
	while (number + 1 < e->number + e->lines && line_next(&p, end, &line, &len))
		if (++number == e->number)
			*from = (size_t)(line - e->data);
	return (size_t)(p - e->data);
}

void pam_edit_disable(const struct pam_edit *e, struct buf *out)
{
	size_t from, to = find(e, &from);
	bool start = true;

	buf_add(out, e->data, from);
	for (size_t i = from; i < to; i++) {
		if (start)
			buf_adds(out, PAM_EDIT_MARK);
		buf_add(out, e->data + i, 1);
		start = e->data[i] == '\n';
	}
	if (to > from)
		buf_add(out, e->data + to, e->len - to);
}

static void put_jump(unsigned long n, const char *to, struct buf *out)
{
	if (to)
		buf_adds(out, to);
	else if (n > 1)
		buf_addf(out, "%lu", n - 1);
	else
		buf_adds(out, "ignore");
}

void pam_edit_jumps(const struct pam_edit *e, unsigned least, const char *to, struct buf *out)
{
	size_t from, end = find(e, &from), i = from;
	char last = 0;

	while (i < end && e->data[i] != '[')
		i++;
	buf_add(out, e->data, i);
	for (; i < end && e->data[i] != ']'; i++) {
		char digits[12] = "";
		size_t n = 0;

		while (last == '=' && n < 10 && i + n < end && e->data[i + n] >= '0' &&
		       e->data[i + n] <= '9') {
			digits[n] = e->data[i + n];
			n++;
		}
		if (n && strtoul(digits, NULL, 10) >= least) {
			put_jump(strtoul(digits, NULL, 10), to, out);
			i += n - 1;
		} else {
			buf_add(out, e->data + i, 1);
		}
		if (!strchr(" \t\n\\", e->data[i]))
			last = e->data[i];
	}
	buf_add(out, e->data + i, e->len - i);
}

void pam_edit_newlines(const struct pam_edit *e, struct buf *out)
{
	for (size_t i = 0; i < e->len; i++)
		if (e->data[i] != '\r')
			buf_add(out, e->data + i, 1);
}
