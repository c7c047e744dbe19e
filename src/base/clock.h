/* clock: absolute CLOCK_MONOTONIC deadlines in milliseconds, and UTC stamps. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define DEADLINE_NEVER INT64_MAX

int64_t clock_ms(void);                      /* now, CLOCK_MONOTONIC, ms */
int64_t deadline_in(long seconds);           /* now + seconds */
int64_t deadline_in_ms(long ms);             /* now + ms */
int64_t deadline_first(int64_t a, int64_t b); /* the earlier one */
int deadline_left(int64_t deadline);         /* ms for poll(2): 0 when past, at most INT_MAX */
/* UTC "YYYY-MM-DDTHH:MM:SSZ" of t into dst (at least 24 bytes). Returns dst. */
char *clock_utc(time_t t, char *dst, size_t cap);
/* The same as "YYYYMMDD-HHMMSS". */
char *clock_stamp(time_t t, char *dst, size_t cap);

#endif
