#include "run/story.h"

#include "base/log.h"
#include "checks/check.h"
#include "phases/phase.h"

#include <string.h>

#define COMPARED_LINES 60

static void head(const char *title)
{
	log_show(TONE_STRONG, "", "%s", title);
}

static void item(const char *lead, const char *text)
{
	if (*text)
		log_show(TONE_PLAIN, lead, "%s", text);
}

static void tell_verdict(const struct report *r)
{
	static const struct {
		enum tone tone;
		char text[40];
	} verdicts[] = {[VERDICT_NONE] = {TONE_WARN, "NO LOGIN WAS TRIED"},
			[VERDICT_LOGIN_PROVEN] = {TONE_GOOD, "LOGIN PROVEN"},
			[VERDICT_LOGIN_REFUSED] = {TONE_BAD, "LOGIN REFUSED"},
			[VERDICT_UNKNOWN] = {TONE_WARN, "NOT KNOWN WHETHER A LOGIN WORKS"}};

	log_show(TONE_STRONG, "", "Run %s, number %ld, on %s", r->run, r->sequence, r->os_name);
	log_show(verdicts[r->verdict].tone, "", "%s", verdicts[r->verdict].text);
	item("  ", r->verdict_text);
	if (r->selinux)
		item("  ", "SELinux enforces on this system: not proven under SELinux.");
	item("  WEAKENED: ", r->weakened);
	if (r->password_set)
		log_show(TONE_PLAIN, "  ", "%s got a new password (%s).", r->user, r->method);
}

static const char *state(const struct finding *f)
{
	static const char leads[][20] = {[FINDING_OPEN] = "  still there:  ",
					 [FINDING_REPAIRED] = "  repaired:     ",
					 [FINDING_FAILED] = "  not repaired: ",
					 [FINDING_UNKNOWN] = "  not known:    "};

	return f->severity == SEVERITY_NOTE ? "  note:         " : leads[f->state];
}

static void tell_findings(const struct report *r)
{
	head("What was found:");
	for (unsigned i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		item(state(f), check_words(f->id));
		item("                ", f->evidence);
		if (f->state != FINDING_REPAIRED)
			item("                ", f->action);
	}
	if (!r->nfindings)
		item("  ", "nothing");
	if (r->findings_lost)
		log_show(TONE_PLAIN, "  ", "and %u more", r->findings_lost);
}

static void tell_phases(const struct report *r)
{
	head("What each phase did:");
	for (int i = 0; i < 8; i++) {
		const struct phase_result *p = &r->phases[i + 1];

		log_show(TONE_PLAIN, "  ", "%d %-22s %-14s %5lld s", i + 1, phases[i].name,
			 outcome_name(p->outcome), (long long)(p->ms + 500) / 1000);
		item("    ", p->text);
	}
}

static void tell_pivots(const struct report *r)
{
	if (r->npivots)
		head("What was tried, and left for something else:");
	for (unsigned i = 0; i < r->npivots; i++) {
		const struct pivot *p = &r->pivots[i];

		log_show(TONE_PLAIN, "  ", "[%s] %s did not work (%s). Next: %s", p->phase,
			 p->tried, p->failed, p->next);
	}
	if (r->nfailures)
		head("What failed:");
	for (unsigned i = 0; i < r->nfailures; i++)
		log_show(TONE_PLAIN, "  ", "[%s] %s: %s", r->failures[i].phase, r->failures[i].what,
			 r->failures[i].why);
}

static void tell_lines(const char *text)
{
	const char *p = text, *end = text + strlen(text), *line;
	size_t len;

	while (line_next(&p, end, &line, &len))
		log_show(TONE_PLAIN, "  ", "%.*s", (int)len, line);
}

static void tell_changes(const struct story *s)
{
	const struct report *r = &s->report;

	head("What was changed:");
	if (r->deleted)
		log_show(TONE_PLAIN, "  ",
			 "%u files deleted to make room, for good; main.log lists them",
			 r->deleted);
	if (*s->changes)
		tell_lines(s->changes);
	else if (r->changes)
		log_show(TONE_PLAIN, "  ", "%u changes, which are not known any more", r->changes);
	else
		item("  ", r->deleted ? "nothing else" : "nothing");
	if (r->rung[0])
		log_show(TONE_PLAIN, "  ", "libcrypt was repaired by %s", r->rung);
}

static void tell_undo(const struct story *s)
{
	const char *run = s->report.run;

	if (!s->report.changes && !s->journal)
		return;
	head("How to undo it:");
	if (s->undone)
		item("  ", "it was undone");
	else if (s->journal && (*run == '-' || run[strspn(run, "0123456789-")]))
		item("  ", "its folder has no run's name: nothing of it is shown to be typed");
	else if (s->journal)
		log_show(TONE_PLAIN, "  ", "rd-recovery rollback %s", run);
	else if (s->unread)
		item("  ",
		     "whether it can be undone is not known: not all of the system could be read");
	else
		item("  ", "it cannot be undone: what was kept for that is gone");
}

/* Only what differs. */
static void tell_compared(const char *text)
{
	static const char same[] = ": unchanged";
	const char *p = text, *end = text + strlen(text), *line;
	unsigned n = 0;
	size_t len;

	head("Before and after:");
	while (line_next(&p, end, &line, &len)) {
		if (str_starts(line, "== ") ||
		    (len >= sizeof same - 1 &&
		     !memcmp(line + len - (sizeof same - 1), same, sizeof same - 1)))
			continue;
		if (n++ < COMPARED_LINES)
			log_show(TONE_PLAIN, "  ", "%.*s", (int)(len < 2000 ? len : 2000), line);
	}
	if (n > COMPARED_LINES)
		log_show(TONE_PLAIN, "  ", "and %u lines more in system-state.log",
			 n - COMPARED_LINES);
}

void story_tell(const struct story *s)
{
	tell_verdict(&s->report);
	tell_findings(&s->report);
	tell_phases(&s->report);
	tell_pivots(&s->report);
	tell_changes(s);
	if (*s->compared)
		tell_compared(s->compared);
	tell_undo(s);
	if (s->report.nexts)
		head("What to do next:");
	for (unsigned i = 0; i < s->report.nexts; i++)
		item("  ", s->report.next[i]);
	head("Logs:");
	item("  ", s->folder);
}

const char *story_compared(const char *text, size_t len)
{
	static const char begin[] = "\n== compared with before the run\n";
	const char *at = len ? memmem(text, len, begin, sizeof begin - 1) : NULL;

	return at ? at + sizeof begin - 1 : NULL;
}
