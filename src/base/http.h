/* http: what it takes of HTTP/1.1 to put a file at an https URL (RFC 9110, 9112). Pure.
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H

#include "base/buf.h"

#include <stdbool.h>

#define HTTP_REPLY_CAP 8192 /* more is no reply's head */

struct http_url {
	char host[254]; /* a name, in lower case */
	char port[6];
	char folder[256]; /* begins and ends with a slash */
};
/* "https://NAME[:PORT][/FOLDER]". False: anything else; an address in place of the name (no certificate would be checked for it), a user, a query, or a
 * byte that must not stand in a URL as it is. */
bool http_url(const char *text, struct http_url *u);

/* The head of a request that puts len bytes of a media type into the URL's folder under a name of letters, digits, '.', '-' and '_'. The connection is
 * for this alone. */
struct http_file {
	const char *name, *type;
	size_t len;
};
void http_put(struct buf *b, const struct http_url *u, const struct http_file *f);

/* The status (200 to 999) in what has come of a reply, once its head is whole; interim ones (1xx) are passed over. 0: more has to come. -1: this is no
 * HTTP/1. */
int http_status(const char *reply, size_t len);

#endif
