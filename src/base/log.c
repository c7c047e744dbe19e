#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/console.h"
#include "base/mask.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 4096
#define LOCK_TRIES 200

static const struct {
	char name[20];
	size_t cap;
} streams[LOG_STREAMS] = {
    {"main.log", 4 << 20},	   {"diagnostics.log", 3 << 20}, {"system-state.log", 3 << 20},
    {"error-bundle.txt", 1 << 20}, {"pivots.log", 1 << 18},	 {"report.json", 1 << 19},
};

/* A stream counts up to len, which is set last: a writer that dies half way leaves no trace. */
struct stream {
	size_t at, len; /* at: where its bytes start */
	bool full;
};

static struct memory {
	int lock;
	char phase[60];
	struct stream streams[LOG_STREAMS];
	char bytes[];
} * memory;
/* this process's own */
static char here[sizeof memory->phase];
static struct buf *aside;

const char *log_name(enum log_stream s)
{
	return streams[s].name;
}

int log_start(void)
{
	size_t size = sizeof *memory;
	void *p;

	if (memory)
		return 0;
	for (int i = 0; i < LOG_STREAMS; i++)
		size += streams[i].cap;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mask_start())
		return -1;
	memory = p;
	for (size_t i = 0, at = 0; i < LOG_STREAMS; at += streams[i++].cap)
		memory->streams[i].at = at;
	return 0;
}

/* A holder that was killed does not let go: after a while the lock is taken from it. */
static void lock(void)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int free_ = 0;

		if (__atomic_compare_exchange_n(&memory->lock, &free_, 1, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

static void unlock(void)
{
	__atomic_store_n(&memory->lock, 0, __ATOMIC_RELEASE);
}

static void append(enum log_stream s, const char *data, size_t len)
{
	static const char full[] = "[no more: the limit of this file is reached]\n";
	struct stream *st = &memory->streams[s];
	size_t room = streams[s].cap - sizeof full;

	lock();
	if (st->full)
		len = 0;
	else if (st->len + len > room) {
		data = full;
		len = sizeof full - 1;
		st->full = true;
	}
	memcpy(memory->bytes + st->at + st->len, data, len);
	__atomic_store_n(&st->len, st->len + len, __ATOMIC_RELEASE);
	unlock();
}

/* lead and text, masked and escaped, newline-ended, into a stream. */
static void put_text(enum log_stream s, const char *lead, const char *text, size_t len)
{
	char masked[LINE_BYTES], line[2 * LINE_BYTES];
	struct buf m = BUF_OF(masked), b = BUF_OF(line);

	mask_add(&m, text, len);
	buf_adds(&b, lead);
	buf_add_escaped(&b, m.p, m.len, false);
	if (m.cut || b.cut) {
		b.len = b.len > sizeof line - 8 ? sizeof line - 8 : b.len;
		b.cut = false;
		buf_adds(&b, "...");
	}
	buf_adds(&b, "\n");
	if (aside && s != LOG_MAIN && aside->cap - aside->len <= b.len)
		aside->cut = true; /* whole lines only */
	else if (aside && s != LOG_MAIN)
		buf_add(aside, b.p, b.len);
	else if (memory)
		append(s, b.p, b.len);
	else if (write(STDERR_FILENO, b.p, b.len) < 0)
		errno = 0;
}

static void stamp(char *dst, size_t cap)
{
	char utc[32];

	clock_utc(time(NULL), utc, sizeof utc);
	if (*log_phase_now())
		snprintf(dst, cap, "%s [%s] ", utc, log_phase_now());
	else
		snprintf(dst, cap, "%s ", utc);
}

static size_t format(char *dst, size_t cap, const char *fmt, va_list ap)
{
	int n = vsnprintf(dst, cap, fmt, ap);

	return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

/* Masked; a phase's number goes before what it says. */
static void say(void (*on)(const struct said *s), struct said *s)
{
	char masked[LINE_BYTES], lead[16] = "";
	const char *phase = log_phase_now();
	struct buf m = BUF_OF(masked);

	mask_add(&m, s->text, s->len);
	if (!s->lead && *phase >= '1' && *phase <= '8')
		snprintf(lead, sizeof lead, "[%c/8] ", *phase);
	if (!s->lead)
		s->lead = lead;
	s->text = masked;
	s->len = m.len;
	on(s);
}

__attribute__((format(printf, 2, 0))) static void line(bool aloud, const char *fmt, va_list ap)
{
	char text[LINE_BYTES], lead[128];
	size_t n = format(text, sizeof text, fmt, ap);

	if (aloud)
		say(console_say, &(struct said){.text = text, .len = n});
	if (aloud && !memory)
		return;
	stamp(lead, sizeof lead);
	put_text(LOG_MAIN, lead, text, n);
}

void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(false, fmt, ap);
	va_end(ap);
}

void log_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(true, fmt, ap);
	va_end(ap);
}

void log_aside(struct buf *b)
{
	aside = b;
}

void log_put_aside(enum log_stream s, const struct buf *b)
{
	if (memory)
		append(s, b->p, b->len);
	if (b->cut)
		log_put(s, "[no more: the limit of this section is reached]");
}

void log_show(enum tone tone, const char *lead, const char *fmt, ...)
{
	char text[LINE_BYTES];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = format(text, sizeof text, fmt, ap);
	va_end(ap);
	say(console_say, &(struct said){tone, lead, text, n});
}

void log_show_steady(const char *fmt, ...)
{
	char text[LINE_BYTES];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = format(text, sizeof text, fmt, ap);
	va_end(ap);
	say(console_say_steady, &(struct said){TONE_PLAIN, "", text, n});
}

void log_box(enum tone tone, const char *text)
{
	char masked[LINE_BYTES];
	struct buf m = BUF_OF(masked);

	mask_add(&m, text, strlen(text));
	console_box(tone, masked);
}

void log_put(enum log_stream s, const char *fmt, ...)
{
	char text[LINE_BYTES];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = format(text, sizeof text, fmt, ap);
	va_end(ap);
	put_text(s, "", text, n);
}

/* Put the first len bytes of pending down, keep the rest. */
static void put_pending(char *pending, size_t *n, size_t len)
{
	if (len)
		put_text(LOG_MAIN, "  | ", pending, len);
	memmove(pending, pending + len, *n - len);
	*n -= len;
}

/* A line that is not whole yet waits for its rest, so that a secret in it is seen in one piece. */
void log_output(const char *name, const char *data, size_t len)
{
	static char pending[1024];
	static size_t n;

	(void)name;
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' || data[i] == '\r') {
			put_pending(pending, &n, n);
			continue;
		}
		if (n == sizeof pending)
			put_pending(pending, &n, mask_cut(pending, n));
		pending[n++] = data[i];
	}
	if (!len)
		put_pending(pending, &n, n);
}

void log_phase(const char *phase)
{
	if (memory)
		str_copy(memory->phase, sizeof memory->phase, phase);
}

void log_phase_here(const char *phase)
{
	str_copy(here, sizeof here, phase);
}

const char *log_phase_now(void)
{
	if (here[0])
		return here;
	return memory ? memory->phase : "";
}

void log_view(enum log_stream s, const char **data, size_t *len)
{
	*data = memory ? memory->bytes + memory->streams[s].at : "";
	*len = memory ? __atomic_load_n(&memory->streams[s].len, __ATOMIC_ACQUIRE) : 0;
}

void log_secret(const char *secret)
{
	mask_secret(secret);
}

void log_secrets_wipe(void)
{
	mask_wipe();
}
