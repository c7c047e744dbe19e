#include "phases/p3_rungs.h"

#include "base/buf.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/path.h"
#include "checks/families.h"
#include "target/capture.h"
#include "target/init_own.h"
#include "target/libdirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The loader reads this file before every program: when nothing starts with it and all starts
 * without, it goes into the journal. */
static bool move_aside(struct context *c, const char *path, char *why, size_t cap)
{
	unsigned from = c->journal->next;
	char without[320];
	struct stat st;

	/* of whatever type: a FIFO hangs the loader */
	if (path_stat(c->t->fd, path, false, &st) || file_remove(c->journal, path))
		return false;
	if (libcrypt_control(c->t, 64, without, sizeof without) == 0) {
		log_say("%s: no program started with it (%s): moved aside into the journal", path,
			why);
		return true;
	}
	if (journal_undo_since(c->journal, from))
		log_say("%s could not be put back: %s", path, strerror(errno));
	str_copy(why, cap, without);
	return false;
}

static void links(struct context *c, unsigned *repaired)
{
	const char *link, *to;
	unsigned i = 0;

	while (loader_lost_link(c->t, &i, &link, &to))
		if (!file_symlink(c->journal, link, to)) {
			log_say("%s was missing: a link to %s again", link, to);
			++*repaired;
		}
}

/* What no dynamic program starts without. */
static const char essential[][48] = {"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
				     "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
				     "/lib64/ld-linux-x86-64.so.2",
				     "/usr/lib64/libc.so.6",
				     "/usr/lib/x86_64-linux-gnu/libc.so.6",
				     "/lib/x86_64-linux-gnu/libc.so.6",
				     "/lib64/libc.so.6",
				     "/usr/lib/libc.so.6",
				     "/lib/ld-linux-aarch64.so.1"};

static bool is_sound(const struct target *t, const char *path)
{
	struct elf_info e;

	return libdirs_elf(t, path, &e) == 0;
}

/* Is a copy of path there: in the rescue system, or (NULL) captured? */
static bool has_copy(const struct context *c, const struct target *rescue, const char *path)
{
	struct capture_copy copy;

	return rescue ? is_sound(rescue, path) : !capture_follow(c->t, path, &copy);
}

static int copy_file(struct context *c, const struct target *rescue, const char *path)
{
	struct file_attr attr = {.set_mode = true, .set_owner = true, .mode = 0755};
	int fd = path_open(rescue->fd, path, O_RDONLY, 0), rc;

	rc = fd < 0 ? -1 : file_replace_from(c->journal, path, fd, &attr);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Under its other name, with or without /usr, the same library may be well. */
static bool is_lost(const struct target *t, const char *path)
{
	char twin[80];

	if (str_starts(path, "/usr/"))
		str_copy(twin, sizeof twin, path + 4);
	else
		snprintf(twin, sizeof twin, "/usr%s", path);
	return !is_sound(t, path) && !is_sound(t, twin);
}

/* Put a copy of path where the target's is missing or damaged. True: done. */
static bool restore(struct context *c, const struct target *rescue, const char *path)
{
	char link[256];
	int rc;

	if (!rescue)
		rc = capture_adopt(c->t, c->journal, path);
	else if (!init_link(rescue, path, link, sizeof link))
		rc = file_symlink(c->journal, path, link);
	else
		rc = copy_file(c, rescue, path);
	if (rc == 0)
		log_say("%s was missing or damaged: restored from the %s", path,
			rescue ? "rescue system" : "capture");
	return rc == 0;
}

/* Of a library the target has already, another version is no help: only what is missing or no ELF
 * file is put back, and it all goes again when programs still do not start. */
static bool restore_from(struct context *c, const struct target *rescue, char *why, size_t cap)
{
	unsigned first = c->journal->next;
	bool any = false, works;

	for (size_t i = 0; i < sizeof essential / sizeof *essential; i++)
		if (is_lost(c->t, essential[i]) && has_copy(c, rescue, essential[i]))
			any = restore(c, rescue, essential[i]) || any;
	works = any && libcrypt_control(c->t, 64, why, cap) == 0;
	if (any && !works && journal_undo_since(c->journal, first))
		log_say("what did not help could not all be taken out again");
	return works;
}

/* The capture, then the rescue system itself: its initramfs was made from this system while it
 * worked. */
static bool restore_essential(struct context *c, char *why, size_t cap)
{
	struct target rescue = {.fd = -1};
	char before[320];
	bool done = false;

	str_copy(before, sizeof before, why);
	if (c->t->live)
		return false;
	if (c->t->capture[0]) {
		if (restore_from(c, NULL, why, cap))
			return true;
		report_pivot(c->report, "captured loader and libc", why[0] ? why : before,
			     "those of the initramfs");
	}
	if (access("/etc/initrd-release", F_OK))
		return false;
	rescue.fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	done = rescue.fd >= 0 && restore_from(c, &rescue, why, cap);
	if (!done)
		report_pivot(c->report, "loader and libc of the initramfs", why[0] ? why : before,
			     "nothing is left");
	target_close(&rescue);
	return done;
}

int ground_check(struct context *c, char *why, size_t cap, unsigned *repaired)
{
	*repaired = 0;
	if (c->journal)
		links(c, repaired);
	if (libcrypt_control(c->t, 64, why, cap) == 0)
		return 0;
	if (!c->journal ||
	    (!move_aside(c, "/etc/ld.so.preload", why, cap) &&
	     !move_aside(c, "/etc/ld.so.cache", why, cap) && !restore_essential(c, why, cap)))
		return -1;
	++*repaired;
	return 0;
}
