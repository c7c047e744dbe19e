/* journal: the run's folder on the target and its lines; what file.c writes and rollback.c reads.
 *
 * <place>/<run>/journal: one line per change, written and synced before the change; the last field of a line is a check sum over it, so that
 * a line a power cut tore is recognised, and means: this change was not made. NNNNNN.data: the old content (a copy; a hard link when
 * it is larger than INODE_HASHED, or than JOURNAL_LINKED and the change takes its last name away). NNNNNN.dir: a directory that stood in the way, moved aside. undone: the whole run was undone.
 * op=keep: a program that runs on the target itself may change this next (keep.h); its new= is not known. A later line of the same number
 * tells: the change it became, or op=undone. op=begin: what follows is wanted whole or not at all. op=settled: all keep lines and the op=begin before it
 * are settled; journal_open undoes what is not. Of several lines with one number the last counts.
 * Lines: op=open (order: runs by age, the clock being no witness), op=near (a directory worked in, and its flags), op=closed, op=undone
 * (one change), every other op is a change.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include "base/place.h"

#define JOURNAL_BEGIN "begin"
#define JOURNAL_SETTLED "settled"
#define JOURNAL_PLACES 3
#define JOURNAL_MOST (256L << 20)
#define JOURNAL_LINKED (1L << 20)

extern const char *const journal_places[JOURNAL_PLACES];

struct record {
	unsigned seq;
	char op[12];
	char path[PATH_CAP];
	unsigned dirflags;
	struct inode old, now;
};

/* "NNNNNN.data" */
const char *journal_item(char name[24], unsigned seq, const char *suffix);
/* Note the directory (once in a row). Before the first temp file in it. 0/-1. */
int journal_near(struct journal *j, const char *dir, unsigned flags);
/* Keep the content of the regular file at p for change number j->next. stays: its inode does, and a program may write to it. 0/-1; E2BIG... and
 * ESTALE: it changed meanwhile. */
int journal_keep(struct journal *j, const struct place *p, const struct inode *old, bool stays);
/* Change seq was made: what it left of the old file is root's alone from now on. */
void journal_seclude(struct journal *j, unsigned seq);
/* Write the line of change j->next, durable; j->next advances. 0/-1. */
int journal_record(struct journal *j, struct record *r);
/* A second line for the change r->seq, which counts from now on. 0/-1. */
int journal_amend(struct journal *j, struct record *r);
/* "op=OP", of change seq unless that is 0; durable. 0/-1. */
int journal_note(struct journal *j, unsigned seq, const char *op);
/* Remove one of journal_places where nothing else lies in it. */
void journal_leave(int rootfd, const char *place);
/* After a failed write: for want of room? Then what the run's folder kept in reserve is free now. */
bool journal_give_back(int folder);
/* Undo the changes from number from on, newest first, as a rollback would, each logged. 0, 1 something was refused or failed, -1. */
int journal_undo_since(struct journal *j, unsigned from);
/* Append " end=" and the check sum, newline. */
void journal_seal(struct buf *line);
/* The length of a whole line without its seal, 0 when it is torn. Pure. */
size_t journal_sealed(const char *line, size_t len);
/* A change as its line, sealed. Pure. */
void record_print(struct buf *line, const struct record *r);
/* Parse a change. False: another kind of line. Pure. */
bool record_parse(const char *line, size_t len, struct record *r);

/* Is only the time of a file another than before? That counts where a program changed it: package databases know it. Pure. */
bool journal_touched(const struct record *r, const struct inode *cur);
/* Every run's folder: fd (closed by the caller of fn), its name and the place it lies in. Non-zero stops. -1 also when all was seen that can be
 * read, and a folder could not. */
struct run_folder { int fd, parentfd; const char *place, *name; };
int journal_each_run(int rootfd, int (*fn)(void *arg, const struct run_folder *f), void *arg);
/* The run's "order", 0 when its journal's first line says none. 0, or -1: it cannot be read. */
int journal_order(int folder, unsigned long long *order);
/* Write the op=closed line. 0/-1. */
int journal_end(int folder);
/* After a crash: remove temp files, put flags back. */
void journal_mend(int rootfd);

#endif
