#include "base/clock.h"

#include <limits.h>

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

char *clock_utc(time_t t, char *dst, size_t cap)
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(dst, cap, "%Y-%m-%dT%H:%M:%SZ", &tm))
		dst[0] = '\0';
	return dst;
}
