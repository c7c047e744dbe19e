#include "base/xattr.h"

#include "base/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define NAMES 8192
#define NAMES_COUNT 128
#define VALUE 16384

/* Not the file's own: an overlay's bookkeeping; file systems' views of other things (nfs4_acl,
 * btrfs). */
static bool is_kept(const char *name)
{
	return str_starts(name, "user.") || str_starts(name, "security.") ||
	       str_starts(name, "system.posix_acl_") ||
	       (str_starts(name, "trusted.") && !str_starts(name, "trusted.overlay."));
}

static ssize_t list(int fd, const char *path, char *names)
{
	ssize_t n = fd >= 0 ? flistxattr(fd, names, NAMES) : llistxattr(path, names, NAMES);

	if (n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS))
		return 0;
	if (n < 0 && errno == ERANGE)
		errno = E2BIG;
	return n;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Split the list the kernel gave into sorted names. */
static int sort_names(char *names, ssize_t len, char **sorted)
{
	int n = 0;

	for (char *p = names; p < names + len; p += strlen(p) + 1) {
		if (!is_kept(p))
			continue;
		if (n == NAMES_COUNT) {
			errno = E2BIG;
			return -1;
		}
		sorted[n++] = p;
	}
	qsort(sorted, (size_t)n, sizeof *sorted, by_name);
	return n;
}

/* ':' and ',' divide the text: in a name they, '%' and what is not ASCII are %XX. */
static void add_name(struct buf *b, const char *name)
{
	for (; *name; name++)
		if (strchr(":,%", *name) || (unsigned char)*name <= ' ' ||
		    (unsigned char)*name >= 127)
			buf_addf(b, "%%%02x", (unsigned char)*name);
		else
			buf_add(b, name, 1);
}

int xattr_read(int fd, const char *path, char *text, size_t cap)
{
	struct buf b = {.p = text, .cap = cap};
	char names[NAMES], *sorted[NAMES_COUNT], *value;
	ssize_t len = list(fd, path, names), n;
	int count, rc = -1;

	text[0] = '\0';
	if (len <= 0)
		return (int)len;
	count = sort_names(names, len, sorted);
	value = malloc(VALUE);
	if (count < 0 || !value)
		goto out;
	for (int i = 0; i < count; i++) {
		n = fd >= 0 ? fgetxattr(fd, sorted[i], value, VALUE)
			    : lgetxattr(path, sorted[i], value, VALUE);
		if (n < 0 && errno == ENODATA)
			continue;
		if (n < 0) {
			errno = errno == ERANGE ? E2BIG : errno;
			goto out;
		}
		if (b.len)
			buf_adds(&b, ",");
		add_name(&b, sorted[i]);
		buf_adds(&b, ":");
		for (ssize_t k = 0; k < n; k++)
			buf_addf(&b, "%02x", (unsigned char)value[k]);
	}
	rc = b.cut ? -1 : 0;
	if (b.cut)
		errno = E2BIG;
out:
	free(value);
	return rc;
}

const char *xattr_find(const char *text, const char *name)
{
	char escaped[800];
	struct buf b = BUF_OF(escaped);

	add_name(&b, name);
	buf_adds(&b, ":");
	for (const char *p = text; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (str_starts(p, escaped))
			return p + b.len;
	return NULL;
}

void xattr_drop(char *text, const char *name)
{
	const char *value = xattr_find(text, name);
	char *start, *end;

	if (!value)
		return;
	for (start = text + (value - text); start > text && start[-1] != ','; start--)
		;
	end = start + strcspn(start, ",");
	if (*end)
		end++;
	else if (start > text)
		start--;
	memmove(start, end, strlen(end) + 1);
}

int xattr_put(char *text, size_t cap, const char *name, const char *value)
{
	char mem[2048] = "", *at = text;
	struct buf b = BUF_OF(mem);
	size_t rest;

	xattr_drop(text, name);
	add_name(&b, name);
	while (*at && strncmp(at, mem, b.len) < 0) { /* they are sorted */
		at += strcspn(at, ",");
		at += *at == ',';
	}
	rest = strlen(at) + 1;
	buf_adds(&b, ":");
	for (const char *v = value;; v++) {
		buf_addf(&b, "%02x", (unsigned char)*v);
		if (!*v)
			break;
	}
	if (at > text && at[-1] != ',') { /* the last one */
		memmove(mem + 1, mem, b.len);
		mem[0] = ',';
		b.len++;
	} else if (*at) {
		buf_adds(&b, ",");
	}
	if (b.cut || b.len + 2 > sizeof mem || (size_t)(at - text) + b.len + rest > cap) {
		errno = E2BIG;
		return -1;
	}
	memmove(at + b.len, at, rest);
	memcpy(at, mem, b.len);
	return 0;
}

static int hex_byte(const char *s)
{
	char pair[3] = {s[0], s[0] ? s[1] : '\0', '\0'};
	char *end;
	long n = strtol(pair, &end, 16);

	return end == pair + 2 ? (int)n : -1;
}

/* Undo one "name:hex" at p into name and value; returns the value's length or -1. */
static ssize_t parse_one(const char *p, char name[256], char *value)
{
	size_t n = 0;
	ssize_t len = 0;

	for (; *p && *p != ':' && *p != ',' && n < 255; p++)
		if (*p == '%' && hex_byte(p + 1) >= 0) {
			name[n++] = (char)hex_byte(p + 1);
			p += 2;
		} else {
			name[n++] = *p;
		}
	name[n] = '\0';
	if (*p++ != ':')
		return -1;
	for (; *p && *p != ','; p += 2) {
		if (hex_byte(p) < 0 || len == VALUE)
			return -1;
		value[len++] = (char)hex_byte(p);
	}
	return len;
}

static int set_all(int fd, const char *path, const char *text, char *value)
{
	char name[256];

	for (const char *p = text; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		ssize_t len = parse_one(p, name, value);
		int rc;

		if (len < 0) {
			errno = EINVAL;
			return -1;
		}
		rc = fd >= 0 ? fsetxattr(fd, name, value, (size_t)len, 0)
			     : lsetxattr(path, name, value, (size_t)len, 0);
		/* the kernel's own signature over the inode: no one else may write it */
		if (rc && strcmp(name, "security.evm"))
			return -1;
	}
	return 0;
}

int xattr_apply(int fd, const char *path, const char *text)
{
	char names[NAMES];
	ssize_t len = list(fd, path, names);
	char *value;
	int rc;

	if (len < 0)
		return -1;
	for (char *p = names; p < names + len; p += strlen(p) + 1) {
		if (!is_kept(p) || xattr_find(text, p))
			continue;
		rc = fd >= 0 ? fremovexattr(fd, p) : lremovexattr(path, p);
		if (rc && errno != ENODATA && !str_starts(p, "security."))
			return -1;
	}
	if (!*text)
		return 0;
	value = malloc(VALUE);
	if (!value)
		return -1;
	rc = set_all(fd, path, text, value);
	free(value);
	return rc;
}
