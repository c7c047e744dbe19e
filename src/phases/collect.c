#include "phases/collect.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

const struct collector collectors[] = {
    {"kernel", collect_kernel, 10, true, false},
    {"clock", collect_clock, 20, true, false},
    {"memory", collect_memory, 10, true, false},
    {"mounts", collect_mounts, 10, false, false},
    {"block devices", collect_blocks, 20, false, false},
    {"free space", collect_space, 20, true, true},
    {"system", collect_os, 20, false, true},
    {"accounts", collect_accounts, 30, false, true},
    {"environment files", collect_environment, 30, false, true},
    {"packages", collect_packages, 120, false, true},
    {"package manager's log", collect_package_log, 30, false, true},
    {"installed files", collect_files, COLLECT_FILES_SECONDS + 5, false, true},
    {"PAM", collect_pam, 30, false, true},
    {"libcrypt", collect_libcrypt, 120, false, true},
    {"init", collect_init, 20, false, true},
    {"logs about logins", collect_logs, 60, false, true},
    {"kernel messages", collect_dmesg, 10, true, false},
    {0},
};

#define SECTION_BYTES (3 << 20)

/* One of them; its child has nothing else in common with the others. */
struct one {
	const struct collector *what;
	struct collect c;
	struct buf *text; /* in memory shared with the child */
	struct child_result res;
};

static int run_one(void *arg)
{
	struct one *o = arg;

	log_aside(o->text);
	return o->what->run(&o->c);
}

/* What nobody writes to takes no memory. */
static struct buf *map_text(void)
{
	struct buf *b = mmap(NULL, sizeof *b + SECTION_BYTES, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (b == MAP_FAILED)
		return NULL;
	*b = (struct buf){.p = (char *)(b + 1), .cap = SECTION_BYTES};
	return b;
}

static int start(const struct context *c, struct one *o)
{
	struct child_spec spec = {.name = o->what->title,
				  .fn = run_one,
				  .arg = o,
				  .flags = CHILD_WORKER | CHILD_HOST_PID | CHILD_HOST_MNT,
				  .deadline = context_deadline(c, o->what->seconds)};

	o->text = map_text();
	if (o->text)
		return child_start(&spec, &o->res);
	snprintf(o->res.reason, sizeof o->res.reason, "%s", strerror(errno));
	o->res.end = CHILD_NOT_STARTED;
	return -1;
}

/* Its section in one piece, also of one that hung or crashed. True: it is whole. */
static bool finish(struct context *c, struct one *o, int handle)
{
	bool whole = child_end_now(handle) == 0;
	const char *why;

	log_put(o->c.to, "== %s", o->what->title);
	if (o->text) {
		log_put_aside(o->c.to, o->text);
		munmap(o->text, sizeof *o->text + SECTION_BYTES);
	}
	if (whole)
		return true;
	why = o->res.end == CHILD_EXITED ? strerror(o->res.status) : o->res.reason;
	log_put(o->c.to, "(not complete: %s)", why);
	report_failure(c->report, o->what->title, why, NULL);
	return false;
}

/* Side by side, each written down when it has ended: one that hangs or crashes takes nothing with
 * it and keeps nobody waiting but for its own time. */
unsigned collect_these(struct context *c, enum log_stream to, const struct collector *what)
{
	struct one list[CHILD_MOST] = {0};
	int handles[CHILD_MOST], i;
	unsigned n = 0, failed = 0;

	for (; what->title && n < CHILD_MOST; what++) {
		if (c->t->fd < 0 && what->target)
			continue;
		list[n] = (struct one){.what = what, .c = {c->t, to}};
		handles[n] = start(c, &list[n]);
		if (handles[n] < 0)
			failed += !finish(c, &list[n], -1);
		n++;
	}
	while ((i = child_first(handles, n)) >= 0) {
		failed += !finish(c, &list[i], handles[i]);
		handles[i] = -1;
	}
	return failed;
}

unsigned collect_all(struct context *c, enum log_stream to)
{
	return collect_these(c, to, collectors);
}

bool collect_section(const char *data, size_t len, const char *title, const char **start, size_t *n)
{
	const char *p = data, *end = data + len, *line, *here;
	bool inside = false;
	size_t k;

	for (here = p; line_next(&p, end, &line, &k); here = p) {
		bool is_title = k > 3 && !memcmp(line, "== ", 3);

		if (inside && is_title) {
			*n = (size_t)(here - *start);
			return true;
		}
		if (is_title && k - 3 == strlen(title) && !memcmp(line + 3, title, k - 3)) {
			inside = true;
			*start = p;
		}
	}
	if (inside)
		*n = (size_t)(end - *start);
	return inside;
}

static bool has_line(const char *p, size_t n, const char *wanted, size_t len)
{
	const char *end = p + n, *line;
	size_t k;

	while (line_next(&p, end, &line, &k))
		if (k == len && !memcmp(line, wanted, len))
			return true;
	return false;
}

/* Lines of a that b lacks. */
static void put_missing(enum log_stream to, const char *sign, const char *const text[2],
			const size_t len[2])
{
	const char *p = text[0], *line;
	size_t k;

	while (line_next(&p, text[0] + len[0], &line, &k))
		if (!has_line(text[1], len[1], line, k))
			log_put(to, "  %s %.*s", sign, (int)k, line);
}

unsigned collect_compare(enum log_stream before, enum log_stream after, enum log_stream to)
{
	const char *all[2], *text[2], *other[2];
	size_t bytes[2], len[2] = {0}, swapped[2];
	unsigned changed = 0;

	log_view(before, &all[0], &bytes[0]);
	log_view(after, &all[1], &bytes[1]);
	log_put(to, "== compared with before the run");
	for (const struct collector *w = collectors; w->title; w++) {
		if (w->moving || !collect_section(all[0], bytes[0], w->title, &text[0], &len[0]) ||
		    !collect_section(all[1], bytes[1], w->title, &text[1], &len[1]))
			continue;
		if (len[0] == len[1] && !memcmp(text[0], text[1], len[0])) {
			log_put(to, "%s: unchanged", w->title);
			continue;
		}
		changed++;
		log_put(to, "%s: changed (- before, + now)", w->title);
		put_missing(to, "-", text, len);
		other[0] = text[1];
		other[1] = text[0];
		swapped[0] = len[1];
		swapped[1] = len[0];
		put_missing(to, "+", other, swapped);
	}
	return changed;
}
