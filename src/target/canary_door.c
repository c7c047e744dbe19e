#include "target/canary_own.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trial.h"
#include "target/canary_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct door_run {
	const struct canary_asking *a;
	struct trial trial;
	int rootfd, syslog_fd;
	char syslog[4096];
	struct tty_login tty;
};

/* --- the trial's own log socket: what pam_unix and pam_faillock say goes there */

static int listen_syslog(int rootfd)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int dev = path_open(rootfd, "/dev", O_PATH | O_DIRECTORY, 0);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* sun_path is short and the trial's path may be long */
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/log", dev);
	if (dev >= 0 && fd >= 0) {
		unlinkat(dev, "log", 0);
		if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
			fchmodat(dev, "log", 0666, 0);
		else
			log_line("canary: no /dev/log in the trial: %s", strerror(errno));
	}
	if (dev >= 0)
		close(dev);
	return fd;
}

/* --- what it says */

/* The last n bytes of s at most, from a word's start. */
static const char *last_words(const char *s, size_t n)
{
	size_t len = strlen(s);
	const char *p;

	if (len <= n)
		return s;
	s += len - n;
	p = strpbrk(s, " \n");
	return p ? p + 1 : s;
}

/* The last words on the screen and in the log, escaped. */
static void keep_words(const struct door_run *r, struct canary_door *d)
{
	struct buf said = BUF_OF(d->said);
	const char *s = r->tty.screen, *log = r->syslog;
	char text[200], *p;

	str_copy(text, sizeof(text), last_words(s, 120));
	for (p = text; (p = strpbrk(p, "\r\n\t")); p++)
		*p = ' ';
	p = text + strspn(text, " ");
	buf_add_escaped(&said, p, strlen(p), false);
	str_copy(text, sizeof(text), last_words(log, 180));
	for (p = text; (p = strchr(p, '\n')); p++)
		*p = ' ';
	if (*text)
		buf_adds(&said, "| ");
	buf_add_escaped(&said, text, strlen(text), false);
	if (!said.len)
		buf_adds(&said, r->tty.reason);
}

/* --- the doors */

static enum canary_answer ask_terminal(struct door_run *r, const char *const *argv, bool as_user)
{
	const struct canary_asking *a = r->a;
	struct buf syslog = BUF_OF(r->syslog);
	enum canary_answer answer;

	r->tty.trial = &r->trial;
	r->tty.a = a->q->a;
	r->tty.argv = argv;
	r->tty.as_user = as_user;
	r->tty.password = a->w->password;
	r->tty.deadline = a->q->deadline;
	if (as_user) /* a witness that hangs must not keep the verdict waiting */
		r->tty.deadline = deadline_in_ms(deadline_left(a->q->deadline) / 4);
	r->tty.syslog_fd = r->syslog_fd;
	r->tty.syslog = &syslog;
	answer = tty_run(&r->tty);
	if (a->wrong && answer == CANARY_REFUSED && !r->tty.secrets)
		answer = CANARY_UNKNOWN; /* nobody was asked for it */
	if (!a->wrong && answer != CANARY_ACCEPTED)
		keep_words(r, a->d);
	if (!a->wrong && answer == CANARY_UNKNOWN)
		log_say("%s was given up: %s", a->d->name, r->tty.reason);
	return answer;
}

static enum canary_answer ask_login(struct door_run *r, const char *path)
{
	const char *argv[] = {path, "--", r->a->q->a->name, NULL};

	return ask_terminal(r, argv, false);
}

static enum canary_answer ask_su(struct door_run *r)
{
	const char *argv[] = {r->a->d->path, "-", r->a->q->a->name, NULL};

	return ask_terminal(r, argv, true);
}

/* crypt, shadow and the helper alone: its answer tells a libcrypt failure from one of the stack.
 * Refuses a terminal. */
static enum canary_answer ask_helper(struct door_run *r)
{
	const struct canary_asking *a = r->a;
	const char *argv[] = {a->d->path, a->q->a->name, "nonull", NULL};
	struct child_result result = {0};
	int p[2];
	struct child_spec spec = {.name = a->d->name,
				  .root = r->trial.path,
				  .argv = argv,
				  .flags = CHILD_QUIET,
				  .deadline = a->q->deadline};
	size_t n = strlen(a->w->password) + 1;

	if (pipe2(p, O_CLOEXEC) < 0)
		return CANARY_UNKNOWN;
	spec.in_fd = p[0];
	if (write(p[1], a->w->password, n) == (ssize_t)n) {
		close(p[1]);
		child_run(&spec, &result);
	} else {
		close(p[1]);
	}
	close(p[0]);
	if (result.end != CHILD_EXITED)
		return CANARY_UNKNOWN;
	if (result.status == 7 && !a->wrong)
		str_copy(
		    a->d->said, sizeof(a->d->said),
		    "exit status 7: shadow and libcrypt alone refuse it, whatever the PAM stack");
	return result.status == 0   ? CANARY_ACCEPTED
	       : result.status == 7 ? CANARY_REFUSED
				    : CANARY_UNKNOWN;
}

/* The display manager's stack, through login: its file stands in for login's in this trial. */
static enum canary_answer ask_display(struct door_run *r, const char *login)
{
	struct canary_door *d = r->a->d;
	enum canary_answer answer = CANARY_UNKNOWN;
	size_t len;
	char *data = path_slurp(r->rootfd, d->path, 65536, &len);

	if (data && path_exists(r->rootfd, CANARY_PAM_LOGIN) &&
	    trial_write(&r->trial, CANARY_PAM_LOGIN, data, len) == 0)
		answer = ask_login(r, login);
	if (data)
		path_release(data, len);
	/* ended by itself after the password was taken: a session module that wants a display */
	if (!r->a->wrong && answer == CANARY_REFUSED && r->tty.secrets && !r->tty.asked_again)
		d->witness = true;
	return answer;
}

static enum canary_answer ask(struct door_run *r)
{
	const struct canary_asking *a = r->a;

	switch (a->d->kind) {
	case CANARY_SU:
		return ask_su(r);
	case CANARY_HELPER:
		return ask_helper(r);
	case CANARY_DISPLAY:
		return ask_display(r, a->c->doors[0].path);
	default:
		return ask_login(r, a->d->path);
	}
}

/* The password's own hash, where it is one made for this question. */
static int write_hash(struct trial *t, int rootfd, const struct canary_words *w)
{
	int fd = path_open(rootfd, w->file, O_RDONLY, 0);
	int rc = fd < 0 ? -1 : trial_splice(t, w->file, fd, &w->instead);

	if (fd >= 0)
		close(fd);
	return rc;
}

static int open_trial(struct door_run *r)
{
	const struct canary_words *w = r->a->w;

	if (trial_open(&r->trial, r->a->q->t->root, 0) < 0)
		return -1;
	if (r->trial.kind == TRIAL_PATCHED)
		str_copy(r->a->c->weaker, sizeof(r->a->c->weaker), r->trial.weaker);
	if (w->file && write_hash(&r->trial, r->a->q->t->fd, w) < 0)
		return -1;
	r->rootfd = open(r->trial.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r->rootfd < 0 ? -1 : 0;
}

/* Its answer stays unknown. */
static void say_no_trial(const struct canary_asking *a)
{
	const char *why = strerror(errno);

	log_say("%s could not be tried: no trial of the target: %s", a->d->name, why);
	if (!a->wrong)
		snprintf(a->d->said, sizeof(a->d->said), "no trial of the target: %s", why);
}

int canary_ask_door(void *asking)
{
	const struct canary_asking *a = asking;
	struct canary_door *d = a->d;
	struct door_run *r = calloc(1, sizeof(*r));
	enum canary_answer answer;

	if (!r)
		return ENOMEM;
	mlock(r, sizeof(*r));
	r->a = a;
	if (open_trial(r) < 0) {
		say_no_trial(a);
		trial_close(&r->trial);
		return 0;
	}
	r->syslog_fd = listen_syslog(r->rootfd);
	answer = ask(r);
	*(a->wrong ? &d->wrong : &d->right) = answer;
	log_line("canary: %s with %s password: %s%s%s", d->name, a->wrong ? "a wrong" : "the right",
		 canary_answer_name(answer), a->wrong || !*d->said ? "" : " ",
		 a->wrong ? "" : d->said);
	trial_close(&r->trial);
	return 0;
}
