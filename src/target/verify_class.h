/* verify_class: what a file's loss would break: by the closures of login, display and boot, and by where it lies. */
#ifndef TARGET_VERIFY_CLASS_H
#define TARGET_VERIFY_CLASS_H

#include "target/verify.h"

struct verify_classes;
/* Reads the target. NULL: no memory. */
struct verify_classes *verify_classes_open(const struct target *t);
void verify_classes_close(struct verify_classes *k);
/* Of a path, by any of its names (merged /usr). Pure. */
enum verify_class verify_class_of(const struct verify_classes *k, const char *path);
/* Is it one a login needs by its closure: hashed in any case? Pure. */
bool verify_is_login(const struct verify_classes *k, const char *path);

#endif
