#include "target/ldso_own.h"

#include "base/buf.h"
#include "base/path.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST (128u << 20)	  /* bytes of memory for a whole system */
#define LARGEST ((size_t)1 << 32) /* of a file; of which a few pages are read */

/* --- the arrays */

void *ldso_more(struct ldso *l, struct ldso_pool *p, uint32_t n)
{
	uint32_t cap = p->cap ? p->cap : 256;
	char *q = p->p;

	while (n > cap - p->n && cap < MOST)
		cap *= 2;
	if (cap != p->cap) {
		size_t more = (size_t)(cap - p->cap) * p->each;

		q = l->taken + more > MOST ? NULL : realloc(p->p, (size_t)cap * p->each);
		if (!q) {
			l->full = true;
			return NULL;
		}
		memset(q + (size_t)p->cap * p->each, 0, more);
		l->taken += more;
		p->p = q;
		p->cap = cap;
	}
	q += (size_t)p->n * p->each;
	p->n += n;
	return q;
}

struct ldso_text *ldso_text_at(const struct ldso *l, uint32_t i)
{
	return (struct ldso_text *)l->texts.p + i;
}

struct ldso_object *ldso_at(const struct ldso *l, uint32_t i)
{
	return (struct ldso_object *)l->objects.p + i;
}

const char *ldso_string(const struct ldso *l, uint32_t text)
{
	return (char *)l->chars.p + ldso_text_at(l, text)->at;
}

const uint32_t *ldso_words(const struct ldso *l, const struct ldso_object *o)
{
	return (uint32_t *)l->words.p + o->first;
}

static uint32_t *bucket_of(const struct ldso *l, const char *s, size_t n)
{
	uint32_t h = 2166136261u;

	while (n--)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return &l->texts.bucket[(h ^ h >> 16) % LDSO_BUCKETS];
}

static uint32_t known(const struct ldso *l, uint32_t head, const char *s, size_t n)
{
	for (uint32_t i = head; i; i = ldso_text_at(l, i)->next)
		if (!strncmp(ldso_string(l, i), s, n) && !ldso_string(l, i)[n])
			return i;
	return 0;
}

uint32_t ldso_known(const struct ldso *l, const char *s)
{
	size_t n = strlen(s);

	return known(l, *bucket_of(l, s, n), s, n);
}

uint32_t ldso_text(struct ldso *l, const char *s, size_t n)
{
	uint32_t *head = bucket_of(l, s, n), i = n ? known(l, *head, s, n) : 0;
	struct ldso_text *t;
	char *to;

	if (i || !n || !(to = ldso_more(l, &l->chars, (uint32_t)n + 1)) ||
	    !(t = ldso_more(l, &l->texts, 1)))
		return i;
	memcpy(to, s, n);
	*t = (struct ldso_text){.at = l->chars.n - (uint32_t)n - 1, .next = *head};
	return *head = l->texts.n - 1;
}

/* --- reading a file */

struct reading {
	struct ldso *l;
	struct ldso_object *o;
	uint32_t n;
};

/* To read the pages before the lock is taken. */
static int no_text(void *arg, int tag, const char *s)
{
	(void)arg, (void)tag, (void)s;
	return 0;
}

static int no_version(void *arg, const struct elf_version *v)
{
	(void)arg, (void)v;
	return 0;
}

static bool add_word(struct reading *r, const char *s)
{
	uint32_t text = ldso_text(r->l, s, strlen(s)), *w = ldso_more(r->l, &r->l->words, 1);

	if (w)
		*w = text;
	return w && text;
}

static int note_text(void *arg, int tag, const char *s)
{
	struct reading *r = arg;
	struct ldso_object *o = r->o;

	if (tag == DT_NEEDED) {
		o->nneeded += add_word(r, s);
		return 0;
	}
	o->bound |= tag != DT_SONAME && strchr(s, '$');
	*(tag == DT_SONAME  ? &o->soname
	  : tag == DT_RPATH ? &o->rpath
			    : &o->runpath) = ldso_text(r->l, s, strlen(s));
	return 0;
}

static int note_wanted(void *arg, const struct elf_version *v)
{
	struct reading *r = arg;

	if (v->file && !v->weak && add_word(r, v->file) && add_word(r, v->name))
		r->o->nwanted++;
	return 0;
}

static int note_defined(void *arg, const struct elf_version *v)
{
	struct reading *r = arg;

	r->o->ndefined += !v->file && add_word(r, v->name);
	return 0;
}

/* What was read already, into the arrays. */
static void note(struct ldso *l, const struct elf_file *f, const struct elf_info *e,
		 struct ldso_object *o)
{
	struct reading r = {.l = l, .o = o};

	o->first = l->words.n;
	elf_file_texts(f, e, &(struct elf_text_sink){note_text, &r});
	elf_file_versions(f, e, &(struct elf_sink){note_wanted, &r});
	elf_file_versions(f, e, &(struct elf_sink){note_defined, &r});
	o->interp = ldso_text(l, e->interp, strlen(e->interp));
	o->rpath = o->runpath ? 0 : o->rpath;
}

static uint32_t *chain_of(const struct ldso *l, const struct stat *st)
{
	return &l->objects.bucket[(st->st_ino ^ st->st_dev) % LDSO_BUCKETS];
}

static bool is_same(const struct ldso_object *o, const struct stat *st, uint32_t folder)
{
	return o->ino == st->st_ino && o->dev == st->st_dev &&
	       o->ctime.tv_sec == st->st_ctim.tv_sec && o->ctime.tv_nsec == st->st_ctim.tv_nsec &&
	       (!o->bound || o->folder == folder);
}

static uint32_t find(const struct ldso *l, const struct stat *st, uint32_t folder)
{
	uint32_t i = *chain_of(l, st);

	while (i && !is_same(ldso_at(l, i), st, folder))
		i = ldso_at(l, i)->next;
	return i;
}

static uint32_t folder_of(struct ldso *l, const char *path)
{
	return ldso_text(l, path, (size_t)(strrchr(path, '/') - path));
}

/* Under the lock. Another may have been faster. */
static uint32_t add(struct ldso *l, const struct ldso_file *file, const struct elf_file *f,
		    const struct elf_info *e)
{
	uint32_t folder = folder_of(l, file->path), i = find(l, file->st, folder);
	struct ldso_object o = {.dev = file->st->st_dev,
				.ino = file->st->st_ino,
				.ctime = file->st->st_ctim,
				.folder = folder,
				.damaged = !f,
				.machine = e->machine,
				.bits = e->bits},
			   *at;

	if (i)
		return i;
	o.path = ldso_text(l, file->path, strlen(file->path));
	if (f)
		note(l, f, e, &o);
	o.next = *chain_of(l, file->st);
	if (l->full || !(at = ldso_more(l, &l->objects, 1)))
		return 0;
	*at = o;
	return *chain_of(l, file->st) = l->objects.n - 1;
}

static uint32_t read_object(struct ldso *l, const struct ldso_file *file)
{
	struct elf_file f;
	struct elf_info e = {0};
	bool whole;
	uint32_t i;

	if (elf_open(&f, file->fd, file->room, LARGEST)) {
		if (file->st->st_size)
			return 0;
		f = (struct elf_file){0};
	}
	whole = f.len && !elf_file_parse(&f, &e) &&
		!elf_file_texts(&f, &e, &(struct elf_text_sink){no_text, NULL}) &&
		!elf_file_versions(&f, &e, &(struct elf_sink){no_version, NULL});
	pthread_mutex_lock(&l->lock);
	i = add(l, file, whole ? &f : NULL, &e);
	pthread_mutex_unlock(&l->lock);
	elf_close(&f);
	return i;
}

uint32_t ldso_object(struct ldso *l, const struct ldso_file *file)
{
	struct ldso_file f = *file;
	uint32_t i;

	pthread_mutex_lock(&l->lock);
	i = find(l, f.st, folder_of(l, f.path));
	pthread_mutex_unlock(&l->lock);
	if (i || f.fd >= 0)
		return i ? i : read_object(l, &f);
	f.fd = path_open_regular(l->t.fd, f.path);
	if (f.fd < 0)
		return 0;
	i = read_object(l, &f);
	close(f.fd);
	return i;
}

uint32_t ldso_object_at(struct ldso *l, const char *path)
{
	struct stat st;

	if (path_stat(l->t.fd, path, true, &st))
		return 0;
	errno = EINVAL;
	if (!S_ISREG(st.st_mode))
		return 0;
	return ldso_object(l, &(struct ldso_file){path, &st, -1, NULL});
}
