#include "target/canary_own.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "target/display.h"
#include "target/ldso.h"
#include "target/pam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define SPARE_MS 2500 /* in which a child gives its program up, and says so */

const char *canary_answer_name(enum canary_answer a)
{
	static const char names[][9] = {"unknown", "accepted", "refused"};

	return (unsigned)a < 3 ? names[a] : "unknown";
}

/* --- a password known only here, where the user's is not known */

static int make_throwaway(const struct canary_question *q, struct canary_words *w)
{
	char setting[HASH_CAP];
	bool locked = q->a->locked; /* the proof is of the method: a lock stays a lock */
	struct account_edit e = {.name = q->a->name, .field = 1, .value = w->hash};
	struct lines l;
	int rc = -1;

	w->file = q->a->in_shadow ? "/etc/shadow" : "/etc/passwd";
	w->hash[0] = '!';
	if (lines_open(&l, q->t->fd, w->file))
		return -1;
	if (password_for_trial(w->password, sizeof(w->password)) == 0 &&
	    hash_setting(q->method, setting, sizeof(setting)) == 0 &&
	    hash_make(w->password, setting, w->hash + locked, HASH_CAP) == 0)
		rc = accounts_find_field(&l, &e, &w->instead);
	lines_close(&l);
	return rc;
}

static int choose_right(const struct canary_question *q, struct canary_words *w)
{
	mlock(w, sizeof(*w));
	if (q->password) {
		str_copy(w->password, sizeof(w->password), q->password);
		return 0;
	}
	if (q->method == HASH_NONE) {
		errno = EINVAL;
		return -1;
	}
	return make_throwaway(q, w);
}

/* --- the doors */

static const char *first_of(int rootfd, const char *const *paths)
{
	for (; *paths; paths++)
		if (path_exists(rootfd, *paths))
			return *paths;
	return NULL;
}

static void add_door(struct canary *c, enum canary_kind kind, const char *name, const char *path)
{
	struct canary_door *d = &c->doors[c->n];

	if (c->n == CANARY_DOORS)
		return;
	c->n++;
	d->kind = kind;
	d->witness = kind == CANARY_SU;
	str_copy(d->name, sizeof(d->name), name);
	str_copy(d->path, sizeof(d->path), path);
}

/* The first decides: it is, or will be, the one that starts. Graphical stacks keep root out by
 * design. */
static void find_displays(const struct canary_question *q, struct canary *c)
{
	struct pam_source s = {.rootfd = q->t->fd};
	struct display d;
	char file[256];

	display_look(q->t, &d);
	for (unsigned i = 0; i < d.n && c->n < CANARY_DOORS; i++) {
		if (pam_file(&s, d.list[i]->pam, file, sizeof(file)) < 0)
			continue;
		add_door(c, CANARY_DISPLAY, d.list[i]->name, file);
		c->doors[c->n - 1].witness = i > 0 || q->a->uid == 0;
	}
}

static void find_doors(const struct canary_question *q, struct canary *c)
{
	static const char *const logins[] = {"/bin/login", "/usr/bin/login", NULL};
	static const char *const sus[] = {"/bin/su", "/usr/bin/su", NULL};
	static const char *const helpers[] = {"/usr/sbin/unix_chkpwd", "/sbin/unix_chkpwd",
					      "/usr/bin/unix_chkpwd", "/usr/lib/unix_chkpwd", NULL};
	const char *login = first_of(q->t->fd, logins), *su = first_of(q->t->fd, sus);
	const char *helper = first_of(q->t->fd, helpers);

	add_door(c, CANARY_LOGIN, "login", login ? login : logins[0]);
	/* su never asks root, so from root's uid it proves nothing */
	if (su && q->a->uid)
		add_door(c, CANARY_SU, "su", su);
	if (helper)
		add_door(c, CANARY_HELPER, "unix_chkpwd", helper);
	find_displays(q, c);
}

/* --- asking them all */

/* A witness that hung at the right password would hang again. */
static bool is_asked(const struct canary_door *d, bool wrong)
{
	return !(wrong && d->kind == CANARY_SU && d->right == CANARY_UNKNOWN);
}

static void give_up(const struct canary_asking *a, const struct child_result *res)
{
	const char *why = res->end == CHILD_EXITED ? strerror(res->status) : res->reason;

	log_say("%s was given up: %s", a->d->name, why);
	if (!a->wrong)
		str_copy(a->d->said, sizeof(a->d->said), why);
}

static void ask_all(const struct canary_asking *all)
{
	struct canary_asking list[CANARY_DOORS];
	struct child_result results[CANARY_DOORS] = {0};
	struct child_spec spec = {
	    .fn = canary_ask_door, .flags = CHILD_WORKER, .deadline = all->q->deadline + SPARE_MS};
	int handles[CANARY_DOORS], i;

	for (unsigned n = 0; n < all->c->n; n++) {
		list[n] = *all;
		list[n].d = &all->c->doors[n];
		spec.name = list[n].d->name;
		spec.arg = &list[n];
		handles[n] = -1;
		if (is_asked(list[n].d, all->wrong) &&
		    (handles[n] = child_start(&spec, &results[n])) < 0)
			give_up(&list[n], &results[n]);
	}
	while ((i = child_first(handles, all->c->n)) >= 0) {
		if (child_end_now(handles[i]))
			give_up(&list[i], &results[i]);
		handles[i] = -1;
	}
}

/* --- the judgement */

bool canary_judge(const struct canary *c, const struct canary_door **fault)
{
	bool decided = false;

	*fault = NULL;
	for (unsigned i = 0; i < c->n; i++) {
		const struct canary_door *d = &c->doors[i];

		if (d->wrong == CANARY_ACCEPTED ||
		    (!d->witness && (d->right != CANARY_ACCEPTED || d->wrong != CANARY_REFUSED))) {
			*fault = d;
			return false;
		}
		decided |= !d->witness;
	}
	return decided;
}

/* The first deciding door that did not accept the right password, or NULL. */
static const struct canary_door *refuser(const struct canary *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (!c->doors[i].witness && c->doors[i].right != CANARY_ACCEPTED)
			return &c->doors[i];
	return NULL;
}

/* --- why not */

struct missing {
	int rootfd;
	char why[320];
};

static int note_missing(void *arg, const struct pam_use *u)
{
	struct missing *m = arg;
	char why[200];

	if (u->state == PAM_NO_MODULE && !u->line->soft) {
		snprintf(m->why, sizeof(m->why), "%s line %u: %s is missing", u->file, u->number,
			 u->line->module);
		return 1;
	}
	if (u->state == PAM_FOUND && ldso_resolves(m->rootfd, u->path, why, sizeof(why)) < 0) {
		snprintf(m->why, sizeof(m->why), "%.200s (%.60s line %u)", why, u->file, u->number);
		return 1;
	}
	return 0;
}

/* Failures a tally holds for the user (faillock(8): records of 64 bytes, status bit 0 is valid). A
 * trial's /run has none. */
static void add_tally(const struct canary_question *q, struct buf *b)
{
	unsigned char data[64 * 64];
	unsigned valid = 0;
	char path[160];
	ssize_t n;

	snprintf(path, sizeof(path), "/var/lib/faillock/%s", q->a->name);
	n = path_read(q->t->fd, path, (char *)data, sizeof(data));
	for (ssize_t i = 0; i + 64 <= n; i += 64)
		valid += data[i + 54] & 1;
	if (valid)
		buf_addf(b, "; %s holds %u failed logins", path, valid);
}

static void explain(const struct canary_question *q, struct canary *c, const struct canary_door *d)
{
	struct missing m = {.rootfd = q->t->fd};
	struct buf b = BUF_OF(c->why);

	pam_each(&(struct pam_source){.rootfd = q->t->fd}, "login", note_missing, &m);
	buf_addf(&b, "%s %s the right password: %.200s%s%.150s", d->name,
		 d->right == CANARY_REFUSED ? "refused" : "gave no answer to", m.why,
		 *m.why ? "; " : "", d->said);
	add_tally(q, &b);
}

/* --- the questions */

int canary_right(const struct canary_question *q, struct canary *c)
{
	struct canary_words w = {0};
	const struct canary_door *d;

	memset(c, 0, sizeof(*c));
	if (choose_right(q, &w) < 0) {
		snprintf(c->why, sizeof(c->why), "no password to ask with: %s",
			 q->method == HASH_NONE && !q->password ? "the account has no usable hash"
								: strerror(errno));
		explicit_bzero(&w, sizeof(w));
		return -1;
	}
	find_doors(q, c);
	ask_all(&(struct canary_asking){.q = q, .w = &w, .c = c});
	explicit_bzero(&w, sizeof(w));
	for (unsigned i = 0; i < c->n; i++) /* what cannot be asked decides nothing */
		if (c->doors[i].kind >= CANARY_HELPER && c->doors[i].right == CANARY_UNKNOWN)
			c->doors[i].witness = true;
	d = refuser(c);
	if (d)
		explain(q, c, d);
	return d ? -1 : 0;
}

void canary_wrong(const struct canary_question *q, struct canary *c)
{
	struct canary_words w = {0};

	if (password_for_trial(w.password, sizeof(w.password)) == 0)
		ask_all(&(struct canary_asking){.q = q, .w = &w, .c = c, .wrong = true});
	explicit_bzero(&w, sizeof(w));
}

void canary_conclude(struct canary *c)
{
	const struct canary_door *d;

	c->proven = canary_judge(c, &d);
	if (d && d->wrong == CANARY_ACCEPTED)
		snprintf(c->why, sizeof(c->why), "%s accepted a wrong password", d->name);
	else if (d && d->right == CANARY_ACCEPTED)
		snprintf(c->why, sizeof(c->why),
			 "%s did not say whether it refuses a wrong password", d->name);
}
