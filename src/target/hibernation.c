#include "target/hibernation.h"

#include "base/buf.h"

#include <dirent.h>
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

static bool look_at(const char *name)
{
	static unsigned char page[LARGEST_PAGE];
	char path[300];
	size_t got = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/dev/%s", name);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (got < sizeof page && (n = read(fd, page + got, sizeof page - got)) > 0)
		got += (size_t)n;
	close(fd);
	return hibernation_mark(page, got);
}

bool hibernation_look(char device[64])
{
	DIR *d = opendir("/sys/class/block");
	struct dirent *e;
	bool yes = false;

	while (d && !yes && (e = readdir(d))) {
		if (e->d_name[0] == '.' || str_starts(e->d_name, "loop") ||
		    str_starts(e->d_name, "ram") || str_starts(e->d_name, "sr") ||
		    str_starts(e->d_name, "fd"))
			continue;
		yes = look_at(e->d_name);
		if (yes)
			str_copy(device, 64, e->d_name);
	}
	if (d)
		closedir(d);
	return yes;
}
