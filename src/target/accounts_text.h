/* accounts_text: passwd, shadow, group, login.defs and pam.d lines as bytes; pure, fed with hostile content. */
#ifndef TARGET_ACCOUNTS_TEXT_H
#define TARGET_ACCOUNTS_TEXT_H

#include "target/accounts.h"

/* How many ':'-separated fields a line has (at least 1). */
unsigned accounts_fields(const char *line, size_t len);
/* Copy field n, NUL-terminated. 0, or -1: absent, too long, or with a NUL byte in it. */
int accounts_copy_field(const char *line, size_t len, unsigned n, char *dst, size_t cap);
/* Fill name, uid, gid, home, shell from a passwd(5) line. 0, or -1 EINVAL: no account's line. The password field decides
 * in_shadow; a hash that stands there itself is judged. */
int accounts_parse_passwd(const char *line, size_t len, struct account *a);
/* Fill the rest from a shadow(5) line. */
void accounts_parse_shadow(const char *line, size_t len, struct account *a);
/* Is name a member of one of wheel, sudo, admin (by list, or by gid as primary group)? */
bool accounts_is_admin(const char *group, size_t len, const char *name, gid_t gid);
/* The value of key in login.defs(5) text. 0/-1. */
int accounts_def(const char *data, size_t len, const char *key, char *dst, size_t cap);
/* The method a "password" line of pam_unix.so names in a pam.d file; HASH_NONE when none does. */
enum hash_method accounts_pam_method(const char *data, size_t len);
/* How many lines of shadow text are whole (nine fields and a name). */
unsigned accounts_whole_lines(const char *data, size_t len);
/* May somebody log in with this shell (it isn't nologin, false, sync, halt, shutdown)? */
bool accounts_login_shell(const char *shell);

#endif
