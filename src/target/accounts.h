/* accounts: passwd(5), shadow(5), group(5) and login.defs(5), read in one pass and a fixed memory however many accounts they hold; one field of one
 * line is edited, every other byte stays. */
#ifndef TARGET_ACCOUNTS_H
#define TARGET_ACCOUNTS_H

#include "base/file.h"
#include "base/hash.h"
#include "base/lines.h"
#include "target/target.h"

struct account {
	char name[64], home[256], shell[256];
	uid_t uid; gid_t gid;
	bool in_shadow;
	unsigned passwd_line, shadow_line;  /* 1-based, 0 when absent */
	enum hash_method method;            /* of the stored hash, without a leading lock mark */
	bool locked;                        /* a '!' or '*' before or instead of the hash */
	bool empty;                         /* no password at all */
	bool damaged;                       /* wrong field count, or a hash of no known form */
	long lastchg, min, max, warn, inactive, expire; /* shadow's days; -1 when empty */
};

/* Find name's line in [data,len): its bounds. 0, or -1 ENOENT. Lines of NIS ("+", "-") and comments never match. Pure, as is the next one. */
int accounts_line(const char *data, size_t len, const char *name, size_t *start, size_t *end);
/* Field n (0-based) of a ':'-separated line. 0/-1. */
int accounts_field(const char *line, size_t len, unsigned n, const char **field, size_t *flen);
/* Go on to name's line, by the same rule. False: ENOENT, or the reading error. */
bool accounts_find(struct lines *l, const char *name);
/* Go on to the line an edit is for; s becomes the edit, with e's value in it. 0, or -1: as above, ERANGE (no such field), EMSGSIZE (a line too long to edit). */
struct account_edit { const char *name; unsigned field; const char *value; };
int accounts_find_field(struct lines *l, const struct account_edit *e, struct splice *s);

/* Fill a from the target's passwd and shadow. 0, or -1 ENOENT (no such user) or the reading error. *bad gets the file at fault (static string). */
int accounts_get(const struct target *t, const char *name, struct account *a, const char **bad);
/* Call fn for every account, in file order, with what passwd says of it, and a hash that stands there itself. fn non-zero stops. -1 when passwd cannot be read. */
int accounts_each(const struct target *t, int (*fn)(void *arg, const struct account *a), void *arg);
/* Call fn for every stored hash: an account with its name and what a line of shadow says, or passwd's where the hash stands in it. fn non-zero stops. */
int accounts_each_hash(const struct target *t, int (*fn)(void *arg, const struct account *a), void *arg);
/* The first n accounts as accounts_get fills them. How many they are; *all: how many there are. -1 when passwd cannot be read. */
int accounts_first(const struct target *t, struct account *list, unsigned n, unsigned *all);
/* DESIGN.md "Which user". wanted NULL or "": choose. name gets it, reason why. 0, or -1 ENOENT. */
int accounts_choose(const struct target *t, const char *wanted, char name[64], char reason[160]);
/* A login.defs value ("ENCRYPT_METHOD", "UID_MIN"). 0/-1. */
int accounts_login_def(const struct target *t, const char *key, char *dst, size_t cap);
/* Why this account can't log in whatever the hash: "locked", "expired on day N", "shell /bin/x is missing", ...; "" when nothing is seen. today: days
 * since 1970, or -1 when the clock is not believable. Returns dst. */
char *accounts_obstacle(const struct target *t, const struct account *a, long today, char *dst, size_t cap);
/* Bit set (1u << method) of the methods in shadow, and the one new passwords get (PAM's pam_unix argument before login.defs' ENCRYPT_METHOD, else HASH_NONE). */
unsigned accounts_methods(const struct target *t);
/* Those pam_unix verifies with code of its own, whatever libcrypt does: MD5 where it is there. Not among accounts_methods'. */
unsigned accounts_pam_methods(const struct target *t);
enum hash_method accounts_default_method(const struct target *t);
/* Days since 1970 when the clock can be believed (not before the newest of a few target files), else -1. */
long accounts_today(const struct target *t);

#endif
