#include "phases/compare.h"

#include "base/log.h"

#include <string.h>

#define NONE (-1)

/* Whom it keeps out, the display's users among them. */
static int weight(const struct finding *f)
{
	static const int of[] = {
	    [BLOCKS_NOBODY] = 0, [BLOCKS_DISPLAY] = 1, [BLOCKS_USER] = 2, [BLOCKS_EVERYONE] = 3};

	return of[f->blocks];
}

static bool same_evidence(const struct finding *a, const struct finding *b)
{
	return !strcmp(a->evidence, b->evidence);
}

/* Evidence begins with the file it is about; where it does not there is but one such finding. */
static bool same_place(const struct finding *a, const struct finding *b)
{
	size_t n = strcspn(a->evidence, " :"), m = strcspn(b->evidence, " :");

	if (a->evidence[0] != '/' || b->evidence[0] != '/')
		return true;
	return n == m && !memcmp(a->evidence, b->evidence, n);
}

struct pairs {
	const struct report *r, *now;
	int later[REPORT_FINDINGS]; /* of each finding before: the one after, or NONE */
	bool taken[REPORT_FINDINGS];
};

static void pair(struct pairs *p, bool (*same)(const struct finding *a, const struct finding *b))
{
	for (unsigned i = 0; i < p->r->nfindings; i++)
		for (unsigned k = 0; p->later[i] == NONE && k < p->now->nfindings; k++)
			if (!p->taken[k] && !strcmp(p->r->findings[i].id, p->now->findings[k].id) &&
			    same(&p->r->findings[i], &p->now->findings[k])) {
				p->later[i] = (int)k;
				p->taken[k] = true;
			}
}

static void settle(struct finding *f, const struct finding *later, bool checked,
		   struct comparison *n)
{
	bool still = checked ? later != NULL : f->state != FINDING_REPAIRED;
	bool worse = still && later && (later->severity > f->severity || weight(later) > weight(f));
	const char *word = worse ? "worse" : still ? "unchanged" : "repaired";

	if (worse)
		*f = *later;
	if (!still)
		f->state = FINDING_REPAIRED;
	log_put(LOG_STATE, "%s: %s: %s", word, f->id, f->evidence);
	if (f->severity == SEVERITY_NOTE)
		return;
	n->worse += worse;
	n->unchanged += still && !worse;
	n->repaired += !still;
}

void compare_findings(struct report *r, const struct report *now, bool (*checked)(const char *id),
		      struct comparison *n)
{
	struct pairs p = {.r = r, .now = now};
	unsigned before = r->nfindings;

	for (unsigned i = 0; i < before; i++)
		p.later[i] = NONE;
	pair(&p, same_evidence);
	pair(&p, same_place);
	for (unsigned i = 0; i < before; i++)
		settle(&r->findings[i], p.later[i] == NONE ? NULL : &now->findings[p.later[i]],
		       checked(r->findings[i].id), n);
	for (unsigned k = 0; k < now->nfindings; k++) {
		const struct finding *f = &now->findings[k];

		if (p.taken[k])
			continue;
		log_put(LOG_STATE, "new: %s: %s", f->id, f->evidence);
		report_finding(r, f);
		n->fresh += f->severity != SEVERITY_NOTE;
	}
}
