#include "target/libcrypt.h"

#include "base/buf.h"
#include "base/path.h"
#include "target/libdirs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct search {
	const struct target *t;
	struct libcrypt *list;
	unsigned n, max;
	const char *dir;
};

/* "libcrypt.so.N": a soname, not a file name with a version. */
static bool is_soname(const char *name)
{
	return str_starts(name, "libcrypt.so.") && name[12] &&
	       strspn(name + 12, "0123456789") == strlen(name + 12);
}

void libcrypt_version(const char *real, char *dst, size_t cap)
{
	const char *name = strrchr(real, '/'), *so;

	name = name ? name + 1 : real;
	so = strstr(name, ".so.");
	/* glibc's own: libcrypt-2.31.so */
	if (so)
		str_copy(dst, cap, so + 4);
	else if (str_starts(name, "libcrypt-") && strstr(name, ".so"))
		snprintf(dst, cap, "%.*s", (int)(strstr(name, ".so") - name - 9), name + 9);
	else
		str_copy(dst, cap, "");
}

static bool known(const struct search *s, const char *soname, int bits)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->list[i].bits == bits && !strcmp(s->list[i].soname, soname))
			return true;
	return false;
}

/* What class of libraries lies in dir: by any other libc or library name it would tell slowly; the
 * folder's name does. */
static int bits_of_dir(const char *dir)
{
	if (strstr(dir, "i386") || strstr(dir, "i686") || strstr(dir, "lib32"))
		return 32;
	return 8 * (int)sizeof(void *);
}

static void add(struct search *s, const char *path, const char *soname, int bits)
{
	struct libcrypt *l;
	char real[PATH_CAP];
	struct stat st;

	if (s->n == s->max)
		return;
	l = &s->list[s->n];
	memset(l, 0, sizeof *l);
	if (!str_copy(l->path, sizeof l->path, path) ||
	    !str_copy(l->soname, sizeof l->soname, soname))
		return;
	l->bits = bits;
	/* a FIFO of its name is none: the loader would wait */
	if (path_real(s->t->fd, path, real, sizeof real) == 0 &&
	    path_stat(s->t->fd, real, true, &st) == 0 && S_ISREG(st.st_mode))
		str_copy(l->real, sizeof l->real, real);
	libcrypt_version(l->real, l->version, sizeof l->version);
	s->n++;
}

static int seen(void *arg, int dirfd, const char *name)
{
	struct search *s = arg;
	struct elf_info e;
	char path[300];

	(void)dirfd;
	if (!is_soname(name) ||
	    snprintf(path, sizeof path, "%s/%s", s->dir, name) >= (int)sizeof path)
		return 0;
	if (libdirs_elf(s->t, path, &e) < 0)
		e.bits = bits_of_dir(s->dir);
	/* The loader takes the first of a class: a later one is never asked by anybody. */
	if (!known(s, name, e.bits))
		add(s, path, name, e.bits);
	return 0;
}

/* What is needed and not there: its place is beside the C library of its class. */
static void add_missing(struct search *s, const struct libdirs *d, const char *soname, int bits)
{
	struct libdirs_query q = {"libc.so.6", bits};
	char path[300];

	if (libdirs_lookup(s->t, d, &q, path) < 0)
		return;
	strcpy(strrchr(path, '/') + 1, "");
	if (strlen(path) + strlen(soname) < sizeof path)
		add(s, strcat(path, soname), soname, bits);
}

static void needed_by(struct search *s, const struct libdirs *d, const char *program)
{
	struct elf_info e;

	if (libdirs_elf(s->t, program, &e) < 0)
		return;
	for (unsigned i = 0; i < e.nneeded; i++)
		if (is_soname(e.needed[i]) && !known(s, e.needed[i], e.bits))
			add_missing(s, d, e.needed[i], e.bits);
}

int libcrypt_find(const struct target *t, struct libcrypt *list, unsigned max)
{
	static const char programs[][22] = {
	    "/sbin/unix_chkpwd", "/usr/sbin/unix_chkpwd", "/bin/login",	  "/usr/bin/login",
	    "/bin/su",		 "/usr/bin/su",		  "/sbin/sulogin"};
	struct search s = {.t = t, .list = list, .max = max};
	struct libdirs d;
	char path[300];

	libdirs_find(t, &d);
	for (unsigned i = 0; i < d.n; i++) {
		s.dir = d.dir[i];
		path_each(t->fd, s.dir, seen, &s);
	}
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		needed_by(&s, &d, programs[i]);
	for (unsigned i = 0; i < d.n; i++) {
		snprintf(path, sizeof path, "%s/security/pam_unix.so", d.dir[i]);
		needed_by(&s, &d, path);
	}
	return (int)s.n;
}

int libcrypt_loader(const struct target *t, int bits, char *dst, size_t cap)
{
	static const char programs[][12] = {"/bin/sh", "/bin/bash", "/bin/su", "/usr/bin/su"};
	static const char usual[][43] = {
	    "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux.so.2",
	    "/lib/ld-linux-aarch64.so.1",  "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
	    "/lib/ld-linux-x86-64.so.2",   "/lib/i386-linux-gnu/ld-linux.so.2"};
	struct elf_info e;

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (libdirs_elf(t, programs[i], &e) == 0 && e.bits == bits && *e.interp &&
		    path_exists(t->fd, e.interp))
			return str_copy(dst, cap, e.interp) ? 0 : -1;
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (libdirs_elf(t, usual[i], &e) == 0 && e.bits == bits)
			return str_copy(dst, cap, usual[i]) ? 0 : -1;
	errno = ENOENT;
	return -1;
}
