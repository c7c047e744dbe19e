/* logdir: the run's log folder <place>/<os-id>-recovery-logs-<run>/, filled from memory; a ladder
 * of places.
 *
 * Life cycle: logdir_places once; then logdir_copy again and again, in a child with a deadline (it
 * touches the disk); when it fails the caller records the pivot and calls logdir_leave. Files are
 * only ever appended to, under a name of their own for each run: on vfat nothing else survives a
 * power cut.
 */
#ifndef TARGET_LOGDIR_H
#define TARGET_LOGDIR_H

#include "base/log.h"
#include "target/target.h"

#define LOGDIR_MARKER "-recovery-logs-"
#define LOGDIR_PLACES 6
#define LOGDIR_KEPT 6

struct logdir { /* in memory shared with the children */
	char root[256]; /* of the target */
	struct {
		char path[256];
		bool inside; /* below root: no symlink leads out of it */
	} places[LOGDIR_PLACES];
	unsigned nplaces, at;
	bool brief; /* root is encrypted, /boot is not: there only what carries no details */
	char os_id[40], name[128];
	size_t copied[LOG_STREAMS];
};

/* given: a folder named by the person, or "". */
void logdir_places(struct logdir *d, const struct target *t, const char *given, const char *run);
/* Append what is new to the files, synced. 0/-1 and errno. */
int logdir_copy(struct logdir *d);
/* Append text to the main.log of /boot's folder when d->brief; else nothing. 0/-1 and errno. */
int logdir_brief(const struct logdir *d, const char *text);
/* The folder it goes to, "" when no place is left. */
const char *logdir_where(const struct logdir *d, char *dst, size_t cap);
/* On to the next place. False: there is none. */
bool logdir_leave(struct logdir *d);
/* Remove all but the newest LOGDIR_KEPT folders of the place (and of /boot when d->brief), by sequence number. */
void logdir_prune(const struct logdir *d);
/* A past run's folder. */
struct logdir_past {
	char place[16];	/* "/boot", "/run": where it lies */
	char name[128];
	long sequence;	 /* 0: it had none, as where nothing may be written */
	bool report;	 /* it holds a report.json: of two folders of one run the one with the details */
};
#define LOGDIR_PAST 64
/* The folders below root, and in /run, of whatever system in them: by sequence, where both have one, else by name, the newest first; each run
 * once. Returns how many. *hidden: a place could not be read. */
unsigned logdir_past(const char *root, struct logdir_past list[LOGDIR_PAST], bool *hidden);
/* The run's name, within the folder's. */
const char *logdir_past_run(const struct logdir_past *p);
/* The folder, to read. fd/-1. */
int logdir_past_open(const char *root, const struct logdir_past *p);
/* "... sequence N ..." in the first lines of a folder's main.log; 0 when there is none. */
long logdir_sequence(int dirfd, const char *name);
/* Is the file system at the absolute path on an encrypted device? */
bool logdir_encrypted(const char *path);
/* For tests: /sys/dev/block. */
extern const char *logdir_devices;

#endif
