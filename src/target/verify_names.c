#include "target/verify_own.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/accounts_text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST (64u << 20)

/* A file of names and ids; the last one asked for is most often the next one too. */
struct ids {
	char *data;
	size_t len;
	char name[32];
	long id;
};

struct verify_names {
	struct ids users, groups;
};

static bool find(struct ids *f, const char *name)
{
	char text[12];
	size_t start, end;

	if (!*name || !f->data)
		return false;
	if (!strcmp(f->name, name))
		return true;
	if (accounts_line(f->data, f->len, name, &start, &end))
		str_copy(text, sizeof text, name);
	else if (accounts_copy_field(f->data + start, end - start, 2, text, sizeof text))
		return false;
	if (str_number(text, 0, INT_MAX, &f->id))
		return false;
	str_copy(f->name, sizeof f->name, name);
	return true;
}

bool verify_names_uid(struct verify_names *n, const char *name, uid_t *uid)
{
	if (!find(&n->users, name))
		return false;
	*uid = (uid_t)n->users.id;
	return true;
}

bool verify_names_gid(struct verify_names *n, const char *name, gid_t *gid)
{
	if (!find(&n->groups, name))
		return false;
	*gid = (gid_t)n->groups.id;
	return true;
}

struct verify_names *verify_names_open(const struct target *t)
{
	struct verify_names *n = calloc(1, sizeof *n);

	if (!n)
		return NULL;
	n->users.data = path_slurp(t->fd, "/etc/passwd", LARGEST, &n->users.len);
	n->groups.data = path_slurp(t->fd, "/etc/group", LARGEST, &n->groups.len);
	return n;
}

void verify_names_close(struct verify_names *n)
{
	if (!n)
		return;
	path_release(n->users.data, n->users.len);
	path_release(n->groups.data, n->groups.len);
	free(n);
}
