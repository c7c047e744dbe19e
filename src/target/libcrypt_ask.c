#include "target/libcrypt.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/place.h"
#include "target/libdirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOADER_MOST (64L << 20)
#define ASK_SECONDS 20
#define PLACE "rd-asked"
#define STUB "librd-asked.so"

extern const unsigned char probe64[], probe64_end[], probe32[], probe32_end[];

/* One run of the probe; set up in the child's own mount namespace. */
struct asking {
	const char *root;    /* where it is chrooted */
	const char *subject; /* target path of the library, or NULL: the open file */
	int file;	     /* a candidate from outside, -1 */
	const unsigned char *probe;
	size_t probe_len;
	char place[64]; /* target path of the folder with the probe and the link */
	char loader[128], program[96];
	const char *argv[8 + HASH_METHODS];
};

static int put_probe(int dir, const struct asking *a)
{
	int fd = openat(dir, "probe", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755), rc;

	if (fd < 0)
		return -1;
	rc = place_write(fd, a->probe, a->probe_len);
	close(fd);
	return rc;
}

static int put_subject(int dir, const struct asking *a)
{
	int fd, rc;

	if (a->file < 0)
		return symlinkat(a->subject, dir, STUB);
	fd = openat(dir, STUB, O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0)
		return -1;
	rc = place_copy(a->file, fd);
	close(fd);
	return rc;
}

/* In the child: a tmpfs over the place, seen by nobody else. Returns an errno. */
static int set_up(void *arg)
{
	const struct asking *a = arg;
	char path[400];
	int dir, rc = -1;

	snprintf(path, sizeof path, "%s%s", a->root, a->place);
	if (mount(PLACE, path, "tmpfs", MS_NOSUID | MS_NODEV, "size=8m,mode=0755") < 0)
		return errno;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && put_probe(dir, a) == 0 && put_subject(dir, a) == 0)
		rc = 0;
	if (dir >= 0)
		close(dir);
	return rc == 0 ? 0 : errno ? errno : EIO;
}

/* A folder of the root, no symlink, that neither the loader nor the libraries lie in. */
static int choose_place(struct asking *a)
{
	static const char places[][7] = {"/mnt", "/media", "/run", "/tmp", "/srv", "/proc", "/sys"};
	struct stat st;
	char path[400];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s%s", a->root, places[i]);
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return str_copy(a->place, sizeof a->place, places[i]) ? 0 : -1;
	}
	errno = ENOENT;
	return -1;
}

static int choose_probe(struct asking *a, int bits)
{
	a->probe = bits == 64 ? probe64 : probe32;
	a->probe_len = (size_t)((bits == 64 ? probe64_end : probe32_end) - a->probe);
	return a->probe_len ? 0 : -1;
}

/* Fill argv and run; the answers go to tail. -1: it did not run to its end, why says so. */
static int run(struct asking *a, unsigned methods, struct child_result *r)
{
	struct child_spec spec = {.name = "libcrypt probe",
				  .argv = a->argv,
				  .setup = set_up,
				  .setup_arg = a,
				  .flags = CHILD_QUIET,
				  .deadline = deadline_in(ASK_SECONDS)};
	unsigned n = 0;

	snprintf(a->program, sizeof a->program, "%s/probe", a->place);
	a->argv[n++] = a->loader;
	a->argv[n++] = "--library-path";
	a->argv[n++] = a->place;
	a->argv[n++] = a->program;
	a->argv[n++] = HASH_KEY;
	for (enum hash_method m = HASH_YESCRYPT; m < HASH_METHODS; m++)
		if (methods & 1u << m)
			a->argv[n++] = hash_known(m);
	a->argv[n] = NULL;
	spec.root = *a->root ? a->root : NULL;
	return child_run(&spec, r);
}

/* The probe's next line, past what the loader had to say. */
static bool answer_next(const char **p, const struct child_result *r, const char **line, size_t *n)
{
	while (line_next(p, r->tail + r->tail_len, line, n))
		if (*n >= 2 && !memcmp(*line, "= ", 2)) {
			*line += 2;
			*n -= 2;
			return true;
		}
	return false;
}

static bool has_no_crypt(const struct child_result *r)
{
	const char *p = r->tail, *line;
	size_t n;

	return answer_next(&p, r, &line, &n) && n == 8 && !memcmp(line, "no crypt", 8);
}

/* The lines of the probe's answer against the known ones, in the order they were asked. */
static void judge(struct libcrypt *l, unsigned methods, const struct child_result *r)
{
	const char *p = r->tail, *line;
	size_t n;

	for (enum hash_method m = HASH_YESCRYPT; m < HASH_METHODS; m++) {
		const char *right = hash_known(m);

		if (!(methods & 1u << m))
			continue;
		if (answer_next(&p, r, &line, &n) && n == strlen(right) && !memcmp(line, right, n))
			l->can |= 1u << m;
		else
			l->cannot |= 1u << m;
	}
	l->answer = l->cannot ? LIBCRYPT_BAD : LIBCRYPT_GOOD;
}

static void name_missing(struct libcrypt *l)
{
	struct buf b = BUF_OF(l->why);

	buf_adds(&b, "cannot do");
	for (enum hash_method m = HASH_YESCRYPT; m < HASH_METHODS; m++)
		if (l->cannot & 1u << m)
			buf_addf(&b, " %s", hash_name(m));
}

/* What the loader reads before every program, where it would not come to its end. */
static bool loader_waits(const struct target *t, char why[200])
{
	static const char files[][19] = {"/etc/ld.so.preload", "/etc/ld.so.cache"};
	struct stat st;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		if (path_stat(t->fd, files[i], true, &st) || S_ISDIR(st.st_mode) ||
		    S_ISSOCK(st.st_mode) || (S_ISREG(st.st_mode) && st.st_size < LOADER_MOST))
			continue;
		snprintf(why, 200, "%s: %s%s, which the loader waits for", files[i],
			 path_type_name(st.st_mode), S_ISREG(st.st_mode) ? ", far too large" : "");
		return true;
	}
	return false;
}

static int prepare(const struct target *t, struct asking *a, int bits, char why[200])
{
	if (loader_waits(t, why))
		return -1;
	if (choose_probe(a, bits) < 0) {
		snprintf(why, 200, "no probe for %d-bit libraries on this machine", bits);
		return -1;
	}
	if (libcrypt_loader(t, bits, a->loader, sizeof a->loader) < 0) {
		snprintf(why, 200, "no loader for %d-bit programs", bits);
		return -1;
	}
	if (choose_place(a) < 0) {
		snprintf(why, 200, "no folder to put the probe in");
		return -1;
	}
	return 0;
}

/* The last words of the loader, or how the child ended. */
static void explain(const struct child_result *r, char *why, size_t cap)
{
	struct buf b = {.p = why, .cap = cap};
	size_t len = r->tail_len;

	while (len && (r->tail[len - 1] == '\n' || r->tail[len - 1] == '\r'))
		len--;
	if (len && r->end == CHILD_EXITED)
		buf_add_escaped(&b, r->tail, len < cap / 2 ? len : cap / 2, false);
	else
		buf_adds(&b, r->reason);
}

int libcrypt_control(const struct target *t, int bits, char *why, size_t cap)
{
	struct asking a = {.root = strcmp(t->root, "/") ? t->root : "", .file = -1};
	struct child_result r = {0};
	struct libdirs d;
	char said[200], libc[300];
	int rc = -1;

	if (prepare(t, &a, bits, said) < 0) {
		str_copy(why, cap, said);
		return -1;
	}
	libdirs_find(t, &d);
	if (libdirs_lookup(t, &d, &(struct libdirs_query){"libc.so.6", bits}, libc) < 0) {
		snprintf(why, cap, "no libc.so.6 for %d-bit programs", bits);
		return -1;
	}
	a.subject = libc;
	r.tail = calloc(1, CHILD_TAIL);
	if (!r.tail)
		return -1;
	if (run(&a, 0, &r) == 0 && has_no_crypt(&r))
		rc = 0;
	else
		explain(&r, why, cap);
	free(r.tail);
	return rc;
}

int libcrypt_ask(const struct target *t, const struct libcrypt_question *q, struct libcrypt *l)
{
	struct asking a = {
	    .root = strcmp(q->root, "/") ? q->root : "", .subject = l->path, .file = -1};
	struct child_result r = {0};
	int rc = -1;

	l->can = l->cannot = 0;
	l->answer = LIBCRYPT_UNKNOWN;
	*l->why = '\0';
	if (q->candidate && (a.file = open(q->candidate, O_RDONLY | O_CLOEXEC)) < 0) {
		snprintf(l->why, sizeof l->why, "%s: %s", q->candidate, strerror(errno));
		return -1;
	}
	r.tail = calloc(1, CHILD_TAIL);
	if (!r.tail || prepare(t, &a, l->bits, l->why) < 0)
		goto out;
	rc = 0;
	if (run(&a, q->methods, &r) == 0 && !has_no_crypt(&r)) {
		judge(l, q->methods, &r);
		if (l->cannot)
			name_missing(l);
		goto out;
	}
	/* What never started, or was cut off by us, says nothing about the library. */
	l->answer = r.end == CHILD_EXITED || r.end == CHILD_SIGNALED ? LIBCRYPT_UNLOADABLE
								     : LIBCRYPT_UNKNOWN;
	l->cannot = l->answer == LIBCRYPT_UNLOADABLE ? q->methods : 0;
	explain(&r, l->why, sizeof l->why);
out:
	free(r.tail);
	if (a.file >= 0)
		close(a.file);
	return rc;
}
