#include "phases/phase.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/console.h"
#include "base/digest.h"
#include "base/hash.h"
#include "base/log.h"
#include "checks/families.h"
#include "target/shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RANDOM_SECONDS 30

struct reset {
	struct context *c;
	struct account a;
	long today;
	enum hash_method method;
	char hash[HASH_CAP]; /* the new one, "" when the stored one stays */
	char why[160];	     /* why a new one is needed */
};

/* Why the stored hash can't be used; "" when it can, or nothing is known against it. */
static void judge(struct reset *r)
{
	const struct account *a = &r->a;
	unsigned proven = r->c->shared->methods_proven;

	if (proven)
		proven |= accounts_pam_methods(r->c->t);
	if (a->locked)
		str_copy(r->why, sizeof r->why, "locked");
	else if (a->damaged)
		str_copy(r->why, sizeof r->why, "damaged");
	else if (a->method == HASH_NONE)
		str_copy(r->why, sizeof r->why, "missing");
	else if (proven && !(proven & (1u << a->method)))
		snprintf(r->why, sizeof r->why, "%s, which nothing left on this system can verify",
			 hash_name(a->method));
}

/* The method of a new password: the target's own default when it is proven, else the strongest that
 * is. 0/-1. */
static int choose_method(struct reset *r)
{
	enum hash_method own = accounts_default_method(r->c->t), best = HASH_NONE;
	unsigned proven = r->c->shared->methods_proven;
	char failed[120], next[80];

	if (own == HASH_NONE || !hash_strength(own))
		own = HASH_SHA512;
	r->method = own;
	if (!proven) {
		log_line("no hash method is proven: %s is taken unproven", hash_name(own));
		return 0;
	}
	if (proven & (1u << own))
		return 0;
	for (int m = HASH_YESCRYPT; m < HASH_METHODS; m++)
		if ((proven & (1u << m)) && hash_strength(m) > hash_strength(best))
			best = m;
	snprintf(failed, sizeof failed, "the target's libcrypt can't verify %s", hash_name(own));
	snprintf(next, sizeof next, "%s",
		 best == HASH_NONE ? "nothing: no method is left" : hash_name(best));
	report_pivot(r->c->report, hash_name(own), failed, next);
	r->method = best;
	return best == HASH_NONE ? -1 : 0;
}

/* The first line of the file the command line named; it lies outside the target. 0/-1. */
static int read_password(const char *path, char *dst, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap - 1);

	if (fd >= 0)
		close(fd);
	dst[n < 0 ? 0 : n] = 0;
	dst[strcspn(dst, "\r\n")] = 0;
	if (n < 0 || !*dst)
		return -1;
	return 0;
}

/* A hash of shared->password, checked. 0/-1. */
static int hash_password(struct reset *r)
{
	struct shared *s = r->c->shared;
	char setting[HASH_CAP];
	int rc;

	log_secret(s->password);
	rc = choose_method(r) || hash_setting(r->method, setting, sizeof setting) ||
	     hash_make(s->password, setting, r->hash, sizeof r->hash) ||
	     !hash_verify(s->password, r->hash);
	explicit_bzero(setting, sizeof setting);
	return rc ? -1 : 0;
}

static int configured(struct reset *r)
{
	unsigned proven = r->c->shared->methods_proven;

	if (!str_copy(r->hash, sizeof r->hash, r->c->set->password_hash))
		return -1;
	r->method = hash_identify(r->hash);
	if (r->method == HASH_NONE || strpbrk(r->hash, ":\n")) {
		report_failure(r->c->report, "configured password_hash", "it is no hash", NULL);
		return -1;
	}
	if (!proven || (proven & (1u << r->method)))
		return 0;
	report_failure(r->c->report, "configured password_hash",
		       "its method is one the target's libcrypt can't verify", NULL);
	report_next(r->c->report,
		    "rd.recovery.password=generate gives %s a password in a method "
		    "that works",
		    r->a.name);
	return -1;
}

static int wait_for_random(void *arg)
{
	(void)arg;
	return random_wait() ? errno : 0;
}

/* A password nobody can guess, or none: early in a boot the kernel may have nothing to make it of.
 * 0/-1. */
static int generate(struct reset *r)
{
	struct shared *s = r->c->shared;
	struct child_spec spec = {.name = "the kernel's random generator",
				  .fn = wait_for_random,
				  .flags = CHILD_WORKER | CHILD_HOST_MNT | CHILD_HOST_PID,
				  .deadline = context_deadline(r->c, RANDOM_SECONDS)};
	struct child_result res = {0};
	bool made = password_generate(s->password, sizeof s->password) == 0;

	if (!made && errno == EAGAIN)
		made = child_run(&spec, &res) == 0 &&
		       password_generate(s->password, sizeof s->password) == 0;
	/* said before it is written: whoever ends this phase must not keep back the only one there
	 * may be */
	r->c->report->password_generated = made;
	if (made)
		return 0;
	report_failure(r->c->report, "a random password",
		       "the kernel's random generator is not ready: it could be guessed", NULL);
	report_next(r->c->report, "type on the keyboard for a while in the next rescue boot: the "
				  "kernel's random generator lacks input");
	errno = EAGAIN;
	return -1;
}

/* The new hash the mode asks for into r->hash. 0/-1. */
static int make_hash(struct reset *r, enum password_mode mode)
{
	struct shared *s = r->c->shared;

	if (mode == PASSWORD_CONFIG)
		return configured(r);
	if (mode == PASSWORD_FILE) {
		if (read_password(r->c->set->password_file, s->password, sizeof s->password))
			return -1;
	} else if (generate(r)) {
		return -1;
	}
	return hash_password(r);
}

/* The new hash into its line of shadow. 0/-1, and what shadow holds then. */
static int write_hash(struct reset *r, enum file_state *holds)
{
	const struct account *a = &r->a;
	struct journal *j = r->c->journal;
	struct shadow_edit e = shadow_new_hash(a, r->hash, r->today);

	*holds = FILE_OLD;
	if (!j)
		return -1;
	j->left = FILE_OLD;
	if (shadow_write(r->c->t, j, &e)) {
		*holds = j->left;
		return -1;
	}
	*holds = FILE_NEW;
	return shadow_point(r->c->t, j, a);
}

static void tell(struct reset *r, enum password_mode mode)
{
	struct report *rep = r->c->report;

	rep->password_set = true;
	str_copy(rep->method, sizeof rep->method, hash_name(r->method));
	if (mode == PASSWORD_CONFIG || mode == PASSWORD_FILE)
		return;
	console_password(r->a.name, r->c->shared->password);
}

/* holds: what shadow is known to hold. */
static enum outcome fail(struct reset *r, const char *what, enum file_state holds)
{
	static const char *const is[] = {
	    [FILE_UNKNOWN] = "may be the old or the new one",
	    [FILE_OLD] = "is as it was",
	    [FILE_NEW] = "is the new one, but not known to be safe on the disk",
	};

	report_failure(r->c->report, what, errno ? strerror(errno) : "not possible", NULL);
	phase_text(r->c, 4, "%s failed: the password of %s %s", what, r->a.name, is[holds]);
	if (holds == FILE_OLD) { /* else it may be the one that counts */
		r->c->report->password_generated = false;
		explicit_bzero(r->c->shared->password, sizeof r->c->shared->password);
	}
	return OUTCOME_FAILED;
}

/* Make and write what the mode asks for. */
static enum outcome reset(struct reset *r, enum password_mode mode)
{
	enum file_state holds;
	int error;

	errno = 0;
	if (mode == PASSWORD_AUTO && !*r->why) {
		phase_text(r->c, 4, "the password of %s stays: its %s hash is sound", r->a.name,
			   hash_name(r->a.method));
		return OUTCOME_NOTHING;
	}
	if (make_hash(r, mode))
		return fail(r, "making the new hash", FILE_OLD);
	if (write_hash(r, &holds)) {
		error = errno;
		if (holds != FILE_OLD) /* or nobody would know the password there may be now */
			tell(r, mode);
		errno = error;
		return fail(r, "writing /etc/shadow", holds);
	}
	tell(r, mode);
	phase_text(r->c, 4, "%s: new password, %s%s%s", r->a.name, hash_name(r->method),
		   *r->why ? "; the old hash was " : "", r->why);
	return OUTCOME_REPAIRED;
}

static enum outcome decide(struct reset *r)
{
	const struct settings *set = r->c->set;
	struct report *rep = r->c->report;
	const char *name = r->a.name, *what;

	if (!set->reset_allowed || set->password == PASSWORD_KEEP) {
		phase_text(r->c, 4, "the password of %s is left alone (%s)", name,
			   set->reset_allowed ? "keep" : "reset = no");
		return OUTCOME_SKIPPED;
	}
	judge(r);
	/* who was only chosen is not unlocked, in no mode: the lock may be meant */
	if (r->a.locked && !set->user[0]) {
		report_next(rep, "%s is locked; rd.recovery.user=%s (--user %s) unlocks it", name,
			    name, name);
		phase_text(r->c, 4, "%s is locked and was not named: left alone", name);
		return OUTCOME_SKIPPED;
	}
	if (set->password == PASSWORD_AUTO && *r->why && home_tied(r->c->t, &r->a, &what)) {
		report_next(rep,
			    "%s is tied to the old password of %s; rd.recovery.password=generate "
			    "resets it all the same",
			    what, name);
		phase_text(r->c, 4, "nothing reset: %s is tied to the old password of %s", what,
			   name);
		return OUTCOME_SKIPPED;
	}
	return reset(r, set->password);
}

/* Repairs, and for whom: damaged files may have hidden the account that is meant. */
static unsigned repair(struct context *c)
{
	unsigned repaired = context_repair(c, 4);
	struct check_context checks_of = context_checks(c);
	char name[64], reason[160];

	if (c->set->user[0] || accounts_choose(c->t, "", name, reason) ||
	    !strcmp(name, c->shared->user))
		return repaired;
	log_say("user: %s (%s)", name, reason);
	str_copy(c->shared->user, sizeof c->shared->user, name);
	str_copy(c->report->user, sizeof c->report->user, name);
	str_copy(c->report->user_reason, sizeof c->report->user_reason, reason);
	check_detect_all(&checks_of);
	return repaired + context_repair(c, 4);
}

enum outcome p4_password_reset(struct context *c)
{
	unsigned repaired = repair(c);
	struct reset r = {.c = c, .today = accounts_today(c->t)};
	enum outcome o = OUTCOME_FAILED;
	const char *bad = "/etc/passwd";
	char reason[160], name[64];

	str_copy(name, sizeof name, c->shared->user);
	if ((*name || !accounts_choose(c->t, c->set->user, name, reason)) &&
	    !accounts_get(c->t, name, &r.a, &bad)) {
		str_copy(c->shared->user, sizeof c->shared->user, name);
		o = decide(&r);
	} else {
		phase_text(c, 4, "%s: no account %s that can be read", bad, name);
		report_failure(c->report, bad, strerror(errno), NULL);
	}
	explicit_bzero(&r, sizeof r);
	return o == OUTCOME_NOTHING && repaired ? OUTCOME_REPAIRED : o;
}
