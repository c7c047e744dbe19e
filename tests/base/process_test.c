#include "base/process.h"

#include "tree.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

Suite *process_suite(void);

#define REST " 5 5 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 100 1 1"

static int parse(const char *text, struct process *p)
{
	return process_parse(text, strlen(text), p);
}

START_TEST(stat_with_a_hostile_name_is_understood)
{
	struct process p;

	ck_assert_int_eq(parse("42 (a) S 1 (b) D 7" REST, &p), 0);
	ck_assert_int_eq(p.pid, 42);
	ck_assert_int_eq(p.ppid, 7);
	ck_assert_int_eq(p.state, 'D');
	ck_assert_str_eq(p.name, "a) S 1 (b");
	ck_assert_uint_eq(p.start, 12345);
	ck_assert(!p.kernel);
	ck_assert_int_eq(
	    parse("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 0 0", &p), 0);
	ck_assert(p.kernel);
}
END_TEST

START_TEST(stat_that_is_none_is_refused)
{
	static const char *const wrong[] = {
	    "", "x", "1 (", "1 )x( S 1" REST, "0 (a) S 1" REST, "1 (a) S 1 2 3", "1 (a)"};
	static char giant[5000];
	struct process p;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(parse(wrong[i], &p) == -1, "%s", wrong[i]);
	memset(giant, '(', sizeof giant - 1);
	ck_assert_int_eq(parse(giant, &p), -1);
}
END_TEST

START_TEST(path_below_is_about_whole_components)
{
	ck_assert(process_path_below("/sysroot", "/sysroot"));
	ck_assert(process_path_below("/sysroot/etc", "/sysroot/"));
	ck_assert(process_path_below("/sysroot (deleted)", "/sysroot"));
	ck_assert(!process_path_below("/sysroot2/etc", "/sysroot"));
	ck_assert(!process_path_below("/etc", "/"));
	ck_assert(!process_path_below("pipe:[1]", "/sysroot"));
}
END_TEST

START_TEST(services_are_known_by_their_cgroup)
{
	ck_assert(process_in_service("0::/system.slice/systemd-udevd.service\n"));
	ck_assert(process_in_service("0::/system.slice/systemd-udevd.service/udev\n"));
	ck_assert(!process_in_service("0::/\n"));
	ck_assert(!process_in_service("0::/my.servicelike\n"));
}
END_TEST

/* A child that says when it is ready, in dir, ignoring TERM when asked, stopped when asked. */
static pid_t start(const char *dir, bool deaf, bool stop)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (chdir(dir))
			_exit(1);
		signal(SIGTERM, deaf ? SIG_IGN : SIG_DFL); /* not the test runner's handler */
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		if (stop)
			raise(SIGSTOP);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	if (stop)
		ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	return pid;
}

START_TEST(holder_is_named_and_ended)
{
	static const int ms[2] = {300, 5000};
	char dir[] = "/tmp/rdhold.XXXXXX", what[200], expect[64];
	struct process p[3];
	bool alive[3];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(process_read(start(dir, i == 1, i == 2), &p[i]), 0);
	ck_assert(process_holds(p[0].pid, dir, what, sizeof what));
	snprintf(expect, sizeof expect, "cwd %s", dir);
	ck_assert_str_eq(what, expect);
	ck_assert(!process_holds(p[0].pid, "/nowhere", what, sizeof what));
	ck_assert_int_eq(p[2].state, 'T');
	ck_assert(process_descends(p[0].pid, getpid()));
	ck_assert(!process_descends(getpid(), p[0].pid));
	process_end(p, 3, ms, alive);
	for (int i = 0; i < 3; i++) {
		int status;

		ck_assert(!alive[i]);
		ck_assert_int_eq(waitpid(p[i].pid, &status, 0), p[i].pid);
		ck_assert_int_eq(WTERMSIG(status), i == 1 ? SIGKILL : SIGTERM);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* What this process itself has open, or mapped, below a folder. */
START_TEST(descriptors_and_maps_hold_too)
{
	char dir[64], what[200];
	int folder = tree_make(dir), fd;
	void *map;

	close(folder);
	ck_assert(!process_holds(getpid(), dir, what, sizeof what));
	ck_assert_str_eq(what, "");
	folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(folder, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	close(folder);
	ck_assert_int_eq(ftruncate(fd, 4096), 0);
	ck_assert(process_holds(getpid(), dir, what, sizeof what));
	ck_assert(!strncmp(what, "descriptor /", 12) && strstr(what, "/file"));
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	close(fd);
	ck_assert(process_holds(getpid(), dir, what, sizeof what));
	ck_assert(!strncmp(what, "map /", 5) && strstr(what, "/file"));
	munmap(map, 4096);
	ck_assert(!process_holds(getpid(), dir, what, sizeof what));
	tree_remove(open(dir, O_RDONLY | O_CLOEXEC), dir);
}
END_TEST

START_TEST(pid_with_another_start_is_left_alone)
{
	static const int ms[2] = {50, 50};
	struct process p;
	bool alive;
	pid_t pid = start("/", false, false);

	ck_assert_int_eq(process_read(pid, &p), 0);
	p.start++;
	process_end(&p, 1, ms, &alive);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(nothing_to_end_takes_no_time)
{
	static const int ms[2] = {60000, 60000};

	process_end(NULL, 0, ms, NULL); /* the test's own limit is shorter */
}
END_TEST

START_TEST(lock_is_judged_by_boot_not_by_pid)
{
	const long long boot = 1800000000, now = boot + 1000;

	ck_assert_int_eq(lock_judge(boot - 1, boot, now, true), LOCK_STALE);
	ck_assert_int_eq(lock_judge(boot + 1, boot, now, true), LOCK_FRESH);
	ck_assert_int_eq(lock_judge(now + 1, boot, now, true), LOCK_UNKNOWN);
	ck_assert_int_eq(lock_judge(5, 1, 100, true), LOCK_UNKNOWN);
	ck_assert_int_eq(lock_judge(now + 1, boot, now, false), LOCK_STALE);
}
END_TEST

Suite *process_suite(void)
{
	Suite *s = suite_create("process");
	TCase *t = tcase_create("process");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, stat_with_a_hostile_name_is_understood);
	tcase_add_test(t, stat_that_is_none_is_refused);
	tcase_add_test(t, path_below_is_about_whole_components);
	tcase_add_test(t, services_are_known_by_their_cgroup);
	tcase_add_test(t, holder_is_named_and_ended);
	tcase_add_test(t, descriptors_and_maps_hold_too);
	tcase_add_test(t, pid_with_another_start_is_left_alone);
	tcase_add_test(t, nothing_to_end_takes_no_time);
	tcase_add_test(t, lock_is_judged_by_boot_not_by_pid);
	suite_add_tcase(s, t);
	return s;
}
