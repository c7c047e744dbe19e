#include "run/root.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/cmdline.h"
#include "base/device.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define USUAL_SECONDS 30 /* as initramfs-tools waits */
#define MOST_SECONDS 600

/* --- words */

static void take(char *dst, size_t cap, const char *value)
{
	if (!str_copy(dst, cap, value))
		dst[0] = '\0';
}

static void take_seconds(const char *word, const char *key, long *dst)
{
	long n;

	if (!str_starts(word, key))
		return;
	if (str_number(word + strlen(key), 1, LONG_MAX, &n))
		n = 0;
	*dst = n < MOST_SECONDS ? n : MOST_SECONDS;
}

static void take_word(void *arg, char *word, bool cut)
{
	struct root_words *w = arg;
	const struct {
		char key[12];
		char *dst;
		size_t cap;
	} texts[] = {{"root=", w->source, sizeof w->source},
		     {"rootfstype=", w->type, sizeof w->type},
		     {"rootflags=", w->flags, sizeof w->flags},
		     {"init=", w->init, sizeof w->init}};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (str_starts(word, texts[i].key))
			take(texts[i].dst, texts[i].cap, cut ? "" : word + strlen(texts[i].key));
	if (!strcmp(word, "ro") || !strcmp(word, "rw"))
		w->writable = word[1] == 'w';
	w->wait = w->wait || !strcmp(word, "rootwait");
	w->noresume = w->noresume || !strcmp(word, "noresume");
	take_seconds(word, "rootdelay=", &w->delay);
	take_seconds(word, "rootwait=", &w->wait_seconds);
}

void root_words(struct root_words *w, const char *line, size_t len)
{
	memset(w, 0, sizeof *w);
	cmdline_each(line, len, take_word, w);
}

long root_patience(const struct root_words *w)
{
	long most = w->wait ? MOST_SECONDS : USUAL_SECONDS;

	if (w->delay > most)
		most = w->delay;
	return w->wait_seconds > most ? w->wait_seconds : most;
}

bool root_can_appear(const char *source)
{
	unsigned major, minor;
	static const char never[][13] = {"/dev/mapper/", "/dev/dm-", "/dev/md", "/dev/disk/"};
	static const char known[][24] = {"/dev/disk/by-uuid/",
					 "/dev/disk/by-label/",
					 "/dev/disk/by-partuuid/",
					 "/dev/disk/by-partlabel/",
					 "UUID=",
					 "LABEL=",
					 "PARTUUID=",
					 "PARTLABEL="};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_starts(source, known[i]))
			return !strstr(source, "/PARTNROFF="); /* so many partitions on */
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (str_starts(source, never[i]))
			return false;
	return str_starts(source, "/dev/") || device_number(source, &major, &minor);
}

/* --- choice */

/* Is a to be taken before b? What speaks for it goes to why. */
static bool is_better(const struct root_system *a, const struct root_system *b, const char **why)
{
	if (a->fstab != b->fstab) {
		*why = "its own fstab says that it is /";
		return a->fstab > b->fstab;
	}
	if (a->has_init != b->has_init) {
		*why = "it has an init";
		return a->has_init;
	}
	if (a->preset != b->preset && !strcmp(a->device, b->device)) {
		*why = "it is the default subvolume";
		return a->preset;
	}
	*why = NULL;
	return a->used > b->used;
}

/* The best but one. */
static int best_of(const struct root_system *list, unsigned n, int but)
{
	const char *why;
	int best = -1;

	for (int i = 0; i < (int)n; i++)
		if (i != but && list[i].fstab >= 0 &&
		    (best < 0 || is_better(&list[i], &list[best], &why)))
			best = i;
	return best;
}

int root_choose(const struct root_system *list, unsigned n, char *why, size_t cap)
{
	int best = best_of(list, n, -1), second = best_of(list, n, best);
	const char *reason = NULL;
	char stamp[24];

	if (best < 0)
		return -1;
	if (second < 0)
		str_copy(why, cap, "the only system that can be meant");
	else if (is_better(&list[best], &list[second], &reason), reason)
		snprintf(why, cap, "of %u systems, %s", n, reason);
	else
		snprintf(why, cap, "of %u systems the one last used, %s", n,
			 clock_utc((time_t)list[best].used, stamp, sizeof stamp));
	return best;
}
