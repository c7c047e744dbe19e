/* families: the detections behind the rows of the check table, and their repairs, one file a
 * family. Detections read only. */
#ifndef CHECKS_FAMILIES_H
#define CHECKS_FAMILIES_H

#include "checks/check.h"
#include "target/accounts.h"

void detect_space(struct check_context *c);
void detect_modes(struct check_context *c);
int repair_modes(struct check_context *c);
void detect_setuid(struct check_context *c);
int repair_setuid(struct check_context *c);
void detect_nss(struct check_context *c);
int repair_nss(struct check_context *c);
void detect_loader(struct check_context *c);
void detect_libcrypt(struct check_context *c);
void detect_display(struct check_context *c);

/* account.c: what the account's own lines say */
bool account_of_user(const struct check_context *c, struct account *a);
void detect_locked(struct check_context *c);
int repair_locked(struct check_context *c);
void detect_expired(struct check_context *c);
int repair_expired(struct check_context *c);

#endif
