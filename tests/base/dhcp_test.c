#include "base/dhcp.h"

#include <arpa/inet.h>
#include <check.h>
#include <string.h>

Suite *dhcp_suite(void);

static const struct dhcp_client client = {0x01020304, {0x52, 0x54, 0, 0x12, 0x34, 0x56}};

/* A server's answer with these options behind the head; its length. */
static size_t answer(unsigned char m[600], const void *options, size_t len)
{
	dhcp_message(&client, NULL, m);
	m[0] = 2;
	memcpy(m + 16, "\x0a\0\2\x0f", 4);
	memcpy(m + 240, options, len);
	return 240 + len;
}

static const char *text(struct in_addr a)
{
	static char dst[INET_ADDRSTRLEN];

	return inet_ntop(AF_INET, &a, dst, sizeof dst);
}

#define OFFER "\65\1\2\66\4\x0a\0\2\2"
#define ANSWER(m, options) answer(m, options, sizeof options - 1)

START_TEST(discover_is_what_the_rfc_says)
{
	static const unsigned char options[] = {53, 1, 1, 55, 3, 1, 3, 6, 255, 0};
	unsigned char m[DHCP_BYTES];

	dhcp_message(&client, NULL, m);
	ck_assert_mem_eq(m, "\1\1\6\0", 4);
	ck_assert_mem_eq(m + 4, &client.id, 4);
	ck_assert_int_eq(m[10], 0x80); /* answer to everybody: there is no address yet */
	ck_assert_mem_eq(m + 28, client.mac, 6);
	ck_assert_mem_eq(m + 236, "\x63\x82\x53\x63", 4);
	ck_assert_mem_eq(m + 240, options, sizeof options);
}
END_TEST

START_TEST(request_asks_for_the_offer_of_its_server)
{
	static const unsigned char options[] = {53, 1, 3, 50, 4,  10, 0, 2, 15, 54, 4,
						10, 0, 2, 2,  55, 3,  1, 3, 6,	255};
	struct dhcp_lease offer = {.address.s_addr = htonl(0x0a00020f),
				   .server.s_addr = htonl(0x0a000202)};
	unsigned char m[DHCP_BYTES];

	dhcp_message(&client, &offer, m);
	ck_assert_mem_eq(m + 240, options, sizeof options);
}
END_TEST

START_TEST(offer_is_read)
{
	unsigned char m[600];
	struct dhcp_lease l;
	size_t len = ANSWER(m, OFFER "\0\1\4\xff\xff\xff\0\3\10\x0a\0\2\2\x0a\0\2\3"
				     "\6\x10\x0a\0\2\3\1\1\1\1\10\10\10\10\11\11\11\11\xff");

	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_OFFER);
	ck_assert_str_eq(text(l.address), "10.0.2.15");
	ck_assert_str_eq(text(l.server), "10.0.2.2");
	ck_assert_str_eq(text(l.mask), "255.255.255.0");
	ck_assert_str_eq(text(l.gateway), "10.0.2.2");
	ck_assert_uint_eq(l.nnames, DHCP_SERVERS);
	ck_assert_str_eq(text(l.names[0]), "10.0.2.3");
	ck_assert_str_eq(text(l.names[2]), "8.8.8.8");
}
END_TEST

START_TEST(what_is_not_for_this_client_is_none)
{
	static const size_t places[] = {0, 4, 7, 28, 33, 236};
	unsigned char m[600];
	struct dhcp_lease l;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		size_t len = ANSWER(m, OFFER "\xff");

		m[places[i]] ^= 1;
		ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_NONE);
	}
	ck_assert_int_eq(dhcp_reply(&client, m, 239, &l), DHCP_NONE);
}
END_TEST

START_TEST(answer_without_address_server_or_type_is_none)
{
	unsigned char m[600];
	struct dhcp_lease l;
	size_t len = ANSWER(m, OFFER "\xff");

	memset(m + 16, 0, 4);
	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_NONE);
	len = ANSWER(m, "\65\1\2\xff");
	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_NONE);
	len = ANSWER(m, "\66\4\x0a\0\2\2\xff");
	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_NONE);
	len = ANSWER(m, "\65\1\1\66\4\x0a\0\2\2\xff"); /* another client's DISCOVER */
	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_NONE);
	len = ANSWER(m, "\65\1\6\xff"); /* a NAK needs neither */
	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_NAK);
}
END_TEST

START_TEST(options_end_with_the_message)
{
	unsigned char m[600];
	struct dhcp_lease l;
	size_t len = ANSWER(m, OFFER "\1\4\xff\xff");

	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_OFFER);
	ck_assert_uint_eq(l.mask.s_addr, 0);
	len = ANSWER(m, OFFER "\6");
	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_OFFER);
	len = ANSWER(m, OFFER "\6\5\1\1\1\1\1\1\2\xff\xff"); /* of odd lengths */
	ck_assert_int_eq(dhcp_reply(&client, m, len, &l), DHCP_OFFER);
	ck_assert_uint_eq(l.nnames, 1);
	ck_assert_uint_eq(l.mask.s_addr, 0);
}
END_TEST

Suite *dhcp_suite(void)
{
	Suite *s = suite_create("dhcp");
	TCase *t = tcase_create("dhcp");

	tcase_add_test(t, discover_is_what_the_rfc_says);
	tcase_add_test(t, request_asks_for_the_offer_of_its_server);
	tcase_add_test(t, offer_is_read);
	tcase_add_test(t, what_is_not_for_this_client_is_none);
	tcase_add_test(t, answer_without_address_server_or_type_is_none);
	tcase_add_test(t, options_end_with_the_message);
	suite_add_tcase(s, t);
	return s;
}
