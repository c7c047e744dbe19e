#include "target/pkg_text.h"

#include "base/clock.h"
#include "base/path.h"
#include "target/pkg_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER "/tmp/rd-recovery-rpm"
#define ASK_SECONDS 30

/* rpm's database has several binary forms: its own program is asked. Even a question makes it write
 * locks: in a trial. Its answer, however long, lies in a file there. NULL: none; else the caller's
 * to release. */
static char *ask(const struct target *t, const char *script, const char *arg, size_t *len)
{
	struct trial tr;
	char mem[200], *data = NULL;
	struct buf why = BUF_OF(mem);
	const struct pkg_job job = {.t = t,
				    .name = "rpm",
				    .script = script,
				    .arg = arg,
				    .seconds = ASK_SECONDS,
				    .deadline = deadline_in(ASK_SECONDS)};
	int fd, error;

	errno = ETIMEDOUT;
	if (pkg_given_up(t, &pkg_rpm, mem, sizeof mem) || trial_open(&tr, t->root, 0))
		return NULL;
	fd = open(tr.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	errno = ENOENT;
	if (fd >= 0 && pkg_run(&tr, &job, &why) == 0)
		data = path_slurp(fd, ANSWER, 64u << 20, len);
	error = errno;
	if (fd >= 0)
		close(fd);
	trial_close(&tr);
	errno = error;
	return data;
}

int pkg_rpm_packages(const char *data, size_t len, pkg_each_fn *fn, void *arg)
{
	const char *p = data, *line;
	char name[256], *space;
	size_t n;
	int rc = 0;

	while (!rc && line_next(&p, data + len, &line, &n)) {
		snprintf(name, sizeof name, "%.*s", (int)n, line);
		if (!(space = strchr(name, ' ')))
			continue;
		*space = '\0';
		rc = fn(arg, name, space + 1);
	}
	return rc;
}

int pkg_rpm_owner(const char *data, size_t len, char *name, size_t cap)
{
	const char *p = data, *line;
	size_t n;

	if (line_next(&p, data + len, &line, &n) && n && n < cap && !memchr(line, ' ', n) &&
	    !memchr(line, '/', n)) {
		memcpy(name, line, n);
		name[n] = '\0';
		return 0;
	}
	errno = ENOENT;
	return -1;
}

int pkg_rpm_paths(const char *data, size_t len, pkg_path_fn *fn, void *arg)
{
	const char *p = data, *line;
	char path[PATH_CAP];
	size_t n;
	int rc = 0;

	while (!rc && line_next(&p, data + len, &line, &n))
		if (n && *line == '/' &&
		    snprintf(path, sizeof path, "%.*s", (int)n, line) < (int)sizeof path)
			rc = fn(arg, path);
	return rc;
}

static int each(const struct target *t, pkg_each_fn *fn, void *arg)
{
	size_t len;
	char *data =
	    ask(t, "exec rpm -qa --qf '%{NAME} %{VERSION}-%{RELEASE}\\n' >" ANSWER, "", &len);
	int rc = data ? pkg_rpm_packages(data, len, fn, arg) : -1;

	path_release(data, len);
	return rc;
}

/* With its architecture: two of them may be installed side by side. */
static int owner(const struct target *t, const char *path, char *name, size_t cap)
{
	size_t len;
	char *data = ask(t, "exec rpm -qf --qf '%{NAME}.%{ARCH}\\n' \"$1\" >" ANSWER, path, &len);
	int rc = data ? pkg_rpm_owner(data, len, name, cap) : -1;

	path_release(data, len);
	errno = ENOENT;
	return rc;
}

static int files(const struct target *t, const char *pkg, pkg_path_fn *fn, void *arg)
{
	size_t len;
	char *data = ask(t, "exec rpm -ql \"$1\" >" ANSWER, pkg, &len);
	int rc = data ? pkg_rpm_paths(data, len, fn, arg) : -1;

	path_release(data, len);
	return rc;
}

static const char *const state[] = {"/var/lib/rpm/*", "/usr/lib/sysimage/rpm/*", "/var/lib/dnf/*",
				    NULL};

/* Of a package's whole list the one line. */
static int mode(const struct target *t, const char *path, struct pkg_mode *m)
{
	size_t len;
	char *data = ask(t,
			 "exec rpm -qf --qf '[%{FILEUSERNAME} %{FILEGROUPNAME} %{FILEMODES:octal} "
			 "%{FILENAMES}\\n]' \"$1\" >" ANSWER,
			 path, &len);
	int rc = data ? pkg_mode_of(data, len, path, m) : -1;

	path_release(data, len);
	errno = ENOENT;
	return rc;
}

#define CACHES "/var/cache/dnf /var/cache/libdnf5 /var/cache/zypp /var/cache/yum"

const struct pkg_manager pkg_rpm = {
    .name = "rpm",
    .database = "/usr/bin/rpm",
    .log = "/var/log/dnf.rpm.log",
    .cache = CACHES,
    .unpack = "{ rpm2cpio \"$1\" | cpio -idm --quiet; } || bsdtar -xf \"$1\" || "
	      "rpm2archive - <\"$1\" | tar -xzf -",
    .reinstall = {"if command -v dnf >/dev/null; then exec dnf -C -y reinstall \"$1\"; fi; "
		  "exec zypper --non-interactive --no-refresh install --force \"$1\"",
		  "f=$(ls -t $(find " CACHES " -name \"${1%.*}-[0-9]*.${1##*.}.rpm\" 2>/dev/null) "
		  "</dev/null | head -n 1); [ -f \"$f\" ] && exec rpm -U --nodeps --replacepkgs "
		  "--replacefiles --oldpackage \"$f\""},
    .official = "dnf reinstall ",
    .finish = "dnf distro-sync",
    .each = each,
    .owner = owner,
    .files = files,
    .state = state,
    .mode = mode,
};
