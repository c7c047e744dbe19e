#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 60000

int scenario_limit = 60; /* far more than any needs: a busy machine is no hang */
const char *scenario_programs, *scenario_fixture;
struct tree scenario_origin;

#define PART(word, sort, again)                                                                    \
	{                                                                                          \
		.name = word, .kind = sort, .run = "drive @ r1 " word " ^",                        \
		.next = "drive @ r2 " word " ^", .undo = "drive @ - undo", .undone = 3,            \
		.reopen = again                                                                    \
	}

#define WHOLE_RUN(phases)                                                                          \
	"rd-recovery run --root @ --phases " phases " --user ada --password config "               \
	"--config %/conf --capture %/capture --timeout 10"

struct scenario scenarios[] = {
    PART("shadow", EDIT, NULL),
    PART("passwd", EDIT, NULL),
    PART("pam", EDIT, NULL),
    PART("library", EDIT, NULL),
    PART("commit", COMMIT, "drive @ r1 open"),
    PART("in-place", COMMIT, "drive @ r1 open"),
    PART("logs", LOGS, NULL),
    PART("odd", EDIT, NULL),
    {.name = "reopen", /* the next phase of the same run */
     .kind = EDIT,
     .prepare = "drive @ r1 shadow",
     .run = "drive @ r1 pam",
     .next = "drive @ r2 pam",
     .undo = "drive @ - undo",
     .undone = 3},
    {.name = "resume", /* half a commit goes back */
     .kind = UNDO,
     .prepare = "drive @ r1 half",
     .run = "drive @ r1 open",
     .next = "drive @ r2 half",
     .undo = "drive @ - undo",
     .undone = 3},
    {.name = "undo",
     .kind = UNDO,
     .run = "drive @ - undo",
     .prepare = "drive @ r1 mixed ^",
     .next = "drive @ r2 mixed ^",
     .undo = "drive @ - undo",
     .undone = 3},
    {.name = "run",
     .kind = RUN,
     .run = WHOLE_RUN("4,8"),
     .next = WHOLE_RUN("4,8"),
     .done = 1, /* no login can be proven on such a root */
     .undo = "drive @ - undo",
     .undone = 3},
    {.name = "repair", /* a library and programs from the capture, each asked or tried in a trial */
     .kind = RUN,
     .run = WHOLE_RUN("3,5,8"),
     .next = WHOLE_RUN("3,5,8"),
     .done = 1,
     .undo = "drive @ - undo",
     .undone = 3,
     .rare = 4},
    {.name = "rollback",
     .kind = UNDO,
     .prepare = "drive @ r1 mixed ^",
     .run = "rd-recovery rollback --root @",
     .next = "drive @ r2 mixed ^",
     .undo = "drive @ - undo",
     .undone = 3},
};
const size_t nscenarios = sizeof scenarios / sizeof *scenarios;

int place_fresh(const struct place *p, const struct tree *t)
{
	tree_remove(p->root);
	return tree_make(t, p->root);
}

/* words, split; the memory is static. */
static char *const *split(const struct place *p, const char *words)
{
	static char text[1024], program[300], layer[200], own[4][200];
	static char *argv[32];
	size_t n = 0, owns = 0;

	snprintf(text, sizeof text, "%s", words);
	snprintf(layer, sizeof layer, "%s/upper", scenario_fixture);
	for (char *w = strtok(text, " "); w && n < 31; w = strtok(NULL, " ")) {
		argv[n++] = !strcmp(w, "@") ? (char *)p->root : !strcmp(w, "^") ? layer : w;
		if (*w == '%' && owns < 4) {
			snprintf(own[owns], sizeof own[owns], "%s%s", scenario_fixture, w + 1);
			argv[n - 1] = own[owns++];
		}
	}
	argv[n] = NULL;
	snprintf(program, sizeof program, "%s/%s", scenario_programs, argv[0]);
	argv[0] = program;
	return argv;
}

/* Nothing to strike or to note: no tracer is needed, and it is faster. */
static int plain(struct inject *in)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(in->out, 1);
		dup2(in->out, 2);
		alarm((unsigned)in->seconds);
		execv(in->argv[0], in->argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &in->status, 0) == pid ? 0 : -1;
}

int place_run(const struct place *p, const char *words, struct inject *in)
{
	in->argv = split(p, words);
	in->seconds = scenario_limit;
	in->out = open(p->said, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (in->out < 0 || (in->nfaults || in->cap ? inject_run(in) : plain(in))) {
		perror("faults: cannot run a command");
		exit(2);
	}
	close(in->out);
	return WIFEXITED(in->status) ? WEXITSTATUS(in->status) : -1;
}

void place_said(const struct place *p, char *dst, size_t cap)
{
	int fd = open(p->said, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, dst, cap - 1);

	dst[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
}

static int see(const struct scenario *s, const struct place *p, const char *words, int done)
{
	struct inject in = {0};
	char said[4000];
	int status = place_run(p, words, &in);

	if (status == done)
		return 0;
	place_said(p, said, sizeof said);
	fprintf(stderr, "faults: %s: %s ends with %d instead of %d:\n%s", s->name, words, status,
		done, said);
	return -1;
}

static int learn_before(struct scenario *s, const struct place *p)
{
	if (place_fresh(p, &scenario_origin))
		return -1;
	if (s->prepare && see(s, p, s->prepare, s->done))
		return -1;
	return tree_read(&s->before, p->root);
}

int scenario_learn(struct scenario *s, const struct place *p)
{
	struct inject in = {.cap = CALLS};

	in.calls = s->calls = calloc(CALLS, sizeof *s->calls);
	if (!in.calls || learn_before(s, p))
		return -1;
	if (place_run(p, s->run, &in) != s->done || tree_read(&s->after, p->root)) {
		fprintf(stderr, "faults: %s: %s does not do its work undisturbed\n", s->name,
			s->run);
		return -1;
	}
	s->ncalls = in.ncalls;
	return 0;
}
