/* accounts_text: passwd, shadow, group, login.defs and pam.d lines as bytes; pure, fed with hostile content. */
#ifndef TARGET_ACCOUNTS_TEXT_H
#define TARGET_ACCOUNTS_TEXT_H

#include "target/accounts.h"

/* Is this name's line? Lines of NIS ("+", "-") and comments are nobody's. */
bool accounts_is_line_of(const char *line, size_t len, const char *name);
/* How many ':'-separated fields a line has (at least 1). */
unsigned accounts_fields(const char *line, size_t len);
/* Copy field n, NUL-terminated. 0, or -1: absent, too long, or with a NUL byte in it. */
int accounts_copy_field(const char *line, size_t len, unsigned n, char *dst, size_t cap);
/* Fill name, uid, gid, home, shell from a passwd(5) line. 0, or -1 EINVAL: no account's line. The password field decides
 * in_shadow; a hash that stands there itself is judged. */
int accounts_parse_passwd(const char *line, size_t len, struct account *a);
/* Fill the rest from a shadow(5) line. */
void accounts_parse_shadow(const char *line, size_t len, struct account *a);
/* The groups of administrators: wheel, sudo, admin. Of a list of more members than fit here the first are known. */
#define ACCOUNTS_ADMINS 3
struct accounts_admins {
	bool there[ACCOUNTS_ADMINS];
	long gid[ACCOUNTS_ADMINS]; /* -1: no number */
	size_t len[ACCOUNTS_ADMINS];
	char list[ACCOUNTS_ADMINS][8192];
};
/* Note the group(5) line when it is the first of one of them. */
bool accounts_admin_group(const char *line, size_t len, struct accounts_admins *to);
/* Is name a member of one of them (by list, or by gid as primary group)? */
bool accounts_is_admin(const struct accounts_admins *in, const char *name, gid_t gid);
/* The value of key in login.defs(5) text. 0/-1. */
int accounts_def(const char *data, size_t len, const char *key, char *dst, size_t cap);
/* The method a "password" line of pam_unix.so names in a pam.d file; HASH_NONE when none does. */
enum hash_method accounts_pam_method(const char *data, size_t len);
/* Is a shadow(5) line whole (nine fields and a name)? */
bool accounts_whole_line(const char *line, size_t len);
/* May somebody log in with this shell (it isn't nologin, false, sync, halt, shutdown)? */
bool accounts_login_shell(const char *shell);

#endif
