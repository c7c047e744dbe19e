#include "target/rescue.h"

#include "base/buf.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct manifest_key {
	char name[12];
	size_t offset, cap;
};
#define KEY(k)                                                                                     \
	{                                                                                          \
#k, offsetof(struct rescue, k), sizeof((struct rescue *)0)->k                      \
	}

static const struct manifest_key keys[] = {
    KEY(kernel),  KEY(image),  KEY(health),  KEY(version), KEY(date), KEY(linux),
    KEY(payload), KEY(initrd), KEY(options), KEY(config),  KEY(menu),
};
#define KEYS (sizeof keys / sizeof *keys)

static bool copy_bytes(char *dst, size_t cap, const char *s, size_t len)
{
	if (len >= cap || memchr(s, '\0', len))
		return false;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return true;
}

static bool take_line(const char *line, size_t len, struct rescue *r)
{
	for (size_t i = 0; i < KEYS; i++) {
		size_t n = strlen(keys[i].name);

		if (len > n && line[n] == ' ' && !memcmp(line, keys[i].name, n))
			return copy_bytes((char *)r + keys[i].offset, keys[i].cap, line + n + 1,
					  len - n - 1);
	}
	return true; /* a later version may say more */
}

int rescue_parse(const char *text, size_t len, struct rescue *r)
{
	const char *p = text, *line;
	bool end = false;
	size_t n;

	memset(r, 0, sizeof *r);
	while (line_next(&p, text + len, &line, &n)) {
		end = n == 3 && !memcmp(line, "end", 3);
		if (!take_line(line, n, r))
			return -1;
	}
	if (!*r->menu)
		str_copy(r->menu, sizeof r->menu, r->options);
	for (size_t i = 0; i < KEYS; i++)
		if (!*((char *)r + keys[i].offset))
			return -1;
	return end ? 0 : -1;
}

/* The slot in use of the open boot folder. */
static int find_slot(int bootfd, struct rescue *r)
{
	char text[8192], dir[24], name[40];

	for (int slot = 2; slot; slot--) {
		ssize_t n;

		snprintf(dir, sizeof dir, "/rd-recovery/%d", slot);
		snprintf(name, sizeof name, "%s/manifest", dir);
		n = path_read(bootfd, name, text, sizeof text);
		if (n >= 0 && rescue_parse(text, (size_t)n, r) == 0) {
			str_copy(r->dir, sizeof r->dir, dir);
			return 0;
		}
	}
	errno = ENOENT;
	return -1;
}

static int find_in(const char *boot, struct rescue *r)
{
	int fd = open(boot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : find_slot(fd, r);

	if (fd >= 0)
		close(fd);
	if (rc == 0 && !str_copy(r->boot, sizeof r->boot, boot))
		rc = -1;
	return rc;
}

int rescue_find(const char *root, const char *given, struct rescue *r)
{
	static const char own[][10] = {"/efi", "/boot", "/boot/efi"};
	char boot[300];

	if (*given)
		return find_in(given, r);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		snprintf(boot, sizeof boot, "%s%s", strcmp(root, "/") ? root : "", own[i]);
		if (find_in(boot, r) == 0)
			return 0;
	}
	memset(r, 0, sizeof *r);
	errno = ENOENT;
	return -1;
}

bool rescue_word(const char *options, const char *key, char *dst, size_t cap)
{
	size_t n = strlen(key);
	bool found = false;

	for (const char *p = options; *p;) {
		size_t len = strcspn(p, " ");

		if (len > n && p[n] == '=' && !memcmp(p, key, n))
			found = copy_bytes(dst, cap, p + n + 1, len - n - 1);
		p += len + strspn(p + len, " ");
	}
	return found;
}

static bool holds(const char *s, size_t len, const char *what)
{
	return memmem(s, len, what, strlen(what)) != NULL;
}

bool rescue_in_menu(const char *text, size_t len, const char *options)
{
	const char *p = text, *line;
	bool kernel = false, words = false;
	size_t n;

	while (line_next(&p, text + len, &line, &n)) {
		/* GRUB's variable, or a boot loader entry's path */
		if (holds(line, n, "linux") &&
		    (holds(line, n, "rd_recovery") || holds(line, n, "rd-recovery/"))) {
			kernel = true;
		} else if (!holds(line, n, "options ")) {
			continue;
		}
		words = words || holds(line, n, options);
	}
	return kernel && words;
}

struct newest {
	char *dst;
	size_t cap;
};

static int take_newer(void *arg, int dirfd, const char *name)
{
	struct newest *k = arg;
	char dep[300];

	/* a folder that a removed kernel left has no modules.dep */
	if (snprintf(dep, sizeof dep, "%s/modules.dep", name) < (int)sizeof dep &&
	    faccessat(dirfd, dep, F_OK, AT_SYMLINK_NOFOLLOW) == 0 && strverscmp(name, k->dst) > 0)
		str_copy(k->dst, k->cap, name);
	return 0;
}

int rescue_newest_kernel(int rootfd, char *dst, size_t cap)
{
	struct newest k = {dst, cap};

	*dst = '\0';
	if (path_each(rootfd, "/lib/modules", take_newer, &k))
		return -1;
	errno = ENOENT;
	return *dst ? 0 : -1;
}
