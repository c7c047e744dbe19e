/* states: what a power cut can leave of a disk: everything up to a flush, and of the writes since any subset, each write whole or torn between two
 * sectors.
 *
 * Life cycle: states_open, states_next until it returns false. Between two calls the image at disk is that state's.
 * Of an epoch with few writes every subset is taken; of one with many: none, all, every beginning, each alone, each one missing, some at random. Then each
 * write torn in several ways, behind all before it. States that leave the same bytes are one.
 */
#ifndef CUTS_STATES_H
#define CUTS_STATES_H

#include "log.h"

#include <stdbool.h>

struct states {
	const struct log *log;
	unsigned char *disk;       /* the caller's copy of the disk as it was before the log's first write */
	unsigned few;              /* every subset of so many writes */
	unsigned randoms;          /* subsets at random of more */
	uint64_t whole_at, whole;  /* the file system's superblock, never torn: none of them survives that */

	unsigned epoch;            /* the state: its epoch, */
	char what[64];             /* its kind, for a person, */
	unsigned from, to;         /* the first and last number of marks a cut that leaves it can have behind it, */
	bool told;                 /* and nothing was written between two of them: what the mark says has to be there */

	unsigned char *old;        /* the rest is states.c's own */
	unsigned start, step;
	uint64_t *seen;
	size_t nseen, cap;
	uint64_t random;
};

/* Starts behind the first mark. 0/-1. */
int states_open(struct states *s);
bool states_next(struct states *s);

#endif
