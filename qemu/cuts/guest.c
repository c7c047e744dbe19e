/* cuts: the program of the guests that record what a power cut may tear, and check what it leaves.
 *   cuts mark DISK FOLDER            the folder's content as a mark at the end of the disk (log.h)
 *   cuts tree FOLDER                 its content (tree.h)
 *   cuts unsynced PROGRAM [ARG...]   run it where fsync, fdatasync, syncfs and sync do nothing and
 * answer 'done'
 *   cuts list TYPE LOG BASE FEW RANDOMS
 *   cuts check TYPE OPTIONS LOG BASE FEW RANDOMS MOST ALL   both: visit.h
 *   sh -c SCRIPT                     as the target's shell: package.h
 */
#include "log.h"
#include "package.h"
#include "tree.h"
#include "visit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int mark(char **argv)
{
	char *text = tree_read(argv[1]);

	if (text && mark_write(argv[0], text) == 0)
		return 0;
	perror(argv[0]);
	return 1;
}

static int print_tree(const char *folder)
{
	char *text = tree_read(folder);

	return text && fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 1;
}

#define DO_NOTHING(nr)                                                                             \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),                                             \
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0)

static int unsynced(char **argv)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    DO_NOTHING(SYS_fsync),
	    DO_NOTHING(SYS_fdatasync),
	    DO_NOTHING(SYS_syncfs),
	    DO_NOTHING(SYS_sync),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof code / sizeof *code, code};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0)
		execvp(argv[0], argv);
	perror(argv[0]);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "-c"))
		return package_shell(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "mark"))
		return mark(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "tree"))
		return print_tree(argv[2]);
	if (argc > 2 && !strcmp(argv[1], "unsynced"))
		return unsynced(argv + 2);
	if (argc == 7 && !strcmp(argv[1], "list"))
		return visit_list(argv + 2);
	if (argc == 10 && !strcmp(argv[1], "check"))
		return visit_check(argv + 2);
	fputs("cuts: its words are in guest.c\n", stderr);
	return 2;
}
