/* package: the target's package manager: what its shell is asked, "sh -c '... apt-get ...'", puts another libcrypt in place. */
#ifndef CUTS_PACKAGE_H
#define CUTS_PACKAGE_H

#define PACKAGE_LIB "/usr/lib/x86_64-linux-gnu/libcrypt.so.1"

/* What dpkg does for a newer version: the new library beside the old one, the link changed over, the old one removed; a file in a new
 * folder. An exit status; 127 for any other script. */
int package_shell(const char *script);

#endif
