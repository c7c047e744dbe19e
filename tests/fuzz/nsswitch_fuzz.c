/* nsswitch.conf(5): the repair of a line reads local accounts first and keeps every other word. */
#include "fuzz.h"

#include "checks/nss.h"

#include <strings.h>

static bool has(void *arg, const char *name)
{
	return (*(const uint8_t *)arg >> (*name & 7)) & 1;
}

/* Every word but a bare "files" is still there; conditions and comments are not parted here. */
static bool keeps_words(struct fuzz_part was, struct fuzz_part now)
{
	while (was.len) {
		struct fuzz_part word = fuzz_part(&was, ' ');

		if (!word.len || (word.len == 5 && !strncasecmp(word.p, "files", 5)))
			continue;
		for (size_t i = 0; i < word.len; i++)
			if (word.p[i] <= ' ' || strchr("[]#", word.p[i]))
				return true;
		if (!memmem(now.p, now.len, word.p, word.len))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t which = size ? *data : 0;
	struct nss_modules m = {has, &which};
	struct fuzz_part in = {(const char *)data + 1, size - 1};
	char *copy, *out, name[32] = "";
	struct buf b = {0};
	size_t at;

	if (!size)
		return 0;
	copy = fuzz_copy(in);
	at = nss_services(copy, in.len, "passwd");
	CLAIM(at <= in.len);
	nss_judge(copy + at, in.len - at, &m, name);
	CLAIM(strlen(name) < sizeof name);
	out = malloc(in.len + 8);
	CLAIM(out);
	b = (struct buf){.p = out, .cap = in.len + 8};
	nss_files_first(copy + at, in.len - at, &b);
	CLAIM(!b.cut && !memcmp(out, "files ", 6));
	CLAIM(nss_judge(out, b.len, &m, name) == NSS_SOUND);
	CLAIM(b.len <= in.len - at + 6);
	CLAIM(keeps_words((struct fuzz_part){copy + at, in.len - at},
			  (struct fuzz_part){out, b.len}));
	free(out);
	free(copy);
	return 0;
}
