/* fuzz: what the harnesses share (libFuzzer, one NAME_fuzz.c a parser). A harness feeds bytes to pure functions and holds what they
 * answer against an oracle of its own; it never opens a file but one in memory, and memory that the code under test maps is the sanitizer's (fuzz.c).
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The claim, or the end. */
#define CLAIM(that)                                                                                \
	do {                                                                                       \
		if (!(that)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #that);         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The input's next part, up to a byte stop or its end, which is taken off in. */
struct fuzz_part {
	const char *p;
	size_t len;
};
struct fuzz_part fuzz_part(struct fuzz_part *in, char stop);
/* The same as a string of at most cap-1 bytes without a NUL. */
void fuzz_word(struct fuzz_part *in, char stop, char *dst, size_t cap);
/* A copy of its own on the heap, so that one byte beyond it is seen. Freed by the caller. */
char *fuzz_copy(struct fuzz_part part);

struct splice;
/* The bytes as an open file in memory; closed by the caller. */
int fuzz_fd(struct fuzz_part part);
/* What fd holds with s in it; freed by the caller. */
struct fuzz_part fuzz_spliced(int fd, const struct splice *s);

/* Are all lines of now those of was, byte for byte, but for the nth (from 0), which may be anything?
 * The claim of every editor of one line. */
bool fuzz_lines_stay(struct fuzz_part was, struct fuzz_part now, size_t nth);
/* The number of the line (from 0) that a byte of text lies in. */
size_t fuzz_line_of(const char *text, size_t at);
/* No byte that a terminal obeys; newlines and tabs where they are asked for. */
bool fuzz_is_quiet(const char *s, size_t len, bool keep_lines);

#endif
