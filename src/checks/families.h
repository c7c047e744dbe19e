/* families: the detections behind the rows of the check table, one file a family. All read only. */
#ifndef CHECKS_FAMILIES_H
#define CHECKS_FAMILIES_H

#include "checks/check.h"

void detect_space(struct check_context *c);
void detect_modes(struct check_context *c);
int repair_modes(struct check_context *c);
void detect_setuid(struct check_context *c);
int repair_setuid(struct check_context *c);
void detect_nss(struct check_context *c);
int repair_nss(struct check_context *c);
void detect_loader(struct check_context *c);
void detect_libcrypt(struct check_context *c);
void detect_account(struct check_context *c);
void detect_display(struct check_context *c);

#endif
