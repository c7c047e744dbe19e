#include "fuzz.h"

#include "base/place.h"

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* The sources under test are compiled with mmap and munmap named so. */
void *fuzz_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t at);
int fuzz_munmap(void *p, size_t len);

void *fuzz_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	(void)addr, (void)prot, (void)at;
	CLAIM(fd == -1 && flags & MAP_ANONYMOUS); /* a parser reads no file */
	return len ? calloc(1, len) : MAP_FAILED;
}

int fuzz_munmap(void *p, size_t len)
{
	(void)len;
	free(p);
	return 0;
}

struct fuzz_part fuzz_part(struct fuzz_part *in, char stop)
{
	const char *end = in->len ? memchr(in->p, stop, in->len) : NULL;
	struct fuzz_part part = {in->p, end ? (size_t)(end - in->p) : in->len};

	in->p += part.len + (end != NULL);
	in->len -= part.len + (end != NULL);
	return part;
}

void fuzz_word(struct fuzz_part *in, char stop, char *dst, size_t cap)
{
	struct fuzz_part part = fuzz_part(in, stop);
	size_t n = part.len < cap ? part.len : cap - 1;

	memcpy(dst, part.p, n);
	dst[n] = '\0';
}

char *fuzz_copy(struct fuzz_part part)
{
	char *p = malloc(part.len ? part.len : 1);

	CLAIM(p);
	memcpy(p, part.p, part.len);
	return p;
}

int fuzz_fd(struct fuzz_part part)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	CLAIM(fd >= 0 && place_fill(fd, part.p, part.len) == 0);
	return fd;
}

struct fuzz_part fuzz_spliced(int fd, const struct splice *s)
{
	int to = memfd_create("fuzz", MFD_CLOEXEC);
	struct stat st;
	char *p;

	CLAIM(to >= 0 && place_splice(fd, s, to) == 0 && fstat(to, &st) == 0);
	p = malloc((size_t)st.st_size + 1);
	CLAIM(p && pread(to, p, (size_t)st.st_size, 0) == st.st_size);
	close(to);
	return (struct fuzz_part){p, (size_t)st.st_size};
}

bool fuzz_lines_stay(struct fuzz_part was, struct fuzz_part now, size_t nth)
{
	for (size_t i = 0; was.len && now.len; i++) {
		bool ends = memchr(was.p, '\n', was.len) != NULL;
		struct fuzz_part a = fuzz_part(&was, '\n'), b = fuzz_part(&now, '\n');

		if (i != nth && (a.len != b.len || memcmp(a.p, b.p, a.len)))
			return false;
		if (ends != (b.p + b.len != now.p))
			return false;
	}
	return !was.len && !now.len;
}

size_t fuzz_line_of(const char *text, size_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < at; i++)
		n += text[i] == '\n';
	return n;
}

bool fuzz_is_quiet(const char *s, size_t len, bool keep_lines)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (keep_lines && (c == '\n' || c == '\t'))
			continue;
		if (c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && i + 1 < len && (s[i + 1] & 0xe0) == 0x80))
			return false;
	}
	return true;
}
