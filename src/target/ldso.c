#include "target/ldso_own.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHE_MAX (16u << 20)

struct check {
	struct ldso *l;
	uint32_t main;
	const char *path; /* by which it was asked for */
	struct buf why;
};

static int say(void *arg, const struct ldso_lack *k)
{
	struct check *c = arg;

	if (k->kind == LDSO_CACHE) /* it is there */
		return 0;
	buf_addf(&c->why, "%s: ",
		 k->who == c->main ? c->path : ldso_string(c->l, ldso_at(c->l, k->who)->path));
	ldso_reason(c->l, k, &c->why);
	return -1;
}

static int check_script(int rootfd, const char *path, char *why, size_t cap)
{
	char head[256];
	int fd = path_open(rootfd, path, O_RDONLY, 0);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head) - 1);
	char *p = head + 2;

	if (fd >= 0)
		close(fd);
	head[n < 0 ? 0 : n] = '\0';
	if (n < 3 || memcmp(head, "#!", 2)) {
		snprintf(why, cap, "%s: damaged or unreadable", path);
		return -1;
	}
	p += strspn(p, " \t");
	p[strcspn(p, " \t\r\n")] = '\0';
	if (path_exists(rootfd, p))
		return 0;
	snprintf(why, cap, "%s: its interpreter %s is missing", path, p);
	return -1;
}

int ldso_check(struct ldso *l, const char *path, char *why, size_t cap)
{
	struct check c = {.l = l, .path = path, .why = {.p = why, .cap = cap}};

	c.main = ldso_object_at(l, path);
	l->bits = 0;
	if (!c.main) {
		snprintf(why, cap, errno == ENOENT ? "%s is missing" : "%s: damaged or unreadable",
			 path);
		return -1;
	}
	str_copy(why, cap, "");
	if (!ldso_at(l, c.main)->bits)
		return check_script(l->t.fd, path, why, cap);
	l->bits = ldso_at(l, c.main)->bits;
	return ldso_load(l, c.main, say, &c);
}

int ldso_bits(const struct ldso *l)
{
	return l->bits;
}

/* Element 0 is none. */
static bool start(struct ldso *l, struct ldso_pool *p, size_t each)
{
	p->each = (uint32_t)each;
	p->bucket = calloc(LDSO_BUCKETS, sizeof *p->bucket);
	return p->bucket && ldso_more(l, p, 1);
}

struct ldso *ldso_open(const struct target *t)
{
	struct ldso *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->t = *t;
	pthread_mutex_init(&l->lock, NULL);
	l->chars.each = 1;
	l->words.each = sizeof(uint32_t);
	l->loaded.each = sizeof(struct ldso_loaded);
	if (!ldso_more(l, &l->chars, 1) || !start(l, &l->texts, sizeof(struct ldso_text)) ||
	    !start(l, &l->objects, sizeof(struct ldso_object)) ||
	    !start(l, &l->places, sizeof(struct ldso_place))) {
		ldso_close(l);
		return NULL;
	}
	libdirs_find(t, &l->dirs);
	l->cache = path_slurp(t->fd, "/etc/ld.so.cache", CACHE_MAX, &l->cache_len);
	return l;
}

static void free_pools(struct ldso *l)
{
	struct ldso_pool *all[] = {&l->chars,  &l->texts, &l->objects,
				   &l->places, &l->words, &l->loaded};

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		free(all[i]->p);
		free(all[i]->bucket);
	}
}

void ldso_close(struct ldso *l)
{
	if (!l)
		return;
	free_pools(l);
	path_release(l->cache, l->cache_len);
	free(l);
}

int ldso_resolves(int rootfd, const char *path, char *why, size_t cap)
{
	struct ldso *l = ldso_open(&(struct target){.fd = rootfd});
	int rc = -1;

	str_copy(why, cap, "no memory");
	if (l)
		rc = ldso_check(l, path, why, cap);
	ldso_close(l);
	return rc;
}
