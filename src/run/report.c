/* report: a past run's story on the booted system, from what it left. All of it is read by a child
 * with a deadline, and is hostile input. */
#include "run/commands.h"

#include "base/buf.h"
#include "base/console.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/path.h"
#include "run/story.h"
#include "run/supervisor.h"
#include "target/logdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JSON_BYTES (512 * 1024)
#define STATE_BYTES (4 << 20)
#define MOST_CHANGES 200
#define MORE "and more: its journal has them all\n"

struct past { /* shared with the child */
	const struct options *o;
	struct mounts mounts;
	struct target target;
	struct logdir_past list[LOGDIR_PAST];
	char verdicts[LOGDIR_PAST][20];
	unsigned n, at;
	bool hidden, found;
	char file[300], wrong[200];
	struct story story;
	char json[JSON_BYTES];
	size_t len;
};

/* --- in the child */

static void name_file(struct past *p, const char *name)
{
	const struct logdir_past *l = &p->list[p->at];
	bool below = strcmp(l->place, "/run") && strcmp(p->o->root, "/");

	snprintf(p->story.folder, sizeof p->story.folder, "%.100s%s/%s", below ? p->o->root : "",
		 l->place, l->name);
	snprintf(p->file, sizeof p->file, "%.250s/%s", p->story.folder, name);
}

/* The report of number at; wrong says why it is none. */
static int read_report(struct past *p)
{
	int dir = logdir_past_open(p->o->root, &p->list[p->at]);
	ssize_t n = dir < 0 ? -1 : path_read(dir, log_name(LOG_REPORT), p->json, sizeof p->json);
	struct json_fault f;
	struct json v;

	name_file(p, log_name(LOG_REPORT));
	p->wrong[0] = '\0';
	p->len = n > 0 ? (size_t)n : 0;
	if (n < 0) {
		snprintf(p->wrong, sizeof p->wrong, ": %s", strerror(errno));
	} else if (json_check(p->json, p->len, &v)) {
		f = json_fault(p->json, p->len);
		snprintf(p->wrong, sizeof p->wrong, ":%u: %s", f.line, f.what);
	} else if (report_read(&p->story.report, v)) {
		snprintf(p->wrong, sizeof p->wrong, ":1: not the report of a run");
	}
	if (dir >= 0)
		close(dir);
	return p->wrong[0] ? -1 : 0;
}

static void read_compared(struct past *p)
{
	int dir = logdir_past_open(p->o->root, &p->list[p->at]);
	struct buf b = BUF_OF(p->story.compared);
	const char *at;
	char *text;
	size_t len;

	text = dir < 0 ? NULL : path_slurp(dir, log_name(LOG_STATE), STATE_BYTES, &len);
	at = text ? story_compared(text, len) : NULL;
	if (at)
		buf_add(&b, at, (size_t)(text + len - at));
	if (text)
		path_release(text, len);
	if (dir >= 0)
		close(dir);
}

/* Each path once, however often it was changed; as many as are worth reading. */
static void add_changes(struct buf *b, const char *text, size_t len)
{
	struct record *r = malloc(sizeof *r);
	const char *p = text, *line;
	unsigned found = 0;
	bool more = false;
	size_t n;

	while (r && !more && line_next(&p, text + len, &line, &n)) {
		char entry[PATH_CAP + 20];

		if (!record_parse(line, n, r))
			continue;
		snprintf(entry, sizeof entry, "%s %s\n", r->op, r->path);
		if (strstr(b->p, entry))
			continue;
		more = ++found > MOST_CHANGES || b->len + strlen(entry) + sizeof MORE > b->cap;
		buf_adds(b, more ? MORE : entry);
	}
	free(r);
}

static int read_journal(void *arg, const struct run_folder *f)
{
	struct past *p = arg;
	struct buf b = BUF_OF(p->story.changes);
	size_t len;
	char *text;

	if (strcmp(f->name, logdir_past_run(&p->list[p->at])))
		return 0;
	p->story.journal = true;
	p->story.undone = faccessat(f->fd, "undone", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	text = path_slurp(f->fd, "journal", JOURNAL_MOST, &len);
	if (text) {
		add_changes(&b, text, len);
		path_release(text, len);
	}
	return 1;
}

static bool is_wanted(const struct past *p, const struct logdir_past *l)
{
	return !p->o->run_name[0] || !strcmp(p->o->run_name, logdir_past_run(l)) ||
	       !strcmp(p->o->run_name, l->name);
}

static void read_list(struct past *p)
{
	for (p->at = 0; p->at < p->n; p->at++)
		snprintf(p->verdicts[p->at], sizeof p->verdicts[0], "%s",
			 read_report(p) ? "no report" : verdict_name(p->story.report.verdict));
}

static int read_past(void *arg)
{
	struct past *p = arg;
	int root = open(p->o->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return errno;
	p->n = logdir_past(p->o->root, p->list, &p->hidden);
	if (p->o->list) {
		read_list(p);
		close(root);
		return 0;
	}
	while (p->at < p->n && !is_wanted(p, &p->list[p->at]))
		p->at++;
	p->found = p->at < p->n;
	if (p->found && read_report(p) == 0) {
		/* what the report says of itself may be anything; its folder is what undoes it */
		str_copy(p->story.report.run, sizeof p->story.report.run,
			 logdir_past_run(&p->list[p->at]));
		read_compared(p);
		p->story.unread = journal_each_run(root, read_journal, p) < 0 || p->target.nunknown;
	}
	close(root);
	return 0;
}

/* --- telling */

static void complain(const char *what, const char *why)
{
	console_to(CONSOLE_ERROR);
	log_show(TONE_PLAIN, "", "rd-recovery: %s%s", what, why);
}

/* As it was written, but for what a terminal may obey although JSON allows it. */
static void print_json(const struct past *p)
{
	for (size_t i = 0; i < p->len; i++) {
		const unsigned char *s = (const unsigned char *)p->json + i;

		if (s[0] == 0x7F)
			printf("\\u007f");
		else if (s[0] == 0xC2 && i + 1 < p->len && s[1] < 0xA0)
			printf("\\u00%02x", s[1]), i++;
		else
			putchar(s[0]);
	}
	fflush(stdout);
}

static void list_json(const struct past *p)
{
	fputs("[", stdout);
	for (unsigned i = 0; i < p->n; i++) {
		char mem[2000] = "";
		struct buf b = BUF_OF(mem);

		buf_adds(&b, i ? ",\n{\"run\":" : "{\"run\":");
		buf_add_json(&b, logdir_past_run(&p->list[i]));
		buf_addf(&b, ",\"sequence\":%ld,\"verdict\":\"%s\",\"place\":\"%s\",\"folder\":",
			 p->list[i].sequence, p->verdicts[i], p->list[i].place);
		buf_add_json(&b, p->list[i].name);
		buf_adds(&b, "}");
		fputs(mem, stdout);
	}
	puts("]");
}

static int tell_list(const struct past *p)
{
	if (p->o->json) {
		list_json(p);
		return 0;
	}
	for (unsigned i = 0; i < p->n; i++)
		log_show(TONE_PLAIN, "", "%s  number %ld, %s: %s/%s", logdir_past_run(&p->list[i]),
			 p->list[i].sequence, p->verdicts[i], p->list[i].place, p->list[i].name);
	return 0;
}

static int tell_nothing(const struct past *p)
{
	if (p->o->run_name[0])
		complain("no logs of this run were found: ", p->o->run_name);
	else
		complain("no logs of a run were found",
			 ": looked in /boot, /boot/efi, /efi, /var/log and /run");
	if (p->hidden || p->target.nunknown)
		complain("not everything could be read", ": be root, and mount /boot");
	return 1;
}

static int tell(const struct past *p)
{
	if (p->o->list && p->n)
		return tell_list(p);
	if (!p->found)
		return tell_nothing(p);
	if (p->wrong[0]) {
		complain(p->file, p->wrong);
		complain("the other logs are in ", p->story.folder);
		return 1;
	}
	if (p->o->json)
		print_json(p);
	else
		story_tell(&p->story);
	return 0;
}

int command_report(struct options *o)
{
	struct past *p = supervisor_shared(sizeof *p);
	char why[320];
	int rc;

	if (supervisor_begin(p))
		return 3;
	supervisor_signals();
	console_to(CONSOLE_ERROR);
	p->o = o;
	p->mounts.look = true;
	command_mount(&p->mounts, &p->target, o);
	rc = supervisor_reading(&(struct operation){"read the logs", read_past, p, o->set.timeout},
				why, sizeof why);
	mounts_end(&p->mounts);
	if (rc) {
		fprintf(stderr, "rd-recovery: %s: %s\n", o->root, why);
		return supervisor_signalled() ? 4 : 3;
	}
	console_to(CONSOLE_OUTPUT);
	return tell(p);
}
