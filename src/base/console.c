#include "base/console.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONSOLES 8
#define PATIENCE_MS 2000

static bool write_patiently(int fd, const char *text, size_t len)
{
	int64_t end = deadline_in_ms(PATIENCE_MS);

	while (len) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		ssize_t n = write(fd, text, len);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (clock_ms() >= end || poll(&p, 1, deadline_left(end)) < 0)
			return false;
	}
	return true;
}

static bool write_to(const char *device, const char *text, size_t len)
{
	int fd = open(device, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool ok = fd >= 0 && write_patiently(fd, text, len);

	if (fd >= 0)
		close(fd);
	return ok;
}

static size_t read_active(char *dst, size_t cap)
{
	int fd = open("/sys/class/tty/console/active", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		n = snprintf(dst, cap, "console");
	dst[n] = '\0';
	return (size_t)n;
}

int console_write(const char *text, size_t len)
{
	static bool deaf[CONSOLES];
	char names[256], device[300], *save = NULL;
	int taken = 0, i = 0;

	read_active(names, sizeof names);
	for (char *p = strtok_r(names, " \n", &save); p && i < CONSOLES;
	     p = strtok_r(NULL, " \n", &save), i++) {
		/* tty0 is the virtual console in front */
		snprintf(device, sizeof device, "/dev/%s", p);
		if (deaf[i])
			continue;
		deaf[i] = !write_to(device, text, len);
		taken += !deaf[i];
	}
	return taken;
}

int console_write_secret(const char *text)
{
	size_t len = strlen(text);
	int taken = console_write(text, len);

	return taken + write_to("/dev/tty", text, len);
}
