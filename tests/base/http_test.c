#include "base/http.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *http_suite(void);

START_TEST(url_is_a_name_a_port_and_a_folder)
{
	struct http_url u;

	ck_assert(http_url("https://Report.Fleet.example", &u));
	ck_assert_str_eq(u.host, "report.fleet.example");
	ck_assert_str_eq(u.port, "443");
	ck_assert_str_eq(u.folder, "/");
	ck_assert(http_url("https://a-1:8443/in/52:54:00:12:34:56", &u));
	ck_assert_str_eq(u.host, "a-1");
	ck_assert_str_eq(u.port, "8443");
	ck_assert_str_eq(u.folder, "/in/52:54:00:12:34:56/");
	ck_assert(http_url("https://a/in/", &u));
	ck_assert_str_eq(u.folder, "/in/");
}
END_TEST

START_TEST(what_is_no_such_url_is_refused)
{
	static const char *const bad[] = {"",
					  "http://a/",
					  "HTTPS://a/",
					  "https://",
					  "https:///in",
					  "https://10.0.2.2/",
					  "https://a.2/",
					  "https://[::1]/",
					  "https://.a/",
					  "https://a./",
					  "https://a..b/",
					  "https://-a/",
					  "https://user:secret@a/",
					  "https://a:/",
					  "https://a:0/",
					  "https://a:65536/",
					  "https://a:123456/",
					  "https://a/?token=1",
					  "https://a/#x",
					  "https://a/b c",
					  "https://a/b\r\nX-Own: 1",
					  "https://a/\303\274"};
	struct http_url u;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!http_url(bad[i], &u), "%s", bad[i]);
}
END_TEST

START_TEST(url_that_is_too_long_is_refused)
{
	char text[700];
	struct http_url u;

	memset(text, 'a', sizeof text);
	memcpy(text, "https://", 8);
	text[8 + 253] = '\0';
	ck_assert(http_url(text, &u));
	text[8 + 253] = 'a';
	text[8 + 254] = '\0';
	ck_assert(!http_url(text, &u));
	memset(text, 'a', sizeof text);
	memcpy(text, "https://a/", 10);
	text[9 + 254] = '\0'; /* a slash comes behind it */
	ck_assert(http_url(text, &u));
	ck_assert_uint_eq(strlen(u.folder), 255);
	text[9 + 254] = 'a';
	text[9 + 255] = '\0';
	ck_assert(!http_url(text, &u));
}
END_TEST

START_TEST(request_names_file_type_and_length)
{
	char text[1024] = "";
	struct buf b = BUF_OF(text);
	struct http_url u;

	ck_assert(http_url("https://a:8443/in", &u));
	http_put(&b, &u, &(struct http_file){"x.json", "application/json", 12});
	ck_assert_str_eq(text, "PUT /in/x.json HTTP/1.1\r\nHost: a:8443\r\n"
			       "User-Agent: rd-recovery/" VERSION "\r\n"
			       "Content-Type: application/json\r\nContent-Length: 12\r\n"
			       "Connection: close\r\n\r\n");
	b.len = 0;
	ck_assert(http_url("https://a", &u));
	http_put(&b, &u, &(struct http_file){"x", "text/plain", 0});
	ck_assert_ptr_nonnull(strstr(text, "Host: a\r\n"));
}
END_TEST

/* Whole, and a byte at a time. */
static int status_of(const char *reply)
{
	size_t len = strlen(reply);
	int whole = http_status(reply, len), part = 0;

	for (size_t i = 0; i <= len && !part; i++)
		part = http_status(reply, i);
	ck_assert_int_eq(part, whole);
	return whole;
}

START_TEST(status_is_known_when_the_head_is_whole)
{
	ck_assert_int_eq(status_of("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\nbody"), 201);
	ck_assert_int_eq(status_of("HTTP/1.0 404\r\n\r\n"), 404);
	ck_assert_int_eq(status_of("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n"), 0);
	ck_assert_int_eq(status_of("HTTP/1.1 201"), 0);
	ck_assert_int_eq(status_of(""), 0);
}
END_TEST

START_TEST(interim_replies_are_passed_over)
{
	ck_assert_int_eq(status_of("HTTP/1.1 100 Continue\r\n\r\n"), 0);
	ck_assert_int_eq(status_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
				   "Link: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
			 204);
	ck_assert_int_eq(status_of("HTTP/1.1 100 Continue\r\n\r\n220 mail\r\n\r\n"), -1);
}
END_TEST

START_TEST(another_protocol_is_seen_at_once)
{
	static const char *const bad[] = {"220 mail ESMTP\r\n",	   "HTTP/2 200\r\n\r\n",
					  "HTTP/1.1 20x\r\n\r\n",  "HTTP/1.1 2000\r\n\r\n",
					  "HTTP/1.1 099 \r\n\r\n", "\r\n\r\n"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(status_of(bad[i]) == -1, "%s", bad[i]);
	ck_assert_int_eq(http_status("HTTP/1.1 200\0\r\n\r\n", 17), -1);
}
END_TEST

Suite *http_suite(void)
{
	Suite *s = suite_create("http");
	TCase *t = tcase_create("http");

	tcase_add_test(t, url_is_a_name_a_port_and_a_folder);
	tcase_add_test(t, what_is_no_such_url_is_refused);
	tcase_add_test(t, url_that_is_too_long_is_refused);
	tcase_add_test(t, request_names_file_type_and_length);
	tcase_add_test(t, status_is_known_when_the_head_is_whole);
	tcase_add_test(t, interim_replies_are_passed_over);
	tcase_add_test(t, another_protocol_is_seen_at_once);
	suite_add_tcase(s, t);
	return s;
}
