/* What target programs and files say, on its way to terminal, log and report.json: no byte that a
 * terminal obeys, nothing lost. */
#include "fuzz.h"

#include "base/buf.h"

static void escaped(struct fuzz_part in, bool keep)
{
	struct buf b = {.p = malloc(4 * in.len + 1), .cap = 4 * in.len + 1};
	size_t at = 0, n = 0;

	CLAIM(b.p);
	buf_add_escaped(&b, in.p, in.len, keep);
	CLAIM(!b.cut && fuzz_is_quiet(b.p, b.len, keep));
	/* undone, it is what it was, unless it spoke of \x itself */
	for (; at < b.len && n < in.len && !memmem(in.p, in.len, "\\x", 2); n++) {
		unsigned byte = (unsigned char)b.p[at];

		if (b.len - at > 3 && b.p[at] == '\\' && b.p[at + 1] == 'x') {
			sscanf(b.p + at + 2, "%2x", &byte);
			at += 3;
		}
		at++;
		CLAIM(byte == (unsigned char)in.p[n]);
	}
	free(b.p);
}

static void json(struct fuzz_part in)
{
	char *text = malloc(in.len + 1);
	struct buf b = {.p = malloc(6 * in.len + 3), .cap = 6 * in.len + 3};
	size_t i;

	CLAIM(text && b.p);
	memcpy(text, in.p, in.len);
	text[in.len] = '\0';
	buf_add_json(&b, text);
	CLAIM(fuzz_is_quiet(b.p, b.len, false));
	CLAIM(!b.cut && b.len >= 2 && b.p[0] == '"' && b.p[b.len - 1] == '"');
	for (i = 1; i < b.len - 1; i++) {
		CLAIM((unsigned char)b.p[i] >= 0x20 && b.p[i] != '"');
		if (b.p[i] == '\\')
			CLAIM(strchr("\"\\u", b.p[++i]));
	}
	CLAIM(i == b.len - 1);
	free(text);
	free(b.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size};

	escaped(in, false);
	escaped(in, true);
	json(in);
	return 0;
}
