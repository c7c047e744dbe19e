#include "checks/families.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/accounts_text.h"
#include "target/ldso.h"
#include "target/shadow.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* --- the shell */

#define SHELLS_MOST (64u << 10)

/* The next shell of shells(5) text. */
static bool next_shell(const char **p, const char *end, char *dst, size_t cap)
{
	const char *line;
	size_t n;

	while (line_next(p, end, &line, &n)) {
		if (!n || *line != '/' || n >= cap || memchr(line, 0, n))
			continue;
		memcpy(dst, line, n);
		dst[n] = 0;
		dst[strcspn(dst, " \t\r:#")] = 0;
		return true;
	}
	return false;
}

/* Is it listed? Without a list nothing is said against it. */
static bool is_listed(const struct target *t, const char *shell)
{
	char one[256];
	size_t len;
	char *data = path_slurp(t->fd, "/etc/shells", SHELLS_MOST, &len);
	const char *p = data;
	bool found = !data;

	while (!found && next_shell(&p, data + len, one, sizeof one))
		found = !strcmp(one, shell);
	if (data)
		path_release(data, len);
	return found;
}

/* Why this shell keeps its user out; NULL: it does not. */
static const char *shell_fault(const struct target *t, const char *shell)
{
	struct pam_line gate = {.type = ""};
	struct stat st;

	if (target_is_unknown(t, shell))
		return NULL;
	if (path_stat(t->fd, shell, true, &st))
		return "is not there";
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return "cannot be executed";
	if (is_listed(t, shell) || !gate_find(t, "pam_shells.so", &gate))
		return NULL;
	return "is not in /etc/shells, and pam_shells asks";
}

static const char *shell_of(const struct account *a)
{
	return *a->shell ? a->shell : "/bin/sh";
}

/* A shell that runs but is not listed (rrsync, git-shell, nologin) may be a restriction: only who
 * was named gets another. */
static bool may_change(const struct check_context *c, const struct account *a)
{
	struct stat st;

	if (path_stat(c->t->fd, shell_of(a), true, &st) || !S_ISREG(st.st_mode) ||
	    !(st.st_mode & 0111))
		return true;
	return c->named && accounts_login_shell(shell_of(a));
}

void detect_shell(struct check_context *c)
{
	struct cause cause = {"shell-missing", SEVERITY_ERROR, BLOCKS_USER,
			      "phase 4 gives it /bin/bash or another of /etc/shells"};
	struct account a;
	const char *fault;

	if (!account_of_user(c, &a) || !(fault = shell_fault(c->t, shell_of(&a))))
		return;
	if (!may_change(c, &a))
		cause.action = "it runs, and may be meant: name the user (rd.recovery.user=NAME, "
			       "--user NAME) for another one";
	check_found(c, &cause, "/etc/passwd line %u: %s: its shell %s %s", a.passwd_line, a.name,
		    shell_of(&a), fault);
}

/* May it take a missing shell's place? */
static bool is_fit(const struct target *t, const char *shell)
{
	char why[200];

	return accounts_login_shell(shell) && !target_is_unknown(t, shell) &&
	       !shell_fault(t, shell) && !ldso_resolves(t->fd, shell, why, sizeof why);
}

bool home_shell(const struct target *t, char *dst, size_t cap)
{
	size_t len = 0;
	char *data = path_slurp(t->fd, "/etc/shells", SHELLS_MOST, &len);
	const char *p = data;
	bool found;

	str_copy(dst, cap, "/bin/bash");
	found = is_fit(t, dst);
	while (!found && data && next_shell(&p, data + len, dst, cap))
		found = is_fit(t, dst);
	if (data)
		path_release(data, len);
	if (found)
		return true;
	str_copy(dst, cap, "/bin/sh");
	return is_fit(t, dst);
}

int repair_shell(struct check_context *c)
{
	struct account a;
	char shell[256];

	if (!account_of_user(c, &a) || !shell_fault(c->t, shell_of(&a)) || !may_change(c, &a) ||
	    !home_shell(c->t, shell, sizeof shell))
		return -1;
	return shadow_write_passwd(c->t, c->journal, &(struct account_edit){a.name, 6, shell});
}

/* --- the home */

enum home_state { HOME_FINE, HOME_MISSING, HOME_FOREIGN, HOME_CLOSED };

/* Does an automounter's or pam's own hand put it there? */
static bool comes_later(const struct target *t, const char *home)
{
	static const char maps[][24] = {"/etc/auto.master", "/etc/autofs/auto.master"};
	static const char units[][35] = {"/etc/systemd/system/home.mount",
					 "/etc/systemd/system/home.automount"};
	static const char makers[][18] = {"pam_mkhomedir.so", "pam_mount.so"};
	char data[8192];
	struct pam_line gate = {.type = ""};

	for (unsigned i = 0; i < 2; i++) {
		const char *p = data, *line;
		ssize_t len = path_read(t->fd, maps[i], data, sizeof data);
		size_t n;

		if (gate_find(t, makers[i], &gate) ||
		    (str_starts(home, "/home/") && path_exists(t->fd, units[i])))
			return true;
		while (len > 0 && line_next(&p, data + len, &line, &n)) {
			size_t w = strcspn(line, " \t\n");

			if (w > 1 && w <= n && !strncmp(home, line, w) && strchr("/", home[w]))
				return true;
		}
	}
	return false;
}

static enum home_state home_state(const struct target *t, const struct account *a, struct stat *st)
{
	if ((a->uid && a->uid < ACCOUNT_PEOPLE) || *a->home != '/' || !a->home[1] ||
	    target_is_unknown(t, a->home))
		return HOME_FINE;
	if (path_stat(t->fd, a->home, true, st) || !S_ISDIR(st->st_mode))
		return comes_later(t, a->home) ? HOME_FINE : HOME_MISSING;
	if (st->st_uid != a->uid)
		return HOME_FOREIGN;
	return (st->st_mode & S_IRWXU) == S_IRWXU ? HOME_FINE : HOME_CLOSED;
}

void detect_home(struct check_context *c)
{
	static const char seen[][38] = {"", "is not there", "belongs to uid",
					"is closed to its own user, mode"};
	struct cause cause = {"home-missing", SEVERITY_WARNING, BLOCKS_DISPLAY,
			      "phase 4 makes the directory, or gives it to its user"};
	enum home_state s;
	struct account a;
	struct stat st;
	char text[8] = "";

	if (!account_of_user(c, &a) || !(s = home_state(c->t, &a, &st)))
		return;
	accounts_login_def(c->t, "DEFAULT_HOME", text, sizeof text);
	if (strcmp(text, "yes")) { /* then login(1) goes on in / */
		cause.severity = SEVERITY_ERROR;
		cause.blocks = BLOCKS_USER;
	}
	text[0] = 0;
	if (s != HOME_MISSING)
		snprintf(text, sizeof text, s == HOME_FOREIGN ? " %u" : " %04o",
			 s == HOME_FOREIGN ? (unsigned)st.st_uid : (unsigned)st.st_mode & 07777);
	check_found(c, &cause, "/etc/passwd line %u: %s: its home %s %s%s", a.passwd_line, a.name,
		    a.home, seen[s], text);
}

static int owns(void *arg, const struct account *a)
{
	const uid_t *uid = arg;

	return a->uid && a->uid == *uid;
}

/* useradd(8)'s rule: HOME_MODE, else what UMASK leaves. */
static mode_t home_mode(const struct target *t)
{
	char text[8], *end = text;
	long v = 0;

	if (!accounts_login_def(t, "HOME_MODE", text, sizeof text))
		v = strtol(text, &end, 8);
	else if (!accounts_login_def(t, "UMASK", text, sizeof text))
		v = 0777 & ~strtol(text, &end, 8);
	/* nonsense, or wider than anything this program makes */
	return end > text && !*end && v > 0 && v <= 0777 ? (mode_t)(v & 0755) | S_IRWXU : 0700;
}

/* /home/NAME itself, no link to elsewhere: nobody's but the user's. */
static bool is_of_name(const struct target *t, const struct account *a)
{
	const char *slash = strrchr(a->home, '/');
	struct stat st;

	return str_starts(a->home, "/home/") && !strcmp(slash + 1, a->name) &&
	       path_stat(t->fd, a->home, false, &st) == 0 && S_ISDIR(st.st_mode);
}

int repair_home(struct check_context *c)
{
	struct file_attr attr = {.set_mode = true, .set_owner = true};
	enum home_state s;
	struct account a;
	struct stat st;
	uid_t owner;

	if (!account_of_user(c, &a) || !(s = home_state(c->t, &a, &st)))
		return -1;
	attr.uid = a.uid;
	attr.gid = a.gid;
	if (s == HOME_MISSING) {
		attr.mode = home_mode(c->t);
		return file_mkdir(c->journal, a.home, &attr);
	}
	/* another person's directory stays theirs, and the system's (/var/www, /srv) its own */
	owner = st.st_uid;
	if (s == HOME_FOREIGN && (!is_of_name(c->t, &a) || accounts_each(c->t, owns, &owner)))
		return -1;
	attr.mode = (st.st_mode & 01777) | S_IRWXU;
	if (s == HOME_CLOSED)
		attr.gid = st.st_gid;
	return file_meta(c->journal, a.home, &attr);
}

/* --- what the old password alone opens */

static bool is_encrypted(const struct target *t, const char *home)
{
	int fd = path_open(t->fd, home, O_RDONLY | O_DIRECTORY, 0), flags = 0;
	bool yes = fd >= 0 && !ioctl(fd, (int)FS_IOC_GETFLAGS, &flags) && (flags & FS_ENCRYPT_FL);

	if (fd >= 0)
		close(fd);
	return yes;
}

bool home_tied(const struct target *t, const struct account *a, const char **what)
{
	/* in the home, or named by the user elsewhere */
	static const struct {
		char path[38], what[14];
	} marks[] = {
	    {"/.ecryptfs", "ecryptfs"},
	    {"/.Private", "ecryptfs"},
	    {"/.fscrypt", "fscrypt"},
	    {"/.local/share/keyrings/login.keyring", "gnome-keyring"},
	    {"/.local/share/kwalletd/kdewallet.kwl", "kwallet"},
	};
	char path[400];

	*what = "a home that is not mounted";
	if (target_is_unknown(t, a->home))
		return true;
	for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++) {
		snprintf(path, sizeof path, "%s%s", a->home, marks[i].path);
		*what = marks[i].what;
		if (path_exists(t->fd, path))
			return true;
	}
	*what = "ecryptfs";
	snprintf(path, sizeof path, "/home/.ecryptfs/%s", a->name);
	if (path_exists(t->fd, path))
		return true;
	*what = "fscrypt";
	return is_encrypted(t, a->home) || path_exists(t->fd, "/.fscrypt/policies") ||
	       path_exists(t->fd, "/home/.fscrypt/policies");
}

void detect_tied(struct check_context *c)
{
	static const struct cause cause = {
	    "home-encrypted", SEVERITY_NOTE, BLOCKS_NOBODY,
	    "a new password does not open it: repair before you reset "
	    "(rd.recovery.password=keep; generate resets all the same)"};
	struct account a;
	const char *what;

	if (account_of_user(c, &a) && !target_is_unknown(c->t, a.home) &&
	    home_tied(c->t, &a, &what))
		check_found(c, &cause, "%s: %s is tied to the old password: %s", a.home, what,
			    a.name);
}

/* --- systemd-homed: the account lies in its home, not in shadow */

#define HOMED "/var/lib/systemd/home"

/* A record "NAME.identity": the user asked for, or else the first. */
static int see_identity(void *arg, int dirfd, const char *name)
{
	char *found = arg;
	size_t n = strlen(name);

	(void)dirfd;
	if (n <= 9 || n > 64 || strcmp(name + n - 9, ".identity"))
		return 0;
	snprintf(found, 64, "%.*s", (int)n - 9, name);
	return 1;
}

static bool is_homed(const struct target *t, const char *user)
{
	static const char forms[][38] = {HOMED "/%s.identity", "/home/%s.homedir", "/home/%s.home"};
	char path[200];

	for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
		const char *at = strchr(forms[i], '%');

		snprintf(path, sizeof path, "%.*s%s%s", (int)(at - forms[i]), forms[i], user,
			 at + 2);
		if (path_exists(t->fd, path))
			return true;
	}
	return false;
}

void detect_homed(struct check_context *c)
{
	struct cause cause = {
	    "homed-user", SEVERITY_NOTE, BLOCKS_NOBODY,
	    "as root on the booted system: homectl inspect NAME; homectl passwd NAME"};
	char name[64] = "";
	struct pam_line gate = {.type = ""};
	struct account a;

	if (c->user && *c->user && !account_of_user(c, &a) && is_homed(c->t, c->user))
		snprintf(name, sizeof name, "%s", c->user);
	else
		path_each(c->t->fd, HOMED, see_identity, name);
	if (!*name)
		return;
	if (c->user && !strcmp(name, c->user) && !gate_find(c->t, "pam_systemd_home.so", &gate)) {
		cause.severity = SEVERITY_ERROR;
		cause.blocks = BLOCKS_USER;
		cause.action = "bring back systemd-homed and pam_systemd_home in /etc/pam.d; then: "
			       "systemctl enable --now systemd-homed; homectl inspect NAME";
	}
	check_found(c, &cause, "%s is an account of systemd-homed, not of /etc/shadow%s", name,
		    cause.severity == SEVERITY_ERROR ? "; nothing in /etc/pam.d/login asks it"
						     : ": this program cannot judge it");
}
