/* phase: the table of the eight. Order, names and limits live here alone. */
#ifndef PHASES_PHASE_H
#define PHASES_PHASE_H

#include "phases/context.h"

#define PHASE_WRITES 1u    /* gets a journal */
#define PHASE_HOST_PID 2u  /* must see and signal the processes outside */
#define PHASE_ANYHOW 4u    /* runs without a journal too, changing nothing */

struct phase {
	int number;
	const char *name;      /* "libxcrypt rebuild": the name in the log and report */
	/* Runs in a worker of its own. Returns its outcome; text for the phase's one-line result (report->phases[n].text) is set by the phase. */
	enum outcome (*run)(struct context *c);
	unsigned flags;
	unsigned operations;   /* how many may each need the time-out, */
	unsigned builds;       /* and how many the build time-out: the worst case the deadline is made of */
	/* What an outcome of PENDING still waits for: prove runs in a worker of its own, beside phases that write nothing, and writes nothing itself, nor into
	 * the report; 0: it is proven. Then settle, which only looks at memory, says what has come of it: at once when it is proven - of the report it writes no
	 * more than the verdict and its phase's result then - and else when no phase runs; also where prove did not run, or was given up. */
	int (*prove)(struct context *c);
	void (*settle)(struct context *c);
};
extern const struct phase phases[8];

enum outcome p1_diagnostics(struct context *c);
enum outcome p2_process_cleanup(struct context *c);
enum outcome p3_libxcrypt_rebuild(struct context *c);
enum outcome p4_password_reset(struct context *c);
enum outcome p5_pam_verification(struct context *c);
int p5_prove(struct context *c);
void p5_settle(struct context *c);
enum outcome p6_display_manager(struct context *c);
enum outcome p7_system_state(struct context *c);
enum outcome p8_summary(struct context *c);
/* Set the phase's one-line result. */
void phase_text(struct context *c, int number, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
