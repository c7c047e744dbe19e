/* refuse pid-namespaces|getrandom PROGRAM [ARGUMENT...]: the program, and all that it starts, as on
 * a kernel built without PID namespaces (EINVAL), or one whose random generator is not ready
 * (EAGAIN, where the caller would have to wait: getrandom(2)). seccomp(2).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A call is refused by a bit of one of its arguments: by its being set, or by its not being set. */
static const struct refusal {
	char name[16];
	unsigned call, argument, bit, set, error;
} refusals[] = {
    {"pid-namespaces", SYS_unshare, 0, CLONE_NEWPID, 1, EINVAL},
    {"getrandom", SYS_getrandom, 2, GRND_INSECURE, 0, EAGAIN},
};

static int filter(const struct refusal *r)
{
	struct sock_filter f[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->call, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[r->argument])),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, r->bit, !r->set, r->set),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | r->error),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog p = {sizeof f / sizeof *f, f};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
}

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc > 2 && i < sizeof refusals / sizeof *refusals; i++)
		if (!strcmp(argv[1], refusals[i].name) && !filter(&refusals[i]))
			execv(argv[2], argv + 2);
	perror("refuse");
	return 99;
}
