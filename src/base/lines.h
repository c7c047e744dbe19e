/* lines: a file line by line through one fixed buffer, whatever its size. Of a line longer than the buffer only the first bytes are shown.
 *
 * Life cycle: lines_open (or lines_start on an open file), lines_next until it says false, then error tells the end (0) from a read that failed;
 * lines_close wipes what was read.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef LINES_CAP /* the fuzzers set a small one */
#define LINES_CAP 65536
#endif
#define LINES_MOST (1L << 30) /* a file of more bytes is not read */

struct lines {
	const char *line; /* in buf, without its newline; valid until the next call */
	size_t len;
	off_t at;         /* where it starts in the file */
	off_t end;        /* where the next one would start, once its end was seen; a cut one's is not known before */
	unsigned number;  /* from 1 */
	bool cut;         /* it is longer than this */
	bool ended;       /* by a newline */
	int error;
	int fd;
	bool owned;
	size_t from, to;  /* buf: what is not handed out yet */
	off_t read;       /* where buf[to] lies in the file */
	char buf[LINES_CAP];
};

/* A regular file inside the root. 0, or -1: EINVAL another type, EFBIG more than LINES_MOST, ENOENT ... */
int lines_open(struct lines *l, int rootfd, const char *path);
/* The same of a file that stays open, from its start; its offset is left alone. */
void lines_start(struct lines *l, int fd);
/* The next line. False: the end, or l->error. */
bool lines_next(struct lines *l);
/* errno stays. One that was not opened (fd -1) is borne. */
void lines_close(struct lines *l);

#endif
