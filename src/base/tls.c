#include "base/tls.h"

#include "base/clock.h"
#include "base/digest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define LEAST_RSA 256	      /* bytes of a modulus: 2048 bits */
#define YEAR_0_TO_1970 719528 /* days, as bearssl_x509.h counts them */

/* --- whom to believe */

struct reading {
	struct tls_trust *t;
	br_x509_decoder_context x509;
	size_t dn;   /* where the present certificate's name begins */
	bool inside; /* a certificate */
	bool full;
};

static unsigned char *keep(struct reading *r, const void *data, size_t len)
{
	struct tls_trust *t = r->t;
	unsigned char *at = t->bytes + t->used;

	r->full = r->full || len > sizeof t->bytes - t->used;
	if (r->full)
		return NULL;
	memcpy(at, data, len);
	t->used += len;
	return at;
}

static void take_name(void *arg, const void *data, size_t len)
{
	keep(arg, data, len);
}

static void take_der(void *arg, const void *data, size_t len)
{
	struct reading *r = arg;

	br_x509_decoder_push(&r->x509, data, len);
}

static void begin(struct reading *r, br_pem_decoder_context *pem)
{
	r->inside = !strcmp(br_pem_decoder_name(pem), "CERTIFICATE");
	r->dn = r->t->used;
	br_x509_decoder_init(&r->x509, take_name, r);
	br_pem_decoder_setdest(pem, r->inside ? take_der : NULL, r);
}

/* A certificate that is nobody's authority may stand for itself alone. */
static void end(struct reading *r)
{
	struct tls_trust *t = r->t;
	br_x509_trust_anchor *a = &t->list[t->n];
	const br_x509_pkey *key = br_x509_decoder_get_pkey(&r->x509);

	if (!key) {
		t->used = r->dn;
		t->skipped++;
		return;
	}
	if (t->n == TLS_AUTHORITIES) {
		r->full = true;
		return;
	}
	a->dn.data = t->bytes + r->dn;
	a->dn.len = t->used - r->dn;
	a->flags = br_x509_decoder_isCA(&r->x509) ? BR_X509_TA_CA : 0;
	a->pkey = *key;
	if (key->key_type == BR_KEYTYPE_RSA) {
		a->pkey.key.rsa.n = keep(r, key->key.rsa.n, key->key.rsa.nlen);
		a->pkey.key.rsa.e = keep(r, key->key.rsa.e, key->key.rsa.elen);
	} else {
		a->pkey.key.ec.q = keep(r, key->key.ec.q, key->key.ec.qlen);
	}
	t->n += !r->full;
}

static int feed(struct reading *r, br_pem_decoder_context *pem, const char *text, size_t len)
{
	while (len && !r->full) {
		size_t n = br_pem_decoder_push(pem, text, len);

		text += n;
		len -= n;
		switch (br_pem_decoder_event(pem)) {
		case BR_PEM_BEGIN_OBJ:
			begin(r, pem);
			break;
		case BR_PEM_END_OBJ:
			if (r->inside)
				end(r);
			r->inside = false;
			break;
		case BR_PEM_ERROR:
			return -1;
		}
	}
	return r->full ? -1 : 0;
}

int tls_trust_add(struct tls_trust *t, const char *pem, size_t len)
{
	struct reading r = {.t = t};
	br_pem_decoder_context decoder;

	br_pem_decoder_init(&decoder);
	/* the last line may have no end */
	if (feed(&r, &decoder, pem, len) || feed(&r, &decoder, "\n", 1))
		return -1;
	return r.inside ? -1 : 0;
}

/* --- the engine */

/* What every server that speaks TLS 1.2 in a way that is still thought well of has: forward
 * secrecy, and a cipher that needs no padding. */
static void choose_ways(struct tls *t, const struct tls_trust *trust)
{
	static const uint16_t suites[] = {
	    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384};
	static const br_hash_class *const hashes[] = {&br_sha256_vtable, &br_sha384_vtable,
						      &br_sha512_vtable};
	br_ssl_engine_context *e = &t->client.eng;

	br_ssl_client_zero(&t->client);
	br_ssl_engine_set_versions(e, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(e, suites, sizeof suites / sizeof *suites);
	br_ssl_engine_set_ec(e, &br_ec_prime_i31);
	br_ssl_engine_set_ecdsa(e, br_ecdsa_i31_vrfy_asn1);
	br_ssl_engine_set_rsavrfy(e, br_rsa_i31_pkcs1_vrfy);
	br_ssl_engine_set_aes_ctr(e, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(e, br_ghash_ctmul64);
	br_ssl_engine_set_gcm(e, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_prf_sha256(e, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(e, br_tls12_sha384_prf);
	br_x509_minimal_init(&t->x509, &br_sha256_vtable, trust->list, trust->n);
	br_x509_minimal_set_rsa(&t->x509, br_rsa_i31_pkcs1_vrfy);
	br_x509_minimal_set_ecdsa(&t->x509, &br_ec_prime_i31, br_ecdsa_i31_vrfy_asn1);
	br_x509_minimal_set_minrsa(&t->x509, LEAST_RSA);
	for (int i = 0; i < 3; i++) {
		br_ssl_engine_set_hash(e, br_sha256_ID + i, hashes[i]);
		br_x509_minimal_set_hash(&t->x509, br_sha256_ID + i, hashes[i]);
	}
	br_ssl_engine_set_x509(e, &t->x509.vtable);
}

static bool await(struct tls *t, short events)
{
	struct pollfd p = {.fd = t->fd, .events = events};
	int left = deadline_left(t->deadline);

	t->late = left == 0;
	return !t->late && (poll(&p, 1, left) >= 0 || errno == EINTR);
}

static int receive(void *arg, unsigned char *data, size_t len)
{
	struct tls *t = arg;

	for (;;) {
		ssize_t n = recv(t->fd, data, len, MSG_DONTWAIT);

		if (n > 0)
			return (int)n;
		t->closed = n == 0;
		if (n == 0 || (errno != EAGAIN && errno != EINTR) || !await(t, POLLIN))
			return -1;
	}
}

static int transmit(void *arg, const unsigned char *data, size_t len)
{
	struct tls *t = arg;

	for (;;) {
		ssize_t n = send(t->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			return (int)n;
		if ((errno != EAGAIN && errno != EINTR) || !await(t, POLLOUT))
			return -1;
	}
}

int tls_start(struct tls *t, const struct tls_server *s)
{
	unsigned char seed[32];
	time_t now = time(NULL);
	int rc = random_secret(seed, sizeof seed);

	if (rc && errno == EAGAIN) /* the caller's process has a deadline */
		rc = random_wait() || random_secret(seed, sizeof seed) ? -1 : 0;
	if (rc)
		return -1;
	t->fd = s->fd;
	t->deadline = s->deadline;
	t->late = t->closed = false;
	choose_ways(t, s->trust);
	br_ssl_engine_set_buffer(&t->client.eng, t->buffer, sizeof t->buffer, 1);
	br_ssl_engine_inject_entropy(&t->client.eng, seed, sizeof seed);
	explicit_bzero(seed, sizeof seed);
	br_x509_minimal_set_time(&t->x509, (uint32_t)(now / 86400 + YEAR_0_TO_1970),
				 (uint32_t)(now % 86400));
	if (!br_ssl_client_reset(&t->client, s->name, 0))
		return -1;
	br_sslio_init(&t->io, &t->client.eng, receive, t, transmit, t);
	return 0;
}

int tls_write(struct tls *t, const void *data, size_t len)
{
	return br_sslio_write_all(&t->io, data, len) || br_sslio_flush(&t->io) ? -1 : 0;
}

ssize_t tls_read(struct tls *t, void *data, size_t len)
{
	int n = br_sslio_read(&t->io, data, len);

	return n > 0 ? n : -1;
}

/* --- errors */

static bool is_certificate(int error)
{
	return error >= BR_ERR_X509_OK && error <= BR_ERR_X509_NOT_TRUSTED;
}

bool tls_is_final(const struct tls *t)
{
	int error = br_ssl_engine_last_error(&t->client.eng);

	return error != BR_ERR_OK && error != BR_ERR_IO;
}

const char *tls_why(const struct tls *t, char *dst, size_t cap)
{
	int error = br_ssl_engine_last_error(&t->client.eng);
	char utc[24];

	if (t->late)
		snprintf(dst, cap, "the time for it was over");
	else if (error == BR_ERR_X509_NOT_TRUSTED)
		snprintf(dst, cap, "its certificate comes from no authority that is trusted");
	else if (error == BR_ERR_X509_BAD_SERVER_NAME)
		snprintf(dst, cap, "its certificate is for another name");
	else if (error == BR_ERR_X509_EXPIRED)
		snprintf(dst, cap,
			 "its certificate is not valid now, or this machine's clock (%s) is wrong",
			 clock_utc(time(NULL), utc, sizeof utc));
	else if (is_certificate(error))
		snprintf(dst, cap, "its certificate is not accepted (BearSSL's error %d)", error);
	else if (error > BR_ERR_RECV_FATAL_ALERT && error < BR_ERR_SEND_FATAL_ALERT)
		snprintf(dst, cap, "it refused to talk: TLS alert %d",
			 error - BR_ERR_RECV_FATAL_ALERT);
	else if (error != BR_ERR_OK && error != BR_ERR_IO)
		snprintf(dst, cap, "it does not speak TLS 1.2 as it should (BearSSL's error %d)",
			 error);
	else if (t->closed || error == BR_ERR_OK)
		snprintf(dst, cap, "it closed the connection");
	else
		snprintf(dst, cap, "the connection broke");
	return dst;
}
