#include "base/gunzip.h"

#include <errno.h>
#include <stdbool.h>
#define ZLIB_CONST
#include <zlib.h>

#define PIECE 16384
#define GZIP (16 + MAX_WBITS)

static int fail(int error)
{
	errno = error;
	return -1;
}

/* One piece; *end is set at the end of the last member. 0/-1. */
static int inflate_piece(z_stream *z, bool *end)
{
	int rc = inflate(z, Z_NO_FLUSH);

	*end = rc == Z_STREAM_END && !z->avail_in;
	if (rc == Z_STREAM_END && z->avail_in)
		rc = inflateReset(z);
	if (rc == Z_OK || rc == Z_STREAM_END)
		return 0;
	return fail(rc == Z_MEM_ERROR ? ENOMEM : EBADMSG);
}

static int inflate_all(z_stream *z, size_t max, gunzip_fn *fn, void *arg)
{
	char piece[PIECE];
	bool end = false;
	int rc = 0;

	while (!rc && !end) {
		size_t n;

		z->next_out = (Bytef *)piece;
		z->avail_out = sizeof piece;
		if (inflate_piece(z, &end))
			return -1;
		n = sizeof piece - z->avail_out;
		if (n > max)
			return fail(EFBIG);
		max -= n;
		rc = n ? fn(arg, piece, n) : 0;
	}
	return rc;
}

int gunzip(const void *data, size_t len, size_t max, gunzip_fn *fn, void *arg)
{
	z_stream z = {.next_in = data, .avail_in = (uInt)len};
	int rc;

	if (len > (uInt)-1)
		return fail(EFBIG);
	if (inflateInit2(&z, GZIP) != Z_OK)
		return fail(ENOMEM);
	rc = inflate_all(&z, max, fn, arg);
	inflateEnd(&z);
	return rc;
}
