#include "target/verify_class.h"

#include "base/buf.h"
#include "target/closure.h"

#include <stdlib.h>
#include <string.h>

#define NAMES 2048
#define TEXT (128u << 10)

struct name {
	uint32_t
	    at; /* in text: without a leading /usr; a library that was not found: its bare name */
	enum verify_class breaks;
};

struct verify_classes {
	struct name names[NAMES];
	unsigned n;
	enum verify_class now;
	struct buf text;
};

/* Where files lie that no closure reaches; paths without a leading /usr. */
static const struct {
	char pattern[28];
	enum verify_class breaks;
} patterns[] = {
    {"/etc/pam.d/*", VERIFY_LOGIN},
    {"/etc/security/*", VERIFY_LOGIN},
    {"/lib*/security/pam_*.so", VERIFY_LOGIN},
    {"/lib*/libnss_*.so*", VERIFY_LOGIN},
    {"/etc/login.defs", VERIFY_LOGIN},
    {"/etc/securetty", VERIFY_LOGIN},
    {"/etc/environment", VERIFY_LOGIN},
    {"/bin/sudo", VERIFY_LOGIN},
    {"/bin/passwd", VERIFY_LOGIN},
    {"/bin/newgrp", VERIFY_LOGIN},
    {"/share/xsessions/*", VERIFY_DISPLAY},
    {"/share/wayland-sessions/*", VERIFY_DISPLAY},
    {"/share/sddm/*", VERIFY_DISPLAY},
    {"/share/gdm/*", VERIFY_DISPLAY},
    {"/share/X11/*", VERIFY_DISPLAY},
    {"/share/dbus-1/*", VERIFY_DISPLAY},
    {"/lib*/xorg/*", VERIFY_DISPLAY},
    {"/lib*/dri/*.so", VERIFY_DISPLAY},
    {"/lib*/libwayland-*", VERIFY_DISPLAY},
    {"/lib*/libX*", VERIFY_DISPLAY},
    {"/lib*/plugins/platforms/*", VERIFY_DISPLAY},
    {"/lib*/polkit-1/*", VERIFY_DISPLAY},
    {"/lib*/dbus-1.0/*", VERIFY_DISPLAY},
    {"/bin/pkexec", VERIFY_DISPLAY},
    {"/etc/X11/*", VERIFY_DISPLAY},
    {"/boot/*", VERIFY_BOOT},
    {"/lib/modules/*", VERIFY_BOOT},
    {"/lib/firmware/*", VERIFY_BOOT},
    {"/lib/systemd/*", VERIFY_BOOT},
    {"/lib/udev/*", VERIFY_BOOT},
    {"/lib/modprobe.d/*", VERIFY_BOOT},
    {"/lib/dracut/*", VERIFY_BOOT},
    {"/lib/grub/*", VERIFY_BOOT},
    {"/share/initramfs-tools/*", VERIFY_BOOT},
    {"/etc/init.d/*", VERIFY_BOOT},
    {"/etc/rc*", VERIFY_BOOT},
    {"/etc/inittab", VERIFY_BOOT},
    {"/sbin/mount*", VERIFY_BOOT},
    {"/sbin/fsck*", VERIFY_BOOT},
    {"/sbin/*lvm*", VERIFY_BOOT},
    {"/sbin/cryptsetup", VERIFY_BOOT},
    {"/sbin/mdadm", VERIFY_BOOT},
};

static const char *without_usr(const char *path)
{
	return str_starts(path, "/usr/") ? path + 4 : path;
}

static const char *text_of(const struct verify_classes *k, unsigned i)
{
	return k->text.p + k->names[i].at;
}

/* Where name stands, or would: the first that is not before it. */
static unsigned find(const struct verify_classes *k, const char *name)
{
	unsigned low = 0, high = k->n;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (strcmp(text_of(k, middle), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Kept in order; the first class that takes a file keeps it. */
static int note(void *arg, const char *path, const struct stat *st)
{
	struct verify_classes *k = arg;
	const char *name = without_usr(path);
	unsigned at = find(k, name);

	(void)st;
	if (at < k->n && !strcmp(text_of(k, at), name))
		return 0;
	if (k->n == NAMES || k->text.cap - k->text.len <= strlen(name) + 1)
		return 1;
	memmove(&k->names[at + 1], &k->names[at], (k->n - at) * sizeof k->names[0]);
	k->names[at] = (struct name){(uint32_t)k->text.len, k->now};
	k->n++;
	buf_add(&k->text, name, strlen(name) + 1);
	return 0;
}

static const struct name *named(const struct verify_classes *k, const char *name)
{
	unsigned at = find(k, name);

	return at < k->n && !strcmp(text_of(k, at), name) ? &k->names[at] : NULL;
}

/* By its path, or, of a library that is gone, by its name alone. */
static const struct name *in_closure(const struct verify_classes *k, const char *path)
{
	const struct name *n = named(k, without_usr(path));
	const char *slash = strrchr(path, '/');

	return n || !slash ? n : named(k, slash + 1);
}

enum verify_class verify_class_of(const struct verify_classes *k, const char *path)
{
	const struct name *n = in_closure(k, path);

	if (n)
		return n->breaks;
	for (unsigned i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (str_matches(without_usr(path), patterns[i].pattern))
			return patterns[i].breaks;
	return VERIFY_REST;
}

bool verify_is_login(const struct verify_classes *k, const char *path)
{
	const struct name *n = named(k, without_usr(path));

	return n && n->breaks == VERIFY_LOGIN;
}

struct verify_classes *verify_classes_open(const struct target *t)
{
	static void (*const take[])(struct closure *) = {
	    [VERIFY_LOGIN] = closure_login,
	    [VERIFY_DISPLAY] = closure_display,
	    [VERIFY_BOOT] = closure_boot,
	};
	struct verify_classes *k = calloc(1, sizeof *k + TEXT);
	struct closure *c = k ? closure_open(t, note, k) : NULL;

	if (!c) {
		free(k);
		return NULL;
	}
	k->text = (struct buf){.p = (char *)(k + 1), .cap = TEXT};
	for (k->now = VERIFY_LOGIN; k->now <= VERIFY_BOOT; k->now++)
		take[k->now](c);
	closure_close(c);
	return k;
}

void verify_classes_close(struct verify_classes *k)
{
	free(k);
}
