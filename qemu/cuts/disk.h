/* disk: states shown to the kernel as a block device: a file in memory behind a loop device. */
#ifndef CUTS_DISK_H
#define CUTS_DISK_H

#include <stddef.h>
#include <stdint.h>

struct disk {
	const char *file, *loop;   /* the caller's names of both */
	uint64_t size;             /* of the file system */
	unsigned char *used;       /* by block of DISK_BLOCK: ever anything but zeros; the caller's */
};
#define DISK_BLOCK 4096UL

/* Map a block device or file: private, so that writing to it changes no disk. NULL and errno. */
unsigned char *disk_map(const char *path, size_t *len);
/* Note which blocks of image have content, and that [at,at+len) may have some. */
void disk_note(struct disk *d, const unsigned char *image);
void disk_note_range(struct disk *d, uint64_t at, size_t len);
/* Show image as d->loop. 0/-1. */
int disk_show(const struct disk *d, const unsigned char *image);
/* Take it away again. 0/-1. */
int disk_hide(const struct disk *d);

#endif
