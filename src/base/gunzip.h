/* gunzip: gzip data (RFC 1952), unpacked piece by piece (zlib). */
#ifndef BASE_GUNZIP_H
#define BASE_GUNZIP_H

#include <stddef.h>

typedef int gunzip_fn(void *arg, const char *data, size_t len);
/* At most max bytes come through fn; non-zero stops and is returned. 0: all of it came, and its sums are right; -1: EBADMSG damaged or cut short,
 * EFBIG it holds more, ENOMEM. */
int gunzip(const void *data, size_t len, size_t max, gunzip_fn *fn, void *arg);

#endif
