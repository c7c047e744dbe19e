/* userdb_own: what userdb.c and userdb_mend.c share. */
#ifndef TARGET_USERDB_OWN_H
#define TARGET_USERDB_OWN_H

#include "target/userdb.h"

/* errno of a file that was not read, if nothing can be said of it; 0: there is none, or what stands there is no file. */
int userdb_unknown(int error);
/* userdb_load's other way: reduced texts. */
int userdb_load_reduced(struct userdb *db, const struct target *t);
bool userdb_is_entry(const char *line, size_t n);
size_t userdb_name_length(const char *line, size_t n);
bool userdb_is_number(const char *s, size_t n, bool may_be_empty);
bool userdb_is_own(const struct userdb *db, const char *name, size_t n);
/* What is wrong with the line by itself. */
enum userdb_fault userdb_line_fault(enum userdb_kind kind, const char *line, size_t n);
/* And among the others: line lies in now[kind]. */
enum userdb_fault userdb_fault_of(const struct userdb *db, enum userdb_kind kind, const char *line,
				  size_t n);
/* The sound line of a name of n bytes, or NULL. */
const char *userdb_find_n(const struct userdb_text *x, const char *name, size_t n, size_t *len);

#endif
