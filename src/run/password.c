#include "run/commands.h"

#include "base/clock.h"
#include "base/console.h"
#include "base/hash.h"
#include "base/path.h"
#include "run/supervisor.h"
#include "target/shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct setting { /* shared with the operation */
	const struct options *o;
	struct mounts mounts;
	struct target target;
	char hash[HASH_CAP], run[40];
	const char *file; /* at fault */
	bool nobody;	  /* no such account */
	bool same;	  /* it has this hash */
};

/* The line that hash prints, or the hash alone. 0/-1. */
static int read_hash(char *dst, size_t cap)
{
	static const char key[] = "password_hash = ";
	char line[sizeof key + HASH_CAP] = "", *hash = line;
	int rc = -1;

	if (fgets(line, sizeof line, stdin))
		line[strcspn(line, "\r\n")] = '\0';
	if (str_starts(line, key))
		hash += sizeof key - 1;
	if (hash_identify(hash) != HASH_NONE && !strpbrk(hash, ":\n") && str_copy(dst, cap, hash))
		rc = 0;
	explicit_bzero(line, sizeof line);
	return rc;
}

static void name_run(struct setting *s, int root)
{
	char stamp[24], path[80];

	clock_stamp(time(NULL), stamp, sizeof stamp);
	str_copy(s->run, sizeof s->run, stamp);
	for (int i = 2; i < 100; i++) {
		snprintf(path, sizeof path, JOURNAL_DIR "/%s", s->run);
		if (!path_exists(root, path))
			return;
		snprintf(s->run, sizeof s->run, "%s-%d", stamp, i);
	}
}

static int write_hash(struct setting *s, struct target *t, const struct account *a)
{
	struct shadow_edit e = shadow_new_hash(a, s->hash, accounts_today(t));
	struct journal j;
	int error = 0;

	s->file = JOURNAL_DIR;
	name_run(s, t->fd);
	if (journal_open(&j, t->fd, s->run, 0))
		return errno;
	s->file = "/etc/shadow";
	if (shadow_write(t, &j, &e) || shadow_point(t, &j, a))
		error = errno ? errno : EIO;
	s->same = !journal_count(&j);
	journal_close(&j);
	if (s->same)
		journal_forget(t->fd, s->run);
	return error;
}

static int set_password(void *arg)
{
	struct setting *s = arg;
	struct target t = {0};
	struct account a;
	int error;

	s->file = s->o->root;
	if (s->mounts.asleep[0])
		return EBUSY;
	if (target_open(&t, s->o->root))
		return errno ? errno : EINVAL;
	if (accounts_get(&t, s->o->set.user, &a, &s->file)) {
		error = errno;
		s->nobody = error == ENOENT && path_exists(t.fd, s->file);
	} else {
		error = write_hash(s, &t, &a);
	}
	target_close(&t);
	return error;
}

/* Whose, and may it be? 0, or -1 and said. */
static int check(struct options *o, struct setting *s)
{
	struct settings given = o->set;
	int rc = command_configure(o);

	/* of the configuration reset = no counts; whose password it is, the command says */
	str_copy(o->set.user, sizeof o->set.user, given.user);
	o->set.timeout = given.timeout;
	explicit_bzero(&given, sizeof given);
	if (rc)
		fprintf(stderr, "rd-recovery: %s\n", o->problems[0]);
	else if (!o->set.reset_allowed)
		fputs("rd-recovery: password: the configuration says reset = no\n", stderr);
	else if (!o->set.user[0])
		fputs("rd-recovery: password: --user NAME is missing\n", stderr);
	else if (read_hash(s->hash, sizeof s->hash))
		fputs("rd-recovery: password: no hash on standard input; "
		      "rd-recovery hash makes one of a password\n",
		      stderr);
	else
		return 0;
	return -1;
}

int command_password(struct options *o)
{
	struct setting *s = supervisor_shared(sizeof *s);
	char why[320];
	int rc;

	if (s && check(o, s))
		return 2;
	if (supervisor_begin(s))
		return 3;
	s->o = o;
	supervisor_signals();
	console_to(CONSOLE_ERROR);
	command_mount(&s->mounts, &s->target, o);
	rc = supervisor_operation(&(struct operation){"password", set_password, s, o->set.timeout},
				  why, sizeof why);
	mounts_end(&s->mounts);
	if (rc && s->nobody)
		fprintf(stderr, "rd-recovery: there is no account %s in %s\n", o->set.user,
			o->root);
	else if (rc)
		fprintf(stderr, "rd-recovery: %s: %s\n", s->file ? s->file : o->root, why);
	else if (s->same)
		fprintf(stderr, "%s: has this hash already\n", o->set.user);
	else
		fprintf(stderr, "%s: new password, %s (run %s, which rollback undoes)\n",
			o->set.user, hash_name(hash_identify(s->hash)), s->run);
	explicit_bzero(s->hash, sizeof s->hash);
	return rc ? s->nobody ? 2 : s->run[0] ? 1 : 3 : 0;
}
