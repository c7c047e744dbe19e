/* Whole PAM stacks: lines of pam.d(5) laid out as pam_stack_load does, a leading digit being the
 * level, then every question. Each ends inside the stack, the answers do not contradict each other,
 * and a stack that denies first lets nobody in, whatever follows.
 */
#include "fuzz.h"

#include "target/pam_stack.h"

static void add(struct pam_stack *s, const char *text, size_t len)
{
	struct pam_entry *e = &s->e[s->n];
	struct pam_line l;
	unsigned jump = 0;
	int level = 0, type;

	if (len && *text >= '0' && *text <= '9') {
		level = *text++ - '0';
		len--;
	}
	if (pam_parse_line(text, len, &l) <= 0)
		return;
	*e = (struct pam_entry){.level = (unsigned char)level, .soft = l.soft, .number = s->n};
	for (type = 0; type < PAM_TYPES - 1 && strcmp(pam_type_names[type], l.type); type++)
		;
	e->type = (unsigned char)type;
	snprintf(e->module, sizeof e->module, "%.60s", l.module);
	e->kind = pam_kind_of(e->module);
	e->state = strstr(l.args, "gone") ? PAM_NO_MODULE : PAM_FOUND;
	if (pam_is_include(&l))
		e->state = PAM_SUBSTACK;
	else if (!pam_control(l.control, e->action, &jump))
		e->state = PAM_MALFORMED;
	e->jump = (unsigned short)jump;
	s->n++;
}

/* Levels rise by one at a time, behind an entry that opens them. */
static void settle(struct pam_stack *s)
{
	unsigned last[PAM_TYPES] = {0};

	for (unsigned i = 0; i < s->n; i++) {
		struct pam_entry *e = &s->e[i];

		if (e->level > last[e->type] + 1)
			e->level = (unsigned char)(last[e->type] + 1);
		last[e->type] = e->level;
	}
	for (unsigned i = 0; i < s->n; i++)
		s->e[i].bad_jump = s->e[i].jump > pam_stack_room(s, i);
}

static void ask(const struct pam_stack *s)
{
	struct pam_world right = {.right = true};
	bool usable = pam_stack_usable(s, PAM_AUTH, false);

	CLAIM(usable || !pam_stack_lets_in(s, PAM_AUTH, &right));
	CLAIM(usable || !pam_stack_needs_foreign(s));
	for (int type = PAM_ACCOUNT; type < PAM_TYPES; type++)
		pam_stack_lets_in(s, type, &right);
	for (unsigned i = 0; i < s->n; i++) {
		unsigned room = pam_stack_room(s, i);

		CLAIM(room < s->n);
		CLAIM(!pam_stack_skips(s, i, room + 1, i));
	}
}

static bool resets(const struct pam_stack *s)
{
	for (unsigned i = 0; i < s->n; i++)
		for (int a = 0; a < PAM_ANSWERS; a++)
			if (s->e[i].action[a] == PAM_DO_RESET)
				return true;
	return false;
}

/* A control that nothing overrules: put before everything, it lets nobody in. What "required"
 * refused only a reset takes back. */
static void deny_first(struct pam_stack *s)
{
	const char *control = resets(s) ? "requisite" : "required";
	struct pam_world w = {.right = true};
	unsigned jump;

	memmove(s->e + 1, s->e, (s->n - (s->n == PAM_STACK_ENTRIES)) * sizeof *s->e);
	s->n += s->n < PAM_STACK_ENTRIES;
	s->e[0] = (struct pam_entry){.type = PAM_AUTH, .state = PAM_FOUND, .kind = PAM_DENIES};
	CLAIM(pam_control(control, s->e[0].action, &jump));
	for (; w.maybe < 64; w.maybe += 21)
		CLAIM(!pam_stack_lets_in(s, PAM_AUTH, &w));
	CLAIM(!pam_stack_permissive(s) && !pam_stack_usable(s, PAM_AUTH, true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pam_stack s;
	struct fuzz_part in = {(const char *)data, size};

	s.n = 0;
	while (in.len && s.n < 8) {
		struct fuzz_part line = fuzz_part(&in, '\n');

		add(&s, line.p, line.len);
	}
	settle(&s);
	ask(&s);
	deny_first(&s);
	return 0;
}
