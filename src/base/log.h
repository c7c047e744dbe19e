/* log: the run's log files, kept in memory shared by the supervisor and its workers.
 *
 * Life cycle: log_start once, before any fork; log_line and friends from any process of the run;
 * target/logdir copies what was added to disk, in a child with a deadline. Nothing here touches a
 * disk. Everything written is escaped (DESIGN.md, Logs); each stream has a size cap, past which one
 * line says so.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"
#include "base/layout.h"

#include <stdbool.h>
#include <stddef.h>

enum log_stream {
	LOG_MAIN,
	LOG_DIAGNOSTICS,
	LOG_STATE,
	LOG_ERRORS,
	LOG_PIVOTS,
	LOG_REPORT,
	LOG_STREAMS
};

/* File name of a stream: "main.log", "diagnostics.log", "system-state.log", "error-bundle.txt",
 * "pivots.log", "report.json". */
const char *log_name(enum log_stream s);
/* Map the shared memory, once. Returns 0, or -1 with errno. Before it, log_* prints to standard error
 * only. */
int log_start(void);
/* One line "UTC [phase] text" into main.log. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, and the bare text on the console: what a person at the screen needs. */
void log_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* On the console alone (base/console), masked all the same. lead NULL: the phase's number. */
void log_show(enum tone tone, const char *lead, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A box around lines. */
void log_box(enum tone tone, const char *text);
/* The same as log_show where no line can be written over. */
void log_show_steady(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line of text without a stamp into a stream. */
void log_put(enum log_stream s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* From now on what this process puts into any stream but main.log goes to b instead, in memory that others may read; NULL: no more; */
void log_aside(struct buf *b);
/* who append such text here, when it is whole. */
void log_put_aside(enum log_stream s, const struct buf *b);
/* Bytes a target program printed, escaped, each line prefixed with "  | " in main.log. len 0: its
 * last line has no end. */
void log_output(const char *name, const char *data, size_t len);
/* The phase named in later log_line stamps ("3 libxcrypt rebuild"); "" for none. Shared by all
 * processes. */
void log_phase(const char *phase);
const char *log_phase_now(void);
/* The same for this process alone, and those it forks: what it does belongs to another phase than the present one. */
void log_phase_here(const char *phase);

/* What a stream holds so far: *data stays valid; bytes below *len never change. */
void log_view(enum log_stream s, const char **data, size_t *len);
/* Register a secret (a password, a hash): it is replaced by "[secret]" in everything logged later.
 * At most 8, copied into locked memory; log_secrets_wipe clears them. */
void log_secret(const char *secret);
void log_secrets_wipe(void);

#endif
