#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

unsigned char *disk_map(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	void *p = MAP_FAILED;

	if (end > 0)
		p = mmap(NULL, (size_t)end, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	*len = (size_t)end;
	return p == MAP_FAILED ? NULL : p;
}

void disk_note(struct disk *d, const unsigned char *image)
{
	static const unsigned char zeros[DISK_BLOCK];

	for (uint64_t b = 0; b < d->size / DISK_BLOCK; b++)
		d->used[b] |= memcmp(image + b * DISK_BLOCK, zeros, DISK_BLOCK) != 0;
}

void disk_note_range(struct disk *d, uint64_t at, size_t len)
{
	for (uint64_t b = at / DISK_BLOCK; b * DISK_BLOCK < at + len; b++)
		d->used[b] = 1;
}

/* Zeros but for the blocks in use. Over the state before: no memory is freed and cleared again. */
static int fill(const struct disk *d, int fd, const unsigned char *image)
{
	uint64_t blocks = d->size / DISK_BLOCK, end;

	if (ftruncate(fd, (off_t)d->size))
		return -1;
	for (uint64_t b = 0; b < blocks; b = end) {
		off_t at = (off_t)(b * DISK_BLOCK), len;

		for (end = b; end < blocks && d->used[end] == d->used[b]; end++)
			;
		len = (off_t)((end - b) * DISK_BLOCK);
		if (d->used[b] ? pwrite(fd, image + at, (size_t)len, at) != len
			       : fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, len))
			return -1;
	}
	return 0;
}

int disk_show(const struct disk *d, const unsigned char *image)
{
	int fd = open(d->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int loop = open(d->loop, O_RDWR | O_CLOEXEC), rc = -1;
	struct loop_config config = {.fd = (unsigned)fd};

	if (fd >= 0 && loop >= 0 && fill(d, fd, image) == 0)
		rc = ioctl(loop, LOOP_CONFIGURE, &config);
	if (loop >= 0)
		close(loop);
	if (fd >= 0)
		close(fd);
	return rc;
}

int disk_hide(const struct disk *d)
{
	int loop = open(d->loop, O_RDWR | O_CLOEXEC);
	int rc = loop < 0 ? -1 : ioctl(loop, LOOP_CLR_FD, 0);

	if (loop >= 0)
		close(loop);
	return rc;
}
