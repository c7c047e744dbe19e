/* exit: a worker ends by _exit, and the payload goes on from memory by fexecve: for the coverage
 * build both write down first what was executed. Linked by --wrap.
 */
#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_fexecve(int fd, char *const argv[], char *const envp[]);
int __wrap_fexecve(int fd, char *const argv[], char *const envp[]);

_Noreturn void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

int __wrap_fexecve(int fd, char *const argv[], char *const envp[])
{
	__gcov_dump();
	__gcov_reset();
	return __real_fexecve(fd, argv, envp);
}
