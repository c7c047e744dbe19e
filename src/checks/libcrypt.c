#include "checks/families.h"

#include "base/buf.h"
#include "target/accounts.h"
#include "target/libcrypt.h"

#include <stdio.h>

void detect_loader(struct check_context *c)
{
	struct finding f = {.id = "loader-missing",
			    .severity = SEVERITY_ERROR,
			    .blocks = BLOCKS_EVERYONE,
			    .repairable = true,
			    .action = "phase 3 looks at the loader, libc and ld.so.preload"};

	if (libcrypt_control(c->t, 64, f.evidence, sizeof f.evidence))
		report_finding(c->report, &f);
}

#define BIT(m) (1u << (m))
#define NEWER (BIT(HASH_YESCRYPT) | BIT(HASH_GOST_YESCRYPT) | BIT(HASH_SCRYPT))

/* Is the stored hash at fault rather than the library? One of a method that libraries drop, or that
 * this one is too old for. */
static const char *blame(unsigned cannot, unsigned stored)
{
	unsigned strong = 0;

	for (int m = 1; m < HASH_METHODS; m++)
		strong |= hash_strength(m) ? BIT(m) : 0;
	if (!cannot || (cannot & ~stored))
		return "libcrypt-method";
	return !(cannot & strong)   ? "hash-legacy"
	       : !(cannot & ~NEWER) ? "hash-too-new"
				    : "libcrypt-method";
}

static void found(struct check_context *c, const struct libcrypt *lib, unsigned stored)
{
	struct cause cause = {"libcrypt-missing", SEVERITY_ERROR, BLOCKS_EVERYONE,
			      "phase 3 puts a libcrypt in its place that is proven to work"};
	struct account a;

	if (*lib->real)
		cause.id = blame(lib->cannot, stored);
	if (str_starts(cause.id, "hash-")) {
		bool own = account_of_user(c, &a) && (lib->cannot & BIT(a.method));

		cause.severity = own ? SEVERITY_ERROR : SEVERITY_WARNING;
		cause.blocks = own ? BLOCKS_USER : BLOCKS_NOBODY;
		cause.action = "phase 3 looks for a libcrypt that can; else phase 4 hashes a new "
			       "password in another method";
	}
	check_found(c, &cause, "%.100s: %.200s", lib->path,
		    *lib->real ? lib->why : "needed, and not there");
}

void detect_libcrypt(struct check_context *c)
{
	struct libcrypt list[LIBCRYPT_MAX];
	enum hash_method usual = accounts_default_method(c->t);
	unsigned stored = accounts_methods(c->t);
	struct libcrypt_question q = {.root = c->t->root, .methods = stored};
	int n = libcrypt_find(c->t, list, LIBCRYPT_MAX);

	q.methods |= usual == HASH_NONE ? 0 : BIT(usual);
	for (int i = 0; i < n; i++) {
		if (list[i].real[0] && libcrypt_ask(c->t, &q, &list[i]))
			continue; /* it could not be asked: unknown is no finding */
		if (!list[i].real[0] || list[i].answer == LIBCRYPT_BAD ||
		    list[i].answer == LIBCRYPT_UNLOADABLE)
			found(c, &list[i], stored);
	}
}
