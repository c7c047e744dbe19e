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

/* What is wrong with it, "" nothing; path gets where it is or should be. */
static void judge(const struct target *t, struct ldso *l, const struct program *p, char path[32],
		  char why[200])
{
	bool known = false;

	*why = '\0';
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, 32, "%s/%s", folders[i], p->name);
		if (target_is_unknown(t, path))
			return;
		if (path_exists(t->fd, path)) {
			if (ldso_check(l, path, why, 200) && strstr(why, ": its loader"))
				*why = '\0'; /* loader-missing's */
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

static const char *id_of(const char *why)
{
	return strstr(why, ": wants GLIBC") ? "libc-mismatch" : "binary-missing";
}

/* NixOS has its programs elsewhere; of libraries that are not mounted nothing can be said. */
static bool elsewhere(const struct target *t)
{
	return target_is_unknown(t, "/usr/lib") || path_exists(t->fd, "/nix/store");
}

void detect_binaries(struct check_context *c)
{
	const struct pkg_manager *m = pkg_in_use(c->t);
	struct ldso *l = elsewhere(c->t) ? NULL : ldso_open(c->t);
	char path[32], why[200], action[200];

	snprintf(action, sizeof action,
		 "phase 5 puts it back from the capture or its package; else finish the package "
		 "manager's work: %s",
		 m ? m->finish : "see its log");
	for (size_t i = 0; l && i < sizeof programs / sizeof *programs; i++) {
		const struct program *p = &programs[i];

		judge(c->t, l, p, path, why);
		if (*why)
			check_found(c,
				    &(struct cause){id_of(why),
						    p->blocks ? SEVERITY_ERROR : SEVERITY_WARNING,
						    p->blocks, action},
				    "%s", why);
	}
	ldso_close(l);
}

/* The file at fault: of "FILE: LIBRARY not found" the library, whose place is beside the C library;
 * of "FILE: wants VERSION, ..." the file. False: it is the program itself. */
static bool at_fault(const struct target *t, const char *why, char path[400])
{
	const struct libdirs_query libc = {"libc.so.6", 8 * (int)sizeof(void *)};
	const char *colon = strstr(why, ": "), *end;
	struct libdirs d;
	char at[300];

	if (!colon)
		return false;
	if (str_starts(colon, ": wants ") || str_starts(colon, ": damaged")) {
		snprintf(path, 400, "%.*s", (int)(colon - why), why);
		return true;
	}
	end = strstr(colon, " not found");
	libdirs_find(t, &d);
	if (!end || libdirs_lookup(t, &d, &libc, at))
		return false;
	snprintf(path, 400, "%.*s/%.*s", (int)(strrchr(at, '/') - at), at, (int)(end - colon - 2),
		 colon + 2);
	return true;
}

static int repair_one(struct check_context *c, const struct program *p)
{
	char program[32], path[400], before[400] = "", why[200] = "";

	for (int k = 0; k < 8; k++) { /* a file a time */
		struct ldso *l = ldso_open(c->t);
		struct restore r = {path, id_of(why), NULL};

		if (!l)
			return -1;
		judge(c->t, l, p, program, why);
		ldso_close(l);
		if (!*why)
			return 0;
		if (!at_fault(c->t, why, path))
			str_copy(path, sizeof path, program);
		if (!strcmp(path, before) || restore_file(c, &r, why, sizeof why))
			break;
		str_copy(before, sizeof before, path);
	}
	log_say("%s: %s", path, why);
	return -1;
}

/* The first row of the two repairs both. */
int repair_binaries(struct check_context *c)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		rc |= repair_one(c, &programs[i]);
	return rc;
}
