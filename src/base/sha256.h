/* sha256: SHA-256's compression by the processor's own instructions, where it has them (x86's SHA extensions): six times as fast as BearSSL's. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Take so many blocks of 64 bytes into the state (FIPS 180-4). False: this processor cannot, and nothing was done. */
bool sha256_blocks(uint32_t state[8], const unsigned char *p, size_t blocks);

#endif
