#include "checks/modes.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"
#include "checks/families.h"
#include "target/accounts_text.h"
#include "target/pkg.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define GROUP "/etc/group"
#define SHIFTED 65536 /* a container's root is this id or a higher one */

#define FOLDER 0111, 0555, 0002, 0755, true
#define PUBLIC 0444, 0444, 0022, 0644, true
#define STARTED 0111, 0555, 0022, 0755, true
#define STICKY 01777, 01777, 0, 07777, false

static const struct modes_rule rules[] = {
    {"/", FOLDER},
    {"/etc", FOLDER},
    {"/usr", FOLDER},
    {"/usr/bin", FOLDER},
    {"/usr/lib", FOLDER},
    {"/usr/lib64", FOLDER},
    {"/bin", FOLDER},
    {"/lib", FOLDER},
    {"/lib64", FOLDER},
    {"/var", FOLDER},
    {"/home", FOLDER},
    {"/etc/pam.d", FOLDER},
    {"/tmp", STICKY},
    {"/var/tmp", STICKY},
    {"/etc/passwd", PUBLIC},
    {"/etc/group", PUBLIC},
    {"/etc/nsswitch.conf", PUBLIC},
    {"/etc/login.defs", PUBLIC},
    {"/etc/ld.so.cache", PUBLIC},
    {"/etc/sudoers", 0, 0, 0022, 0440, true},
    {"/bin/sh", STARTED},
    {"/bin/bash", STARTED},
    {"/lib64/ld-linux-x86-64.so.2", STARTED},
    {"/lib/ld-linux-aarch64.so.1", STARTED},
};
static const char shadows[][13] = {"/etc/shadow", "/etc/gshadow"};

struct modes_own modes_want(const struct modes_rule *r, const struct modes_own *st)
{
	struct modes_own w = *st;

	if ((w.mode & r->need) != r->need)
		w.mode |= r->add;
	if ((w.mode & r->strip) && !(w.mode & S_ISVTX))
		w.mode &= r->most;
	if (r->owned)
		w.uid = 0;
	return w;
}

struct modes_own modes_want_shadow(const struct modes_own *st, gid_t group, gid_t known)
{
	struct modes_own w = {st->mode, 0, st->gid};

	if (w.mode & 0037) /* a lone x of root's does no harm */
		w.mode &= 0640;

	if (group) {
		w.gid = group;
		w.mode |= 0640;
	} else if (w.gid && w.gid != known) {
		w.gid = 0;
	}
	return w;
}

static bool same(const struct modes_own *a, const struct modes_own *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid;
}

gid_t modes_group(const struct target *t, const char *name)
{
	struct lines l;
	char text[12];
	long gid = 0;

	if (lines_open(&l, t->fd, GROUP))
		return 0;
	if (!accounts_find(&l, name) || accounts_copy_field(l.line, l.len, 2, text, sizeof text) ||
	    str_number(text, 0, INT_MAX, &gid))
		gid = 0;
	lines_close(&l);
	return (gid_t)gid;
}

bool modes_knows_groups(const struct target *t)
{
	struct lines l;
	bool known = lines_open(&l, t->fd, GROUP) == 0;

	while (known && lines_next(&l))
		;
	known = known && !l.error;
	lines_close(&l);
	return known;
}

int modes_look(const struct target *t, const char *path, struct modes_own *own)
{
	struct stat st;

	if (target_is_unknown(t, path) || path_stat(t->fd, path, true, &st))
		return -1;
	*own = (struct modes_own){st.st_mode & 07777, st.st_uid, st.st_gid};
	return 0;
}

bool modes_owned(const struct target *t)
{
	struct stat st;

	return !path_stat(t->fd, "/usr", true, &st) && st.st_uid < SHIFTED;
}

gid_t modes_shadow_group(const struct target *t)
{
	gid_t known = modes_group(t, "shadow");
	struct modes_own st;

	return !modes_look(t, shadows[0], &st) && st.gid == known && (st.mode & 040) ? known : 0;
}

int modes_put(struct check_context *c, const char *path, const struct modes_own *want)
{
	struct file_attr attr = {.set_mode = true,
				 .set_owner = true,
				 .mode = want->mode,
				 .uid = want->uid,
				 .gid = want->gid};

	if (file_meta(c->journal, path, &attr)) {
		log_say("%s: %s", path, strerror(errno));
		return -1;
	}
	log_say("%s: now mode %04o of %u:%u", path, want->mode, want->uid, want->gid);
	return 0;
}

/* The group that unix_chkpwd reads the shadow file by: where it has to, the file must let it. */
static gid_t helper_group(const struct target *t, gid_t known)
{
	static const char helpers[][22] = {"/usr/sbin/unix_chkpwd", "/sbin/unix_chkpwd",
					   "/usr/bin/unix_chkpwd"};
	const struct pkg_manager *m = pkg_in_use(t);
	struct modes_own st;

	for (unsigned i = 0; known && i < sizeof helpers / sizeof *helpers; i++)
		if (!modes_look(t, helpers[i], &st)) {
			if ((st.mode & S_ISUID) && st.uid == 0)
				return 0;
			if ((st.mode & S_ISGID) && st.gid == known)
				return known;
		}
	return m && m->shadow_group ? known : 0;
}

/* One look at a path: what it is and what it should be, and who suffers. */
struct look {
	const char *path;
	struct modes_own is, want;
	enum blocks blocks;
};

static enum blocks who(const struct modes_rule *r)
{
	if (r->need & S_ISVTX)
		return BLOCKS_DISPLAY;
	return r->need ? BLOCKS_EVERYONE : BLOCKS_NOBODY;
}

/* Call fn for every path that is not as it should be. */
static int each_wrong(struct check_context *c, int (*fn)(struct check_context *, struct look *))
{
	bool owned = modes_owned(c->t);
	gid_t known = modes_group(c->t, "shadow"), group = helper_group(c->t, known);
	struct look l;
	int rc = 0;

	for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++) {
		l = (struct look){.path = rules[i].path};
		if (modes_look(c->t, l.path, &l.is))
			continue;
		l.want = modes_want(&rules[i], &l.is);
		if (!owned)
			l.want.uid = l.is.uid;
		l.blocks = (l.want.mode & ~l.is.mode) ? who(&rules[i]) : BLOCKS_NOBODY;
		rc |= same(&l.is, &l.want) ? 0 : fn(c, &l);
	}
	owned = owned && modes_knows_groups(c->t);
	for (unsigned i = 0; owned && i < 2; i++) {
		l = (struct look){.path = shadows[i]};
		if (modes_look(c->t, l.path, &l.is))
			continue;
		l.want = modes_want_shadow(&l.is, group, known);
		l.blocks = i == 0 && group && !(l.is.mode & 040) ? BLOCKS_USER : BLOCKS_NOBODY;
		rc |= same(&l.is, &l.want) ? 0 : fn(c, &l);
	}
	return rc;
}

static int tell(struct check_context *c, struct look *l)
{
	struct cause cause = {"etc-modes", l->blocks ? SEVERITY_ERROR : SEVERITY_WARNING, l->blocks,
			      "phase 3 sets owner and mode"};
	mode_t lost = l->want.mode & ~l->is.mode, open = l->is.mode & ~l->want.mode;

	check_found(c, &cause, "%s: mode %04o of %u:%u, should be %04o of %u:%u: %s", l->path,
		    l->is.mode, l->is.uid, l->is.gid, l->want.mode, l->want.uid, l->want.gid,
		    lost   ? "who needs it cannot use it"
		    : open ? "open to everybody"
			   : "another one's");
	return 0;
}

static int put(struct check_context *c, struct look *l)
{
	return modes_put(c, l->path, &l->want);
}

void detect_modes(struct check_context *c)
{
	each_wrong(c, tell);
}

int repair_modes(struct check_context *c)
{
	return each_wrong(c, put);
}
