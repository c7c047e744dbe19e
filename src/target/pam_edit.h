/* pam_edit: one line of a PAM file changed, every other byte as it was. Pure. */
#ifndef TARGET_PAM_EDIT_H
#define TARGET_PAM_EDIT_H

#include "base/buf.h"

/* A file and the logical line in it: its first line's number and how many it takes. */
struct pam_edit {
	const char *data;
	size_t len;
	unsigned number, lines;
};
#define PAM_EDIT_MARK "# rd-recovery: "
/* The line becomes a comment that keeps what it said. */
void pam_edit_disable(const struct pam_edit *e, struct buf *out);
/* Every jump of the line's control of at least least becomes to; NULL: one less, where 1 becomes "ignore". */
void pam_edit_jumps(const struct pam_edit *e, unsigned least, const char *to, struct buf *out);
/* The whole file without carriage returns. */
void pam_edit_newlines(const struct pam_edit *e, struct buf *out);

#endif
