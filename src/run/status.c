#include "run/status_own.h"

#include "base/buf.h"
#include "base/console.h"
#include "run/commands.h"
#include "run/supervisor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reply_yes(struct reply *r, const char *fmt, ...)
{
	char text[sizeof r->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	r->is = ANSWER_YES;
	memcpy(r->text, text, sizeof text);
}

void reply_no(struct reply *r, const char *type, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->text, sizeof r->text, fmt, ap);
	va_end(ap);
	r->is = ANSWER_NO;
	str_copy(r->type, sizeof r->type, type);
}

static const struct question {
	char id[8], text[48];
	status_question *ask;
	bool image; /* only where there is one */
} questions[] = {
    {"image", "Is there a rescue image?", status_image, false},
    {"entry", "Does the boot menu have its entry?", status_entry, true},
    {"whole", "Are its files whole?", status_whole, true},
    {"sound", "Was it built on a healthy system?", status_sound, true},
    {"fresh", "Is it of the newest kernel?", status_fresh, true},
    {"program", "Does it carry the installed program?", status_program, true},
    {"config", "Does it carry the present configuration?", status_config, true},
    {"root", "Would it find root?", status_root, true},
    {"boot", "Would it find /boot?", status_boot, false},
    {"capture", "Are the known-good copies intact?", status_capture, false},
    {"health", "Is the system fit for a new image?", status_health, false},
    {"run", "Would a run find nothing to repair?", status_run, false},
};
#define QUESTIONS (sizeof questions / sizeof *questions)

static int ask(void *arg)
{
	struct status *s = arg;
	struct target t = {0};

	if (target_open(&t, s->root))
		return errno ? errno : EINVAL;
	questions[s->at].ask(s, &t, &s->replies[s->at]);
	target_close(&t);
	return 0;
}

static int check_target(void *arg)
{
	struct status *s = arg;
	struct target t = {0};

	if (target_open(&t, s->root))
		return errno ? errno : EINVAL;
	target_close(&t);
	return 0;
}

/* Whatever a question had answered before it was ended counts for nothing. */
static void ask_one(struct status *s, long seconds)
{
	struct operation o = {questions[s->at].id, ask, s, seconds};
	struct reply *r = &s->replies[s->at];
	char why[320];

	if (supervisor_operation(&o, why, sizeof why) == 0)
		return;
	*r = (struct reply){.is = ANSWER_UNKNOWN};
	str_copy(r->text, sizeof r->text, why);
}

static void ask_all(struct status *s, long seconds)
{
	for (s->at = 0; s->at < QUESTIONS; s->at++) {
		if (questions[s->at].image && !s->found)
			str_copy(s->replies[s->at].text, sizeof s->replies[s->at].text,
				 "there is no image");
		else
			ask_one(s, seconds);
	}
}

static const char *const words[] = {"unknown", "no", "yes"};

/* One line; what a menu or a manifest held is escaped. */
static void tell_line(const struct question *q, const struct reply *r)
{
	char mem[1400] = "";
	struct buf b = BUF_OF(mem);

	buf_addf(&b, "%s %s: ", q->text, words[r->is]);
	buf_add_escaped(&b, r->text, strlen(r->text), false);
	if (r->type[0])
		buf_addf(&b, "; type: %s", r->type);
	puts(mem);
}

static void tell_json(const struct question *q, const struct reply *r, const char *before)
{
	char mem[4000] = "";
	struct buf b = BUF_OF(mem);

	buf_addf(&b, "%s{\"id\":\"%s\",\"question\":\"%s\",\"answer\":\"%s\",\"text\":", before,
		 q->id, q->text, words[r->is]);
	buf_add_json(&b, r->text);
	buf_adds(&b, ",\"type\":");
	buf_add_json(&b, r->type);
	printf("%s}", mem);
}

static int tell(const struct status *s, bool json)
{
	int status = 0;

	for (unsigned i = 0; i < QUESTIONS; i++) {
		const struct reply *r = &s->replies[i];

		if (r->is != ANSWER_YES)
			status = 1;
		if (json)
			tell_json(&questions[i], r, i ? ",\n" : "[");
		else if (!questions[i].image || s->found)
			tell_line(&questions[i], r);
	}
	if (json)
		puts("]");
	return status;
}

int command_status(struct options *o)
{
	struct status *s = supervisor_shared(sizeof *s);
	char why[320];

	if (supervisor_begin(s))
		return 3;
	console_to(CONSOLE_ERROR);
	s->root = o->root;
	s->boot = o->boot;
	if (supervisor_operation(
		&(struct operation){"open the target", check_target, s, o->set.timeout}, why,
		sizeof why)) {
		fprintf(stderr, "rd-recovery: %s is no usable target: %s%s\n", o->root, why,
			target_needs(why));
		return 3;
	}
	ask_all(s, o->set.timeout);
	return tell(s, o->json);
}
