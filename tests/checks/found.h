/* found: what a detection finds in a test's root. */
#ifndef TESTS_CHECKS_FOUND_H
#define TESTS_CHECKS_FOUND_H

#include "checks/families.h"

#include <string.h>

/* The gravest finding of an id that detect makes, apart from what was found before; NULL: none. */
static inline const struct finding *found(struct check_context *c,
					  void (*detect)(struct check_context *), const char *id)
{
	const struct finding *worst = NULL;

	c->report->nfindings = 0;
	detect(c);
	for (unsigned i = 0; i < c->report->nfindings; i++) {
		const struct finding *f = &c->report->findings[i];

		if (!strcmp(f->id, id) && (!worst || f->severity > worst->severity))
			worst = f;
	}
	return worst;
}

/* Its severity; -1: none. */
static inline int found_severity(struct check_context *c, void (*detect)(struct check_context *),
				 const char *id)
{
	const struct finding *f = found(c, detect, id);

	return f ? (int)f->severity : -1;
}

#endif
