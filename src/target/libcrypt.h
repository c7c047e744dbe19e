/* libcrypt: which libcrypt libraries a target has, and what they really do, asked through its own loader (src/probe). */
#ifndef TARGET_LIBCRYPT_H
#define TARGET_LIBCRYPT_H

#include "base/hash.h"
#include "target/target.h"

#define LIBCRYPT_MAX 8

enum libcrypt_answer { LIBCRYPT_UNKNOWN, LIBCRYPT_GOOD, LIBCRYPT_BAD, LIBCRYPT_UNLOADABLE };

struct libcrypt {
	char path[256];    /* target path of the soname link: /usr/lib/x86_64-linux-gnu/libcrypt.so.1 */
	char real[256];    /* where it resolves to; "" when dangling or missing */
	char soname[32];   /* libcrypt.so.1 */
	int bits;          /* 64 or 32 */
	char version[32];  /* of the library's file name or verdef, "" unknown */
	unsigned can;      /* bit set of hash methods proven */
	unsigned cannot;   /* asked for and wrong */
	enum libcrypt_answer answer;
	char why[200];     /* for BAD and UNLOADABLE */
};

/* Find every libcrypt soname in the target's library folders (ld.so.conf, the loader's defaults) that is there, or missing but needed (NEEDED by
 * login, su, unix_chkpwd, pam_unix.so). Returns how many, -1 on error. */
int libcrypt_find(const struct target *t, struct libcrypt *list, unsigned max);
/* Path of the target's loader for bits (from /bin/sh's or su's PT_INTERP, else the usual names); 0/-1 ENOENT. */
int libcrypt_loader(const struct target *t, int bits, char *dst, size_t cap);
/* Can a dynamic program start at all? Runs the control program through loader and libc. 0 yes; -1 no, why filled. */
int libcrypt_control(const struct target *t, int bits, char *why, size_t cap);
/* The file name part of a library's resolved path after ".so.": "1.1.0". "" when there is none. Pure. */
void libcrypt_version(const char *real, char *dst, size_t cap);
/* Ask lib (or, with candidate non-NULL, that absolute file outside the target's soname path) every method of the set with known answers,
 * chrooted at root (the target or a trial of it). Fills can, cannot, answer, why. */
struct libcrypt_question { const char *root; const char *candidate; unsigned methods; };
int libcrypt_ask(const struct target *t, const struct libcrypt_question *q, struct libcrypt *lib);

#endif
