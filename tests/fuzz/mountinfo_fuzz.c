/* proc_pid_mountinfo(5): what a line says, written down as the kernel does, is read as the same. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/mount.h"

/* seq_file's mangle(): blanks, newlines and backslashes as octal. */
static void put(struct buf *b, const char *s)
{
	for (; *s; s++)
		if (strchr(" \t\n\\", *s))
			buf_addf(b, "\\%03o", (unsigned char)*s);
		else
			buf_add(b, s, 1);
	buf_adds(b, " ");
}

static bool same(const struct mount_entry *a, const struct mount_entry *b)
{
	return a->id == b->id && a->parent == b->parent && a->major == b->major &&
	       a->minor == b->minor && !strcmp(a->root, b->root) && !strcmp(a->point, b->point) &&
	       !strcmp(a->options, b->options) && !strcmp(a->type, b->type) &&
	       !strcmp(a->source, b->source) && !strcmp(a->super, b->super);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mount_entry m, again;
	char line[8192];
	struct buf b = BUF_OF(line);

	if (mount_parse_line((const char *)data, size, &m))
		return 0;
	CLAIM(*m.point == '/' || *m.point == '\0' || size); /* "/" escaped is still a path */
	if (!*m.root || !*m.point || !*m.options || !*m.type || !*m.source || *m.point != '/')
		return 0; /* the kernel writes no such field */
	buf_addf(&b, "%u %u %u:%u ", m.id, m.parent, m.major, m.minor);
	put(&b, m.root);
	put(&b, m.point);
	put(&b, m.options);
	buf_adds(&b, "shared:1 master:2 - ");
	put(&b, m.type);
	put(&b, m.source);
	put(&b, m.super);
	CLAIM(!b.cut);
	if (mount_parse_line(line, b.len, &again))
		CLAIM(strlen(m.point) < b.len &&
		      strpbrk(m.point, " \t\n\\")); /* too long when escaped */
	else
		CLAIM(same(&m, &again));
	return 0;
}
