/* fstab(5): what a line says, written down anew, is read as the same. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/mount.h"

static void put(struct buf *b, const char *s)
{
	for (; *s; s++)
		if (strchr(" \t\r\n\\#", *s))
			buf_addf(b, "\\%03o", (unsigned char)*s);
		else
			buf_add(b, s, 1);
	buf_adds(b, " \t");
}

/* fstab(5)'s first field, read anew: \\ooo is a byte. */
static bool is_first(struct fuzz_part line, const char *want)
{
	size_t n = 0;

	while (line.len && (*line.p == ' ' || *line.p == '\t'))
		line.p++, line.len--;
	for (; line.len && *line.p != ' ' && *line.p != '\t'; n++) {
		unsigned byte = (unsigned char)*line.p, used = 1;

		if (line.len >= 4 && byte == '\\' && line.p[1] >= '0' && line.p[1] < '4' &&
		    line.p[2] >= '0' && line.p[2] < '8' && line.p[3] >= '0' && line.p[3] < '8') {
			byte = 64u * (unsigned)(line.p[1] - '0') +
			       8u * (unsigned)(line.p[2] - '0') + (unsigned)(line.p[3] - '0');
			used = 4;
		}
		if ((unsigned char)want[n] != byte)
			return false;
		line.p += used;
		line.len -= used;
	}
	return !want[n];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fstab_entry e, again;
	char line[4 * (256 + 256 + 32 + 256) + 16];
	struct buf b = BUF_OF(line);
	int rc = fstab_parse_line((const char *)data, size, &e);

	CLAIM(rc >= -1 && rc <= 1);
	if (rc != 1)
		return 0;
	CLAIM(*e.options);
	CLAIM(is_first((struct fuzz_part){(const char *)data, size}, e.source));
	/* a first field that begins with '#' is a comment; an empty one cannot be written */
	if (!*e.source || !*e.point || !*e.type)
		return 0;
	put(&b, e.source);
	put(&b, e.point);
	put(&b, e.type);
	put(&b, e.options);
	CLAIM(!b.cut);
	/* each byte escaped may be longer than the parser takes: then it refuses, and does not cut
	 */
	rc = fstab_parse_line(line, b.len, &again);
	if (rc == 1)
		CLAIM(!strcmp(e.source, again.source) && !strcmp(e.point, again.point) &&
		      !strcmp(e.type, again.type) && !strcmp(e.options, again.options));
	else
		CLAIM(rc == -1 && b.len > 30);
	return 0;
}
