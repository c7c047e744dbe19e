/* digest: SHA-256 (BearSSL) and random bytes (getrandom(2)). */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX 65 /* with NUL */

void digest_hex(const void *data, size_t len, char hex[DIGEST_HEX]);
/* Of an open file from its start, by pread; the offset is left alone. 0/-1. */
int digest_fd(int fd, char hex[DIGEST_HEX]);
/* The same, raw, read until an absolute deadline (clock.h). 0; -1, ETIMEDOUT when it passed. */
enum digest_size { DIGEST_MD5 = 16, DIGEST_SHA256 = 32 };
#define DIGEST_RAW 32
int digest_raw(int fd, int64_t deadline, unsigned char raw[DIGEST_RAW]);
/* The bytes that hex digits of lower case stand for. 0; -1: something else stands there. Pure. */
int digest_from_hex(const char *hex, enum digest_size size, unsigned char raw[DIGEST_RAW]);
/* Fill with random bytes, for what only has to differ (a salt); never blocks: before the pool is ready it adds the clock and the rdrand of a
 * HMAC-DRBG. 0/-1. */
int random_bytes(void *dst, size_t len);
/* Fill with what nobody can guess; never blocks. 0, or -1: EAGAIN while the kernel's generator is not ready. */
int random_secret(void *dst, size_t len);
/* Block until it is; to ask makes the kernel gather what it lacks (random(4)). 0/-1. */
int random_wait(void);

#endif
