#include "target/pkg.h"

#include "../base/tree.h"

#include <errno.h>
#include <sys/stat.h>

Suite *pkg_suite(void);

static struct target t;
static char top[64];

static void put(const char *path, const char *text)
{
	tree_put(top, path, text, strlen(text));
}

static void start(void)
{
	memset(&t, 0, sizeof t);
	t.fd = tree_make(top);
	snprintf(t.root, sizeof t.root, "%s", top);
}

static void end(void)
{
	tree_remove(t.fd, top);
}

static int list(void *arg, const char *name, const char *version)
{
	char *all = arg;

	strcat(strcat(strcat(strcat(all, name), " "), version), "\n");
	return 0;
}

static int join(void *arg, const char *path)
{
	return list(arg, path, "");
}

/* The first lines of what its program touches: the package's own files. */
static void expect_files(const struct pkg_manager *m, const char *package, const char *first,
			 const char *state)
{
	char all[4000] = "";

	ck_assert_int_eq(m->files(&t, package, join, all), 0);
	ck_assert_str_eq(all, first);
	ck_assert_int_eq(m->files(&t, "nobody's", join, all) > 0, 0);
	*all = 0;
	ck_assert_int_eq(pkg_touches(&t, m, package, join, all), 0);
	ck_assert_ptr_nonnull(strstr(all, state));
	ck_assert_ptr_nonnull(strstr(all, "/etc/ld.so.cache \n"));
}

static void expect(const struct pkg_manager *m, const char *packages, const char *path,
		   const char *package)
{
	char all[400] = "", name[128];

	ck_assert_ptr_eq(pkg_in_use(&t), m);
	ck_assert_int_eq(m->each(&t, list, all), 0);
	ck_assert_str_eq(all, packages);
	ck_assert_int_eq(pkg_owner(&t, m, path, name), 0);
	ck_assert_str_eq(name, package);
	ck_assert_int_eq(pkg_owner(&t, m, "/usr/lib/nobody's", name), -1);
}

START_TEST(nothing_known_is_no_manager)
{
	ck_assert_ptr_null(pkg_in_use(&t));
}
END_TEST

START_TEST(dpkg_lists_what_is_installed)
{
	put("/var/lib/dpkg/status", "Package: libcrypt1\nStatus: install ok installed\n"
				    "Version: 1:4.4.33-2\nDescription: x\n Package: no\n\n"
				    "Package: gone\nStatus: deinstall ok config-files\n"
				    "Version: 1\n\nPackage: login\nStatus: install ok "
				    "installed\nVersion: 2");
	put("/var/lib/dpkg/info/libcrypt1:amd64.list", "/.\n/lib\n/lib/libcrypt.so.1\n");
	expect(&pkg_dpkg, "libcrypt1 1:4.4.33-2\nlogin 2\n", "/usr/lib/libcrypt.so.1",
	       "libcrypt1:amd64");
	expect_files(&pkg_dpkg, "libcrypt1:amd64", "/. \n/lib \n/lib/libcrypt.so.1 \n",
		     "/var/lib/dpkg/info/libcrypt1:amd64.* \n");
}
END_TEST

START_TEST(portage_paths_may_hold_spaces)
{
	put("/var/db/pkg/sys-libs/libxcrypt-4.4.36-r3/CONTENTS",
	    "dir /usr\nobj /usr/lib64/a b.so d41d8cd98f00b204e9800998ecf8427e 1\n"
	    "sym /usr/lib64/libcrypt.so.2 -> libcrypt.so.2.0.0 1\n");
	put("/var/db/pkg/sys-libs/-MERGING-libxcrypt-4.4.37/CONTENTS",
	    "obj /usr/lib64/a b.so d41d8cd98f00b204e9800998ecf8427e 1\n");
	expect(&pkg_portage, "sys-libs/libxcrypt 4.4.36-r3\n", "/usr/lib64/a b.so",
	       "sys-libs/libxcrypt-4.4.36-r3");
	expect(&pkg_portage, "sys-libs/libxcrypt 4.4.36-r3\n", "/usr/lib64/libcrypt.so.2",
	       "sys-libs/libxcrypt-4.4.36-r3");
	expect_files(&pkg_portage, "sys-libs/libxcrypt-4.4.36-r3",
		     "/usr \n/usr/lib64/a b.so \n/usr/lib64/libcrypt.so.2 \n",
		     "/var/db/pkg/sys-libs/libxcrypt-4.4.36-r3/* \n");
}
END_TEST

START_TEST(pacman_names_may_hold_dashes)
{
	put("/var/lib/pacman/local/libxcrypt-compat-4.4.36-1/files",
	    "%FILES%\nusr/\nusr/lib/libcrypt.so.1\n");
	put("/var/lib/pacman/local/ALPM_DB_VERSION", "9\n");
	expect(&pkg_pacman, "libxcrypt-compat 4.4.36-1\n", "/lib/libcrypt.so.1",
	       "libxcrypt-compat");
	expect_files(&pkg_pacman, "libxcrypt-compat",
		     "/%FILES% \n/usr/ \n/usr/lib/libcrypt.so.1 \n"
		     "/var/lib/pacman/local/libxcrypt-compat-4.4.36-1/* \n",
		     "/var/lib/pacman/local/libxcrypt-compat-* \n");
}
END_TEST

START_TEST(apk_files_follow_their_folder)
{
	put("/lib/apk/db/installed", "P:libxcrypt\nV:4.4.36-r0\nF:etc\nF:usr/lib\n"
				     "R:libcrypt.so.2\n\nP:shadow\nV:4.14\nF:bin\nR:su\n");
	expect(&pkg_apk, "libxcrypt 4.4.36-r0\nshadow 4.14\n", "/usr/lib/libcrypt.so.2",
	       "libxcrypt");
	expect_files(&pkg_apk, "libxcrypt", "/usr/lib/libcrypt.so.2 \n", "/lib/apk/db/* \n");
}
END_TEST

/* "package path kind digest's first byte ..." a line: what entries say. */
static int spell(void *arg, const struct pkg_entry *e)
{
	char line[600], sum[8] = "-";

	if (e->nsum)
		snprintf(sum, sizeof sum, "%u:%02x", (unsigned)e->nsum, e->sum[0]);
	snprintf(line, sizeof line, "%s %s %c %s%s%s%s%s%s%s%s\n", e->pkg, e->path, "?fdl"[e->kind],
		 sum, e -> link ? " ->" : "", e->link ? e->link : "", e->config ? " config" : "",
		 e->spare ? " spare" : "", e->privileged ? " privileged" : "",
		 e->capable ? " capable" : "", e->damage ? " damaged" : "");
	if (e->bits)
		snprintf(line + strlen(line) - 1, 100, " %04o %s:%s\n", e->own.mode, e->own.user,
			 e->own.group);
	strcat(arg, line);
	return 0;
}

static void expect_entries(const struct pkg_manager *m, const char *lines)
{
	static char all[8000];

	*all = '\0';
	ck_assert_int_eq(m->entries(&t, spell, all), 0);
	ck_assert_str_eq(all, lines);
}

#define SUM "d41d8cd98f00b204e9800998ecf8427e"
#define DPKG "/var/lib/dpkg"

START_TEST(dpkg_entries_know_digests_configuration_and_privileges)
{
	put(DPKG "/status",
	    "Package: libpam-modules\nStatus: install ok unpacked\nArchitecture: amd64\n"
	    "Multi-Arch: same\nConffiles:\n /etc/a.conf " SUM "\n /etc/old " SUM " obsolete\n"
	    " /etc/new newconffile\nDescription: x\n\n"
	    "Package: gone\nStatus: deinstall ok config-files\nConffiles:\n /etc/gone " SUM "\n\n"
	    "Package: passwd\nStatus: install ok installed\nArchitecture: amd64");
	put(DPKG "/info/libpam-modules:amd64.list",
	    "/.\n/etc\n/etc/a.conf\n/etc/old\n/lib/pam_unix.so\n/lib/pam_unix.so.1\n");
	put(DPKG "/info/libpam-modules:amd64.md5sums", SUM "  lib/pam_unix.so\n");
	put(DPKG "/info/gone.list", "/etc/gone\n");
	put(DPKG "/info/passwd.list", "/usr/bin/chfn\n/usr/bin/chage\n/usr/bin/login");
	put(DPKG "/info/passwd.md5sums", SUM "  usr/bin/login");
	put(DPKG "/statoverride", "root shadow 2755 /usr/bin/chage\n");
	expect_entries(&pkg_dpkg, "libpam-modules:amd64 /etc ? -\n"
				  "libpam-modules:amd64 /lib/pam_unix.so f 16:d4\n"
				  "libpam-modules:amd64 /lib/pam_unix.so.1 ? -\n"
				  "libpam-modules:amd64 /etc/a.conf f 16:d4 config\n"
				  "passwd /usr/bin/chfn ? - privileged\n"
				  "passwd /usr/bin/chage ? -\n"
				  "passwd /usr/bin/login f 16:d4\n"
				  " /usr/bin/chage ? - spare 2755 root:shadow\n");
}
END_TEST

START_TEST(dpkg_entries_follow_diversions_and_exclusions)
{
	put(DPKG "/status", "Package: dash\nStatus: install ok installed\n\n"
			    "Package: bash\nStatus: install ok installed\n");
	put(DPKG "/info/dash.list",
	    "/bin/sh\n/usr/share/doc/dash/copyright\n/usr/share/doc/dash/x\n");
	put(DPKG "/info/bash.list", "/bin/sh\n/bin/bash\n");
	put(DPKG "/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n/bin/bash\n/bin/bash.mine\n:\n");
	put("/etc/dpkg/dpkg.cfg.d/docker",
	    "# x\npath-exclude /usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n");
	expect_entries(&pkg_dpkg, "dash /bin/sh ? -\ndash /usr/share/doc/dash/copyright ? -\n"
				  "dash /usr/share/doc/dash/x ? - spare\n"
				  "bash /bin/sh.distrib ? -\nbash /bin/bash.mine ? -\n");
}
END_TEST

START_TEST(dpkg_entries_name_a_list_that_is_gone)
{
	put(DPKG "/status", "Package: login\nStatus: install ok installed\n");
	expect_entries(&pkg_dpkg, "login /var/lib/dpkg/info/login.list f -\n");
}
END_TEST

START_TEST(portage_entries_are_its_contents)
{
	put("/var/db/pkg/sys-apps/shadow-4.14/CONTENTS",
	    "dir /etc\nobj /etc/login.defs " SUM " 5\nobj /bin/a b " SUM " 1700000000\n"
	    "sym /bin/vigr -> vi pw 1700000000\nsym /bin/x -> y\nobj /usr/bin/chfn " SUM " 1\n"
	    "fif /run/x\nobj /bad\nsym /b\ndir\n");
	put("/var/db/pkg/sys-apps/-MERGING-other-1/CONTENTS", "obj /o " SUM " 5\n");
	expect_entries(&pkg_portage, "sys-apps/shadow-4.14 /etc d -\n"
				     "sys-apps/shadow-4.14 /etc/login.defs f 16:d4 config\n"
				     "sys-apps/shadow-4.14 /bin/a b f 16:d4\n"
				     "sys-apps/shadow-4.14 /bin/vigr l - ->vi pw\n"
				     "sys-apps/shadow-4.14 /bin/x l - ->y\n"
				     "sys-apps/shadow-4.14 /usr/bin/chfn f 16:d4 privileged\n");
}
END_TEST

#define PAM "/var/lib/pacman/local/pam-1.5-1"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* A package's mtree, as it lies there, by way of a command of the shell. */
static void put_mtree(const char *text, const char *command)
{
	char line[300];

	put(PAM "/text", text);
	snprintf(line, sizeof line, "cd %s" PAM " && (%s) <text >mtree && rm text", top, command);
	ck_assert_int_eq(system(line), 0);
}

START_TEST(pacman_entries_without_an_mtree_are_its_lists)
{
	put(PAM "/files", "%FILES%\netc/\netc/pam.d/su\nusr/lib/pam_unix.so\n\n%BACKUP%\n"
			  "etc/pam.d/su\t" SUM "\n");
	expect_entries(&pkg_pacman, "pam /etc d -\npam /usr/lib/pam_unix.so ? -\n"
				    "pam /etc/pam.d/su f 16:d4 config\n");
}
END_TEST

/* As bsdtar writes it: what /set says holds until a line says otherwise; names have octal digits.
 */
START_TEST(pacman_entries_are_what_its_mtree_says)
{
	put(PAM "/files", "%FILES%\netc/\netc/pam.d/su\n\n%BACKUP%\netc/pam.d/su\t" SUM "\n");
	put_mtree("#mtree\n/set type=file uid=0 gid=0 mode=644\n"
		  "./.PKGINFO time=5.0 size=3 md5digest=" SUM "\n"
		  "./etc time=5.0 mode=755 type=dir\n"
		  "./etc/pam.d/su time=5.0 size=0 md5digest=" SUM " sha256digest=" SHA256 "\n"
		  "./usr/bin/su gid=42 mode=4755 time=5.0 size=7 sha256digest=" SHA256 "\n"
		  "./usr/lib/a\\040b\\134c time=5.5 mode=777 type=link link=b\\040c\n"
		  "/set mode=600\n./usr/.hidden time=5.0 size=1\nusr/none size=1\n..\n\n",
		  "gzip");
	expect_entries(&pkg_pacman, "pam /etc d - 0755 0:0\n"
				    "pam /etc/pam.d/su f 16:d4 config 0644 0:0\n"
				    "pam /usr/bin/su f 32:e3 4755 0:42\n"
				    "pam /usr/lib/a b\\c l - ->b c\n"
				    "pam /usr/.hidden f - 0600 0:0\n");
}
END_TEST

START_TEST(pacman_entries_may_have_been_left_out)
{
	put(PAM "/files", "%FILES%\nusr/man/\nusr/man/a\nusr/man/b\nusr/x\n");
	put("/etc/pacman.conf", "#NoExtract = usr/x\n[options]\n\tNoExtract=usr/man/* usr/y\n"
				"NoExtract  =  !usr/man/b\nNoUpgrade = usr/x\nNoExtract");
	expect_entries(&pkg_pacman, "pam /usr/man d -\npam /usr/man/a ? - spare\n"
				    "pam /usr/man/b ? -\npam /usr/x ? -\n");
	put_mtree("./usr/man/a type=file\n./usr/x type=file\n", "gzip");
	expect_entries(&pkg_pacman, "pam /usr/man/a f - spare\npam /usr/x f -\n");
}
END_TEST

/* What a hostile mtree is: cut short, packed without an end, a line without one. */
START_TEST(pacman_entries_name_an_mtree_that_is_damaged)
{
	static const char *const hostile[] = {
	    "gzip | head -c 25",
	    "cat",
	    "true",
	    "gzip | { cat; echo more; }",
	    "{ cat; head -c 70000000 /dev/zero; } | gzip",
	    "{ cat; yes $(seq -s : 500) | head -c 70000000; } | gzip",
	};

	put(PAM "/files", "%FILES%\netc/\n");
	for (unsigned i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		put_mtree("#mtree\n./etc mode=755 type=dir\n", hostile[i]);
		expect_entries(&pkg_pacman, i < 3 ? "pam " PAM "/mtree ? - damaged\npam /etc d -\n"
						  : "pam /etc d - 0755 :\n"
						    "pam " PAM
						    "/mtree ? - damaged\npam /etc d -\n");
	}
}
END_TEST

static int touch(void *arg, const struct pkg_entry *e)
{
	unsigned *n = arg;

	*n += (unsigned)(strlen(e->path) + strlen(e->pkg) + (e->link ? strlen(e->link) : 0));
	return 0;
}

/* One byte after the other made another one: an end, and nothing read that is not there (the
 * sanitizers see it). */
START_TEST(entries_survive_damaged_databases)
{
	static const struct {
		const struct pkg_manager *m;
		const char *path, *text;
	} files[] = {
	    {&pkg_dpkg, DPKG "/status",
	     "Package: a\nStatus: install ok installed\nArchitecture: x\nMulti-Arch: same\n"
	     "Conffiles:\n /etc/c " SUM "\n"},
	    {&pkg_dpkg, DPKG "/info/a:x.list", "/.\n/bin\n/bin/b\n/etc/c\n"},
	    {&pkg_dpkg, DPKG "/info/a:x.md5sums", SUM "  bin/b\n" SUM "  bin/c\n"},
	    {&pkg_dpkg, DPKG "/diversions", "/bin/b\n/bin/b.d\n:\n"},
	    {&pkg_dpkg, DPKG "/statoverride", "root root 4755 /bin/b\n"},
	    {&pkg_dpkg, "/etc/dpkg/dpkg.cfg", "path-exclude=/b*\n"},
	    {&pkg_portage, "/var/db/pkg/a/b-1/CONTENTS",
	     "dir /a\nobj /b " SUM " 5\nsym /c -> d 7\n"},
	    {&pkg_pacman, "/etc/pacman.conf", "NoExtract = usr/b !usr/c\n"},
	    {&pkg_pacman, "/var/lib/pacman/local/a-1-1/files",
	     "%FILES%\nusr/\nusr/b\n%BACKUP%\netc/c\t" SUM "\n"},
	};
	static const char bytes[] = {'\0', '\n', ' ', '/', '\t', ':', '>', '\377'};
	char bad[400];
	unsigned n = 0;

	for (size_t f = 0; f < sizeof files / sizeof *files; f++)
		put(files[f].path, files[f].text);
	for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
		size_t len = strlen(files[f].text);

		for (size_t i = 0; i < len * sizeof bytes; i++) {
			memcpy(bad, files[f].text, len);
			bad[i / sizeof bytes] = bytes[i % sizeof bytes];
			tree_put(top, files[f].path, bad, len);
			ck_assert_int_eq(files[f].m->entries(&t, touch, &n), 0);
		}
		put(files[f].path, files[f].text);
	}
	ck_assert_uint_gt(n, 1000);
}
END_TEST

START_TEST(damaged_database_ends)
{
	char all[400] = "";

	put("/lib/apk/db/installed", "P:\nV:\n:\nR:\nF");
	ck_assert_int_eq(pkg_apk.each(&t, list, all), 0);
	put("/var/lib/dpkg/status", "Package: \nVersion\nStatus: ");
	ck_assert_int_eq(pkg_dpkg.each(&t, list, all), 0);
	ck_assert_str_eq(all, "");
	put("/var/db/pkg/a/b-1/CONTENTS", "obj /\nobj /a\nsym /b\nsym /c -> \ndir\nobj /d 1\n");
	ck_assert_int_eq(pkg_portage.files(&t, "a/b-1", join, all), 0);
	ck_assert_str_eq(all, "/c \n");
}
END_TEST

/* An archive of the cache, n minutes old. */
static void cache(const char *path, long n)
{
	struct timespec at[2] = {{.tv_sec = 100000 - 60 * n}, {.tv_sec = 100000 - 60 * n}};

	put(path, "");
	ck_assert_int_eq(utimensat(t.fd, path + 1, at, 0), 0);
}

START_TEST(cached_packages_are_found_newest_first)
{
	struct pkg_archives a;

	cache("/var/cache/apt/archives/libcrypt1_1_amd64.deb", 3);
	cache("/var/cache/apt/archives/libcrypt1_2_amd64.deb", 2);
	cache("/var/cache/apt/archives/libcrypt1_2_i386.deb", 1);
	cache("/var/cache/apt/archives/libcrypt1-dev_3_amd64.deb", 1);
	cache("/var/cache/apt/archives/partial/libcrypt1_4_amd64.deb", 0);
	ck_assert_int_eq(pkg_cached(&t, &pkg_dpkg, "libcrypt1:amd64", &a), 0);
	ck_assert_uint_eq(a.n, 2);
	ck_assert_str_eq(a.file[0], "/var/cache/apt/archives/libcrypt1_2_amd64.deb");
	ck_assert_str_eq(a.file[1], "/var/cache/apt/archives/libcrypt1_1_amd64.deb");
	ck_assert_int_eq(pkg_cached(&t, &pkg_dpkg, "libcrypt", &a), -1);
}
END_TEST

START_TEST(every_managers_cache_is_searched)
{
	static const char *const rpms[] = {
	    "/var/cache/dnf/fedora-2d95/packages/libxcrypt-4.4.36-2.x86_64.rpm",
	    "/var/cache/zypp/packages/repo-oss/x86_64/libxcrypt-4.4.36-1.x86_64.rpm",
	    "/var/cache/dnf/fedora-2d95/packages/libxcrypt-4.4.36-2.i686.rpm"};
	struct pkg_archives a;

	for (int i = 0; i < 3; i++)
		cache(rpms[i], i);
	ck_assert_int_eq(pkg_cached(&t, &pkg_rpm, "libxcrypt.x86_64", &a), 0);
	ck_assert_uint_eq(a.n, 2);
	ck_assert_str_eq(a.file[0], rpms[0]);
	ck_assert_str_eq(a.file[1], rpms[1]);
	cache("/var/cache/pacman/pkg/libxcrypt-4.4.36-1-x86_64.pkg.tar.zst", 1);
	cache("/var/cache/pacman/pkg/libxcrypt-4.4.36-1-x86_64.pkg.tar.zst.sig", 1);
	cache("/var/cache/pacman/pkg/libxcrypt-4.4.37-1-x86_64.pkg.tar.zst.part", 0);
	ck_assert_int_eq(pkg_cached(&t, &pkg_pacman, "libxcrypt", &a), 0);
	ck_assert_uint_eq(a.n, 1);
}
END_TEST

START_TEST(portage_has_binary_packages_and_unmerged_images)
{
	struct pkg_archives a;

	cache("/var/cache/binpkgs/sys-libs/libxcrypt/libxcrypt-4.4.36-1.gpkg.tar", 9);
	put("/var/tmp/portage/sys-libs/libxcrypt-4.4.36/image/usr/x", "");
	put("/var/tmp/portage/sys-libs/libxcrypt-4.4.37/image/usr/x", "");
	ck_assert_int_eq(pkg_cached(&t, &pkg_portage, "sys-libs/libxcrypt-4.4.36", &a), 0);
	ck_assert_uint_eq(a.n, 2);
	ck_assert_str_eq(a.file[0], "/var/tmp/portage/sys-libs/libxcrypt-4.4.36/image");
}
END_TEST

START_TEST(a_merge_that_was_cut_off_leaves_an_owner)
{
	char name[128];

	put("/var/db/pkg/sys-libs/-MERGING-libxcrypt-4.4.37/CONTENTS",
	    "obj /usr/lib64/libcrypt.so.2.0.0 d41d8cd98f00b204e9800998ecf8427e 1\n");
	ck_assert_int_eq(pkg_owner(&t, &pkg_portage, "/usr/lib64/libcrypt.so.2.0.0", name), 0);
	ck_assert_str_eq(name, "sys-libs/libxcrypt-4.4.37");
}
END_TEST

START_TEST(an_empty_database_is_nobodys)
{
	put("/var/lib/dpkg/status", "");
	put("/var/lib/pacman/local/ALPM_DB_VERSION", "9\n");
	ck_assert_ptr_eq(pkg_in_use(&t), &pkg_pacman);
}
END_TEST

START_TEST(manager_given_up_once_is_not_started_again)
{
	struct child_result r = {.end = CHILD_EXITED};
	char why[100] = "", all[400] = "";
	long hung = 0;

	t.pkg_hung = &hung;
	pkg_ended(&t, &r, 20);
	ck_assert(!pkg_given_up(&t, &pkg_rpm, why, sizeof why));
	r.end = CHILD_TIMED_OUT;
	pkg_ended(&t, &r, 20);
	ck_assert(pkg_given_up(&t, &pkg_rpm, why, sizeof why));
	ck_assert_str_eq(why, "rpm did not end within 20 s; not tried again");
	errno = 0;
	ck_assert_int_eq(pkg_rpm.each(&t, list, all), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
}
END_TEST

Suite *pkg_suite(void)
{
	Suite *s = suite_create("pkg");
	TCase *c = tcase_create("pkg");

	tcase_add_checked_fixture(c, start, end);
	tcase_add_test(c, nothing_known_is_no_manager);
	tcase_add_test(c, dpkg_lists_what_is_installed);
	tcase_add_test(c, portage_paths_may_hold_spaces);
	tcase_add_test(c, pacman_names_may_hold_dashes);
	tcase_add_test(c, apk_files_follow_their_folder);
	tcase_add_test(c, dpkg_entries_know_digests_configuration_and_privileges);
	tcase_add_test(c, dpkg_entries_follow_diversions_and_exclusions);
	tcase_add_test(c, dpkg_entries_name_a_list_that_is_gone);
	tcase_add_test(c, portage_entries_are_its_contents);
	tcase_add_test(c, pacman_entries_without_an_mtree_are_its_lists);
	tcase_add_test(c, pacman_entries_are_what_its_mtree_says);
	tcase_add_test(c, pacman_entries_may_have_been_left_out);
	tcase_add_test(c, pacman_entries_name_an_mtree_that_is_damaged);
	tcase_add_test(c, entries_survive_damaged_databases);
	tcase_add_test(c, damaged_database_ends);
	tcase_add_test(c, manager_given_up_once_is_not_started_again);
	tcase_add_test(c, cached_packages_are_found_newest_first);
	tcase_add_test(c, every_managers_cache_is_searched);
	tcase_add_test(c, portage_has_binary_packages_and_unmerged_images);
	tcase_add_test(c, a_merge_that_was_cut_off_leaves_an_owner);
	tcase_add_test(c, an_empty_database_is_nobodys);
	suite_add_tcase(s, c);
	return s;
}
