/* The package databases: a path or name on the first line, then the bytes, read as each manager's.
 * What is called a name or a path is in the text; an owner's own list holds the path. */
#include "fuzz.h"

#include "base/buf.h"
#include "target/pkg_text.h"

struct sight {
	struct fuzz_part text;
	const char *path;
	unsigned n;
	bool found;
};

static bool in_text(const struct sight *s, const char *what)
{
	return !*what || memmem(s->text.p, s->text.len, what, strlen(what));
}

static int package(void *arg, const char *name, const char *version)
{
	struct sight *s = arg;

	CLAIM(in_text(s, name) && in_text(s, version) && !strchr(name, '\n') &&
	      !strchr(version, '\n'));
	return ++s->n == 100 ? 7 : 0;
}

static int path(void *arg, const char *name)
{
	struct sight *s = arg;

	CLAIM(*name == '/' && !strchr(name, '\n') && in_text(s, name));
	s->found |= !strcmp(name, s->path);
	return ++s->n == 100 ? 7 : 0;
}

/* apk's are put together of a folder and a file. */
static int joined(void *arg, const char *name)
{
	struct sight *s = arg;

	CLAIM(*name == '/' && !strchr(name, '\n') && in_text(s, strrchr(name, '/') + 1));
	s->found |= !strcmp(name, s->path);
	return ++s->n == 100 ? 7 : 0;
}

static void apk(struct sight *s)
{
	char owner[128] = "";
	struct pkg_apk each = {.fn = package, .arg = s};
	struct pkg_apk by = {.path = s->path, .name = owner, .cap = sizeof owner};
	struct pkg_apk of = {.of = owner, .each_path = joined, .arg = s};

	s->n = 0;
	pkg_apk_walk(s->text.p, s->text.len, &each);
	if (pkg_apk_walk(s->text.p, s->text.len, &by) != 1)
		return;
	CLAIM(in_text(s, owner));
	s->n = s->found = 0;
	CLAIM(pkg_apk_walk(s->text.p, s->text.len, &of) == 7 || s->found);
}

static void portage(struct sight *s)
{
	bool listed = pkg_portage_lists(s->text.p, s->text.len, s->path);

	s->n = s->found = 0;
	pkg_portage_paths(s->text.p, s->text.len, path, s);
	CLAIM(!listed || in_text(s, s->path));
}

static void rpm(struct sight *s)
{
	char name[32] = "";

	s->n = 0;
	pkg_rpm_packages(s->text.p, s->text.len, package, s);
	s->n = 0;
	pkg_rpm_paths(s->text.p, s->text.len, path, s);
	if (pkg_rpm_owner(s->text.p, s->text.len, name, sizeof name) == 0)
		CLAIM(*name == *s->text.p && !strpbrk(name, "/ \n") && in_text(s, name));
}

static void modes(struct sight *s)
{
	struct pkg_mode m;

	if (pkg_mode_of(s->text.p, s->text.len, s->path, &m))
		return;
	CLAIM(*m.user && *m.group && in_text(s, m.user) && in_text(s, m.group));
	CLAIM(!(m.mode & ~07777u));
}

static void mtree(const struct sight *s)
{
	const char *p = s->text.p, *end = p + s->text.len, *line;
	struct pkg_mtree *m = calloc(1, sizeof *m);
	struct pkg_entry e;
	size_t n;

	while (line_next(&p, end, &line, &n)) {
		if (!pkg_mtree_line(m, line, n, &e))
			continue;
		CLAIM(*e.path == '/' && strlen(e.path) > 1 && strlen(e.path) < n);
		CLAIM(!e.link || (e.kind == PKG_LINK && strlen(e.link) < s->text.len));
		CLAIM(e.kind == PKG_FILE || (!e.nsum && !e.sized && !e.mtime));
		CLAIM(e.nsum == 0 || e.nsum == DIGEST_MD5 || e.nsum == DIGEST_SHA256);
		CLAIM(e.size >= 0 && !(e.own.mode & ~07777u) && (e.kind != PKG_LINK || !e.bits));
	}
	free(m);
}

static void pacman(const char *folder)
{
	char name[256], *version;

	if (pkg_pacman_folder(folder, name, &version))
		return;
	CLAIM(strchr(version, '-') && !strncmp(folder, name, strlen(name)));
	CLAIM(!strcmp(folder + strlen(name) + 1, version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size}, head = fuzz_part(&in, '\n');
	char name[64], *copy = fuzz_copy(in);
	struct sight s = {.text = {copy, in.len}, .path = name};

	fuzz_word(&head, '\n', name, sizeof name);
	pkg_dpkg_status(copy, in.len, package, &s);
	if (pkg_lists(copy, in.len, "", name))
		CLAIM(in_text(&s, name));
	pkg_same_file(copy, in.len, name);
	apk(&s);
	portage(&s);
	rpm(&s);
	modes(&s);
	pacman(name);
	mtree(&s);
	free(copy);
	return 0;
}
