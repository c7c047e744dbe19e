#include "run/status_own.h"

#include "base/buf.h"
#include "base/device.h"
#include "base/mount.h"
#include "base/path.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The device a mount lies on; of btrfs its own number is none, but its source is one. 0: none. */
static dev_t device_of(const struct mount_entry *m)
{
	struct stat st;

	if (m->source[0] == '/' && stat(m->source, &st) == 0 && S_ISBLK(st.st_mode))
		return st.st_rdev;
	return m->major ? makedev(m->major, m->minor) : 0;
}

/* What a source of fstab or root= names is the block device: 0, or -1 it is none. */
static int device_named(const char *source, dev_t *device)
{
	char name[300];
	struct stat st;

	if (device_find(source, name, sizeof name) || stat(name, &st) || !S_ISBLK(st.st_mode))
		return -1;
	*device = st.st_rdev;
	return 0;
}

static bool same_subvolume(const char *options, const struct mount_entry *m)
{
	char flags[300], sub[256];

	if (strcmp(m->type, "btrfs") || !rescue_word(options, "rootflags", flags, sizeof flags))
		return true;
	mount_subvolume(flags, sub, sizeof sub);
	return !*sub || !strcmp(sub, m->root + (m->root[0] == '/'));
}

void status_root(struct status *s, const struct target *t, struct reply *r)
{
	char word[300];
	struct mount_entry m = {0};
	dev_t here, there;

	if (!rescue_word(s->image.options, "root", word, sizeof word)) {
		reply_no(r, STATUS_UPDATE, "its kernel words have no root=");
	} else if (mount_find(t->root, &m) || !(here = device_of(&m))) {
		snprintf(r->text, sizeof r->text, "%.200s is not mounted from a device", t->root);
	} else if (device_named(word, &there)) {
		reply_no(r, STATUS_UPDATE, "there is no root=%.200s", word);
	} else if (here != there) {
		reply_no(r, STATUS_UPDATE,
			 "root=%.200s is another device than %.100s, which is mounted", word,
			 m.source);
	} else if (!same_subvolume(s->image.options, &m)) {
		reply_no(r, STATUS_UPDATE, "rootflags= names another subvolume than %.200s",
			 m.root);
	} else {
		reply_yes(r, "root=%.200s is %.100s", word, m.source);
	}
}

/* --- /boot and the ESP */

static bool is_boot(const char *point)
{
	return !strcmp(point, "/boot") || !strcmp(point, "/efi") || !strcmp(point, "/boot/efi");
}

/* What fstab says of one of them, and what is so. */
static void look_at(const struct fstab_entry *e, const struct target *t, struct reply *r)
{
	char point[400];
	struct mount_entry m = {0};
	dev_t here, there;

	snprintf(point, sizeof point, "%s%s", strcmp(t->root, "/") ? t->root : "", e->point);
	if (device_named(e->source, &there))
		reply_no(r, "", "%s/etc/fstab:%u: there is no %.150s",
			 strcmp(t->root, "/") ? t->root : "", e->line, e->source);
	else if (mount_find(point, &m) == 0 && (here = device_of(&m)) && here != there)
		reply_no(r, "", "%.150s in fstab is not what is mounted on %.100s: %.100s",
			 e->source, e->point, m.source);
	else if (r->is != ANSWER_NO)
		reply_yes(r, "%s%s%.100s is %.150s", r->text, *r->text ? ", " : "", e->point,
			  e->source);
}

void status_boot(struct status *s, const struct target *t, struct reply *r)
{
	char text[16384];
	ssize_t n = path_read(t->fd, "/etc/fstab", text, sizeof text);
	const char *p = text, *line;
	struct fstab_entry e;
	struct mount_entry m = {0};
	unsigned number = 0;
	size_t len;

	(void)s;
	while (n > 0 && line_next(&p, text + n, &line, &len)) {
		number++;
		if (fstab_parse_line(line, len, &e) != 1 || !is_boot(e.point))
			continue;
		e.line = number;
		look_at(&e, t, r);
	}
	if (*r->text)
		return;
	if (!strcmp(t->root, "/") && mount_find("/boot", &m) == 0)
		reply_no(r, "", "%.150s is mounted there, but fstab does not say so", m.source);
	else
		reply_yes(r, "it lies on root");
}
