/* send: a run's error-bundle.txt and report.json, as the log folder has them, to the server that rd.recovery.report= names: by PUT, one after the other, over
 * a TLS connection each. The report comes last: where it is, all is.
 *
 * Whatever comes of it is said, and is a pivot where it failed; verdict and exit status are what they were.
 */
#ifndef RUN_SEND_H
#define RUN_SEND_H

#include "run/run.h"

/* Nothing without rd.recovery.report=, or without a report. In a boot the network is made first, where there is none, and taken down again. It takes
 * SEND_SECONDS at most, no longer than an operation may; so much shorter the verdict is then held: it is on the screen already. */
#define SEND_SECONDS 60
void send_report(struct run *r);
/* The name a file is put under: HOST-RUN-FILE, "argo-pc-20261127-163255-report.json"; of HOST everything but letters, digits and hyphens is a hyphen.
 * Returns dst. Pure. */
const char *send_name(const struct report *r, enum log_stream stream, char *dst, size_t cap);

#endif
