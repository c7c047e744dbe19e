#include "run/commands.h"

#include "base/clock.h"
#include "base/console.h"
#include "checks/families.h"
#include "run/supervisor.h"
#include "target/pkg.h"
#include "target/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE 5 /* seconds for an ordered end */

struct looking { /* shared with the operations */
	struct mounts mounts;
	struct target target;
	const char *root;
	struct verify v;
};

static enum verify_class breaks(const struct finding *f)
{
	if (f->blocks == BLOCKS_DISPLAY)
		return VERIFY_DISPLAY;
	return f->blocks ? VERIFY_LOGIN : VERIFY_REST;
}

/* The evidence begins with the path. A program's package sets its bits; nothing of a package sets
 * the modes of folders again. */
static void add_mode(struct verify *v, const struct target *t, const struct finding *f)
{
	const struct pkg_manager *m = pkg_in_use(t);
	const char *colon = strstr(f->evidence, ": ");
	char path[sizeof f->evidence], detail[400], pkg[128] = "";
	bool bit = !strcmp(f->id, "setuid-lost");

	if (!colon)
		return;
	snprintf(path, sizeof path, "%.*s", (int)(colon - f->evidence), f->evidence);
	if (bit && m && pkg_owner(t, m, path, pkg))
		*pkg = '\0';
	snprintf(detail, sizeof detail, "%s%s", colon + 2,
		 *pkg ? "" : "; rd-recovery run --phases 3 sets it");
	verify_add(v, &(struct verify_note){.breaks = breaks(f),
					    .fault = bit ? VERIFY_BIT : VERIFY_MODE,
					    .pkg = pkg,
					    .path = path,
					    .detail = detail});
}

/* What the checks know of modes that no database tells. */
static void add_modes(struct verify *v, const struct target *t)
{
	struct report *r = calloc(1, sizeof *r);
	struct check_context c = {.t = t, .report = r, .user = "", .deadline = v->deadline};

	if (!r)
		return;
	r->scratch = true;
	detect_modes(&c);
	detect_setuid(&c);
	for (unsigned i = 0; i < r->nfindings; i++)
		add_mode(v, t, &r->findings[i]);
	free(r);
}

/* What could not be mounted was found out before. */
static int open_target(const struct looking *k, struct target *t)
{
	if (target_open(t, k->root))
		return errno ? errno : EINVAL;
	memcpy(t->unknown, k->target.unknown, sizeof t->unknown);
	t->nunknown = k->target.nunknown;
	return 0;
}

static int check_target(void *arg)
{
	struct target t = {0};
	int rc = open_target(arg, &t);

	if (rc == 0)
		target_close(&t);
	return rc;
}

static int look(void *arg)
{
	struct looking *k = arg;
	struct target t = {0};
	int rc = open_target(k, &t);

	if (rc)
		return rc;
	rc = verify_run(&k->v, &t) ? errno : 0;
	add_modes(&k->v, &t);
	target_close(&t);
	return rc;
}

static void print(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

/* The worker ends in order, a little before it would be ended. */
static int look_within(struct looking *k, long seconds, char *why, size_t cap)
{
	struct operation o = {"verify", look, k, seconds + GRACE};

	k->v.deadline = deadline_in(seconds);
	return supervisor_reading(&o, why, cap);
}

int command_verify(struct options *o)
{
	struct looking *k = supervisor_shared(sizeof *k);
	char why[320];
	int rc;

	if (supervisor_begin(k))
		return 3;
	supervisor_signals();
	console_to(CONSOLE_ERROR);
	k->root = o->root;
	k->v.deep = o->deep;
	k->mounts.look = true;
	command_mount(&k->mounts, &k->target, o);
	rc = supervisor_operation(
	    &(struct operation){"open the target", check_target, k, o->set.timeout}, why,
	    sizeof why);
	if (rc == 0 && look_within(k, o->set.timeout, why, sizeof why)) {
		k->v.whole = false;
		fprintf(stderr, "rd-recovery: %s: %s\n", o->root, why);
	}
	mounts_end(&k->mounts);
	if (rc) {
		fprintf(stderr, "rd-recovery: %s is no usable target: %s%s\n", o->root, why,
			target_needs(why));
		return 3;
	}
	verify_order(&k->v);
	if (o->json)
		verify_tell_json(&k->v, print, NULL);
	else
		verify_tell(&k->v, print, NULL);
	return supervisor_signalled() ? 4 : verify_faults(&k->v) || !k->v.whole;
}
