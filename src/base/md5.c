#include "base/md5.h"

#include <string.h>

/* As many lanes as every machine's vectors have, and two of those at once: a step of one is done
 * while the other's waits. Where there are no vectors the compiler makes it of words. */
#define WIDTH 4
#define VECTORS (MD5_LANES / WIDTH)
typedef uint32_t vector __attribute__((vector_size(4 * WIDTH)));

/* Called for every word; told to save space, the compiler would make calls of them. */
#define INLINE __attribute__((always_inline)) static inline

INLINE uint32_t word(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_word(unsigned char *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(x >> 8 * i);
}

void md5_start(struct md5 *m, unsigned lane)
{
	static const uint32_t start[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

	for (int i = 0; i < 4; i++)
		m->state[i][lane] = start[i];
}

void md5_out(const struct md5 *m, unsigned lane, unsigned char raw[MD5_RAW])
{
	for (int i = 0; i < 4; i++)
		put_word(raw + 4 * i, m->state[i][lane]);
}

size_t md5_pad(unsigned char *p, uint64_t len)
{
	size_t n = MD5_BLOCK - (size_t)((len + 8) % MD5_BLOCK);

	memset(p, 0, n);
	p[0] = 0x80;
	put_word(p + n, (uint32_t)(len << 3));
	put_word(p + n + 4, (uint32_t)(len >> 29));
	return n + 8;
}

/* floor(2^32 |sin(i + 1)|) */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

#define F(x, y, z) (z ^ (x & (y ^ z)))
#define G(x, y, z) (y ^ (z & (x ^ y)))
#define H(x, y, z) (x ^ y ^ z)
#define I(x, y, z) (y ^ (x | ~z))

/* One step of every lane: s, the four vectors of the state; at, the step's number; k, the word's.
 */
#define HALF(fn, a, b, c, d, at, k, turn, v)                                                       \
	x[v] = s[a][v] + fn(s[b][v], s[c][v], s[d][v]) + w[(k)&15][v] + sines[at];                 \
	s[a][v] = s[b][v] + (x[v] << turn | x[v] >> (32 - turn));
#define STEP(fn, a, b, c, d, at, k, turn)                                                          \
	HALF(fn, a, b, c, d, at, k, turn, 0)                                                       \
	HALF(fn, a, b, c, d, at, k, turn, 1)
#define ROUND(fn, first, by, start, t0, t1, t2, t3)                                                \
	for (unsigned i = 0, k = start; i < 16; i += 4, k += 4 * (by)) {                           \
		STEP(fn, 0, 1, 2, 3, (first) + i, k, t0)                                           \
		STEP(fn, 3, 0, 1, 2, (first) + i + 1, k + (by), t1)                                \
		STEP(fn, 2, 3, 0, 1, (first) + i + 2, k + 2 * (by), t2)                            \
		STEP(fn, 1, 2, 3, 0, (first) + i + 3, k + 3 * (by), t3)                            \
	}

/* A word of each lane's bytes. */
INLINE vector words(const unsigned char *const data[WIDTH], size_t at)
{
	return (vector){word(data[0] + at), word(data[1] + at), word(data[2] + at),
			word(data[3] + at)};
}

void md5_blocks(struct md5 *m, const unsigned char *const data[MD5_LANES], size_t blocks)
{
	vector s[4][VECTORS], before[4][VECTORS], w[16][VECTORS], x[VECTORS];

	memcpy(s, m->state, sizeof s);
	for (size_t at = 0; at < blocks * MD5_BLOCK; at += MD5_BLOCK) {
		for (unsigned i = 0; i < 16; i++) {
			w[i][0] = words(data, at + 4 * i);
			w[i][1] = words(data + WIDTH, at + 4 * i);
		}
		for (int i = 0; i < 4; i++) {
			before[i][0] = s[i][0];
			before[i][1] = s[i][1];
		}
		ROUND(F, 0, 1, 0, 7, 12, 17, 22)
		ROUND(G, 16, 5, 1, 5, 9, 14, 20)
		ROUND(H, 32, 3, 5, 4, 11, 16, 23)
		ROUND(I, 48, 7, 0, 6, 10, 15, 21)
		for (int i = 0; i < 4; i++) {
			s[i][0] += before[i][0];
			s[i][1] += before[i][1];
		}
	}
	memcpy(m->state, s, sizeof s);
}
