/* nss: does nsswitch.conf(5) let the C library find local accounts? Lines as bytes; nothing is run. */
#ifndef CHECKS_NSS_H
#define CHECKS_NSS_H

#include "base/buf.h"

enum nss_state {
	NSS_SOUND,
	NSS_NO_FILES, /* no word of the line reads /etc */
	NSS_BLOCKED,  /* what comes before ends the search */
	NSS_LATE      /* a service of the network is asked before */
};
/* Is the module of this name there? */
struct nss_modules { bool (*has)(void *arg, const char *name); void *arg; };
/* Judge one line's services (what follows "passwd:"). name gets the word at fault (32 bytes). Pure but for has. */
enum nss_state nss_judge(const char *words, size_t len, const struct nss_modules *m, char *name);
/* The line [line,line+len) is one of this database ("passwd"): the offset of its services, else 0. Pure. */
size_t nss_services(const char *line, size_t len, const char *database);
/* Append words with "files" first; a later one without conditions is left out, every other byte stays. Pure. */
void nss_files_first(const char *words, size_t len, struct buf *b);

#endif
