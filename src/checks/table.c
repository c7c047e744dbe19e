#include "checks/check.h"

#include "checks/families.h"

const struct check checks[] = {
    {"loader-missing", 3, detect_loader, NULL},
    {"libcrypt-missing", 3, NULL, NULL}, /* by the next row's detection */
    {"libcrypt-method", 3, detect_libcrypt, NULL},
    {"account-locked", 4, detect_account, NULL},
    {"dm-disabled", 6, detect_display, NULL},
    {0},
};

void check_detect_all(struct check_context *c)
{
	for (const struct check *k = checks; k->id; k++)
		if (k->detect)
			k->detect(c);
}

unsigned check_repair_phase(struct check_context *c, int phase)
{
	unsigned open = 0;

	for (const struct check *k = checks; k->id; k++) {
		bool repaired;

		if (k->phase != phase || !k->repair || !report_find(c->report, k->id))
			continue;
		repaired = k->repair(c) == 0;
		report_settle(c->report, k->id, repaired ? FINDING_REPAIRED : FINDING_FAILED);
		open += !repaired;
	}
	return open;
}
