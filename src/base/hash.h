/* hash: password hashes, made and checked by the payload's own libxcrypt (crypt(5)). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

#define HASH_CAP 384 /* CRYPT_OUTPUT_SIZE */

enum hash_method {
	HASH_NONE, /* not a hash: empty, locked, damaged */
	HASH_YESCRYPT, HASH_GOST_YESCRYPT, HASH_SCRYPT, HASH_BCRYPT, HASH_SHA512, HASH_SHA256, HASH_SUNMD5, HASH_SHA1, HASH_MD5,
	HASH_NT, HASH_BSDI, HASH_DES, HASH_METHODS
};

const char *hash_name(enum hash_method m);   /* as login.defs' ENCRYPT_METHOD spells it where it can: "SHA512", "YESCRYPT", "BCRYPT", "DES", ... */
/* The method of a stored hash by its form (leading '!' or '*' of a lock are not skipped). HASH_NONE when it is none. */
enum hash_method hash_identify(const char *hash);
/* The method named in login.defs / PAM arguments, any case. HASH_NONE when unknown. */
enum hash_method hash_by_name(const char *name);
/* Strength order for choosing: higher is better, 0 never chosen for a new password (DES, MD5, NT...). */
int hash_strength(enum hash_method m);
/* A fresh setting for m with the default cost. 0/-1. */
int hash_setting(enum hash_method m, char *dst, size_t cap);
/* crypt(key, setting) into dst. 0, or -1 EINVAL (method or setting refused). */
int hash_make(const char *key, const char *setting, char *dst, size_t cap);
bool hash_verify(const char *key, const char *hash);
/* The known answer for m: crypt(HASH_KEY, hash_known(m)) is hash_known(m) itself; of a low cost. NULL for HASH_NONE. */
#define HASH_KEY "rd-recovery"
const char *hash_known(enum hash_method m);
#define PASSWORD_LETTERS 20
/* A random password of 20 small letters out of 16 (80 bits), which are on the same key of the common keyboard layouts for Latin letters, without
 * Shift: a keymap that was not loaded changes nothing. (Dvorak, Colemak, BEPO and the Turkish F layout move nearly every letter: there the layout
 * has to be the one that is printed on the keys.) dst at least 21 bytes. 0, or -1: EAGAIN while the kernel's generator is not ready. */
int password_generate(char *dst, size_t cap);
/* The same for a trial, which nobody else can enter: it only has to differ, so it is there however early in a boot. */
int password_for_trial(char *dst, size_t cap);

#endif
