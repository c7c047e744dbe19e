#include "run/status_own.h"

#include "base/buf.h"
#include "base/file.h"
#include "checks/check.h"
#include "run/health.h"
#include "target/accounts.h"
#include "target/capture.h"

#include <stdlib.h>
#include <string.h>

struct intact {
	const struct target *t;
	unsigned files;
	char bad[300];
};

static int look_at_copy(void *arg, const char *path)
{
	struct intact *k = arg;
	struct capture_copy c;

	k->files++;
	if (capture_find(k->t, path, &c))
		str_copy(k->bad, sizeof k->bad, path);
	return 0;
}

void status_capture(struct status *s, const struct target *t, struct reply *r)
{
	struct target own = *t;
	struct intact k = {&own, 0, ""};

	(void)s;
	capture_choose(&own);
	if (capture_each(&own, look_at_copy, &k) || !k.files)
		reply_no(r, STATUS_UPDATE, "there are none in %s/capture", JOURNAL_DIR);
	else if (k.bad[0])
		reply_no(r, STATUS_UPDATE, "the copy of %.200s is damaged", k.bad);
	else
		reply_yes(r, "%u in %.200s", k.files, own.capture);
}

void status_health(struct status *s, const struct target *t, struct reply *r)
{
	char mem[2048] = "";
	struct buf why = BUF_OF(mem);

	(void)s;
	health_look(t, &why);
	if (why.len)
		reply_no(r, "rd-recovery diagnose", "%.*s", (int)strcspn(mem, "\n"), mem);
	else
		reply_yes(r, "every libcrypt verifies every password, and no error was found");
}

/* The faults of a report, by their names. */
static void name_faults(const struct report *found, struct reply *r)
{
	char mem[300] = "";
	struct buf ids = BUF_OF(mem);
	unsigned n = 0;

	for (unsigned i = 0; i < found->nfindings; i++)
		if (found->findings[i].severity != SEVERITY_NOTE)
			buf_addf(&ids, "%s%s", n++ ? ", " : "", found->findings[i].id);
	if (n)
		reply_no(r, "rd-recovery diagnose", "%u: %s", n, mem);
	else
		reply_yes(r, "it would change nothing and prove the login");
}

void status_run(struct status *s, const struct target *t, struct reply *r)
{
	char user[64] = "", why[160];
	struct check_context c = {.t = t, .user = user, .deadline = INT64_MAX, .timeout = 60};
	struct report *found;

	(void)s;
	accounts_choose(t, "", user, why);
	found = check_look(&c);
	if (found)
		name_faults(found, r);
	free(found);
}
