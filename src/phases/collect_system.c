#include "phases/collect.h"

#include "base/buf.h"
#include "base/mount.h"
#include "base/path.h"
#include "target/accounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define READ_ALL 3
#define DMESG_BYTES (256 * 1024)

/* A short file of /proc or /sys, newline cut. False: not there. */
static bool read_text(const char *path, char *dst, size_t cap)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap - 1);

	if (fd >= 0)
		close(fd);
	dst[n > 0 ? n : 0] = '\0';
	dst[strcspn(dst, "\n")] = '\0';
	return n > 0;
}

int collect_kernel(struct collect *c)
{
	char line[4096];
	struct utsname u;

	if (uname(&u) == 0)
		log_put(c->to, "%s %s %s %s", u.sysname, u.release, u.version, u.machine);
	if (read_text("/proc/cmdline", line, sizeof line))
		log_put(c->to, "command line: %s", line);
	if (read_text("/proc/uptime", line, sizeof line))
		log_put(c->to, "up for %.*s s", (int)strcspn(line, " "), line);
	return 0;
}

int collect_clock(struct collect *c)
{
	char text[40];
	long rtc = 0, now = (long)time(NULL);
	bool has_rtc = read_text("/sys/class/rtc/rtc0/since_epoch", text, sizeof text) &&
		       str_number(text, 0, LONG_MAX, &rtc) == 0;

	log_put(c->to, "system clock %ld", now);
	if (!has_rtc)
		log_put(c->to, "no hardware clock");
	else
		log_put(c->to, "hardware clock %ld, %ld s apart", rtc, labs(rtc - now));
	if (c->t->fd >= 0 && accounts_today(c->t) < 0)
		log_put(c->to, "not believable: files of the target are newer than now");
	return 0;
}

int collect_memory(struct collect *c)
{
	static const char wanted[][13] = {"MemTotal", "MemAvailable", "SwapTotal"};
	char line[200];
	FILE *f = fopen("/proc/meminfo", "re");

	if (!f)
		return errno;
	while (fgets(line, sizeof line, f))
		for (int i = 0; i < 3; i++)
			if (str_starts(line, wanted[i]))
				log_put(c->to, "%.*s", (int)strcspn(line, "\n"), line);
	fclose(f);
	return 0;
}

static int put_mount(void *arg, const struct mount_entry *m)
{
	struct collect *c = arg;

	if (m->source[0] == '/' || str_starts(m->point, c->t->root))
		log_put(c->to, "%s on %s type %s (%s; %s)", m->source, m->point, m->type,
			m->options, m->super);
	return 0;
}

int collect_mounts(struct collect *c)
{
	for (unsigned i = 0; i < c->t->nunknown; i++)
		log_put(c->to, "unknown: %s could not be mounted", c->t->unknown[i]);
	return mount_each(put_mount, c) < 0 ? errno : 0;
}

static void put_block(struct collect *c, const char *name)
{
	char path[320], size[32], ro[8], dm[128] = "";
	long sectors = 0;

	snprintf(path, sizeof path, "/sys/class/block/%s/size", name);
	if (!read_text(path, size, sizeof size) || str_number(size, 1, LONG_MAX, &sectors))
		return;
	snprintf(path, sizeof path, "/sys/class/block/%s/ro", name);
	read_text(path, ro, sizeof ro);
	snprintf(path, sizeof path, "/sys/class/block/%s/dm/name", name);
	read_text(path, dm, sizeof dm);
	log_put(c->to, "%s %ld MiB%s%s%s", name, sectors / 2048, ro[0] == '1' ? " read-only" : "",
		dm[0] ? " " : "", dm);
}

int collect_blocks(struct collect *c)
{
	struct dirent **list;
	int n = scandir("/sys/class/block", &list, NULL, alphasort);

	if (n < 0)
		return errno;
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.' && !str_starts(list[i]->d_name, "loop") &&
		    !str_starts(list[i]->d_name, "ram"))
			put_block(c, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return 0;
}

int collect_space(struct collect *c)
{
	static const char points[][6] = {"/", "/boot", "/var"};

	for (int i = 0; i < 3; i++) {
		int fd = path_open(c->t->fd, points[i], O_RDONLY | O_DIRECTORY, 0);
		struct statvfs v;

		if (fd < 0 || fstatvfs(fd, &v))
			log_put(c->to, "%s: %s", points[i], strerror(errno));
		else
			log_put(c->to, "%s: %llu MiB and %llu inodes free", points[i],
				(unsigned long long)v.f_bavail * v.f_frsize >> 20,
				(unsigned long long)v.f_favail);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

int collect_dmesg(struct collect *c)
{
	char *text = malloc(DMESG_BYTES);
	int n = text ? klogctl(READ_ALL, text, DMESG_BYTES) : -1;
	const char *p = text, *line;
	size_t k;

	while (n > 0 && line_next(&p, text + n, &line, &k))
		log_put(c->to, "%.*s", (int)k, line);
	free(text);
	return n < 0 ? errno : 0;
}
