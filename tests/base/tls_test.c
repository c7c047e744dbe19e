#include "base/tls.h"

#include <check.h>
#include <string.h>

Suite *tls_suite(void);

/* openssl req -x509 -nodes -days 36500: an authority with an RSA key, CN=a; */
static const char rsa[] = "-----BEGIN CERTIFICATE-----\n"
			  "MIIB9jCCAV+gAwIBAgIUWQPaJdn4iuGKXdQgY4MVnIDO6BMwDQYJKoZIhvcNAQEL\n"
			  "BQAwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjcxNjU2MjRaGA8yMTI2MTEwMzE2NTYy\n"
			  "NFowDDEKMAgGA1UEAwwBYTCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEA7w1K\n"
			  "Q7RW92tXdeWXTNyPVai07r4uK/sOEXfGMna7F3xU4rJ+nL46usQZSYn/U7C11Y1H\n"
			  "yf4i0oSd2KtiAQhLS8pIvX/ufQl+KaRruX4CbzEwSDC/GacmyqqMHVR0YEJwfgsD\n"
			  "+xcr2V3dyx6Brc1rJ/W8Hgy3iLDXYcYhyG/rw6UCAwEAAaNTMFEwHQYDVR0OBBYE\n"
			  "FJu5X5KIdl+iUNJtiRqtO6GU0G2rMB8GA1UdIwQYMBaAFJu5X5KIdl+iUNJtiRqt\n"
			  "O6GU0G2rMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEAKbc+5gcM\n"
			  "kgOz8mTM34xRqiA4pw9kK5+zt5WWm01U4kdb06SJ12ufFbgrJ3+Fl54klM2QrgGo\n"
			  "UZfM6Y3Hu6fxISVqPj+kCq9u0U2hrdjWT4OqLPLUVMmVHxKDG3DNU4n+Ft6TwZIm\n"
			  "MCswEWJXHABIsoagxo8SMTx+CirBQJaY0Pc=\n"
			  "-----END CERTIFICATE-----\n";
/* nobody's authority with a key on P-256, CN=b; */
static const char ec[] = "-----BEGIN CERTIFICATE-----\n"
			 "MIIBaTCCAQ+gAwIBAgIUIhg/Guw7qyjN+G9/BEbqCoZ5PagwCgYIKoZIzj0EAwIw\n"
			 "DDEKMAgGA1UEAwwBYjAgFw0yNjExMjcxNjU2MjRaGA8yMTI2MTEwMzE2NTYyNFow\n"
			 "DDEKMAgGA1UEAwwBYjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHqg3K5gtO75\n"
			 "yHTIUmJvBrp5VidaTfjDs8jKyIg29ye2Mn3Vn0iEf66O2p0FJAKlwoYW02cMtPr+\n"
			 "i7Am2EMerjCjTTBLMB0GA1UdDgQWBBQQ+gAlKKpI5Egx+G/oEwTEkMAxtzAfBgNV\n"
			 "HSMEGDAWgBQQ+gAlKKpI5Egx+G/oEwTEkMAxtzAJBgNVHRMEAjAAMAoGCCqGSM49\n"
			 "BAMCA0gAMEUCIQDHe6YhOkyiM2roFalQeuw/nWIP91CKznBMSgGgSHeHDQIgCITV\n"
			 "HvVugSI0bCEa0QKRhDEDuUhRN5FwoK2YtZ2KewA=\n"
			 "-----END CERTIFICATE-----\n";
/* and one with a key of Ed25519, which is not for TLS 1.2 here. */
static const char ed25519[] = "-----BEGIN CERTIFICATE-----\n"
			      "MIIBLjCB4aADAgECAhQcW0sHXfn+XEi+W2woTkHXiJmYKzAFBgMrZXAwDDEKMAgG\n"
			      "A1UEAwwBYzAgFw0yNjExMjcxNjU2MjRaGA8yMTI2MTEwMzE2NTYyNFowDDEKMAgG\n"
			      "A1UEAwwBYzAqMAUGAytlcAMhABjlufUHKCOJIVibxdyjuYAomJ3Oq/qBc/5z/sFY\n"
			      "SBxqo1MwUTAdBgNVHQ4EFgQUw1IzD1SvuRtaK7QknLDjB4cEPGQwHwYDVR0jBBgw\n"
			      "FoAUw1IzD1SvuRtaK7QknLDjB4cEPGQwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD\n"
			      "QQDF8TyCZ490bEOFDGzsAETar4z5yBiMdFBJTnlB2oZUwW7bkS4s5EpOv+8pzIoh\n"
			      "atrFubgyqgRXX0FAOUdWkkEM\n"
			      "-----END CERTIFICATE-----\n";

static struct tls_trust trust;

static void setup(void)
{
	memset(&trust, 0, sizeof trust);
}

static int add(const char *pem)
{
	return tls_trust_add(&trust, pem, strlen(pem));
}

/* An X.501 name of one attribute, CN, of one letter. */
static void expect_name(const br_x509_trust_anchor *a, char letter)
{
	static const unsigned char head[] = {0x30, 12,	 0x31, 10, 0x30, 8, 6,
					     3,	   0x55, 4,    3,  0x0c, 1};

	ck_assert_uint_eq(a->dn.len, sizeof head + 1);
	ck_assert_mem_eq(a->dn.data, head, sizeof head);
	ck_assert_int_eq(a->dn.data[sizeof head], letter);
}

START_TEST(authorities_are_read_with_names_and_keys)
{
	ck_assert_int_eq(add(rsa), 0);
	ck_assert_int_eq(add(ec), 0);
	ck_assert_uint_eq(trust.n, 2);
	expect_name(&trust.list[0], 'a');
	ck_assert_uint_eq(trust.list[0].flags, BR_X509_TA_CA);
	ck_assert_int_eq(trust.list[0].pkey.key_type, BR_KEYTYPE_RSA);
	ck_assert_uint_eq(trust.list[0].pkey.key.rsa.nlen, 128);
	ck_assert_mem_eq(trust.list[0].pkey.key.rsa.e, "\1\0\1", 3);
	expect_name(&trust.list[1], 'b');
	ck_assert_uint_eq(trust.list[1].flags, 0);
	ck_assert_int_eq(trust.list[1].pkey.key.ec.curve, BR_EC_secp256r1);
	ck_assert_uint_eq(trust.list[1].pkey.key.ec.qlen, 65);
}
END_TEST

START_TEST(what_stands_around_them_does_not_count)
{
	char text[8192];

	strcpy(text, "Fleet's own\n-----BEGIN DH PARAMETERS-----\nMAYCAQ8CAQI=\n-----END DH "
		     "PARAMETERS-----\n");
	strcat(text, ed25519);
	strcat(text, rsa);
	text[strlen(text) - 1] = '\0'; /* no end of the last line */
	ck_assert_int_eq(add(text), 0);
	ck_assert_uint_eq(trust.n, 1);
	ck_assert_uint_eq(trust.skipped, 1);
	expect_name(&trust.list[0], 'a');
}
END_TEST

START_TEST(half_a_certificate_is_an_error)
{
	ck_assert_int_eq(tls_trust_add(&trust, rsa, sizeof rsa / 2), -1);
	ck_assert_int_eq(add("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), -1);
	ck_assert_uint_eq(trust.n, 0);
}
END_TEST

START_TEST(text_without_a_certificate_has_none)
{
	ck_assert_int_eq(add(""), 0);
	ck_assert_int_eq(add("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0);
	ck_assert_uint_eq(trust.n, 0);
	ck_assert_uint_eq(trust.used, 0);
}
END_TEST

START_TEST(more_than_there_is_room_for_is_an_error)
{
	int rc = 0;

	for (int i = 0; i < TLS_AUTHORITIES; i++)
		ck_assert_int_eq(add(ec), 0);
	ck_assert_int_eq(add(ec), -1);
	ck_assert_uint_eq(trust.n, TLS_AUTHORITIES);
	setup();
	trust.used = sizeof trust.bytes - 100; /* a name fits, no key does */
	rc = add(rsa);
	ck_assert_int_eq(rc, -1);
	ck_assert_uint_eq(trust.n, 0);
}
END_TEST

Suite *tls_suite(void)
{
	Suite *s = suite_create("tls");
	TCase *t = tcase_create("tls");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, authorities_are_read_with_names_and_keys);
	tcase_add_test(t, what_stands_around_them_does_not_count);
	tcase_add_test(t, half_a_certificate_is_an_error);
	tcase_add_test(t, text_without_a_certificate_has_none);
	tcase_add_test(t, more_than_there_is_room_for_is_an_error);
	suite_add_tcase(s, t);
	return s;
}
