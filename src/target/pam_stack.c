#include "target/pam_stack.h"

#include "base/buf.h"

#include <string.h>
#include <strings.h>

const char pam_type_names[PAM_TYPES][9] = {"auth", "account", "session", "password"};

/* --- laying out */

struct loading {
	struct pam_stack *s;
	const struct pam_source *src;
	struct ldso *ldso;
	unsigned want; /* bit set of types taken */
	bool other, aborts;
};

static unsigned short file_index(struct pam_stack *s, const char *file)
{
	for (unsigned i = 0; i < s->nfiles; i++)
		if (!strcmp(s->files[i], file))
			return (unsigned short)i;
	if (s->nfiles == PAM_STACK_FILES ||
	    !str_copy(s->files[s->nfiles], sizeof s->files[0], file)) {
		s->cut = true;
		return 0;
	}
	return (unsigned short)s->nfiles++;
}

static bool loads(const struct loading *l, const char *path)
{
	char why[200];

	return ldso_check(l->ldso, path, why, sizeof why) == 0 &&
	       (!l->src->bits || ldso_bits(l->ldso) == l->src->bits);
}

static void judge_module(const struct loading *l, struct pam_entry *e, const struct pam_use *u)
{
	struct pam_seen *seen = pam_see(l->src, e->module);

	e->kind = pam_kind_of(e->module);
	if (e->state != PAM_FOUND || !l->ldso)
		return;
	if (!seen || !seen->loads) {
		bool yes = loads(l, u->path);

		e->state = yes ? PAM_FOUND : PAM_UNLOADABLE;
		if (seen)
			seen->loads = yes ? 1 : -1;
	} else if (seen->loads < 0) {
		e->state = PAM_UNLOADABLE;
	}
}

static void add_entry(struct loading *l, const struct pam_use *u, int type)
{
	struct pam_stack *s = l->s;
	struct pam_entry *e = &s->e[s->n];
	unsigned jump = 0;

	if (!(l->want & 1u << type) && !l->aborts)
		return;
	if (s->n == PAM_STACK_ENTRIES) {
		s->cut = true;
		return;
	}
	*e = (struct pam_entry){.type = (unsigned char)type,
				.level = (unsigned char)u->level,
				.state = u->state,
				.soft = u->line->soft,
				.file = file_index(s, u->file),
				.number = u->number,
				.lines = u->lines};
	str_copy(e->module, sizeof e->module, u->line->module);
	if (e->state == PAM_NO_FILE || e->state == PAM_MALFORMED || e->state == PAM_SUBSTACK)
		pam_control("", e->action, &jump);
	else if (!pam_control(u->line->control, e->action, &jump))
		e->state = PAM_MALFORMED;
	else
		judge_module(l, e, u);
	e->jump = (unsigned short)jump;
	s->own |= l->other ? 0 : 1u << type;
	s->n++;
}

static int take(void *arg, const struct pam_use *u)
{
	struct loading *l = arg;

	if (u->state == PAM_EMPTY) {
		if (!l->s->empty[0])
			str_copy(l->s->empty, sizeof l->s->empty, u->file);
		return 0;
	}
	/* not of one type: libpam gives up on every service, also where it is "other" that says so
	 */
	l->aborts = !u->line->type[0] && (u->state == PAM_NO_FILE || u->state == PAM_MALFORMED);
	l->s->aborts |= l->aborts;
	for (int type = 0; type < PAM_TYPES; type++)
		if (!u->line->type[0] || !strcasecmp(u->line->type, pam_type_names[type]))
			add_entry(l, u, type);
	return 0;
}

static void load_service(struct loading *l, const struct pam_source *src, const char *service)
{
	if (pam_each(src, service, take, l) < 0 && !l->other)
		l->s->no_file = true;
}

void pam_stack_load(struct pam_stack *s, const struct pam_source *src, const char *service,
		    struct ldso *ldso)
{
	struct loading l = {.s = s, .src = src, .ldso = ldso, .want = ~0u};

	memset(s, 0, sizeof *s);
	load_service(&l, src, service);
	/* libpam reads "other" too, and asks it for each type the service says nothing of */
	l.want = ~s->own;
	l.other = true;
	load_service(&l, src, "other");
	for (unsigned i = 0; i < s->n; i++)
		s->e[i].bad_jump = s->e[i].jump > pam_stack_room(s, i);
}

/* --- what libpam would do */

/* The next entry of i's type; s->n at the end. */
static unsigned next_of(const struct pam_stack *s, unsigned i)
{
	unsigned type = s->e[i].type;

	do
		i++;
	while (i < s->n && s->e[i].type != type);
	return i;
}

/* The last entry one step of a jump goes over; i itself when there is none. */
static unsigned step(const struct pam_stack *s, unsigned i, unsigned level)
{
	unsigned next = next_of(s, i);

	if (next == s->n || s->e[next].level < level)
		return i;
	for (;;) {
		i = next;
		next = next_of(s, i);
		if (next == s->n || s->e[next].level <= level)
			return i;
	}
}

unsigned pam_stack_room(const struct pam_stack *s, unsigned i)
{
	unsigned level = s->e[i].level, room = 0;

	for (unsigned at = step(s, i, level); at != i; at = step(s, i, level)) {
		i = at;
		room++;
	}
	return room;
}

bool pam_stack_skips(const struct pam_stack *s, unsigned i, unsigned n, unsigned over)
{
	unsigned level = s->e[i].level;

	for (; n; n--) {
		unsigned at = step(s, i, level);

		if (at == i)
			return false;
		if (next_of(s, i) == over)
			return at == over;
		i = at;
	}
	return false;
}

static enum pam_answer verified(const struct pam_entry *e, const struct pam_world *w)
{
	if (e->kind == PAM_FOREIGN && w->no_foreign)
		return PAM_SAYS_NO;
	if (w->right)
		return PAM_SAYS_OK;
	return w->users_unknown && strcmp(e->module, "pam_unix.so") ? PAM_SAYS_WHO : PAM_SAYS_NO;
}

static enum pam_answer answer_of(const struct pam_entry *e, const struct pam_world *w, bool maybe)
{
	bool faulty = e->state == PAM_NO_MODULE || e->state == PAM_UNLOADABLE;

	if (faulty && !w->mended)
		return PAM_SAYS_UNKNOWN;
	if (!faulty && e->state != PAM_FOUND)
		return PAM_SAYS_DENIED;
	if (e->kind == PAM_DENIES)
		return PAM_SAYS_NO;
	if (e->type != PAM_AUTH)
		return PAM_SAYS_OK;
	if (e->kind == PAM_ROOT)
		return PAM_SAYS_NO;
	switch (e->kind) {
	case PAM_VERIFIES:
	case PAM_FOREIGN:
		return verified(e, w);
	case PAM_IGNORES:
		return PAM_SAYS_IGNORE;
	case PAM_MAYBE:
		return maybe ? PAM_SAYS_OK : PAM_SAYS_NO;
	default:
		return PAM_SAYS_OK;
	}
}

/* _pam_dispatch_aux's state: undecided, for or against, and the return value. */
struct verdict_of {
	int impression;
	enum pam_answer status;
};

static void decide(struct verdict_of *v, short action, enum pam_answer a)
{
	if (action == PAM_DO_OK || action == PAM_DO_DONE) {
		if (v->impression == 0 || (v->impression > 0 && v->status == PAM_SAYS_OK))
			*v = (struct verdict_of){1, a};
	} else if (v->impression >= 0) {
		*v = (struct verdict_of){-1, a == PAM_SAYS_IGNORE ? PAM_SAYS_DENIED : a};
	}
}

/* Skip what is left of a substack once it is decided. */
static unsigned skip_rest(const struct pam_stack *s, unsigned i)
{
	unsigned level = s->e[i].level, next;

	while ((next = next_of(s, i)) < s->n && s->e[next].level >= level)
		i = next;
	return i;
}

/* Carry out an action at entry i. Returns the entry libpam stands at afterwards. */
static unsigned act(const struct pam_stack *s, unsigned i, struct verdict_of *v,
		    const struct verdict_of *outer, enum pam_answer a)
{
	short action = s->e[i].action[a];
	unsigned level = s->e[i].level;

	if (action == PAM_DO_RESET) {
		*v = *outer;
	} else if (action > 0) {
		for (; action; action--) {
			unsigned at = step(s, i, level);

			if (at == i) {
				*v = (struct verdict_of){-1, PAM_SAYS_DENIED};
				break;
			}
			i = at;
		}
	} else if (action != PAM_DO_IGNORE) {
		decide(v, action, a);
		if (action == PAM_DO_DIE || (action == PAM_DO_DONE && v->impression > 0))
			i = skip_rest(s, i);
	}
	return i;
}

bool pam_stack_lets_in(const struct pam_stack *s, enum pam_type type, const struct pam_world *w)
{
	struct verdict_of v = {0, PAM_SAYS_DENIED},
			  outer[PAM_STACK_LEVELS] = {{0, PAM_SAYS_DENIED}};
	unsigned before = 0, level, i = 0;

	if (s->aborts && !w->mended)
		return false;
	while (i < s->n && s->e[i].type != type)
		i++;
	for (; i < s->n; i = next_of(s, i), before = level) {
		const struct pam_entry *e = &s->e[i];

		level = e->level;
		if (level > before)
			outer[level] = v;
		if (e->state == PAM_SUBSTACK || (w->mended && e->state == PAM_MALFORMED))
			continue;
		i = act(s, i, &v, &outer[level], answer_of(e, w, w->maybe >> e->number % 6 & 1));
	}
	return v.impression > 0 && v.status == PAM_SAYS_OK;
}

/* --- questions */

#define MAYBES 64

bool pam_stack_usable(const struct pam_stack *s, enum pam_type type, bool mended)
{
	struct pam_world w = {.right = true, .mended = mended};

	for (; w.maybe < MAYBES; w.maybe++)
		if (pam_stack_lets_in(s, type, &w))
			return true;
	return false;
}

/* A line that cannot be told counts: it lets nobody in. */
static bool verifies(const struct pam_stack *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->e[i].type == PAM_AUTH && s->e[i].kind <= PAM_FOREIGN &&
		    s->e[i].state != PAM_SUBSTACK)
			return true;
	return false;
}

bool pam_stack_permissive(const struct pam_stack *s)
{
	bool all[2] = {true, true}, some = false;

	for (unsigned i = 0; i < 2 * MAYBES; i++) {
		struct pam_world w = {.maybe = i / 2, .users_unknown = i & 1};
		bool in = pam_stack_lets_in(s, PAM_AUTH, &w);

		all[i & 1] &= in;
		some |= in;
	}
	return all[0] || all[1] || (some && !verifies(s));
}

bool pam_stack_wider(const struct pam_stack *before, const struct pam_stack *now)
{
	for (unsigned i = 0; i < 2 * MAYBES; i++) {
		struct pam_world w = {.maybe = i / 2, .users_unknown = i & 1}, then = w;

		then.mended = true;
		/* also on the day when all modules are back: what refuses everybody now is no guard
		 */
		if ((pam_stack_lets_in(now, PAM_AUTH, &w) ||
		     pam_stack_lets_in(now, PAM_AUTH, &then)) &&
		    !pam_stack_lets_in(before, PAM_AUTH, &then))
			return true;
	}
	return false;
}

bool pam_stack_needs_foreign(const struct pam_stack *s)
{
	struct pam_world w = {.right = true, .no_foreign = true};

	for (; w.maybe < MAYBES; w.maybe++)
		if (pam_stack_lets_in(s, PAM_AUTH, &w))
			return false;
	return pam_stack_usable(s, PAM_AUTH, false);
}
