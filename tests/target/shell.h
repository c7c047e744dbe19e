/* shell: a scratch target with a shell in it (busybox's, which needs no library), for what runs
 * target programs in a trial. */
#ifndef TESTS_TARGET_SHELL_H
#define TESTS_TARGET_SHELL_H

#include "scratch.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

/* An executable script of the target. */
static inline void put_program(const char *path, const char *text)
{
	char script[2000];

	snprintf(script, sizeof script, "#!/bin/sh\n%s", text);
	put(path, script);
	ck_assert_int_eq(chmod(full(path), 0755), 0);
}

/* Mounts are of the test's own process alone, which the runner forked. */
static inline void shell_open(void)
{
	char line[600];

	ck_assert_msg(unshare(CLONE_NEWNS) == 0, "needs root: %s", strerror(errno));
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	scratch_open();
	snprintf(line, sizeof line,
		 "cd %s && mkdir -p usr/bin usr/lib usr/lib64 dev proc sys run tmp var/tmp && "
		 "for d in bin lib lib64; do ln -s usr/$d $d; done && "
		 "cp -L --parents /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*') . && "
		 "cp /bin/busybox bin && "
		 "for a in cat cp ls ln head mkdir sleep; do ln -s busybox bin/$a; done",
		 t.root);
	ck_assert_int_eq(system(line), 0);
}

#endif
