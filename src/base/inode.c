#include "base/inode.h"

#include "base/xattr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* musl's ioctl takes an int, glibc's an unsigned long: the kernel looks at 32 bits */
#define GET_FLAGS (int)FS_IOC_GETFLAGS
#define SET_FLAGS (int)FS_IOC_SETFLAGS
#define FLAGS_KEPT                                                                                 \
	(unsigned)(FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL)
#define FLAGS_BARRING (unsigned)(FS_IMMUTABLE_FL | FS_APPEND_FL)
#define INTERRUPTED 64

static int flags_ioctl(int fd, int request, int *flags)
{
	int rc = -1;

	for (int i = 0; i < INTERRUPTED; i++) {
		rc = ioctl(fd, request, flags);
		if (rc == 0 || errno != EINTR)
			break;
	}
	return rc;
}

/* *flags: all of them. 1: this file system has none. */
static int get_flags(int fd, int *flags)
{
	*flags = 0;
	if (flags_ioctl(fd, GET_FLAGS, flags) == 0)
		return 0;
	return errno == ENOTTY || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL ? 1
											    : -1;
}

int inode_flags(int fd, unsigned *flags)
{
	int now, rc = get_flags(fd, &now);

	*flags = (unsigned)now & FLAGS_KEPT;
	return rc < 0 ? -1 : 0;
}

int inode_flags_set(int fd, unsigned flags)
{
	int now, rc = get_flags(fd, &now);

	if (rc)
		return rc < 0 || flags & FLAGS_BARRING ? -1 : 0;
	if (((unsigned)now & FLAGS_KEPT) == flags)
		return 0;
	now = (int)(((unsigned)now & ~FLAGS_KEPT) | flags);
	return flags_ioctl(fd, SET_FLAGS, &now);
}

int inode_flags_lift(int fd, unsigned *flags)
{
	if (inode_flags(fd, flags))
		return -1;
	if (*flags & FLAGS_BARRING) /* where it cannot be cleared, the change will fail */
		inode_flags_set(fd, *flags & ~FLAGS_BARRING);
	return 0;
}

static void by_stat(struct inode *in, const struct stat *st)
{
	in->mode = st->st_mode;
	in->uid = st->st_uid;
	in->gid = st->st_gid;
	in->size = S_ISREG(st->st_mode) ? st->st_size : 0;
	in->rdev = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) ? st->st_rdev : 0;
	in->nlink = st->st_nlink;
	in->mtime = st->st_mtim;
	in->dev = st->st_dev;
	in->ino = st->st_ino;
}

/* sha256: the content's, NULL when it is to be read. */
static int read_fd(int fd, struct inode *in, const char *sha256)
{
	struct stat st;

	memset(in, 0, offsetof(struct inode, link));
	in->link[0] = in->xattrs[0] = '\0';
	if (fstat(fd, &st))
		return -1;
	by_stat(in, &st);
	if (inode_flags(fd, &in->flags) || xattr_read(fd, NULL, in->xattrs, sizeof in->xattrs))
		return -1;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (st.st_size <= INODE_HASHED && sha256)
		return str_copy(in->sha256, sizeof in->sha256, sha256) ? 0 : -1;
	if (st.st_size <= INODE_HASHED)
		return digest_fd(fd, in->sha256);
	snprintf(in->sha256, sizeof in->sha256, "%lld:%lld.%09ld:%llu", (long long)st.st_size,
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (unsigned long long)st.st_ino);
	return 0;
}

int inode_read_fd(int fd, struct inode *in)
{
	return read_fd(fd, in, NULL);
}

static int read_open(int dirfd, const char *name, struct inode *in, const char *sha256)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -1;
	rc = read_fd(fd, in, sha256);
	close(fd);
	return rc;
}

/* Symlinks and nodes cannot be opened to ask for their xattrs: /proc names them. */
static void proc_name(int dirfd, const char *name, char *dst, size_t cap)
{
	snprintf(dst, cap, "/proc/self/fd/%d/%s", dirfd, name);
}

static int read_closed(int dirfd, const char *name, struct inode *in)
{
	char proc[320];
	ssize_t n;

	if (S_ISLNK(in->mode)) {
		n = readlinkat(dirfd, name, in->link, sizeof in->link);
		if (n < 0 || n == (ssize_t)sizeof in->link)
			return -1;
		in->link[n] = '\0';
	}
	proc_name(dirfd, name, proc, sizeof proc);
	return xattr_read(-1, proc, in->xattrs, sizeof in->xattrs);
}

int inode_read(int dirfd, const char *name, struct inode *in)
{
	return inode_read_known(dirfd, name, in, NULL);
}

int inode_read_known(int dirfd, const char *name, struct inode *in, const char *sha256)
{
	struct stat st;

	memset(in, 0, offsetof(struct inode, link));
	in->link[0] = in->xattrs[0] = '\0';
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -1;
	by_stat(in, &st);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return read_open(dirfd, name, in, sha256);
	return read_closed(dirfd, name, in);
}

static bool same_content(const struct inode *a, const struct inode *b)
{
	return (a->mode & S_IFMT) == (b->mode & S_IFMT) && a->size == b->size &&
	       a->rdev == b->rdev && !strcmp(a->sha256, b->sha256) && !strcmp(a->link, b->link);
}

static bool same_but_flags(const struct inode *a, const struct inode *b)
{
	return same_content(a, b) && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       !strcmp(a->xattrs, b->xattrs);
}

bool inode_same(const struct inode *a, const struct inode *b)
{
	if (!a->mode || !b->mode)
		return a->mode == b->mode;
	return a->flags == b->flags && same_but_flags(a, b);
}

bool inode_lifted(const struct inode *cur, const struct inode *want)
{
	unsigned missing = want->flags & ~cur->flags;

	return missing && !(missing & ~FLAGS_BARRING) && (cur->flags | missing) == want->flags &&
	       same_but_flags(cur, want);
}

/* The set of xattrs changes one at a time: each of cur's must be one of old's or now's. */
static bool xattrs_between(const char *cur, const char *old, const char *now)
{
	size_t len;

	for (const char *p = cur; *p; p += len + (p[len] == ',')) {
		const char *const sides[] = {old, now};
		bool found = false;

		len = strcspn(p, ",");
		for (int i = 0; i < 2 && !found; i++)
			for (const char *q = sides[i]; *q && !found;) {
				size_t n = strcspn(q, ",");

				found = n == len && !memcmp(p, q, n);
				q += n + (q[n] == ',');
			}
		if (!found)
			return false;
	}
	return true;
}

bool inode_between(const struct inode *cur, const struct inode *old, const struct inode *now)
{
	mode_t special = S_ISUID | S_ISGID;

	if (!cur->mode || !same_content(cur, old) || !same_content(old, now))
		return false;
	if (cur->mode != old->mode && cur->mode != now->mode &&
	    (cur->mode & ~special) != ((old->mode & now->mode) & ~special))
		return false;
	return (cur->uid == old->uid || cur->uid == now->uid) &&
	       (cur->gid == old->gid || cur->gid == now->gid) &&
	       xattrs_between(cur->xattrs, old->xattrs, now->xattrs);
}

static int apply_open(int fd, const struct inode *want)
{
	if (fchown(fd, want->uid, want->gid) || fchmod(fd, want->mode & 07777))
		return -1;
	if (!want->xattrs_any && xattr_apply(fd, NULL, want->xattrs))
		return -1;
	/* an ACL among them sets the permission bits as it was saved: the mode has the last word */
	return fchmod(fd, want->mode & 07777);
}

static int apply_closed(int dirfd, const char *name, const struct inode *want)
{
	char proc[320];

	proc_name(dirfd, name, proc, sizeof proc);
	if (fchownat(dirfd, name, want->uid, want->gid, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (!want->xattrs_any && xattr_apply(-1, proc, want->xattrs))
		return -1;
	return S_ISLNK(want->mode) ? 0 : fchmodat(dirfd, name, want->mode & 07777, 0);
}

int inode_apply(int dirfd, const char *name, int fd, const struct inode *want)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, want->mtime};

	if (fd >= 0 ? apply_open(fd, want) : apply_closed(dirfd, name, want))
		return -1;
	return fd >= 0 ? futimens(fd, times) : utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW);
}

#define NUMBERS 10
static const char number_names[NUMBERS][6] = {"mode",  "uid",	"gid",	 "size", "major",
					      "minor", "links", "flags", "sec",	 "nsec"};

static void add_number(struct buf *b, const char *key, int i, long long value)
{
	buf_addf(b, " %s.%s=%llu", key, number_names[i], (unsigned long long)value);
}

static void add_text(struct buf *b, const char *key, const char *name, const char *value)
{
	char full[40];

	snprintf(full, sizeof full, "%s.%s", key, name);
	field_add(b, full, value);
}

void inode_print(struct buf *b, const char *key, const struct inode *in)
{
	const long long v[NUMBERS] = {in->mode,
				      in->uid,
				      in->gid,
				      in->size,
				      major(in->rdev),
				      minor(in->rdev),
				      (long long)in->nlink,
				      in->flags,
				      in->mtime.tv_sec,
				      in->mtime.tv_nsec};

	for (int i = 0; i < (in->mode ? NUMBERS : 1); i++)
		add_number(b, key, i, v[i]);
	if (!in->mode)
		return;
	add_text(b, key, "sha256", in->sha256);
	add_text(b, key, "link", in->link);
	add_text(b, key, "xattrs", in->xattrs);
}

static void from_numbers(struct inode *in, const unsigned long long v[NUMBERS])
{
	in->mode = (mode_t)v[0];
	in->uid = (uid_t)v[1];
	in->gid = (gid_t)v[2];
	in->size = (off_t)v[3];
	in->rdev = makedev((unsigned)v[4], (unsigned)v[5]);
	in->nlink = (nlink_t)v[6];
	in->flags = (unsigned)v[7];
	in->mtime.tv_sec = (time_t)v[8];
	in->mtime.tv_nsec = (long)v[9];
}

int inode_parse(const char *line, size_t len, const char *key, struct inode *in)
{
	struct {
		const char *name;
		struct buf b;
	} texts[] = {{"sha256", BUF_OF(in->sha256)},
		     {"link", BUF_OF(in->link)},
		     {"xattrs", BUF_OF(in->xattrs)}};
	unsigned long long v[NUMBERS] = {0};
	char full[40];

	memset(in, 0, offsetof(struct inode, link));
	in->link[0] = in->xattrs[0] = '\0';
	errno = EINVAL;
	for (int i = 0; i < NUMBERS; i++) {
		snprintf(full, sizeof full, "%s.%s", key, number_names[i]);
		if (!field_number(line, len, full, &v[i]))
			return -1;
		if (i == 0 && !v[0])
			return 0;
	}
	for (int i = 0; i < 3; i++) {
		snprintf(full, sizeof full, "%s.%s", key, texts[i].name);
		if (!field_get(line, len, full, &texts[i].b))
			return -1;
	}
	from_numbers(in, v);
	return 0;
}
