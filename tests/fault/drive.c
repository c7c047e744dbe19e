/* drive ROOT RUN PATH [UPPER]: one editing path of the payload alone, from the payload's own
 * objects. Exit status: 0 all of it was done, 1 not all, 2 no journal and nothing touched, 3 no run
 * is left to undo. It says what it believes is on the disk: "claim PATH done|old|new|unknown".
 */
#include "base/journal.h"
#include "base/keep.h"
#include "base/trial.h"
#include "target/logdir.h"
#include "target/shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIB "/usr/lib/libcrypt.so"
#define NEW_HASH "$6$new$hash.that.is.to.be.written"
#define STACK "auth required pam_unix.so\naccount required pam_unix.so\n"

struct drive {
	int root;
	const char *name, *run, *upper;
	struct journal j;
	bool failed;
};

static void say_text(const char *text, size_t len)
{
	struct iovec part = {(void *)text, len};

	if (writev(1, &part, 1) < 0)
		return;
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* By a call the paths do not use: a fault that goes on in write takes no claim with it. */
static void say(const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	say_text(text, strlen(text));
}

static void claim(struct drive *d, const char *path, int rc)
{
	static const char states[][8] = {"unknown", "old", "new"};

	d->failed = d->failed || rc;
	say("claim %s %s\n", path, rc ? states[d->j.left] : "done");
}

static void shadow(struct drive *d)
{
	struct target t = {.fd = d->root};
	struct shadow_edit e = {
	    .name = "ada", .hash = NEW_HASH, .set_lastchg = true, .lastchg = "20000"};

	claim(d, "/etc/shadow", shadow_write(&t, &d->j, &e));
}

static void passwd(struct drive *d)
{
	struct target t = {.fd = d->root};

	claim(d, "/etc/passwd",
	      shadow_write_passwd(&t, &d->j, &(struct account_edit){"ada", 6, "/bin/bash"}));
}

/* A stack rewritten, a file put right, one made, one removed, a link, a folder. */
static void pam(struct drive *d)
{
	struct journal *j = &d->j;
	struct file_attr attr = {.set_mode = true, .set_owner = true, .mode = 0644};

	claim(d, "/etc/pam.d/login", file_replace(j, "/etc/pam.d/login", STACK, 52, NULL));
	claim(d, "/etc/pam.d/su", file_meta(j, "/etc/pam.d/su", &attr));
	attr.mode = 0755;
	claim(d, "/etc/pam.d", file_meta(j, "/etc/pam.d", &attr));
	claim(d, "/etc/pam.d/other", file_replace(j, "/etc/pam.d/other", STACK, 52, NULL));
	claim(d, "/etc/nologin", file_remove(j, "/etc/nologin"));
	claim(d, "/etc/localtime", file_symlink(j, "/etc/localtime", "/usr/share/zone"));
	claim(d, "/home/ada", file_mkdir(j, "/home/ada", &attr));
	claim(d, "/bin/su",
	      file_meta(j, "/bin/su", &(struct file_attr){.set_mode = true, .mode = 04755}));
	claim(d, "/etc/label", file_xattr(j, "/etc/label", "security.selinux", "etc_t"));
}

/* A captured library takes the place of the broken one and of its link. */
static void library(struct drive *d)
{
	int fd = openat(d->root, "usr/lib/good.so", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		d->failed = true;
		return;
	}
	claim(d, LIB ".1.1.0", file_replace_from(&d->j, LIB ".1.1.0", fd, NULL));
	claim(d, LIB ".1", file_install(&d->j, LIB ".1", fd, NULL));
	close(fd);
}

static void mixed(struct drive *d)
{
	shadow(d);
	pam(d);
	library(d);
}

static void expect(struct drive *d, int rc, int error)
{
	d->failed = d->failed || rc != -1 || errno != error;
}

/* What is refused, and changes nothing; and a path longer than the journal remembers. */
static void odd(struct drive *d)
{
	static char name[5000];
	struct journal *j = &d->j;
	int fd = openat(d->root, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(name, 'n', sizeof name - 1);
	claim(d, "/deep/file", file_replace(j, "/deep/file", "new\n", 4, NULL));
	expect(d, file_replace_from(j, "/etc/label", fd, NULL), fd < 0 ? EBADF : EINVAL);
	expect(d, file_symlink(j, "/usr/share/full", "x"), EISDIR);
	expect(d, file_symlink(j, "/etc/localtime", name), ENAMETOOLONG);
	expect(d, file_mkdir(j, "/etc/label", NULL), EEXIST);
	expect(d, file_meta(j, "/etc/gone", NULL), ENOENT);
	expect(d, file_xattr(j, "/etc/gone", "user.x", "y"), ENOENT);
	expect(d, file_delete_unjournalled(d->root, "/gone/file"), ENOENT);
	expect(d, file_delete_unjournalled(d->root, "/etc"), EINVAL);
	if (fd >= 0)
		close(fd);
}

/* What a process that was killed in its commit leaves. */
static void half(struct drive *d)
{
	if (journal_note(&d->j, 0, JOURNAL_BEGIN))
		return;
	mixed(d);
	_exit(d->failed);
}

/* What a package manager made in a trial. */
static void commit(struct drive *d)
{
	static const char *const scratch[] = {"/var/cache", NULL};
	struct trial t = {.kind = TRIAL_OVERLAY, .nmounts = 1, .mounts = {{.at = "/"}}};
	unsigned n = 0;
	int rc;

	snprintf(t.mounts[0].upper, sizeof t.mounts[0].upper, "%s", d->upper);
	rc = trial_commit(&t, &d->j, scratch, &n);
	d->failed = rc;
	say(rc ? "commit failed\n" : "commit done\n");
}

/* A program that writes in place. A new name it made is known to nobody when it is killed then:
 * that is this footing's weakness. */
static int program(struct drive *d)
{
	int fd = openat(d->root, "usr/lib/libcrypt.so.1.1.0", O_WRONLY | O_TRUNC | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	rc = write(fd, "rebuilt\n", 8) == 8 && unlinkat(d->root, "usr/lib/libcrypt.so.1", 0) == 0 &&
		     symlinkat("./libcrypt.so.1.1.0", d->root, "usr/lib/libcrypt.so.1") == 0
		 ? 0
		 : -1;
	return close(fd) || rc ? -1 : 0;
}

static void in_place(struct drive *d)
{
	struct keep *k = keep_start(&d->j, false);
	bool armed = k && keep_add(k, LIB "*") == 0 && keep_arm(k) >= 0, proven = false;
	int rc;

	if (armed)
		proven = program(d) == 0;
	rc = keep_end(k, proven);
	d->failed = rc || !proven;
	say("commit %s\n", !d->failed ? "done"
			   : rc	      ? "failed, and not all of it could be undone"
				      : "failed");
}

static void logs(struct drive *d)
{
	struct target t = {.fd = d->root, .os_id = "tiny"};
	struct logdir l;
	int rc;

	snprintf(t.root, sizeof t.root, "%s", d->name);
	snprintf(t.boot, sizeof t.boot, "%s/boot", d->name);
	logdir_places(&l, &t, "", d->run);
	for (int i = 0; i < 300; i++)
		log_put(LOG_MAIN, "line %d sequence 1", i);
	log_put(LOG_PIVOTS, "tried: one | failed: two | next: three");
	rc = logdir_copy(&l);
	if (rc == 0) {
		log_put(LOG_MAIN, "more");
		rc = logdir_copy(&l);
	}
	d->failed = rc;
	say("logs %s\n", rc ? "failed" : "done");
	logdir_prune(&l);
}

static void undo_line(void *arg, const struct rollback_line *l)
{
	(void)arg;
	say("undo %s %s\n", l->path, l->refused ? "refused" : "old");
}

static int undo(struct drive *d)
{
	char name[64] = "";
	int rc = journal_rollback(d->root, NULL, name, undo_line, NULL);

	if (rc >= 0)
		return rc;
	return errno == ENOENT && !*name ? 3 : 1;
}

static const struct {
	char name[12];
	void (*fn)(struct drive *d);
} paths[] = {{"shadow", shadow}, {"passwd", passwd},	 {"pam", pam},	 {"library", library},
	     {"commit", commit}, {"in-place", in_place}, {"logs", logs}, {"mixed", mixed},
	     {"odd", odd},	 {"half", half},	 {"open", NULL}};

static int drive(struct drive *d, const char *path)
{
	if (!strcmp(path, "undo"))
		return undo(d);
	if (!strcmp(path, "forget"))
		return journal_forget(d->root, d->run) ? 1 : 0;
	if (journal_open(&d->j, d->root, d->run, 0))
		return 2;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (!strcmp(paths[i].name, path) && paths[i].fn)
			paths[i].fn(d);
	journal_close(&d->j);
	return d->failed;
}

int main(int argc, char **argv)
{
	struct drive d = {.upper = argc > 4 ? argv[4] : ""};
	const char *said;
	size_t len;
	int status;

	if (argc < 4 || log_start())
		return 2;
	d.name = argv[1];
	d.run = argv[2];
	d.root = open(d.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.root < 0)
		return 2;
	status = drive(&d, argv[3]);
	log_view(LOG_MAIN, &said, &len);
	if (strcmp(argv[3], "logs"))
		say_text(said, len);
	return status;
}
