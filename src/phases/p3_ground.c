#include "phases/p3_rungs.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/path.h"

#include <stdio.h>
#include <string.h>

/* Everybody must be able to walk these. */
static void folders(struct context *c, unsigned *repaired)
{
	static const char names[][11] = {"/",	     "/usr", "/usr/lib", "/usr/lib64",
					 "/usr/bin", "/lib", "/lib64",	 "/etc"};
	struct file_attr attr = {.set_mode = true};
	struct stat st;

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		if (target_is_unknown(c->t, names[i]) || path_stat(c->t->fd, names[i], true, &st) ||
		    !S_ISDIR(st.st_mode) || (st.st_mode & 0555) == 0555)
			continue;
		attr.mode = (st.st_mode & 07777) | 0555;
		if (!file_meta(c->journal, names[i], &attr)) {
			log_say("%s: mode %o is now %o", names[i], st.st_mode & 07777, attr.mode);
			++*repaired;
		}
	}
}

/* Drop words that name missing files; ld.so(8): parted by blanks or colons. */
static void preload(struct context *c, unsigned *repaired)
{
	char data[8192], out[8192], *save = NULL;
	ssize_t n = path_read(c->t->fd, "/etc/ld.so.preload", data, sizeof data);
	struct buf b = BUF_OF(out);
	bool dropped = false;

	if (n <= 0)
		return;
	for (char *w = strtok_r(data, " \t\r\n:", &save); w;
	     w = strtok_r(NULL, " \t\r\n:", &save)) {
		if (*w != '/' || target_is_unknown(c->t, w) || path_exists(c->t->fd, w)) {
			buf_addf(&b, "%s\n", w);
			continue;
		}
		log_say("/etc/ld.so.preload names %s, which is missing: taken out", w);
		dropped = true;
	}
	if (dropped && !b.cut && !file_replace(c->journal, "/etc/ld.so.preload", out, b.len, NULL))
		++*repaired;
}

/* /lib and /lib64 of a merged /usr, when the link is gone. */
static void links(struct context *c, unsigned *repaired)
{
	static const struct {
		const char *link, *to, *witness;
	} rows[] = {
	    {"/lib64", "usr/lib64", "/usr/lib64/ld-linux-x86-64.so.2"},
	    {"/lib", "usr/lib", "/usr/lib/ld-linux-aarch64.so.1"},
	    {"/lib", "usr/lib", "/usr/lib/x86_64-linux-gnu/libc.so.6"},
	};
	struct stat st;

	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!path_stat(c->t->fd, rows[i].link, false, &st) ||
		    path_stat(c->t->fd, rows[i].witness, false, &st))
			continue;
		if (!file_symlink(c->journal, rows[i].link, rows[i].to)) {
			log_say("%s was missing: a link to %s again", rows[i].link, rows[i].to);
			++*repaired;
		}
	}
}

int ground_check(struct context *c, char *why, size_t cap, unsigned *repaired)
{
	*repaired = 0;
	if (c->journal) {
		folders(c, repaired);
		links(c, repaired);
		preload(c, repaired);
	}
	return libcrypt_control(c->t, 64, why, cap);
}
