#include "target/capture.h"

#include "base/path.h"
#include "base/place.h"
#include "target/accounts.h"
#include "target/libcrypt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_folders(const char *path)
{
	char part[600];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(p - path), path);
		if (mkdir(part, 0700) && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int copy(const struct target *t, const char *from, const char *to)
{
	int in = path_open(t->fd, from, O_RDONLY, 0), out = -1, rc = -1;

	if (in < 0 || make_folders(to))
		goto out;
	out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out >= 0)
		rc = place_copy(in, out);
out:
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out))
		rc = -1;
	return rc;
}

int capture_make(const struct target *t, const char *output, char *why, size_t cap)
{
	struct libcrypt list[LIBCRYPT_MAX];
	enum hash_method usual = accounts_default_method(t);
	struct libcrypt_question q = {.root = t->root, .methods = accounts_methods(t)};
	int n = libcrypt_find(t, list, LIBCRYPT_MAX), taken = 0;
	char to[600];

	q.methods |= usual == HASH_NONE ? 0 : 1u << usual;
	q.methods |= 1u << HASH_SHA512;
	for (int i = 0; i < n; i++) {
		if (!list[i].real[0])
			continue;
		if (libcrypt_ask(t, &q, &list[i]) || list[i].answer != LIBCRYPT_GOOD) {
			snprintf(why, cap, "%s is not proven to work: %s", list[i].path,
				 list[i].why);
			return -1;
		}
		snprintf(to, sizeof to, "%.300s%.256s", output, list[i].path);
		if (copy(t, list[i].real, to)) {
			snprintf(why, cap, "%s: %s", to, strerror(errno));
			return -1;
		}
		taken++;
	}
	if (!taken)
		snprintf(why, cap, "no libcrypt was found");
	return taken ? taken : -1;
}
