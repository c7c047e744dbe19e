#include "run/status_own.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/path.h"
#include "checks/check.h"
#include "run/commands.h"
#include "run/health.h"
#include "run/supervisor.h"
#include "target/accounts.h"
#include "target/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UPDATE "rd-recovery-entry update"
#define MENU_MAX (4u << 20)

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

/* --- the image and the menu */

static void ask_image(struct status *s, const struct target *t, struct reply *r)
{
	s->found = rescue_find(t->root, s->boot, &s->image) == 0;
	if (s->found)
		reply_yes(r, "%.200s%s: kernel %s, made by %s on %s", s->image.boot, s->image.dir,
			  s->image.kernel, s->image.image, s->image.date);
	else
		reply_no(r, UPDATE, "none in /boot/rd-recovery, nor on the ESP");
}

/* 1: the menu has the entry, 0: it has not, -1: there is no such menu. */
static int in_menu(int fd, const char *path, const char *options)
{
	size_t len;
	char *text = path_slurp(fd, path, MENU_MAX, &len);
	int rc = text ? rescue_in_menu(text, len, options) : -1;

	path_release(text, len);
	return rc;
}

/* The entry that the Boot Loader Specification has for the slot in use. */
static int in_loader(const struct rescue *image, char *path, size_t cap)
{
	int fd = open(image->boot, O_PATH | O_DIRECTORY | O_CLOEXEC), rc = -1;

	if (fd >= 0 && path_exists(fd, "/loader/entries")) {
		snprintf(path, cap, "/loader/entries/a-rd-recovery-repair-%s.conf",
			 strrchr(image->dir, '/') + 1);
		rc = in_menu(fd, path, image->options) > 0;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static void ask_entry(struct status *s, const struct target *t, struct reply *r)
{
	static const char grub[][24] = {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"};
	char path[80], type[80];
	int has = in_loader(&s->image, path, sizeof path);

	if (has > 0) {
		reply_yes(r, "%.200s%s", s->image.boot, path);
		return;
	}
	if (has == 0)
		reply_no(r, UPDATE, "not in %.200s/loader/entries", s->image.boot);
	for (int i = 0; i < 2 && r->is != ANSWER_YES; i++) {
		has = in_menu(t->fd, grub[i], s->image.options);
		snprintf(type, sizeof type, "grub-mkconfig -o %s", grub[i]);
		if (has > 0)
			reply_yes(r, "%s", grub[i]);
		else if (has == 0)
			reply_no(r, type, "not in %s, or with other kernel words", grub[i]);
	}
	if (!*r->text)
		reply_no(r, "", "neither a grub.cfg nor loader/entries was found");
}

static void ask_whole(struct status *s, const struct target *t, struct reply *r)
{
	const char *const names[] = {"linux", "initrd"};
	const char *const sums[] = {s->image.linux, s->image.initrd};
	int boot = open(s->image.boot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[60], hex[DIGEST_HEX];

	(void)t;
	reply_yes(r, "as %s wrote them", s->image.version);
	for (int i = 0; i < 2; i++) {
		int fd;

		snprintf(path, sizeof path, "%s/%s", s->image.dir, names[i]);
		fd = boot < 0 ? -1 : path_open(boot, path, O_RDONLY | O_NOFOLLOW, 0);
		if (fd < 0 || digest_fd(fd, hex) || strcmp(hex, sums[i]))
			reply_no(r, UPDATE, "%.200s%s is damaged", s->image.boot, path);
		if (fd >= 0)
			close(fd);
	}
	if (boot >= 0)
		close(boot);
}

static void ask_fresh(struct status *s, const struct target *t, struct reply *r)
{
	char newest[80];

	if (rescue_newest_kernel(t->fd, newest, sizeof newest))
		reply_no(r, "", "no kernel with modules is installed");
	else if (strcmp(newest, s->image.kernel))
		reply_no(r, UPDATE, "it has %s, the newest is %s", s->image.kernel, newest);
	else
		reply_yes(r, "%s", newest);
}

static void ask_program(struct status *s, const struct target *t, struct reply *r)
{
	static const char places[][28] = {"/usr/sbin/rd-recovery", "/usr/local/sbin/rd-recovery"};
	char hex[DIGEST_HEX];

	for (int i = 0; i < 2; i++) {
		int fd = path_open(t->fd, places[i], O_RDONLY, 0);

		if (fd < 0)
			continue;
		if (digest_fd(fd, hex) || strcmp(hex, s->image.payload))
			reply_no(r, UPDATE, "%s is another one than its %s", places[i],
				 s->image.version);
		else
			reply_yes(r, "%s, %s", places[i], s->image.version);
		close(fd);
		return;
	}
	reply_no(r, "", "no rd-recovery is installed");
}

static void ask_sound(struct status *s, const struct target *t, struct reply *r)
{
	(void)t;
	if (strcmp(s->image.health, "good"))
		reply_no(r, UPDATE, "the system was sick; a healthy build replaces it");
	else
		reply_yes(r, "on %s", s->image.date);
}

static void ask_root(struct status *s, const struct target *t, struct reply *r)
{
	status_root(s, t, r);
}

static void ask_boot(struct status *s, const struct target *t, struct reply *r)
{
	status_boot(s, t, r);
}

/* --- the system */

struct intact {
	const struct target *t;
	unsigned files;
	char bad[300];
};

static int look_at_copy(void *arg, const char *path)
{
	struct intact *k = arg;
	struct capture_copy c;

	k->files++;
	if (capture_find(k->t, path, &c))
		str_copy(k->bad, sizeof k->bad, path);
	return 0;
}

static void ask_capture(struct status *s, const struct target *t, struct reply *r)
{
	struct target own = *t;
	struct intact k = {&own, 0, ""};

	(void)s;
	capture_choose(&own);
	if (capture_each(&own, look_at_copy, &k) || !k.files)
		reply_no(r, UPDATE, "there are none in %s/capture", JOURNAL_DIR);
	else if (k.bad[0])
		reply_no(r, UPDATE, "the copy of %.200s is damaged", k.bad);
	else
		reply_yes(r, "%u in %.200s", k.files, own.capture);
}

static void ask_health(struct status *s, const struct target *t, struct reply *r)
{
	char mem[2048] = "";
	struct buf why = BUF_OF(mem);

	(void)s;
	health_look(t, &why);
	if (why.len)
		reply_no(r, "rd-recovery diagnose", "%.*s", (int)strcspn(mem, "\n"), mem);
	else
		reply_yes(r, "every libcrypt verifies every password, and no error was found");
}

/* The faults of a report, by their names. */
static void name_faults(const struct report *found, struct reply *r)
{
	char mem[300] = "";
	struct buf ids = BUF_OF(mem);
	unsigned n = 0;

	for (unsigned i = 0; i < found->nfindings; i++)
		if (found->findings[i].severity != SEVERITY_NOTE)
			buf_addf(&ids, "%s%s", n++ ? ", " : "", found->findings[i].id);
	if (n)
		reply_no(r, "rd-recovery diagnose", "%u: %s", n, mem);
	else
		reply_yes(r, "it would change nothing and prove the login");
}

static void ask_run(struct status *s, const struct target *t, struct reply *r)
{
	char user[64] = "", why[160];
	struct check_context c = {.t = t, .user = user, .deadline = INT64_MAX, .timeout = 60};
	struct report *found;

	(void)s;
	accounts_choose(t, "", user, why);
	found = check_look(&c);
	if (found)
		name_faults(found, r);
	free(found);
}

/* --- asking and telling */

static const struct question {
	char id[8], text[48];
	void (*ask)(struct status *s, const struct target *t, struct reply *r);
	bool image; /* only where there is one */
} questions[] = {
    {"image", "Is there a rescue image?", ask_image, false},
    {"entry", "Does the boot menu have its entry?", ask_entry, true},
    {"whole", "Are its files whole?", ask_whole, true},
    {"sound", "Was it built on a healthy system?", ask_sound, true},
    {"fresh", "Is it of the newest kernel?", ask_fresh, true},
    {"program", "Does it carry the installed program?", ask_program, true},
    {"root", "Would it find root?", ask_root, true},
    {"boot", "Would it find /boot?", ask_boot, false},
    {"capture", "Are the known-good copies intact?", ask_capture, false},
    {"health", "Is the system fit for a new image?", ask_health, false},
    {"run", "Would a run find nothing to repair?", ask_run, false},
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

static void ask_all(struct status *s, long seconds)
{
	for (s->at = 0; s->at < QUESTIONS; s->at++) {
		struct reply *r = &s->replies[s->at];

		if (questions[s->at].image && !s->found)
			str_copy(r->text, sizeof r->text, "there is no image");
		else
			supervisor_operation(
			    &(struct operation){questions[s->at].id, ask, s, seconds}, r->text,
			    sizeof r->text);
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

	if (!s || log_start() || supervisor_namespace())
		return 3;
	log_to_error();
	s->root = o->root;
	s->boot = o->boot;
	if (supervisor_operation(
		&(struct operation){"open the target", check_target, s, o->set.timeout}, why,
		sizeof why)) {
		fprintf(stderr, "rd-recovery: %s is no usable target: %s\n", o->root, why);
		return 3;
	}
	ask_all(s, o->set.timeout);
	return tell(s, o->json);
}
