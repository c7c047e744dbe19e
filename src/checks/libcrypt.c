#include "checks/families.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/accounts.h"
#include "target/libcrypt.h"

#include <errno.h>
#include <stdio.h>

/* The names in the root that a merged /usr leaves, and what shows that it is merged. */
static const struct {
	char link[7], to[10], witness[38];
} links[] = {{"/lib64", "usr/lib64", "/usr/lib64/ld-linux-x86-64.so.2"},
	     {"/lib", "usr/lib", "/usr/lib/ld-linux-aarch64.so.1"},
	     {"/lib", "usr/lib", "/usr/lib/x86_64-linux-gnu/libc.so.6"},
	     {"/lib", "usr/lib", "/usr/lib/modules"},
	     {"/bin", "usr/bin", "/usr/bin/sh"},
	     {"/sbin", "usr/sbin", "/usr/sbin/init"}};

bool loader_lost_link(const struct target *t, unsigned *i, const char **link, const char **to)
{
	struct stat st;

	for (; *i < sizeof links / sizeof *links; ++*i)
		if (path_stat(t->fd, links[*i].link, false, &st) && errno == ENOENT &&
		    !path_stat(t->fd, links[*i].witness, false, &st)) {
			*link = links[*i].link;
			*to = links[(*i)++].to;
			return true;
		}
	return false;
}

void detect_loader(struct check_context *c)
{
	static const struct cause cause = {"loader-missing", SEVERITY_ERROR, BLOCKS_EVERYONE,
					   "phase 3 looks at the loader, libc and ld.so.preload"};
	const char *link, *to;
	char why[320];
	unsigned i = 0;

	if (target_is_unknown(c->t, "/usr/lib"))
		return;
	if (loader_lost_link(c->t, &i, &link, &to))
		check_found(c, &cause, "%s is missing, a link to %s", link, to);
	else if (libcrypt_control(c->t, 64, why, sizeof why))
		check_found(c, &cause, "%s", why);
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
