#include "base/module.h"

#include "base/aside.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/cmdline.h"
#include "base/log.h"
#include "base/path.h"
#include "base/uevent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_BYTES (16u << 20)
#define ALIAS_CAP 512
#define NEEDS_MOST 128

/* --- names */

static char same(char c)
{
	return c == '-' ? '_' : c;
}

static bool is_spelt(const char *a, const char *b)
{
	for (; *a && same(*a) == same(*b); a++, b++)
		;
	return !*a && !*b;
}

/* "kernel/fs/ext4/ext4.ko" is called ext4; what follows .ko (a compression) is not looked at. */
static bool is_called(const char *path, size_t len, const char *name)
{
	const char *slash = memrchr(path, '/', len);
	size_t n = strlen(name), skip = slash ? (size_t)(slash - path) + 1 : 0;

	if (len - skip < n + 3 || memcmp(path + skip + n, ".ko", 3) ||
	    (len - skip > n + 3 && path[skip + n + 3] != '.'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (same(path[skip + i]) != same(name[i]))
			return false;
	return true;
}

/* The name in a path; false when it has none of a module's length. */
static bool name_of(const char *path, size_t len, char name[MODULE_NAME])
{
	const char *slash = memrchr(path, '/', len);
	size_t skip = slash ? (size_t)(slash - path) + 1 : 0, n = 0;

	while (skip + n < len && path[skip + n] != '.')
		n++;
	if (!n || n >= MODULE_NAME)
		return false;
	memcpy(name, path + skip, n);
	name[n] = '\0';
	return true;
}

/* --- modules.dep */

static bool split(const char *line, size_t n, struct module_line *l)
{
	const char *colon = memchr(line, ':', n);

	if (!colon)
		return false;
	*l = (struct module_line){.path = line,
				  .len = (size_t)(colon - line),
				  .needs = colon + 1,
				  .nneeds = n - (size_t)(colon + 1 - line)};
	return true;
}

bool module_find(const char *dep, size_t len, const char *name, struct module_line *l)
{
	const char *p = dep, *line;
	size_t n;

	while (line_next(&p, dep + len, &line, &n))
		if (split(line, n, l) && is_called(l->path, l->len, name))
			return true;
	return false;
}

/* --- modules.alias */

/* A copy in which both spellings are one, but for the sets in brackets. */
static bool one_spelling(char *dst, const char *s, size_t len)
{
	bool set = false;

	if (len >= ALIAS_CAP)
		return false;
	for (size_t i = 0; i < len; i++) {
		set = s[i] == '[' || (set && s[i] != ']');
		dst[i] = set ? s[i] : same(s[i]);
	}
	dst[len] = '\0';
	return true;
}

bool module_matches(const char *pattern, size_t len, const char *alias)
{
	char p[ALIAS_CAP], a[ALIAS_CAP];

	/* nearly all of them differ early */
	for (size_t i = 0; i < len && !strchr("*?[\\", pattern[i]); i++)
		if (same(pattern[i]) != same(alias[i]))
			return false;
	return one_spelling(p, pattern, len) && one_spelling(a, alias, strlen(alias)) &&
	       str_matches(a, p);
}

unsigned module_each(const char *text, size_t len, const char *alias,
		     void (*fn)(void *arg, const char *name), void *arg)
{
	static const char word[] = "alias ";
	const char *p = text, *line;
	char name[MODULE_NAME];
	unsigned found = 0;
	size_t n;

	while (line_next(&p, text + len, &line, &n)) {
		const char *blank = memrchr(line, ' ', n), *pattern = line + sizeof word - 1;
		size_t rest = blank ? n - (size_t)(blank + 1 - line) : 0;

		if (n < sizeof word || memcmp(line, word, sizeof word - 1) || blank <= pattern ||
		    !rest || rest >= sizeof name ||
		    !module_matches(pattern, (size_t)(blank - pattern), alias))
			continue;
		memcpy(name, blank + 1, rest);
		name[rest] = '\0';
		fn(arg, name);
		found++;
	}
	return found;
}

/* --- the kernel line */

const char *module_parameter(const char *word, const char *name)
{
	size_t i = 0;

	while (name[i] && same(word[i]) == same(name[i]))
		i++;
	return !name[i] && word[i] == '.' && word[i + 1] ? word + i + 1 : NULL;
}

struct parameters {
	const char *name;
	struct buf *b;
};

static void take_parameter(void *arg, char *word, bool cut)
{
	struct parameters *p = arg;
	const char *text = cut ? NULL : module_parameter(word, p->name);
	const char *value = text ? strchr(text, '=') : NULL;

	if (!text)
		return;
	if (value && strchr(value, ' '))
		buf_addf(p->b, "%.*s\"%s\" ", (int)(value + 1 - text), text, value + 1);
	else
		buf_addf(p->b, "%s ", text);
}

struct refusal {
	const char *name;
	bool found;
};

/* NAME[,NAME...], either spelling. */
static void take_refusal(void *arg, char *word, bool cut)
{
	static const char keys[][21] = {"modprobe.blacklist=", "rd.driver.blacklist="};
	struct refusal *r = arg;
	char *save, *list = NULL;

	(void)cut; /* of a list too long the start counts */
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_starts(word, keys[i]))
			list = word + strlen(keys[i]);
	for (char *p = list ? strtok_r(list, ",", &save) : NULL; p; p = strtok_r(NULL, ",", &save))
		r->found = r->found || is_spelt(p, r->name);
}

bool module_refused(const char *line, size_t len, const char *name)
{
	struct refusal r = {name, false};

	cmdline_each(line, len, take_refusal, &r);
	return r.found;
}

/* --- loading */

bool module_is_live(int sys, const char *name)
{
	char path[MODULE_NAME + 16], state[8];

	snprintf(path, sizeof path, "/%s/initstate", name);
	for (char *p = path; *p; p++)
		*p = same(*p);
	return path_read(sys, path, state, sizeof state) > 0 && !strcmp(state, "live\n");
}

int modules_open(struct modules *m)
{
	char path[200];
	struct utsname u;
	ssize_t n;

	memset(m, 0, sizeof *m);
	uname(&u);
	snprintf(path, sizeof path, "/usr/lib/modules/%s", u.release);
	m->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0)
		return -1;
	n = cmdline_read(m->line, sizeof m->line);
	m->nline = n > 0 ? (size_t)n : 0;
	m->dep = path_slurp(m->dir, "/modules.dep", FILE_BYTES, &m->ndep);
	m->alias = path_slurp(m->dir, "/modules.alias", FILE_BYTES, &m->nalias);
	m->sys = open("/sys/module", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dep)
		return 0;
	close(m->dir);
	m->dir = -1;
	return -1;
}

static bool is_loaded(const struct modules *m, const char *line)
{
	for (unsigned i = 0; i < m->nloaded; i++)
		if (m->loaded[i] == line)
			return true;
	return false;
}

struct insertion {
	int fd;
	const char *text;
};

static int insert(void *arg)
{
	const struct insertion *i = arg;

	return syscall(SYS_finit_module, i->fd, i->text, 0) && errno != EEXIST ? errno : 0;
}

/* A driver that waits for ever for its hardware must not keep the next disk's from its turn. */
static void load_file(struct modules *m, const char *path, size_t len, const char *name)
{
	char file[PATH_CAP], text[1024] = "";
	struct buf b = BUF_OF(text);
	int fd, error;

	snprintf(file, sizeof file, "/%.*s", (int)len, path);
	cmdline_each(m->line, m->nline, take_parameter, &(struct parameters){name, &b});
	fd = path_open(m->dir, file, O_RDONLY, 0);
	error = fd < 0
		    ? errno
		    : aside_run(insert, &(struct insertion){fd, text}, deadline_in(MODULE_SECONDS));
	m->failed += error != 0;
	m->hanging += error == ETIMEDOUT;
	if (error == ETIMEDOUT)
		log_say("the driver %s does not come to an end: going on without it", name);
	else if (error)
		log_line("module %s: %s", name, strerror(error));
	if (fd >= 0)
		close(fd);
}

/* Each once, whatever comes of it. */
static void load_path(struct modules *m, const char *path, size_t len)
{
	char name[MODULE_NAME];
	struct module_line l;

	if (!name_of(path, len, name) || !module_find(m->dep, m->ndep, name, &l) ||
	    is_loaded(m, l.path) || m->nloaded == sizeof m->loaded / sizeof *m->loaded)
		return;
	m->loaded[m->nloaded++] = l.path;
	/* the kernel would read it, check it and lay it out before it says so */
	if (!module_is_live(m->sys, name))
		load_file(m, l.path, l.len, name);
}

/* The list is whole, dependencies of dependencies among it: from its end to its start, then the
 * module itself. */
static unsigned load_name(struct modules *m, const char *name)
{
	struct module_line l;
	unsigned hanging = m->hanging;
	size_t end;

	if (!module_find(m->dep, m->ndep, name, &l))
		return 0;
	if (is_loaded(m, l.path))
		return 1;
	for (end = l.nneeds; end && m->hanging == hanging;) {
		size_t start;

		while (end && l.needs[end - 1] == ' ')
			end--;
		for (start = end; start && l.needs[start - 1] != ' '; start--)
			;
		load_path(m, l.needs + start, end - start);
		end = start;
	}
	if (m->hanging == hanging)
		load_path(m, l.path, l.len);
	return 1;
}

static void load_one(void *arg, const char *name)
{
	struct modules *m = arg;

	if (module_refused(m->line, m->nline, name))
		log_line("module %s: refused by the kernel line", name);
	else
		load_name(m, name);
}

unsigned modules_load(struct modules *m, const char *alias)
{
	unsigned found;

	if (m->dir < 0 || strlen(alias) >= ALIAS_CAP)
		return 0;
	found = m->alias ? module_each(m->alias, m->nalias, alias, load_one, m) : 0;
	return found ? found : load_name(m, alias);
}

void modules_load_listed(struct modules *m)
{
	const char *p, *line;
	char name[MODULE_NAME], *text;
	size_t len, n;

	text = m->dir < 0 ? NULL : path_slurp(m->dir, "/modules.load", FILE_BYTES, &len);
	if (!text)
		return;
	for (p = text; line_next(&p, text + len, &line, &n);)
		if (n && name_of(line, n, name) && !load_name(m, name)) {
			m->failed++;
			log_line("module %s: not in modules.dep", name);
		}
	path_release(text, len);
}

static int load_for_device(void *arg, int dirfd, const char *name)
{
	char path[300], text[UEVENT_CAP];
	struct uevent e;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/uevent", name);
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (n > 0 && uevent_parse(text, (size_t)n, &e) && e.modalias[0])
		modules_load(arg, e.modalias);
	return 0;
}

static int load_for_bus(void *arg, int dirfd, const char *name)
{
	char path[300];

	(void)dirfd;
	snprintf(path, sizeof path, "/sys/bus/%s/devices", name);
	path_each(AT_FDCWD, path, load_for_device, arg);
	return 0;
}

void modules_load_present(struct modules *m)
{
	if (m->dir >= 0)
		path_each(AT_FDCWD, "/sys/bus", load_for_bus, m);
}

void modules_to_network(struct modules *m)
{
	if (m->alias)
		path_release((char *)m->alias, m->nalias);
	m->alias =
	    m->dir < 0 ? NULL : path_slurp(m->dir, "/modules.network", FILE_BYTES, &m->nalias);
}
