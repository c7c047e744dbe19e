/* canary_own: what canary.c and canary_door.c share; nobody else includes it. */
#ifndef TARGET_CANARY_OWN_H
#define TARGET_CANARY_OWN_H

#include "target/canary.h"

#define CANARY_PAM_LOGIN "/etc/pam.d/login"

/* What is typed, and what has to stand in the trial for it. */
struct canary_words {
	char password[128];
	const char *file; /* NULL: nothing */
	struct splice instead;
	char hash[HASH_CAP + 1]; /* instead's data */
};

/* One door, one password. */
struct canary_asking {
	const struct canary_question *q;
	const struct canary_words *w;
	struct canary *c;
	struct canary_door *d;
	bool wrong;
};
/* In the child: opens a trial, asks, fills the door. Returns an errno. */
int canary_ask_door(void *asking);

#endif
