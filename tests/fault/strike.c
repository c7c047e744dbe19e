#include "strike.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

static const struct {
	int error;
	char name[12];
} errors[] = {{EIO, "EIO"},	  {ENOSPC, "ENOSPC"}, {EROFS, "EROFS"},
	      {EINTR, "EINTR"},	  {ENOMEM, "ENOMEM"}, {EACCES, "EACCES"},
	      {EDQUOT, "EDQUOT"}, {ESTALE, "ESTALE"}, {EOPNOTSUPP, "EOPNOTSUPP"}};

#define ERRORS (sizeof errors / sizeof *errors)
#define EACH (MOMENTS * ERRORS)

static bool forks(const struct scenario *s)
{
	for (size_t i = 0; i < s->ncalls; i++)
		if (strcmp(s->calls[i].process, "0"))
			return true;
	return false;
}

static bool makes_process(long nr)
{
	return nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_execve ||
	       nr == SYS_execveat;
}

static bool does_not_return(long nr)
{
	return nr == SYS_exit || nr == SYS_exit_group || nr == SYS_rt_sigreturn;
}

static bool has_length(long nr)
{
	return nr == SYS_read || nr == SYS_write || nr == SYS_pread64 || nr == SYS_readv ||
	       nr == SYS_writev || nr == SYS_sendfile;
}

/* With what it is given here, no kernel ever lets it fail: its process can only be killed there. */
static bool never_fails(long nr)
{
	return nr == SYS_rt_sigprocmask || nr == SYS_rt_sigaction || nr == SYS_getpid ||
	       nr == SYS_getppid || nr == SYS_gettid || nr == SYS_wait4 ||
	       nr == SYS_rt_sigtimedwait || does_not_return(nr);
}

/* A fork that was made and fails is nothing a kernel does. */
static bool applies(enum moment m, long nr, bool several)
{
	switch (m) {
	case FAIL_BEFORE:
	case FAIL_FROM:
	case FAIL_DIRTY:
		return !never_fails(nr);
	case KILL_AFTER:
		return !does_not_return(nr);
	case FAIL_AFTER:
		return !never_fails(nr) && !makes_process(nr);
	case SHORT:
		return has_length(nr);
	case CRASH_AFTER:
		return several && !does_not_return(nr);
	case CRASH_BEFORE:
		return several;
	default:
		return true;
	}
}

static size_t at_call(struct strike *list, const struct strike *at, bool several)
{
	long nr = at->s->calls[at->call].nr;
	size_t n = 0;

	for (int m = 0; m < MOMENTS; m++)
		for (size_t e = 0; applies((enum moment)m, nr, several) && e < ERRORS; e++) {
			/* of the calls that a file system may not have, the one that is always made
			 */
			if (errors[e].error == EOPNOTSUPP && nr != SYS_fallocate)
				break;
			list[n] = *at;
			list[n].moment = (enum moment)m;
			list[n++].error = m <= FAIL_DIRTY ? errors[e].error : 0;
			if (m > FAIL_DIRTY)
				break;
		}
	return n;
}

int strike_list(struct strikes *l, const struct scenario *s, size_t most)
{
	struct strike *more = realloc(l->list, (l->n + s->ncalls * EACH) * sizeof *more);
	struct strike here[EACH];
	bool several = forks(s);

	if (!more)
		return -1;
	l->list = more;
	for (size_t c = 0; c < s->ncalls; c++) {
		size_t n = at_call(here, &(struct strike){.s = s, .call = c}, several);
		size_t take = most && most < n ? most : n;

		for (size_t i = 0; i < take; i++)
			l->list[l->n++] = here[(c * take + i) % n];
	}
	return 0;
}

void strike_thin(struct strikes *l, size_t from, size_t keep)
{
	size_t n = l->n - from;

	for (size_t i = 0; i < keep && keep < n; i++)
		l->list[from + i] = l->list[from + i * n / keep];
	if (keep < n)
		l->n = from + keep;
}

struct fault strike_fault(const struct strike *k)
{
	return (struct fault){k->moment, k->error, k->s->calls[k->call]};
}

void strike_text(const struct strike *k, char *dst, size_t cap)
{
	const struct call *c = &k->s->calls[k->call];
	const char *name = "";

	for (size_t i = 0; i < ERRORS; i++)
		if (k->error == errors[i].error)
			name = errors[i].name;
	snprintf(dst, cap, "%s: %s %u of process %s: %s%s%s", k->s->name, inject_name(c->nr), c->at,
		 c->process, inject_moment(k->moment), *name ? " " : "", name);
}
