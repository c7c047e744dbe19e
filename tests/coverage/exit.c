/* exit: a worker ends by _exit, the payload goes on from memory by fexecve, a child becomes a
 * target's program by execve, mostly in a root of its own, and process 1 another init, or ends with
 * the machine: for the coverage build each first writes down what was executed. In that other root
 * there is no place for it, unless GCOV_PREFIX leads out of it through a descriptor, and another
 * user may not. Linked by --wrap.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_fexecve(int fd, char *const argv[], char *const envp[]);
int __wrap_fexecve(int fd, char *const argv[], char *const envp[]);
int __real_execve(const char *path, char *const argv[], char *const envp[]);
int __wrap_execve(const char *path, char *const argv[], char *const envp[]);
int __real_execv(const char *path, char *const argv[]);
int __wrap_execv(const char *path, char *const argv[]);
int __real_chroot(const char *path);
int __wrap_chroot(const char *path);
int __real_reboot(int how);
int __wrap_reboot(int how);

static bool elsewhere;

static void write_down(void)
{
	if (elsewhere || geteuid())
		return;
	__gcov_dump();
	__gcov_reset();
}

_Noreturn void __wrap__exit(int status)
{
	write_down();
	__real__exit(status);
}

int __wrap_fexecve(int fd, char *const argv[], char *const envp[])
{
	write_down();
	return __real_fexecve(fd, argv, envp);
}

int __wrap_execve(const char *path, char *const argv[], char *const envp[])
{
	write_down();
	return __real_execve(path, argv, envp);
}

int __wrap_execv(const char *path, char *const argv[])
{
	write_down();
	return __real_execv(path, argv);
}

int __wrap_chroot(const char *path)
{
	if (!getenv("GCOV_PREFIX")) {
		write_down();
		elsewhere = true;
	}
	return __real_chroot(path);
}

int __wrap_reboot(int how)
{
	write_down();
	sync();
	return __real_reboot(how);
}
