/* What the kernel and kmod say of devices: a uevent, and the same bytes as modules.dep and
 * modules.alias (modules.dep(5)). */
#include "fuzz.h"

#include "base/module.h"
#include "base/uevent.h"

static void uevent(struct fuzz_part in)
{
	char *copy = malloc(in.len + 1);
	struct uevent e = {0};
	const char *const *texts[] = {&e.action, &e.subsystem, &e.devname, &e.modalias};

	CLAIM(copy);
	memcpy(copy, in.p, in.len);
	uevent_parse(copy, in.len, &e);
	for (int i = 0; i < 4; i++)
		CLAIM(!**texts[i] || (*texts[i] > copy && *texts[i] < copy + in.len));
	free(copy);
}

static void count(void *arg, const char *name)
{
	CLAIM(strlen(name) < MODULE_NAME);
	++*(unsigned *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size}, head = fuzz_part(&in, '\n');
	struct module_line l;
	char word[48], *name, *copy = fuzz_copy(in);
	unsigned n = 0;

	uevent((struct fuzz_part){(const char *)data, size});
	fuzz_word(&head, ' ', word, sizeof word);
	name = strdup(word); /* the byte behind its end is seen */
	CLAIM(name);
	if (module_find(copy, in.len, name, &l)) {
		CLAIM(l.path >= copy && l.path + l.len <= copy + in.len);
		CLAIM(l.needs >= copy && l.needs + l.nneeds <= copy + in.len);
	}
	CLAIM(module_each(copy, in.len, name, count, &n) == n);
	module_parameter(name, "ext4");
	free(name);
	free(copy);
	return 0;
}
