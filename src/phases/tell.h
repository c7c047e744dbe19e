/* tell: what was found, in plain words, on the console alone: the logs have the rest. */
#ifndef PHASES_TELL_H
#define PHASES_TELL_H

#include "base/report.h"

/* What phase 1 found, and whom it keeps out. */
void tell_found(const struct report *r);
/* What has become of it. */
void tell_settled(const struct report *r);

#endif
