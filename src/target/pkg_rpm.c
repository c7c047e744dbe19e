#include "target/pkg.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#define ASK_SECONDS 30

/* Even a question makes rpm write locks: it sees the target read-only. */
static int read_only(void *arg)
{
	const char *root = arg;

	if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) ||
	    mount(NULL, root, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL))
		return errno;
	return 0;
}

/* rpm's database has several binary forms: its own program is asked, and only reads. The tail is
 * the caller's to free. */
static int ask(const struct target *t, const char *const *argv, struct child_result *r)
{
	struct child_spec s = {.name = "rpm",
			       .root = t->root,
			       .argv = argv,
			       .flags = CHILD_QUIET,
			       .setup = read_only,
			       .setup_arg = (void *)t->root,
			       .deadline = deadline_in(ASK_SECONDS)};

	char why[100];
	int rc = -1;

	*r = (struct child_result){.tail = malloc(CHILD_TAIL)};
	errno = ETIMEDOUT;
	if (r->tail && !pkg_given_up(t, &pkg_rpm, why, sizeof why)) {
		rc = child_run(&s, r);
		pkg_ended(t, r, ASK_SECONDS);
	}
	return rc;
}

/* Only the last CHILD_TAIL bytes of a long list are there; what's cut is the first line. */
static int each(const struct target *t, pkg_each_fn *fn, void *arg)
{
	const char *const argv[] = {"/usr/bin/rpm", "-qa", "--qf",
				    "%{NAME} %{VERSION}-%{RELEASE}\\n", NULL};
	struct child_result r;
	int rc = ask(t, argv, &r);
	char *save = NULL, *line, *space;

	if (!rc)
		for (line = strtok_r(r.tail, "\n", &save); line && !rc;
		     line = strtok_r(NULL, "\n", &save))
			if ((space = strchr(line, ' '))) {
				*space = 0;
				rc = fn(arg, line, space + 1);
			}
	free(r.tail);
	return rc;
}

static int owner(const struct target *t, const char *path, char *name, size_t cap)
{
	const char *const argv[] = {"/usr/bin/rpm", "-qf", "--qf", "%{NAME}", path, NULL};
	struct child_result r;
	int rc = ask(t, argv, &r);

	if (!rc && (!*r.tail || strpbrk(r.tail, " \n/") || !str_copy(name, cap, r.tail)))
		rc = -1;
	free(r.tail);
	if (rc)
		errno = ENOENT;
	return rc;
}

static int files(const struct target *t, const char *pkg, pkg_path_fn *fn, void *arg)
{
	const char *const argv[] = {"/usr/bin/rpm", "-ql", pkg, NULL};
	struct child_result r;
	int rc = ask(t, argv, &r);
	char *save = NULL, *line;

	if (!rc && r.tail_len == CHILD_TAIL - 1) /* its first lines may be lost */
		rc = -1;
	if (!rc)
		for (line = strtok_r(r.tail, "\n", &save); line && !rc;
		     line = strtok_r(NULL, "\n", &save))
			rc = *line == '/' ? fn(arg, line) : 0;
	free(r.tail);
	return rc;
}

static const char *const state[] = {"/var/lib/rpm/*", "/usr/lib/sysimage/rpm/*", "/var/lib/dnf/*",
				    NULL};

/* Of a package's whole list the one line. */
static int mode(const struct target *t, const char *path, struct pkg_mode *m)
{
	const char *const argv[] = {
	    "/usr/bin/rpm", "-qf",
	    "--qf",	    "[%{FILEUSERNAME} %{FILEGROUPNAME} %{FILEMODES:octal} %{FILENAMES}\\n]",
	    path,	    NULL};
	struct child_result r;
	int rc = ask(t, argv, &r) ? -1 : 1;
	const char *p = r.tail, *line, *slash;
	size_t n;

	while (rc > 0 && line_next(&p, r.tail + r.tail_len, &line, &n)) {
		slash = memchr(line, '/', n);
		if (slash && pkg_same_file(slash, n - (size_t)(slash - line), path))
			rc = pkg_parse_mode(line, (size_t)(slash - line), m);
	}
	free(r.tail);
	errno = ENOENT;
	return rc ? -1 : 0;
}

const struct pkg_manager pkg_rpm = {
    .name = "rpm",
    .database = "/usr/bin/rpm",
    .log = "/var/log/dnf.rpm.log",
    .cache = "/var/cache/dnf /var/cache/libdnf5 /var/cache/zypp /var/cache/yum",
    .unpack = "rpm2cpio \"$1\" | cpio -idm --quiet",
    .reinstall = {"exec dnf -C -y reinstall \"$1\"", "exec zypper --non-interactive --no-refresh "
						     "install --force \"$1\""},
    .official = "dnf reinstall ",
    .each = each,
    .owner = owner,
    .files = files,
    .state = state,
    .mode = mode,
};
