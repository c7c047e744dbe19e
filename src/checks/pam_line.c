#include "checks/pam_mend.h"

#include "base/path.h"
#include "target/pam_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One edit after the other on the file's text, in two buffers; step makes the edited one current,
 * and again takes it back. */
struct draft {
	struct pam_mend *m;
	char *mem;
	struct buf now, next;
};

static bool draft_open(struct draft *d, struct pam_mend *m)
{
	size_t cap = m->len + 8192;

	d->m = m;
	d->mem = malloc(2 * cap);
	d->now = (struct buf){.p = d->mem, .cap = cap};
	d->next = (struct buf){.p = d->mem + cap, .cap = cap};
	if (d->mem)
		buf_add(&d->now, m->data, m->len);
	return d->mem;
}

static struct pam_edit edit_of(const struct draft *d, unsigned number, unsigned lines)
{
	return (struct pam_edit){d->now.p, d->now.len, number, lines};
}

static void step(struct draft *d)
{
	struct buf was = d->now;

	d->now = d->next;
	d->next = was;
}

static int adopt(struct draft *d)
{
	struct pam_candidate k = {
	    .path = d->m->f.file, .data = d->now.p, .len = d->now.len, .edit = true};

	if (d->now.cut)
		return pam_because(d->m, "too long");
	return pam_adopt(d->m, &k);
}

/* The entry of the line in the service's stack as it stands, loaded into stacks[0]. */
static int find_entry(struct pam_mend *m)
{
	struct pam_stack *s = m->stacks;

	pam_stack_load(s, &m->v.src, m->f.service->name, m->v.ldso);
	for (unsigned i = 0; i < s->n; i++)
		if (s->e[i].number == m->f.number && s->e[i].type == m->entry.type &&
		    !strcmp(s->files[s->e[i].file], m->f.file))
			return (int)i;
	return -1;
}

/* Jumps that count the line as one of theirs go one line less far. They stand in the same file, or
 * it is no business of this one. */
static int shorten_jumps(struct draft *d, unsigned gone)
{
	const struct pam_stack *s = d->m->stacks;

	for (unsigned i = 0; i < gone; i++) {
		const struct pam_entry *e = &s->e[i];
		unsigned least = 1;
		struct pam_edit edit = edit_of(d, e->number, e->lines);

		if (e->type != s->e[gone].type || !e->jump || e->bad_jump)
			continue;
		while (least <= e->jump && !pam_stack_skips(s, i, least, gone))
			least++;
		if (least > e->jump)
			continue;
		if (strcmp(s->files[e->file], d->m->f.file))
			return pam_because(d->m, "a jump in %s counts that line",
					   s->files[e->file]);
		d->next.len = 0;
		pam_edit_jumps(&edit, least, NULL, &d->next);
		step(d);
	}
	return 0;
}

static int disable(struct draft *d)
{
	struct pam_mend *m = d->m;
	const struct pam_entry *e = &m->entry;
	struct pam_edit edit;
	int gone = find_entry(m);

	if (gone < 0)
		return pam_because(m, "the line is not found again");
	/* a mistyped guard (a second factor, an access table) keeps everybody out: without it,
	 * remote services would let in who was meant to be kept out */
	if (e->state == PAM_MALFORMED && e->type <= PAM_ACCOUNT && !pam_is_local(m, m->f.file))
		return pam_because(m, "what the line was meant to be is not known, and others "
				      "than the console use it");
	if (shorten_jumps(d, (unsigned)gone) < 0)
		return -1;
	edit = edit_of(d, e->number, e->lines);
	d->next.len = 0;
	pam_edit_disable(&edit, &d->next);
	step(d);
	if (adopt(d) < 0)
		return -1;
	if (e->type <= PAM_ACCOUNT && e->kind != PAM_IGNORES &&
	    (e->state == PAM_MALFORMED || pam_is_control(e)))
		pam_weakened(m, "%s %s (%s line %u) is disabled", pam_type_names[e->type],
			     e->state == PAM_MALFORMED ? "an unreadable line" : e->module,
			     m->f.file, m->f.number);
	return 0;
}

/* What the jump was meant to reach is not known: the nearest place that is proven. */
static int end_jump(struct draft *d)
{
	struct pam_mend *m = d->m;
	int at = find_entry(m);
	unsigned room = at < 0 ? 0 : pam_stack_room(m->stacks, (unsigned)at);

	if (room == m->entry.jump && room) /* to the end, where nothing has said yes */
		room--;
	for (unsigned n = 0; n <= room + 1; n++) {
		struct pam_edit edit = edit_of(d, m->entry.number, m->entry.lines);
		char to[12];

		snprintf(to, sizeof to, "%u", n);
		d->next.len = 0;
		pam_edit_jumps(&edit, room + 1, n == 0 ? "ok" : n > room ? "ignore" : to, &d->next);
		step(d);
		if (adopt(d) == 0)
			return 0;
		step(d);
	}
	return -1;
}

static int strip_returns(struct draft *d)
{
	struct pam_edit edit = edit_of(d, 0, 0);

	if (!memchr(d->m->data, '\r', d->m->len))
		return pam_because(d->m, "no carriage return in it");
	d->next.len = 0;
	pam_edit_newlines(&edit, &d->next);
	step(d);
	if (adopt(d) == 0)
		return 0;
	step(d);
	return -1;
}

/* A line that says yes to everybody, where the stack then still lets somebody in. */
static int close_door(struct pam_mend *m)
{
	struct pam_stack *s = malloc(sizeof *s);
	int rc = pam_because(m, "no single line is it");

	if (!s)
		return -1;
	pam_stack_load(s, &m->v.src, m->f.service->name, m->v.ldso);
	for (unsigned i = 0; i < s->n && rc < 0; i++) {
		struct pam_mend one = *m;
		struct draft d = {0};

		if (s->e[i].type != PAM_AUTH ||
		    (s->e[i].kind != PAM_PERMITS && s->e[i].kind != PAM_PASSES))
			continue;
		one.entry = s->e[i];
		one.f.number = one.entry.number;
		snprintf(one.f.file, sizeof one.f.file, "%s", s->files[s->e[i].file]);
		if (one.entry.kind == PAM_PERMITS)
			one.entry.kind = PAM_IGNORES;	  /* nothing is weakened by it */
		else if (!pam_is_local(&one, one.f.file)) /* a guard of others too */
			continue;
		one.data = path_slurp(m->c->t->fd, one.f.file, PAM_FILE_MOST, &one.len);
		if (one.data && draft_open(&d, &one))
			rc = disable(&d);
		free(d.mem);
		path_release(one.data, one.len);
		m->why.len = one.why.len;
	}
	free(s);
	return rc;
}

int pam_mend_line(struct pam_mend *m)
{
	struct draft d = {0};
	int rc = -1;

	if (m->f.kind == FAULT_PERMISSIVE)
		return close_door(m);
	if (!m->data || !m->entry.lines || m->entry.state == PAM_NO_FILE)
		return pam_because(m, "there is no line");
	if (!draft_open(&d, m))
		return pam_because(m, "no memory");
	if (m->f.kind == FAULT_JUMP)
		rc = end_jump(&d);
	else if (strip_returns(&d) == 0)
		rc = 0;
	else
		rc = disable(&d);
	free(d.mem);
	return rc;
}
