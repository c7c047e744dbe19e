/* tls: a TLS 1.2 client (BearSSL) over a connected socket. It talks only to a server whose certificate carries the name asked for, is valid by this
 * machine's clock, and leads to an authority that the caller named; there is no way to do without.
 *
 * Life cycle: tls_trust_add, as often as there are files; for each connection tls_start, then tls_write and tls_read; the socket is the caller's to
 * close. After an error tls_why says what it was, and nothing more can be done with this connection.
 */
#ifndef BASE_TLS_H
#define BASE_TLS_H

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TLS_AUTHORITIES 512

struct tls_trust { /* zeroed by the caller */
	br_x509_trust_anchor list[TLS_AUTHORITIES];
	size_t n, skipped; /* skipped: certificates with a key that is neither RSA nor EC */
	unsigned char bytes[384 * 1024]; /* their names and keys */
	size_t used;
};
/* The certificates of a PEM text. 0; or -1: it is no PEM, or there is no more room. Pure. */
int tls_trust_add(struct tls_trust *t, const char *pem, size_t len);

struct tls {
	br_ssl_client_context client;
	br_x509_minimal_context x509;
	br_sslio_context io;
	unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
	int fd;
	int64_t deadline; /* of all that is done with it (clock.h) */
	bool late, closed;
};
struct tls_server {
	const char *name;
	const struct tls_trust *trust;
	int fd; /* a connected stream socket */
	int64_t deadline;
};
/* 0; -1: no random numbers. The server is not asked anything yet. */
int tls_start(struct tls *t, const struct tls_server *s);
/* All of it, sent. 0/-1. */
int tls_write(struct tls *t, const void *data, size_t len);
/* Some of what came, at least a byte. -1: the server ended the connection, or another error. */
ssize_t tls_read(struct tls *t, void *data, size_t len);
/* What went wrong, for a person. Returns dst. */
const char *tls_why(const struct tls *t, char *dst, size_t cap);
/* Is it the server's certificate that was refused, or the way it talks, so that the next time will be the same? */
bool tls_is_final(const struct tls *t);

#endif
