#include "target/ldso_own.h"

#include "base/clock.h"
#include "base/crew.h"
#include "base/path.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Folders that are still to be looked at; the nearest to the top first. */
struct walk {
	struct ldso *l;
	int64_t deadline;
	pthread_cond_t more;
	struct ldso_pool folders; /* texts */
	uint32_t at, busy;
	bool late;
};

struct folder {
	struct walk *w;
	unsigned char *room; /* elf.h's, for one file after the other */
	char path[PATH_CAP];
};

/* Where programs lie; elsewhere are other people's, and other systems. */
static const char tops[][9] = {"/bin",	 "/sbin",   "/lib", "/lib32",
			       "/lib64", "/libx32", "/usr", "/opt"};

/* Nothing there is loaded by a program of this system. */
static bool is_skipped(const char *path)
{
	static const char names[][18] = {
	    "/usr/share/doc",	 "/usr/share/man", "/usr/share/locale", "/usr/share/icons",
	    "/usr/include",	 "/usr/src",	   "/usr/lib/debug",	"/usr/lib/modules",
	    "/usr/lib/firmware", "/lib/modules",   "/lib/firmware"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(path, names[i]))
			return true;
	return false;
}

static void push(struct walk *w, const char *path)
{
	uint32_t *to;

	if (is_skipped(path) || target_is_unknown(&w->l->t, path))
		return;
	pthread_mutex_lock(&w->l->lock);
	if ((to = ldso_more(w->l, &w->folders, 1)))
		*to = ldso_text(w->l, path, strlen(path));
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->l->lock);
}

/* Not of a linker's script: that has no number behind it. */
static bool is_library(const char *name)
{
	const char *so = strstr(name, ".so.");

	return so && str_starts(name, "lib") && so[4] && !so[4 + strspn(so + 4, "0123456789.")];
}

static void look_at(struct folder *d, int dir, const char *name, const struct stat *st)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char magic[4] = "";
	char path[PATH_CAP + 256];
	struct buf b = BUF_OF(path);

	if (fd < 0)
		return;
	buf_addf(&b, "%s/%s", d->path, name);
	if ((pread(fd, magic, 4, 0) == 4 && !memcmp(magic, "\177ELF", 4)) || is_library(name))
		ldso_object(d->w->l, &(struct ldso_file){path, st, fd, d->room});
	close(fd);
}

static int see(void *arg, int dir, const char *name)
{
	struct folder *d = arg;
	char path[PATH_CAP];
	struct buf b = BUF_OF(path);
	struct stat st;

	if (clock_ms() >= d->w->deadline)
		return d->w->late = true;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (S_ISDIR(st.st_mode)) {
		buf_addf(&b, "%s/%s", d->path, name);
		if (!b.cut)
			push(d->w, path);
	} else if (S_ISREG(st.st_mode) && (st.st_mode & 0111 || strstr(name, ".so"))) {
		look_at(d, dir, name, &st);
	}
	return 0;
}

/* False: there is none, and none will come. */
static bool take(struct walk *w, char path[PATH_CAP])
{
	bool taken = false;

	pthread_mutex_lock(&w->l->lock);
	while (w->at == w->folders.n && w->busy && !w->late)
		pthread_cond_wait(&w->more, &w->l->lock);
	if (w->at < w->folders.n && !w->late) {
		uint32_t text = ((uint32_t *)w->folders.p)[w->at++];

		taken = str_copy(path, PATH_CAP, ldso_string(w->l, text));
		w->busy++;
	}
	pthread_mutex_unlock(&w->l->lock);
	return taken;
}

static void *work(void *arg)
{
	struct walk *w = arg;
	struct folder d = {.w = w, .room = malloc(ELF_ROOM)};

	while (take(w, d.path)) {
		path_each(w->l->t.fd, d.path, see, &d);
		pthread_mutex_lock(&w->l->lock);
		w->busy--;
		pthread_cond_broadcast(&w->more);
		pthread_mutex_unlock(&w->l->lock);
	}
	free(d.room);
	return NULL;
}

bool ldso_walk(struct ldso *l, int64_t deadline)
{
	struct walk w = {.l = l, .deadline = deadline, .folders = {.each = sizeof(uint32_t)}};
	struct stat st;

	pthread_cond_init(&w.more, NULL);
	for (unsigned i = 0; i < sizeof tops / sizeof *tops; i++)
		if (!path_stat(l->t.fd, tops[i], false, &st) && S_ISDIR(st.st_mode))
			push(&w, tops[i]);
	crew_work(work, &w);
	free(w.folders.p);
	return !w.late && !l->full;
}
