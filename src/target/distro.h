/* distro: os-release(5), and which package managers and init systems the target has. */
#ifndef TARGET_DISTRO_H
#define TARGET_DISTRO_H

#include "target/target.h"

/* The value of key in os-release text, quotes removed. 0/-1. Pure. */
int distro_release(const char *data, size_t len, const char *key, char *dst, size_t cap);

#endif
