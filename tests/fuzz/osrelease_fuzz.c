/* os-release(5): a key on the first line, then a file. The value, quoted as the page says and put
 * last, is the value again. */
#include "fuzz.h"

#include "base/buf.h"
#include "target/distro.h"

static void quote(struct buf *b, const char *value)
{
	buf_adds(b, "\"");
	for (; *value; value++) {
		if (strchr("\"$\\`", *value))
			buf_adds(b, "\\");
		buf_add(b, value, 1);
	}
	buf_adds(b, "\"\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size}, head = fuzz_part(&in, '\n');
	char key[24], value[96], again[96], line[400];
	struct buf b = BUF_OF(line);
	char *copy = fuzz_copy(in);

	fuzz_word(&head, '=', key, sizeof key);
	if (distro_release(copy, in.len, key, value, sizeof value) == 0) {
		CLAIM(memmem(copy, in.len, key, strlen(key)));
		CLAIM(strlen(value) < in.len);
		buf_addf(&b, "%s=", key);
		quote(&b, value);
		CLAIM(!b.cut);
		if (!strchr(value, '\n') && !strpbrk(key, "\n")) {
			CLAIM(!distro_release(line, b.len, key, again, sizeof again));
			CLAIM(!strcmp(value, again));
		}
	}
	free(copy);
	return 0;
}
