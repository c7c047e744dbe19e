#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define START 0xcbf29ce484222325ULL /* FNV-1a's */
#define PRIME 0x100000001b3ULL

struct tree {
	FILE *out;
	size_t top; /* length of the folder's own name */
	dev_t dev;
};

/* Eight bytes at a time: the guest's processor is an emulated one. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t word;

	for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
		memcpy(&word, p, sizeof word);
		h = (h ^ word) * PRIME;
		h ^= h >> 32;
	}
	while (len--)
		h = (h ^ *p++) * PRIME;
	return h;
}

static int hash_file(const char *path, uint64_t *h)
{
	static char chunk[65536];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 0;

	while (fd >= 0 && (n = read(fd, chunk, sizeof chunk)) > 0)
		*h = hash(*h, chunk, (size_t)n);
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* Names and values in whatever order the file system tells them. */
static int hash_xattrs(const char *path, uint64_t *sum)
{
	char names[4096], value[4096];
	ssize_t n = llistxattr(path, names, sizeof names), len;

	if (n < 0)
		return errno == ENOTSUP ? 0 : -1;
	for (char *p = names; p < names + n; p += strlen(p) + 1) {
		len = lgetxattr(path, p, value, sizeof value);
		if (len < 0)
			return -1;
		*sum += hash(hash(START, p, strlen(p)), value, (size_t)len);
	}
	return 0;
}

/* A path that cannot be read is known by that. */
static void add_line(struct tree *t, const char *path, const struct stat *st)
{
	uint64_t content = START, xattrs = 0;
	char link[PATH_MAX] = "-";
	ssize_t n = 0;

	if (S_ISLNK(st->st_mode)) {
		n = readlink(path, link, sizeof link - 1);
		link[n < 0 ? 0 : n] = '\0';
	}
	if (n < 0 || (S_ISREG(st->st_mode) && hash_file(path, &content)) ||
	    hash_xattrs(path, &xattrs))
		fprintf(t->out, "%s unreadable: %s\n", path + t->top, strerror(errno));
	else
		fprintf(t->out, "%s %o %u:%u %lld %016llx %s %016llx\n", path + t->top, st->st_mode,
			st->st_uid, st->st_gid, S_ISREG(st->st_mode) ? (long long)st->st_size : 0LL,
			(unsigned long long)content, link, (unsigned long long)xattrs);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
}

static void walk(struct tree *t, const char *path)
{
	struct dirent **list = NULL;
	char below[PATH_MAX];
	struct stat st;
	int n = 0;

	if (lstat(path, &st)) {
		fprintf(t->out, "%s unreadable: %s\n", path + t->top, strerror(errno));
		return;
	}
	if (st.st_dev != t->dev)
		return;
	add_line(t, path, &st);
	if (S_ISDIR(st.st_mode) && (n = scandir(path, &list, not_dots, by_name)) < 0)
		fprintf(t->out, "%s/ unreadable: %s\n", path + t->top, strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(below, sizeof below, "%s/%s", path, list[i]->d_name);
		walk(t, below);
		free(list[i]);
	}
	free(list);
}

char *tree_read(const char *folder)
{
	char *text = NULL;
	size_t len;
	struct stat st;
	struct tree t = {open_memstream(&text, &len), strlen(folder), 0};

	if (!t.out)
		return NULL;
	if (lstat(folder, &st) == 0)
		t.dev = st.st_dev;
	walk(&t, folder);
	if (fclose(t.out) == 0)
		return text;
	free(text);
	return NULL;
}

const char *tree_line(const char *text, const char *path, int len, int *linelen)
{
	for (const char *p = text; *p; p += *linelen + 1) {
		*linelen = (int)strcspn(p, "\n");
		if (*linelen > len && !strncmp(p, path, (size_t)len) && p[len] == ' ')
			return p;
	}
	return NULL;
}
