#include "target/pkg_text.h"

#include "base/clock.h"
#include "base/path.h"
#include "target/pkg_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* --- every file of every package. The flags' bits: rpm/rpmfiles.h, rpm/rpmvf.h. */

#define FLAG_CONFIG 1u
#define FLAG_MISSINGOK 8u
#define FLAG_GHOST 64u
#define VERIFY_DIGEST 1u
#define VERIFY_LINKTO 4u
#define VERIFY_USER 8u
#define VERIFY_GROUP 16u
#define VERIFY_MTIME 32u
#define VERIFY_MODE 64u
#define VERIFY_CAPS 256u

enum column { NAME, FLAGS, CHECKS, MODE, USER, GROUP, TIME, DIGEST, CAPS, LINK, FILENAME, COLUMNS };
#define ENTRIES                                                                                    \
	"exec rpm -qa --qf '[%{=NAME}.%{=ARCH}\\t%{FILEFLAGS}\\t%{FILEVERIFYFLAGS}\\t"             \
	"%{FILEMODES:octal}\\t%{FILEUSERNAME}\\t%{FILEGROUPNAME}\\t%{FILEMTIMES}\\t"               \
	"%{FILEDIGESTS}\\t%{FILECAPS}\\t%{FILELINKTOS}\\t%{FILENAMES}\\n]' >" ANSWER

static enum pkg_kind kind(mode_t mode)
{
	return S_ISREG(mode)   ? PKG_FILE
	       : S_ISDIR(mode) ? PKG_FOLDER
	       : S_ISLNK(mode) ? PKG_LINK
			       : PKG_ANY;
}

/* Its columns, each ended by a NUL. Pure. */
static void entry_of(char *const col[COLUMNS], struct pkg_entry *e)
{
	unsigned long flags = strtoul(col[FLAGS], NULL, 10),
		      checks = strtoul(col[CHECKS], NULL, 10);
	mode_t mode = (mode_t)strtoul(col[MODE], NULL, 8);
	size_t hex = strlen(col[DIGEST]);

	*e = (struct pkg_entry){.pkg = col[NAME], .path = col[FILENAME], .kind = kind(mode)};
	e->config = flags & FLAG_CONFIG;
	e->spare = flags & (FLAG_MISSINGOK | FLAG_GHOST);
	if (flags & FLAG_GHOST)
		return;
	if (e->kind == PKG_LINK && checks & VERIFY_LINKTO)
		e->link = col[LINK];
	e->capable = checks & VERIFY_CAPS && *col[CAPS] && strcmp(col[CAPS], "(none)");
	if ((hex == 2 * DIGEST_MD5 || hex == 2 * DIGEST_SHA256) && checks & VERIFY_DIGEST &&
	    !digest_from_hex(col[DIGEST], hex / 2, e->sum))
		e->nsum = hex / 2;
	if (checks & VERIFY_MTIME)
		e->mtime = (time_t)strtoll(col[TIME], NULL, 10);
	if (checks & VERIFY_MODE && e->kind != PKG_LINK)
		e->bits = 07777;
	e->own.mode = mode & 07777;
	if (checks & VERIFY_USER)
		str_copy(e->own.user, sizeof e->own.user, col[USER]);
	if (checks & VERIFY_GROUP)
		str_copy(e->own.group, sizeof e->own.group, col[GROUP]);
}

/* Cut at the tabs; a file's name may hold more of them. Pure. */
static bool columns(char *line, char *col[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		col[i] = line;
		if (i + 1 < COLUMNS && !(line = strchr(line, '\t')))
			return false;
		if (i + 1 < COLUMNS)
			*line++ = '\0';
	}
	return *col[FILENAME] == '/';
}

static int entries(const struct target *t, pkg_entry_fn *fn, void *arg)
{
	size_t len, n;
	char text[2 * PATH_CAP], *col[COLUMNS], *data = ask(t, ENTRIES, "", &len);
	const char *p = data, *line;
	struct pkg_entry e;
	int rc = data ? 0 : -1;

	while (data && !rc && line_next(&p, data + len, &line, &n)) {
		if (n >= sizeof text)
			continue;
		memcpy(text, line, n);
		text[n] = '\0';
		if (!columns(text, col))
			continue;
		entry_of(col, &e);
		rc = fn(arg, &e);
	}
	if (data)
		path_release(data, len);
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
    .entries = entries,
    .asked = true,
    .mode = mode,
};
