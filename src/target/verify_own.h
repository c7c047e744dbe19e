/* verify_own: what verify's files share: verify.c hands the files out, verify_look.c looks at one, verify_link.c at what each ELF file needs,
 * verify_read.c reads the bytes of many, verify_names.c knows the ids of names. */
#ifndef TARGET_VERIFY_OWN_H
#define TARGET_VERIFY_OWN_H

#include "base/path.h"
#include "target/pkg.h"
#include "target/verify_class.h"

#include <pthread.h>

struct verify_names;
struct verify_links;

struct verify_item {
	const char *pkg, *path, *link;
	struct pkg_entry e; /* its texts are not: they have gone */
	bool wanted;	    /* its bytes are */
	bool around;	    /* a folder that the next file lies in: it is there when that one is */
	ino_t inode;
	off_t size;
	uid_t uid;
	gid_t gid;
	bool owned[2]; /* uid, gid: the database says which */
};

struct verify_job {
	struct verify *v;
	const struct target *t;
	struct verify_classes *classes;
	struct verify_names *names;
	struct verify_links *links;
	pthread_mutex_t lock;
	atomic_bool late, blind; /* out of time; something could not be read */
	struct verify_item *items, **order; /* a batch; those of it whose bytes are wanted */
	struct verify_item *large;	    /* whose bytes are read at the end, side by side */
	unsigned n, norder, nlarge;
	struct buf text, large_text;
};

/* Items for several workers, a handful of neighbours at a time. */
struct verify_round {
	struct verify_job *j;
	struct verify_item **items;
	unsigned n;
	atomic_uint next;
};
struct verify_hand { /* zeroed at the start */
	unsigned at, end;
};
/* NULL: there is none left, or no time. */
struct verify_item *verify_take(struct verify_round *r, struct verify_hand *h);

/* A worker's open folder: the next file mostly lies in the same one. Zeroed at the start; verify_folder_close at the end. */
struct verify_folder {
	bool known;
	char path[PATH_CAP];
	int fd, error; /* -1 and why */
};
void verify_folder_close(struct verify_folder *d);
/* The folder path lies in, and its name there. -1 and errno. */
int verify_folder_enter(const struct verify_job *j, struct verify_folder *d, const char *path, const char **name);

/* Say what is wrong with a file; of one that cannot be read, errno. From any worker. */
void verify_found(struct verify_job *j, const struct verify_item *i, enum verify_fault fault, const char *detail);
void verify_unreadable(struct verify_job *j, const struct verify_item *i);
/* Everything but the bytes of one file; says whether they are wanted. */
void verify_look(struct verify_job *j, struct verify_item *i, struct verify_folder *d);
/* A worker's part of a round, which arg is: the bytes of each. NULL. */
void *verify_read(void *arg);

/* Judge every ELF file of the target, whoever owns it, in half of the time that is left. NULL: no memory. */
struct verify_links *verify_links_open(struct verify_job *j);
void verify_links_close(struct verify_links *k);
/* A path of the database: its package may repair something. k may be NULL, here and below. */
void verify_links_own(struct verify_links *k, const char *pkg, const char *path);
/* Add what was found. */
void verify_links_tell(const struct verify_links *k, struct verify *v);

/* The target's passwd and group, read once. NULL: no memory. */
struct verify_names *verify_names_open(const struct target *t);
void verify_names_close(struct verify_names *n);
/* The id of a name, or of a number that is no name; false: "" or nobody's. Pure. */
bool verify_names_uid(struct verify_names *n, const char *name, uid_t *uid);
bool verify_names_gid(struct verify_names *n, const char *name, gid_t *gid);

#endif
