/* status_own: status's questions: status.c asks and tells, the others answer. */
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

#define STATUS_UPDATE "rd-recovery-entry update" /* what mends most of it */

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

/* The questions. Those about the image are only asked once status_image has found one. */
typedef void status_question(struct status *s, const struct target *t, struct reply *r);
status_question status_image;	/* is there one? */
status_question status_entry;	/* does the boot menu start it, with the words it was made with? */
status_question status_whole;	/* are its files as they were written? */
status_question status_sound;	/* was the system healthy then? */
status_question status_fresh;	/* is its kernel the newest? */
status_question status_program; /* is its payload the installed one? */
status_question status_config;	/* is its configuration the system's? */
status_question status_root;	/* do its words lead to the device that is the root? */
status_question status_boot;	/* is what fstab says of /boot and the ESP so? */
status_question status_capture; /* are the known-good copies as they were taken? */
status_question status_health;	/* would a new image be called good? */
status_question status_run;	/* has a run nothing to repair? */

#endif
