#include "phases/tell.h"

#include "base/log.h"
#include "checks/check.h"

#include <string.h>

#define MOST 8 /* of one screen; the logs have them all */

/* One cause may have been found in many files: it is told by the first of them. */
static bool told_before(const struct report *r, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (r->findings[i].severity != SEVERITY_NOTE &&
		    !strcmp(r->findings[i].id, r->findings[at].id) &&
		    r->findings[i].state == r->findings[at].state)
			return true;
	return r->findings[at].severity == SEVERITY_NOTE;
}

static unsigned causes(const struct report *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->nfindings; i++)
		n += !told_before(r, i);
	return n;
}

static const char *whom(enum blocks b)
{
	static const char *const text[] = {[BLOCKS_NOBODY] = "",
					   [BLOCKS_USER] = " (keeps this user out)",
					   [BLOCKS_EVERYONE] = " (keeps everyone out)",
					   [BLOCKS_DISPLAY] = ""};

	return text[b];
}

static void each_cause(const struct report *r, void (*tell)(const struct finding *f))
{
	unsigned n = 0, all = causes(r);

	for (unsigned i = 0; i < r->nfindings && n < MOST; i++) {
		if (told_before(r, i))
			continue;
		tell(&r->findings[i]);
		n++;
	}
	if (all > n)
		log_show(TONE_PLAIN, "  ", "and %u more: see diagnostics.log", all - n);
}

static void found(const struct finding *f)
{
	log_show(f->severity == SEVERITY_ERROR ? TONE_BAD : TONE_WARN, "[1/8] FOUND: ", "%s%s",
		 check_words(f->id), whom(f->blocks));
	log_show(TONE_PLAIN, "             ", "%s", f->evidence);
}

void tell_found(const struct report *r)
{
	each_cause(r, found);
}

static void settled(const struct finding *f)
{
	static const struct {
		char lead[20];
		enum tone tone;
	} states[] = {[FINDING_OPEN] = {"  STILL THERE:  ", TONE_BAD},
		      [FINDING_REPAIRED] = {"  repaired:     ", TONE_GOOD},
		      [FINDING_FAILED] = {"  NOT REPAIRED: ", TONE_BAD},
		      [FINDING_UNKNOWN] = {"  NOT KNOWN:    ", TONE_WARN}};

	log_show(states[f->state].tone, states[f->state].lead, "%s", check_words(f->id));
	if (f->state == FINDING_REPAIRED)
		return;
	log_show(TONE_PLAIN, "                ", "%s", f->evidence);
	if (f->action[0])
		log_show(TONE_PLAIN, "                ", "%s", f->action);
}

void tell_settled(const struct report *r)
{
	each_cause(r, settled);
}
