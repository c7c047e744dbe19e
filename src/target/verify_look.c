#include "target/verify_own.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --- what is said */

/* Does something not start without it? Other links to nothing are shipped, too. */
static bool is_link_in_use(const char *path)
{
	static const char *const patterns[] = {"*/bin/*", "*/sbin/*", "*.so", "*.so.*"};

	for (unsigned i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (str_matches(path, patterns[i]))
			return true;
	return false;
}

/* What the owner of a configuration file changed is his wish; what he removed too, unless nobody
 * can log in without it. */
static bool is_noted(const struct verify_item *i, enum verify_fault fault, enum verify_class breaks)
{
	if (fault == VERIFY_DANGLING)
		return breaks == VERIFY_REST && !is_link_in_use(i->path);
	return i->e.config && (fault == VERIFY_CHANGED || fault == VERIFY_TYPE ||
			       (fault == VERIFY_MISSING && breaks != VERIFY_LOGIN));
}

void verify_found(struct verify_job *j, const struct verify_item *i, enum verify_fault fault,
		  const char *detail)
{
	struct verify_note n = {.breaks = verify_class_of(j->classes, i->path),
				.fault = fault,
				.config = i->e.config,
				.pkg = i->pkg,
				.path = i->path,
				.detail = detail};

	if (is_noted(i, fault, n.breaks))
		n.breaks = VERIFY_NOTED;
	pthread_mutex_lock(&j->lock);
	verify_add(j->v, &n);
	pthread_mutex_unlock(&j->lock);
}

void verify_unreadable(struct verify_job *j, const struct verify_item *i)
{
	j->blind = true;
	verify_found(j, i, VERIFY_UNREADABLE, strerror(errno));
}

/* --- the look at a file: everything but its bytes */

static bool is_kind(mode_t mode, enum pkg_kind kind)
{
	return kind == PKG_ANY || (kind == PKG_FILE && S_ISREG(mode)) ||
	       (kind == PKG_FOLDER && S_ISDIR(mode)) || (kind == PKG_LINK && S_ISLNK(mode));
}

/* Where what it leads to comes and goes, nothing is said of it. */
static bool is_fleeting(const char *to)
{
	static const char *const tops[] = {"/run/", "/var/", "/proc/", "/dev/",
					   "/sys/", "/tmp/", "/home/", "/mnt/"};

	while (str_starts(to, "../"))
		to += 3;
	to += *to == '/';
	for (unsigned i = 0; i < sizeof tops / sizeof *tops; i++)
		if (str_starts(to, tops[i] + 1))
			return true;
	return false;
}

static void look_at_link(struct verify_job *j, const struct verify_item *i, int dir,
			 const char *name)
{
	char to[PATH_CAP], said[300];
	ssize_t n = readlinkat(dir, name, to, sizeof to - 1);

	if (n < 0) {
		verify_unreadable(j, i);
		return;
	}
	to[n] = '\0';
	if (i->link && strcmp(i->link, to)) {
		snprintf(said, sizeof said, "leads to %.120s, not to %.120s", to, i->link);
		verify_found(j, i, VERIFY_LINK, said);
	} else if (!path_exists(j->t->fd, i->path) && errno == ENOENT && !is_fleeting(to) &&
		   !target_is_unknown(j->t, to)) {
		snprintf(said, sizeof said, "leads to %.200s, which is not there", to);
		verify_found(j, i, VERIFY_DANGLING, said);
	}
}

static bool is_capable(struct verify_job *j, const struct verify_item *i)
{
	int fd = path_open(j->t->fd, i->path, O_RDONLY | O_NOFOLLOW, 0);
	char value[64];
	bool yes = fd >= 0 && fgetxattr(fd, "security.capability", value, sizeof value) > 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static void look_at_mode(struct verify_job *j, const struct verify_item *i, const struct stat *st)
{
	const mode_t special = S_ISUID | S_ISGID;
	mode_t is = st->st_mode & i->e.bits, want = i->e.own.mode & i->e.bits;
	char said[200];

	if (i->e.capable && !is_capable(j, i))
		verify_found(j, i, VERIFY_BIT, "its file capability is gone");
	if (i->e.privileged && !(st->st_mode & special) && !is_capable(j, i))
		verify_found(j, i, VERIFY_BIT, "neither setuid, setgid nor a file capability");
	if (is == want && (!i->owned[0] || st->st_uid == i->uid) &&
	    (!i->owned[1] || st->st_gid == i->gid))
		return;
	snprintf(said, sizeof said, "mode %04o of %u:%u, should be %04o of %s:%s",
		 st->st_mode & 07777u, st->st_uid, st->st_gid,
		 (st->st_mode & ~i->e.bits & 07777u) | want, i->e.own.user, i->e.own.group);
	verify_found(j, i, want & ~is & special ? VERIFY_BIT : VERIFY_MODE, said);
}

static bool is_other_size(struct verify_job *j, const struct verify_item *i, const struct stat *st)
{
	char said[80];

	if (!i->e.sized || !S_ISREG(st->st_mode) || st->st_size == i->e.size)
		return false;
	snprintf(said, sizeof said, "%lld bytes, should be %lld", (long long)st->st_size,
		 (long long)i->e.size);
	verify_found(j, i, VERIFY_CHANGED, said);
	return true;
}

static void look_at(struct verify_job *j, struct verify_item *i, const struct stat *st)
{
	look_at_mode(j, i, st);
	if (is_other_size(j, i, st))
		return;
	i->inode = st->st_ino;
	i->size = st->st_size;
	i->wanted = i->e.nsum && S_ISREG(st->st_mode) &&
		    (j->v->deep || (i->e.mtime && i->e.mtime != st->st_mtime) ||
		     verify_is_login(j->classes, i->path));
}

void verify_folder_close(struct verify_folder *d)
{
	if (d->known && d->fd >= 0)
		close(d->fd);
	d->known = false;
}

int verify_folder_enter(const struct verify_job *j, struct verify_folder *d, const char *path,
			const char **name)
{
	size_t n = (size_t)(strrchr(path, '/') - path);
	char last[256];

	*name = path + n + 1;
	if (!d->known || strncmp(d->path, path, n) || d->path[n]) {
		verify_folder_close(d);
		d->fd = path_parent(j->t->fd, path, false, last);
		d->error = errno;
		d->known = true;
		snprintf(d->path, sizeof d->path, "%.*s", (int)n, path);
	}
	errno = d->error;
	return d->fd;
}

static bool is_gone(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* A folder may have become a link to one: a merged /usr, a larger disk. */
static bool is_folder_elsewhere(const struct verify_job *j, const struct verify_item *i,
				const struct stat *st)
{
	struct stat to;

	return i->e.kind == PKG_FOLDER && S_ISLNK(st->st_mode) &&
	       !path_stat(j->t->fd, i->path, true, &to) && S_ISDIR(to.st_mode);
}

/* False: it is not there. */
static bool look(struct verify_job *j, struct verify_item *i, struct verify_folder *d)
{
	const char *name;
	int dir = verify_folder_enter(j, d, i->path, &name);
	struct stat st;

	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (is_gone(errno)) {
			if (!i->e.spare)
				verify_found(j, i, VERIFY_MISSING, "");
			return false;
		}
		verify_unreadable(j, i);
	} else if (!is_kind(st.st_mode, i->e.kind)) {
		if (!is_folder_elsewhere(j, i, &st))
			verify_found(j, i, VERIFY_TYPE, path_type_name(st.st_mode));
	} else if (S_ISLNK(st.st_mode)) {
		look_at_link(j, i, dir, name);
	} else {
		look_at(j, i, &st);
	}
	return true;
}

/* The folders around a file that is missing may be, too. */
void verify_look(struct verify_job *j, struct verify_item *i, struct verify_folder *d)
{
	if (i->e.damage) {
		j->blind = true;
		verify_found(j, i, VERIFY_UNREADABLE, i->e.damage);
		return;
	}
	atomic_fetch_add_explicit(&j->v->files, 1, memory_order_relaxed);
	if (i->around)
		return;
	while (!look(j, i, d) && i > j->items && i[-1].around)
		i--;
}
