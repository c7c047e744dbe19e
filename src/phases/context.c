#include "phases/context.h"

#include "base/clock.h"

int64_t context_deadline(const struct context *c, long seconds)
{
	return deadline_first(deadline_in(seconds), c->deadline);
}

struct check_context context_checks(const struct context *c)
{
	return (struct check_context){
	    .t = c->t, .report = c->report, .journal = c->journal, .user = c->shared->user};
}
