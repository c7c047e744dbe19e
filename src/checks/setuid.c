#include "checks/families.h"
#include "checks/modes.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/pkg.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HELPER "unix_chkpwd"

/* Nobody wants the first ones without their bit. Of the others somebody may: they count when one of
 * the first lost it too. */
static const struct {
	char name[12];
	bool alone;
} programs[] = {{HELPER, true},	  {"su", true},	     {"sudo", true},	{"passwd", true},
		{"mount", false}, {"umount", false}, {"newgrp", false}, {"chsh", false}};
static const char folders[][10] = {"/bin", "/usr/bin", "/sbin", "/usr/sbin"};

bool modes_is_setuid(const struct modes_own *st, gid_t group)
{
	if (st->mode & 0002)
		return false;
	return ((st->mode & S_ISUID) && st->uid == 0) ||
	       (group && (st->mode & S_ISGID) && st->gid == group);
}

struct modes_own modes_want_setuid(const struct modes_own *st, gid_t group, bool unread)
{
	mode_t rights = unread ? 0711 : 0755;

	if (group)
		return (struct modes_own){S_ISGID | 0755, 0, group};
	if (st->gid && !(st->mode & 0001))
		return (struct modes_own){S_ISUID | (rights & 0750), 0, st->gid};
	return (struct modes_own){S_ISUID | rights, 0, 0};
}

struct program {
	char path[256];
	struct modes_own is, want;
	gid_t group; /* that reads the shadow file, for the helper */
};

/* A program of that very name: not busybox by another one, which with the bit would do anything for
 * anybody, and no script. A file capability does the same work (Gentoo's filecaps). */
static bool find(const struct target *t, const char *folder, const char *name, struct program *p)
{
	char path[40], head[4] = "", proc[40], value[24];
	const char *base;
	struct stat st;
	bool yes;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (path_real(t->fd, path, p->path, sizeof p->path) || modes_look(t, p->path, &p->is) ||
	    path_stat(t->fd, p->path, false, &st) || !S_ISREG(st.st_mode))
		return false;
	base = strrchr(p->path, '/');
	fd = path_open(t->fd, p->path, O_RDONLY, 0);
	if (fd < 0)
		return false;
	snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
	yes = base && !strcmp(base + 1, name) && read(fd, head, 4) == 4 &&
	      !memcmp(head, "\177ELF", 4) &&
	      getxattr(proc, "security.capability", value, sizeof value) <= 0;
	close(fd);
	return yes;
}

static bool is_wrong(const struct target *t, struct program *p)
{
	const struct pkg_manager *m;
	struct pkg_mode by = {0};

	if (modes_is_setuid(&p->is, p->group))
		return false;
	m = pkg_in_use(t);
	p->want = modes_want_setuid(&p->is, p->group, m && m->setuid_unread);
	if (!m || !m->mode || m->mode(t, p->path, &by))
		return true;
	p->want = (struct modes_own){by.mode, 0, modes_group(t, by.group)};
	return p->is.mode != p->want.mode || p->is.uid != 0 || p->is.gid != p->want.gid;
}

static int each_lost(struct check_context *c, int (*fn)(struct check_context *, struct program *))
{
	struct program p = {.group = 0};
	unsigned lost = 0;
	int rc = 0;

	if (!modes_owned(c->t) || !modes_knows_groups(c->t))
		return 0;
	for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (!programs[i].alone && !lost)
			break;
		p.group = i ? 0 : modes_shadow_group(c->t);
		for (unsigned k = 0; k < sizeof folders / sizeof *folders; k++)
			if (find(c->t, folders[k], programs[i].name, &p) && is_wrong(c->t, &p)) {
				rc |= fn(c, &p);
				lost++;
			}
	}
	return rc;
}

static int tell(struct check_context *c, struct program *p)
{
	struct cause cause = {"setuid-lost", SEVERITY_ERROR, BLOCKS_USER,
			      "phase 3 sets owner and mode"};

	check_found(c, &cause, "%s: mode %04o of %u:%u, should be %04o of %u:%u", p->path,
		    p->is.mode, p->is.uid, p->is.gid, p->want.mode, p->want.uid, p->want.gid);
	return 0;
}

static int put(struct check_context *c, struct program *p)
{
	return modes_put(c, p->path, &p->want);
}

void detect_setuid(struct check_context *c)
{
	each_lost(c, tell);
}

/* What was lost in company is looked for again as long as there is company. */
int repair_setuid(struct check_context *c)
{
	return each_lost(c, put);
}
