#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TEMP ".rd-recovery."
#define BACKUP "/etc/shadow-"

const char *judge_name(enum verdict v)
{
	static const char names[VERDICTS][10] = {"fine", "torn", "lie", "door", "stuck"};

	return names[v];
}

__attribute__((format(printf, 2, 3))) static struct judgement because(enum verdict v,
								      const char *fmt, ...)
{
	struct judgement j = {.verdict = v};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j.why, sizeof j.why, fmt, ap);
	va_end(ap);
	return j;
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool is_journal(const char *path)
{
	return starts(path, "/var/lib/rd-recovery") || starts(path, "/rd-recovery") ||
	       starts(path, "/home/.rd-recovery");
}

/* "linux-" where os-release could not be read. */
static bool is_log(const char *path)
{
	static const char *const folders[] = {
	    "/boot/tiny-recovery-logs-", "/boot/linux-recovery-logs-",
	    "/var/log/tiny-recovery-logs-", "/var/log/linux-recovery-logs-"};

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (starts(path, folders[i]))
			return true;
	return false;
}

static bool is_temp(const char *path)
{
	return starts(strrchr(path, '/') + 1, TEMP);
}

/* --- each file */

/* A path of any of the three trees. */
static struct judgement judge_file(const struct scenario *s, const struct tree *now,
				   const char *path, bool alive)
{
	const struct entry *e = tree_find(now, path);
	const char *from_old = tree_differ(e, tree_find(&s->before, path));
	const char *from_new = tree_differ(e, tree_find(&s->after, path));

	if (!from_old || !from_new)
		return (struct judgement){0};
	/* may be absent until the next run or rollback puts it back */
	if (!alive && (!strcmp(from_old, "flags") || !strcmp(from_new, "flags")))
		return (struct judgement){0};
	return because(TORN, "%s is neither old (%s) nor new (%s)", path, from_old, from_new);
}

static struct judgement judge_files(const struct scenario *s, const struct tree *now, bool alive)
{
	const struct tree *const trees[] = {&s->before, &s->after, now};

	for (int t = 0; t < 3; t++)
		for (size_t i = 0; i < trees[t]->n; i++) {
			const char *path = trees[t]->list[i].path;
			struct judgement j;

			if (is_journal(path) || is_log(path) || is_temp(path))
				continue;
			j = judge_file(s, now, path, alive);
			if (j.verdict)
				return j;
		}
	return (struct judgement){0};
}

/* Logs are only ever appended to. */
static struct judgement judge_logs(const struct scenario *s, const struct tree *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct entry *e = &now->list[i], *full = tree_find(&s->after, e->path);

		if (!is_log(e->path) || !S_ISREG(e->mode) || !full)
			continue;
		if (e->len > full->len || memcmp(e->data, full->data, e->len))
			return because(TORN, "%s is no beginning of what was to be written",
				       e->path);
	}
	return (struct judgement){0};
}

/* "$6$SALT$" and 86 characters; a libcrypt has the first three too. */
static bool holds_hash(const struct entry *e)
{
	static const char of[] =
	    "$./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const char *p = e->data, *end = p + e->len;

	while ((p = memmem(p, (size_t)(end - p), "$6$", 3))) {
		const char *start = p;

		while (p < end && *p && strchr(of, *p))
			p++;
		if (p - start > 86)
			return true;
	}
	return false;
}

/* Who may read a file with a hash in it? Nobody who may not read shadow. */
static struct judgement judge_secrets(const struct scenario *s, const struct tree *now)
{
	const struct entry *shadow = tree_find(&s->before, "/etc/shadow");

	for (size_t i = 0; i < now->n; i++) {
		const struct entry *e = &now->list[i];

		if (!S_ISREG(e->mode) || !e->len || !holds_hash(e))
			continue;
		if (is_log(e->path))
			return because(OPEN_DOOR, "%s holds a hash", e->path);
		if (!(e->mode & 077) && e->uid == 0)
			continue;
		if (!is_journal(e->path) && !(e->mode & 07777 & ~shadow->mode) &&
		    e->uid == shadow->uid && e->gid == shadow->gid)
			continue;
		return because(OPEN_DOOR, "%s holds a hash and has mode %04o of %u:%u", e->path,
			       e->mode & 07777, e->uid, e->gid);
	}
	return (struct judgement){0};
}

/* --- what was said */

static bool is_like(const struct tree *now, const struct tree *as, const char *path)
{
	return !tree_differ(tree_find(now, path), tree_find(as, path));
}

/* Flags that could not be put back: the file is what was said, else. */
static bool is_nearly(const struct tree *now, const struct tree *as, const char *path)
{
	const char *what = tree_differ(tree_find(now, path), tree_find(as, path));

	return !what || !strcmp(what, "flags");
}

static struct judgement judge_claim(const struct scenario *s, const struct tree *now,
				    const char *path, const char *word)
{
	if ((!strcmp(word, "done") && !is_like(now, &s->after, path)) ||
	    (!strcmp(word, "new") && !is_nearly(now, &s->after, path)) ||
	    (!strcmp(word, "old") &&
	     !is_nearly(now, s->kind == UNDO ? &s->after : &s->before, path)))
		return because(LIE, "it said %s is %s", path, word);
	return (struct judgement){0};
}

/* What a run or a rollback says of a path. */
static const char *meaning(const char *words)
{
	if (starts(words, "restored from"))
		return "new";
	return starts(words, "restored") || starts(words, "already") ? "old" : "";
}

static struct judgement judge_claims(const struct scenario *s, const struct tree *now,
				     const char *said)
{
	char path[200] = "/", word[20];

	for (const char *p = said; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		struct judgement j = {0};

		if (sscanf(p, "claim %199s %19s", path, word) == 2 ||
		    sscanf(p, "undo %199s %19s", path, word) == 2)
			j = judge_claim(s, now, path, word);
		else if (sscanf(p, "/%198[^:]: %19[^\n]", path + 1, word) == 2)
			j = judge_claim(s, now, path, meaning(word));
		if (j.verdict)
			return j;
	}
	return (struct judgement){0};
}

/* Is now like want, but for rd-recovery's own folders? The backup of shadow may be like instead's.
 */
static struct judgement compare(const struct tree *want, const struct tree *instead,
				const struct tree *now, const char *when, bool temps)
{
	const struct tree *const trees[] = {want, now};

	for (int t = 0; t < 2; t++)
		for (size_t i = 0; i < trees[t]->n; i++) {
			const char *path = trees[t]->list[i].path, *what;

			if (is_journal(path) || is_log(path) || (is_temp(path) && !temps))
				continue;
			what = tree_differ(tree_find(now, path), tree_find(want, path));
			if (what && !strcmp(path, BACKUP) && is_like(now, instead, path))
				continue;
			if (what)
				return because(STUCK, "%s, %s differs: %s", when, path, what);
		}
	return (struct judgement){0};
}

static bool is_all(const struct tree *now, const struct tree *as)
{
	return !compare(as, as, now, "", false).verdict;
}

static bool has_logs(const struct scenario *s, const struct tree *now)
{
	for (size_t i = 0; i < s->after.n; i++)
		if (is_log(s->after.list[i].path) &&
		    !is_like(now, &s->after, s->after.list[i].path))
			return false;
	return true;
}

/* A sentence, and what has to be new (done) or old then: a path, or all (NULL). */
struct sentence {
	const char *text, *unless, *path;
	bool done;
};

static struct judgement judge_sentences(const struct scenario *s, const struct tree *now,
					const char *said)
{
	static const struct sentence sentences[] = {
	    {"commit done", NULL, NULL, true},
	    {"commit failed", "could be undone", NULL, false},
	    {"password reset         repaired", NULL, "/etc/shadow", true},
	    {"the password of ada is as it was", NULL, "/etc/shadow", false},
	    {"Nothing on the system was changed", NULL, NULL, false},
	    {"ada has a new password hash", NULL, "/etc/shadow", true},
	    {"no run is left to undo", NULL, NULL, true},
	};

	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		const struct sentence *t = &sentences[i];
		const struct tree *as = t->done ? &s->after : &s->before;

		if (strstr(said, t->text) && !(t->unless && strstr(said, t->unless)) &&
		    (t->path ? !is_like(now, as, t->path) : !is_all(now, as)))
			return because(LIE, "it said: %s", t->text);
	}
	return (struct judgement){0};
}

/* What the exit status means. */
static struct judgement judge_status(const struct scenario *s, const struct tree *now,
				     const char *said, int status)
{
	/* the one thing that may be missing, and is said */
	const struct tree *backup = strstr(said, "shadow- not written") ? &s->before : &s->after;

	if (strstr(said, "not all of it could be undone"))
		return (struct judgement){0};
	if (s->kind == RUN && status == 0)
		return because(LIE, "it said a login is proven");
	if (s->kind != RUN && status == s->done &&
	    compare(&s->after, backup, now, "", false).verdict)
		return because(LIE, "it said all is done (status %d)", status);
	if (!strcmp(s->run, s->undo) && status == s->undone && !is_all(now, &s->after))
		return because(LIE, "it said nothing is left to undo");
	if ((status == 2 || status == 3) && !is_all(now, &s->before) && s->kind != UNDO)
		return because(LIE, "it said nothing was touched (status %d)", status);
	return (struct judgement){0};
}

static struct judgement judge_words(const struct scenario *s, const struct tree *now,
				    const char *said, int status)
{
	struct judgement j = {0};

	if (s->kind != LOGS)
		j = judge_status(s, now, said, status);
	else if ((status == s->done || strstr(said, "logs done")) && !has_logs(s, now))
		j = because(LIE, "it said the logs are copied");
	if (!j.verdict)
		j = judge_sentences(s, now, said);
	return j.verdict ? j : judge_claims(s, now, said);
}

struct judgement judge_struck(const struct scenario *s, const struct tree *now, const char *said,
			      int status)
{
	/* what it could not put back, and says so, the next run or rollback has to */
	bool said_so = strstr(said, "not all of it could be undone");
	struct judgement j = {0};

	if (!said_so)
		j = judge_files(s, now, status == s->done);
	if (!j.verdict)
		j = judge_secrets(s, now);
	if (!j.verdict && s->kind == LOGS)
		j = judge_logs(s, now);
	if (!j.verdict)
		j = judge_words(s, now, said, status);
	return j;
}

struct judgement judge_exact(const struct tree *want, const struct tree *instead,
			     const struct tree *now, const char *when)
{
	return compare(want, instead, now, when, true);
}
