/* tree: a scratch root for a test, and its full listing, to compare before and after. */
#ifndef TESTS_BASE_TREE_H
#define TESTS_BASE_TREE_H

#include "base/file.h"
#include "base/inode.h"
#include "base/place.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TREE_LISTING (4u << 20)

/* Make a scratch directory; its path into path (64 bytes). Returns its descriptor. */
static inline int tree_make(char *path)
{
	int fd;

	strcpy(path, "/tmp/rdtree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(chmod(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline void tree_remove(int fd, const char *path)
{
	close(fd);
	ck_assert_int_eq(place_remove_tree(AT_FDCWD, path), 0);
}

struct tree_names {
	char *list[256];
	unsigned n;
};

static inline int tree_add(void *arg, int dirfd, const char *name)
{
	struct tree_names *n = arg;

	(void)dirfd;
	ck_assert_uint_lt(n->n, 256);
	n->list[n->n++] = strdup(name);
	return 0;
}

static inline int tree_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void tree_walk(int root, const char *dir, struct buf *b)
{
	struct tree_names n = {.n = 0};
	struct inode *in = malloc(sizeof *in);
	char path[PATH_CAP];
	int fd = path_open(root, dir, O_RDONLY | O_DIRECTORY, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(path_each(root, dir, tree_add, &n), 0);
	qsort(n.list, n.n, sizeof n.list[0], tree_order);
	for (unsigned i = 0; i < n.n; i++) {
		snprintf(path, sizeof path, "%s/%s", strcmp(dir, "/") ? dir : "", n.list[i]);
		if (strcmp(path, JOURNAL_DIR)) {
			ck_assert_int_eq(inode_read(fd, n.list[i], in), 0);
			in->mtime.tv_sec = in->mtime.tv_nsec = 0;
			in->nlink = 0;
			field_add(b, "path", path);
			inode_print(b, "is", in);
			buf_adds(b, "\n");
			if (S_ISDIR(in->mode))
				tree_walk(root, path, b);
		}
		free(n.list[i]);
	}
	close(fd);
	free(in);
}

/* Every inode below the root but the journal's: type, attributes, content. Freed by the caller. */
static inline char *tree_list(int fd)
{
	struct buf b = {.p = calloc(1, TREE_LISTING), .cap = TREE_LISTING};

	ck_assert_ptr_nonnull(b.p);
	tree_walk(fd, "/", &b);
	ck_assert(!b.cut);
	return b.p;
}

/* Write a file below root; the folders above it are made. */
static inline void tree_put(const char *root, const char *path, const void *data, size_t len)
{
	char name[400];
	FILE *f;

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(name, sizeof name, "%s%.*s", root, (int)(p - path), path);
		mkdir(name, 0755);
	}
	snprintf(name, sizeof name, "%s%s", root, path);
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

#endif
