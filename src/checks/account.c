#include "checks/families.h"

#include "target/shadow.h"

#include <stdio.h>
#include <string.h>

bool account_of_user(const struct check_context *c, struct account *a)
{
	const char *bad;

	return c->user && *c->user && !accounts_get(c->t, c->user, a, &bad);
}

/* --- locked */

static bool hash_behind_lock(const struct account *a)
{
	return a->locked && a->in_shadow && !a->damaged && a->method != HASH_NONE;
}

/* Root locked is how many systems ship it: a fault only for who named it. */
static void detect_root(struct check_context *c)
{
	static const struct cause cause = {"root-locked", SEVERITY_NOTE, BLOCKS_NOBODY,
					   "rd.recovery.user=root (--user root) unlocks it"};
	struct account root;
	const char *bad;

	if (!accounts_get(c->t, "root", &root, &bad) && root.locked)
		check_found(c, &cause,
			    "/etc/shadow line %u: root is locked; rescue shells refuse it too",
			    root.shadow_line);
}

void detect_locked(struct check_context *c)
{
	struct cause cause = {"account-locked", SEVERITY_ERROR, BLOCKS_USER, ""};
	struct account a;
	bool have = account_of_user(c, &a), root = have && !a.uid && !strcmp(a.name, "root");

	if (!root || !c->named)
		detect_root(c);
	if (!have || !a.locked || (root && !c->named))
		return;
	if (root)
		cause.id = "root-locked";
	cause.action = !c->named ? "not named, so left alone: rd.recovery.user=NAME (--user NAME)"
		       : hash_behind_lock(&a) ? "phase 4 takes the lock off"
					      : "phase 4 sets a new password; keep may not";
	check_found(c, &cause, "/etc/%s line %u: %s is locked%s",
		    a.shadow_line ? "shadow" : "passwd",
		    a.shadow_line ? a.shadow_line : a.passwd_line, a.name,
		    a.method == HASH_NONE ? ", and no hash lies behind the lock" : "");
}

/* A lock before a sound hash; where there is none, phase 4 makes a new one. */
int repair_locked(struct check_context *c)
{
	struct account a;

	if (!c->named || !account_of_user(c, &a) || !hash_behind_lock(&a))
		return -1;
	return shadow_write(c->t, c->journal,
			    &(struct shadow_edit){.name = a.name, .unlock = true});
}

/* --- expired: check_shadow_expiry() of Linux-PAM's pam_unix */

enum limit { LIMIT_NONE, LIMIT_EXPIRED, LIMIT_CHANGE, LIMIT_OLD, LIMIT_INACTIVE, LIMIT_FUTURE };

static enum limit find_limit(const struct account *a, long today)
{
	if (a->expire == 0 || (today >= 0 && a->expire > 0 && today >= a->expire))
		return LIMIT_EXPIRED;
	if (a->lastchg == 0)
		return LIMIT_CHANGE;
	if (today < 0 || a->lastchg < 0)
		return LIMIT_NONE;
	if (a->lastchg > today)
		return LIMIT_FUTURE;
	if (a->max < 0 || today - a->lastchg <= a->max)
		return LIMIT_NONE;
	return a->inactive >= 0 && today - a->lastchg - a->max > a->inactive ? LIMIT_INACTIVE
									     : LIMIT_OLD;
}

static bool has_limits(const struct account *a)
{
	return a->expire > 0 || (a->lastchg > 0 && a->max >= 0 && a->max < 99999);
}

void detect_expired(struct check_context *c)
{
	static const char seen[][46] = {"",
					"the account has expired (field 8)",
					"a new password must be set at the login",
					"the password is too old, a new one is wanted",
					"the password is too old, the account inactive",
					"the password was changed in the future"};
	struct cause cause = {"account-expired", SEVERITY_ERROR, BLOCKS_USER,
			      "phase 4 lifts this limit of the named user"};
	struct account a;
	long today = accounts_today(c->t);
	enum limit l;

	if (!account_of_user(c, &a) || !a.shadow_line || a.damaged)
		return;
	l = find_limit(&a, today);
	if (l == LIMIT_NONE && (today >= 0 || !has_limits(&a)))
		return;
	/* a new password at the prompt is possible on a text console, and nowhere else */
	if (l == LIMIT_CHANGE || l == LIMIT_OLD)
		cause.severity = SEVERITY_WARNING;
	if (l == LIMIT_NONE || l == LIMIT_FUTURE) {
		cause.severity = SEVERITY_NOTE;
		cause.blocks = BLOCKS_NOBODY;
		cause.action = "check the clock: hwclock --show; date";
	} else if (!c->named) {
		cause.action = "not named, so left alone: rd.recovery.user=NAME (--user NAME)";
	}
	check_found(c, &cause, "/etc/shadow line %u: %s: %s", a.shadow_line, a.name,
		    l == LIMIT_NONE ? "its limits are not judged, the clock is not believable"
				    : seen[l]);
}

/* The one field that is at fault. */
int repair_expired(struct check_context *c)
{
	struct shadow_edit e = {0};
	struct account a;
	long today = accounts_today(c->t);
	enum limit l;

	if (!c->named || !account_of_user(c, &a) || !a.shadow_line || a.damaged)
		return -1;
	/* two limits at once: first the one, then the other */
	while ((l = find_limit(&a, today)) != LIMIT_NONE && l != LIMIT_FUTURE) {
		if (l == LIMIT_EXPIRED) {
			e.clear_expire = true;
			a.expire = -1;
			continue;
		}
		e.set_lastchg = true;
		a.lastchg = today;
		if (today >= 0)
			snprintf(e.lastchg, sizeof e.lastchg, "%ld", today);
	}
	e.name = a.name;
	return shadow_write(c->t, c->journal, &e);
}
