#include "checks/pam_mend.h"

#include "base/clock.h"
#include "base/path.h"
#include "base/trial.h"
#include "checks/restore.h"
#include "target/libdirs.h"
#include "target/pam_edit.h"
#include "target/pkg_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/etc/pam.d/"

/* --- (a) known-good copies: of the module and its libraries, of the file */

/* The folder of a file this system certainly looks into, with its last slash. */
static bool folder_of(const char *path, struct buf *b)
{
	const char *slash = strrchr(path, '/');

	buf_add(b, path, (size_t)(slash - path) + 1);
	return !b->cut;
}

static bool module_place(const struct pam_mend *m, struct buf *b)
{
	static const char neighbours[][14] = {"pam_unix.so", "pam_permit.so", "pam_deny.so",
					      "pam_env.so"};
	char path[256];

	if (pam_module(&m->v.src, m->entry.module, path, sizeof path) == 0) {
		buf_adds(b, path);
		return true;
	}
	for (int i = 0; i < 4; i++)
		if (pam_module(&m->v.src, neighbours[i], path, sizeof path) == 0 &&
		    folder_of(path, b)) {
			buf_adds(b, m->entry.module);
			return true;
		}
	return false;
}

static bool library_place(const struct pam_mend *m, const char *soname, size_t len, struct buf *b)
{
	const struct libdirs_query q = {"libpam.so.0", m->v.src.bits};
	struct libdirs dirs;
	char path[300];

	libdirs_find(m->v.t, &dirs);
	if (libdirs_lookup(m->v.t, &dirs, &q, path) < 0 || !folder_of(path, b))
		return false;
	buf_add(b, soname, len);
	return true;
}

/* What the loader misses: ldso_check's words say whether it is the file or a library that it needs.
 */
static bool name_culprit(const struct pam_mend *m, const char *module, struct buf *b)
{
	char why[300];
	const char *colon, *end;

	if (ldso_check(m->v.ldso, module, why, sizeof why) == 0 || !(colon = strstr(why, ": ")))
		return buf_adds(b, module), true;
	end = strstr(colon, " not found");
	if (end)
		return library_place(m, colon + 2, (size_t)(end - colon - 2), b);
	buf_add(b, why, (size_t)(colon - why));
	return true;
}

static int rung_module(struct pam_mend *m)
{
	char module[300], path[300], why[260];
	struct buf b = BUF_OF(module), p = BUF_OF(path);
	const struct restore r = {path, pam_fault_ids[m->f.kind], NULL};
	struct ldso *fresh;
	int rc;

	if (!module_place(m, &b) || !name_culprit(m, module, &p))
		return pam_because(m, "its place is not known");
	if (restore_file(m->c, &r, why, sizeof why) < 0)
		return pam_because(m, "%s", why);
	fresh = ldso_open(m->c->t);
	rc = fresh ? ldso_check(fresh, module, why, sizeof why) : -1;
	ldso_close(fresh);
	return rc < 0 ? pam_because(m, "%s", why) : 0;
}

/* restore_file's question has no argument of its own. */
static struct pam_mend *asking;

static bool good_copy(const struct target *t, const char *file)
{
	struct pam_candidate k = {.path = asking->f.file};
	char *data = path_slurp(t->fd, file, PAM_FILE_MOST, &k.len);
	bool good;

	k.data = data;
	good = data && pam_judge(asking, &k) == 0;
	if (good && k.lost[0])
		pam_weakened(asking, "%s", k.lost);
	path_release(data, k.len);
	return good;
}

static int rung_copy(struct pam_mend *m)
{
	const struct restore r = {m->f.file, pam_fault_ids[m->f.kind], good_copy};
	char why[260];

	asking = m;
	if (restore_file(m->c, &r, why, sizeof why) == 0)
		return 0;
	/* a copy was judged: then its judge knows better */
	return strstr(why, "not what is needed") ? -1 : pam_because(m, "%s", why);
}

/* --- (b) the package's own file beside it */

static int adopt_file(struct pam_mend *m, const char *path)
{
	struct pam_candidate k = {.path = m->f.file};
	char *data = path_slurp(m->c->t->fd, path, PAM_FILE_MOST, &k.len), why[200];
	int rc;

	if (!data)
		return -1;
	k.data = data;
	rc = pam_adopt(m, &k);
	if (rc < 0) {
		str_copy(why, sizeof why, m->why.p);
		pam_because(m, "%.80s: %s", path, why);
	}
	path_release(data, k.len);
	return rc;
}

struct neighbour {
	const char *name;
	char best[256];
};

/* etc-update's ._cfg0000_NAME: the highest number is the newest. */
static int look_for_cfg(void *arg, int dirfd, const char *name)
{
	struct neighbour *n = arg;

	(void)dirfd;
	if (str_starts(name, "._cfg") && strlen(name) > 10 && !strcmp(name + 10, n->name) &&
	    strcmp(name, n->best) > 0)
		str_copy(n->best, sizeof n->best, name);
	return 0;
}

static int rung_neighbour(struct pam_mend *m)
{
	static const char endings[][11] = {".dpkg-dist", ".dpkg-new", ".ucf-dist",
					   ".pacnew",	 ".rpmnew",   ".new",
					   ".dpkg-old",	 ".rpmsave",  ".pacsave"};
	struct neighbour n = {.name = strrchr(m->f.file, '/') + 1};
	char path[520];

	pam_because(m, "nothing lies beside it");
	if (!str_starts(m->f.file, FOLDER))
		return -1;
	path_each(m->c->t->fd, "/etc/pam.d", look_for_cfg, &n);
	snprintf(path, sizeof path, FOLDER "%s", n.best);
	if (n.best[0] && adopt_file(m, path) == 0)
		return 0;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(path, sizeof path, "%s%s", m->f.file, endings[i]);
		if (adopt_file(m, path) == 0)
			return 0;
	}
	for (const char *const *d = pam_folders + 1; *d; d++) {
		snprintf(path, sizeof path, "%s/%s", *d, n.name);
		if (adopt_file(m, path) == 0)
			return 0;
	}
	return -1;
}

/* --- (d) the distribution's tool, in a trial: it writes all its files anew, so the one line goes
 * before */

struct tool {
	char program[30], file[24]; /* a pattern of the files it writes */
	const char *script;
};
static const struct tool tools[] = {
    {"/usr/sbin/pam-auth-update", FOLDER "common-*",
     "DEBIAN_FRONTEND=noninteractive exec /usr/sbin/pam-auth-update --package --force"},
    {"/usr/bin/authselect", FOLDER "*-auth", "exec /usr/bin/authselect apply-changes -b"},
    {"/usr/bin/authselect", FOLDER "postlogin", "exec /usr/bin/authselect apply-changes -b"},
};

/* No guard of any of the files it writes is lost: judged one by one, as if it alone were changed.
 */
struct after {
	struct pam_mend *m;
	const struct tool *tool;
	int rootfd;
};

static int look_for_loss(void *arg, int dirfd, const char *name)
{
	struct after *a = arg;
	struct pam_mend one = *a->m;
	struct pam_candidate k = {.path = one.f.file};
	char *data;
	int rc;

	(void)dirfd;
	snprintf(one.f.file, sizeof one.f.file, FOLDER "%.180s", name);
	if (!str_matches(one.f.file, a->tool->file))
		return 0;
	one.data = path_slurp(a->m->c->t->fd, one.f.file, PAM_FILE_MOST, &one.len);
	data = path_slurp(a->rootfd, one.f.file, PAM_FILE_MOST, &k.len);
	k.data = data;
	one.bad = ~0u; /* of this file alone nothing need become better */
	one.open = ~0u;
	rc = data ? pam_judge(&one, &k) : 0;
	a->m->why.len = one.why.len;
	path_release(data, k.len);
	path_release(one.data, one.len);
	return rc < 0;
}

static int judge_trial(struct pam_mend *m, const struct tool *tool, const struct trial *tr)
{
	int fd = open(tr->path, O_PATH | O_DIRECTORY | O_CLOEXEC), rc = -1;
	struct after a = {m, tool, fd};
	struct pam_memo memo = {.n = 0};
	struct pam_view then = m->v;
	unsigned bad = 0, open_doors = 0;

	then.src.rootfd = fd;
	then.src.memo = &memo;
	then.ldso = ldso_open(&(struct target){.fd = fd});
	if (then.ldso)
		bad = pam_badness(&then, &open_doors);
	if (!then.ldso || bad >= m->bad || open_doors > m->open)
		pam_because(m, "what it wrote is no better");
	else if (path_each(fd, "/etc/pam.d", look_for_loss, &a) == 0)
		rc = 0;
	ldso_close(then.ldso);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int run_tool(struct pam_mend *m, const struct tool *tool)
{
	const struct pkg_job job = {.name = tool->program,
				    .script = tool->script,
				    .arg = "",
				    .seconds = m->c->timeout,
				    .deadline =
					deadline_first(deadline_in(m->c->timeout), m->c->deadline)};
	struct trial tr;
	unsigned n;
	int rc = -1;

	if (trial_open(&tr, m->c->t->root, 0))
		return pam_because(m, "no trial possible: %s", strerror(errno));
	if (pkg_run(&tr, &job, &m->why) == 0 && judge_trial(m, tool, &tr) == 0) {
		rc = trial_commit(&tr, m->c->journal, pkg_scratch, &n);
		if (rc)
			pam_because(m, "committing: %s", strerror(errno));
	}
	trial_close(&tr);
	return rc;
}

static int rung_tool(struct pam_mend *m)
{
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
		if (path_exists(m->c->t->fd, tools[i].program) &&
		    str_matches(m->f.file, tools[i].file))
			return run_tool(m, &tools[i]);
	return pam_because(m, "no tool here writes it");
}

/* --- (e) a stack of its own for a local service */

static void put_mark(const struct pam_mend *m, struct buf *b)
{
	b->len = 0;
	buf_addf(b, PAM_EDIT_MARK "a stack of its own; to undo: rd-recovery rollback %s\n",
		 m->c->report->run);
}

static void put_frame(const struct pam_mend *m, struct buf *b)
{
	const char *name = m->f.service->name;
	char path[256];

	put_mark(m, b);
	if (str_starts(name, "su") &&
	    pam_module(&m->v.src, "pam_rootok.so", path, sizeof path) == 0)
		buf_adds(b, "auth sufficient pam_rootok.so\n");
	else if (pam_module(&m->v.src, "pam_nologin.so", path, sizeof path) == 0)
		buf_adds(b, "auth requisite pam_nologin.so\n");
}

static void put_body(struct buf *b, const char *body)
{
	static const char types[][9] = {"auth", "account", "password", "session"};

	for (int i = 0; i < 4; i++)
		if (!strcmp(body, "common-"))
			buf_addf(b, "@include common-%s\n", types[i]);
		else
			buf_addf(b, "%s %s\n", types[i], body);
}

/* libpam reads "other" for every service: where that alone is cut off, it refuses, as it does
 * elsewhere. */
static void shut_other(struct pam_mend *m)
{
	char text[400];
	struct buf b = BUF_OF(text);
	struct pam_candidate k = {.path = FOLDER "other", .data = text};

	pam_stack_load(m->stacks, &m->v.src, "other", NULL);
	if (!m->stacks->aborts)
		return;
	put_mark(m, &b);
	put_body(&b, "required pam_deny.so");
	k.len = b.len;
	if (pam_adopt(m, &k) == 0)
		m->bad = pam_badness(&m->v, &m->open);
}

static bool has_body(const struct pam_mend *m, const char *body)
{
	const char *name = strrchr(body, ' ');
	char file[256];

	if (!strncmp(body, "required", 8))
		return true;
	name = name ? name + 1 : "common-auth";
	return pam_file(&m->v.src, name, file, sizeof file) == 0;
}

static int rung_minimal(struct pam_mend *m)
{
	static const char bodies[][23] = {"include system-login", "include system-auth", "common-",
					  "required pam_unix.so"};
	char path[200], text[600];
	struct buf b = BUF_OF(text);
	struct pam_candidate k = {.path = path, .data = text};

	snprintf(path, sizeof path, FOLDER "%s", m->f.service->name);
	if (!pam_is_local(m, path))
		return pam_because(m, "%s serves others than the console", m->f.service->name);
	shut_other(m);
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		if (!has_body(m, bodies[i]))
			continue;
		put_frame(m, &b);
		put_body(&b, bodies[i]);
		k.len = b.len;
		if (pam_adopt(m, &k) == 0) {
			pam_weakened(m, "%s has a stack of its own (%s)", m->f.service->name,
				     bodies[i]);
			return 0;
		}
	}
	return -1;
}

#define MODULES (1u << FAULT_MISSING | 1u << FAULT_UNLOADABLE)
#define ANY (MODULES | 1u << FAULT_FILE | 1u << FAULT_JUMP | 1u << FAULT_PERMISSIVE)

const struct pam_rung pam_rungs[] = {
    {"(c) the line that lets everybody in", pam_mend_line, 1u << FAULT_PERMISSIVE, false},
    {"(a) known-good copy of the module", rung_module, MODULES, false},
    {"(a) all that is gone of PAM", pam_mend_captured, 1u << FAULT_FILE, false},
    {"(a) known-good copy", rung_copy, ANY, false},
    {"(b) the package's own file", rung_neighbour, ANY, false},
    {"(c) that line alone", pam_mend_line, ANY & ~(1u << FAULT_PERMISSIVE), false},
    {"(d) the distribution's tool", rung_tool, ANY, false},
    {"(e) a stack for the local service alone", rung_minimal, ANY, true},
    {"", NULL, 0, false},
};
