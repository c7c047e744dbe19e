/* scratch: an empty target that a test fills, with a journal open on it. */
#ifndef TESTS_TARGET_SCRATCH_H
#define TESTS_TARGET_SCRATCH_H

#include "base/file.h"
#include "target/target.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct target t;
static struct journal j;

/* Its path on this machine; the folders above it are made. */
static inline char *full(const char *path)
{
	static char name[512];
	char *p;

	snprintf(name, sizeof(name), "%s%s", t.root, path);
	for (p = name + strlen(t.root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(name, 0755);
	}
	return name;
}

static inline void put(const char *path, const char *text)
{
	FILE *f = fopen(full(path), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static inline void put_link(const char *path, const char *to)
{
	ck_assert_int_eq(symlink(to, full(path)), 0);
}

static inline void scratch_open(void)
{
	memset(&t, 0, sizeof(t));
	strcpy(t.root, "/tmp/rd-scratch-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t.root));
	t.fd = open(t.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	full("/etc/x");
	full("/var/lib/x");
	ck_assert_int_eq(journal_open(&j, t.fd, "20260101-000000", 0), 0);
}

static inline void scratch_close(void)
{
	char command[320];

	journal_close(&j);
	close(t.fd);
	snprintf(command, sizeof(command), "rm -rf --one-file-system %s", t.root);
	ck_assert_int_eq(system(command), 0);
}

/* Is path's content, or its link's text, exactly this? */
static inline bool holds(const char *path, const char *text)
{
	char data[4096];
	FILE *f;
	ssize_t n = readlink(full(path), data, sizeof(data) - 1);

	if (n < 0) {
		f = fopen(full(path), "r");
		n = f ? (ssize_t)fread(data, 1, sizeof(data) - 1, f) : 0;
		if (f)
			fclose(f);
	}
	data[n] = '\0';
	return !strcmp(data, text);
}

#endif
