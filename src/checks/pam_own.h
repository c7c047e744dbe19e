/* pam_own: what detection and repair of the PAM rows share: the services people log in by, and their faults. */
#ifndef CHECKS_PAM_OWN_H
#define CHECKS_PAM_OWN_H

#include "checks/check.h"
#include "target/display.h"
#include "target/pam_stack.h"

#define PAM_SERVICES (DISPLAY_MOST + 4)

struct pam_service {
	const char *name;
	enum blocks blocks; /* whom its refusal keeps out */
	bool local;         /* a console's or a display's: may get a stack of its own */
};

/* The root as it stands, or as an edit or a trial would leave it. */
struct pam_view {
	const struct target *t;
	struct pam_source src;
	struct ldso *ldso;
	struct pam_memo memo;
	bool no_modules; /* their folders lie on what is not mounted */
	struct pam_service services[PAM_SERVICES];
	unsigned n;
};
/* 0, or -1: this system's login does not use PAM, or no memory. */
int pam_view_open(struct pam_view *v, const struct target *t);
void pam_view_close(struct pam_view *v);

enum pam_fault_kind { FAULT_FILE, FAULT_MISSING, FAULT_UNLOADABLE, FAULT_JUMP, FAULT_PERMISSIVE, FAULT_KINDS };
extern const char pam_fault_ids[FAULT_KINDS][24];
struct pam_fault {
	enum pam_fault_kind kind;
	const struct pam_service *service;
	const struct pam_stack *stack;
	const struct pam_entry *entry; /* NULL: the whole stack */
	bool blocked; /* nobody passes this stack */
	char file[200]; /* where it is, or the file that is missing */
	unsigned number; /* its line, 0 none */
};
/* Call fn for every fault of every service. fn non-zero stops and is returned. */
int pam_faults(const struct pam_view *v, int (*fn)(void *arg, const struct pam_fault *f), void *arg);
/* How bad it is, all services together, 0: nothing is wrong; *open gets how many take any password. */
unsigned pam_badness(const struct pam_view *v, unsigned *open);
/* Does an entry's refusal refuse the whole stack? */
bool pam_is_control(const struct pam_entry *e);

#endif
