/* collect: what phases 1 and 7 write down of the system: one collector a subject, each under a
 * deadline of its own.
 *
 * A section in the log starts with "== TITLE"; they stand in the order in which their collectors ended. Two snapshots are compared section by section, line
 * by line.
 */
#ifndef PHASES_COLLECT_H
#define PHASES_COLLECT_H

#include "base/log.h"
#include "phases/context.h"

struct collect {
	const struct target *t;
	enum log_stream to;
};

struct collector {
	const char *title;
	int (*run)(struct collect *c); /* 0, or an errno */
	long seconds;
	bool moving; /* differs from minute to minute: not compared */
	bool target; /* nothing to say without one */
};
extern const struct collector collectors[]; /* title NULL ends it */

/* Run them all side by side, each written down when it has ended; a failure is a line and a failure
 * in the report: one that hangs or crashes takes nothing with it. Returns how many failed. */
unsigned collect_all(struct context *c, enum log_stream to);
/* The same of a table of at most CHILD_MOST. */
unsigned collect_these(struct context *c, enum log_stream to, const struct collector *what);
/* Compare two snapshots' sections; the differences go to the stream. Returns how many sections
 * differ. Pure but for the log. */
unsigned collect_compare(enum log_stream before, enum log_stream after, enum log_stream to);
/* The section of title in a snapshot: its bytes without the title line. False: there is none. Pure.
 */
bool collect_section(const char *data, size_t len, const char *title, const char **start,
		     size_t *n);

/* collect_system.c */
int collect_kernel(struct collect *c);
int collect_clock(struct collect *c);
int collect_memory(struct collect *c);
int collect_mounts(struct collect *c);
int collect_blocks(struct collect *c);
int collect_space(struct collect *c);
int collect_dmesg(struct collect *c);
/* collect_target.c */
int collect_os(struct collect *c);
int collect_accounts(struct collect *c);
int collect_environment(struct collect *c);
int collect_packages(struct collect *c);
int collect_package_log(struct collect *c);
int collect_pam(struct collect *c);
int collect_libcrypt(struct collect *c);
int collect_init(struct collect *c);
int collect_logs(struct collect *c);
/* collect_files.c. On a slow disk it stops in time and says so. */
#define COLLECT_FILES_SECONDS 15
int collect_files(struct collect *c);

#endif
