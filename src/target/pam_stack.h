/* pam_stack: a service's stacks laid out flat, and what libpam would make of them (Linux-PAM's pam_handlers.c and
 * pam_dispatch.c, the same from 1.0 to 1.7): whether a right password is let in and a wrong one refused, told from
 * the lines alone. Nothing is run.
 *
 * Life cycle: pam_stack_load, then as many questions as wanted. Loading reads the root; the questions are pure.
 */
#ifndef TARGET_PAM_STACK_H
#define TARGET_PAM_STACK_H

#include "target/ldso.h"
#include "target/pam.h"

#define PAM_STACK_ENTRIES 256
#define PAM_STACK_FILES 24
#define PAM_STACK_LEVELS 17

enum pam_type { PAM_AUTH, PAM_ACCOUNT, PAM_SESSION, PAM_PASSWORD, PAM_TYPES };
extern const char pam_type_names[PAM_TYPES][9];

/* What a module is to a password. An unknown one counts as verifying: no false alarm. */
enum pam_kind {
	PAM_VERIFIES,
	PAM_FOREIGN, /* verifies something this program cannot answer for: a token, a directory's agent */
	PAM_IGNORES, /* says nothing of the user: delays, environment, keyrings */
	PAM_PASSES,  /* a gate normally open: tallies, terminals, access tables */
	PAM_MAYBE,   /* open to some: a group, a list */
	PAM_ROOT,    /* open to root, who is not asked about here */
	PAM_PERMITS,
	PAM_DENIES
};
enum pam_answer { PAM_SAYS_OK, PAM_SAYS_IGNORE, PAM_SAYS_NO, PAM_SAYS_WHO, PAM_SAYS_DENIED, PAM_SAYS_UNKNOWN, PAM_ANSWERS };

struct pam_entry {
	unsigned char type, kind, level;
	enum pam_state state; /* PAM_SUBSTACK: no module */
	bool soft;
	bool bad_jump;        /* one of its jumps ends past its stack */
	short action[PAM_ANSWERS]; /* > 0: jump over so many */
	unsigned short jump;       /* the farthest of them, also on answers not told apart here */
	unsigned short file;
	unsigned number, lines;
	char module[64]; /* or the file that is missing, "" the service's own */
};
enum { PAM_DO_IGNORE = 0, PAM_DO_OK = -1, PAM_DO_DONE = -2, PAM_DO_BAD = -3, PAM_DO_DIE = -4, PAM_DO_RESET = -5 };

struct pam_stack {
	struct pam_entry e[PAM_STACK_ENTRIES];
	unsigned n;
	char files[PAM_STACK_FILES][200];
	unsigned nfiles;
	unsigned own;    /* bit set of the types the service has lines of; the others are the service "other"'s */
	char empty[200]; /* the first file without any line, "" none */
	bool no_file;    /* the service has no file */
	bool aborts;     /* a file that is missing or cut off, not for one type alone: nothing works */
	bool cut;        /* did not fit: nothing is claimed of it */
};

/* Lay out a service. ldso NULL: whether modules load is not asked. */
void pam_stack_load(struct pam_stack *s, const struct pam_source *src, const char *service, struct ldso *ldso);

struct pam_world {
	bool right;       /* the password */
	bool no_foreign;  /* what only PAM_FOREIGN modules verify fails */
	bool users_unknown; /* verifying modules other than pam_unix do not know the user, instead of saying no */
	bool mended;      /* a missing or unloadable module is there and says what it should; a malformed line is not there */
	unsigned maybe;   /* which PAM_MAYBE entries say yes: bit 0 to 5, by line number */
};
/* Would the stack of this type succeed? */
bool pam_stack_lets_in(const struct pam_stack *s, enum pam_type type, const struct pam_world *w);
/* Can the right password pass auth, or the type succeed at all, whatever the PAM_MAYBE say? */
bool pam_stack_usable(const struct pam_stack *s, enum pam_type type, bool mended);
/* Is a wrong password let in, whoever asks? Also when nothing verifies one and somebody is let in. */
bool pam_stack_permissive(const struct pam_stack *s);
/* Does now let a wrong password in where before, with its modules mended, did not? */
bool pam_stack_wider(const struct pam_stack *before, const struct pam_stack *now);
/* Is a foreign module's word needed besides the password? */
bool pam_stack_needs_foreign(const struct pam_stack *s);
/* How many entries of its stack a jump from entry i can skip. */
unsigned pam_stack_room(const struct pam_stack *s, unsigned i);
/* Would a jump of n from entry i go over entry over as one of the n? */
bool pam_stack_skips(const struct pam_stack *s, unsigned i, unsigned n, unsigned over);

enum pam_kind pam_kind_of(const char *module);
/* Actions of a control, its farthest jump; false: libpam takes everything as failure. Pure. */
bool pam_control(const char *control, short action[PAM_ANSWERS], unsigned *jump);

#endif
