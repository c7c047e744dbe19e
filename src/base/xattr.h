/* xattr: all extended attributes of an inode as one line of text, "name:hex,name:hex", sorted (ACLs, labels, capabilities among them). */
#ifndef BASE_XATTR_H
#define BASE_XATTR_H

#include <stddef.h>

/* fd >= 0: an open file or directory; else path, whose last component is not followed. Those that belong to an overlay and not to
 * the file are left out. 0, or -1 and E2BIG when the text is longer than cap. A file system without any: "". */
int xattr_read(int fd, const char *path, char *text, size_t cap);
/* Make the inode have exactly these. A security label the kernel gave and will not take back stays. 0/-1. */
int xattr_apply(int fd, const char *path, const char *text);
/* Does the text name this attribute? Its hex value's place, or NULL. */
const char *xattr_find(const char *text, const char *name);
/* Take this attribute out of the text. */
void xattr_drop(char *text, const char *name);
/* Have the text (of at most cap bytes) name this attribute with this value, a NUL at its end. 0, or -1 E2BIG. */
int xattr_put(char *text, size_t cap, const char *name, const char *value);

#endif
