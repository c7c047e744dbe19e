#include "target/hibernation.h"

#include "base/buf.h"
#include "base/device.h"
#include "base/mount.h"
#include "base/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LARGEST_PAGE 65536
#define MARK_SIZE 10

bool hibernation_mark(const unsigned char *page, size_t len)
{
	static const char marks[][11] = {"S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001"};

	for (size_t size = 4096; size <= len; size *= 2)
		for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
			if (!memcmp(page + size - MARK_SIZE, marks[i], strlen(marks[i])))
				return true;
	return false;
}

/* Closes it. */
static bool look_into(int fd)
{
	static unsigned char page[LARGEST_PAGE];
	size_t got = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (got < sizeof page && (n = read(fd, page + got, sizeof page - got)) > 0)
		got += (size_t)n;
	close(fd);
	return hibernation_mark(page, got);
}

bool hibernation_in_file(int folder, const char *path)
{
	struct stat st;

	return !path_stat(folder, path, true, &st) && S_ISREG(st.st_mode) &&
	       look_into(path_open(folder, path, O_RDONLY, 0));
}

static bool look_at(const char *path)
{
	return look_into(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

/* A swap file lies in the target, a swap partition is the machine's. */
static bool look_at_source(const struct target *t, const char *source)
{
	char device[300];

	if (source[0] == '/' && hibernation_in_file(t->fd, source))
		return true;
	return !device_find(source, device, sizeof device) && str_starts(device, "/dev/") &&
	       look_at(device);
}

bool hibernation_of(const struct target *t, char *where, size_t cap)
{
	char text[65536];
	ssize_t len = path_read(t->fd, "/etc/fstab", text, sizeof text);
	const char *p = text, *line;
	struct fstab_entry e;
	size_t n;

	while (len > 0 && line_next(&p, text + len, &line, &n))
		if (fstab_parse_line(line, n, &e) > 0 && !strcmp(e.type, "swap") &&
		    look_at_source(t, e.source)) {
			str_copy(where, cap, e.source);
			return true;
		}
	return false;
}

bool hibernation_in(const char *device)
{
	char path[80];

	snprintf(path, sizeof path, "/dev/%s", device);
	return look_at(path);
}
