#include "base/sha256.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define SHA_BIT (1u << 29)

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static bool has_instructions(void)
{
	static int has = -1;
	unsigned a, b = 0, c, d;

	if (has < 0)
		has = __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & SHA_BIT;
	return has;
}

/* The two halves of the state, ABEF and CDGH, and the message's last sixteen words, as the
 * instructions want them (Intel's "SHA extensions", 2013). */
__attribute__((target("sha,sse4.1"))) static void compress(uint32_t state[8],
							   const unsigned char *p, size_t blocks)
{
	const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i *half = (__m128i *)(void *)state, w[4], x, k, abef, cdgh, was[2];

	x = _mm_shuffle_epi32(_mm_loadu_si128(half), 0xb1);
	k = _mm_shuffle_epi32(_mm_loadu_si128(half + 1), 0x1b);
	abef = _mm_alignr_epi8(x, k, 8);
	cdgh = _mm_blend_epi16(k, x, 0xf0);
	for (; blocks; blocks--, p += 64) {
		was[0] = abef;
		was[1] = cdgh;
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			if (i < 4) {
				k = _mm_loadu_si128((const __m128i *)(const void *)p + i);
				w[i] = _mm_shuffle_epi8(k, order);
			} else {
				x = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);
				k = _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4);
				w[i % 4] =
				    _mm_sha256msg2_epu32(_mm_add_epi32(x, k), w[(i + 3) % 4]);
			}
			k = _mm_loadu_si128((const __m128i *)(const void *)constants + i);
			k = _mm_add_epi32(w[i % 4], k);
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
		}
		abef = _mm_add_epi32(abef, was[0]);
		cdgh = _mm_add_epi32(cdgh, was[1]);
	}
	x = _mm_shuffle_epi32(abef, 0x1b);
	k = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128(half, _mm_blend_epi16(x, k, 0xf0));
	_mm_storeu_si128(half + 1, _mm_alignr_epi8(k, x, 8));
}

bool sha256_blocks(uint32_t state[8], const unsigned char *p, size_t blocks)
{
	if (!has_instructions())
		return false;
	compress(state, p, blocks);
	return true;
}
#else
bool sha256_blocks(uint32_t state[8], const unsigned char *p, size_t blocks)
{
	(void)state, (void)p, (void)blocks;
	return false;
}
#endif
