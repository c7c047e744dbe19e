#include "run/commands.h"

#include "base/buf.h"
#include "base/console.h"
#include "base/hash.h"
#include "base/path.h"
#include "run/run.h"
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG "/etc/rd-recovery.conf"
#define JSON_BYTES (512 * 1024)

int command_configure(struct options *o)
{
	const char *name = o->config[0] ? o->config : CONFIG;
	char text[16384];
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), rc = 0;
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EINVAL; /* nothing in it would be no "reset = no" */
	else if (fd >= 0)
		n = read(fd, text, sizeof text);
	if (n < 0 && !(errno == ENOENT && !o->config[0])) {
		snprintf(o->problems[o->nproblems++], sizeof o->problems[0], "%.240s: %s", name,
			 strerror(errno));
		o->keep = true;
		rc = -1;
	} else if (n == (ssize_t)sizeof text) {
		snprintf(o->problems[o->nproblems++], sizeof o->problems[0], "%.240s: too large",
			 name);
		o->keep = true;
		rc = -1;
	} else if (n > 0) {
		rc = options_file(o, name, text, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	explicit_bzero(text, sizeof text);
	return rc;
}

static void print_json(const struct report *r)
{
	struct buf b = {.p = malloc(JSON_BYTES), .cap = JSON_BYTES};

	if (!b.p)
		return;
	report_json(r, &b);
	puts(b.p);
	fflush(stdout);
	free(b.p);
}

/* The file named on the command line is the person's own: read here, before anything is touched. */
static int check_password_file(const struct options *o)
{
	char text[256];
	int fd = open(o->set.password_file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	size_t len = 0;

	if (fd >= 0)
		close(fd);
	if (n > 0) {
		text[n] = '\0';
		len = strcspn(text, "\r\n");
	}
	explicit_bzero(text, sizeof text);
	if (len && len < sizeof((struct shared *)0)->password)
		return 0;
	fprintf(stderr, "rd-recovery: %s: %s\n", o->set.password_file,
		n < 0 ? strerror(errno)
		: len ? "the first line is too long"
		      : "the password is empty");
	return -1;
}

/* The person's own files, named as seen from here: a phase's worker stands elsewhere. */
static int make_absolute(char *path, size_t cap)
{
	char real[PATH_CAP];

	if (!*path)
		return 0;
	if (realpath(path, real) && str_copy(path, cap, real))
		return 0;
	fprintf(stderr, "rd-recovery: %s: %s\n", path, strerror(errno));
	return -1;
}

void command_mount(struct mounts *m, struct target *t, const struct options *o)
{
	str_copy(m->root, sizeof m->root, o->root);
	m->seconds = o->set.timeout;
	if (strcmp(o->root, "/"))
		mounts_begin(m, t);
}

int command_run(struct options *o)
{
	struct run *r;
	int status;

	if ((o->set.password == PASSWORD_FILE && check_password_file(o)) ||
	    make_absolute(o->set.password_file, sizeof o->set.password_file) ||
	    make_absolute(o->set.capture, sizeof o->set.capture))
		return 2;
	r = run_start(o, false);
	if (!r)
		return 3;
	run_limit(o);
	command_mount(&r->mounts, &r->target, o);
	if (run_name(r)) {
		mounts_end(&r->mounts);
		return 3;
	}
	run_phases(r);
	run_end(r);
	mounts_end(&r->mounts);
	status = run_status(r);
	if (o->json)
		print_json(r->report);
	return status;
}

static bool is_fault(const struct finding *f)
{
	return f->severity != SEVERITY_NOTE && f->state != FINDING_REPAIRED;
}

/* What a file of the target says is shown, not obeyed. */
static void print_text(const char *before, const char *text, const char *behind)
{
	char mem[4 * sizeof((struct finding *)0)->evidence] = "";
	struct buf b = BUF_OF(mem);

	buf_add_escaped(&b, text, strlen(text), false);
	printf("%s%s%s", before, mem, behind);
}

static void print_findings(const struct report *r)
{
	for (unsigned i = 0; i < r->nfindings; i++) {
		const struct finding *f = &r->findings[i];

		printf("%s: %s: ", severity_name(f->severity), f->id);
		print_text("", f->evidence, " ");
		printf("(blocks %s)\n", blocks_name(f->blocks));
		if (f->action[0])
			print_text("  ", f->action, "\n");
	}
	if (!r->nfindings)
		puts("nothing found");
}

int command_diagnose(struct options *o)
{
	struct run *r = run_start(o, false);
	int status = 0;

	if (!r)
		return 3;
	r->target.readonly = r->mounts.look = true;
	for (int i = 1; i <= 8; i++)
		o->set.phases[i] = i == 1;
	run_limit(o);
	command_mount(&r->mounts, &r->target, o);
	if (run_name(r)) {
		mounts_end(&r->mounts);
		return 3;
	}
	r->logs.nplaces = 0;
	run_phases(r);
	mounts_end(&r->mounts);
	for (unsigned i = 0; i < r->report->nfindings; i++)
		if (is_fault(&r->report->findings[i]))
			status = 1;
	if (r->report->phases[1].outcome >= OUTCOME_FAILED)
		status = 1;
	if (o->json)
		print_json(r->report);
	else
		print_findings(r->report);
	return supervisor_signalled() ? 4 : status;
}

/* --- rollback */

struct undo {
	struct options *o;
	struct mounts mounts;
	struct target target;
	char name[64];
	int rc, error;
	unsigned lines;
};

static void undo_line(void *arg, const struct rollback_line *l)
{
	struct undo *u = arg;
	char mem[5000] = "";
	struct buf b = BUF_OF(mem);

	if (u->o->json) {
		buf_adds(&b, u->lines ? ",\n" : "");
		buf_adds(&b, "{\"path\":");
		buf_add_json(&b, l->path);
		buf_adds(&b, ",\"result\":");
		buf_add_json(&b, l->result);
		buf_addf(&b, ",\"refused\":%s}", l->refused ? "true" : "false");
	} else {
		buf_add_escaped(&b, l->path, strlen(l->path), false);
		buf_addf(&b, ": %s\n", l->result);
	}
	u->lines++;
	printf("%s", mem);
	fflush(stdout);
}

static int undo_run(void *arg)
{
	struct undo *u = arg;
	int root = open(u->o->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return errno;
	if (u->mounts.asleep[0]) { /* it would be undone again when it wakes up, or worse */
		close(root);
		return EBUSY;
	}
	u->rc = journal_rollback(root, u->o->run_name[0] ? u->o->run_name : NULL, u->name,
				 undo_line, u);
	u->error = errno;
	if (u->rc == 0 && u->o->forget && journal_forget(root, u->name)) {
		u->error = errno;
		u->rc = 1;
	}
	close(root);
	return 0;
}

/* Say how it went; the exit status. */
static int undo_status(const struct undo *u)
{
	if (u->rc >= 0) {
		fprintf(stderr, "run %s: %u change%s looked at%s\n", u->name, u->lines,
			u->lines == 1 ? "" : "s", u->rc ? ", some left alone" : ", all undone");
		return u->rc;
	}
	if (u->error != ENOENT)
		fprintf(stderr, "rd-recovery: %s\n", strerror(u->error));
	else if (u->o->run_name[0])
		fprintf(stderr, "rd-recovery: no such run\n");
	else if (u->target.nunknown)
		fprintf(stderr,
			"rd-recovery: no run was found, but not everything could be mounted\n");
	else
		fprintf(stderr, "rd-recovery: no run is left to undo\n");
	if (u->error == ENOENT && !u->o->run_name[0])
		return u->target.nunknown ? 1 : 0;
	return 2;
}

int command_rollback(struct options *o)
{
	struct undo *u = supervisor_shared(sizeof *u);
	char why[320];
	int rc;

	if (supervisor_begin(u))
		return 3;
	u->o = o;
	supervisor_signals();
	console_to(CONSOLE_ERROR);
	command_mount(&u->mounts, &u->target, o);
	if (o->json)
		fputs("[", stdout);
	fflush(stdout);
	rc = supervisor_operation(
	    &(struct operation){"rollback", undo_run, u, o->set.build_timeout}, why, sizeof why);
	mounts_end(&u->mounts);
	if (rc) {
		fprintf(stderr, "rd-recovery: rollback in %s: %s\n", o->root, why);
		return 3;
	}
	if (o->json)
		puts("]");
	return undo_status(u);
}

int command_hash(struct options *o)
{
	char line[512], setting[HASH_CAP], hash[HASH_CAP];
	int rc = 2;

	(void)o;
	if (!fgets(line, sizeof line, stdin))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (!line[0])
		fputs("rd-recovery: hash: the password on standard input is empty\n", stderr);
	else if (hash_setting(HASH_SHA512, setting, sizeof setting) ||
		 hash_make(line, setting, hash, sizeof hash))
		perror("rd-recovery: hash");
	else
		rc = printf("password_hash = %s\n", hash) < 0 || fflush(stdout) ? 1 : 0;
	explicit_bzero(line, sizeof line);
	explicit_bzero(hash, sizeof hash);
	return rc;
}
