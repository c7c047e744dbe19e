#include "base/lines.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define INTERRUPTED 64

int lines_open(struct lines *l, int rootfd, const char *path)
{
	int fd = path_open_regular(rootfd, path);
	struct stat st;

	lines_start(l, fd);
	l->owned = true;
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size <= LINES_MOST)
		return 0;
	if (fd >= 0)
		errno = EFBIG;
	lines_close(l);
	return -1;
}

void lines_start(struct lines *l, int fd)
{
	memset(l, 0, offsetof(struct lines, buf));
	l->fd = fd;
}

void lines_close(struct lines *l)
{
	int error = errno;

	explicit_bzero(l->buf, sizeof l->buf);
	if (l->owned && l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	errno = error;
}

/* More bytes behind buf[to]. False: none, or an error. */
static bool fill(struct lines *l)
{
	ssize_t n = -1;

	for (int i = 0; n < 0 && i < INTERRUPTED; i++) {
		n = pread(l->fd, l->buf + l->to, sizeof l->buf - l->to, l->read);
		if (n < 0 && errno != EINTR)
			break;
	}
	if (n < 0)
		l->error = errno;
	if (n <= 0)
		return false;
	l->to += (size_t)n;
	l->read += n;
	if (l->read <= LINES_MOST)
		return true;
	l->error = EFBIG; /* it grows while it is read */
	return false;
}

/* Go behind the newline of a line whose first bytes were shown. */
static void skip(struct lines *l)
{
	const char *newline = NULL;

	do {
		newline = line_end(l->buf + l->from, l->to - l->from);
		l->from = newline ? (size_t)(newline + 1 - l->buf) : l->to;
		if (!newline)
			l->from = l->to = 0;
	} while (!newline && fill(l));
}

bool lines_next(struct lines *l)
{
	const char *newline = NULL;
	size_t seen = 0;

	if (l->cut)
		skip(l);
	l->cut = false;
	for (;;) {
		newline = line_end(l->buf + l->from + seen, l->to - l->from - seen);
		if (newline || l->error)
			break;
		seen = l->to - l->from;
		memmove(l->buf, l->buf + l->from, seen);
		l->from = 0;
		l->to = seen;
		l->cut = seen == sizeof l->buf;
		if (l->cut || !fill(l))
			break;
	}
	l->line = l->buf + l->from;
	l->len = newline ? (size_t)(newline - l->line) : l->to - l->from;
	l->at = l->read - (off_t)(l->to - l->from);
	l->ended = newline;
	l->from += l->len + l->ended;
	l->end = l->at + (off_t)l->len + l->ended;
	l->number += l->len || l->ended;
	return !l->error && (l->len || l->ended);
}
