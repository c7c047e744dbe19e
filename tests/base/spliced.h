/* spliced: a text in memory as an open file, and as a splice leaves it. */
#ifndef TESTS_BASE_SPLICED_H
#define TESTS_BASE_SPLICED_H

#include "base/lines.h"
#include "base/place.h"

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The caller closes it. */
static inline int spliced_fd(const char *text, size_t len)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(place_fill(fd, text, len), 0);
	return fd;
}

/* What fd holds with s in it, as a string in dst[cap]. Its length. */
static inline size_t spliced(int fd, const struct splice *s, char *dst, size_t cap)
{
	int to = memfd_create("spliced", MFD_CLOEXEC);
	ssize_t n;

	ck_assert_int_ge(to, 0);
	ck_assert_int_eq(place_splice(fd, s, to), 0);
	n = pread(to, dst, cap - 1, 0);
	ck_assert_int_ge(n, 0);
	dst[n] = 0;
	close(to);
	return (size_t)n;
}

#endif
