/* log: the writes and flushes of a virtual disk as QEMU's blklogwrites driver recorded them; the format is the one of the kernel's dm-log-writes
 * (Documentation/admin-guide/device-mapper/log-writes.rst).
 *
 * A mark is a moment the recording guest told of: a text in the last MARK_AREA bytes of the disk, where no file system lies. Its writes are no writes
 * of the file system's and flush nothing.
 */
#ifndef CUTS_LOG_H
#define CUTS_LOG_H

#include <stddef.h>
#include <stdint.h>

#define SECTOR 512
#define MARK_AREA (256UL << 10)
#define MARKS 8

struct write {
	uint64_t at;               /* byte on the disk */
	const unsigned char *data;
	size_t len;
	unsigned marks;            /* how many marks came before it */
};

/* What lies between two flushes: a cut leaves any of these writes. */
struct epoch {
	unsigned first, end;       /* of the writes */
	unsigned marks;            /* how many came before its end */
};

struct log {
	struct write *writes;
	struct epoch *epochs;
	unsigned nwrites, nepochs, nmarks;
	char *marks[MARKS];        /* their texts, in order */
};

/* Read a log of a disk of size bytes; text stays in use. 0, or -1 EINVAL: no such log, or a torn one; ENOMEM. */
int log_read(struct log *l, const unsigned char *text, size_t len, uint64_t size);
/* Write text as a mark on the disk. 0/-1. */
int mark_write(const char *disk, const char *text);

#endif
