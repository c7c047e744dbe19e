/* file_contexts(5) and sysusers.d(5): a path on the first line, then a text. Patterns end, answers
 * come from the text. */
#include "fuzz.h"

#include "base/buf.h"
#include "checks/sysuser.h"
#include "target/selinux.h"

#include <unistd.h>

static void contexts(struct fuzz_part text, const char *path)
{
	struct selinux_query q = {.path = path};
	struct fuzz_part in = text;

	selinux_find(text.p, text.len, &q);
	CLAIM(!*q.context || memmem(text.p, text.len, q.context, strlen(q.context)));
	CLAIM(*q.context || !q.exact);
	selinux_same_type(q.context, path);
	while (in.len) { /* a plain path matches itself and nothing else */
		struct fuzz_part line = fuzz_part(&in, '\n');
		bool plain = line.len;

		for (size_t i = 0; i < line.len; i++)
			plain &= (line.p[i] >= 'a' && line.p[i] <= 'z') || line.p[i] == '/';
		if (plain)
			CLAIM(selinux_matches(line.p, line.len, path) ==
			      (strlen(path) == line.len && !memcmp(path, line.p, line.len)));
	}
}

static void users(struct fuzz_part text, const char *name)
{
	struct sysuser u;

	while (text.len) {
		struct fuzz_part line = fuzz_part(&text, '\n');

		if (sysuser_parse(line.p, line.len, name, &u) == 0)
			CLAIM(!strpbrk(u.gecos, ":\n") && !strpbrk(u.home, ":\n") &&
			      !strpbrk(u.shell, ":\n"));
	}
}

/* One line more, the others as they were. */
static void insert(struct fuzz_part text)
{
	struct splice s = {.data = "\nargo:x\n", .len = 8};
	struct fuzz_part now;
	int fd = fuzz_fd(text);
	struct lines l;
	bool ended;

	lines_start(&l, fd);
	if (!sysuser_find(&l, "argo", &s.at, &ended)) {
		s.data = (const char *)s.data + ended;
		s.len -= ended;
		now = fuzz_spliced(fd, &s);
		CLAIM(now.len == text.len + s.len);
		CLAIM(!memcmp(now.p, text.p, (size_t)s.at));
		CLAIM(!memcmp(now.p + s.at + s.len, text.p + s.at, text.len - (size_t)s.at));
		CLAIM(!s.at || now.p[s.at - 1] == '\n' || now.p[s.at] == '\n');
		free((char *)now.p);
	}
	lines_close(&l);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size}, head = fuzz_part(&in, '\n');
	char path[64], *copy = fuzz_copy(in);

	in.p = copy;
	fuzz_word(&head, ' ', path, sizeof path);
	contexts(in, path);
	users(in, path);
	insert(in);
	free(copy);
	return 0;
}
