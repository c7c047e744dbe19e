#include "target/elf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST (16u << 10) /* of a string: many hostile ones must not take for ever */

int elf_open(struct elf_file *f, int fd, unsigned char *room, size_t max)
{
	struct stat st;

	*f = (struct elf_file){.fd = fd, .room = room};
	if (fstat(fd, &st))
		return -1;
	errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	if (!S_ISREG(st.st_mode) || st.st_size < 1 || (unsigned long long)st.st_size > max)
		return -1;
	f->len = (size_t)st.st_size;
	if (room && f->len <= ELF_ROOM) {
		f->p = room;
		f->pages = f->few;
		return 0;
	}
	f->p = mmap(NULL, f->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	f->pages = calloc(1, f->len / ELF_PAGE + 1);
	if (f->p != MAP_FAILED && f->pages)
		return 0;
	elf_close(f);
	return -1;
}

void elf_close(struct elf_file *f)
{
	if (f->p && f->p != MAP_FAILED && f->p != f->room)
		munmap(f->p, f->len);
	if (f->pages != f->few)
		free(f->pages);
	f->p = f->pages = NULL;
}

static bool read_page(const struct elf_file *f, size_t page)
{
	size_t at = page * ELF_PAGE, n = f->len - at < ELF_PAGE ? f->len - at : ELF_PAGE;

	if (!f->pages[page] && pread(f->fd, f->p + at, n, (off_t)at) != (ssize_t)n)
		return false;
	f->pages[page] = 1;
	return true;
}

bool elf_want(const struct elf_file *f, uint64_t at, size_t n)
{
	if (at > f->len || n > f->len - at)
		return false;
	if (!f->pages || !n)
		return true;
	for (size_t page = at / ELF_PAGE; page <= (at + n - 1) / ELF_PAGE; page++)
		if (!read_page(f, page))
			return false;
	return true;
}

const char *elf_string(const struct elf_file *f, uint64_t at, uint64_t end)
{
	size_t n;

	if (end > f->len)
		end = f->len;
	if (at < end && end - at > LONGEST)
		end = at + LONGEST;
	for (uint64_t from = at; from < end; from += n) {
		n = ELF_PAGE - from % ELF_PAGE;
		n = n < end - from ? n : end - from;
		if (!elf_want(f, from, n))
			return NULL;
		if (memchr(f->p + from, '\0', n))
			return (const char *)f->p + at;
	}
	return NULL;
}
