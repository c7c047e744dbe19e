#include "checks/families.h"

#include "base/path.h"
#include "target/init.h"

#include <stdio.h>

void detect_display(struct check_context *c)
{
	struct finding f = {.id = "dm-disabled",
			    .severity = SEVERITY_WARNING,
			    .blocks = BLOCKS_DISPLAY,
			    .repairable = true,
			    .action = "phase 6 enables it"};
	const struct init_system *init = init_in_use(c->t);
	char name[64];

	if (!init || init->enabled(c->t, name, sizeof name) == 0)
		return;
	for (const struct display_manager *d = display_managers; d->name; d++)
		if (path_exists(c->t->fd, d->binary)) {
			snprintf(f.evidence, sizeof f.evidence,
				 "%s is installed, and no display manager is enabled", d->name);
			report_finding(c->report, &f);
			return;
		}
}
