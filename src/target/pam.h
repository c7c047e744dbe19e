/* pam: the PAM configuration of a target (pam.conf(5), the pam.d form, with Debian's @include),
 * read as bytes; nothing is run. */
#ifndef TARGET_PAM_H
#define TARGET_PAM_H

#include <stdbool.h>
#include <stddef.h>

struct pam_line {
	char type[12];	   /* "auth", ...; "" for @include, which takes lines of every type */
	char control[160]; /* "required", "[success=1 default=ignore]", "include", "substack",
			      "@include" */
	char module[160];  /* or the included file */
	char args[320];	   /* secret-like values masked */
	bool soft;	   /* a leading '-': a missing module is no fault */
};

/* Parse one joined line. 1: an entry, 0: blank or comment, -1: malformed (PAM refuses it; what was
 * understood is in l). Pure. */
int pam_parse_line(const char *line, size_t len, struct pam_line *l);
/* The next logical line of [*p,end), continuations joined into dst; *number advances to its first
 * line's 1-based number (start with 0), *lines says how many it took (start with 0). bad: libpam gives
 * up on the whole file here (a NUL, too long, the file ends in a continuation). False at the end. Pure. */
struct pam_text {
	const char *p, *end;
	unsigned number, lines;
	bool bad;
};
bool pam_text_next(struct pam_text *t, char *dst, size_t cap);

enum pam_state {
	PAM_FOUND,
	PAM_NO_MODULE,
	PAM_NO_FILE,
	PAM_MALFORMED,
	PAM_SUBSTACK, /* the line itself; what it holds follows with a higher level */
	PAM_EMPTY,    /* the file holds no line at all; line type "" */
	PAM_UNLOADABLE /* of a struct pam_stack: there, but the loader would refuse it */
};
struct pam_use {
	const char
	    *file; /* where the line stands; for PAM_NO_FILE of the service itself: its name */
	unsigned number, lines;	     /* the first line and how many it took */
	const struct pam_line *line; /* type "": concerns every type */
	enum pam_state state;
	int level;	/* of substacks around it */
	char path[256]; /* the module's file in the root when PAM_FOUND */
};

/* What was seen of modules, so that each is looked for once; zeroed at the start. */
#define PAM_MEMO 96
struct pam_memo {
	struct pam_seen {
		char module[64], path[180];
		bool found;
		signed char loads; /* 0: not asked yet, -1: no */
	} seen[PAM_MEMO];
	unsigned n;
};
/* A root's configuration, or that with one file as an edit would leave it. */
struct pam_source {
	int rootfd, bits; /* class of the programs that load the modules, 0: any */
	const char *path; /* NULL: no edit */
	const char *data; /* NULL: the file would be gone */
	size_t len;
	struct pam_memo *memo; /* NULL: none is kept */
};

/* Call fn for every line of a service that names a module, through its includes, in order, and for
 * each missing file, malformed line and missing module. fn non-zero stops and is returned. -1
 * ENOENT: the service has no file (then PAM uses "other"). Without any pam.d folder the lines are
 * /etc/pam.conf's. */
int pam_each(const struct pam_source *s, const char *service,
	     int (*fn)(void *arg, const struct pam_use *u), void *arg);

/* The folders of service files, "/etc/pam.d" first; NULL ends it. */
extern const char *const pam_folders[];
/* The file of a service: /etc/pam.d, else the vendor folders. 0/-1 ENOENT. */
int pam_file(const struct pam_source *s, const char *service, char *dst, size_t cap);
/* The module's file in the module folders, one of the right class where there are several. 0/-1
 * ENOENT. */
int pam_module(const struct pam_source *s, const char *module, char *dst, size_t cap);
/* What memo holds of it, looked for now if it is new. NULL: no memo, or it is full. */
struct pam_seen *pam_see(const struct pam_source *s, const char *module);
/* Is the control or type an include, a substack or @include? */
bool pam_is_include(const struct pam_line *l);
/* Does an argument give a secret away: "bindpw=x" does, "use_first_pass" does not. Pure. */
bool pam_secret(const char *word);

#endif
