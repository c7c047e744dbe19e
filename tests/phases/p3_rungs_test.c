#include "phases/p3_rungs.h"
#include "phases/phase.h"

#include "small.h"

Suite *p3_rungs_suite(void);

#define CRIPPLED "build/libs/crippled/libcrypt.so.1.1.0"
#define DEB "/var/cache/apt/archives/libcrypt1_1_amd64.deb"

/* A target of the story: its libcrypt.so.1 cannot do the method that shadow has. In it, a shell and
 * a good library; in a mount namespace of the test's own process, for the trials. */
static void setup(void)
{
	static const char *const tools[] = {"mkdir", "rm", "cp", "tar", "ls", "head"};
	char text[300];

	small_open();
	full("/tmp/x");
	full("/dev/x");
	full("/proc/x");
	full("/sys/x");
	full("/run/x");
	/* busybox's own shell would take an applet for each program of that name */
	small_copy("/bin/dash", "/bin/sh");
	small_copy("$(command -v busybox)", "/bin/busybox");
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		snprintf(text, sizeof text, "/bin/%s", tools[i]);
		put_link(text, "busybox");
	}
	snprintf(text, sizeof text, "root:*:19000::::::\nargo:%s:19000:0:99999:7:::\n",
		 hash_known(HASH_SHA512));
	put("/etc/shadow", text);
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nargo:x:1000:1000::/home/argo:/bin/sh\n");
	put("/etc/group", "root:x:0:\nargo:x:1000:\n");
	ck_assert_int_eq(chmod(t.root, 0755), 0);
	ck_assert_int_eq(chmod(full("/tmp"), 01777), 0);
	ck_assert_int_eq(chmod(full("/etc/shadow"), 0640), 0);
	small_copy(SMALL_LIBCRYPT, "/usr/share/good");
	small_copy(CRIPPLED, SMALL_LIBCRYPT);
	c.report->phases[1].outcome = OUTCOME_OK; /* somebody has looked */
}

/* A program of the target's: a shell script. */
static void program(const char *path, const char *script)
{
	char text[600];

	snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
	put(path, text);
	ck_assert_int_eq(chmod(full(path), 0755), 0);
}

/* dpkg owns the library, and has a package of it in its cache. */
static void dpkg(void)
{
	put("/var/lib/dpkg/status",
	    "Package: libcrypt1\nStatus: install ok installed\nVersion: 1\n\n");
	put("/var/lib/dpkg/info/libcrypt1.list", SMALL_LIBCRYPT "\n");
	put(DEB, "a package");
}

static void run(enum outcome is, const char *text)
{
	enum outcome o = p3_libxcrypt_rebuild(&c);

	ck_assert_msg(o == is && strstr(c.report->phases[3].text, text), "%s: %s", outcome_name(o),
		      c.report->phases[3].text);
}

static bool left(const char *rung, const char *why)
{
	for (unsigned i = 0; i < c.report->npivots; i++)
		if (strstr(c.report->pivots[i].tried, rung) &&
		    strstr(c.report->pivots[i].failed, why))
			return true;
	return false;
}

static bool is_good(void)
{
	return small_same(SMALL_LIBCRYPT) && shared.methods_proven & 1u << HASH_SHA512;
}

START_TEST(sound_library_stays)
{
	small_copy(SMALL_LIBCRYPT, SMALL_LIBCRYPT);
	run(OUTCOME_NOTHING, "nothing to rebuild: 1 libraries verify every hash");
	ck_assert(is_good());
	set.libxcrypt_rebuild = true;
	run(OUTCOME_SKIPPED, "libcrypt is sound as it was; the rebuild asked for was not possible");
	ck_assert(!left("(a)", "") && left("(c)", "no package is known to own the library"));
	ck_assert(left("(d)", "no library is broken: there is nothing to build"));
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

START_TEST(known_good_copy_is_taken_first)
{
	small_capture(SMALL_LIBCRYPT);
	run(OUTCOME_REPAIRED, "by (a) known-good copy");
	ck_assert(is_good());
	ck_assert_uint_eq(c.report->npivots, 0);
}
END_TEST

START_TEST(without_a_rung_everything_stays_and_is_said)
{
	small_capture(SMALL_LIBCRYPT);
	put("/capture" SMALL_LIBCRYPT, "damaged");
	run(OUTCOME_FAILED, "no rung is left");
	ck_assert(left("(a)", "the copy of " SMALL_LIBCRYPT " is damaged"));
	ck_assert(left("(b)", "no package is known to own the library"));
	ck_assert_uint_eq(c.report->nfailures, 1);
	ck_assert_uint_eq(journal_count(&j), 0);
	ck_assert_uint_eq(shared.methods_proven & 1u << HASH_SHA512, 0);
}
END_TEST

START_TEST(package_of_the_cache_is_unpacked_and_proven)
{
	dpkg();
	program("/usr/bin/dpkg-deb", "mkdir -p usr" SMALL_LIBRARIES
				     " && cp /usr/share/good usr" SMALL_LIBRARIES "/libcrypt.so.1");
	run(OUTCOME_REPAIRED, "by (b) binary package libcrypt1_1_amd64.deb from the cache");
	ck_assert(is_good());
	ck_assert(left("(a)", "none is carried"));
	ck_assert(strstr(c.report->next[0], "apt-get install --reinstall libcrypt1"));
}
END_TEST

START_TEST(manager_may_go_its_own_way_and_another)
{
	dpkg();
	program("/usr/bin/dpkg-deb", "echo no such format; exit 2");
	program("/usr/bin/apt-get", "rm " SMALL_LIBCRYPT "; echo no network; exit 100");
	program("/usr/bin/dpkg", "cp /usr/share/good " SMALL_LIBCRYPT);
	run(OUTCOME_REPAIRED, "by (c) dpkg: libcrypt1 reinstalled");
	ck_assert(is_good());
	ck_assert(left("(b)", "exit status 2: no such format"));
	ck_assert(left("(c)", "exit status 100: no network"));
}
END_TEST

START_TEST(manager_that_proves_nothing_changes_nothing)
{
	dpkg();
	ck_assert_int_eq(unlink(full(DEB)), 0);
	program("/usr/bin/apt-get", "rm -r /etc/shadow " SMALL_LIBCRYPT);
	program("/usr/bin/dpkg", "exit 0");
	run(OUTCOME_FAILED, "no rung is left");
	ck_assert(left("(b)", "/var/cache/apt/archives: no package of libcrypt1"));
	ck_assert_int_eq(access(full("/etc/shadow"), F_OK), 0);
	ck_assert_uint_eq(journal_count(&j), 0);
}
END_TEST

/* Its configure and make know where the good library is. */
static void archive(const char *path)
{
	char command[800];

	program("/source/libxcrypt-4/configure", "exit 0");
	program("/usr/bin/make",
		"[ \"$1\" = install ] || exit 0\nd=${2#DESTDIR=}/usr" SMALL_LIBRARIES
		"\nmkdir -p $d && cp /usr/share/good $d/libcrypt.so.1");
	snprintf(command, sizeof command, "tar -C %s -cf %s libxcrypt-4", full("/source"), path);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(sources_on_the_target_are_built_by_hand)
{
	char path[300];

	full("/usr/src/x");
	snprintf(path, sizeof path, "%s/usr/src/libxcrypt-4.tar.x", t.root);
	archive(path);
	run(OUTCOME_REPAIRED, "by (d) built from /usr/src/libxcrypt-4.tar.x");
	ck_assert(is_good());
}
END_TEST

START_TEST(sources_that_are_carried_are_built_by_hand)
{
	char path[300];

	full("/carried/x");
	snprintf(t.sources, sizeof t.sources, "%s/carried", t.root);
	snprintf(path, sizeof path, "%s/libxcrypt-5.tar.x", t.sources);
	archive(path);
	run(OUTCOME_REPAIRED, "by (d) built from libxcrypt-5.tar.x");
	ck_assert(is_good());
}
END_TEST

START_TEST(link_into_nothing_does_not_say_where_the_library_goes)
{
	ck_assert_int_eq(unlink(full(SMALL_LIBCRYPT)), 0);
	put_link(SMALL_LIBCRYPT, "../../../etc/nowhere.so");
	small_capture(SMALL_LIBCRYPT);
	run(OUTCOME_REPAIRED, "by (a) known-good copy");
	ck_assert(is_good());
	ck_assert_int_ne(access(full("/etc/nowhere.so"), F_OK), 0);
}
END_TEST

START_TEST(lost_library_is_the_managers_to_bring_back)
{
	dpkg();
	ck_assert_int_eq(unlink(full(DEB)), 0);
	ck_assert_int_eq(unlink(full(SMALL_LIBCRYPT)), 0);
	put_link(SMALL_LIBCRYPT, "nowhere.so");
	program("/usr/bin/apt-get", "rm " SMALL_LIBCRYPT "; cp /usr/share/good " SMALL_LIBCRYPT);
	run(OUTCOME_REPAIRED, "by (c) dpkg: libcrypt1 reinstalled");
	ck_assert(is_good());
}
END_TEST

START_TEST(without_a_journal_nothing_is_repaired)
{
	small_capture(SMALL_LIBCRYPT);
	c.journal = NULL;
	run(OUTCOME_FAILED, "no journal, no repair");
	ck_assert(!is_good());
}
END_TEST

START_TEST(target_without_any_is_unknown)
{
	ck_assert_int_eq(unlink(full(SMALL_LIBCRYPT)), 0);
	run(OUTCOME_UNKNOWN, "no libcrypt was found, and nothing says one is needed");
}
END_TEST

START_TEST(what_a_manager_may_change_is_kept)
{
	struct ladder l = {.c = &c, .m = &pkg_dpkg, .package = "libcrypt1"};
	struct keep *k;

	dpkg();
	k = ladder_keep(&l);
	ck_assert_ptr_nonnull(k);
	put("/var/lib/dpkg/status", "half written");
	ck_assert_int_eq(unlink(full(SMALL_LIBCRYPT)), 0);
	ck_assert_int_eq(keep_end(k, false), 0);
	ck_assert(!holds("/var/lib/dpkg/status", "half written"));
	ck_assert_int_eq(access(full(SMALL_LIBCRYPT), F_OK), 0);
	strcpy(l.package, "nobody's");
	ck_assert_ptr_null(ladder_keep(&l));
	ck_assert(strstr(l.why, "what dpkg may change cannot be journalled: "));
}
END_TEST

Suite *p3_rungs_suite(void)
{
	Suite *s = suite_create("p3_rungs");
	TCase *k = tcase_create("p3_rungs");

	tcase_add_checked_fixture(k, setup, scratch_close);
	tcase_add_test(k, sound_library_stays);
	tcase_add_test(k, known_good_copy_is_taken_first);
	tcase_add_test(k, without_a_rung_everything_stays_and_is_said);
	tcase_add_test(k, package_of_the_cache_is_unpacked_and_proven);
	tcase_add_test(k, manager_may_go_its_own_way_and_another);
	tcase_add_test(k, manager_that_proves_nothing_changes_nothing);
	tcase_add_test(k, sources_on_the_target_are_built_by_hand);
	tcase_add_test(k, sources_that_are_carried_are_built_by_hand);
	tcase_add_test(k, link_into_nothing_does_not_say_where_the_library_goes);
	tcase_add_test(k, lost_library_is_the_managers_to_bring_back);
	tcase_add_test(k, without_a_journal_nothing_is_repaired);
	tcase_add_test(k, target_without_any_is_unknown);
	tcase_add_test(k, what_a_manager_may_change_is_kept);
	suite_add_tcase(s, k);
	return s;
}
