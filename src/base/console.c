#include "base/console.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONSOLES 8
#define PATIENCE_MS 2000
#define PAGE 20480 /* the longest line of the log, escaped, wrapped and coloured */

static bool write_patiently(int fd, const char *text, size_t len, int ms)
{
	int64_t end = deadline_in_ms(ms);

	while (len) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		ssize_t n = write(fd, text, len);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (clock_ms() >= end || poll(&p, 1, deadline_left(end)) < 0)
			return false;
	}
	return true;
}

static bool write_to(const char *device, const char *text, size_t len, int ms)
{
	int fd = open(device, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool ok = fd >= 0 && write_patiently(fd, text, len, ms);

	if (fd >= 0)
		close(fd);
	return ok;
}

static size_t read_line(const char *path, char *dst, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, dst, cap - 1);

	if (fd >= 0)
		close(fd);
	dst[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void read_active(char *dst, size_t cap)
{
	if (!read_line("/sys/class/tty/console/active", dst, cap))
		snprintf(dst, cap, "console");
}

/* A kernel console that is there, once; screens are all tty1's. */
static unsigned add_name(struct console_name *list, unsigned n, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/class/tty/%s", name);
	if (strlen(name) >= sizeof list->name || strchr(name, '/') || access(path, F_OK) ||
	    !strcmp(name, "console") || (!strncmp(name, "tty", 3) && name[3] <= '9'))
		return n;
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return n;
	str_copy(list[n].name, sizeof list->name, name);
	list[n].kernel = true;
	return n + 1;
}

unsigned console_names(struct console_name *list, unsigned max)
{
	static const char sources[][30] = {"/sys/class/tty/console/active", "/proc/cmdline"};
	static const char key[] = "console=";
	char text[4096], *save;
	unsigned n = 0;

	if (!access("/sys/class/tty/tty1", F_OK))
		list[n++] = (struct console_name){"tty1", false};
	for (unsigned i = 0; i < 2; i++) {
		read_line(sources[i], text, sizeof text);
		for (char *p = strtok_r(text, " \n", &save); p && n < max;
		     p = strtok_r(NULL, " \n", &save)) {
			if (i && strncmp(p, key, sizeof key - 1))
				continue;
			p += i ? sizeof key - 1 : 0;
			p[strcspn(p, ",")] = '\0';
			n = add_name(list, n, p);
		}
	}
	if (!n)
		list[n++] = (struct console_name){"tty1", false};
	return n;
}

/* --- what it looks like there */

struct face {
	struct layout layout;
	bool live; /* its last line can be written over */
};

/* environment: what is behind it is known by TERM alone. */
static struct face face_of(bool terminal, bool environment, const char *eol)
{
	const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
	struct face f = {.layout = {.columns = LAYOUT_COLUMNS, .eol = eol}};

	f.live = terminal && (term ? strcmp(term, "dumb") != 0 : !environment);
	f.layout.colour = f.live && !(plain && *plain);
	return f;
}

/* "tty0" is the virtual terminal in front; a serial line's name goes on with letters. */
static struct face face_of_console(const char *name)
{
	return face_of(str_starts(name, "tty") && name[3] >= '0' && name[3] <= '9', false, "\r\n");
}

static enum console_where where;
static struct face here = {.layout = {.eol = "\n"}}; /* standard output's or error's */

void console_to(enum console_where to)
{
	int fd = to == CONSOLE_ERROR ? STDERR_FILENO : STDOUT_FILENO;

	where = to;
	if (to == CONSOLE_DEVICES)
		return;
	here = (struct face){.layout = {.eol = "\n"}};
	if (isatty(fd))
		here = face_of(true, true, "\n");
}

/* --- what is written */

typedef void render(struct buf *b, const struct face *f, const void *what);

static size_t page(char *mem, size_t cap, const struct face *f, render *r, const void *what)
{
	struct buf b = {.p = mem, .cap = cap};

	r(&b, f, what);
	return b.len;
}

static render render_password;

/* Returns how many consoles took all of it. */
static int to_devices(render *r, const void *what)
{
	static bool deaf[CONSOLES];
	char names[256], device[300], text[PAGE], *save = NULL;
	int taken = 0, i = 0;

	read_active(names, sizeof names);
	for (char *p = strtok_r(names, " \n", &save); p && i < CONSOLES;
	     p = strtok_r(NULL, " \n", &save), i++) {
		struct face f = face_of_console(p);
		size_t len = page(text, sizeof text, &f, r, what);

		snprintf(device, sizeof device, "/dev/%s", p);
		/* a held screen is not waited for again, but for the password, and may be let go */
		if (len)
			deaf[i] = !write_to(device, text, len,
					    deaf[i] && r != render_password ? 0 : PATIENCE_MS);
		taken += !deaf[i];
	}
	explicit_bzero(text, sizeof text);
	return taken;
}

static void speak(render *r, const void *what)
{
	char text[PAGE];
	size_t len;

	if (where == CONSOLE_DEVICES) {
		to_devices(r, what);
		return;
	}
	len = page(text, sizeof text, &here, r, what);
	if (len && write(where == CONSOLE_ERROR ? STDERR_FILENO : STDOUT_FILENO, text, len) < 0)
		errno = 0;
}

/* All below it too: a run begins at the top of what the firmware left. */
static void wipe_live(struct buf *b, const struct face *f)
{
	if (f->live)
		buf_adds(b, "\r\033[J");
}

static void render_said(struct buf *b, const struct face *f, const void *what)
{
	wipe_live(b, f);
	layout_text(b, &f->layout, what);
}

void console_say(const struct said *s)
{
	speak(render_said, s);
}

static void render_steady(struct buf *b, const struct face *f, const void *what)
{
	if (!f->live)
		layout_text(b, &f->layout, what);
}

void console_say_steady(const struct said *s)
{
	speak(render_steady, s);
}

static void render_live(struct buf *b, const struct face *f, const void *what)
{
	wipe_live(b, f);
	if (f->live)
		layout_live(b, &f->layout, what);
}

void console_live(const char *text)
{
	speak(render_live, text);
}

static void render_box(struct buf *b, const struct face *f, const void *what)
{
	const struct said *s = what;

	wipe_live(b, f);
	layout_box(b, &f->layout, s->tone, s->text);
}

void console_box(enum tone tone, const char *text)
{
	speak(render_box, &(struct said){.tone = tone, .text = text});
}

/* --- the password */

#define GROUP 4

struct secret {
	const char *user, *password;
};

static void render_password(struct buf *b, const struct face *f, const void *what)
{
	static const char typed[] = "small letters, typed without the spaces. No log holds them: "
				    "write them down now.";
	const struct secret *s = what;
	size_t len = strlen(s->password);
	char line[200], how[160];
	struct buf l = BUF_OF(line);

	wipe_live(b, f);
	/* however long the name is, the password is on one line */
	buf_addf(&l, "new password for %.30s:", s->user);
	for (size_t i = 0; i < len; i++)
		buf_addf(&l, "%s%c", i % GROUP ? "" : " ", s->password[i]);
	layout_text(b, &f->layout, &(struct said){TONE_STRONG, "  ", line, l.len});
	snprintf(how, sizeof how, "%zu %s", len, typed);
	layout_text(b, &f->layout, &(struct said){TONE_PLAIN, "  ", how, strlen(how)});
	explicit_bzero(line, sizeof line);
}

int console_password(const char *user, const char *password)
{
	struct secret s = {user, password};
	struct face f = face_of(true, true, "\r\n");
	char text[1024];
	int taken = to_devices(render_password, &s);

	taken += write_to("/dev/tty", text, page(text, sizeof text, &f, render_password, &s),
			  PATIENCE_MS);
	explicit_bzero(text, sizeof text);
	return taken;
}
