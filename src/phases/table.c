#include "phases/phase.h"

#include <stdarg.h>
#include <stdio.h>

const struct phase phases[8] = {
    {1, "diagnostics", p1_diagnostics, PHASE_HOST_PID, 2, 0, NULL, NULL},
    {2, "process cleanup", p2_process_cleanup, PHASE_WRITES | PHASE_HOST_PID, 1, 0, NULL, NULL},
    {3, "libxcrypt rebuild", p3_libxcrypt_rebuild, PHASE_WRITES, 8, 3, NULL, NULL},
    {4, "password reset", p4_password_reset, PHASE_WRITES, 1, 0, NULL, NULL},
    {5, "PAM verification", p5_pam_verification, PHASE_WRITES | PHASE_ANYHOW, 6, 1, p5_prove,
     p5_settle},
    {6, "display manager", p6_display_manager, PHASE_WRITES, 2, 1, NULL, NULL},
    {7, "system state snapshot", p7_system_state, PHASE_HOST_PID, 2, 0, NULL, NULL},
    {8, "summary", p8_summary, 0, 1, 0, NULL, NULL},
};

void phase_text(struct context *c, int number, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->report->phases[number].text, sizeof c->report->phases[number].text, fmt, ap);
	va_end(ap);
}
