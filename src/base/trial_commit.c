#include "base/change.h"
#include "base/log.h"
#include "base/trial.h"
#include "base/trial_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum pass { FILES, LINKS, REMOVALS, PASSES };

/* One walk through an upper layer. overlayfs(5) of the kernel's documentation: a character device
 * 0:0 says "removed", a directory with trusted.overlay.opaque "y" hides all that lies under it. */
struct walk {
	struct journal *j;
	const char *const *scratch;
	int upper; /* the layer's top */
	size_t at; /* length of the mount's own path in path: what follows is the layer's */
	enum pass pass;
	char path[PATH_CAP];
	struct inode want;
	struct inode old;
};

static int remove_all(struct journal *j, const char *path);

struct removal {
	struct journal *j;
	const char *path;
	int upper;	   /* -1, or keep what this directory has */
	struct walk *walk; /* scratch paths stay; NULL: everything goes */
};

static int remove_entry(void *arg, int dirfd, const char *name)
{
	struct removal *r = arg;
	char path[PATH_CAP];
	struct buf b = BUF_OF(path);
	struct stat st;

	(void)dirfd;
	if (r->upper >= 0 && fstatat(r->upper, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	buf_addf(&b, "%s/%s", strcmp(r->path, "/") ? r->path : "", name);
	if (b.cut) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (r->walk && (trial_is_own(path) || trial_below(path, r->walk->scratch)))
		return 0;
	return remove_all(r->j, path);
}

static int remove_all(struct journal *j, const char *path)
{
	struct removal r = {j, path, -1, NULL};
	struct stat st;

	if (path_stat(j->rootfd, path, false, &st))
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (S_ISDIR(st.st_mode) && path_each(j->rootfd, path, remove_entry, &r))
		return -1;
	return file_remove(j, path);
}

static bool is_opaque(int fd)
{
	char value[4];

	return fgetxattr(fd, "trusted.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
}

/* Flags are no business of the layer: a tmpfs has its own, and the overlay lets nobody change the
 * target's. */
static int read_old(struct walk *w)
{
	struct place p;
	int rc;

	if (place_open(&p, w->j->rootfd, w->path, false)) {
		w->old.mode = 0;
		return errno == ENOENT ? 0 : -1;
	}
	rc = inode_read(p.dirfd, p.name, &w->old);
	place_close(&p);
	w->want.flags = (w->old.mode & S_IFMT) == (w->want.mode & S_IFMT) ? w->old.flags : 0;
	return rc;
}

static int put(struct walk *w, int dirfd, const char *name)
{
	struct source src = {.fd = -1};
	int rc = -1, error;

	if (inode_read(dirfd, name, &w->want) || read_old(w))
		return -1;
	if (S_ISREG(w->want.mode)) {
		src.fd =
		    openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (src.fd < 0)
			return -1;
	}
	/* no rename puts a directory over something else */
	if (S_ISDIR(w->want.mode) && w->old.mode && !S_ISDIR(w->old.mode))
		rc = file_remove(w->j, w->path);
	else
		rc = 0;
	if (rc == 0) {
		rc = change_to(w->j, w->path, &w->want, &src);
		if (rc && errno == ENOTEMPTY && remove_all(w->j, w->path) == 0)
			rc = change_to(w->j, w->path, &w->want, &src);
	}
	error = errno;
	if (src.fd >= 0)
		close(src.fd);
	errno = error;
	return rc;
}

static int visit(void *arg, int dirfd, const char *name);

static int visit_dir(struct walk *w, int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct removal r = {w->j, w->path, fd, w};
	struct stat st;
	int rc = fd < 0 ? -1 : 0, error;

	if (rc == 0 && w->pass == REMOVALS && is_opaque(fd) &&
	    path_stat(w->j->rootfd, w->path, false, &st) == 0 && S_ISDIR(st.st_mode))
		rc = path_each(w->j->rootfd, w->path, remove_entry, &r);
	if (rc == 0)
		rc = path_each(w->upper, w->path + w->at, visit, w);
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return rc;
}

static int visit(void *arg, int dirfd, const char *name)
{
	struct walk *w = arg;
	size_t end = strlen(w->path);
	struct buf b = {.p = w->path, .cap = sizeof w->path, .len = end};
	struct stat st;
	int rc = -1;

	buf_addf(&b, "/%s", name);
	errno = ENAMETOOLONG;
	if (b.cut || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
		goto out;
	rc = 0;
	if (trial_is_own(w->path) || trial_below(w->path, w->scratch) ||
	    !strcmp(w->path, JOURNAL_DIR))
		goto out;
	if (S_ISCHR(st.st_mode) && st.st_rdev == 0)
		rc = w->pass == REMOVALS ? remove_all(w->j, w->path) : 0;
	else if (w->pass == (S_ISLNK(st.st_mode) ? LINKS : FILES))
		rc = put(w, dirfd, name);
	if (rc == 0 && S_ISDIR(st.st_mode))
		rc = visit_dir(w, dirfd, name);
out:
	w->path[end] = '\0';
	return rc;
}

static int walk_mount(struct walk *w, const struct trial *t, unsigned n)
{
	int rc, error;

	str_copy(w->path, sizeof w->path, strcmp(t->mounts[n].at, "/") ? t->mounts[n].at : "");
	w->at = strlen(w->path);
	w->upper = open(t->mounts[n].upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->upper < 0)
		return -1;
	rc = path_each(w->upper, "/", visit, w);
	error = errno;
	close(w->upper);
	errno = error;
	return rc;
}

/* What goes forward, then the links to it, then what goes away: at every instant, and in an undoing
 * too, which goes the other way, a library's link leads to a library. */
static int walk_all(struct walk *w, const struct trial *t)
{
	int rc = 0;

	for (w->pass = FILES; w->pass < PASSES && rc == 0; w->pass++)
		for (unsigned i = 0; i < t->nmounts && rc == 0; i++)
			rc = walk_mount(w, t, i);
	return rc;
}

int trial_commit(struct trial *t, struct journal *j, const char *const *scratch, unsigned *n)
{
	unsigned before = journal_count(j), first = j->next;
	struct walk *w;
	int rc, error;

	*n = 0;
	if (t->kind != TRIAL_OVERLAY) {
		errno = ENOTSUP;
		return -1;
	}
	w = calloc(1, sizeof *w);
	if (!w)
		return -1;
	w->j = j;
	w->scratch = scratch;
	/* half of a package is worse than none, also where this process is killed on the way */
	rc = journal_note(j, 0, JOURNAL_BEGIN);
	if (rc == 0)
		rc = walk_all(w, t);
	if (rc == 0)
		rc = journal_note(j, 0, JOURNAL_SETTLED);
	error = errno;
	free(w);
	if (rc && journal_undo_since(j, first))
		log_say("a commit failed, and not all of it could be undone");
	else if (rc)
		journal_note(j, 0, JOURNAL_SETTLED);
	*n = journal_count(j) - before;
	errno = error;
	return rc;
}
