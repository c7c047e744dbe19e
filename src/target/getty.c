#include "target/getty.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/init_own.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void getty_serial(const char *words, size_t len, const char *prefix, char tty[32])
{
	const char *p = words, *end = words + len;
	bool virtual = false;

	tty[0] = '\0';
	while (p < end) {
		char word[64];
		struct buf b = BUF_OF(word);
		const char *name = word + strlen(prefix);
		size_t n = 0;

		while (p + n < end && !strchr(" \t\r\n\"'", p[n]))
			n++;
		buf_add(&b, p, n);
		p += n + 1;
		if (!n || b.cut || !str_starts(word, prefix))
			continue;
		word[strcspn(word, ",")] = '\0';
		virtual |= !strcmp(name, "tty0") || init_tty_is(name, "");
		if ((str_starts(name, "tty") && name[3] >= 'A' && name[3] <= 'Z') ||
		    str_starts(name, "hvc"))
			str_copy(tty, 32, name);
	}
	if (virtual)
		tty[0] = '\0';
}

static size_t read_own(const char *path, char *dst, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap - 1);

	if (fd >= 0)
		close(fd);
	dst[n < 0 ? 0 : n] = '\0';
	return n < 0 ? 0 : (size_t)n;
}

static void find_console(const struct target *t, char tty[32])
{
	static const char lines[][20] = {"/etc/kernel/cmdline", "/etc/default/grub"};
	static const char keys[][32] = {"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"};
	char text[16384], value[1024];
	ssize_t n;

	read_own("/proc/cmdline", text, sizeof text);
	if (strstr(text, "rd.recovery")) {
		getty_serial(text, read_own("/sys/class/tty/console/active", text, sizeof text), "",
			     tty);
		return;
	}
	n = path_read(t->fd, lines[0], text, sizeof text);
	getty_serial(text, n < 0 ? 0 : (size_t)n, "console=", tty);
	n = path_read(t->fd, lines[1], text, sizeof text);
	for (int i = 0; n > 0 && i < 2 && !tty[0]; i++)
		if (init_conf_get(text, (size_t)n, keys[i], value, sizeof value) == 0)
			getty_serial(value, strlen(value), "console=", tty);
}

bool getty_runs(const struct target *t, const struct init_system *init, char tty[32])
{
	find_console(t, tty);
	if (tty[0])
		return init->getty(t, tty);
	str_copy(tty, 32, "tty1");
	return init->getty(t, "");
}
