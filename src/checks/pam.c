#include "checks/families.h"
#include "checks/pam_own.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/libdirs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char pam_fault_ids[FAULT_KINDS][24] = {"pam-file-missing", "pam-module-missing",
					     "pam-module-unloadable", "pam-bad-jump",
					     "pam-permissive"};

/* --- the services */

/* Does login ask PAM at all? A login that cannot be read does where there is a folder for it. */
static bool uses_pam(const struct target *t, int *bits)
{
	static const char logins[][15] = {"/bin/login", "/usr/bin/login"};
	struct elf_info e;

	*bits = 0;
	for (int i = 0; i < 2; i++) {
		if (libdirs_elf(t, logins[i], &e) < 0)
			continue;
		*bits = e.bits;
		for (unsigned k = 0; k < e.nneeded; k++)
			if (str_starts(e.needed[k], "libpam.so"))
				return true;
		return false;
	}
	return path_exists(t->fd, "/etc/pam.d") || path_exists(t->fd, "/usr/lib/pam.d");
}

static void add_service(struct pam_view *v, const char *name, enum blocks blocks, bool local)
{
	v->services[v->n++] = (struct pam_service){name, blocks, local};
}

static void add_services(struct pam_view *v)
{
	struct display d;
	char file[256];

	display_look(v->t, &d);
	add_service(v, "login", BLOCKS_EVERYONE, true);
	if (path_exists(v->t->fd, "/bin/su") || path_exists(v->t->fd, "/usr/bin/su"))
		add_service(v, "su", BLOCKS_NOBODY, true);
	if (pam_file(&v->src, "su-l", file, sizeof file) == 0)
		add_service(v, "su-l", BLOCKS_NOBODY, true);
	if (pam_file(&v->src, "sshd", file, sizeof file) == 0)
		add_service(v, "sshd", BLOCKS_NOBODY, false);
	for (unsigned i = 0; i < d.n; i++)
		add_service(v, d.list[i]->pam, i ? BLOCKS_NOBODY : BLOCKS_DISPLAY, true);
}

int pam_view_open(struct pam_view *v, const struct target *t)
{
	memset(v, 0, sizeof *v);
	v->t = t;
	v->src.rootfd = t->fd;
	v->src.memo = &v->memo;
	if (!uses_pam(t, &v->src.bits))
		return -1;
	v->ldso = ldso_open(t);
	v->no_modules = target_is_unknown(t, "/usr/lib") || target_is_unknown(t, "/lib");
	add_services(v);
	return v->ldso ? 0 : -1;
}

void pam_view_close(struct pam_view *v)
{
	ldso_close(v->ldso);
}

/* --- their faults */

struct finder {
	const struct pam_view *v;
	struct pam_fault f;
	bool blocked[PAM_TYPES];
	int (*fn)(void *arg, const struct pam_fault *f);
	void *arg;
};

bool pam_is_control(const struct pam_entry *e)
{
	return e->action[PAM_SAYS_NO] <= PAM_DO_BAD && e->action[PAM_SAYS_NO] >= PAM_DO_DIE;
}

static bool refuses(const struct pam_entry *e)
{
	return e->action[PAM_SAYS_UNKNOWN] <= PAM_DO_BAD &&
	       e->action[PAM_SAYS_UNKNOWN] >= PAM_DO_DIE;
}

/* Is it this entry's fault? What may be missing may be. */
static bool is_fault(const struct finder *d, unsigned i, enum pam_fault_kind *kind)
{
	const struct pam_entry *e = &d->f.stack->e[i];
	bool counts = refuses(e) ||
		      (d->blocked[e->type] && (e->kind == PAM_VERIFIES || e->kind == PAM_PERMITS));

	switch (e->state) {
	case PAM_NO_MODULE:
		*kind = FAULT_MISSING;
		return counts && !d->v->no_modules;
	case PAM_UNLOADABLE:
		*kind = FAULT_UNLOADABLE;
		return counts && !d->v->no_modules;
	case PAM_NO_FILE:
	case PAM_MALFORMED:
		*kind = FAULT_FILE;
		return true;
	default:
		*kind = FAULT_JUMP;
		/* exactly to the end of a stack nobody passes: nothing has said yes there */
		return e->bad_jump ||
		       (d->blocked[e->type] && e->jump && e->jump == pam_stack_room(d->f.stack, i));
	}
}

/* The file that is wrong: where the line stands, or the one that it names and that is not there. */
static void name_file(struct pam_fault *f)
{
	const struct pam_entry *e = f->entry;
	struct buf b = BUF_OF(f->file);

	f->number = e->number;
	if (e->state == PAM_NO_FILE && e->module[0]) {
		buf_addf(&b, "%s%s", e->module[0] == '/' ? "" : "/etc/pam.d/", e->module);
		return;
	}
	buf_adds(&b, f->stack->files[e->file]);
}

/* A stack nobody passes though every line is sound: one of its files holds none, or there is none.
 */
static int find_blocked(struct finder *d)
{
	const struct pam_stack *s = d->f.stack;
	struct buf b = BUF_OF(d->f.file);

	if (!d->blocked[PAM_AUTH] && !d->blocked[PAM_ACCOUNT] && !d->blocked[PAM_SESSION])
		return 0;
	if (!s->empty[0] && !s->no_file && strcmp(d->f.service->name, "login"))
		return 0;
	d->f.kind = FAULT_FILE;
	d->f.blocked = true;
	if (s->empty[0])
		buf_adds(&b, s->empty);
	else
		buf_addf(&b, "/etc/pam.d/%s", d->f.service->name);
	return d->fn(d->arg, &d->f);
}

static int find_entries(struct finder *d, unsigned *n)
{
	const struct pam_stack *s = d->f.stack;

	for (unsigned i = 0; i < s->n; i++) {
		int rc;

		d->f.entry = &s->e[i];
		d->f.blocked = d->blocked[s->e[i].type];
		if (!is_fault(d, i, &d->f.kind))
			continue;
		name_file(&d->f);
		++*n;
		rc = d->fn(d->arg, &d->f);
		if (rc)
			return rc;
	}
	d->f.entry = NULL;
	d->f.number = 0;
	return 0;
}

static int find_service(struct finder *d, struct pam_stack *s)
{
	unsigned n = 0;
	int rc;

	pam_stack_load(s, &d->v->src, d->f.service->name, d->v->ldso);
	if (s->cut)
		return 0;
	d->f.stack = s;
	for (int type = PAM_AUTH; type < PAM_PASSWORD; type++)
		d->blocked[type] = !pam_stack_usable(s, (enum pam_type)type, d->v->no_modules);
	d->blocked[PAM_PASSWORD] = false;
	rc = find_entries(d, &n);
	if (!rc && !n)
		rc = find_blocked(d);
	if (!rc && s->no_file && n == 0 && !d->f.blocked && !strcmp(d->f.service->name, "login")) {
		d->f.kind = FAULT_FILE;
		str_copy(d->f.file, sizeof d->f.file, "/etc/pam.d/login");
		rc = d->fn(d->arg, &d->f);
	}
	if (!rc && !d->v->no_modules && pam_stack_permissive(s)) {
		d->f.kind = FAULT_PERMISSIVE;
		d->f.blocked = false;
		snprintf(d->f.file, sizeof d->f.file, "/etc/pam.d/%s", d->f.service->name);
		rc = d->fn(d->arg, &d->f);
	}
	return rc;
}

int pam_faults(const struct pam_view *v, int (*fn)(void *arg, const struct pam_fault *f), void *arg)
{
	struct pam_stack *s = malloc(sizeof *s);
	int rc = 0;

	for (unsigned i = 0; s && i < v->n && !rc; i++) {
		struct finder d = {.v = v, .f = {.service = &v->services[i]}, .fn = fn, .arg = arg};

		rc = find_service(&d, s);
	}
	free(s);
	return rc;
}

struct score {
	unsigned bad, open;
};

static int weigh(void *arg, const struct pam_fault *f)
{
	struct score *s = arg;

	s->bad += 1 + 2 * f->blocked;
	s->open += f->kind == FAULT_PERMISSIVE;
	return 0;
}

unsigned pam_badness(const struct pam_view *v, unsigned *open)
{
	struct score s = {0};

	pam_faults(v, weigh, &s);
	*open = s.open;
	return s.bad;
}

/* --- findings */

static const char actions[FAULT_KINDS][84] = {
    "bring the file back, or give login, su and the display a stack of their own",
    "bring the module back, or the file's own version, or disable that line alone",
    "bring back what it needs, or disable that line alone", "let the jump end inside its stack",
    "bring the sound file back, or disable the line that lets everybody in"};

struct sayer {
	struct check_context *c;
	const struct pam_view *v;
};

static void say_why(const struct sayer *s, const struct pam_fault *f, struct buf *b)
{
	const struct pam_entry *e = f->entry;
	char path[256], why[200] = "of another ELF class";

	if (f->kind == FAULT_PERMISSIVE)
		buf_addf(b, "service %s takes any password", f->service->name);
	else if (!e)
		buf_adds(b, f->stack->empty[0]	? "no line in it"
			    : f->stack->no_file ? "missing"
						: "lets nobody in");
	else if (e->state == PAM_NO_FILE)
		buf_addf(b, "missing or unreadable (%.80s line %u)", f->stack->files[e->file],
			 e->number);
	else if (e->state == PAM_MALFORMED)
		buf_adds(b, "not a line PAM understands");
	else if (e->state == PAM_NO_MODULE)
		buf_addf(b, "%s is missing", e->module);
	else if (f->kind == FAULT_JUMP)
		buf_addf(b, "%s jumps over %u lines, to or past the end of its stack", e->module,
			 e->jump);
	else if (pam_module(&s->v->src, e->module, path, sizeof path) < 0 ||
		 ldso_check(s->v->ldso, path, why, sizeof why) < 0 || why[0] == '\0')
		buf_adds(b, why[0] ? why : "of another ELF class");
}

static int say(void *arg, const struct pam_fault *f)
{
	struct sayer *s = arg;
	char mem[300];
	struct buf why = BUF_OF(mem);
	struct cause cause = {pam_fault_ids[f->kind],
			      f->blocked || f->kind == FAULT_PERMISSIVE ? SEVERITY_ERROR
									: SEVERITY_WARNING,
			      f->blocked ? f->service->blocks : BLOCKS_NOBODY, actions[f->kind]};

	say_why(s, f, &why);
	if (f->number && f->entry->state != PAM_NO_FILE)
		check_found(s->c, &cause, "%s line %u: %s", f->file, f->number, mem);
	else
		check_found(s->c, &cause, "%s: %s", f->file, mem);
	return 0;
}

/* A module that asks for something else than the password, or for it elsewhere: nothing here can
 * answer. */
static void say_foreign(struct sayer *s, struct pam_stack *stack)
{
	struct cause cause = {"pam-foreign", SEVERITY_NOTE, BLOCKS_NOBODY, NULL};
	char action[200];

	pam_stack_load(stack, &s->v->src, "login", NULL);
	for (unsigned i = 0; i < stack->n; i++) {
		const struct pam_entry *e = &stack->e[i];
		bool needed = e->type == PAM_AUTH && e->kind == PAM_FOREIGN && pam_is_control(e);

		if (e->type != PAM_AUTH || e->kind != PAM_FOREIGN)
			continue;
		needed &= pam_stack_needs_foreign(stack);
		cause.blocks = needed ? BLOCKS_EVERYONE : BLOCKS_NOBODY;
		cause.action = action;
		snprintf(action, sizeof action,
			 "if it is what refuses, type: sed -i.saved '%us/^/#/' %.100s", e->number,
			 stack->files[e->file]);
		check_found(s->c, &cause, "%s line %u: %s %s", stack->files[e->file], e->number,
			    e->module,
			    needed ? "is needed besides the password; it cannot be asked here"
				   : "is asked too");
	}
}

void detect_pam(struct check_context *c)
{
	struct pam_view v;
	struct sayer s = {c, &v};
	struct pam_stack *stack = malloc(sizeof *stack);

	if (stack && pam_view_open(&v, c->t) == 0) {
		pam_faults(&v, say, &s);
		say_foreign(&s, stack);
		pam_view_close(&v);
	}
	free(stack);
}
