#include "base/child_own.h"
#include "base/path.h"
#include "base/process.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#define HEAD 4096
#define PROCESSES 8192

/* --- why a program could not be executed */

struct head {
	char bytes[HEAD];
	size_t len;
	int fd;
};

/* The loader an ELF file of this machine's class and order asks for, "" for none; false: it is cut
 * short. */
static bool elf_loader(const struct head *h, char *dst, size_t cap)
{
	bool wide = h->bytes[EI_CLASS] == ELFCLASS64;
	Elf64_Ehdr e;
	Elf32_Ehdr e32;

	dst[0] = '\0';
	if (h->len < sizeof e)
		return false;
	memcpy(&e, h->bytes, sizeof e);
	memcpy(&e32, h->bytes, sizeof e32);
	for (unsigned i = 0; i < (wide ? e.e_phnum : e32.e_phnum) && i < 64; i++) {
		Elf64_Phdr p = {0};
		Elf32_Phdr p32;
		ssize_t n;

		if (wide) {
			n = pread(h->fd, &p, sizeof p, (off_t)(e.e_phoff + i * sizeof p));
		} else {
			n = pread(h->fd, &p32, sizeof p32, (off_t)(e32.e_phoff + i * sizeof p32));
			p.p_type = p32.p_type;
			p.p_offset = p32.p_offset;
		}
		if (n != (ssize_t)(wide ? sizeof p : sizeof p32))
			return false;
		if (p.p_type != PT_INTERP)
			continue;
		n = pread(h->fd, dst, cap - 1, (off_t)p.p_offset);
		dst[n > 0 ? n : 0] = '\0';
		return true;
	}
	return true;
}

static void script_interpreter(const struct head *h, char *dst, size_t cap)
{
	const char *p = h->bytes + 2, *end = h->bytes + h->len;
	size_t n = 0;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p + n < end && !strchr(" \t\r\n", p[n]) && n + 1 < cap)
		n++;
	memcpy(dst, p, n);
	dst[n] = '\0';
	/* "#!/bin/sh\r" is what the kernel looks for, and nobody sees why */
	if (p + n < end && p[n] == '\r')
		str_copy(dst + n, cap - n, "\\r");
}

static unsigned own_machine(void)
{
	Elf64_Ehdr e;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, &e, sizeof e);

	if (fd >= 0)
		close(fd);
	if (n == (ssize_t)sizeof e)
		return e.e_machine;
#ifdef __aarch64__
	return EM_AARCH64;
#else
	return EM_X86_64;
#endif
}

static void explain_elf(const struct head *h, int rootfd, struct buf *b)
{
	char loader[256];
	unsigned machine = (unsigned char)h->bytes[18] | (unsigned)(unsigned char)h->bytes[19] << 8;
	unsigned own = own_machine();

	if (h->len < 20 || !elf_loader(h, loader, sizeof loader))
		buf_adds(b, " is a damaged ELF file");
	else if (machine != own && !(own == EM_X86_64 && machine == EM_386))
		buf_addf(b, " is a program for another machine (ELF machine %u, this is %u)",
			 machine, own);
	else if (loader[0] && !path_exists(rootfd, loader))
		buf_addf(b, ": its loader %s is missing", loader);
	else if (loader[0])
		buf_addf(b, ": its loader %s cannot be executed", loader);
	else
		buf_adds(b, " is not executable by this kernel");
}

static void explain_script(const struct head *h, int rootfd, struct buf *b)
{
	char interpreter[256];

	script_interpreter(h, interpreter, sizeof interpreter);
	buf_addf(b, ": its interpreter %s %s", interpreter[0] ? interpreter : "(none named)",
		 path_exists(rootfd, interpreter) ? "cannot be executed" : "is missing");
}

/* A file that is there and executable, and yet did not start. */
static void explain_content(int rootfd, const char *path, struct buf *b)
{
	struct head h = {.fd = path_open(rootfd, path, O_RDONLY, 0)};
	ssize_t n = h.fd < 0 ? -1 : pread(h.fd, h.bytes, sizeof h.bytes, 0);

	h.len = n > 0 ? (size_t)n : 0;
	if (n < 0)
		buf_adds(b, " cannot be read");
	else if (!n)
		buf_adds(b, " is empty");
	else if (h.len >= 4 && !memcmp(h.bytes, ELFMAG, SELFMAG))
		explain_elf(&h, rootfd, b);
	else if (h.len >= 2 && !memcmp(h.bytes, "#!", 2))
		explain_script(&h, rootfd, b);
	else
		buf_adds(b, " is neither an ELF program nor a script");
	if (h.fd >= 0)
		close(h.fd);
}

static bool on_noexec(int rootfd, const char *path)
{
	struct statvfs v;
	int fd = path_open(rootfd, path, O_PATH, 0);
	bool is = fd >= 0 && fstatvfs(fd, &v) == 0 && (v.f_flag & ST_NOEXEC);

	if (fd >= 0)
		close(fd);
	return is;
}

static void explain(int rootfd, const char *path, int err, struct buf *b)
{
	struct stat st;

	if (path_stat(rootfd, path, true, &st) < 0)
		buf_addf(b, errno == ENOENT ? " is missing" : ": %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		buf_addf(b, " is %s", path_type_name(st.st_mode));
	else if (!(st.st_mode & 0111))
		buf_addf(b, " is not executable (mode %o)", (unsigned)st.st_mode & 07777);
	else if (err == EACCES && on_noexec(rootfd, path))
		buf_adds(b, " lies on a file system mounted noexec");
	else if (err == ENOENT || err == ENOEXEC || err == EACCES || err == ELIBBAD)
		explain_content(rootfd, path, b);
	else
		buf_addf(b, ": %s", strerror(err));
}

void child_exec_reason(const char *root, const char *path, int err, char *dst, size_t cap)
{
	struct buf b = {.p = dst, .cap = cap};
	int rootfd = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	buf_adds(&b, path);
	if (rootfd < 0) {
		buf_addf(&b, ": %s", strerror(err));
		return;
	}
	explain(rootfd, path, err, &b);
	close(rootfd);
}

/* --- what cannot be killed */

struct family {
	struct member {
		pid_t pid, parent;
		bool below;
	} * all;
	size_t n;
};

static int add_member(void *arg, const struct process *p)
{
	struct family *f = arg;

	f->all[f->n++] = (struct member){.pid = p->pid, .parent = p->ppid};
	return f->n == PROCESSES;
}

/* One pass over all pairs for each generation: a child's pid may be lower than its parent's. */
static bool mark_children(struct family *f, pid_t of)
{
	bool news = false;

	for (size_t i = 0; i < f->n; i++) {
		bool is = f->all[i].parent == of;

		for (size_t k = 0; k < f->n && !is; k++)
			is = f->all[k].below && f->all[k].pid == f->all[i].parent;
		if (is && !f->all[i].below)
			f->all[i].below = news = true;
	}
	return news;
}

size_t child_descendants(pid_t ancestor, pid_t *list, size_t max)
{
	struct family f = {.all = malloc(PROCESSES * sizeof *f.all)};
	size_t found = 0;

	if (f.all)
		process_each(add_member, &f);
	while (mark_children(&f, ancestor))
		;
	for (size_t i = 0; i < f.n && found < max; i++)
		if (f.all[i].below)
			list[found++] = f.all[i].pid;
	free(f.all);
	return found;
}

static void add_link(pid_t pid, const char *name, struct buf *b, unsigned *count)
{
	char path[300], target[256];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	n = readlink(path, target, sizeof target - 1);
	if (n <= 0 || target[0] != '/' || *count >= 4)
		return;
	target[n] = '\0';
	if (!strcmp(target, "/") || str_starts(target, "/dev/null"))
		return;
	buf_adds(b, (*count)++ ? ", " : ", holds ");
	buf_add_escaped(b, target, (size_t)n, false);
}

static void describe(pid_t pid, struct buf *b)
{
	char wchan[64], stack[2], fd[300];
	struct process p;
	struct dirent *e;
	unsigned count = 0;
	DIR *d;

	/* zombies wait only for those others */
	if (process_read(pid, &p) < 0 || p.state == 'Z' || p.state == 'X')
		return;
	buf_addf(b, "%spid %d (", b->len && b->p[b->len - 1] != ' ' ? "; " : "", (int)pid);
	buf_add_escaped(b, p.name, strlen(p.name), false);
	buf_addf(b, ") %c", p.state);
	process_wait(pid, wchan, sizeof wchan, stack, sizeof stack);
	if (wchan[0])
		buf_addf(b, " in %s", wchan);
	add_link(pid, "cwd", b, &count);
	snprintf(fd, sizeof fd, "/proc/%d/fd", (int)pid);
	d = opendir(fd);
	while (d && (e = readdir(d))) {
		snprintf(fd, sizeof fd, "fd/%s", e->d_name);
		add_link(pid, fd, b, &count);
	}
	if (d)
		closedir(d);
}

void child_survivors(pid_t ancestor, struct buf *b)
{
	pid_t list[64];
	size_t n = child_descendants(ancestor, list, 64), before = b->len;

	for (size_t i = 0; i < n; i++)
		describe(list[i], b);
	if (b->len == before)
		buf_addf(b, "pid %d", (int)ancestor);
}
