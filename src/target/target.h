/* target: what a run knows of the Linux root it works on; filled once by target_open, read by everybody. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TARGET_UNKNOWN 64

struct target {
	char root[256];  /* absolute path of the mounted target, "/" for the running system */
	int fd;          /* O_PATH-like directory descriptor of it */
	bool live;       /* the running system itself, or the supervisor lives in it: phase 2 reports only */
	bool readonly;   /* diagnose: no change may be made */
	char os_id[40], os_name[96]; /* os-release(5) ID and PRETTY_NAME; "linux" when there is none */
	char boot[256];  /* absolute path where log folders go first, "" when unknown */
	bool boot_own;   /* boot is a file system of its own */
	char capture[256]; /* absolute path of the capture folder, "" when none */
	char sources[256]; /* absolute path of a folder with carried source archives, "" when none */
	/* fstab points that could not be mounted: what lies below is unknown, never a finding, never repaired */
	char unknown[TARGET_UNKNOWN][128];
	unsigned nunknown;
	/* the whole run's memory: after how many seconds a program of its package manager was given up, 0 never; NULL: not remembered */
	long *pkg_hung;
};

/* Open root and read os-release. Returns 0; -1 with errno when it is no usable root (not a directory, no etc or usr): exit status 3. */
int target_open(struct target *t, const char *root);
/* What stands behind the reason why one could not be opened: what it lacks, if that is the reason. */
const char *target_needs(const char *why);
void target_close(struct target *t);
/* Does path lie below a file system that could not be mounted? */
bool target_is_unknown(const struct target *t, const char *path);

/* Is it an ostree deployment? What lies below /usr is an image then: never changed, never relabelled. */
bool target_ostree(const struct target *t);
/* Does selinux(8)'s configuration say enforcing? */
bool target_selinux(const struct target *t);
/* The host name that it gives itself (hostname(5), or OpenRC's conf.d/hostname) into dst, "" when none. */
void target_host(const struct target *t, char *dst, size_t cap);

#endif
