/* mask: keep secrets out of what is written down: the registered ones, and whatever has the shape
 * of a password hash (crypt(5)). */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buf.h"

/* Map the memory of the registered secrets, shared and locked. 0/-1. */
int mask_start(void);
/* Register one: at least 4 bytes, at most 8 of them, or it is not. */
void mask_secret(const char *secret);
void mask_wipe(void);
/* Append text with "[secret]" and "[hash]" in their place. */
void mask_add(struct buf *b, const char *text, size_t len);
/* Where a text that goes on may be cut: before a secret or hash of which it holds only the
 * beginning. At least 1, len where nothing stands against it. */
size_t mask_cut(const char *text, size_t len);

#endif
