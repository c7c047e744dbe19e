#include "base/trial.h"
#include "base/place.h"

#include "tree.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

Suite *trial_suite(void);

static char top[64];
static int root;
static struct trial t;

/* In dir, with the shell: what a package manager would do. */
static void sh(const char *dir, const char *script)
{
	char line[2048];

	snprintf(line, sizeof line, "cd %s && set -e && %s", dir, script);
	ck_assert_msg(system(line) == 0, "%s", script);
}

/* The test's own process: whoever calls it is a child of the runner. */
static void setup(void)
{
	ck_assert_msg(unshare(CLONE_NEWNS) == 0, "needs root: %s", strerror(errno));
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	root = tree_make(top);
	sh(top, "mkdir -p etc usr/lib/old/deep var/lib var/log home/argo dev proc sys run tmp;"
		"echo secret >etc/shadow; chmod 640 etc/shadow; chown 0:42 etc/shadow;"
		"echo 1 >usr/lib/lib.so; ln -s lib.so usr/lib/link; echo d >usr/lib/old/deep/file;"
		"mkdir usr/lib/opaque; echo a >usr/lib/opaque/a; echo b >usr/lib/opaque/b;"
		"echo gone >etc/gone; mkfifo etc/fifo; echo log >var/log/btmp; echo p >etc/plain;"
		"mkdir -m 2750 etc/dir; chown 7:8 etc/dir");
}

static void teardown(void)
{
	trial_close(&t);
	tree_remove(root, top);
}

static void change_in_trial(void)
{
	char path[300];

	sh(t.path,
	   "echo 2 >usr/lib/lib.new; mv usr/lib/lib.new usr/lib/lib.so; rm etc/gone;"
	   "rm -r usr/lib/old; rm -r usr/lib/opaque; mkdir usr/lib/opaque;"
	   "echo c >usr/lib/opaque/c; ln -sfn elsewhere usr/lib/link; mkfifo -m 600 etc/fifo2;"
	   "mknod etc/node c 1 3; rm etc/fifo; echo now >etc/fifo; chmod 0700 etc/dir;"
	   "mkdir -p etc/new/sub; echo n >etc/new/sub/n; touch etc/shadow;"
	   "rm etc/plain; mkdir etc/plain; echo i >etc/plain/inside;"
	   "echo x >tmp/x; echo y >run/y; mkdir var/cache; echo z >var/cache/z");
	snprintf(path, sizeof path, "%s/etc/new/sub/n", t.path);
	ck_assert_int_eq(setxattr(path, "security.test", "v", 1, 0), 0);
}

static void rolls_back_to(char *before)
{
	char name[40], *after;

	ck_assert_int_eq(journal_rollback(root, NULL, name, NULL, NULL), 0);
	after = tree_list(root);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}

static void round_trip(unsigned flags)
{
	static const char *const scratch[] = {"/var/cache", NULL};
	char *before = tree_list(root), *after, real[300], value[8];
	struct journal j;
	unsigned n;

	ck_assert_int_eq(trial_open(&t, top, flags), 0);
	ck_assert_msg(t.kind == TRIAL_OVERLAY, "%s", t.weaker);
	ck_assert_int_eq(t.on_disk, flags != 0);
	ck_assert_int_eq(!strncmp(t.mounts[0].upper, top, strlen(top)), flags != 0);
	change_in_trial();
	after = tree_list(root);
	ck_assert_str_eq(before, after);
	free(after);
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	ck_assert_msg(trial_commit(&t, &j, scratch, &n) == 0, "%s", strerror(errno));
	ck_assert_uint_eq(n, journal_count(&j));
	sh(top, "test $(cat usr/lib/lib.so) = 2; test ! -e etc/gone; test ! -e usr/lib/old;"
		"test \"$(ls usr/lib/opaque)\" = c; test $(readlink usr/lib/link) = elsewhere;"
		"test -p etc/fifo2; test \"$(stat -c %t:%T etc/node)\" = 1:3; test -f etc/fifo;"
		"test $(stat -c %a etc/dir) = 2700; test $(cat etc/new/sub/n) = n;"
		"test $(cat etc/plain/inside) = i;"
		"test ! -e tmp/x; test ! -e run/y; test ! -e var/cache/z; test $(cat etc/shadow) = "
		"secret");
	snprintf(real, sizeof real, "%s/etc/new/sub/n", top);
	ck_assert_int_eq(getxattr(real, "security.test", value, sizeof value), 1);
	ck_assert_int_eq(trial_commit(&t, &j, scratch, &n), 0);
	ck_assert_uint_eq(n, 0); /* copied up and the same: nothing to record */
	journal_close(&j);
	rolls_back_to(before);
}

START_TEST(overlay_commit_round_trip)
{
	round_trip(0);
}
END_TEST

/* Its files have another device number than its folders. */
START_TEST(a_tree_on_an_overlay_is_removed_to_its_end)
{
	char path[300];

	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	sh(t.path, "mkdir -p var/lib/x/y; echo 1 >var/lib/x/y/f");
	snprintf(path, sizeof path, "%s/var/lib/x", t.path);
	ck_assert_int_eq(place_remove_tree(AT_FDCWD, path), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

/* The newest name comes first in a tmpfs: small files are committed before the large one cannot be.
 */
static void change_more_than_fits(void)
{
	sh(t.path, "head -c 200000 /dev/zero >etc/large; echo 1 >etc/small; rm etc/gone;"
		   "echo 2 >usr/lib/lib.so; chmod 700 etc/dir");
}

START_TEST(a_commit_that_fails_leaves_nothing)
{
	char *before = tree_list(root), *after;
	struct rlimit small = {65536, 65536}, was;
	struct journal j;
	unsigned n;

	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	change_more_than_fits();
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert_int_eq(trial_commit(&t, &j, NULL, &n), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_uint_gt(j.next, 1); /* something had been done */
	ck_assert_uint_eq(journal_count(&j), 0);
	setrlimit(RLIMIT_FSIZE, &was);
	journal_close(&j);
	after = tree_list(root);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

static void be_killed_committing(void)
{
	struct rlimit small = {65536, 65536};
	struct journal j;
	unsigned n;

	signal(SIGXFSZ, SIG_DFL);
	if (journal_open(&j, root, "run", 0) == 0 && setrlimit(RLIMIT_FSIZE, &small) == 0)
		trial_commit(&t, &j, NULL, &n);
	_exit(0);
}

START_TEST(a_commit_that_is_killed_is_undone_by_the_next_open)
{
	char *before = tree_list(root), *after;
	struct journal j;
	int status;
	pid_t pid;

	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	change_more_than_fits();
	pid = fork();
	if (pid == 0)
		be_killed_committing();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	after = tree_list(root);
	ck_assert_str_ne(before, after); /* something had been done */
	free(after);
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	ck_assert_uint_eq(journal_count(&j), 0);
	journal_close(&j);
	after = tree_list(root);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

/* Before and behind its library a link, whichever way the layer is listed; the library is too
 * large.
 */
START_TEST(a_commit_changes_a_link_over_only_when_its_library_is_there)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	sh(t.path, "cd usr/lib; ln -s large early; head -c 200000 /dev/zero >large;"
		   "ln -sfn large link; ln -s large late");
	pid = fork();
	if (pid == 0)
		be_killed_committing();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	sh(top, "cd usr/lib; test -e link; test ! -L early; test ! -L late");
}
END_TEST

START_TEST(a_commit_that_ended_stays_when_the_journal_is_opened_again)
{
	struct journal j;
	unsigned n;

	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	sh(t.path, "echo 2 >usr/lib/lib.so");
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	ck_assert_int_eq(trial_commit(&t, &j, NULL, &n), 0);
	ck_assert_uint_gt(n, 0);
	journal_close(&j);
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	ck_assert_uint_eq(journal_count(&j), n);
	journal_close(&j);
	sh(top, "grep -q 2 usr/lib/lib.so");
}
END_TEST

/* On the file system that is changed, inside the lower layer. */
START_TEST(overlay_on_disk_commit_round_trip)
{
	sh(top, "mkdir -p ." JOURNAL_DIR);
	round_trip(TRIAL_ON_DISK);
}
END_TEST

START_TEST(folders_on_the_way_to_the_layer_are_committed)
{
	char *before, *after;
	struct journal j;
	unsigned n;

	sh(top, "mkdir -p ." JOURNAL_DIR " var/lib/pkg/sub var/lib/gone opt/gone; echo f >var/f;"
		"echo s >var/lib/pkg/sub/s; ln -s usr/lib lib; echo top >top; setfattr -n "
		"user.x -v y var/lib");
	before = tree_list(root);
	ck_assert_int_eq(trial_open(&t, top, TRIAL_ON_DISK), 0);
	sh(t.path,
	   "test $(cat var/f) = f; test $(cat lib/lib.so) = 1; chmod 711 usr var var/lib/pkg;"
	   "chown 3:4 etc; mkdir new var/lib/new; echo n >var/lib/new/n; echo n >var/lib/f;"
	   "echo n >top; rm var/f; ln -s x var/f; rm -r opt/gone; rm -r var/lib/pkg/sub;"
	   "ln -s y var/lib/pkg/sub");
	after = tree_list(root);
	ck_assert_str_eq(before, after);
	free(after);
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	ck_assert_msg(trial_commit(&t, &j, NULL, &n) == 0, "%s", strerror(errno));
	ck_assert_uint_eq(n, 12);
	sh(top,
	   "test $(stat -c %a usr) = 711; test $(stat -c %a var) = 711;"
	   "test $(stat -c %a var/lib/pkg) = 711; test $(stat -c %u:%g etc) = 3:4; test -d new;"
	   "test $(cat var/lib/new/n) = n; test $(cat var/lib/f) = n; test $(cat top) = n;"
	   "test -L var/f; test ! -e opt/gone; test -L var/lib/pkg/sub;"
	   "getfattr --only-values -n user.x var/lib | grep -q y");
	trial_close(&t);
	journal_close(&j);
	rolls_back_to(before);
}
END_TEST

START_TEST(layer_on_a_var_of_its_own_leaves_var_writable)
{
	char at[128];

	snprintf(at, sizeof at, "%s/var", top);
	ck_assert_int_eq(mount("var", at, "tmpfs", 0, "mode=0755"), 0);
	sh(top, "mkdir -p ." JOURNAL_DIR " var/db/pkg; echo d >var/db/pkg/d");
	ck_assert_int_eq(trial_open(&t, top, TRIAL_ON_DISK), 0);
	ck_assert_str_eq(t.mounts[0].at, "/");
	sh(t.path, "echo 2 >usr/lib/lib.so; echo e >var/db/pkg/d");
	sh(top, "test $(cat usr/lib/lib.so var/db/pkg/d | tr -d '\\n') = 1d");
	trial_close(&t);
	ck_assert_int_eq(umount2(at, MNT_DETACH), 0);
}
END_TEST

START_TEST(trial_has_devices_terminals_and_system_of_its_own)
{
	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	sh(t.path, "echo x >dev/null; test -c dev/tty; test -c dev/pts/ptmx; test -L dev/ptmx;"
		   "test $(head -c1 dev/zero | wc -c) = 1; test -d proc/1; test -d sys/kernel;"
		   "test $(stat -c %a tmp) = 1777; ! mkdir sys/x 2>/dev/null");
}
END_TEST

START_TEST(each_mount_of_the_target_has_its_layer)
{
	char at[128];
	struct journal j;
	unsigned n;

	snprintf(at, sizeof at, "%s/home", top);
	ck_assert_int_eq(mount("home", at, "tmpfs", 0, "mode=0755"), 0);
	sh(top, "mkdir home/argo; echo a >home/argo/file");
	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	ck_assert_uint_eq(t.nmounts, 2);
	sh(t.path, "echo b >home/argo/file");
	sh(top, "test $(cat home/argo/file) = a");
	ck_assert_int_eq(journal_open(&j, root, "run", 0), 0);
	ck_assert_int_eq(trial_commit(&t, &j, NULL, &n), 0);
	ck_assert_uint_eq(n, 1);
	journal_close(&j);
	sh(top, "test $(cat home/argo/file) = b");
	trial_close(&t);
	ck_assert_int_eq(umount2(at, MNT_DETACH), 0);
}
END_TEST

START_TEST(a_link_of_the_target_leads_no_mount_outside)
{
	char *before;

	sh(top, "rmdir tmp; ln -s /etc tmp");
	before = tree_list(root);
	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	ck_assert_int_eq(access("/etc/passwd", R_OK), 0);
	free(before);
}
END_TEST

START_TEST(trial_write_leaves_the_target_alone)
{
	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	ck_assert_int_eq(trial_write(&t, "/etc/shadow", "new\n", 4), 0);
	sh(t.path, "test $(cat etc/shadow) = new; test $(stat -c %a:%g etc/shadow) = 640:42");
	sh(top, "test $(cat etc/shadow) = secret");
	ck_assert_int_eq(trial_write(&t, "/etc/fifo", "new\n", 4), -1);
}
END_TEST

/* The second time it is the trial's own file that is read and written. */
START_TEST(trial_splice_leaves_the_target_alone_and_can_be_done_again)
{
	const struct splice s = {.at = 3, .drop = 2, .data = "XYZ", .len = 3};

	ck_assert_int_eq(trial_open(&t, top, 0), 0);
	for (int i = 0; i < 2; i++) {
		int rootfd = open(t.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		int fd = path_open_regular(rootfd, "/etc/shadow");

		ck_assert_int_eq(trial_splice(&t, "/etc/shadow", fd, &s), 0);
		close(fd);
		close(rootfd);
	}
	sh(t.path, "test $(cat etc/shadow) = secXYZZt; test $(stat -c %a:%g etc/shadow) = 640:42");
	sh(top, "test $(cat etc/shadow) = secret");
}
END_TEST

START_TEST(trial_on_disk_leaves_nothing_behind)
{
	char *before = tree_list(root), *after;

	sh(top, "mkdir -p ." JOURNAL_DIR);
	ck_assert_int_eq(trial_open(&t, top, TRIAL_ON_DISK), 0);
	ck_assert_int_eq(t.kind, TRIAL_OVERLAY);
	sh(t.path, "echo 2 >usr/lib/lib.so");
	trial_close(&t);
	sh(top, "test -z \"$(ls ." JOURNAL_DIR ")\"");
	after = tree_list(root);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

/* An overlay of an overlay of the tree: a third would be one too many. */
static void stack(char *base)
{
	char data[400], at[100];

	strcpy(base, "/tmp/rdstack.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	ck_assert_int_eq(mount("s", base, "tmpfs", 0, NULL), 0);
	sh(base, "mkdir u1 w1 m1 u2 w2 m2");
	snprintf(data, sizeof data, "lowerdir=%s,upperdir=%s/u1,workdir=%s/w1", top, base, base);
	snprintf(at, sizeof at, "%s/m1", base);
	ck_assert_int_eq(mount("o", at, "overlay", 0, data), 0);
	snprintf(data, sizeof data, "lowerdir=%s/m1,upperdir=%s/u2,workdir=%s/w2", base, base,
		 base);
	snprintf(at, sizeof at, "%s/m2", base);
	ck_assert_int_eq(mount("o", at, "overlay", 0, data), 0);
}

START_TEST(overlay_of_an_overlay_is_patched)
{
	char base[64], target[80];
	struct journal j = {.rootfd = root};
	unsigned n;

	stack(base);
	snprintf(target, sizeof target, "%s/m2", base);
	ck_assert_msg(trial_open(&t, target, 0) == 0, "%s", strerror(errno));
	ck_assert_int_eq(t.kind, TRIAL_PATCHED);
	ck_assert_str_ne(t.weaker, "");
	ck_assert_int_eq(trial_write(&t, "/etc/shadow", "new\n", 4), 0);
	ck_assert_int_eq(trial_write(&t, "/usr/lib/lib.so", "new\n", 4), 0);
	sh(t.path, "test $(cat etc/shadow) = new; test $(cat usr/lib/lib.so) = new;"
		   "test $(stat -c %a:%g etc/shadow) = 640:42; test -c dev/pts/ptmx;"
		   "echo x >>var/log/btmp; echo x >home/argo/x; ! touch usr/x 2>/dev/null");
	sh(target, "test $(cat etc/shadow) = secret; test $(cat usr/lib/lib.so) = 1;"
		   "test $(cat var/log/btmp) = log; test ! -e home/argo/x");
	ck_assert_int_eq(trial_commit(&t, &j, NULL, &n), -1);
	ck_assert_int_eq(errno, ENOTSUP);
	trial_close(&t);
	ck_assert_int_eq(umount2(base, MNT_DETACH), 0);
	ck_assert_int_eq(rmdir(base), 0);
}
END_TEST

START_TEST(layer_of_a_killed_build_is_swept)
{
	sh(top,
	   "mkdir -p var/lib/rd-recovery/trial/0/upper/deep; echo x >var/lib/rd-recovery/trial/0/x;"
	   "mkdir var/lib/rd-recovery/run");
	trial_sweep(top);
	ck_assert(!path_exists(root, JOURNAL_DIR "/trial"));
	ck_assert(path_exists(root, JOURNAL_DIR "/run"));
}
END_TEST

START_TEST(sweep_stays_in_the_target)
{
	char line[200];

	sh(top, "mkdir -p out/rd-recovery/trial; mkdir out/rd-recovery/keep; rm -r var/lib");
	snprintf(line, sizeof line, "ln -s %s/out var/lib; mkdir -p .%s/out", top, top);
	sh(top, line);
	trial_sweep(top);
	sh(top, "test -d out/rd-recovery/trial");
}
END_TEST

Suite *trial_suite(void)
{
	Suite *s = suite_create("trial");
	TCase *c = tcase_create("trial");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, layer_of_a_killed_build_is_swept);
	tcase_add_test(c, overlay_commit_round_trip);
	tcase_add_test(c, a_commit_that_fails_leaves_nothing);
	tcase_add_test(c, a_commit_that_is_killed_is_undone_by_the_next_open);
	tcase_add_test(c, a_commit_changes_a_link_over_only_when_its_library_is_there);
	tcase_add_test(c, a_commit_that_ended_stays_when_the_journal_is_opened_again);
	tcase_add_test(c, a_tree_on_an_overlay_is_removed_to_its_end);
	tcase_add_test(c, sweep_stays_in_the_target);
	tcase_add_test(c, overlay_on_disk_commit_round_trip);
	tcase_add_test(c, folders_on_the_way_to_the_layer_are_committed);
	tcase_add_test(c, layer_on_a_var_of_its_own_leaves_var_writable);
	tcase_add_test(c, trial_has_devices_terminals_and_system_of_its_own);
	tcase_add_test(c, each_mount_of_the_target_has_its_layer);
	tcase_add_test(c, a_link_of_the_target_leads_no_mount_outside);
	tcase_add_test(c, trial_write_leaves_the_target_alone);
	tcase_add_test(c, trial_splice_leaves_the_target_alone_and_can_be_done_again);
	tcase_add_test(c, trial_on_disk_leaves_nothing_behind);
	tcase_add_test(c, overlay_of_an_overlay_is_patched);
	suite_add_tcase(s, c);
	return s;
}
