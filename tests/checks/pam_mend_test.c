#include "base/path.h"
#include "checks/families.h"
#include "checks/pam_own.h"

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *pam_mend_suite(void);

/* A root as Debian has it, whose modules are stand-ins that load. */
static const struct {
	const char *path, *text;
} files[] = {
    {"/etc/pam.d/login", "auth optional pam_faildelay.so delay=3000000\n"
			 "auth requisite pam_nologin.so\n@include common-auth\n"
			 "@include common-account\n@include common-session\n"},
    {"/etc/pam.d/su", "auth sufficient pam_rootok.so\n@include common-auth\n"
		      "@include common-account\n@include common-session\n"},
    {"/etc/pam.d/sshd", "@include common-auth\n@include common-account\n@include common-session\n"},
    {"/etc/pam.d/other", "auth required pam_deny.so\naccount required pam_deny.so\n"
			 "session required pam_deny.so\n"},
    {"/etc/pam.d/common-auth", "# here are the per-package modules\n"
			       "auth\trequired\tpam_faillock.so preauth\n"
			       "auth\t[success=1 default=ignore]\tpam_unix.so\n"
			       "auth\trequisite\tpam_deny.so\nauth\trequired\tpam_permit.so\n"},
    {"/etc/pam.d/common-account",
     "account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so\n"
     "account\trequisite\tpam_deny.so\naccount\trequired\tpam_permit.so\n"},
    {"/etc/pam.d/common-session",
     "session\t[default=1]\tpam_permit.so\n"
     "session\trequisite\tpam_deny.so\n"
     "session\trequired\tpam_permit.so\nsession required pam_unix.so\n"},
    {"/usr/bin/su", ""},
};
static const char modules[][20] = {"pam_unix.so",     "pam_deny.so",	"pam_permit.so",
				   "pam_rootok.so",   "pam_nologin.so", "pam_faillock.so",
				   "pam_faildelay.so"};

static char root[] = "/tmp/rd-mend-XXXXXX";
static struct target t;
static struct journal j;
static struct report *r;

static void shell(const char *fmt, const char *a)
{
	char line[800];

	snprintf(line, sizeof line, fmt, root, a);
	ck_assert_int_eq(system(line), 0);
}

static void put(const char *path, const void *data, size_t len)
{
	char full[300];
	FILE *f;

	snprintf(full, sizeof full, "%s%s", root, path);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void fresh(void)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		put(files[i].path, files[i].text, strlen(files[i].text));
}

static void setup(void)
{
	strcpy(root, "/tmp/rd-mend-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	shell("cd %s && mkdir -p etc/pam.d usr/bin lib/security var/lib %s", "");
	shell("cd %s && echo 'int f(void){return 0;}' >m.c && gcc -shared -fPIC -nostdlib -o m.so "
	      "m.c %s",
	      "");
	for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
		shell("cd %s && cp m.so lib/security/%s", modules[i]);
	fresh();
	memset(&t, 0, sizeof t);
	strcpy(t.root, root);
	t.fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(journal_open(&j, t.fd, "20260101-000000", 0), 0);
	r = report_start();
}

static void teardown(void)
{
	char line[64];

	journal_close(&j);
	close(t.fd);
	snprintf(line, sizeof line, "rm -rf --one-file-system %s", root);
	ck_assert_int_eq(system(line), 0);
}

static void repair(void)
{
	struct check_context c = {.t = &t, .report = r, .journal = &j, .user = "", .timeout = 5};

	memset(r, 0, sizeof *r);
	detect_pam(&c);
	repair_pam(&c);
}

static bool found(const char *id)
{
	struct check_context c = {.t = &t, .report = r, .user = ""};

	memset(r, 0, sizeof *r);
	detect_pam(&c);
	return id ? report_find(r, id) != NULL : r->nfindings != 0;
}

static struct pam_stack s;

static bool login_works(const char *service)
{
	struct pam_source src = {.rootfd = t.fd};
	struct ldso *l = ldso_open(&t);
	bool works;

	pam_stack_load(&s, &src, service, l);
	ldso_close(l);
	works = pam_stack_usable(&s, PAM_AUTH, false) && pam_stack_usable(&s, PAM_ACCOUNT, false) &&
		pam_stack_usable(&s, PAM_SESSION, false);
	return works && !pam_stack_permissive(&s);
}

static bool has(const char *path, const char *text)
{
	size_t len;
	char *data = path_slurp(t.fd, path, 65536, &len);
	bool is = data && memmem(data, len, text, strlen(text));

	path_release(data, len);
	return is;
}

START_TEST(healthy_root_yields_nothing)
{
	ck_assert(!found(NULL));
	repair();
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

static void set_auth(const char *text)
{
	put("/etc/pam.d/common-auth", text, strlen(text));
}

START_TEST(missing_module_is_disabled_alone_and_the_jump_over_it_shortened)
{
	set_auth("auth [success=2 default=ignore] pam_unix.so\nauth required pam_tally2.so\n"
		 "auth requisite pam_deny.so\nauth required pam_permit.so\n");
	ck_assert(found("pam-module-missing"));
	repair();
	ck_assert(has("/etc/pam.d/common-auth",
		      "auth [success=1 default=ignore] pam_unix.so\n"
		      "# rd-recovery: auth required pam_tally2.so\nauth requisite pam_deny.so\n"));
	ck_assert(strstr(r->weakened, "auth pam_tally2.so"));
	ck_assert(!found(NULL));
	ck_assert(login_works("login"));
}
END_TEST

START_TEST(missing_password_module_is_never_taken_out)
{
	set_auth("auth required pam_cleverdoor.so\nauth required pam_permit.so\n");
	repair();
	ck_assert(has("/etc/pam.d/common-auth", "\nauth required pam_permit.so\n"));
	ck_assert(!has("/etc/pam.d/common-auth", "rd-recovery"));
	ck_assert(login_works("login"));
	ck_assert(has("/etc/pam.d/login", "required pam_unix.so"));
}
END_TEST

START_TEST(jump_ends_where_it_is_proven)
{
	set_auth("auth [success=5 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
		 "auth required pam_permit.so\n");
	ck_assert(found("pam-bad-jump"));
	repair();
	ck_assert(has("/etc/pam.d/common-auth", "[success=1 default=ignore]"));
	ck_assert(login_works("login"));
	fresh();
	set_auth("auth [success=1 default=bad] pam_unix.so\n");
	repair();
	ck_assert(has("/etc/pam.d/common-auth", "[success=ok default=bad]"));
	ck_assert(login_works("login"));
}
END_TEST

START_TEST(door_that_is_open_is_shut)
{
	set_auth("auth sufficient pam_permit.so\nauth required pam_unix.so\n");
	ck_assert(found("pam-permissive"));
	repair();
	ck_assert(has("/etc/pam.d/common-auth",
		      "# rd-recovery: auth sufficient pam_permit.so\nauth required pam_unix.so\n"));
	ck_assert_str_eq(r->weakened, "");
	ck_assert(login_works("login"));
}
END_TEST

/* sshd reads these too: what they were meant to keep out stays out. */
START_TEST(a_guard_that_others_share_is_never_the_line_to_go)
{
	set_auth("auth reqired pam_faillock.so\nauth required pam_unix.so\n");
	repair();
	ck_assert(!has("/etc/pam.d/common-auth", "rd-recovery"));
	ck_assert(has("/etc/pam.d/common-auth", "auth reqired pam_faillock.so\n"));
	ck_assert(login_works("login"));
	fresh();
	set_auth("auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\n");
	ck_assert(found("pam-permissive"));
	repair();
	ck_assert(!has("/etc/pam.d/common-auth", "# rd-recovery: auth required pam_faillock.so"));
}
END_TEST

START_TEST(file_beside_it_comes_back_unless_a_control_is_lost)
{
	static const char vendor[] = "auth [success=1 default=ignore] pam_unix.so\n"
				     "auth requisite pam_deny.so\nauth required pam_permit.so\n";

	put("/etc/pam.d/common-auth.dpkg-dist", vendor, strlen(vendor));
	set_auth("atuh required pam_env.so\nauth required pam_faillock.so preauth\n"
		 "auth required pam_unix.so\n");
	repair();
	ck_assert(has("/etc/pam.d/common-auth", "\nauth required pam_faillock.so preauth\n"));
	fresh();
	set_auth("");
	repair();
	ck_assert(has("/etc/pam.d/common-auth", vendor));
	ck_assert(login_works("login"));
}
END_TEST

#define WHOLE(word)                                                                                \
	"auth [success=1 default=ignore] pam_unix.so " word                                        \
	"\nauth requisite pam_deny.so\nauth required pam_permit.so\n"

/* etc-update's name for a file it has not merged; the highest number is the newest. */
START_TEST(newest_unmerged_file_comes_first)
{
	static const char old[] = WHOLE("old"), new[] = WHOLE("new");

	put("/etc/pam.d/._cfg0001_common-auth", new, strlen(new));
	put("/etc/pam.d/._cfg0000_common-auth", old, strlen(old));
	put("/etc/pam.d/._cfg0002_common-session", old, strlen(old));
	set_auth("");
	repair();
	ck_assert(has("/etc/pam.d/common-auth", new));
	ck_assert(login_works("login"));
}
END_TEST

START_TEST(vendors_folder_has_the_file_too)
{
	static const char vendor[] = WHOLE("vendor");

	shell("cd %s && mkdir -p usr/lib/pam.d %s", "");
	put("/usr/lib/pam.d/common-auth", vendor, strlen(vendor));
	set_auth("");
	repair();
	ck_assert(has("/etc/pam.d/common-auth", vendor));
	ck_assert(login_works("login"));
}
END_TEST

/* The module asks for a library that is gone with it: both are carried, and proven in a trial. */
START_TEST(captured_module_and_its_library_come_back)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	/* a library's place is beside libpam, which login asks for */
	shell("cd %s && mkdir -p tmp proc dev sys run usr/lib capture/lib/security "
	      "capture/usr/lib && gcc -shared -fPIC -nostdlib -Wl,-soname,libpam.so.0 -o "
	      "usr/lib/libpam.so.0 m.c && gcc -shared -fPIC -nostdlib -Wl,--no-as-needed -o "
	      "usr/bin/login m.c usr/lib/libpam.so.0 %s",
	      "");
	shell("cd %s/capture && echo 'int g(void){return 1;}' >g.c && gcc -nostdlib -shared -fPIC "
	      "-Wl,-soname,libg.so.1 -o usr/lib/libg.so.1 g.c && echo 'int g(void); int f(void)"
	      "{return g();}' >f.c && gcc -nostdlib -shared -fPIC -o lib/security/pam_unix.so f.c "
	      "usr/lib/libg.so.1 %s",
	      "");
	shell("cd %s/capture && for f in usr/lib/libg.so.1 lib/security/pam_unix.so; do "
	      "echo file path=/$f mode=644 uid=0 gid=0 sha256=$(sha256sum $f | head -c 64); done "
	      ">manifest && cp lib/security/pam_unix.so ../lib/security %s",
	      "");
	snprintf(t.capture, sizeof t.capture, "%s/capture", root);
	ck_assert(found("pam-module-unloadable"));
	repair();
	ck_assert(!found(NULL));
	ck_assert(path_exists(t.fd, "/usr/lib/libg.so.1"));
	/* and when the module itself is gone */
	shell("cd %s && rm lib/security/pam_unix.so %s", "");
	ck_assert(found("pam-module-missing"));
	repair();
	ck_assert(!found(NULL));
	ck_assert(login_works("login"));
	ck_assert(!has("/etc/pam.d/common-auth", "rd-recovery"));
}
END_TEST

START_TEST(empty_passwords_stay_refused)
{
	static const char vendor[] = "auth [success=1 default=ignore] pam_unix.so nullok\n"
				     "auth requisite pam_deny.so\nauth required pam_permit.so\n";

	put("/etc/pam.d/common-auth.dpkg-dist", vendor, strlen(vendor));
	set_auth("auth required pam_gone.so\nauth required pam_unix.so\n");
	repair();
	ck_assert(!has("/etc/pam.d/common-auth", "nullok"));
	ck_assert(login_works("login"));
}
END_TEST

START_TEST(carriage_returns_are_taken_out)
{
	set_auth("auth required pam_faillock.so preauth\r\nauth required pam_unix.so\r\n\r\n");
	repair();
	ck_assert(has("/etc/pam.d/common-auth",
		      "auth required pam_faillock.so preauth\nauth required pam_unix.so\n"));
	ck_assert(login_works("login"));
}
END_TEST

/* --- any range of bytes damaged */

static unsigned seed;

static unsigned next(unsigned most)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % most;
}

static void damage(const char *text, char out[4096])
{
	static const char *const inserts[] = {
	    "\n",   "#",	 "[",
	    "]",    "\\\n",	 "sufficient",
	    "\r\n", "success=9", "auth sufficient pam_permit.so\n",
	    " "};
	size_t len = strlen(text), at = next((unsigned)len), n = 1 + next(64), made = len;
	const char *insert = inserts[next(10)];

	memset(out, 0, 4096);
	memcpy(out, text, len);
	n = at + n > len ? len - at : n;
	switch (next(5)) {
	case 0:
		memset(out + at, 0, n);
		break;
	case 1:
		for (size_t i = 0; i < n; i++)
			out[at + i] = (char)next(256);
		break;
	case 2:
		memmove(out + at, out + at + n, len - at - n + 1);
		made = len - n;
		break;
	case 3:
		made = at;
		break;
	default:
		memmove(out + at + strlen(insert), out + at, len - at);
		memcpy(out + at, insert, strlen(insert));
		made = len + strlen(insert);
	}
	out[4095] = (char)next(2);
	out[4094] = (char)(made >> 8);
	out[4093] = (char)made;
}

START_TEST(no_damage_ends_in_a_stack_that_takes_any_password)
{
	char out[4096];

	for (unsigned i = 0; i < 250; i++) {
		unsigned which = i % 7;
		const char *services[] = {"login", "su", "sshd"};
		bool open[3];

		seed = i;
		fresh();
		damage(files[which].text, out);
		put(files[which].path, out,
		    (size_t)(unsigned char)out[4094] << 8 | (unsigned char)out[4093]);
		for (int k = 0; k < 3; k++) {
			struct pam_source src = {.rootfd = t.fd};

			pam_stack_load(&s, &src, services[k], NULL);
			open[k] = pam_stack_permissive(&s);
		}
		repair();
		for (int k = 0; k < 3; k++) {
			struct pam_source src = {.rootfd = t.fd};

			pam_stack_load(&s, &src, services[k], NULL);
			/* sshd's own stack is never replaced: what the damage opened there is said
			 */
			ck_assert_msg(!pam_stack_permissive(&s) || (k == 2 && open[k]),
				      "seed %u: %s takes any password after the repair", i,
				      services[k]);
		}
		ck_assert_msg(login_works("login"), "seed %u: login is not mended", i);
	}
}
END_TEST

Suite *pam_mend_suite(void)
{
	Suite *suite = suite_create("pam_mend");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, healthy_root_yields_nothing);
	tcase_add_test(c, missing_module_is_disabled_alone_and_the_jump_over_it_shortened);
	tcase_add_test(c, missing_password_module_is_never_taken_out);
	tcase_add_test(c, jump_ends_where_it_is_proven);
	tcase_add_test(c, door_that_is_open_is_shut);
	tcase_add_test(c, a_guard_that_others_share_is_never_the_line_to_go);
	tcase_add_test(c, file_beside_it_comes_back_unless_a_control_is_lost);
	tcase_add_test(c, newest_unmerged_file_comes_first);
	tcase_add_test(c, vendors_folder_has_the_file_too);
	tcase_add_test(c, captured_module_and_its_library_come_back);
	tcase_add_test(c, empty_passwords_stay_refused);
	tcase_add_test(c, carriage_returns_are_taken_out);
	tcase_add_test(c, no_damage_ends_in_a_stack_that_takes_any_password);
	suite_add_tcase(suite, c);
	return suite;
}
