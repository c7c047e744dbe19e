#include "phases/p3_rungs.h"
#include "phases/phase.h"

#include "base/buf.h"
#include "base/log.h"
#include "target/accounts.h"

#include <stdio.h>
#include <string.h>

/* What every 64-bit library can do, and whether all is well, for the phases after this one. */
static void share(struct ladder *l)
{
	struct shared *s = l->c->shared;
	unsigned all = ~0u, seen = 0;

	for (int i = 0; i < l->n; i++)
		if (l->libs[i].bits == 64) {
			all &= l->libs[i].can;
			seen++;
		}
	s->methods_proven = seen ? all : 0;
}

static void find_package(struct ladder *l)
{
	l->m = pkg_in_use(l->c->t);
	for (int i = 0; l->m && i < l->n && !*l->package; i++)
		if ((l->c->set->libxcrypt_rebuild || ladder_broken(l, &l->libs[i])) &&
		    (!*l->libs[i].real || pkg_owner(l->c->t, l->m, l->libs[i].real, l->package)))
			pkg_owner(l->c->t, l->m, l->libs[i].path, l->package);
}

/* What is now on the target by other means than its package manager's. */
static void tell_official(const struct ladder *l)
{
	if (l->m && *l->package && !str_starts(l->won, "(c)"))
		report_next(l->c->report,
			    "%s%s   # tells the package manager of the repaired library",
			    l->m->official, l->package);
}

static enum outcome climb(struct ladder *l)
{
	const struct rung *r = ladder_rungs;
	int broken;

	while (l->c->set->libxcrypt_rebuild && r->before_rebuild)
		r++;
	for (; r->name; r++) {
		log_line("trying %s", r->name);
		if (!r->climb(l)) {
			str_copy(l->c->report->rung, sizeof l->c->report->rung, l->won);
			share(l);
			report_settle(l->c->report, "libcrypt-method", FINDING_REPAIRED);
			report_settle(l->c->report, "libcrypt-missing", FINDING_REPAIRED);
			tell_official(l);
			phase_text(l->c, 3, "by %s", l->won);
			return OUTCOME_REPAIRED;
		}
		report_pivot(l->c->report, r->name, l->why,
			     r[1].name ? r[1].name : "a hash method that still works");
	}
	broken = ladder_look(l, l->c->t->root);
	share(l);
	if (!broken) {
		phase_text(l->c, 3,
			   "libcrypt is sound as it was; the rebuild asked for was not possible");
		return OUTCOME_SKIPPED;
	}
	report_failure(l->c->report, "libcrypt", l->why, NULL);
	phase_text(l->c, 3, "no rung is left; a method that still works is used");
	return OUTCOME_FAILED;
}

static enum outcome judge(struct ladder *l)
{
	enum hash_method own = accounts_default_method(l->c->t);
	int broken;

	l->needed = accounts_methods(l->c->t) | (own == HASH_NONE ? 0 : 1u << own);
	l->asked = l->needed | 1u << HASH_SHA512 | 1u << HASH_YESCRYPT;
	l->n = libcrypt_find(l->c->t, l->libs, LIBCRYPT_MAX);
	if (l->n <= 0) {
		phase_text(l->c, 3, "no libcrypt was found, and nothing says one is needed");
		return OUTCOME_UNKNOWN;
	}
	broken = ladder_look(l, l->c->t->root);
	share(l);
	if (broken < 0) {
		phase_text(l->c, 3, "libcrypt could not be asked: %.150s", l->why);
		return OUTCOME_UNKNOWN;
	}
	if (!broken && !l->c->set->libxcrypt_rebuild) {
		phase_text(l->c, 3, "nothing to rebuild: %d libraries verify every hash", l->n);
		return OUTCOME_NOTHING;
	}
	log_say("%s", broken ? l->why : "libcrypt is sound; the rebuild was asked for");
	if (!l->c->journal) {
		phase_text(l->c, 3, "no journal, no repair");
		return OUTCOME_FAILED;
	}
	find_package(l);
	return climb(l);
}

enum outcome p3_libxcrypt_rebuild(struct context *c)
{
	struct ladder l = {.c = c};
	unsigned repaired = context_repair(c, 3), ground;
	char why[320] = "";
	enum outcome o;

	if (ground_check(c, why, sizeof why, &ground)) {
		/* nothing can be said of libcrypt by a program that can't start */
		report_failure(c->report, "no dynamic program starts", why, NULL);
		phase_text(c, 3, "no dynamic program starts: %.150s", why);
		return OUTCOME_FAILED;
	}
	o = judge(&l);
	return o == OUTCOME_NOTHING && repaired + ground ? OUTCOME_REPAIRED : o;
}
