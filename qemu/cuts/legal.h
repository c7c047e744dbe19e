/* legal: what a file system may hold after a power cut. */
#ifndef CUTS_LEGAL_H
#define CUTS_LEGAL_H

#include "log.h"

#include <stdbool.h>
#include <stddef.h>

/* May a folder's content (tree.h) be what a cut behind from to to marks left? Between two marks each path is as at one of them; right at a mark as it says. What the program keeps
 * for itself, its temp files and its logs do not count. grows: logs are all there is: those from before the first mark, and any other file when it was
 * told to be whole, must be there; what is new is no harm.
 * False: why says (cap bytes). Pure. */
bool legal_between(const struct log *l, const char *tree, const unsigned range[2], bool grows,
		   char *why, size_t cap);
/* The same as at the first mark, and no temp file. Pure. */
bool legal_undone(const struct log *l, const char *tree, char *why, size_t cap);

#endif
