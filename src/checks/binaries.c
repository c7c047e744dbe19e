#include "checks/families.h"
#include "checks/restore.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"
#include "target/capture.h"
#include "target/ldso.h"
#include "target/libdirs.h"
#include "target/pkg.h"

#include <stdio.h>
#include <string.h>

#define ID "binary-missing"

static const struct program {
	char name[12];
	bool always; /* no system of people's does without */
	enum blocks blocks;
} programs[] = {{"login", true, BLOCKS_EVERYONE},
		{"agetty", false, BLOCKS_EVERYONE},
		{"unix_chkpwd", false, BLOCKS_USER},
		{"su", false, BLOCKS_USER},
		{"sulogin", false, BLOCKS_NOBODY}};
static const char folders[][10] = {"/usr/bin", "/usr/sbin", "/bin", "/sbin"};

/* Where the package database, or the capture, says that it should lie. */
static bool is_known(const struct target *t, const char *path)
{
	const struct pkg_manager *m = pkg_in_use(t);
	struct capture_copy copy;
	char owner[128];

	return (t->capture[0] && !capture_find(t, path, &copy)) ||
	       (m && !pkg_owner(t, m, path, owner));
}

/* What is wrong with it, "" nothing; path gets where it is or should be. NixOS has its programs
 * elsewhere. */
static void judge(const struct target *t, const struct program *p, char path[32], char why[200])
{
	bool known = false;

	*why = '\0';
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, 32, "%s/%s", folders[i], p->name);
		if (target_is_unknown(t, path))
			return;
		if (path_exists(t->fd, path)) {
			ldso_resolves(t->fd, path, why, 200);
			return;
		}
	}
	for (size_t i = 0; i < sizeof folders / sizeof *folders && !known; i++) {
		snprintf(path, 32, "%s/%s", folders[i], p->name);
		known = is_known(t, path);
	}
	if (known || p->always)
		snprintf(why, 200, "%s is missing%s", known ? path : p->name,
			 known ? "" : ", and no package is known to hold it");
}

static bool elsewhere(const struct target *t)
{
	return path_exists(t->fd, "/etc/NIXOS") || path_exists(t->fd, "/nix/store");
}

void detect_binaries(struct check_context *c)
{
	char path[32], why[200];

	if (elsewhere(c->t))
		return;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		const struct program *p = &programs[i];
		struct cause cause = {ID, p->blocks ? SEVERITY_ERROR : SEVERITY_WARNING, p->blocks,
				      "phase 5 puts it back from the capture or its package"};

		judge(c->t, p, path, why);
		if (*why)
			check_found(c, &cause, "%s", why);
	}
}

/* "...: libpam_misc.so.0 not found": the library's place is beside the C library. */
static void restore_library(struct check_context *c, char why[200])
{
	char *colon = strrchr(why, ':'), *end = strstr(why, " not found"), path[400];
	const struct libdirs_query libc = {"libc.so.6", 8 * (int)sizeof(void *)};
	struct restore r = {path, ID, NULL};
	struct libdirs d;
	char at[300];

	if (!colon || !end || end < colon + 3)
		return;
	*end = '\0';
	libdirs_find(c->t, &d);
	if (libdirs_lookup(c->t, &d, &libc, at))
		return;
	snprintf(path, sizeof path, "%.*s/%s", (int)(strrchr(at, '/') - at), at, colon + 2);
	if (restore_file(c, &r, why, 200))
		log_say("%s: %s", path, why);
}

int repair_binaries(struct check_context *c)
{
	int rc = 0;
	char path[32], why[200];

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		struct restore r = {path, ID, NULL};

		for (int k = 0; k < 4; k++) { /* a library a time */
			judge(c->t, &programs[i], path, why);
			if (!strstr(why, " not found"))
				break;
			restore_library(c, why);
		}
		if (!*why || !restore_file(c, &r, why, sizeof why))
			continue;
		log_say("%s: %s", path, why);
		rc = -1;
	}
	return rc;
}
