#include "run/status_own.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MENU_MAX (4u << 20)

void status_image(struct status *s, const struct target *t, struct reply *r)
{
	s->found = rescue_find(t->root, s->boot, &s->image) == 0;
	if (s->found)
		reply_yes(r, "%.200s%s: kernel %s, made by %s on %s", s->image.boot, s->image.dir,
			  s->image.kernel, s->image.image, s->image.date);
	else
		reply_no(r, STATUS_UPDATE, "none in /boot/rd-recovery, nor on the ESP");
}

/* 1: the menu has the entry, 0: it has not, -1: there is no such menu. */
static int in_menu(int fd, const char *path, const char *options)
{
	size_t len;
	char *text = path_slurp(fd, path, MENU_MAX, &len);
	int rc = text ? rescue_in_menu(text, len, options) : -1;

	path_release(text, len);
	return rc;
}

/* The entry that the Boot Loader Specification has for the slot in use. */
static int in_loader(const struct rescue *image, char *path, size_t cap)
{
	int fd = open(image->boot, O_PATH | O_DIRECTORY | O_CLOEXEC), rc = -1;

	if (fd >= 0 && path_exists(fd, "/loader/entries")) {
		snprintf(path, cap, "/loader/entries/a-rd-recovery-repair-%s.conf",
			 strrchr(image->dir, '/') + 1);
		rc = in_menu(fd, path, image->options) > 0;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

void status_entry(struct status *s, const struct target *t, struct reply *r)
{
	static const char grub[][24] = {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"};
	char path[80], type[80];
	int has = in_loader(&s->image, path, sizeof path);

	if (has > 0) {
		reply_yes(r, "%.200s%s", s->image.boot, path);
		return;
	}
	if (has == 0)
		reply_no(r, STATUS_UPDATE, "not in %.200s/loader/entries", s->image.boot);
	for (int i = 0; i < 2 && r->is != ANSWER_YES; i++) {
		has = in_menu(t->fd, grub[i], s->image.menu);
		snprintf(type, sizeof type, "grub-mkconfig -o %s", grub[i]);
		if (has > 0)
			reply_yes(r, "%s", grub[i]);
		else if (has == 0)
			reply_no(r, type, "not in %s, or with other kernel words", grub[i]);
	}
	if (!*r->text)
		reply_no(r, "", "neither a grub.cfg nor loader/entries was found");
}

void status_whole(struct status *s, const struct target *t, struct reply *r)
{
	const char *const names[] = {"linux", "initrd"};
	const char *const sums[] = {s->image.linux, s->image.initrd};
	int boot = open(s->image.boot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[60], hex[DIGEST_HEX];

	(void)t;
	reply_yes(r, "as %s wrote them", s->image.version);
	for (int i = 0; i < 2; i++) {
		int fd;

		snprintf(path, sizeof path, "%s/%s", s->image.dir, names[i]);
		fd = boot < 0 ? -1 : path_open(boot, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
		if (fd < 0 || digest_fd(fd, hex) || strcmp(hex, sums[i]))
			reply_no(r, STATUS_UPDATE, "%.200s%s is damaged", s->image.boot, path);
		if (fd >= 0)
			close(fd);
	}
	if (boot >= 0)
		close(boot);
}

void status_fresh(struct status *s, const struct target *t, struct reply *r)
{
	char newest[80];

	if (rescue_newest_kernel(t->fd, newest, sizeof newest))
		reply_no(r, "", "no kernel with modules is installed");
	else if (strcmp(newest, s->image.kernel))
		reply_no(r, STATUS_UPDATE, "it has %s, the newest is %s", s->image.kernel, newest);
	else
		reply_yes(r, "%s", newest);
}

void status_program(struct status *s, const struct target *t, struct reply *r)
{
	static const char places[][28] = {"/usr/sbin/rd-recovery", "/usr/local/sbin/rd-recovery"};
	char hex[DIGEST_HEX];

	for (int i = 0; i < 2; i++) {
		int fd = path_open(t->fd, places[i], O_RDONLY, 0);

		if (fd < 0)
			continue;
		if (digest_fd(fd, hex) || strcmp(hex, s->image.payload))
			reply_no(r, STATUS_UPDATE, "%s is another one than its %s", places[i],
				 s->image.version);
		else
			reply_yes(r, "%s, %s", places[i], s->image.version);
		close(fd);
		return;
	}
	reply_no(r, "", "no rd-recovery is installed");
}

void status_config(struct status *s, const struct target *t, struct reply *r)
{
	static const char name[] = "/etc/rd-recovery.conf";
	int fd = path_open(t->fd, name, O_RDONLY, 0);
	char hex[DIGEST_HEX] = "none";

	if (fd >= 0 && digest_fd(fd, hex))
		hex[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (strcmp(hex, s->image.config))
		reply_no(r, STATUS_UPDATE, "%s is another one than when it was built", name);
	else
		reply_yes(r, "%s%s", name, fd < 0 ? " is not there" : "");
}

void status_sound(struct status *s, const struct target *t, struct reply *r)
{
	(void)t;
	if (strcmp(s->image.health, "good"))
		reply_no(r, STATUS_UPDATE, "the system was sick; a healthy build replaces it");
	else
		reply_yes(r, "on %s", s->image.date);
}
