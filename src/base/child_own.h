/* child_own: what child.c, child_ns.c and child_why.c share; nobody else includes it.
 *
 * Three processes stand between a caller and a program: the keeper (the caller's direct child, in
 * the caller's PID namespace), the init of the new PID namespace, the program. Only the keeper is
 * ever signalled by the caller, so that no recycled pid can be hit: TERM is passed on to all,
 * CHILD_KILL kills all. What they have to say comes over one pipe.
 */
#ifndef BASE_CHILD_OWN_H
#define BASE_CHILD_OWN_H

#include "base/buf.h"
#include "base/cgroup.h"
#include "base/child.h"

#include <signal.h>

#define CHILD_KILL SIGUSR1

enum child_word { CHILD_SAYS_NO_PIDNS, CHILD_SAYS_FAILED, CHILD_SAYS_ENDED };

struct child_message { /* below PIPE_BUF: written whole or not at all */
	enum child_word word;
	int value; /* errno, or a wait status */
	char text[256];
};

struct child_job {
	const struct child_spec *spec;
	pid_t parent;
	int control; /* messages go here */
	int output;  /* -1: the terminal, or a worker's own descriptors */
	char cgroup[CGROUP_PATH]; /* "": none */
};

/* The forked child's life; called with all signals blocked. */
_Noreturn void child_keep(const struct child_job *job);
/* The descendants of ancestor by /proc, at most max; how many. */
size_t child_descendants(pid_t ancestor, pid_t *list, size_t max);
/* "pid 12 (name) D in wchan, holds /a, /b" for each living descendant. */
void child_survivors(pid_t ancestor, struct buf *b);

#endif
