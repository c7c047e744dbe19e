#include "log.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC 0x6a736677736872ULL
#define FLUSH 1
#define DISCARD 4

static const char mark_magic[] = "mark ";

static uint64_t number(const unsigned char *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof n);
	return le64toh(n);
}

/* The mark's first sector is written last: then its text is whole. */
static int add_mark(struct log *l, const unsigned char *area)
{
	size_t len = strtoul((const char *)area + sizeof mark_magic - 1, NULL, 10);

	if (memcmp(area, mark_magic, sizeof mark_magic - 1) || len > MARK_AREA - SECTOR ||
	    l->nmarks == MARKS) {
		errno = EINVAL;
		return -1;
	}
	l->marks[l->nmarks] = strndup((const char *)area + SECTOR, len);
	return l->marks[l->nmarks++] ? 0 : -1;
}

static void end_epoch(struct log *l)
{
	struct epoch *last = l->epochs + l->nepochs;

	last->end = l->nwrites;
	last->marks = l->nmarks;
	if (last->end > last->first)
		l->epochs[++l->nepochs].first = l->nwrites;
}

static int add_write(struct log *l, struct write w, uint64_t size, unsigned char *area)
{
	uint64_t fs = size - MARK_AREA;

	if (w.at + w.len > size || (w.at < fs && w.at + w.len > fs)) {
		errno = EINVAL;
		return -1;
	}
	if (w.at < fs) {
		w.marks = l->nmarks;
		l->writes[l->nwrites++] = w;
		return 0;
	}
	memcpy(area + (w.at - fs), w.data, w.len);
	return w.at == fs ? add_mark(l, area) : 0;
}

static int read_entries(struct log *l, const unsigned char *text, size_t len, uint64_t size)
{
	uint64_t n = number(text + 16);
	size_t at = SECTOR;
	unsigned char *area = calloc(1, MARK_AREA);
	int rc = area ? 0 : -1;

	for (uint64_t i = 0; i < n && rc == 0; i++) {
		struct write w = {0};
		uint64_t flags;

		errno = EINVAL;
		if (at + SECTOR > len)
			break;
		w.at = number(text + at) * SECTOR;
		w.len = number(text + at + 8) * SECTOR;
		flags = number(text + at + 16);
		w.data = text + (at += SECTOR);
		if (flags & DISCARD || w.len > len - at)
			rc = -1;
		else if (w.len)
			rc = add_write(l, w, size, area);
		at += w.len;
		if (flags & FLUSH)
			end_epoch(l);
	}
	free(area);
	return rc;
}

int log_read(struct log *l, const unsigned char *text, size_t len, uint64_t size)
{
	uint64_t n = len < 2 * SECTOR ? 0 : number(text + 16);

	memset(l, 0, sizeof *l);
	errno = EINVAL;
	if (!n || n > len / SECTOR || number(text) != MAGIC || size < MARK_AREA)
		return -1;
	l->writes = calloc(n, sizeof *l->writes);
	l->epochs = calloc(n + 1, sizeof *l->epochs);
	if (!l->writes || !l->epochs || read_entries(l, text, len, size))
		return -1;
	end_epoch(l);
	return 0;
}

int mark_write(const char *disk, const char *text)
{
	int fd = open(disk, O_RDWR | O_DIRECT | O_CLOEXEC);
	size_t len = strlen(text), whole = (len + SECTOR - 1) / SECTOR * SECTOR;
	off_t at = fd < 0 ? -1 : lseek(fd, 0, SEEK_END) - (off_t)MARK_AREA;
	char *area = aligned_alloc(4096, MARK_AREA);
	int rc = -1;

	errno = ENOSPC;
	if (at < 0 || !area || whole > MARK_AREA - SECTOR)
		goto out;
	memset(area, 0, MARK_AREA);
	memcpy(area, text, len);
	if (pwrite(fd, area, whole, at + SECTOR) != (ssize_t)whole)
		goto out;
	memset(area, 0, SECTOR);
	snprintf(area, SECTOR, "%s%zu\n", mark_magic, len);
	rc = pwrite(fd, area, SECTOR, at) == SECTOR ? 0 : -1;
out:
	free(area);
	if (fd >= 0)
		close(fd);
	return rc;
}
