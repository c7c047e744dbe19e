#include "target/canary_tty.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/console.h"
#include "base/path.h"
#include "base/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define LOOK_MS 30

enum tty_prompt tty_prompt(const char *screen, size_t len, bool echo)
{
	while (len && screen[len - 1] == ' ')
		len--;
	if (len < 2 || screen[len - 1] != ':')
		return PROMPT_NONE;
	return echo ? PROMPT_NAME : PROMPT_SECRET;
}

enum tty_step tty_next(struct tty_dialogue *d, enum tty_prompt p)
{
	if (p == PROMPT_NONE)
		return STEP_WAIT;
	/* a stack may ask twice for the same secret: two modules, neither with use_first_pass */
	if (p == PROMPT_SECRET)
		return ++d->secrets > 2 ? STEP_REFUSED : STEP_SECRET;
	if (d->secrets || ++d->names > 1)
		return STEP_REFUSED;
	return STEP_NAME;
}

void tty_drain_syslog(int fd, struct buf *dst)
{
	char line[1024];
	ssize_t n;

	while (fd >= 0 && (n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT)) > 0) {
		const char *p = line;

		line[n] = '\0';
		if (*p == '<' && strchr(p, '>'))
			p = strchr(p, '>') + 1;
		/* "Nov 24 12:00:00 ", syslog(3)'s fixed form */
		if (strlen(p) > 16 && p[3] == ' ' && p[9] == ':' && p[12] == ':')
			p += 16;
		buf_adds(dst, p);
		buf_adds(dst, "\n");
	}
}

int tty_script(const char *head, size_t len, struct tty_script *s)
{
	char line[256], *arg;
	size_t n;

	if (len < 3 || memcmp(head, "#!", 2) != 0)
		return -1;
	len = len < sizeof(line) ? len : sizeof(line) - 1;
	memcpy(line, head, len);
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	arg = line + 2 + strspn(line + 2, " \t");
	n = strcspn(arg, " \t");
	if (!n || n >= sizeof(s->program))
		return -1;
	memcpy(s->program, arg, n);
	s->program[n] = '\0';
	arg += n + strspn(arg + n, " \t");
	for (n = strlen(arg); n && strchr(" \t", arg[n - 1]);)
		arg[--n] = '\0';
	s->at = *arg ? 2 : 1;
	/* env is gone by the time anybody looks; the program it found is not */
	if (*arg && strlen(s->program) >= 4 &&
	    !strcmp(s->program + strlen(s->program) - 4, "/env")) {
		s->at = 1;
		return str_copy(s->program, sizeof(s->program), arg) ? 0 : -1;
	}
	return 0;
}

const char *tty_argument(const char *cmdline, size_t len, unsigned at)
{
	const char *p = cmdline, *end = cmdline + len;

	while (at-- && p < end)
		p += strlen(p) + 1;
	return p < end ? p : NULL;
}

/* The user's shell as the trial has it. */
struct shell {
	int rootfd;
	struct stat st, interpreter;
	struct tty_script script; /* at 0: it is a program */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The interpreter, where a PATH would find it when it has no folder. */
static bool find_interpreter(struct shell *s)
{
	static const char folders[][16] = {"", "/usr/local/bin/", "/usr/bin/", "/bin/"};
	char path[160];

	for (size_t i = *s->script.program != '/'; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof(path), "%s%s", folders[i], s->script.program);
		if (path_stat(s->rootfd, path, true, &s->interpreter) == 0)
			return true;
	}
	return false;
}

static bool shell_find(struct shell *s, const char *path)
{
	char head[256];
	ssize_t n;
	int fd;

	if (s->rootfd < 0 || path_stat(s->rootfd, path, true, &s->st) < 0)
		return false;
	fd = path_open(s->rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	if (fd >= 0)
		close(fd);
	if (n <= 0 || tty_script(head, (size_t)n, &s->script) < 0 || !find_interpreter(s))
		s->script.at = 0;
	return true;
}

static ssize_t read_proc(pid_t pid, const char *name, char *text, size_t cap)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, cap - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

static bool has_euid(pid_t pid, uid_t uid)
{
	char text[2048], *p;

	if (read_proc(pid, "status", text, sizeof(text)) <= 0 || !(p = strstr(text, "\nUid:")))
		return false;
	strtoul(p + 5, &p, 10); /* real, then effective */
	return (uid_t)strtoul(p, NULL, 10) == uid;
}

static bool is_shell(pid_t pid, const struct shell *s)
{
	char path[64], text[1024];
	const char *script;
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (stat(path, &st) < 0)
		return false;
	if (same_file(&st, &s->st))
		return true;
	if (!s->script.at || !same_file(&st, &s->interpreter))
		return false;
	n = read_proc(pid, "cmdline", text, sizeof(text));
	script = n > 0 ? tty_argument(text, (size_t)n, s->script.at) : NULL;
	return script && path_stat(s->rootfd, script, true, &st) == 0 && same_file(&st, &s->st);
}

/* Words on a screen prove nothing: look for the shell itself. */
static bool shell_runs(const struct tty_login *l, const struct shell *shell, pid_t ancestor)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d))) {
		pid_t pid = (pid_t)atoi(e->d_name);

		found = pid > 0 && is_shell(pid, shell) && has_euid(pid, l->a->uid) &&
			process_descends(pid, ancestor);
	}
	if (d)
		closedir(d);
	return found;
}

/* Keep the newest half of the screen. */
static void screen_add(struct tty_login *l, const char *data, size_t n)
{
	if (n > TTY_SCREEN / 2) {
		data += n - TTY_SCREEN / 2;
		n = TTY_SCREEN / 2;
	}
	if (l->len + n >= TTY_SCREEN) {
		memmove(l->screen, l->screen + l->len - TTY_SCREEN / 2, TTY_SCREEN / 2);
		l->len = TTY_SCREEN / 2;
	}
	memcpy(l->screen + l->len, data, n);
	l->len += n;
	l->screen[l->len] = '\0';
}

static bool screen_read(struct tty_login *l, int master)
{
	char data[1024];
	ssize_t n;
	bool any = false;

	/* EIO while login(1) hangs its terminal up and opens it anew: not an end */
	while ((n = read(master, data, sizeof(data))) > 0) {
		screen_add(l, data, (size_t)n);
		any = true;
	}
	return any;
}

static bool echo_on(int master)
{
	struct termios tio;

	return tcgetattr(master, &tio) < 0 || (tio.c_lflag & ECHO);
}

static void answer(struct tty_login *l, int master, const char *text)
{
	size_t n = strlen(text);

	if (write(master, text, n) != (ssize_t)n || write(master, "\n", 1) != 1)
		screen_add(l, "(terminal closed)\n", 18);
	/* the prompt is answered: the same bytes must not be taken for a new one */
	screen_add(l, "\n", 1);
}

static enum canary_answer converse(struct tty_login *l, int handle, int master)
{
	struct tty_dialogue d = {0};
	struct shell shell = {.rootfd = open(l->trial->path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
	bool have = shell_find(&shell, l->a->shell[0] ? l->a->shell : "/bin/sh"), runs = true;
	enum canary_answer a = CANARY_UNKNOWN;

	while (a == CANARY_UNKNOWN && runs && deadline_left(l->deadline) > 0) {
		enum tty_step step;

		runs = child_step(handle, LOOK_MS);
		screen_read(l, master);
		tty_drain_syslog(l->syslog_fd, l->syslog);
		/* first: what a profile asks reads like a prompt of the login's own */
		if (have && shell_runs(l, &shell, child_pid(handle))) {
			a = CANARY_ACCEPTED;
			break;
		}
		step = tty_next(&d, tty_prompt(l->screen, l->len, echo_on(master)));
		if (step == STEP_NAME)
			answer(l, master, l->a->name);
		else if (step == STEP_SECRET)
			answer(l, master, l->password);
		else if (step == STEP_REFUSED)
			a = CANARY_REFUSED;
	}
	l->secrets = d.secrets;
	l->asked_again = a == CANARY_REFUSED;
	if (!runs && a == CANARY_UNKNOWN)
		a = CANARY_REFUSED;
	if (shell.rootfd >= 0)
		close(shell.rootfd);
	return a;
}

/* The two ends of a terminal in the trial's devpts. */
static int open_pty(const struct trial *t, int *slave)
{
	char path[300];
	int master, zero = 0;

	snprintf(path, sizeof(path), "%s/dev/pts/ptmx", t->path);
	master = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	*slave = -1;
	if (master < 0)
		return -1;
	if (ioctl(master, TIOCSPTLCK, &zero) < 0 ||
	    (*slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
		close(master);
		return -1;
	}
	return master;
}

struct terminal {
	const struct trial *trial;
	int slave;
	unsigned number; /* in the trial's devpts */
};

/* In the program's own mount namespace: its terminal gets the name of the machine's first console,
 * which securetty and its like go by. Without that it keeps its own. */
static int name_terminal(void *arg)
{
	const struct terminal *m = arg;
	struct console_name console[1];
	char pts[300], named[300];
	int fd;

	console_names(console, 1);
	snprintf(pts, sizeof(pts), "%s/dev/pts/%u", m->trial->path, m->number);
	snprintf(named, sizeof(named), "%s/dev/%s", m->trial->path, console->name);
	fd = open(named, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	if (fd < 0 || mount(pts, named, NULL, MS_BIND, NULL) < 0)
		return 0;
	fd = open(named, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		dup3(fd, m->slave, O_CLOEXEC);
	return 0;
}

enum canary_answer tty_run(struct tty_login *l)
{
	struct child_spec spec = {.name = l->argv[0],
				  .root = l->trial->path,
				  .argv = l->argv,
				  .flags = CHILD_QUIET,
				  .set_ids = l->as_user,
				  .uid = l->a->uid,
				  .gid = l->a->gid,
				  .deadline = l->deadline,
				  .grace_ms = 300};
	struct child_result result = {0};
	enum canary_answer a;
	struct terminal term = {.trial = l->trial};
	int slave, handle, master = open_pty(l->trial, &slave);

	l->len = 0;
	l->screen[0] = '\0';
	if (master < 0) {
		snprintf(l->reason, sizeof(l->reason), "no terminal in the trial: %s",
			 strerror(errno));
		return CANARY_UNKNOWN;
	}
	spec.tty_fd = term.slave = slave;
	if (ioctl(master, TIOCGPTN, &term.number) == 0) {
		spec.setup = name_terminal;
		spec.setup_arg = &term;
	}
	handle = child_start(&spec, &result);
	close(slave);
	a = handle < 0 ? CANARY_UNKNOWN : converse(l, handle, master);
	if (handle >= 0)
		child_end_now(handle);
	screen_read(l, master);
	tty_drain_syslog(l->syslog_fd, l->syslog);
	close(master);
	str_copy(l->reason, sizeof(l->reason), result.reason);
	if (result.end == CHILD_NOT_STARTED)
		a = CANARY_REFUSED;
	return a;
}
