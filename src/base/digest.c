#include "base/digest.h"

#include "base/clock.h"
#include "base/inode.h"
#include "base/sha256.h"

#include <bearssl_hash.h>
#include <bearssl_rand.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#define INTERRUPTED 64

static void to_hex(const unsigned char *raw, char hex[DIGEST_HEX])
{
	for (size_t i = 0; i < br_sha256_SIZE; i++) {
		hex[2 * i] = "0123456789abcdef"[raw[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
	}
	hex[2 * br_sha256_SIZE] = '\0';
}

/* Whole blocks at a block's start are for the processor, if it can. */
static void sha256_update(br_sha256_context *c, const unsigned char *data, size_t len)
{
	size_t whole = c->count % 64 ? 0 : len / 64;

	if (whole && sha256_blocks(c->val, data, whole)) {
		c->count += 64 * whole;
		data += 64 * whole;
		len -= 64 * whole;
	}
	br_sha256_update(c, data, len);
}

void digest_hex(const void *data, size_t len, char hex[DIGEST_HEX])
{
	unsigned char raw[br_sha256_SIZE];
	br_sha256_context c;

	br_sha256_init(&c);
	sha256_update(&c, data, len);
	br_sha256_out(&c, raw);
	to_hex(raw, hex);
}

int digest_raw(int fd, int64_t deadline, unsigned char raw[DIGEST_RAW])
{
	br_sha256_context c;
	char chunk[65536];
	off_t at = 0;
	int interrupted = 0;

	br_sha256_init(&c);
	for (;;) {
		ssize_t n = pread(fd, chunk, sizeof chunk, at);

		if (n < 0 && errno == EINTR && interrupted++ < INTERRUPTED)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		sha256_update(&c, (unsigned char *)chunk, (size_t)n);
		at += n;
		if (clock_ms() >= deadline) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	br_sha256_out(&c, raw);
	return 0;
}

int digest_fd(int fd, char hex[DIGEST_HEX])
{
	unsigned char raw[DIGEST_RAW];

	if (digest_raw(fd, DEADLINE_NEVER, raw))
		return -1;
	to_hex(raw, hex);
	return 0;
}

int digest_from_hex(const char *hex, enum digest_size size, unsigned char raw[DIGEST_RAW])
{
	for (unsigned i = 0; i < size; i++) {
		int high = field_hex(hex[2 * i]), low = high < 0 ? -1 : field_hex(hex[2 * i + 1]);

		if (low < 0)
			return -1;
		raw[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

#ifdef __x86_64__
__attribute__((target("rdrnd"))) static void rdrand(unsigned long long seed[4])
{
	unsigned a, b, c = 0, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_RDRND))
		return;
	for (int i = 0; i < 4; i++)
		for (int tries = 0; tries < 10; tries++)
			if (__builtin_ia32_rdrand64_step(&seed[i]))
				break;
}
#else
static void rdrand(unsigned long long seed[4])
{
	(void)seed;
}
#endif

/* The kernel's pool is not ready: everything at hand that differs from boot to boot. */
static void early_bytes(void *dst, size_t len)
{
	struct {
		unsigned char pool[32];
		unsigned long long hardware[4];
		struct timespec now[2];
		unsigned char start[16];
		pid_t pid;
	} seed;
	const void *start = (const void *)getauxval(AT_RANDOM);
	br_hmac_drbg_context c;

	memset(&seed, 0, sizeof seed);
	if (getrandom(seed.pool, sizeof seed.pool, GRND_INSECURE) < 0)
		seed.pool[0] = 0;
	rdrand(seed.hardware);
	clock_gettime(CLOCK_REALTIME, &seed.now[0]);
	clock_gettime(CLOCK_MONOTONIC, &seed.now[1]);
	if (start)
		memcpy(seed.start, start, sizeof seed.start);
	seed.pid = getpid();
	br_hmac_drbg_init(&c, &br_sha256_vtable, &seed, sizeof seed);
	br_hmac_drbg_generate(&c, dst, len);
	explicit_bzero(&seed, sizeof seed);
	explicit_bzero(&c, sizeof c);
}

int random_secret(void *dst, size_t len)
{
	unsigned char *p = dst;

	for (int tries = 0; len; tries++) {
		ssize_t n = getrandom(p, len, GRND_NONBLOCK);

		if (n < 0 && errno == EINTR && tries < INTERRUPTED)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int random_bytes(void *dst, size_t len)
{
	if (random_secret(dst, len))
		early_bytes(dst, len);
	return 0;
}

int random_wait(void)
{
	char one;

	return getrandom(&one, sizeof one, 0) == sizeof one ? 0 : -1;
}
