#include "states.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEARS 6

struct plan {
	unsigned char *keep;
	int torn, tear; /* write and way, or -1 */
};

static const struct epoch *epoch_of(const struct states *s)
{
	return s->log->epochs + s->epoch;
}

static unsigned count(const struct states *s)
{
	return epoch_of(s)->end - epoch_of(s)->first;
}

static const struct write *write_of(const struct states *s, unsigned i)
{
	return s->log->writes + epoch_of(s)->first + i;
}

/* xorshift64: the same states in every run. */
static uint64_t draw(struct states *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random;
}

/* --- which writes */

static bool plan_few(struct states *s, unsigned step, struct plan *p)
{
	unsigned n = count(s);

	if (step >> n)
		return false;
	for (unsigned i = 0; i < n; i++)
		p->keep[i] = step >> i & 1;
	snprintf(s->what, sizeof s->what, "subset %x of %u", step, n);
	return true;
}

static bool plan_many(struct states *s, unsigned step, struct plan *p)
{
	unsigned n = count(s), kind = step / (n + 1), which = step % (n + 1);
	static const char *const kinds[] = {"the first", "only number", "all but number"};

	if (kind >= 3) {
		if (step - 3 * (n + 1) >= s->randoms)
			return false;
		for (unsigned i = 0; i < n; i++)
			p->keep[i] = draw(s) >> 32 & 1;
		snprintf(s->what, sizeof s->what, "at random %u of %u", step - 3 * (n + 1), n);
		return true;
	}
	for (unsigned i = 0; i < n; i++)
		p->keep[i] = kind == 0 ? i < which : kind == 1 ? i == which : i != which;
	snprintf(s->what, sizeof s->what, "%s %u of %u", kinds[kind], which, n);
	return true;
}

static bool is_whole(const struct states *s, const struct write *w)
{
	return w->len <= SECTOR || (w->at < s->whole_at + s->whole && w->at + w->len > s->whole_at);
}

/* The step-th torn write; all before it are there. */
static bool plan_torn(struct states *s, unsigned step, struct plan *p)
{
	unsigned i = step / TEARS, n = count(s);

	if (i >= n)
		return false;
	memset(p->keep, 0, n);
	memset(p->keep, 1, i);
	if (!is_whole(s, write_of(s, i))) {
		p->torn = (int)i;
		p->tear = (int)(step % TEARS);
	}
	snprintf(s->what, sizeof s->what, "torn %u of %u, %u", i, n, step % TEARS);
	return true;
}

static bool plan_step(struct states *s, struct plan *p)
{
	unsigned n = count(s), whole = n <= s->few ? 1u << n : 3 * (n + 1) + s->randoms;

	p->torn = p->tear = -1;
	if (s->step >= whole)
		return plan_torn(s, s->step - whole, p);
	return n <= s->few ? plan_few(s, s->step, p) : plan_many(s, s->step, p);
}

/* Does sector i of n survive? */
static bool survives(struct states *s, int tear, size_t i, size_t n)
{
	switch (tear) {
	case 0:
		return i == 0;
	case 1:
		return i != 0;
	case 2:
		return i < n / 2;
	case 3:
		return i >= n / 2;
	case 4:
		return i != n - 1;
	default:
		return draw(s) >> 32 & 1;
	}
}

/* --- the image */

static void put(struct states *s, const struct write *w, int tear)
{
	size_t n = w->len / SECTOR;

	for (size_t i = 0; i < n; i++)
		if (tear < 0 || survives(s, tear, i, n))
			memcpy(s->disk + w->at + i * SECTOR, w->data + i * SECTOR, SECTOR);
}

static void lay(struct states *s, const struct plan *p)
{
	for (unsigned i = 0; i < count(s); i++)
		if (p->keep[i] || p->torn == (int)i)
			put(s, write_of(s, i), p->torn == (int)i ? p->tear : -1);
}

/* What is below the epoch's writes, kept (or put back, for the next state). */
static void keep_old(struct states *s, bool back)
{
	unsigned char *old = s->old;

	for (unsigned i = 0; i < count(s); i++) {
		const struct write *w = write_of(s, i);

		memcpy(back ? s->disk + w->at : old, back ? old : s->disk + w->at, w->len);
		old += w->len;
	}
}

static void end_epoch(struct states *s)
{
	keep_old(s, true);
	for (unsigned i = 0; i < count(s); i++)
		put(s, write_of(s, i), -1);
	s->step = 0;
	s->epoch++;
}

/* --- which states are one */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static uint64_t image_hash(const struct states *s)
{
	uint64_t sum = 0, word;

	for (unsigned i = 0; i < count(s); i++)
		for (size_t at = 0; at < write_of(s, i)->len; at += sizeof word) {
			memcpy(&word, s->disk + write_of(s, i)->at + at, sizeof word);
			sum = mix(sum, word);
		}
	return sum;
}

/* The epoch before ended in the state in which nothing of this one is there: hash it without
 * counting it. */
static bool is_new(struct states *s)
{
	uint64_t hash = image_hash(s);

	for (size_t i = 0; i < s->nseen; i++)
		if (s->seen[i] == hash)
			return false;
	if (s->nseen == s->cap) {
		uint64_t *more = realloc(s->seen, (2 * s->cap + 64) * sizeof *more);

		if (!more)
			return true;
		s->seen = more;
		s->cap = 2 * s->cap + 64;
	}
	s->seen[s->nseen++] = hash;
	return true;
}

/* Nothing of an epoch is all of the one before. */
static bool begin_epoch(struct states *s)
{
	size_t total = 1;

	for (unsigned i = 0; i < count(s); i++)
		total += write_of(s, i)->len;
	free(s->old);
	s->old = malloc(total);
	if (!s->old)
		return false;
	keep_old(s, false);
	s->nseen = 0;
	if (s->epoch > s->start)
		is_new(s);
	return true;
}

/* From the last write that is there to the next flush; when all are there, to the one behind it. */
static void range(struct states *s, const struct plan *p)
{
	unsigned n = count(s), last = n;
	bool all = true;

	for (unsigned i = 0; i < n; i++) {
		if (p->keep[i] || p->torn == (int)i)
			last = i;
		all = all && p->keep[i];
	}
	s->from = last < n ? write_of(s, last)->marks : s->epoch ? epoch_of(s)[-1].marks : 0;
	s->to = epoch_of(s)->marks;
	if (all && s->epoch + 1 < s->log->nepochs)
		s->to = epoch_of(s)[1].marks;
	s->told = s->from < s->to && (all || last == n);
}

static bool one(struct states *s, struct plan *p)
{
	bool fresh;

	if (s->step)
		keep_old(s, true);
	else if (!begin_epoch(s))
		return false;
	if (!plan_step(s, p)) {
		end_epoch(s);
		return false;
	}
	s->step++;
	lay(s, p);
	fresh = is_new(s);
	if (fresh)
		range(s, p);
	return fresh && s->to;
}

bool states_next(struct states *s)
{
	while (s->epoch < s->log->nepochs) {
		struct plan p = {.keep = calloc(count(s) + 1, 1)};
		bool found = p.keep && one(s, &p);

		free(p.keep);
		if (found)
			return true;
	}
	return false;
}

int states_open(struct states *s)
{
	s->random = 88172645463325252ULL;
	s->epoch = s->step = s->start = 0;
	while (s->epoch < s->log->nepochs && !epoch_of(s)->marks) {
		if (!begin_epoch(s))
			return -1;
		end_epoch(s);
	}
	s->start = s->epoch;
	errno = EINVAL;
	return s->epoch < s->log->nepochs ? 0 : -1;
}
