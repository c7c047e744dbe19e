#include "checks/families.h"

#include "base/path.h"
#include "base/process.h"

#include <string.h>
#include <time.h>

/* Files that lock by being there. A kernel lock on one (.pwd.lock, dpkg's, rpm's, Portage's) ends
 * with its process: no reboot leaves it behind. */
static const char locks[][25] = {
    "/etc/passwd.lock", "/etc/shadow.lock", "/etc/group.lock",	      "/etc/gshadow.lock",
    "/etc/subuid.lock", "/etc/subgid.lock", "/var/lib/pacman/db.lck",
};
#define LOCKS (sizeof locks / sizeof *locks)

static bool is_account(const char *path)
{
	return !strncmp(path, "/etc/", 5);
}

/* Pids in a lock prove nothing after a reboot: its age against the boot's does. */
static bool find_lock(const struct check_context *c, const char *path, enum lock_state *state)
{
	struct stat st;

	if (target_is_unknown(c->t, path) || path_stat(c->t->fd, path, false, &st))
		return false;
	*state =
	    lock_judge(st.st_mtim.tv_sec, process_boot_time(), time(NULL), c->t->live || c->busy);
	return true;
}

void detect_locks(struct check_context *c)
{
	static const char seen[][46] = {"older than this boot, or its maker is gone",
					"newer than this boot: it may be in use",
					"its age cannot be told, the clock is wrong"};
	static const struct cause cause = {
	    "", SEVERITY_WARNING, BLOCKS_NOBODY,
	    "phase 2 moves it aside if it is stale and nothing holds the target; else remove it "
	    "when nothing uses it"};
	enum lock_state state;

	for (unsigned i = 0; i < LOCKS; i++) {
		struct cause one = cause;

		if (!find_lock(c, locks[i], &state))
			continue;
		one.id = is_account(locks[i]) ? "shadow-locked" : "package-locked";
		if (state != LOCK_STALE)
			one.severity = SEVERITY_NOTE;
		check_found(c, &one, "%s: a lock, %s", locks[i], seen[state]);
	}
}

static int repair(struct check_context *c, bool account)
{
	enum lock_state state;
	int rc = 0;

	for (unsigned i = 0; i < LOCKS; i++) {
		if (is_account(locks[i]) != account || !find_lock(c, locks[i], &state))
			continue;
		if (state != LOCK_STALE || file_remove(c->journal, locks[i]))
			rc = -1;
	}
	return rc;
}

int repair_account_locks(struct check_context *c)
{
	return repair(c, true);
}

int repair_package_locks(struct check_context *c)
{
	return repair(c, false);
}
