/* said: what a test's run has logged. */
#ifndef TESTS_BASE_SAID_H
#define TESTS_BASE_SAID_H

#include "base/log.h"

#include <string.h>

static inline bool said_in(enum log_stream stream, const char *text)
{
	const char *data;
	size_t len;

	log_view(stream, &data, &len);
	return memmem(data, len, text, strlen(text)) != NULL;
}

/* In main.log. */
static inline bool said(const char *text)
{
	return said_in(LOG_MAIN, text);
}

#endif
