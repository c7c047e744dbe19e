/* display: the display managers of a target: which are installed, which is enabled, and whether one
 * can start. */
#ifndef TARGET_DISPLAY_H
#define TARGET_DISPLAY_H

#include "target/init.h"

#define DISPLAY_MOST 12

struct display {
	const struct init_system *init; /* NULL: none is recognised, and nothing else is filled */
	/* the enabled one first, then the configured ones, then the table's order; those whose
	 * package is gone are left out */
	const struct display_manager *list[DISPLAY_MOST];
	unsigned n;
	const struct display_manager *on; /* the enabled one, when it is in the list */
	char now[64];			  /* what is enabled, "" nothing */
	char level[64];			  /* default runlevel or target, "" unknown */
	bool graphical;			  /* does that level start it? */
};
void display_look(const struct target *t, struct display *d);
/* Is one started at boot? One that is not in the table is believed. */
bool display_enabled(const struct display *d);

enum display_fault {
	DISPLAY_SOUND,
	DISPLAY_UNKNOWN, /* lies on what could not be mounted */
	DISPLAY_FILE,	 /* path is missing or cannot be loaded */
	DISPLAY_PAM,	 /* path, of its PAM service, is missing */
	DISPLAY_USER	 /* its system user is not in passwd */
};
struct display_state {
	enum display_fault fault;
	char path[256]; /* the file at fault, or the user's name */
	char why[320];
};
/* Can it start? Its binary and libraries, its unit or script, its PAM files, its user. */
enum display_fault display_judge(const struct target *t, const struct init_system *init,
				 const struct display_manager *dm, struct display_state *s);

#endif
