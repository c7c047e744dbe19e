#include "target/verify_own.h"

#include "base/clock.h"
#include "base/md5.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* MD5, which most databases have, is reckoned of several files at once, one in each lane; a lane
 * takes the next file as soon as its own has ended. */

#define CHUNK 32768
#define INTERRUPTED 64 /* in a row */
#define AHEAD 16
#define FIRST (1 << 20) /* of a large file; the kernel goes on by itself */

/* Opened before a lane is free for it. */
struct ahead {
	struct verify_item *i;
	int fd;
	off_t size;
};

struct lane {
	struct verify_item *i; /* NULL: it is free */
	int fd;
	off_t size, at;	 /* of the file; how much of it was read */
	size_t from, to; /* what of its bytes waits */
	bool ended;	 /* all of it, and its padding, is among them */
	unsigned char bytes[CHUNK + MD5_PAD];
};

struct reader {
	struct verify_round *r;
	struct verify_hand hand;
	struct verify_folder folder;
	struct md5 md5;
	struct lane lanes[MD5_LANES];
	struct ahead ahead[AHEAD]; /* n of them, from first on, in a ring */
	unsigned first, n;
};

static void judge(struct verify_job *j, const struct verify_item *i, const unsigned char *sum,
		  off_t size)
{
	atomic_fetch_add_explicit(&j->v->hashed, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&j->v->bytes, (unsigned long long)size, memory_order_relaxed);
	if (memcmp(sum, i->e.sum, i->e.nsum))
		verify_found(j, i, VERIFY_CHANGED, "");
}

/* A regular file's descriptor and size; -1: it is none any more, or that it cannot be read was
 * said. */
static int open_item(struct reader *k, struct verify_item *i, off_t *size)
{
	const char *name;
	int dir = verify_folder_enter(k->r->j, &k->folder, i->path, &name);
	int fd = dir < 0 ? -1 : path_open(dir, name, O_RDONLY | O_NOFOLLOW, 0);
	struct stat st;

	if (fd < 0) {
		if (errno != ENOENT)
			verify_unreadable(k->r->j, i);
		return -1;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -1;
	}
	*size = st.st_size;
	return fd;
}

/* The disk is told early what will be wanted: then it always has several files to fetch. */
static void look_ahead(struct reader *k)
{
	struct verify_item *i;

	while (k->n < AHEAD && (i = verify_take(k->r, &k->hand))) {
		struct ahead *a = &k->ahead[(k->first + k->n) % AHEAD];

		a->i = i;
		if ((a->fd = open_item(k, i, &a->size)) < 0)
			continue;
		posix_fadvise(a->fd, 0, a->size < FIRST ? a->size : FIRST, POSIX_FADV_WILLNEED);
		k->n++;
	}
}

static bool take_ahead(struct reader *k, struct ahead *a)
{
	look_ahead(k);
	if (!k->n)
		return false;
	*a = k->ahead[k->first];
	k->first = (k->first + 1) % AHEAD;
	k->n--;
	return true;
}

static void read_alone(struct verify_job *j, const struct verify_item *i, int fd, off_t size)
{
	unsigned char sum[DIGEST_RAW];

	if (!digest_raw(fd, j->v->deadline, sum))
		judge(j, i, sum, size);
	else if (errno != ETIMEDOUT)
		verify_unreadable(j, i);
}

static void leave(struct lane *l)
{
	close(l->fd);
	l->i = NULL;
}

/* The next file into a free lane. False: there is none. */
static bool enter(struct reader *k, unsigned at)
{
	struct lane *l = &k->lanes[at];
	struct ahead a;

	while (take_ahead(k, &a)) {
		if (a.i->e.nsum != DIGEST_MD5) {
			read_alone(k->r->j, a.i, a.fd, a.size);
			close(a.fd);
			continue;
		}
		l->i = a.i;
		l->fd = a.fd;
		l->size = a.size;
		l->at = 0;
		l->from = l->to = 0;
		l->ended = false;
		md5_start(&k->md5, at);
		return true;
	}
	return false;
}

/* At least a block more of its bytes, or their end. -1 and errno. */
static int more(struct lane *l)
{
	ssize_t n;
	int interrupted = 0;

	memmove(l->bytes, l->bytes + l->from, l->to - l->from);
	l->to -= l->from;
	l->from = 0;
	while (l->to < MD5_BLOCK && !l->ended) {
		n = pread(l->fd, l->bytes + l->to, CHUNK - l->to, l->at);
		if (n < 0 && errno == EINTR && interrupted++ < INTERRUPTED)
			continue;
		if (n < 0)
			return -1;
		l->at += n;
		l->to += (size_t)n;
		l->ended = !n || l->at >= l->size;
	}
	if (l->ended)
		l->to += md5_pad(l->bytes + l->to, (uint64_t)l->at);
	return 0;
}

/* The whole blocks that wait in a lane; 0: there is no file for it. */
static size_t fill_lane(struct reader *k, unsigned at)
{
	struct lane *l = &k->lanes[at];

	while (l->i || enter(k, at)) {
		if (l->ended || l->to - l->from >= MD5_BLOCK || !more(l))
			return (l->to - l->from) / MD5_BLOCK;
		verify_unreadable(k->r->j, l->i);
		leave(l);
	}
	l->from = 0;
	return 0;
}

/* The blocks that wait in every lane with a file; 0: there is none. */
static size_t fill(struct reader *k, const unsigned char *data[MD5_LANES])
{
	size_t blocks = 0, n;

	for (unsigned at = 0; at < MD5_LANES; at++) {
		n = fill_lane(k, at);
		data[at] = k->lanes[at].bytes + k->lanes[at].from;
		blocks = n && (n < blocks || !blocks) ? n : blocks;
	}
	return blocks;
}

static void advance(struct reader *k, size_t blocks)
{
	unsigned char sum[MD5_RAW];

	for (unsigned at = 0; at < MD5_LANES; at++) {
		struct lane *l = &k->lanes[at];

		if (!l->i)
			continue;
		l->from += blocks * MD5_BLOCK;
		if (!l->ended || l->from < l->to)
			continue;
		md5_out(&k->md5, at, sum);
		judge(k->r->j, l->i, sum, l->at);
		leave(l);
	}
}

void *verify_read(void *arg)
{
	struct reader *k = calloc(1, sizeof *k);
	struct verify_round *r = arg;
	const unsigned char *data[MD5_LANES];
	size_t blocks;

	if (!k) {
		r->j->blind = true;
		return NULL;
	}
	k->r = r;
	while (!r->j->late && (blocks = fill(k, data))) {
		md5_blocks(&k->md5, data, blocks);
		advance(k, blocks);
		if (clock_ms() >= r->j->v->deadline)
			r->j->late = true;
	}
	for (unsigned at = 0; at < MD5_LANES; at++)
		if (k->lanes[at].i)
			leave(&k->lanes[at]);
	for (; k->n; k->n--)
		close(k->ahead[(k->first + k->n - 1) % AHEAD].fd);
	verify_folder_close(&k->folder);
	free(k);
	return NULL;
}
