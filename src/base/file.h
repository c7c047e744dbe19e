/* file: the one module that writes to a target, and the journal that makes it undoable (DESIGN.md, invariants 1 to 3).
 *
 * Life cycle: journal_open (makes /var/lib/rd-recovery/<run>/, reserves space) ... file_* ... journal_close. Each file_* call records the
 * change, durable, before it is made: old content and attributes of whatever inode type, SHA-256 before and after. Every call leaves the
 * file wholly old or wholly new: temp file in the same directory, owner, mode, xattrs (ACLs, labels, capabilities among them), fsync, rename, fsync of
 * the directory; the immutable flag is lifted for the change and put back. After an error the call re-reads the disk and errno is from the failed step.
 * rd-recovery's own files under /var/lib/rd-recovery are not journalled.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define JOURNAL_DIR "/var/lib/rd-recovery"

enum file_state { FILE_UNKNOWN, FILE_OLD, FILE_NEW };

struct journal {
	int rootfd;        /* borrowed */
	int dirfd;         /* the run's folder */
	int fd;            /* its journal file, append */
	char run[40];
	unsigned next;     /* sequence number of the next change */
	unsigned voided;   /* recorded, but not made or undone again */
	char where[256];   /* target path of the folder */
	char near[256];    /* the directory last noted: where a crash may leave a temp file */
	bool usr_is_image; /* set by the caller: no change below /usr, EROFS */
	bool linked;       /* what was kept last is the file's own inode */
	bool owed;         /* a flag was not put back: the next opening of any journal does it */
	enum file_state left; /* after a call that returned -1: what the disk shows at its path */
};

/* What a new file gets; for an existing one the old attributes stay unless set here. */
struct file_attr {
	bool set_mode, set_owner;
	mode_t mode;       /* permission bits with setuid/setgid/sticky */
	uid_t uid; gid_t gid;
};

/* Of a file's content, drop bytes from at on give way to data; all others stay. next: one further on, behind those; NULL: none. */
struct splice {
	off_t at;
	size_t drop;
	const void *data;
	size_t len;
	const struct splice *next;
};

/* Open or create run's journal on the target (another process of the same run may have opened it before, not at the same time).
 * reserve: bytes kept free for backups (0: 1 MiB). Stale temp files of crashed runs are removed. Returns 0/-1 (EROFS, ENOSPC, ...). */
int journal_open(struct journal *j, int rootfd, const char *run, size_t reserve);
void journal_close(struct journal *j);

/* Replace or create a regular file. attr may be NULL: an old file's attributes stay, a new one gets root:root 0644. Follows symlinks inside the
 * root when the path's last component is one (the link stays). Whatever inode type stood there is journalled and replaced. Same content
 * and attributes: nothing is recorded, 0 is returned. */
int file_replace(struct journal *j, const char *path, const void *data, size_t len, const struct file_attr *attr);
/* The same from an open regular file (any size); attributes incl. xattrs are taken from it when attr is NULL and path is new. */
int file_replace_from(struct journal *j, const char *path, int fd, const struct file_attr *attr);
/* The same, but a symlink at path is itself replaced. */
int file_install(struct journal *j, const char *path, int fd, const struct file_attr *attr);
/* The regular file at path, which fd is open on, with splices in it: streamed, whatever its size. Where backup is a path, a copy of what fd holds
 * is put there first, with battr; one that cannot be made is logged, and no error. -1 ESTALE: another file stands at path by now. */
struct file_backup { const char *path; struct file_attr attr; };
int file_splice(struct journal *j, const char *path, int fd, const struct splice *s, const struct file_backup *backup);
/* Remove a non-directory or an empty directory. The content is kept in the journal. ENOENT is success. */
int file_remove(struct journal *j, const char *path);
/* Make path a symlink to target, replacing a non-directory atomically. */
int file_symlink(struct journal *j, const char *path, const char *target);
int file_mkdir(struct journal *j, const char *path, const struct file_attr *attr);
/* Change owner and mode only. */
int file_meta(struct journal *j, const char *path, const struct file_attr *attr);
/* Set one extended attribute to a text, its NUL included. */
int file_xattr(struct journal *j, const char *path, const char *name, const char *value);

/* Write without a journal, for rd-recovery's own folder and log directories: the name says what is lost. */
int file_write_unjournalled(int dirfd, const char *name, const void *data, size_t len, mode_t mode);
/* Remove a regular file of the target for good, with nothing kept: only to make room for the journal itself. */
int file_delete_unjournalled(int rootfd, const char *path);

struct rollback_line { const char *path; const char *result; bool refused; }; /* result: "restored", "already as it was", "changed since: left alone", "failed: ..." */
/* Undo a run, newest change first; run NULL: the newest not yet undone. Calls line() for each change. Returns 0 all undone, 1 something was refused
 * or failed, -1 no such run (errno). The run's name is copied to name (40 bytes). A run wholly undone is marked so. */
int journal_rollback(int rootfd, const char *run, char *name, void (*line)(void *arg, const struct rollback_line *l), void *arg);
/* Remove a run's journal and backups (rollback --forget). */
int journal_forget(int rootfd, const char *run);
/* The next run sequence number, read from and written to JOURNAL_DIR/sequence; 1 when there is none. -1 on error. */
long journal_sequence(int rootfd);
/* Number of changes recorded. */
unsigned journal_count(const struct journal *j);

#endif
