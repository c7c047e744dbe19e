/* What a server of reports may answer, and the URL it is named by, on the first line. */
#include "fuzz.h"

#include "base/http.h"

/* The answer does not depend on the pieces it comes in, and is a status or none. */
static void reply(struct fuzz_part in)
{
	char *copy = fuzz_copy(in);
	int whole = http_status(copy, in.len), part = 0;

	CLAIM(whole == 0 || whole == -1 || (whole >= 200 && whole <= 999));
	for (size_t i = 0; i < in.len && !part; i++) {
		char *piece = fuzz_copy((struct fuzz_part){copy, i});

		part = http_status(piece, i);
		free(piece);
	}
	CLAIM(part == 0 || part == whole);
	if (whole > 0) { /* it says so itself */
		char says[16];

		snprintf(says, sizeof says, " %d", whole);
		CLAIM(memmem(copy, in.len, says, 4) && memmem(copy, in.len, "\r\n\r\n", 4));
	}
	free(copy);
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, "\r\n")); p++)
		n++;
	return n;
}

/* What is taken is what is written, and no more lines than a request has. */
static void url(struct fuzz_part in)
{
	char text[700], again[700], head[1024] = "";
	struct buf b = BUF_OF(head);
	struct http_url u, v;

	fuzz_word(&in, '\n', text, sizeof text);
	if (!http_url(text, &u))
		return;
	CLAIM(!strpbrk(text, "?# \r") && fuzz_is_quiet(text, strlen(text), false));
	CLAIM(!memchr(text + 8, '@', strcspn(text + 8, "/"))); /* no user */
	CLAIM(u.folder[0] == '/' && u.folder[strlen(u.folder) - 1] == '/');
	CLAIM(*u.host && !strpbrk(u.host, "/:"));
	snprintf(again, sizeof again, "https://%s:%s%s", u.host, u.port, u.folder);
	CLAIM(http_url(again, &v) && !memcmp(u.host, v.host, strlen(v.host) + 1) &&
	      !strcmp(u.port, v.port) && !strcmp(u.folder, v.folder));
	http_put(&b, &u, &(struct http_file){"x", "text/plain", 1});
	CLAIM(!b.cut && lines(head) == 7);
	CLAIM(strstr(head, "\r\n\r\n") == head + b.len - 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size};

	url(fuzz_part(&in, '\n'));
	reply(in);
	return 0;
}
