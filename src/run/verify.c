#include "run/commands.h"

#include "base/clock.h"
#include "base/log.h"
#include "checks/families.h"
#include "run/supervisor.h"
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

/* What the checks know of modes that no database tells. */
static void add_modes(struct verify *v, const struct target *t)
{
	struct report *r = calloc(1, sizeof *r);
	struct check_context c = {.t = t, .report = r, .user = "", .deadline = v->deadline};
	const struct finding *f;
	char path[sizeof f->evidence];

	if (!r)
		return;
	r->scratch = true;
	detect_modes(&c);
	detect_setuid(&c);
	for (f = r->findings; f < r->findings + r->nfindings; f++) {
		const char *colon = strstr(f->evidence, ": ");
		bool bit = !strcmp(f->id, "setuid-lost");

		if (!colon)
			continue;
		snprintf(path, sizeof path, "%.*s", (int)(colon - f->evidence), f->evidence);
		verify_add(v, &(struct verify_note){.breaks = f->blocks == BLOCKS_DISPLAY
								  ? VERIFY_DISPLAY
							      : f->blocks ? VERIFY_LOGIN
									  : VERIFY_REST,
						    .fault = bit ? VERIFY_BIT : VERIFY_MODE,
						    .pkg = "",
						    .path = path,
						    .detail = colon + 2});
	}
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

	if (!k || log_start() || supervisor_namespace())
		return 3;
	supervisor_signals();
	log_to_error();
	k->root = o->root;
	k->v.deep = o->deep;
	k->mounts.readonly = true;
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
		fprintf(stderr, "rd-recovery: %s is no usable target: %s\n", o->root, why);
		return 3;
	}
	verify_order(&k->v);
	if (o->json)
		verify_tell_json(&k->v, print, NULL);
	else
		verify_tell(&k->v, print, NULL);
	return supervisor_signalled() ? 4 : verify_faults(&k->v) || !k->v.whole;
}
