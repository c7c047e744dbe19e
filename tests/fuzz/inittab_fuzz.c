/* inittab(5): a terminal on the first line, then a file. After the edit somebody can log in there;
 * every other byte stays. */
#include "fuzz.h"

#include "target/inittab.h"

/* All bytes of was are in now, in order, but for a run that was taken out or put in. */
static bool differs_once(struct fuzz_part was, struct fuzz_part now)
{
	size_t head = 0, tail = 0, least = was.len < now.len ? was.len : now.len;

	while (head < least && was.p[head] == now.p[head])
		head++;
	while (tail < least - head && was.p[was.len - 1 - tail] == now.p[now.len - 1 - tail])
		tail++;
	return head + tail == least;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size}, head = fuzz_part(&in, '\n');
	struct inittab_new n = {.program = "/sbin/agetty"};
	char tty[16], *copy = fuzz_copy(in);
	size_t cap = in.len + 128;
	struct buf b = {.p = malloc(cap), .cap = cap};
	bool had;

	CLAIM(b.p);
	fuzz_word(&head, ' ', tty, sizeof tty);
	n.tty = tty;
	n.busybox = head.len;
	/* as getty_runs names it */
	if (strlen(tty) > 3 &&
	    !tty[strspn(tty, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")]) {
		had = inittab_getty(copy, in.len, tty);
		CLAIM(!inittab_add(copy, in.len, &n, &b));
		CLAIM(had || inittab_getty(b.p, b.len, tty));
		CLAIM(differs_once(in, (struct fuzz_part){b.p, b.len}));
	}
	free(copy);
	free(b.p);
	return 0;
}
