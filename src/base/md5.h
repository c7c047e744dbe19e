/* md5: MD5 (RFC 1321) of several messages side by side, one in each lane of vectors. Alone, every step waits for the one before, and most of the
 * processor waits with it: BearSSL's, of one message, has a quarter of the speed.
 *
 * Life cycle of a lane: md5_start; md5_blocks, as often as there are whole blocks for every lane, with md5_pad's behind the last bytes; md5_out. A
 * lane without a message is given any bytes.
 */
#ifndef BASE_MD5_H
#define BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

#define MD5_LANES 8
#define MD5_BLOCK 64
#define MD5_PAD 72 /* bytes that md5_pad writes at most */
#define MD5_RAW 16

struct md5 { uint32_t state[4][MD5_LANES]; };

void md5_start(struct md5 *m, unsigned lane);
/* So many blocks of each lane's bytes. */
void md5_blocks(struct md5 *m, const unsigned char *const data[MD5_LANES], size_t blocks);
/* Write to p what ends a message of len bytes, the last of which lies before p. The bytes written: with them it is whole blocks. Pure. */
size_t md5_pad(unsigned char *p, uint64_t len);
void md5_out(const struct md5 *m, unsigned lane, unsigned char raw[MD5_RAW]);

#endif
