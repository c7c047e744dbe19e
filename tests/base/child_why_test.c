#include "base/child_own.h"
#include "base/clock.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *child_why_suite(void);

static struct child_result result;

static int run_program(const char *path)
{
	const char *argv[] = {path, NULL};
	struct child_spec spec = {.name = "test", .argv = argv, .deadline = deadline_in(20)};

	return child_run(&spec, &result);
}

static char folder[64];

static void make_folder(void)
{
	strcpy(folder, "/tmp/rd-child-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
	static const char *const names[] = {"script", "elf", "plain", "empty", "dos", NULL};
	char path[128];

	for (int i = 0; names[i]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static const char *make_file(const char *name, const void *data, size_t len, mode_t mode)
{
	static char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static void ends_with(const char *path, int err, const char *why)
{
	char expected[400];

	snprintf(expected, sizeof expected, "%s%s", path, why);
	ck_assert_int_eq(run_program(path), -1);
	ck_assert_int_eq(result.end, CHILD_NOT_STARTED);
	ck_assert_int_eq(result.status, err);
	ck_assert_str_eq(result.reason, expected);
}

START_TEST(exec_failures_are_explained)
{
	ends_with("/nowhere/program", ENOENT, " is missing");
	ends_with("/etc", EACCES, " is a directory");
	ends_with(make_file("script", "#! /lib/nothing -e\n", 19, 0755), ENOENT,
		  ": its interpreter /lib/nothing is missing");
	ends_with(make_file("dos", "#!/bin/sh\r\n", 11, 0755), ENOENT,
		  ": its interpreter /bin/sh\\r is missing");
	ends_with(make_file("plain", "echo\n", 5, 0644), EACCES, " is not executable (mode 644)");
	ends_with(make_file("plain", "echo\n", 5, 0755), ENOEXEC,
		  " is neither an ELF program nor a script");
	ends_with(make_file("empty", "", 0, 0755), ENOEXEC, " is empty");
	ends_with(make_file("elf", "\177ELF\2\1\1", 7, 0755), ENOEXEC, " is a damaged ELF file");
}
END_TEST

START_TEST(exec_of_broken_elf_is_explained)
{
	static char elf[1 << 20];
	char why[300];
	int fd = open("/bin/true", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, elf, sizeof elf);
	char *loader = n > 0 ? memmem(elf, (size_t)n, "/ld-linux", 9) : NULL;
	bool amd = elf[18] == 62;

	close(fd);
	ck_assert_ptr_nonnull(loader);
	loader[1] = 'X';
	while (loader > elf && loader[-1])
		loader--;
	snprintf(why, sizeof why, ": its loader %.200s is missing", loader);
	ends_with(make_file("elf", elf, (size_t)n, 0755), ENOENT, why);
	elf[18] = (char)(amd ? 183 : 62);
	snprintf(why, sizeof why, " is a program for another machine (ELF machine %d, this is %d)",
		 amd ? 183 : 62, amd ? 62 : 183);
	ends_with(make_file("elf", elf, (size_t)n, 0755), ENOEXEC, why);
}
END_TEST

START_TEST(exec_reason_looks_inside_the_root)
{
	char why[300];

	make_file("plain", "x", 1, 0644);
	child_exec_reason(folder, "/plain", EACCES, why, sizeof why);
	ck_assert_str_eq(why, "/plain is not executable (mode 644)");
	child_exec_reason(folder, "/bin/sh", ENOENT, why, sizeof why);
	ck_assert_str_eq(why, "/bin/sh is missing");
	child_exec_reason("/nowhere", "/bin/sh", ENOENT, why, 8);
	ck_assert_str_eq(why, "/bin/sh");
}
END_TEST

static void reason_is(int err, const char *want)
{
	char why[300];

	child_exec_reason(folder, "/elf", err, why, sizeof why);
	ck_assert_str_eq(why, want);
}

/* Heads as a file system or another system leaves them; where the loader is, it is named. */
START_TEST(exec_of_odd_elf_is_explained)
{
	struct {
		Elf32_Ehdr e;
		Elf32_Phdr p;
		char loader[8];
	} narrow = {.e = {.e_ident = "\177ELF\1\1\1", .e_machine = EM_386, .e_phnum = 1}};

	narrow.e.e_phoff = offsetof(__typeof__(narrow), p);
	narrow.p.p_type = PT_INTERP;
	narrow.p.p_offset = offsetof(__typeof__(narrow), loader);
	strcpy(narrow.loader, "/plain");
	make_file("elf", &narrow, sizeof narrow, 0755);
	reason_is(ENOENT, "/elf: its loader /plain is missing");
	make_file("plain", "x", 1, 0644);
	reason_is(EACCES, "/elf: its loader /plain cannot be executed");
	narrow.p.p_type = PT_LOAD;
	make_file("elf", &narrow, sizeof narrow, 0755);
	reason_is(ENOEXEC, "/elf is not executable by this kernel");
	narrow.e.e_phnum = 9; /* its headers are cut off */
	make_file("elf", &narrow, sizeof narrow, 0755);
	reason_is(ENOEXEC, "/elf is a damaged ELF file");
	reason_is(E2BIG, "/elf: Argument list too long");
}
END_TEST

START_TEST(exec_on_a_noexec_file_system_is_explained)
{
	char why[300];

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("test", folder, "tmpfs", MS_NOEXEC, NULL), 0);
	ends_with(make_file("script", "#!/bin/sh\n", 10, 0755), EACCES,
		  " lies on a file system mounted noexec");
	child_exec_reason(folder, "/script", ENOENT, why, sizeof why);
	ck_assert_str_eq(why, "/script: its interpreter /bin/sh is missing");
	ck_assert_int_eq(umount(folder), 0);
}
END_TEST

START_TEST(survivors_are_named_with_what_they_hold)
{
	char said[320], pid_text[40];
	struct buf b = BUF_OF(said);
	pid_t ancestor = getpid(), pid = fork();

	if (pid == 0) {
		close(0); /* the first that is named */
		open("/etc/passwd", O_RDONLY);
		raise(SIGSTOP);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	said[0] = '\0';
	child_survivors(ancestor, &b);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(pid_text, sizeof pid_text, "pid %d (", (int)pid);
	ck_assert_ptr_nonnull(strstr(said, pid_text));
	ck_assert_ptr_nonnull(strstr(said, ") T"));
	ck_assert_ptr_nonnull(strstr(said, "/etc/passwd"));
}
END_TEST

Suite *child_why_suite(void)
{
	Suite *s = suite_create("child_why");
	TCase *t = tcase_create("child_why");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, make_folder, remove_folder);
	tcase_add_test(t, exec_failures_are_explained);
	tcase_add_test(t, exec_of_broken_elf_is_explained);
	tcase_add_test(t, exec_reason_looks_inside_the_root);
	tcase_add_test(t, exec_of_odd_elf_is_explained);
	tcase_add_test(t, exec_on_a_noexec_file_system_is_explained);
	tcase_add_test(t, survivors_are_named_with_what_they_hold);
	suite_add_tcase(s, t);
	return s;
}
