#include "base/cmdline.h"

#include <fcntl.h>
#include <unistd.h>

ssize_t cmdline_read(char *dst, size_t cap)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap);

	if (fd >= 0)
		close(fd);
	return n;
}

void cmdline_each(const char *line, size_t len, void (*fn)(void *arg, char *word, bool cut),
		  void *arg)
{
	char text[512];
	size_t n = 0;
	bool quoted = false, cut = false;

	for (size_t i = 0; i <= len; i++) {
		char c = i < len ? line[i] : ' ';

		if (c == '"') {
			quoted = !quoted;
		} else if (c && c != '\n' && c != '\t' && (c != ' ' || (quoted && i < len))) {
			cut = cut || n == sizeof text - 1;
			text[n] = c;
			n += !cut;
		} else if (n) {
			text[n] = '\0';
			fn(arg, text, cut);
			n = 0;
			cut = false;
		}
	}
}
