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

static void found(struct check_context *c, const struct libcrypt *lib)
{
	struct finding f = {.id = "libcrypt-method",
			    .severity = SEVERITY_ERROR,
			    .blocks = BLOCKS_EVERYONE,
			    .repairable = true,
			    .action =
				"phase 3 puts a libcrypt in its place that is proven to work"};

	if (!lib->real[0])
		str_copy(f.id, sizeof f.id, "libcrypt-missing");
	snprintf(f.evidence, sizeof f.evidence, "%.100s: %.200s", lib->path,
		 lib->real[0] ? lib->why : "needed, and not there");
	report_finding(c->report, &f);
}

void detect_libcrypt(struct check_context *c)
{
	struct libcrypt list[LIBCRYPT_MAX];
	enum hash_method usual = accounts_default_method(c->t);
	struct libcrypt_question q = {.root = c->t->root, .methods = accounts_methods(c->t)};
	int n = libcrypt_find(c->t, list, LIBCRYPT_MAX);

	q.methods |= usual == HASH_NONE ? 0 : 1u << usual;
	for (int i = 0; i < n; i++) {
		if (list[i].real[0] && libcrypt_ask(c->t, &q, &list[i]))
			continue; /* it could not be asked: unknown is no finding */
		if (!list[i].real[0] || list[i].answer == LIBCRYPT_BAD ||
		    list[i].answer == LIBCRYPT_UNLOADABLE)
			found(c, &list[i]);
	}
}
