/* families: the detections behind the rows of the check table, and their repairs, one file a
 * family. Detections read only. */
#ifndef CHECKS_FAMILIES_H
#define CHECKS_FAMILIES_H

#include "base/buf.h"
#include "checks/check.h"
#include "target/accounts.h"
#include "target/pam.h"

void detect_space(struct check_context *c);
void detect_modes(struct check_context *c);
int repair_modes(struct check_context *c);
void detect_setuid(struct check_context *c);
int repair_setuid(struct check_context *c);
void detect_nss(struct check_context *c);
int repair_nss(struct check_context *c);
void detect_binaries(struct check_context *c);
int repair_binaries(struct check_context *c);
void detect_selinux(struct check_context *c);
int repair_selinux(struct check_context *c);
void detect_readonly(struct check_context *c);
void detect_hibernated(struct check_context *c);
void detect_loader(struct check_context *c);
/* The next link of a merged /usr that is gone; *i starts with 0. False: there is none any more. */
bool loader_lost_link(const struct target *t, unsigned *i, const char **link, const char **to);
void detect_libcrypt(struct check_context *c);
void detect_display(struct check_context *c);
int repair_display(struct check_context *c);
void detect_getty(struct check_context *c);
int repair_getty(struct check_context *c);
void detect_keymap(struct check_context *c);
void detect_declarative(struct check_context *c);
void detect_ostree(struct check_context *c);

/* locks.c: what a crash left in the way of passwd(1) and package managers */
void detect_locks(struct check_context *c);
int repair_account_locks(struct check_context *c);
int repair_package_locks(struct check_context *c);

/* shadow.c: passwd, shadow, group, gshadow as files */
void detect_damaged(struct check_context *c);
int repair_damaged(struct check_context *c);

#define ACCOUNT_PEOPLE 500 /* from this uid on people, on old systems and new ones */
/* account.c: what the account's own lines say */
bool account_of_user(const struct check_context *c, struct account *a);
void detect_locked(struct check_context *c);
int repair_locked(struct check_context *c);
void detect_expired(struct check_context *c);
int repair_expired(struct check_context *c);

/* home.c: what the account needs besides */
void detect_shell(struct check_context *c);
int repair_shell(struct check_context *c);
void detect_home(struct check_context *c);
int repair_home(struct check_context *c);
void detect_tied(struct check_context *c);
void detect_homed(struct check_context *c);
/* A shell that is there and starts. */
bool home_shell(const struct target *t, char *dst, size_t cap);
/* Is something of the user's opened by the old password alone, or can't it be looked at? *what: a
 * static string. */
bool home_tied(const struct target *t, const struct account *a, const char **what);

/* gates.c: modules that bar a sound account. The first line of login's stack that names one. */
bool gate_find(const struct target *t, const char *module, struct pam_line *l);
/* A module's configuration file (NULL: none) and its arguments, a line each: these win. */
void gate_settings(const struct target *t, const char *conf, const struct pam_line *l,
		   struct buf *b);
/* The value of "key = value" in them, the last one's; "" for a bare key. False: not set. */
bool gate_get(const struct buf *b, const char *key, char *dst, size_t cap);
/* Is the file there, and not gone with the next boot? On the running system /run counts. */
bool gate_stays(const struct target *t, const char *path);
void detect_nologin(struct check_context *c);
int repair_nologin(struct check_context *c);
void detect_securetty(struct check_context *c);
int repair_securetty(struct check_context *c);

/* tally.c: failed logins that were counted */
void detect_faillock(struct check_context *c);
int repair_faillock(struct check_context *c);

/* pam.c, pam_mend.c */
void detect_pam(struct check_context *c);
int repair_pam(struct check_context *c);

#endif
