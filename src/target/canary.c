#include "target/canary.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "target/canary_tty.h"
#include "target/display.h"
#include "target/ldso.h"
#include "target/pam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CANARY_FILE_MAX (1UL << 20)
#define CANARY_PAM_LOGIN "/etc/pam.d/login"

struct canary_run {
	const struct canary_question *q;
	struct canary *c;
	int rootfd, syslog_fd;
	char right[128], wrong[32];
	char syslog[4096], tally[200];
	struct tty_login tty;
};

const char *canary_answer_name(enum canary_answer a)
{
	static const char names[][9] = {"unknown", "accepted", "refused"};

	return (unsigned)a < 3 ? names[a] : "unknown";
}

static const char *first_of(int rootfd, const char *const *paths)
{
	for (; *paths; paths++)
		if (path_exists(rootfd, *paths))
			return *paths;
	return NULL;
}

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

/* --- a password known only here, where the user's is not known */

static int write_throwaway(struct canary_run *r, const char *file)
{
	const struct canary_question *q = r->q;
	char setting[HASH_CAP], value[HASH_CAP + 1] = "!";
	bool locked = q->a->locked; /* the proof is of the method: a lock stays a lock */
	struct account_edit e = {.name = q->a->name, .field = 1, .value = value};
	size_t len, out, cap;
	char *data = path_slurp(r->rootfd, file, CANARY_FILE_MAX, &len), *next;
	int rc = -1;

	if (!data)
		return -1;
	cap = len + 2 * HASH_CAP;
	next = malloc(cap);
	if (next && password_for_trial(r->right, sizeof(r->right)) == 0 &&
	    hash_setting(q->method, setting, sizeof(setting)) == 0 &&
	    hash_make(r->right, setting, value + locked, HASH_CAP) == 0 &&
	    accounts_set_field(data, len, &e, next, cap, &out) == 0)
		rc = trial_write(q->trial, file, next, out);
	if (next)
		explicit_bzero(next, cap);
	free(next);
	explicit_bzero(data, len);
	path_release(data, len);
	return rc;
}

static int choose_passwords(struct canary_run *r)
{
	if (password_for_trial(r->wrong, sizeof(r->wrong)) < 0)
		return -1;
	if (r->q->password) {
		str_copy(r->right, sizeof(r->right), r->q->password);
		return 0;
	}
	if (r->q->method == HASH_NONE) {
		errno = EINVAL;
		return -1;
	}
	return write_throwaway(r, r->q->a->in_shadow ? "/etc/shadow" : "/etc/passwd");
}

/* --- the doors */

static struct canary_door *add_door(struct canary *c, const char *name, bool witness)
{
	struct canary_door *d = &c->doors[c->n++];

	memset(d, 0, sizeof(*d));
	str_copy(d->name, sizeof(d->name), name);
	d->witness = witness;
	return d;
}

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
static void keep_words(struct canary_run *r, struct canary_door *d)
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

struct login_door {
	const char *argv[6];
	bool as_user;
};

static enum canary_answer ask_terminal(struct canary_run *r, const struct login_door *l,
				       const char *password)
{
	struct buf syslog = BUF_OF(r->syslog);

	r->syslog[0] = '\0';
	memset(&r->tty, 0, sizeof(r->tty));
	r->tty.q = r->q;
	r->tty.argv = l->argv;
	r->tty.as_user = l->as_user;
	r->tty.password = password;
	r->tty.deadline = r->q->deadline;
	if (l->as_user) /* a witness that hangs must not take the doors' time */
		r->tty.deadline = deadline_in_ms(deadline_left(r->q->deadline) / 4);
	r->tty.syslog_fd = r->syslog_fd;
	r->tty.syslog = &syslog;
	return tty_run(&r->tty);
}

/* The right password first: a lucky wrong one would count against it in a tally. */
static struct canary_door *ask_login(struct canary_run *r, struct canary_door *d,
				     const struct login_door *l)
{
	d->right = ask_terminal(r, l, r->right);
	if (d->right != CANARY_ACCEPTED)
		keep_words(r, d);
	if (d->right == CANARY_UNKNOWN)
		log_say("%s was given up: %s", d->name, r->tty.reason);
	log_line("canary: %s with the right password: %s %s", d->name, canary_answer_name(d->right),
		 d->said);
	return d;
}

static void ask_wrong(struct canary_run *r, struct canary_door *d, const struct login_door *l)
{
	d->wrong = ask_terminal(r, l, r->wrong);
	log_line("canary: %s with a wrong password: %s", d->name, canary_answer_name(d->wrong));
}

/* crypt, shadow and the helper alone: its answer tells a libcrypt failure from one of the stack.
 * Refuses a terminal. */
static enum canary_answer ask_helper(struct canary_run *r, const char *path, const char *password)
{
	const char *argv[] = {path, r->q->a->name, "nonull", NULL};
	struct child_result result = {0};
	int p[2];
	struct child_spec spec = {.name = "unix_chkpwd",
				  .root = r->q->trial->path,
				  .argv = argv,
				  .flags = CHILD_QUIET,
				  .deadline = r->q->deadline};
	size_t n = strlen(password) + 1;

	if (pipe2(p, O_CLOEXEC) < 0)
		return CANARY_UNKNOWN;
	spec.in_fd = p[0];
	if (write(p[1], password, n) == (ssize_t)n) {
		close(p[1]);
		child_run(&spec, &result);
	} else {
		close(p[1]);
	}
	close(p[0]);
	if (result.end != CHILD_EXITED)
		return CANARY_UNKNOWN;
	return result.status == 0   ? CANARY_ACCEPTED
	       : result.status == 7 ? CANARY_REFUSED
				    : CANARY_UNKNOWN;
}

static void door_helper(struct canary_run *r)
{
	static const char *const paths[] = {"/usr/sbin/unix_chkpwd", "/sbin/unix_chkpwd",
					    "/usr/bin/unix_chkpwd", "/usr/lib/unix_chkpwd", NULL};
	const char *path = first_of(r->rootfd, paths);
	struct canary_door *d;

	if (!path)
		return;
	d = add_door(r->c, "unix_chkpwd", false);
	d->right = ask_helper(r, path, r->right);
	d->wrong = ask_helper(r, path, r->wrong);
	d->witness = d->right == CANARY_UNKNOWN;
	if (d->right == CANARY_REFUSED)
		str_copy(
		    d->said, sizeof(d->said),
		    "exit status 7: shadow and libcrypt alone refuse it, whatever the PAM stack");
	log_line("canary: unix_chkpwd: right %s, wrong %s", canary_answer_name(d->right),
		 canary_answer_name(d->wrong));
}

/* The display manager's stack, through login: its file stands in for login's in the trial. */
static void door_display(struct canary_run *r, const struct display_manager *dm,
			 const struct login_door *login, bool witness)
{
	char file[256];
	size_t len, old_len = 0;
	char *data, *old;
	struct canary_door *d;

	if (r->c->n == sizeof(r->c->doors) / sizeof(r->c->doors[0]) ||
	    pam_file(&(struct pam_source){.rootfd = r->rootfd}, dm->pam, file, sizeof(file)) < 0 ||
	    !(data = path_slurp(r->rootfd, file, 65536, &len)))
		return;
	old = path_slurp(r->rootfd, CANARY_PAM_LOGIN, 65536, &old_len);
	/* graphical stacks keep root out by design */
	d = add_door(r->c, dm->name, witness || r->q->a->uid == 0);
	if (old && trial_write(r->q->trial, CANARY_PAM_LOGIN, data, len) == 0) {
		ask_login(r, d, login);
		/* ended by itself after the password was taken: a session module that wants a
		 * display */
		d->witness |= d->right == CANARY_REFUSED && r->tty.secrets && !r->tty.asked_again;
		ask_wrong(r, d, login);
		if (trial_write(r->q->trial, CANARY_PAM_LOGIN, old, old_len) < 0)
			log_line("canary: login's PAM file not put back in the trial");
	}
	d->witness |= d->right == CANARY_UNKNOWN;
	path_release(data, len);
	if (old)
		path_release(old, old_len);
}

/* The first decides: it is, or will be, the one that starts. */
static void ask_displays(struct canary_run *r, const struct login_door *login)
{
	struct display d;

	display_look(r->q->t, &d);
	for (unsigned i = 0; i < d.n; i++)
		door_display(r, d.list[i], login, i > 0);
}

static void ask_doors(struct canary_run *r)
{
	static const char *const logins[] = {"/bin/login", "/usr/bin/login", NULL};
	static const char *const sus[] = {"/bin/su", "/usr/bin/su", NULL};
	const char *path = first_of(r->rootfd, logins), *sup = first_of(r->rootfd, sus);
	const char *user = r->q->a->name;
	struct login_door login = {.argv = {path ? path : logins[0], "--", user}};
	struct login_door su = {.argv = {sup ? sup : sus[0], "-", user}, .as_user = true};
	struct canary_door *dl = add_door(r->c, "login", false), *ds = NULL;

	ask_login(r, dl, &login);
	/* su never asks root, so from root's uid it proves nothing */
	if (sup && r->q->a->uid)
		ds = ask_login(r, add_door(r->c, "su", true), &su);
	door_helper(r);
	ask_wrong(r, dl, &login);
	if (ds && ds->right != CANARY_UNKNOWN)
		ask_wrong(r, ds, &su);
	ask_displays(r, &login);
}

/* --- the judgement */

bool canary_judge(const struct canary *c, const struct canary_door **fault)
{
	bool decided = false;

	*fault = NULL;
	for (unsigned i = 0; i < c->n; i++) {
		const struct canary_door *d = &c->doors[i];

		if (d->wrong == CANARY_ACCEPTED ||
		    (!d->witness && (d->right != CANARY_ACCEPTED || d->wrong != CANARY_REFUSED))) {
			*fault = d;
			return false;
		}
		decided |= !d->witness;
	}
	return decided;
}

static int note_missing(void *arg, const struct pam_use *u)
{
	struct canary_run *r = arg;
	char why[200];

	if (u->state == PAM_NO_MODULE && !u->line->soft) {
		snprintf(r->c->why, sizeof(r->c->why), "%s line %u: %s is missing", u->file,
			 u->number, u->line->module);
		return 1;
	}
	if (u->state == PAM_FOUND && ldso_resolves(r->rootfd, u->path, why, sizeof(why)) < 0) {
		snprintf(r->c->why, sizeof(r->c->why), "%.200s (%.60s line %u)", why, u->file,
			 u->number);
		return 1;
	}
	return 0;
}

/* Failures a tally already held for the user before the first question (faillock(8): records of 64
 * bytes, status bit 0 is valid). */
static void read_tally(struct canary_run *r)
{
	static const char *const dirs[] = {"/run/faillock", "/var/run/faillock",
					   "/var/lib/faillock", NULL};
	unsigned char data[64 * 64];
	char path[160];

	for (const char *const *d = dirs; *d && !r->tally[0]; d++) {
		unsigned valid = 0;
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", *d, r->q->a->name);
		n = path_read(r->rootfd, path, (char *)data, sizeof(data));
		for (ssize_t i = 0; i + 64 <= n; i += 64)
			valid += data[i + 54] & 1;
		if (valid)
			snprintf(r->tally, sizeof(r->tally), "; %s holds %u failed logins", path,
				 valid);
	}
}

static void explain(struct canary_run *r, const struct canary_door *d)
{
	char cause[200];
	struct buf b = {0};

	r->c->why[0] = '\0';
	if (!d) {
		str_copy(r->c->why, sizeof(r->c->why), "no door could be tried");
		return;
	}
	if (d->right == CANARY_ACCEPTED) {
		snprintf(r->c->why, sizeof(r->c->why), "%s %s a wrong password", d->name,
			 d->wrong == CANARY_ACCEPTED ? "accepted" : "gave no answer to");
		return;
	}
	pam_each(&(struct pam_source){.rootfd = r->rootfd}, "login", note_missing, r);
	str_copy(cause, sizeof(cause), r->c->why);
	b.cap = sizeof(r->c->why);
	b.p = r->c->why;
	buf_addf(&b, "%s %s the right password: %s%s%.150s%s", d->name,
		 d->right == CANARY_REFUSED ? "refused" : "gave no answer to", cause,
		 *cause ? "; " : "", d->said, r->tally);
}

int canary_run(const struct canary_question *q, struct canary *c)
{
	struct canary_run *r = calloc(1, sizeof(*r));
	const struct canary_door *fault;

	memset(c, 0, sizeof(*c));
	if (!r)
		return -1;
	r->q = q;
	r->c = c;
	r->syslog_fd = -1;
	r->rootfd = open(q->trial->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->rootfd < 0 || choose_passwords(r) < 0) {
		snprintf(c->why, sizeof(c->why), "no password to ask with: %s",
			 q->method == HASH_NONE && !q->password ? "the account has no usable hash"
								: strerror(errno));
	} else {
		mlock(r, sizeof(*r));
		r->syslog_fd = listen_syslog(r->rootfd);
		read_tally(r);
		ask_doors(r);
		c->proven = canary_judge(c, &fault);
		if (!c->proven)
			explain(r, fault);
	}
	if (r->syslog_fd >= 0)
		close(r->syslog_fd);
	if (r->rootfd >= 0)
		close(r->rootfd);
	explicit_bzero(r, sizeof(*r));
	free(r);
	return c->proven ? 0 : -1;
}
