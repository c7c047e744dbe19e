/* probe KEY SETTING...: print crypt(KEY, SETTING), one a line, or "no crypt" when the library has
 * no such function. "= " begins each line: the loader's warnings share the pipe.
 *
 * No libc, so that what the answer depends on is the loader and the one library that stands under
 * the stub's soname.
 */
#include <stdbool.h>
#include <stddef.h>

__attribute__((weak)) char *crypt(const char *key, const char *setting);
_Noreturn void probe_main(long *stack);

#ifdef __x86_64__
__asm__(
    ".globl _start\n_start: xor %ebp,%ebp\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall probe_main\n");
enum { CALL_WRITE = 1, CALL_EXIT = 231 };
static long call(long n, long a, const void *b, size_t c)
{
	__asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return n;
}
#elif defined __i386__
__asm__(".globl _start\n_start: xor %ebp,%ebp\n\tmov %esp,%eax\n\tand $-16,%esp\n\tsub "
	"$12,%esp\n\tpush %eax\n"
	"\tcall probe_main\n");
enum { CALL_WRITE = 4, CALL_EXIT = 252 };
static long call(long n, long a, const void *b, size_t c)
{
	__asm__ volatile("int $0x80" : "+a"(n) : "b"(a), "c"(b), "d"(c) : "memory");
	return n;
}
#else
#error "no system calls for this machine: src/probe/build.sh leaves the probe out"
#endif

static void say(const char *s)
{
	size_t len = 0;

	while (s[len])
		len++;
	while (len) {
		long n = call(CALL_WRITE, 1, s, len);

		if (n <= 0)
			break;
		s += n;
		len -= (size_t)n;
	}
}

void probe_main(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1);
	/* A weak function's address is known to be not null unless it is read at run time. */
	char *(*volatile ask)(const char *, const char *) = crypt;

	if (!ask)
		say("= no crypt\n");
	for (long i = 2; ask && i < argc; i++) {
		const char *answer = ask(argv[1], argv[i]);

		say("= ");
		say(answer ? answer : "(null)");
		say("\n");
	}
	for (;;)
		call(CALL_EXIT, 0, NULL, 0);
}
