/* small: the scratch target with what a dynamic program of this machine starts with, and a phase's context on it. It lies in memory, in a mount
 * namespace of the test's own process. */
#ifndef TESTS_PHASES_SMALL_H
#define TESTS_PHASES_SMALL_H

#include "../target/scratch.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/journal.h"
#include "base/log.h"
#include "phases/context.h"

#include <sched.h>
#include <sys/mount.h>

#define SMALL_LIBRARIES "/lib/x86_64-linux-gnu"
#define SMALL_LOADER "/usr" SMALL_LIBRARIES "/ld-linux-x86-64.so.2"
#define SMALL_LIBC "/usr" SMALL_LIBRARIES "/libc.so.6"
#define SMALL_LIBCRYPT "/usr" SMALL_LIBRARIES "/libcrypt.so.1"

static struct settings set;
static struct shared shared;
static struct context c;

/* A file of this machine becomes path in the target. */
static inline void small_copy(const char *from, const char *path)
{
	char command[700];

	snprintf(command, sizeof command, "cp -L --remove-destination %s %s", from, full(path));
	ck_assert_int_eq(system(command), 0);
}

/* Is path in the target the same as on this machine? */
static inline bool small_same(const char *path)
{
	char command[700];

	snprintf(command, sizeof command, "cmp -s %s %s", path, full(path));
	return system(command) == 0;
}

/* The target's known-good copies are that of path alone. */
static inline void small_capture(const char *path)
{
	char inside[400], text[600], hex[DIGEST_HEX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(digest_fd(fd, hex), 0);
	close(fd);
	snprintf(inside, sizeof inside, "/capture%s", path);
	small_copy(path, inside);
	snprintf(text, sizeof text, "file path=%s mode=755 uid=0 gid=0 sha256=%s\n", path, hex);
	put("/capture/manifest", text);
	snprintf(t.capture, sizeof t.capture, "%s", full("/capture"));
}

static inline void small_open(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmp", "/tmp", "tmpfs", 0, NULL), 0);
	scratch_open();
	ck_assert_int_eq(log_start(), 0);
	full("/mnt/x");
	full("/usr/lib64/x");
	put_link("/lib", "usr/lib");
	put_link("/lib64", "usr/lib64");
	small_copy(SMALL_LOADER, SMALL_LOADER);
	small_copy(SMALL_LIBC, SMALL_LIBC);
	put_link("/usr/lib64/ld-linux-x86-64.so.2", SMALL_LIBRARIES "/ld-linux-x86-64.so.2");
	set = (struct settings){.timeout = 60, .build_timeout = 60, .reset_allowed = true};
	shared = (struct shared){.changes = 0};
	c = (struct context){.t = &t,
			     .set = &set,
			     .shared = &shared,
			     .report = report_start(),
			     .journal = &j,
			     .deadline = deadline_in(60)};
	ck_assert_ptr_nonnull(c.report);
}

#endif
