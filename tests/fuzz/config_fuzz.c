/* rd-recovery.conf(5): malformed never means more than asked, held against a reading of its own; a
 * secret is never repeated. */
#include "fuzz.h"

#include "base/buf.h"
#include "options.h"

/* "key = value" with blanks off both. False: no such line. */
static bool split(struct fuzz_part line, char key[64], char value[512])
{
	static const char blanks[] = " \t\r";
	const char *eq = line.len ? memchr(line.p, '=', line.len) : NULL;
	struct fuzz_part halves[2];
	char *to[2] = {key, value};

	if (!eq || line.len >= 512 || memchr(line.p, '\0', line.len))
		return false;
	halves[0] = (struct fuzz_part){line.p, (size_t)(eq - line.p)};
	halves[1] = (struct fuzz_part){eq + 1, line.len - halves[0].len - 1};
	for (int i = 0; i < 2; i++) {
		struct fuzz_part h = halves[i];

		while (h.len && strchr(" \t", *h.p) && *h.p)
			h.p++, h.len--;
		while (h.len && strchr(blanks, h.p[h.len - 1]))
			h.len--;
		if (i == 0 && (h.len >= 64 || (h.len && *h.p == '#')))
			return false;
		memcpy(to[i], h.p, h.len);
		to[i][h.len] = '\0';
	}
	return true;
}

struct reading {
	bool resets_no, hash;
	char password[512], user[512];
};

static struct reading reading(struct fuzz_part text)
{
	struct reading r = {.password = "auto"};
	char key[64], value[512];

	while (text.len) {
		if (!split(fuzz_part(&text, '\n'), key, value))
			continue;
		if (!strcmp(key, "reset"))
			r.resets_no |= strcmp(value, "yes") != 0;
		if (!strcmp(key, "password"))
			str_copy(r.password, sizeof r.password, value);
		if (!strcmp(key, "user"))
			str_copy(r.user, sizeof r.user, value);
	}
	return r;
}

/* No problem says what a line of the file said. */
static void keeps_quiet(const struct options *o, struct fuzz_part text)
{
	char key[64], value[512];

	while (text.len)
		if (split(fuzz_part(&text, '\n'), key, value) && strlen(value) > 8 &&
		    !strcmp(key, "password_hash"))
			for (unsigned i = 0; i < o->nproblems; i++)
				CLAIM(!strstr(o->problems[i], value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options o;
	struct fuzz_part text = {(const char *)data, size};
	struct reading r = reading(text);
	int rc;

	options_default(&o);
	rc = options_file(&o, "conf", text.p, text.len);
	CLAIM((rc == 0) == (o.nproblems == 0));
	CLAIM(rc == 0 || o.keep);
	CLAIM(o.set.reset_allowed == !r.resets_no);
	CLAIM(o.mode == BOOT_OFF && o.command == COMMAND_NONE);
	if (rc == 0) {
		static const char modes[][9] = {"auto", "generate", "keep", "config"};

		CLAIM(o.set.password <= PASSWORD_CONFIG);
		CLAIM(!strcmp(modes[o.set.password == PASSWORD_AUTO	  ? 0
				    : o.set.password == PASSWORD_GENERATE ? 1
				    : o.set.password == PASSWORD_KEEP	  ? 2
									  : 3],
			      r.password));
		CLAIM(!strcmp(o.set.user, r.user));
	}
	keeps_quiet(&o, text);
	CLAIM(!options_settle(&o) || (o.set.password == PASSWORD_KEEP && !o.set.password_hash[0]));
	CLAIM(!o.keep || o.set.password == PASSWORD_KEEP);
	return 0;
}
