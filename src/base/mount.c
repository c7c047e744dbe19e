#include "base/mount.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

/* The next word of [*p,end): false when there is none. */
static bool word_next(const char **p, const char *end, const char **word, size_t *len)
{
	while (*p < end && (**p == ' ' || **p == '\t'))
		(*p)++;
	*word = *p;
	while (*p < end && **p != ' ' && **p != '\t')
		(*p)++;
	*len = (size_t)(*p - *word);
	return *len > 0;
}

/* Copy with \ooo undone. False when it was cut or holds a NUL. */
static bool unescape(char *dst, size_t cap, const char *s, size_t len)
{
	size_t n = 0, i;

	for (i = 0; i < len; i++, n++) {
		unsigned c = (unsigned char)s[i];

		if (c == '\\' && len - i > 3 && s[i + 1] >= '0' && s[i + 1] <= '3' &&
		    s[i + 2] >= '0' && s[i + 2] <= '7' && s[i + 3] >= '0' && s[i + 3] <= '7') {
			c = (unsigned)((s[i + 1] - '0') << 6 | (s[i + 2] - '0') << 3 |
				       (s[i + 3] - '0'));
			i += 3;
		}
		if (!c || n + 1 >= cap)
			break;
		dst[n] = (char)c;
	}
	dst[n] = '\0';
	return i == len;
}

static int bad(int error)
{
	errno = error;
	return -1;
}

/* A number and the byte that ends it. */
static bool number_next(const char **p, const char *end, char stop, unsigned *n)
{
	const char *start = *p;

	for (*n = 0; *p < end && **p >= '0' && **p <= '9'; (*p)++)
		*n = *n * 10 + (unsigned)(**p - '0');
	return *p > start && *p < end && *(*p)++ == stop;
}

int mount_parse_line(const char *line, size_t len, struct mount_entry *m)
{
	const char *p = line, *end = line + len, *word;
	size_t n;

	memset(m, 0, sizeof *m);
	if (!number_next(&p, end, ' ', &m->id) || !number_next(&p, end, ' ', &m->parent) ||
	    !number_next(&p, end, ':', &m->major) || !number_next(&p, end, ' ', &m->minor))
		return bad(EINVAL);
	if (!word_next(&p, end, &word, &n))
		return bad(EINVAL);
	unescape(m->root, sizeof m->root, word, n);
	if (!word_next(&p, end, &word, &n) || *word != '/' || n >= sizeof m->point)
		return bad(EINVAL);
	unescape(m->point, sizeof m->point, word, n);
	if (!word_next(&p, end, &word, &n))
		return bad(EINVAL);
	unescape(m->options, sizeof m->options, word, n);
	do { /* optional fields, up to a lone "-" */
		if (!word_next(&p, end, &word, &n))
			return bad(EINVAL);
	} while (n != 1 || *word != '-');
	if (!word_next(&p, end, &word, &n))
		return bad(EINVAL);
	unescape(m->type, sizeof m->type, word, n);
	if (word_next(&p, end, &word,
		      &n)) /* an empty source is two blanks in the file: super moves up */
		unescape(m->source, sizeof m->source, word, n);
	if (word_next(&p, end, &word, &n))
		unescape(m->super, sizeof m->super, word, n);
	return 0;
}

int mount_each(int (*fn)(void *arg, const struct mount_entry *m), void *arg)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mount_entry m = {0};
	char line[8192];
	int rc = 0, c;

	if (!f)
		return -1;
	while (rc == 0 && fgets(line, sizeof line, f)) {
		size_t len = strcspn(line, "\n");

		if (!line[len]) /* options longer than any field kept here */
			while ((c = getc(f)) != EOF && c != '\n')
				;
		if (mount_parse_line(line, len, &m) == 0)
			rc = fn(arg, &m);
	}
	if (ferror(f))
		rc = -1;
	fclose(f);
	return rc;
}

struct find {
	const char *point;
	struct mount_entry *m;
	bool found;
};

static int find_one(void *arg, const struct mount_entry *m)
{
	struct find *f = arg;

	if (!strcmp(m->point, f->point)) {
		*f->m = *m;
		f->found = true;
	}
	return 0;
}

int mount_find(const char *point, struct mount_entry *m)
{
	struct find f = {point, m, false};

	if (mount_each(find_one, &f))
		return -1;
	return f.found ? 0 : bad(ENOENT);
}

int mount_look(const char *device, const char *type, const char *point, const char *more)
{
	static const struct {
		char type[6], data[20];
	} quiet[] = {{"ext2", "noload"},
		     {"ext3", "noload"},
		     {"ext4", "noload"},
		     {"xfs", "norecovery"},
		     {"btrfs", "rescue=nologreplay"},
		     {"f2fs", "norecovery"}};
	char data[320] = "";
	struct buf b = BUF_OF(data);

	for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++)
		if (!strcmp(type, quiet[i].type))
			buf_adds(&b, quiet[i].data);
	if (more)
		buf_addf(&b, "%s%s", b.len ? "," : "", more);
	if (b.cut) {
		errno = ENAMETOOLONG;
		return -1;
	}
	/* ext4's driver is the only one that knows noload, and reads the older ones */
	return mount(device, point, str_starts(type, "ext") ? "ext4" : type,
		     MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, data);
}

int fstab_parse_line(const char *line, size_t len, struct fstab_entry *e)
{
	const char *p = line, *end = line + len, *word;
	struct {
		char *dst;
		size_t cap;
	} fields[] = {{e->source, sizeof e->source},
		      {e->point, sizeof e->point},
		      {e->type, sizeof e->type},
		      {e->options, sizeof e->options}};
	size_t n, i;

	memset(e, 0, sizeof *e);
	if (len && end[-1] == '\r')
		end--;
	for (i = 0; i < 4 && word_next(&p, end, &word, &n); i++) {
		if (i == 0 && *word == '#')
			return 0;
		if (n >= fields[i].cap || !unescape(fields[i].dst, fields[i].cap, word, n))
			return -1;
	}
	if (i == 0)
		return 0;
	if (i < 3)
		return -1;
	if (i == 3)
		str_copy(e->options, sizeof e->options, "defaults");
	return 1;
}

void mount_subvolume(const char *options, char *dst, size_t cap)
{
	size_t len;

	*dst = '\0';
	for (const char *p = options; *p; p += len + (p[len] == ',')) {
		len = strcspn(p, ",");
		if (str_starts(p, "subvol=")) { /* the last one counts */
			const char *name = p + strlen("subvol=");

			name += strspn(name, "/");
			snprintf(dst, cap, "%.*s", (int)(p + len - name), name);
		}
	}
}
