#include "target/pam.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *pam_suite(void);

static char root[] = "/tmp/rd-pam-XXXXXX";
static int rootfd = -1;

static void put(const char *path, const char *text)
{
	char full[256], *p;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (p = full + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(full, 0755);
	}
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void setup(void)
{
	strcpy(root, "/tmp/rd-pam-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void teardown(void)
{
	char command[64];

	close(rootfd);
	snprintf(command, sizeof(command), "rm -rf --one-file-system %s", root);
	ck_assert_int_eq(system(command), 0);
}

static int parse(const char *s, struct pam_line *l)
{
	return pam_parse_line(s, strlen(s), l);
}

START_TEST(line_has_type_control_module_and_arguments)
{
	struct pam_line l;

	ck_assert_int_eq(parse("auth\t[success=1 default=ignore]  pam_unix.so nullok # x", &l), 1);
	ck_assert_str_eq(l.type, "auth");
	ck_assert_str_eq(l.control, "[success=1 default=ignore]");
	ck_assert_str_eq(l.module, "pam_unix.so");
	ck_assert_str_eq(l.args, "nullok");
	ck_assert(!l.soft);
	ck_assert_int_eq(parse("-session optional pam_systemd.so", &l), 1);
	ck_assert(l.soft);
	ck_assert_int_eq(parse("@include common-auth", &l), 1);
	ck_assert_str_eq(l.module, "common-auth");
}
END_TEST

START_TEST(blank_is_no_line_and_nonsense_is_malformed)
{
	struct pam_line l;

	ck_assert_int_eq(parse("", &l), 0);
	ck_assert_int_eq(parse("  # auth required x", &l), 0);
	ck_assert_int_eq(parse("atuh required pam_unix.so", &l), -1);
	ck_assert_int_eq(parse("auth required", &l), -1);
	ck_assert_int_eq(parse("auth [success=1", &l), -1);
}
END_TEST

START_TEST(secret_like_values_are_masked)
{
	struct pam_line l;

	ck_assert_int_eq(parse("auth required pam_x.so bindpw=abc use_first_pass [secret=a b]", &l),
			 1);
	ck_assert_str_eq(l.args, "bindpw=[masked] use_first_pass [secret=[masked]");
}
END_TEST

START_TEST(continuation_joins_and_keeps_the_first_number)
{
	const char *s = "# one\nauth \\\n required pam_a.so\nauth required pam_b.so";
	struct pam_text t = {.p = s, .end = s + strlen(s)};
	char line[128];

	ck_assert(pam_text_next(&t, line, sizeof(line)));
	ck_assert(pam_text_next(&t, line, sizeof(line)));
	ck_assert_str_eq(line, "auth   required pam_a.so");
	ck_assert_uint_eq(t.number, 2);
	ck_assert(pam_text_next(&t, line, sizeof(line)));
	ck_assert_uint_eq(t.number, 4);
	ck_assert(!pam_text_next(&t, line, sizeof(line)));
}
END_TEST

static char seen[1024];

static int note(void *arg, const struct pam_use *u)
{
	size_t n = strlen(seen);

	(void)arg;
	snprintf(seen + n, sizeof(seen) - n, "%s:%u:%s:%d ", strrchr(u->file, '/') + 1, u->number,
		 u->line->module, u->state);
	return 0;
}

START_TEST(includes_are_followed_by_type_and_missing_ones_named)
{
	seen[0] = '\0';
	put("/usr/lib64/security/pam_unix.so", "x");
	put("/etc/pam.d/login",
	    "auth include system\n@include gone\nauth required pam_tally2.so\n");
	put("/usr/lib/pam.d/system", "auth required pam_unix.so\naccount required pam_unix.so\n");
	ck_assert_int_eq(pam_each(&(struct pam_source){.rootfd = rootfd}, "login", note, NULL), 0);
	ck_assert_str_eq(seen, "system:1:pam_unix.so:0 login:2:gone:2 login:3:pam_tally2.so:1 ");
}
END_TEST

START_TEST(include_loop_ends)
{
	seen[0] = '\0';
	put("/etc/pam.d/login", "auth include login\n");
	ck_assert_int_eq(pam_each(&(struct pam_source){.rootfd = rootfd}, "login", note, NULL), 0);
	ck_assert_str_eq(seen, "login:1:login:3 ");
}
END_TEST

START_TEST(service_without_a_file_is_an_error)
{
	ck_assert_int_eq(pam_each(&(struct pam_source){.rootfd = rootfd}, "login", note, NULL), -1);
}
END_TEST

/* pam.conf(5): the service stands before the line, in any case; where there is a folder the file
 * does not count. */
START_TEST(lines_of_pam_conf_are_their_services)
{
	struct pam_source s = {.rootfd = rootfd};

	seen[0] = '\0';
	put("/usr/lib64/security/pam_unix.so", "x");
	put("/etc/pam.conf",
	    "su auth required pam_deny.so\nLOGIN auth required pam_unix.so\n"
	    "login\taccount required \\\n pam_gone.so\nloginx auth required pam_x.so\n");
	ck_assert_int_eq(pam_each(&s, "login", note, NULL), 0);
	ck_assert_str_eq(seen, "pam.conf:2:pam_unix.so:0 pam.conf:3:pam_gone.so:1 ");
	put("/etc/pam.d/login", "auth required pam_unix.so\n");
	seen[0] = '\0';
	ck_assert_int_eq(pam_each(&s, "login", note, NULL), 0);
	ck_assert_str_eq(seen, "login:1:pam_unix.so:0 ");
}
END_TEST

/* What the administrator wrote comes before what the distribution ships. */
START_TEST(vendor_folders_are_asked_in_their_order)
{
	static const char *const folders[] = {"/usr/share/pam.d", "/usr/etc/pam.d",
					      "/usr/lib/pam.d", "/etc/pam.d"};
	struct pam_source s = {.rootfd = rootfd};
	char path[64], text[64], expected[64];

	for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s/login", folders[i]);
		snprintf(text, sizeof text, "auth required pam_%u.so\n", i);
		put(path, text);
		seen[0] = '\0';
		ck_assert_int_eq(pam_each(&s, "login", note, NULL), 0);
		snprintf(expected, sizeof expected, "login:1:pam_%u.so:1 ", i);
		ck_assert_str_eq(seen, expected);
	}
}
END_TEST

Suite *pam_suite(void)
{
	Suite *s = suite_create("pam");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, line_has_type_control_module_and_arguments);
	tcase_add_test(c, blank_is_no_line_and_nonsense_is_malformed);
	tcase_add_test(c, secret_like_values_are_masked);
	tcase_add_test(c, continuation_joins_and_keeps_the_first_number);
	tcase_add_test(c, includes_are_followed_by_type_and_missing_ones_named);
	tcase_add_test(c, include_loop_ends);
	tcase_add_test(c, service_without_a_file_is_an_error);
	tcase_add_test(c, lines_of_pam_conf_are_their_services);
	tcase_add_test(c, vendor_folders_are_asked_in_their_order);
	suite_add_tcase(s, c);
	return s;
}
