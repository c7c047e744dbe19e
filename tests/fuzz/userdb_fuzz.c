/* passwd, shadow, group and gshadow with their "-" files: eight texts parted by 0xff, then mended
 * one after the other as the repair does. */
#include "fuzz.h"

#include "base/buf.h"
#include "target/accounts.h"
#include "target/shadow.h"
#include "target/userdb_own.h"

static void fill(struct userdb_text *x, enum userdb_kind kind, struct fuzz_part part)
{
	x->cap = part.len + 1;
	x->data = part.len ? shadow_memory(x->cap) : NULL;
	x->len = x->data ? part.len : 0;
	if (x->data)
		memcpy(x->data, part.p, part.len);
	CLAIM(!userdb_index(x, kind));
}

static bool has_line(const struct userdb_text *x, const char *line, size_t n)
{
	const char *p = x->data, *other;
	size_t len;

	while (p && line_next(&p, x->data + x->len, &other, &len))
		if (len == n && !memcmp(other, line, n))
			return true;
	return false;
}

/* Sound lines stay byte for byte; an entry that mends nothing it names is none. */
static void sound_stay(const struct userdb *was, const struct userdb *now, enum userdb_kind kind)
{
	const struct userdb_text *x = &was->now[kind];
	const char *p = x->data, *line;
	size_t n;

	while (p && line_next(&p, x->data + x->len, &line, &n))
		if (!userdb_fault_of(was, kind, line, n))
			CLAIM(has_line(&now->now[kind], line, n));
}

/* No line that was not there has an empty password: that would open an account. */
static void opens_nobody(const struct userdb *was, const struct userdb *now, enum userdb_kind kind)
{
	const struct userdb_text *x = &now->now[kind];
	const char *p = x->data, *line, *field;
	size_t n, len;

	while (p && line_next(&p, x->data + x->len, &line, &n)) {
		if (!userdb_is_entry(line, n) || accounts_field(line, n, 1, &field, &len) || len)
			continue;
		CLAIM(has_line(&was->now[kind], line, n) || has_line(&was->old[kind], line, n));
	}
}

static void mend(struct userdb *was, struct userdb *now, enum userdb_kind kind)
{
	struct userdb_damage d;
	char *once;
	size_t len;

	CLAIM(!userdb_mend(now, kind));
	sound_stay(was, now, kind);
	opens_nobody(was, now, kind);
	userdb_judge(now, kind, &d);
	CLAIM(d.fault == USERDB_SOUND || d.fault == USERDB_MISSING || d.fault == USERDB_EMPTY);
	CLAIM(fuzz_is_quiet(d.name, strlen(d.name), false));
	len = now->now[kind].len;
	once = fuzz_copy((struct fuzz_part){now->now[kind].data, len});
	CLAIM(!userdb_mend(now, kind));
	CLAIM(now->now[kind].len == len && (!len || !memcmp(now->now[kind].data, once, len)));
	free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size};
	struct userdb was = {.user = "argo", .named = size & 1}, now = was;
	struct userdb_damage d;

	for (int old = 0; old < 2; old++)
		for (unsigned k = 0; k < USERDB_KINDS; k++) {
			struct fuzz_part part = fuzz_part(&in, '\xff');

			fill(old ? &was.old[k] : &was.now[k], k, part);
			fill(old ? &now.old[k] : &now.now[k], k, part);
		}
	for (unsigned k = 0; k < USERDB_KINDS; k++)
		userdb_judge(&was, k, &d);
	for (unsigned k = 0; k < USERDB_KINDS; k++)
		mend(&was, &now, k);
	userdb_release(&was);
	userdb_release(&now);
	return 0;
}
