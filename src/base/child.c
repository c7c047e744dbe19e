#include "base/child.h"

#include "base/child_own.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 16384
#define CHUNKS 16 /* read at one step, then the deadline is looked at again */
#define WATCH_MS 50
#define CGROUP_MS 500
#define REAP_MS 1500 /* from KILL to giving up; contract: 2 s */

enum stage { FREE, RUNNING, TERMINATING, KILLING, OVER };

struct child {
	enum stage stage;
	struct child_spec spec;
	struct child_result *result;
	pid_t keeper;
	int control, output;
	int64_t started, next; /* when the next stage begins */
	bool timed_out, asked; /* asked: the caller or watch ended it */
	bool ended, failed;
	char cgroup[CGROUP_PATH]; /* without PID namespaces; "": none */
	int status;		  /* wait status when ended, errno when failed */
};

static struct child children[CHILD_MOST];
bool child_without_pidns;
static struct {
	char *where;
	size_t cap;
} told;

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- output */

static void keep_tail(struct child_result *r, const char *data, size_t len)
{
	if (!r->tail)
		return;
	if (r->tail_len + len > CHILD_TAIL - 1) {
		size_t gone = r->tail_len + len - (CHILD_TAIL - 1);

		memmove(r->tail, r->tail + gone, r->tail_len - gone);
		r->tail_len -= gone;
	}
	memcpy(r->tail + r->tail_len, data, len);
	r->tail_len += len;
	r->tail[r->tail_len] = '\0';
}

static void read_output(struct child *c)
{
	char data[CHUNK];

	for (int i = 0; i < CHUNKS && c->output >= 0; i++) {
		ssize_t n = read(c->output, data, sizeof data);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close_fd(&c->output);
			return;
		}
		keep_tail(c->result, data, (size_t)n);
		if (!(c->spec.flags & CHILD_QUIET))
			log_output(c->spec.name, data, (size_t)n);
	}
}

/* --- what keeper, init and program say */

static void hear(struct child *c, const struct child_message *m)
{
	switch (m->word) {
	case CHILD_SAYS_NO_PIDNS:
		c->result->no_pidns = true;
		c->result->in_cgroup = m->text[0] != '\0';
		str_copy(c->cgroup, sizeof c->cgroup, m->text);
		break;
	case CHILD_SAYS_FAILED:
		c->failed = true;
		c->status = m->value;
		str_copy(c->result->reason, sizeof c->result->reason, m->text);
		break;
	case CHILD_SAYS_ENDED:
		/* the first counts: an init that is killed afterwards tells nothing new */
		if (!c->ended && !c->failed)
			c->status = m->value;
		c->ended = true;
		break;
	}
}

static void read_control(struct child *c)
{
	struct child_message m;

	while (c->control >= 0) {
		ssize_t n = read(c->control, &m, sizeof m);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n != (ssize_t)sizeof m) {
			close_fd(&c->control);
			return;
		}
		hear(c, &m);
	}
}

/* --- the end */

static void say_time(const struct child *c, struct buf *b)
{
	long long ms = (long long)(c->spec.deadline - c->started);

	if (ms < 2000)
		buf_addf(b, "no end within %lld ms", ms < 0 ? 0 : ms);
	else
		buf_addf(b, "no end within %lld s", (ms + 500) / 1000);
}

static void say_end(const struct child *c, struct buf *b)
{
	if (c->timed_out)
		say_time(c, b);
	else if (c->asked)
		buf_adds(b, "ended as asked");
	else if (!c->ended)
		buf_adds(b, "its end was not seen: the process that kept it was killed");
	else if (WIFSIGNALED(c->status))
		buf_addf(b, "killed by signal %d", WTERMSIG(c->status));
	else
		buf_addf(b, "exit status %d", WEXITSTATUS(c->status));
}

static void conclude(struct child *c, bool abandoned)
{
	struct child_result *r = c->result;
	struct buf b = BUF_OF(r->reason);

	read_control(c);
	read_output(c);
	if (!(c->spec.flags & CHILD_QUIET))
		log_output(c->spec.name, NULL, 0);
	close_fd(&c->control);
	close_fd(&c->output);
	/* its keeper may have been killed before all the rest */
	if (c->cgroup[0])
		cgroup_end(c->cgroup, abandoned ? 0 : CGROUP_MS);
	c->stage = OVER;
	r->ms = clock_ms() - c->started;
	if (c->failed) {
		r->end = CHILD_NOT_STARTED;
		r->status = c->status;
		return;
	}
	if (!c->ended)
		c->status = SIGKILL; /* the wait status of a killed process */
	r->end = WIFSIGNALED(c->status) ? CHILD_SIGNALED : CHILD_EXITED;
	r->status = WIFSIGNALED(c->status) ? WTERMSIG(c->status) : WEXITSTATUS(c->status);
	if (c->timed_out)
		r->end = CHILD_TIMED_OUT;
	if (abandoned)
		r->end = CHILD_ABANDONED;
	b.p[0] = '\0';
	say_end(c, &b);
	if (abandoned) {
		buf_adds(&b, "; cannot be killed: ");
		child_survivors(c->keeper, &b);
	}
}

/* --- what is waited for */

static void tell(void)
{
	const struct child *youngest = NULL;

	for (int i = 0; i < CHILD_MOST; i++)
		if (children[i].stage != FREE &&
		    (!youngest || children[i].started >= youngest->started))
			youngest = &children[i];
	if (told.where)
		str_copy(told.where, told.cap, youngest ? youngest->spec.name : "");
}

void child_tell(char *where, size_t cap)
{
	told.where = where;
	told.cap = cap;
	tell();
}

/* --- the stages: running, TERM, KILL, given up */

static void enter(struct child *c, enum stage stage, int ms)
{
	c->stage = stage;
	c->next = deadline_in_ms(ms);
	kill(c->keeper, stage == TERMINATING ? SIGTERM : CHILD_KILL);
	/* should something have stopped it */
	kill(c->keeper, SIGCONT);
}

static void terminate(struct child *c)
{
	enter(c, TERMINATING, c->spec.grace_ms ? c->spec.grace_ms : CHILD_GRACE_MS);
}

static void advance(struct child *c)
{
	if (c->stage < KILLING && c->ended) {
		/* what it left behind is being killed already */
		c->stage = KILLING;
		c->next = deadline_in_ms(REAP_MS);
	}
	if (deadline_left(c->next))
		return;
	if (c->stage == RUNNING) {
		c->timed_out = true;
		terminate(c);
	} else if (c->stage == TERMINATING) {
		enter(c, KILLING, REAP_MS);
	} else {
		conclude(c, true);
	}
}

static bool is_handle(int handle)
{
	return handle >= 0 && handle < CHILD_MOST && children[handle].stage != FREE;
}

/* Wait for what these have to say; each is looked at again when its next stage is due. */
static void wait_for_news(struct child *const *list, unsigned n, int ms)
{
	struct pollfd p[2 * CHILD_MOST];

	for (unsigned i = 0; i < n; i++) {
		const struct child *c = list[i];
		int left = deadline_left(c->next);

		p[2 * i] = (struct pollfd){.fd = c->output, .events = POLLIN};
		p[2 * i + 1] = (struct pollfd){.fd = c->control, .events = POLLIN};
		if (ms > left)
			ms = left;
		if (ms > WATCH_MS && c->spec.watch)
			ms = WATCH_MS;
		if (ms > 5 && c->control < 0)
			ms = 5; /* both pipes are closed: it can only be about to end */
	}
	poll(p, 2 * n, ms);
}

bool child_step(int handle, int ms)
{
	struct child *c = is_handle(handle) ? &children[handle] : NULL;
	pid_t gone;

	if (!c || c->stage == OVER)
		return false;
	wait_for_news(&c, 1, ms);
	read_control(c);
	read_output(c);
	gone = waitpid(c->keeper, NULL, WNOHANG);
	if (gone == c->keeper || (gone < 0 && errno == ECHILD)) {
		conclude(c, false);
		return false;
	}
	if (c->stage == RUNNING && c->spec.watch && c->spec.watch(c->spec.watch_arg, c->keeper)) {
		c->asked = c->result->watched = true;
		terminate(c);
	}
	advance(c);
	return c->stage != OVER;
}

int child_first(const int *handles, unsigned n)
{
	struct child *list[CHILD_MOST];

	for (;;) {
		unsigned k = 0;

		for (unsigned i = 0; i < n; i++) {
			if (!is_handle(handles[i]))
				continue;
			if (!child_step(handles[i], 0))
				return (int)i;
			list[k++] = &children[handles[i]];
		}
		if (!k)
			return -1;
		wait_for_news(list, k, 60000);
	}
}

int child_end_now(int handle)
{
	struct child *c = is_handle(handle) ? &children[handle] : NULL;
	const struct child_result *r;

	if (!c) {
		errno = EINVAL;
		return -1;
	}
	if (c->stage == RUNNING && !c->ended && !c->failed) {
		c->asked = true;
		terminate(c);
	}
	while (child_step(handle, 1000))
		;
	r = c->result;
	c->stage = FREE;
	tell();
	if (r->watched && r->end != CHILD_ABANDONED)
		return 0;
	return r->end == CHILD_EXITED && r->status == 0 ? 0 : -1;
}

pid_t child_pid(int handle)
{
	return is_handle(handle) && children[handle].stage != OVER ? children[handle].keeper : -1;
}

/* --- the beginning */

/* An own pipe for the output, none for a terminal and for workers, who keep their descriptors. */
static int open_pipes(const struct child_spec *spec, int control[2], int output[2])
{
	if (pipe2(control, O_CLOEXEC) < 0)
		return -1;
	if (!(spec->flags & CHILD_WORKER) && spec->tty_fd <= 0 && pipe2(output, O_CLOEXEC) < 0)
		return -1;
	/* only the caller's ends: the program's must block */
	fcntl(control[0], F_SETFL, O_NONBLOCK);
	if (output[0] >= 0)
		fcntl(output[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* The children of the process it was forked from are not its own. */
static void forget_all(void)
{
	for (int i = 0; i < CHILD_MOST; i++) {
		if (children[i].stage == FREE)
			continue;
		close_fd(&children[i].control);
		close_fd(&children[i].output);
		children[i].stage = FREE;
	}
	told.where = NULL;
}

static pid_t fork_keeper(const struct child_job *job)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	/* the keeper must not run the caller's handlers */
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0) {
		forget_all();
		child_keep(job);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

static int begin(struct child *c)
{
	int control[2] = {-1, -1}, output[2] = {-1, -1}, rc = -1, saved;
	struct child_job job = {.spec = &c->spec, .parent = getpid()};

	if (open_pipes(&c->spec, control, output) < 0)
		goto out;
	job.control = control[1];
	job.output = output[1];
	c->keeper = fork_keeper(&job);
	if (c->keeper < 0)
		goto out;
	c->control = control[0];
	c->output = output[0];
	control[0] = output[0] = -1;
	rc = 0;
out:
	saved = errno;
	close_fd(&control[0]);
	close_fd(&control[1]);
	close_fd(&output[0]);
	close_fd(&output[1]);
	errno = saved;
	return rc;
}

static int not_started(struct child_result *r, int err)
{
	r->end = CHILD_NOT_STARTED;
	r->status = err;
	snprintf(r->reason, sizeof r->reason, "no child process: %s", strerror(err));
	errno = err;
	return -1;
}

int child_start(const struct child_spec *spec, struct child_result *result)
{
	int handle = 0;
	struct child *c;

	*result = (struct child_result){.tail = result->tail};
	if (result->tail)
		result->tail[0] = '\0';
	while (handle < CHILD_MOST && children[handle].stage != FREE)
		handle++;
	if (handle == CHILD_MOST)
		return not_started(result, EAGAIN);
	if (!spec->fn && (!spec->argv || !spec->argv[0]))
		return not_started(result, EINVAL);
	c = &children[handle];
	*c = (struct child){.spec = *spec, .result = result, .control = -1, .output = -1};
	c->started = clock_ms();
	c->next = spec->deadline;
	if (begin(c) < 0)
		return not_started(result, errno);
	c->stage = RUNNING;
	tell();
	return handle;
}

int child_run(const struct child_spec *spec, struct child_result *result)
{
	int handle = child_start(spec, result);

	if (handle < 0)
		return -1;
	while (child_step(handle, 60000))
		;
	return child_end_now(handle);
}
