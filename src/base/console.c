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

static size_t read_line(const char *path, char *dst, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap - 1);

	if (fd >= 0)
		close(fd);
	dst[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void read_active(char *dst, size_t cap)
{
	if (!read_line("/sys/class/tty/console/active", dst, cap))
		snprintf(dst, cap, "console");
}

/* A kernel console that is there, once; screens are all tty1's. */
static unsigned add_name(struct console_name *list, unsigned n, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/class/tty/%s", name);
	if (strlen(name) >= sizeof list->name || strchr(name, '/') || access(path, F_OK) ||
	    !strcmp(name, "console") || (!strncmp(name, "tty", 3) && name[3] <= '9'))
		return n;
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return n;
	str_copy(list[n].name, sizeof list->name, name);
	list[n].kernel = true;
	return n + 1;
}

unsigned console_names(struct console_name *list, unsigned max)
{
	static const char sources[][30] = {"/sys/class/tty/console/active", "/proc/cmdline"};
	static const char key[] = "console=";
	char text[4096], *save;
	unsigned n = 0;

	if (!access("/sys/class/tty/tty1", F_OK))
		list[n++] = (struct console_name){"tty1", false};
	for (unsigned i = 0; i < 2; i++) {
		read_line(sources[i], text, sizeof text);
		for (char *p = strtok_r(text, " \n", &save); p && n < max;
		     p = strtok_r(NULL, " \n", &save)) {
			if (i && strncmp(p, key, sizeof key - 1))
				continue;
			p += i ? sizeof key - 1 : 0;
			p[strcspn(p, ",")] = '\0';
			n = add_name(list, n, p);
		}
	}
	if (!n)
		list[n++] = (struct console_name){"tty1", false};
	return n;
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
