#include "base/clock.h"

#include <limits.h>
#include <stdio.h>

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t deadline_in_ms(long ms)
{
	int64_t at;

	return __builtin_add_overflow(clock_ms(), (int64_t)ms, &at) ? DEADLINE_NEVER : at;
}

int64_t deadline_in(long seconds)
{
	long ms;

	return __builtin_mul_overflow(seconds, 1000L, &ms) ? DEADLINE_NEVER : deadline_in_ms(ms);
}

int64_t deadline_first(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int deadline_left(int64_t deadline)
{
	int64_t now = clock_ms();

	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

/* The civil calendar from a count of days, in years that begin with March; strftime would bring
 * time zones and locales along. */
static void civil(time_t t, long field[6])
{
	long days = (long)(t / 86400), rest = (long)(t % 86400);
	long era, day, year, month;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468; /* from 0000-03-01 */
	era = (days >= 0 ? days : days - 146096) / 146097;
	day = days - era * 146097;
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	field[0] = year + era * 400 + (month >= 10);
	field[1] = month < 10 ? month + 3 : month - 9;
	field[2] = day - (153 * month + 2) / 5 + 1;
	field[3] = rest / 3600;
	field[4] = rest / 60 % 60;
	field[5] = rest % 60;
}

char *clock_utc(time_t t, char *dst, size_t cap)
{
	long f[6];

	civil(t, f);
	snprintf(dst, cap, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ldZ", f[0], f[1], f[2], f[3], f[4],
		 f[5]);
	return dst;
}

char *clock_stamp(time_t t, char *dst, size_t cap)
{
	long f[6];

	civil(t, f);
	snprintf(dst, cap, "%04ld%02ld%02ld-%02ld%02ld%02ld", f[0], f[1], f[2], f[3], f[4], f[5]);
	return dst;
}
