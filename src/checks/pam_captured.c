#include "checks/pam_mend.h"

#include "base/log.h"
#include "base/path.h"
#include "base/trial.h"
#include "target/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/etc/pam.d/"
#define MOST 96

/* What the services once used and is not there any more, by the captured configuration. */
struct lost {
	struct pam_mend *m;
	unsigned n;
	char path[MOST][200];
};

static bool is_listed(const struct lost *l, const char *path)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!strcmp(l->path[i], path))
			return true;
	return false;
}

struct module {
	const char *name;
	struct lost *l;
};

static int look_for_module(void *arg, const char *path)
{
	struct module *k = arg;
	struct lost *l = k->l;

	if (strcmp(strrchr(path, '/') + 1, k->name) || is_listed(l, path) || l->n == MOST)
		return 0;
	return str_copy(l->path[l->n++], sizeof l->path[0], path);
}

static void list_file(struct lost *l, const char *name);

static void list_line(struct lost *l, const struct pam_line *line)
{
	const char *name = strrchr(line->module, '/');
	struct module k = {name ? name + 1 : line->module, l};
	char path[256];

	if (pam_is_include(line))
		list_file(l, k.name);
	else if (pam_module(&l->m->v.src, line->module, path, sizeof path) < 0)
		capture_each(l->m->c->t, look_for_module, &k);
}

/* The captured file, when there is none, and what it names. */
static void list_file(struct lost *l, const char *name)
{
	const struct target *t = l->m->c->t;
	char path[200], text[2048], *data;
	struct pam_text p = {0};
	struct pam_line line;
	size_t len = 0;

	snprintf(path, sizeof path, FOLDER "%.180s", name);
	if (path_exists(t->fd, path) || is_listed(l, path) || l->n == MOST ||
	    !(data = capture_slurp(t, path, PAM_FILE_MOST, &len)))
		return;
	str_copy(l->path[l->n++], sizeof l->path[0], path);
	p.p = data;
	p.end = data + len;
	while (pam_text_next(&p, text, sizeof text))
		if (pam_parse_line(text, strlen(text), &line) == 1)
			list_line(l, &line);
	path_release(data, len);
}

static int adopt_all(const struct lost *l, const struct target *t, struct journal *j)
{
	for (unsigned i = 0; i < l->n; i++)
		if (capture_adopt(t, j, l->path[i]))
			return pam_because(l->m, "%s: %s", l->path[i], strerror(errno));
	return 0;
}

/* In a trial, by the same steps, through a journal of its own that goes with it. */
static int prove(const struct lost *l, const struct trial *tr)
{
	struct target t = *l->m->c->t;
	struct pam_view then = l->m->v;
	struct journal j;
	unsigned bad, doors;
	int rc = -1;

	t.fd = open(tr->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t.fd < 0 || journal_open(&j, t.fd, "trial", 0)) {
		pam_because(l->m, "%s", strerror(errno));
		target_close(&t);
		return -1;
	}
	then.src.rootfd = t.fd;
	if (!adopt_all(l, &t, &j) && (then.ldso = ldso_open(&t))) {
		bad = pam_badness(&then, &doors);
		rc = bad < l->m->bad && doors <= l->m->open ? 0 : -1;
		if (rc)
			pam_because(l->m, "with them, the stacks are no better");
		ldso_close(then.ldso);
	}
	journal_close(&j);
	target_close(&t);
	return rc;
}

int pam_mend_captured(struct pam_mend *m)
{
	struct lost *l = calloc(1, sizeof *l);
	struct trial tr;
	int rc = -1;

	if (!l)
		return -1;
	l->m = m;
	for (unsigned i = 0; i < m->v.n; i++)
		list_file(l, m->v.services[i].name);
	list_file(l, "other");
	if (!l->n)
		pam_because(m, "nothing of it is carried that is not there");
	else if (trial_open(&tr, m->c->t->root, 0))
		pam_because(m, "no trial possible: %s", strerror(errno));
	else {
		rc = prove(l, &tr);
		trial_close(&tr);
	}
	if (!rc)
		rc = adopt_all(l, m->c->t, m->c->journal);
	if (!rc)
		log_say("%u files of PAM that were gone: restored from the capture", l->n);
	free(l);
	return rc;
}
