#include "base/mask.h"

#include <string.h>
#include <sys/mman.h>

#define SECRETS 8
#define SECRET_BYTES 400
#define SHORTEST 4
#define HASH_SHORTEST 8 /* after "$6$": pam_unix quotes "$6$..." without a hash */

static struct secrets {
	char text[SECRETS][SECRET_BYTES];
	unsigned n;
} * secrets;

int mask_start(void)
{
	void *p =
	    mmap(NULL, sizeof *secrets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	mlock(p, sizeof *secrets);
	madvise(p, sizeof *secrets, MADV_DONTDUMP);
	secrets = p;
	return 0;
}

void mask_secret(const char *secret)
{
	if (secrets && secrets->n < SECRETS && strlen(secret) >= SHORTEST &&
	    str_copy(secrets->text[secrets->n], SECRET_BYTES, secret))
		secrets->n++;
}

void mask_wipe(void)
{
	if (secrets)
		explicit_bzero(secrets, sizeof *secrets);
}

static size_t secret_at(const char *p, size_t left)
{
	for (unsigned i = 0; secrets && i < secrets->n; i++) {
		size_t n = strlen(secrets->text[i]);

		if (n <= left && !memcmp(p, secrets->text[i], n))
			return n;
	}
	return 0;
}

static bool is_hash_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '.' && c <= '9') ||
	       (c && strchr("$,=-", c));
}

static size_t hash_at(const char *p, size_t left)
{
	static const char ids[][7] = {"$6$",  "$5$",  "$1$",  "$y$", "$gy$",   "$7$",	"$2a$",
				      "$2b$", "$2x$", "$2y$", "$3$", "$sha1$", "$md5$", "$md5,"};

	for (size_t i = 0; *p == '$' && i < sizeof ids / sizeof *ids; i++) {
		size_t n = strlen(ids[i]), end = n;

		if (n > left || memcmp(p, ids[i], n))
			continue;
		while (end < left && is_hash_char(p[end]))
			end++;
		if (end - n >= HASH_SHORTEST)
			return end;
	}
	return 0;
}

void mask_add(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = secret_at(text + i, len - i);

		if (n) {
			buf_adds(b, "[secret]");
		} else if ((n = hash_at(text + i, len - i))) {
			buf_adds(b, "[hash]");
		} else {
			n = 1;
			buf_add(b, text + i, 1);
		}
		i += n;
	}
}

/* Could text go on as a secret or hash that it only begins? */
static bool is_begun(const char *p, size_t left)
{
	for (unsigned i = 0; secrets && i < secrets->n; i++)
		if (left < strlen(secrets->text[i]) && !memcmp(p, secrets->text[i], left))
			return true;
	return *p == '$' && (left < 16 || hash_at(p, left) == left);
}

size_t mask_cut(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (is_begun(text + i, len - i))
			return i;
	return len;
}
