#include "target/pkg_run.h"

#include "base/buf.h"
#include "base/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const pkg_scratch[] = {"/var/tmp", "/var/cache", "/var/log", "/root", NULL};

/* The last line a program said, behind why it ended. */
static void add_last_words(struct buf *why, char *tail, size_t len)
{
	char *line;

	while (len && strchr("\r\n \t", tail[len - 1]))
		tail[--len] = '\0';
	line = strrchr(tail, '\n');
	line = line ? line + 1 : tail;
	if (*line)
		buf_addf(why, ": %s", line);
}

int pkg_run(const struct trial *tr, const struct pkg_job *job, struct buf *why)
{
	struct pkg_program p;
	struct child_result r = {.tail = malloc(CHILD_TAIL)};
	struct child_spec s = {.name = job->name,
			       .root = tr->path,
			       .argv = p.argv,
			       .deadline = job->deadline,
			       .grace_ms = job->builds ? 60000 : 0};
	int rc;

	pkg_script(&p, job->script, job->arg);
	rc = child_run(&s, &r);
	if (rc) {
		why->len = 0;
		buf_adds(why, r.reason);
		if (r.tail)
			add_last_words(why, r.tail, r.tail_len);
	}
	if (job->t)
		pkg_ended(job->t, &r, job->seconds);
	free(r.tail);
	return rc;
}

int pkg_unpack(const struct trial *tr, const struct pkg_job *job, struct buf *why)
{
	char folder[320], script[600];
	struct pkg_job unpack = *job;

	why->len = 0;
	snprintf(folder, sizeof folder, "%s" PKG_UNPACK_DIR, tr->path);
	snprintf(script, sizeof script, "cd " PKG_UNPACK_DIR " && { %s; }", job->script);
	unpack.script = script;
	if (!mkdir(folder, 0700) || errno == EEXIST)
		return pkg_run(tr, &unpack, why);
	buf_addf(why, "%s: %s", folder, strerror(errno));
	return -1;
}
