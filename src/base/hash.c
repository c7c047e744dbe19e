#include "base/hash.h"

#include "base/buf.h"
#include "base/digest.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALPHABET "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Prefixes and forms: crypt(5). Longer prefixes come before the shorter ones they begin with. */
static const struct {
	const char *name, *prefix, *known;
	int strength;
} methods[HASH_METHODS] = {
    [HASH_NONE] = {"none", "", NULL, 0},
    [HASH_YESCRYPT] = {"YESCRYPT", "$y$",
		       "$y$j75$CPA.9P5OHKQh8F85aebpk/$393YZtvyQzhne3HEx/eMVcoe7I7Yjz2V6cHE1PXvU94",
		       6},
    [HASH_GOST_YESCRYPT] =
	{"GOST_YESCRYPT", "$gy$",
	 "$gy$j75$ua1GxmXd/jcIFy16jaI7c1$9ZUK/sNIy1AExHPqNWAOrNFSYnMrcYl2oJdPabuppR8", 5},
    [HASH_SCRYPT] = {"SCRYPT", "$7$",
		     "$7$6/..../....rdrecovery$cY5Sc37gCLvmJvRdML9JBAYK8cuwNO3J11WSChxakU/", 4},
    [HASH_BCRYPT] = {"BCRYPT", "$2b$",
		     "$2b$04$rdrecoveryrdrecoveryree2pIZBNGMo4/KwaHiWVzd/gUl2cBEYW", 3},
    [HASH_SHA512] = {"SHA512", "$6$",
		     "$6$rounds=1000$rdrecovery$LJKOgzktfg1MWPDWZMnKHZAIR3hGps1HQs.bNm8/"
		     "YaU92KQ/5blxnZchE3CK0eYYmukq6mZxFlSKOkNVlTzNG.",
		     2},
    [HASH_SHA256] = {"SHA256", "$5$",
		     "$5$rounds=1000$rdrecovery$EY8I0SJVHlC5xE9Pn5aGs6uVDzb1DFQNp76WE7Q2jx8", 1},
    [HASH_SUNMD5] = {"SUNMD5", "$md5", "$md5,rounds=1$rdrecove$uv76LOmxHaBxkg0sRpI45.", 0},
    [HASH_SHA1] = {"SHA1", "$sha1", "$sha1$64$rdrecove$i5avtX/nS/LNIE0G3fmrGjhHinCq", 0},
    [HASH_MD5] = {"MD5", "$1$", "$1$rdrecove$bLCE0vEG8GqqXt3tc7x8t0", 0},
    [HASH_NT] = {"NT", "$3$", "$3$$4fc15d15b5b48219781127debdfaa05d", 0},
    [HASH_BSDI] = {"BSDI", "_", "_0...rdrewKhM3NzhJew", 0},
    [HASH_DES] = {"DES", "", "rdWXy0GzuqnU.", 0},
};

const char *hash_name(enum hash_method m)
{
	return m < HASH_METHODS ? methods[m].name : "none";
}

const char *hash_known(enum hash_method m)
{
	return m < HASH_METHODS ? methods[m].known : NULL;
}

int hash_strength(enum hash_method m)
{
	return m < HASH_METHODS ? methods[m].strength : 0;
}

enum hash_method hash_by_name(const char *name)
{
	for (enum hash_method m = HASH_YESCRYPT; m < HASH_METHODS; m++)
		if (!strcasecmp(name, methods[m].name))
			return m;
	/* pam_unix and login.defs of some systems spell it so */
	return !strcasecmp(name, "BLOWFISH") ? HASH_BCRYPT : HASH_NONE;
}

static size_t tail_length(const char *hash)
{
	const char *last = strrchr(hash, '$');

	return last ? strlen(last + 1) : 0;
}

/* Is the hash proper, after the last '$', as long as the method makes it? A cut hash verifies
 * nothing. */
static bool whole(enum hash_method m, const char *hash)
{
	switch (m) {
	case HASH_BCRYPT:
		return strlen(hash) == 60;
	case HASH_BSDI:
		return strlen(hash) == 20;
	case HASH_DES:
		return strlen(hash) == 13;
	default:
		return tail_length(hash) == tail_length(methods[m].known);
	}
}

enum hash_method hash_identify(const char *hash)
{
	size_t len = strlen(hash);
	enum hash_method m = HASH_NONE;

	if (len >= HASH_CAP || strspn(hash, ALPHABET "$_,=") != len)
		return HASH_NONE;
	for (enum hash_method i = HASH_YESCRYPT; i < HASH_DES && m == HASH_NONE; i++)
		if (str_starts(hash, methods[i].prefix))
			m = i;
	if (str_starts(hash, "$2") && len > 3 && strchr("abxy", hash[2]) && hash[3] == '$')
		m = HASH_BCRYPT;
	if (m == HASH_NONE && strspn(hash, ALPHABET) == len)
		m = HASH_DES;
	return m != HASH_NONE && whole(m, hash) ? m : HASH_NONE;
}

int hash_setting(enum hash_method m, char *dst, size_t cap)
{
	char raw[32];
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	int rc = -1;

	if (m == HASH_NONE || m >= HASH_METHODS) {
		errno = EINVAL;
		return -1;
	}
	if (random_bytes(raw, sizeof raw) < 0)
		return -1;
	if (!crypt_gensalt_rn(methods[m].prefix, 0, raw, sizeof raw, setting, sizeof setting))
		goto out;
	if (!str_copy(dst, cap, setting)) {
		errno = ENOSPC;
		goto out;
	}
	rc = 0;
out:
	explicit_bzero(raw, sizeof raw);
	return rc;
}

int hash_make(const char *key, const char *setting, char *dst, size_t cap)
{
	/* 32 KiB: not on the stack of whoever calls */
	struct crypt_data *data = calloc(1, sizeof *data);
	const char *answer;
	int rc = -1;

	if (!data)
		return -1;
	answer = crypt_r(key, setting, data);
	/* libxcrypt's failure tokens are "*0" and "*1"; no hash begins so */
	if (!answer || *answer == '*') {
		errno = EINVAL;
	} else if (!str_copy(dst, cap, answer)) {
		errno = ENOSPC;
	} else {
		rc = 0;
	}
	explicit_bzero(data, sizeof *data);
	free(data);
	return rc;
}

bool hash_verify(const char *key, const char *hash)
{
	char made[HASH_CAP];
	unsigned char differ = 0;
	size_t len = strlen(hash);
	bool same;

	if (hash_identify(hash) == HASH_NONE || hash_make(key, hash, made, sizeof made) < 0)
		return false;
	same = strlen(made) == len;
	for (size_t i = 0; same && i < len; i++)
		differ |= (unsigned char)(made[i] ^ hash[i]);
	explicit_bzero(made, sizeof made);
	return same && !differ;
}

static int spell(char *dst, size_t cap, int (*fill)(void *dst, size_t len))
{
	/* On the same key of QWERTY, QWERTZ and AZERTY, without Shift or AltGr: a, m, q, w, y and z
	 * move between them, and so does every digit's and every sign's key. Nor i, l, o, v, which
	 * are taken for others, on screens and in handwriting. */
	static const char letters[] = "bcdefghjknprstux";
	unsigned char raw[PASSWORD_LETTERS];
	struct buf b = {.p = dst, .cap = cap};

	_Static_assert(sizeof letters == 17, "four bits a letter");
	if (cap <= sizeof raw) {
		errno = ENOSPC;
		return -1;
	}
	if (fill(raw, sizeof raw))
		return -1;
	for (size_t i = 0; i < sizeof raw; i++)
		buf_add(&b, &letters[raw[i] & 15], 1);
	explicit_bzero(raw, sizeof raw);
	return 0;
}

int password_generate(char *dst, size_t cap)
{
	return spell(dst, cap, random_secret);
}

int password_for_trial(char *dst, size_t cap)
{
	return spell(dst, cap, random_bytes);
}
