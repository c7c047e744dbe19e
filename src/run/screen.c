#include "run/screen.h"

#include "base/clock.h"
#include "base/console.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#define LIVE_MS 1000
#define STEADY_MS 30000

const char *screen_span(long seconds, char dst[24])
{
	long minutes = (seconds + 59) / 60;

	if (seconds < 120)
		snprintf(dst, 24, "%ld s", seconds);
	else if (minutes < 120)
		snprintf(dst, 24, "%ld min", minutes);
	else
		snprintf(dst, 24, "%ld h %ld min", minutes / 60, minutes % 60);
	return dst;
}

void screen_run(long seconds)
{
	log_line("this run ends by itself after at most %ld s (%ld minutes)", seconds,
		 (seconds + 59) / 60);
	log_show(TONE_STRONG, "",
		 "Nothing has to be typed, and the machine must stay on: the result comes in a box "
		 "at the end.");
	log_show(TONE_PLAIN, "",
		 "this run ends by itself after at most %ld s (%ld min), usually long before",
		 seconds, (seconds + 59) / 60);
}

/* --- a phase */

void screen_wait(struct screen *s, const struct phase *p, int64_t until)
{
	int64_t now = clock_ms();

	*s = (struct screen){p, now, until, now, now + STEADY_MS};
}

void screen_begin(struct screen *s, const struct phase *p, int64_t until)
{
	char span[24];

	screen_wait(s, p, until);
	log_line("[%d/8] %s ...", p->number, p->name);
	log_show_steady("[%d/8] %s ... (at most %s)", p->number, p->name,
			screen_span((long)(until - s->begun) / 1000, span));
	screen_tick(s, "");
}

void screen_tick(struct screen *s, const char *doing)
{
	int64_t now = clock_ms(), left = s->until > now ? s->until - now : 0;
	char gone[24], span[24], line[200];

	if (now < s->live)
		return;
	screen_span((long)(now - s->begun) / 1000, gone);
	screen_span((long)left / 1000, span);
	snprintf(line, sizeof line, "[%d/8] %s: %s so far, at most %s more%s%s", s->phase->number,
		 s->phase->name, gone, span, *doing ? ": " : "", doing);
	console_live(line);
	s->live = now + LIVE_MS;
	if (now < s->steady)
		return;
	log_show_steady("%s", line);
	s->steady = now + STEADY_MS;
}

static enum tone tone_of(enum outcome o)
{
	static const enum tone tones[] = {
	    [OUTCOME_NOT_RUN] = TONE_PLAIN, [OUTCOME_OK] = TONE_GOOD,
	    [OUTCOME_NOTHING] = TONE_GOOD,  [OUTCOME_REPAIRED] = TONE_GOOD,
	    [OUTCOME_SKIPPED] = TONE_WARN,  [OUTCOME_FAILED] = TONE_BAD,
	    [OUTCOME_TIMED_OUT] = TONE_BAD, [OUTCOME_CRASHED] = TONE_BAD,
	    [OUTCOME_UNKNOWN] = TONE_WARN,  [OUTCOME_PENDING] = TONE_PLAIN,
	};

	return tones[o];
}

void screen_end(const struct phase *p, const struct phase_result *r)
{
	long long seconds = (long long)(r->ms + 500) / 1000;

	log_line("[%d/8] %s: %s%s%s (%lld s)", p->number, p->name, outcome_name(r->outcome),
		 r->text[0] ? ": " : "", r->text, seconds);
	log_show(tone_of(r->outcome), "", "[%d/8] %-22s %-14s %5lld s", p->number, p->name,
		 outcome_name(r->outcome), seconds);
	if (r->text[0])
		log_show(TONE_PLAIN, "      ", "%s", r->text);
}

/* --- the verdict */

static bool is_open(const struct canary *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->doors[i].wrong == CANARY_ACCEPTED)
			return true;
	return false;
}

static const char *title(const struct report *r, const struct shared *s, bool ended)
{
	if (is_open(&s->canary))
		return "A WRONG PASSWORD GETS IN.";
	if (r->verdict == VERDICT_LOGIN_PROVEN)
		return "YOU CAN LOG IN.";
	if (r->verdict == VERDICT_LOGIN_REFUSED)
		return "YOU CANNOT LOG IN YET.";
	if (ended)
		return "ENDED BEFORE ITS TIME: whether you can log in is not known.";
	if (r->phases[5].outcome == OUTCOME_NOT_RUN)
		return "NO LOGIN WAS TRIED in this run.";
	return "NOT KNOWN: whether you can log in could not be found out.";
}

/* As the booted system names it. */
static void add_logs(struct buf *b, const struct logdir *d)
{
	bool lasts = d->at < d->nplaces && strcmp(d->places[d->at].path, "/run");

	if (d->at >= d->nplaces)
		buf_adds(b, "No log could be written to a disk.\n");
	else
		buf_addf(b, "Logs: %s/%s%s\n", d->places[d->at].path, d->name,
			 lasts ? "" : " (in memory: gone at the next boot)");
}

static void add_changes(struct buf *b, const struct report *r, const struct shared *s)
{
	if (r->deleted)
		buf_addf(b, "%u files were deleted for good, to make room.\n", r->deleted);
	if (s->changes_unknown)
		buf_adds(b, "What was changed is not wholly known.");
	else if (s->changes)
		buf_addf(b, "%u change%s made.", s->changes, s->changes == 1 ? " was" : "s were");
	else
		buf_adds(b, r->deleted ? "Nothing else was changed." : "Nothing was changed.");
	if (s->changes || s->changes_unknown)
		buf_addf(b, " To undo: rd-recovery rollback %s", r->run);
	buf_adds(b, "\n");
}

static void add_password(struct buf *b, const struct report *r)
{
	if (!r->user[0])
		return;
	if (r->password_generated && !r->password_set)
		buf_addf(b, "Whether %s has the password it had or the one below is not known.\n",
			 r->user);
	else if (r->password_generated && r->verdict == VERDICT_LOGIN_PROVEN)
		buf_addf(b, "Log in as %s with the new password below.\n", r->user);
	else if (r->password_generated)
		buf_addf(b, "%s has a new password all the same: it stands below.\n", r->user);
	else if (r->password_set)
		buf_addf(b, "Log in as %s with the new password that was given.\n", r->user);
	else
		buf_addf(b, "The password of %s is the one it had.\n", r->user);
}

bool screen_verdict(const struct report *r, const struct shared *shared, const struct logdir *logs,
		    bool ended)
{
	enum tone tone = r->verdict == VERDICT_LOGIN_PROVEN    ? TONE_GOOD
			 : r->verdict == VERDICT_LOGIN_REFUSED ? TONE_BAD
							       : TONE_WARN;
	char text[2000];
	struct buf b = BUF_OF(text);

	buf_addf(&b, "%s\n", title(r, shared, ended));
	if (r->verdict_text[0])
		buf_addf(&b, "%s\n", r->verdict_text);
	if (r->selinux)
		buf_adds(&b, "SELinux enforces on this system: not proven under SELinux.\n");
	if (r->weakened[0])
		buf_addf(&b, "WEAKENED: %s\n", r->weakened);
	if (r->verdict == VERDICT_LOGIN_REFUSED)
		buf_adds(&b, "What is still broken, and what to do about it, stands above.\n");
	add_password(&b, r);
	add_changes(&b, r, shared);
	add_logs(&b, logs);
	log_box(tone, text);
	if (!r->password_generated || !shared->password[0] ||
	    console_password(shared->user, shared->password))
		return true;
	log_say("No console took the new password: run again with rd.recovery.password=config");
	return false;
}
