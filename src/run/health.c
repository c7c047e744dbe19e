#include "run/health.h"

#include "base/hash.h"
#include "checks/check.h"
#include "target/accounts.h"
#include "target/libcrypt.h"

#include <stdlib.h>
#include <string.h>

#define NAMED 4 /* users and causes said; the others are counted */

struct victims {
	const struct libcrypt *lib;
	struct buf *why;
	unsigned n;
};

static int victim(void *arg, const struct account *a)
{
	struct victims *v = arg;

	if (a->locked || a->method == HASH_NONE || !(v->lib->cannot & 1u << a->method))
		return 0;
	if (v->n++ < NAMED)
		buf_addf(v->why,
			 "your libcrypt cannot verify %s's password (%s): you will be locked out "
			 "at the next login\n",
			 a->name, hash_name(a->method));
	return 0;
}

static void check_library(const struct target *t, const struct libcrypt *lib, struct buf *why)
{
	struct victims v = {lib, why, 0};

	accounts_each_hash(t, victim, &v);
	if (v.n > NAMED)
		buf_addf(why, "... and %u more users\n", v.n - NAMED);
	buf_addf(why, "%s is not proven to work: %s\n", lib->path,
		 lib->real[0] ? lib->why : "it is not there");
}

/* Every libcrypt does what the shadow file and new passwords need, and SHA512. */
static void check_libraries(const struct target *t, struct buf *why)
{
	struct libcrypt list[LIBCRYPT_MAX];
	enum hash_method usual = accounts_default_method(t);
	struct libcrypt_question q = {.root = t->root, .methods = accounts_methods(t)};
	int n = libcrypt_find(t, list, LIBCRYPT_MAX);

	q.methods |= (usual == HASH_NONE ? 0 : 1u << usual) | 1u << HASH_SHA512;
	for (int i = 0; i < n; i++)
		if (!list[i].real[0] || libcrypt_ask(t, &q, &list[i]) ||
		    list[i].answer != LIBCRYPT_GOOD)
			check_library(t, &list[i], why);
	if (n <= 0)
		buf_adds(why, "no libcrypt was found\n");
}

/* A fault in what a capture holds, whomever it bars, would be kept as known good. */
static bool is_captured(const char *id)
{
	static const char ids[][15] = {"binary-missing", "libc-mismatch", "dm-broken",
				       "nss-broken"};

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (!strcmp(id, ids[i]))
			return true;
	return !strncmp(id, "pam-", 4);
}

static bool is_sick(const struct finding *f)
{
	return f->severity == SEVERITY_ERROR ||
	       (f->severity == SEVERITY_WARNING && is_captured(f->id));
}

/* What diagnose calls an error is no health either. */
static void check_causes(const struct target *t, struct buf *why)
{
	struct check_context c = {.t = t, .user = "", .deadline = INT64_MAX, .timeout = 60};
	struct report *r = check_look(&c);
	unsigned n = 0;

	for (unsigned i = 0; r && i < r->nfindings; i++)
		if (is_sick(&r->findings[i]) && n++ < NAMED)
			buf_addf(why, "%s: %s\n", r->findings[i].id, r->findings[i].evidence);
	if (!r)
		buf_adds(why, "no memory\n");
	free(r);
}

void health_look(const struct target *t, struct buf *why)
{
	check_libraries(t, why);
	check_causes(t, why);
}
