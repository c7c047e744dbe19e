/* status_own: status's questions; the answers are status.c's, status_place.c has those about devices. */
#ifndef RUN_STATUS_OWN_H
#define RUN_STATUS_OWN_H

#include "target/rescue.h"
#include "target/target.h"

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

struct reply {
	enum answer is;
	char text[400]; /* what was seen */
	char type[120]; /* what to type when it is no, or "" */
};

struct status { /* shared with the operations */
	const char *root, *boot;
	unsigned at; /* the question being asked */
	bool found;  /* image is one */
	struct rescue image;
	struct reply replies[16];
};

/* Fill the reply. */
void reply_yes(struct reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void reply_no(struct reply *r, const char *type, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Do the entry's words lead to the device that is the root? */
void status_root(const struct status *s, const struct target *t, struct reply *r);
/* Would a run find the file system of /boot, and the ESP? */
void status_boot(const struct status *s, const struct target *t, struct reply *r);

#endif
