#include "checks/check.h"

#include "checks/families.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct check checks[] = {
    /* first: owners are names, and the hashes say what libcrypt has to do */
    {"shadow-damaged", 3, detect_damaged, repair_damaged,
     "a file of accounts or passwords is damaged"},
    {"disk-full", 2, detect_space, NULL,
     "a file system that a login writes to is full"},
    {"hibernated", 0, detect_hibernated, NULL,
     "a hibernated system waits in the swap space"},
    {"root-readonly", 0, detect_readonly, NULL,
     "the root file system can only be read"},
    {"etc-modes", 3, detect_modes, repair_modes,
     "a file or folder that a login needs has wrong permissions"},
    {"setuid-lost", 3, detect_setuid, repair_setuid,
     "a program has lost the right to act as root (setuid)"},
    {"nss-broken", 3, detect_nss, repair_nss,
     "the system cannot look up its accounts (nsswitch)"},
    {"shadow-locked", 2, detect_locks, repair_account_locks,
     "a lock on the account files was left behind"},
    {"package-locked", 2, NULL, repair_package_locks,
     "a lock on the package manager was left behind"},
    {"loader-missing", 3, detect_loader, NULL,
     "programs cannot start: the loader or the C library is damaged"},
    {"libcrypt-missing", 3, NULL, NULL,
     "the library that checks passwords is missing or damaged"},
    {"libcrypt-method", 3, detect_libcrypt, NULL,
     "the library that checks passwords can no longer check them"},
    {"hash-legacy", 4, NULL, NULL,
     "a password is stored in a way too old for this system"},
    {"hash-too-new", 4, NULL, NULL,
     "a password is stored in a way too new for this system"},
    {"account-locked", 4, NULL, repair_locked,
     "the account is locked"},
    {"root-locked", 4, detect_locked, repair_locked,
     "root's account is locked"},
    {"account-expired", 4, detect_expired, repair_expired,
     "the account or its password has expired"},
    {"shell-missing", 4, detect_shell, repair_shell,
     "the account's shell is missing or not allowed"},
    {"home-missing", 4, detect_home, repair_home,
     "the account's home folder is missing"},
    {"nologin", 4, detect_nologin, repair_nologin,
     "logins are switched off by a nologin file"},
    {"faillock", 4, detect_faillock, repair_faillock,
     "the account is locked after too many wrong passwords"},
    {"securetty", 4, detect_securetty, repair_securetty,
     "root may not log in at this console (securetty)"},
    {"selinux-label", 5, detect_selinux, repair_selinux,
     "a file has a wrong SELinux label"},
    {"binary-missing", 5, detect_binaries, repair_binaries,
     "a program that a login needs is missing or damaged"},
    {"libc-mismatch", 5, NULL, repair_binaries,
     "programs and the C library do not fit together"},
    {"pam-file-missing", 5, detect_pam, repair_pam,
     "a file with the rules of login (PAM) is missing"},
    {"pam-module-missing", 5, NULL, repair_pam,
     "the rules of login (PAM) name a part that is missing"},
    {"pam-module-unloadable", 5, NULL, repair_pam,
     "the rules of login (PAM) name a part that cannot be loaded"},
    {"pam-bad-jump", 5, NULL, repair_pam,
     "the rules of login (PAM) lead nowhere"},
    {"pam-permissive", 5, NULL, repair_pam,
     "the rules of login (PAM) accept any password"},
    {"dm-broken", 6, detect_display, repair_display,
     "the graphical login cannot start"},
    {"dm-disabled", 6, NULL, repair_display,
     "the graphical login is not switched on"},
    {"getty-missing", 6, detect_getty, repair_getty,
     "no text login is started on the screen"},
    {"homed-user", 0, detect_homed, NULL,
     "systemd-homed keeps the account, and only it can change that"},
    {"home-encrypted", 0, detect_tied, NULL,
     "the home folder is encrypted under the old password"},
    {"pam-foreign", 0, NULL, NULL,
     "something outside this system decides who may log in"},
    {"keymap", 0, detect_keymap, NULL,
     "the keyboard at the login may be another than yours"},
    {"declarative-users", 0, detect_declarative, NULL,
     "the accounts are made from the system's configuration"},
    {"ostree-root", 0, detect_ostree, NULL,
     "/usr is an image that cannot be changed here"},
    {0},
};
/* clang-format on */

const char *check_words(const char *id)
{
	for (const struct check *k = checks; k->id; k++)
		if (!strcmp(k->id, id))
			return k->words;
	return strcmp(id, "root-unmounted") ? id : "the root file system could not be mounted";
}

static const struct check *find_row(const char *id)
{
	const struct check *k = checks;

	while (k->id && strcmp(k->id, id))
		k++;
	return k->id ? k : NULL;
}

void check_found(struct check_context *c, const struct cause *cause, const char *fmt, ...)
{
	const struct check *row = find_row(cause->id);
	struct finding f = {
	    .severity = cause->severity, .blocks = cause->blocks, .repairable = row && row->phase};
	va_list ap;

	snprintf(f.id, sizeof f.id, "%s", cause->id);
	snprintf(f.action, sizeof f.action, "%s", cause->action);
	va_start(ap, fmt);
	vsnprintf(f.evidence, sizeof f.evidence, fmt, ap);
	va_end(ap);
	report_finding(c->report, &f);
}

void check_detect_all(struct check_context *c)
{
	for (const struct check *k = checks; k->id; k++)
		if (k->detect)
			k->detect(c);
}

struct report *check_look(const struct check_context *c)
{
	struct check_context again = *c;

	again.report = calloc(1, sizeof *again.report);
	again.journal = NULL;
	if (again.report) {
		again.report->scratch = true;
		check_detect_all(&again);
	}
	return again.report;
}

static bool still_found(const struct check_context *c, const char *id)
{
	struct report *now = check_look(c);
	bool found = !now;

	for (unsigned i = 0; now && i < now->nfindings; i++)
		found |=
		    now->findings[i].severity != SEVERITY_NOTE && !strcmp(now->findings[i].id, id);
	free(now);
	return found;
}

/* A note says how things are: nothing to repair. */
static bool open_fault(const struct report *r, const char *id)
{
	for (unsigned i = 0; i < r->nfindings; i++)
		if (r->findings[i].severity != SEVERITY_NOTE &&
		    r->findings[i].state == FINDING_OPEN && !strcmp(r->findings[i].id, id))
			return true;
	return false;
}

/* What an earlier repair has uncovered: it would be the next run's finding. */
static void look_again(struct check_context *c, int phase)
{
	struct report *now = check_look(c);

	for (unsigned i = 0; now && i < now->nfindings; i++) {
		const struct check *row = find_row(now->findings[i].id);

		if (row && row->phase == phase && row->repair &&
		    now->findings[i].severity != SEVERITY_NOTE && !open_fault(c->report, row->id))
			report_finding(c->report, &now->findings[i]);
	}
	free(now);
}

unsigned check_repair_phase(struct check_context *c, int phase, unsigned *n)
{
	unsigned open = 0;

	if (c->journal)
		look_again(c, phase);
	for (const struct check *k = checks; k->id; k++) {
		bool repaired;

		if (k->phase != phase || !k->repair || !open_fault(c->report, k->id))
			continue;
		repaired = c->journal && k->repair(c) == 0 && !still_found(c, k->id);
		report_settle(c->report, k->id, repaired ? FINDING_REPAIRED : FINDING_FAILED);
		*n += repaired;
		open += !repaired;
	}
	return open;
}
