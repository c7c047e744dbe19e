#include "run/network.h"

#include <arpa/inet.h>
#include <check.h>
#include <string.h>

Suite *network_suite(void);

static struct network_words w;

static enum network_how how(const char *line)
{
	network_words(&w, line, strlen(line));
	return w.how;
}

static const char *text(struct in_addr a)
{
	static char dst[INET_ADDRSTRLEN];

	return inet_ntop(AF_INET, &a, dst, sizeof dst);
}

START_TEST(without_ip_it_is_dhcp_on_any_card)
{
	ck_assert_int_eq(how("root=/dev/vda ro zip=none\n"), NETWORK_DHCP);
	ck_assert_str_eq(w.device, "");
	ck_assert_uint_eq(w.lease.nnames, 0);
}
END_TEST

START_TEST(dhcp_has_dracuts_forms)
{
	static const char *const any[] = {"ip=dhcp", "ip=on", "ip=any"};
	static const char *const one[] = {"ip=eth1:dhcp", "ip=::::argo:eth1:dhcp",
					  "ip=none ip=eth1:on"};

	for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
		ck_assert_int_eq(how(any[i]), NETWORK_DHCP);
		ck_assert_str_eq(w.device, "");
	}
	for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
		ck_assert_int_eq(how(one[i]), NETWORK_DHCP);
		ck_assert_str_eq(w.device, "eth1");
	}
}
END_TEST

START_TEST(address_is_said_in_full)
{
	ck_assert_int_eq(how("ip=10.0.2.9::10.0.2.2:255.255.255.0::eth0:none nameserver=10.0.2.3"),
			 NETWORK_STATIC);
	ck_assert_str_eq(w.device, "eth0");
	ck_assert_str_eq(text(w.lease.address), "10.0.2.9");
	ck_assert_str_eq(text(w.lease.gateway), "10.0.2.2");
	ck_assert_str_eq(text(w.lease.mask), "255.255.255.0");
	ck_assert_uint_eq(w.lease.nnames, 1);
	ck_assert_str_eq(text(w.lease.names[0]), "10.0.2.3");
	ck_assert_int_eq(how("ip=10.0.2.9:::22:argo::off"), NETWORK_STATIC);
	ck_assert_str_eq(text(w.lease.mask), "255.255.252.0");
	ck_assert_uint_eq(w.lease.gateway.s_addr, 0);
	ck_assert_str_eq(w.device, "");
}
END_TEST

START_TEST(none_and_off_are_no_network)
{
	ck_assert_int_eq(how("ip=none"), NETWORK_OFF);
	ck_assert_int_eq(how("ip=dhcp ip=off"), NETWORK_OFF);
}
END_TEST

START_TEST(anything_else_is_malformed)
{
	static const char *const bad[] = {"ip=",
					  "ip=auto6",
					  "ip=dhcp:eth0",
					  "ip=eth0:dhcp:1500",
					  "ip=10.0.2.9",
					  "ip=10.0.2.9::10.0.2.2:255.255.255.0::eth0",
					  "ip=10.0.2.9::10.0.2.2:255.255.255.0::eth0:none:1500",
					  "ip=10.0.2::10.0.2.2:255.255.255.0::eth0:none",
					  "ip=10.0.2.9::gate:255.255.255.0::eth0:none",
					  "ip=10.0.2.9::10.0.2.2:33::eth0:none",
					  "ip=10.0.2.9::10.0.2.2:::eth0:none",
					  "ip=[fe80::1]::[fe80::2]:64::eth0:none",
					  "ip=longer-than-a-name-may-be:dhcp",
					  "ip=../x:dhcp"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(how(bad[i]) == NETWORK_MALFORMED, "%s", bad[i]);
		ck_assert_ptr_null(strchr(w.device, '/'));
	}
}
END_TEST

START_TEST(three_servers_of_names_are_taken)
{
	how("nameserver=1.1.1.1 nameserver=[::1] nameserver=2.2.2.2 nameserver=3.3.3.3 "
	    "nameserver=4.4.4.4");
	ck_assert_uint_eq(w.lease.nnames, 3);
	ck_assert_str_eq(text(w.lease.names[2]), "3.3.3.3");
}
END_TEST

Suite *network_suite(void)
{
	Suite *s = suite_create("network");
	TCase *t = tcase_create("network");

	tcase_add_test(t, without_ip_it_is_dhcp_on_any_card);
	tcase_add_test(t, dhcp_has_dracuts_forms);
	tcase_add_test(t, address_is_said_in_full);
	tcase_add_test(t, none_and_off_are_no_network);
	tcase_add_test(t, anything_else_is_malformed);
	tcase_add_test(t, three_servers_of_names_are_taken);
	suite_add_tcase(s, t);
	return s;
}
