/* supervisor: the process that never touches the target's disk: it runs from memory, in a mount
 * namespace of its own, and has everything that can block done by operations with a deadline.
 */
#ifndef RUN_SUPERVISOR_H
#define RUN_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start again from a memfd, when not there already; locked in memory. Without /proc or memfd it
 * stays where it is. */
void supervisor_to_memory(char **argv);
/* What a command begins with: logs in memory, and a private mount namespace, so that what is mounted from now on ends with this process.
 * memory: what supervisor_shared gave it; NULL: errno says why not. 0; or -1, and it was said why nothing can start. */
int supervisor_begin(const void *memory);
/* From now on TERM, INT and HUP end the run in order instead of the process. */
void supervisor_signals(void);
/* The signal that came, 0: none. */
int supervisor_signalled(void);
/* When the run must be over (clock_ms); DEADLINE_NEVER until it is said. Children inherit it. */
void supervisor_until(int64_t end);
int64_t supervisor_end(void);
/* When something that may take so many seconds must be over: it gets a third of what is left till the run's end at most, so that what
 * comes after it has its time, too; a second at least. */
int64_t supervisor_deadline(long seconds);
/* Have fn(arg) done by a child within seconds, or supervisor_deadline; it shares this process's mounts. 0; or -1, why
 * filled: fn's errno-like positive return value is put in words. */
struct operation {
	const char *name;
	int (*fn)(void *arg);
	void *arg;
	long seconds;
};
int supervisor_operation(const struct operation *op, char *why, size_t cap);
/* The same without waiting: child.h's handle for child_step, or -1 and res->reason; res must live until supervisor_finish, which is called
 * once it has ended. */
struct child_result;
int supervisor_start(const struct operation *op, struct child_result *res);
int supervisor_finish(int handle, const struct child_result *res, char *why, size_t cap);
/* The same of one that leaves nothing half done: a signal (supervisor_signals) ends it, too. */
int supervisor_reading(const struct operation *op, char *why, size_t cap);
/* Memory every later child shares, zeroed. NULL on error. */
void *supervisor_shared(size_t size);

#endif
