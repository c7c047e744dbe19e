/* tree: a folder's content as text, one line a path, sorted: "PATH MODE UID:GID SIZE HASH LINK XATTRS" or "PATH unreadable: WHY"; no times. */
#ifndef CUTS_TREE_H
#define CUTS_TREE_H

/* Of one file system. The caller frees it; NULL: no memory. */
char *tree_read(const char *folder);
/* The line of path (len bytes) in text, and its length; NULL: not there. */
const char *tree_line(const char *text, const char *path, int len, int *linelen);

#endif
