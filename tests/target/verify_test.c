#include "target/verify.h"

#include "../base/tree.h"
#include "base/clock.h"

#include <bearssl_hash.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

Suite *verify_suite(void);

#define DPKG "/var/lib/dpkg"
#define ABC "900150983cd24fb0d6963f7d28e17f72" /* MD5 of "abc" */
#define ABC256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct target t;
static char top[64];
static struct verify *v;
static struct buf said;

static void put(const char *path, const char *text)
{
	tree_put(top, path, text, strlen(text));
}

/* A sound root of one package. */
static void start(void)
{
	memset(&t, 0, sizeof t);
	t.fd = tree_make(top);
	snprintf(t.root, sizeof t.root, "%s", top);
	v = calloc(1, sizeof *v);
	v->deadline = DEADLINE_NEVER;
	v->deep = true;
	said = (struct buf){.p = calloc(1, 65536), .cap = 65536};
	put(DPKG "/status", "Package: base\nStatus: install ok installed\nConffiles:\n"
			    " /etc/b.conf " ABC "\n /etc/pam.d/login " ABC "\n");
	put(DPKG "/info/base.list",
	    "/usr\n/usr/bin\n/usr/bin/tool\n/usr/bin/link\n/usr/bin/pkexec\n"
	    "/usr/share/link\n/etc/b.conf\n/etc/pam.d/login\n/lib/modules/m.ko\n");
	put(DPKG "/info/base.md5sums", ABC "  usr/bin/tool\n" ABC "  lib/modules/m.ko\n");
	put("/usr/bin/tool", "abc");
	put("/usr/bin/pkexec", "");
	ck_assert_int_eq(fchmodat(t.fd, "usr/bin/pkexec", 04755, 0), 0);
	put("/lib/modules/m.ko", "abc");
	put("/etc/b.conf", "abc");
	put("/etc/pam.d/login", "abc");
	put("/usr/share/x", "");
	put("/etc/passwd", "root:x:0:0::/:/bin/sh\n");
	ck_assert_int_eq(symlinkat("/usr/bin/tool", t.fd, "usr/bin/link"), 0);
	ck_assert_int_eq(symlinkat("x", t.fd, "usr/share/link"), 0);
}

static void end(void)
{
	tree_remove(t.fd, top);
	free(v);
	free(said.p);
}

static void line(void *arg, const char *text)
{
	(void)arg;
	buf_adds(&said, text);
	buf_adds(&said, "\n");
}

/* What is told of the root as it stands, but for the last line. */
static const char *look(void)
{
	char *last;

	ck_assert_int_eq(verify_run(v, &t), 0);
	verify_order(v);
	verify_tell(v, line, NULL);
	last = strstr(said.p, " noted; ");
	ck_assert_ptr_nonnull(last);
	while (last > said.p && last[-1] != '\n')
		last--;
	*last = '\0';
	return said.p;
}

#define BASE "  base: apt-get install --reinstall base\n"

START_TEST(a_sound_root_has_no_fault)
{
	ck_assert_str_eq(look(), "");
	ck_assert_uint_eq(v->n, 0);
	ck_assert(v->whole);
	ck_assert_uint_eq(v->files, 9);
	ck_assert_uint_eq(v->hashed, 4);
	ck_assert_uint_eq(v->bytes, 12);
}
END_TEST

START_TEST(faults_are_told_by_what_they_break)
{
	put("/usr/bin/tool", "abd");
	ck_assert_int_eq(unlinkat(t.fd, "lib/modules/m.ko", 0), 0);
	ck_assert_int_eq(fchmodat(t.fd, "usr/bin/pkexec", 0755, 0), 0);
	put("/etc/b.conf", "mine");
	ck_assert_str_eq(look(), "display:\n" BASE
				 "    privilege lost /usr/bin/pkexec: neither setuid, setgid nor "
				 "a file capability\n"
				 "boot:\n" BASE "    missing /lib/modules/m.ko\n"
				 "the rest:\n" BASE "    changed /usr/bin/tool\n"
				 "noted:\n  base\n    changed /etc/b.conf\n");
	ck_assert_uint_eq(verify_faults(v), 3);
}
END_TEST

START_TEST(a_removed_configuration_file_that_a_login_needs_is_a_fault)
{
	ck_assert_int_eq(unlinkat(t.fd, "etc/pam.d/login", 0), 0);
	ck_assert_int_eq(unlinkat(t.fd, "etc/b.conf", 0), 0);
	ck_assert_str_eq(look(), "login:\n  base: apt-get install --reinstall -o "
				 "Dpkg::Options::=--force-confmiss base\n"
				 "    missing /etc/pam.d/login\n"
				 "noted:\n  base\n    missing /etc/b.conf\n");
}
END_TEST

START_TEST(a_link_to_nothing_is_a_fault_where_it_is_run)
{
	ck_assert_int_eq(unlinkat(t.fd, "usr/bin/link", 0), 0);
	ck_assert_int_eq(symlinkat("/usr/bin/toll", t.fd, "usr/bin/link"), 0);
	ck_assert_int_eq(unlinkat(t.fd, "usr/share/x", 0), 0);
	ck_assert_str_eq(look(),
			 "the rest:\n" BASE "    dangling /usr/bin/link: leads to "
			 "/usr/bin/toll, which is not there\n"
			 "noted:\n  base\n    dangling /usr/share/link: leads to x, which is "
			 "not there\n");
}
END_TEST

/* Of folders only the last is looked for, as long as there is something in it. */
START_TEST(missing_folders_are_all_told)
{
	put(DPKG "/info/base.list", "/usr\n/usr/lib\n/usr/lib/a\n/usr/lib/a/b\n/usr/lib/a/b/c\n"
				    "/usr/share\n/usr/share/..\n/\n//\nusr\n");
	ck_assert_str_eq(look(), "the rest:\n" BASE "    missing /usr/lib\n    missing /usr/lib/a\n"
				 "    missing /usr/lib/a/b\n    missing /usr/lib/a/b/c\n");
	ck_assert_uint_eq(v->files, 8);
}
END_TEST

START_TEST(another_type_is_named_and_a_fifo_does_not_hang)
{
	ck_assert_int_eq(unlinkat(t.fd, "usr/bin/tool", 0), 0);
	ck_assert_int_eq(mkfifoat(t.fd, "usr/bin/tool", 0755), 0);
	ck_assert_str_eq(look(), "the rest:\n" BASE "    wrong type /usr/bin/tool: a FIFO\n");
}
END_TEST

START_TEST(an_override_is_kept_to)
{
	put(DPKG "/statoverride", "root root 4755 /usr/bin/tool\nroot root 0700 /nowhere\n");
	look();
	ck_assert_uint_eq(v->n, 1);
	ck_assert_int_eq(v->found[0].fault, VERIFY_BIT);
	ck_assert_str_eq(v->text + v->found[0].path, "/usr/bin/tool");
	ck_assert_ptr_nonnull(strstr(v->text + v->found[0].detail, "should be 4755 of root:root"));
}
END_TEST

START_TEST(quick_reads_only_what_a_login_needs)
{
	put("/usr/bin/tool", "abd");
	put("/etc/pam.d/login", "mine");
	v->deep = false;
	look();
	ck_assert_uint_eq(v->hashed, 1);
	ck_assert_uint_eq(v->n, 1);
	ck_assert_str_eq(v->text + v->found[0].path, "/etc/pam.d/login");
}
END_TEST

START_TEST(what_is_not_mounted_is_not_judged)
{
	strcpy(t.unknown[0], "/lib");
	t.nunknown = 1;
	ck_assert_int_eq(unlinkat(t.fd, "lib/modules/m.ko", 0), 0);
	ck_assert_str_eq(look(), "");
}
END_TEST

START_TEST(past_its_deadline_it_says_that_it_is_not_whole)
{
	v->deadline = clock_ms();
	ck_assert_int_eq(verify_run(v, &t), 0);
	ck_assert(!v->whole);
	ck_assert_uint_eq(v->files, 0);
}
END_TEST

/* A file of so many bytes, its line in the sums, its path in the list. */
static void add_file(size_t len, struct buf *list, struct buf *sums)
{
	char path[64], *bytes = malloc(len + 1);
	unsigned char sum[16];
	br_md5_context c;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 7 + (i >> 9) + len);
	snprintf(path, sizeof path, "/usr/share/f%zu", len);
	tree_put(top, path, bytes, len);
	br_md5_init(&c);
	br_md5_update(&c, bytes, len);
	br_md5_out(&c, sum);
	for (unsigned i = 0; i < sizeof sum; i++)
		buf_addf(sums, "%02x", sum[i]);
	buf_addf(sums, "  %s\n", path + 1);
	buf_addf(list, "%s\n", path);
	free(bytes);
}

/* By the last byte of each, those that have one. */
static void spoil(const char *list)
{
	const char *p = list, *end = list + strlen(list), *path;
	char name[64], byte;
	size_t n;

	while (line_next(&p, end, &path, &n)) {
		int fd;

		snprintf(name, sizeof name, "%.*s", (int)n - 1, path + 1);
		ck_assert_int_ge(fd = openat(t.fd, name, O_RDWR), 0);
		if (lseek(fd, -1, SEEK_END) >= 0) {
			ck_assert_int_eq(read(fd, &byte, 1), 1);
			byte ^= 1;
			ck_assert_int_eq(pwrite(fd, &byte, 1, lseek(fd, 0, SEEK_END) - 1), 1);
		}
		close(fd);
	}
}

/* Side by side, whatever their lengths: about blocks, pieces that are read at once, and those that
 * are put aside. */
START_TEST(files_of_every_length_are_read_to_their_last_byte)
{
	static const size_t about[] = {64, 128, 4096, 32768, 65536, 131072, 5000000};
	static char text[2][65536];
	struct buf list = BUF_OF(text[0]), sums = BUF_OF(text[1]);
	unsigned n = 0;

	for (size_t len = 0; len < 58; len++, n++)
		add_file(len, &list, &sums);
	for (unsigned i = 0; i < sizeof about / sizeof *about; i++)
		for (size_t len = about[i] - 3; len <= about[i] + 2; len++, n++)
			add_file(len, &list, &sums);
	add_file(9999999, &list, &sums);
	put(DPKG "/info/base.list", list.p);
	put(DPKG "/info/base.md5sums", sums.p);
	ck_assert_str_eq(look(), "");
	ck_assert_uint_eq(v->hashed, ++n + 2);
	spoil(list.p);
	memset(v, 0, sizeof *v);
	v->deadline = DEADLINE_NEVER;
	v->deep = true;
	ck_assert_int_eq(verify_run(v, &t), 0);
	ck_assert_uint_eq(v->n, n - 1);
	for (unsigned i = 0; i < v->n; i++)
		ck_assert_int_eq(v->found[i].fault, VERIFY_CHANGED);
}
END_TEST

#define PACMAN "/var/lib/pacman/local/base-1-1"

/* Sizes, numbers of owners, either digest; what can be told of a package whose mtree is damaged. */
START_TEST(what_an_mtree_says_is_compared)
{
	char command[200], text[800];

	ck_assert_int_eq(unlinkat(t.fd, "var/lib/dpkg/status", 0), 0);
	ck_assert_int_eq(fchmodat(t.fd, "etc/b.conf", 0644, 0), 0);
	put(PACMAN "/files", "%FILES%\nusr/bin/none\n");
	snprintf(text, sizeof text,
		 "#mtree\n/set type=file uid=%u gid=%u mode=644\n"
		 "./etc/b.conf size=3 sha256digest=" ABC256 "\n"
		 "./etc/pam.d/login size=4 md5digest=" ABC "\n"
		 "./usr/bin/tool uid=12345 size=3 sha256digest=" ABC256 "\n"
		 "./usr/bin/none size=3\n./usr/bin/link type=link link=other\n",
		 geteuid(), getegid());
	put(PACMAN "/text", text);
	put("/usr/bin/tool", "abd");
	snprintf(command, sizeof command,
		 "cd %s" PACMAN " && gzip <text >mtree && chmod 644 %s/usr/bin/tool "
		 "%s/etc/pam.d/login",
		 top, top, top);
	ck_assert_int_eq(system(command), 0);
	snprintf(text, sizeof text,
		 "login:\n  base: pacman -S base\n"
		 "    changed /etc/pam.d/login: 3 bytes, should be 4\n"
		 "the rest:\n  base: pacman -S base\n"
		 "    wrong link /usr/bin/link: leads to /usr/bin/tool, not to other\n"
		 "    missing /usr/bin/none\n    changed /usr/bin/tool\n"
		 "    mode /usr/bin/tool: mode 0644 of %u:%u, should be 0644 of 12345:%u\n",
		 geteuid(), getegid(), getegid());
	ck_assert_str_eq(look(), text);
	ck_assert(v->whole);
	/* told by both, said once */
	snprintf(command, sizeof command, "cd %s" PACMAN " && { gzip <text; echo; } >mtree", top);
	ck_assert_int_eq(system(command), 0);
	memset(v, 0, sizeof *v);
	v->deadline = DEADLINE_NEVER;
	ck_assert_int_eq(verify_run(v, &t), 0);
	ck_assert(!v->whole);
	ck_assert_uint_eq(v->n, 6);
	verify_order(v);
	ck_assert_uint_eq(v->n, 5);
	said.len = 0;
	verify_tell(v, line, NULL);
	ck_assert_ptr_nonnull(strstr(said.p,
				     "    unreadable " PACMAN
				     "/mtree: damaged: of this package only the list is compared"));
}
END_TEST

/* obj, sym and dir, each sound and each damaged; a folder may be a link to one. */
START_TEST(what_portage_says_is_compared)
{
	ck_assert_int_eq(unlinkat(t.fd, "var/lib/dpkg/status", 0), 0);
	put("/var/db/pkg/app/tool-1/CONTENTS",
	    "dir /usr/bin\nobj /usr/bin/tool " ABC " 5\nobj /usr/bin/other " ABC " 5\n"
	    "obj /etc/b.conf " ABC " 5\nsym /usr/bin/link -> /usr/bin/tool 5\n"
	    "sym /usr/share/link -> y 5\ndir /usr/moved\ndir /usr/gone\ndir /usr/file\n"
	    "sym /usr/nolink -> x 5\nobj /usr/bin/pkexec " ABC " 5\n");
	put("/usr/bin/other", "abd");
	put("/usr/file", "");
	put("/usr/nolink", "");
	put("/etc/b.conf", "mine");
	put("/usr/bin/pkexec", "abc");
	ck_assert_int_eq(fchmodat(t.fd, "usr/bin/pkexec", 0755, 0), 0);
	ck_assert_int_eq(symlinkat("share", t.fd, "usr/moved"), 0);
#define TOOL "  app/tool-1: emerge --oneshot =app/tool-1\n"
	ck_assert_str_eq(look(), "display:\n" TOOL
				 "    privilege lost /usr/bin/pkexec: neither setuid, setgid nor "
				 "a file capability\n"
				 "the rest:\n" TOOL "    changed /usr/bin/other\n"
				 "    wrong type /usr/file: a regular file\n"
				 "    missing /usr/gone\n"
				 "    wrong type /usr/nolink: a regular file\n"
				 "    wrong link /usr/share/link: leads to x, not to y\n"
				 "noted:\n  app/tool-1\n    changed /etc/b.conf\n");
}
END_TEST

/* More files than a batch holds, and more faults than the list. */
START_TEST(many_files_are_all_looked_at)
{
	enum { MANY = 40000 };
	char *list = malloc(MANY * 32u), *p = list;

	for (unsigned i = 0; i < MANY; i++)
		p += sprintf(p, "/nowhere/%05u\n", i);
	put(DPKG "/info/base.list", list);
	free(list);
	ck_assert_int_eq(verify_run(v, &t), 0);
	ck_assert_uint_eq(v->files, MANY + 2); /* and the two of Conffiles */
	ck_assert_uint_eq(v->n + v->lost, MANY);
	ck_assert_uint_eq(v->n, VERIFY_FINDINGS);
}
END_TEST

START_TEST(json_holds_hostile_names)
{
	char name[] = "/usr/share/a\"b\\\001";

	put(DPKG "/info/base.list", name);
	ck_assert_int_eq(verify_run(v, &t), 0);
	verify_order(v);
	verify_tell_json(v, line, NULL);
	ck_assert_ptr_nonnull(
	    strstr(said.p, "{\"breaks\":\"the rest\",\"package\":\"base\",\"path\":"
			   "\"/usr/share/a\\\"b\\\\\\u0001\",\"fault\":\"missing\",\"detail\":\"\","
			   "\"repair\":\"apt-get install --reinstall base\"}"));
}
END_TEST

START_TEST(no_database_is_no_answer)
{
	ck_assert_int_eq(unlinkat(t.fd, "var/lib/dpkg/status", 0), 0);
	ck_assert_int_eq(verify_run(v, &t), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

Suite *verify_suite(void)
{
	Suite *s = suite_create("verify");
	TCase *c = tcase_create("verify");

	tcase_add_checked_fixture(c, start, end);
	tcase_add_test(c, a_sound_root_has_no_fault);
	tcase_add_test(c, faults_are_told_by_what_they_break);
	tcase_add_test(c, a_removed_configuration_file_that_a_login_needs_is_a_fault);
	tcase_add_test(c, a_link_to_nothing_is_a_fault_where_it_is_run);
	tcase_add_test(c, missing_folders_are_all_told);
	tcase_add_test(c, another_type_is_named_and_a_fifo_does_not_hang);
	tcase_add_test(c, an_override_is_kept_to);
	tcase_add_test(c, quick_reads_only_what_a_login_needs);
	tcase_add_test(c, what_is_not_mounted_is_not_judged);
	tcase_add_test(c, past_its_deadline_it_says_that_it_is_not_whole);
	tcase_add_test(c, files_of_every_length_are_read_to_their_last_byte);
	tcase_add_test(c, what_an_mtree_says_is_compared);
	tcase_add_test(c, what_portage_says_is_compared);
	tcase_add_test(c, many_files_are_all_looked_at);
	tcase_add_test(c, json_holds_hostile_names);
	tcase_add_test(c, no_database_is_no_answer);
	suite_add_tcase(s, c);
	return s;
}
