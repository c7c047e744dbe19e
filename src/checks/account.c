#include "checks/families.h"

#include "base/buf.h"
#include "target/accounts.h"

#include <stdio.h>

/* Of the named user alone: nobody else's account is touched. */
void detect_account(struct check_context *c)
{
	struct finding f = {.id = "account-locked",
			    .severity = SEVERITY_ERROR,
			    .blocks = BLOCKS_USER,
			    .repairable = true,
			    .action = "phase 4 unlocks the named user where a password is set"};
	struct account a;
	const char *bad = "";
	char why[200];

	if (!c->user || !c->user[0])
		return;
	if (accounts_get(c->t, c->user, &a, &bad)) {
		f.repairable = false;
		snprintf(f.evidence, sizeof f.evidence, "%s: cannot be read from %s", c->user, bad);
		report_finding(c->report, &f);
		return;
	}
	accounts_obstacle(c->t, &a, accounts_today(c->t), why, sizeof why);
	snprintf(f.evidence, sizeof f.evidence, "%s: %s", c->user, why);
	if (why[0])
		report_finding(c->report, &f);
}
