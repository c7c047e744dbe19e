/* elf(5): nothing is read beyond the file (the sanitizer's redzone is right behind it); every
 * string came from the file and ends. */
#include "fuzz.h"

#include "target/elf.h"

struct sight {
	const char *data;
	size_t len;
	unsigned n;
};

static bool in_file(const struct sight *s, const char *text)
{
	return !*text || memmem(s->data, s->len, text, strlen(text) + 1);
}

static int see(void *arg, const struct elf_version *v)
{
	struct sight *s = arg;
	const char *texts[2] = {v->name, v->file ? v->file : v->name};

	for (int i = 0; i < 2; i++) {
		CLAIM(texts[i] >= s->data && texts[i] < s->data + s->len);
		CLAIM(memchr(texts[i], '\0', (size_t)(s->data + s->len - texts[i])));
	}
	CLAIM(v->file || !v->weak);
	return s->n++ == 5000 ? 77 : 0;
}

static int see_text(void *arg, int tag, const char *text)
{
	struct elf_version v = {.name = text};

	CLAIM(tag > 0);
	return see(arg, &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sight s = {.data = fuzz_copy((struct fuzz_part){(const char *)data, size}),
			  .len = size};
	struct elf_info e, again;
	int rc = elf_parse(s.data, size, &e);

	if (rc == 0) {
		CLAIM((e.bits == 32 || e.bits == 64) && e.nneeded <= ELF_NEEDED);
		CLAIM(in_file(&s, e.interp));
		for (unsigned i = 0; i < e.nneeded; i++)
			CLAIM(in_file(&s, e.needed[i]));
		rc = elf_file_texts(&(struct elf_file){.p = (unsigned char *)s.data, .len = size},
				    &e, &(struct elf_text_sink){see_text, &s});
		CLAIM(rc == 0); /* the parser has seen them */
		s.n = 0;
		rc = elf_versions(s.data, size, &e, &(struct elf_sink){see, &s});
		CLAIM(rc == 0 || rc == -1); /* no table is longer than the limit */
		CLAIM(!elf_parse(s.data, size, &again) && !memcmp(&e, &again, sizeof e));
	}
	free((char *)s.data);
	return 0;
}
