#include "target/capture.h"

#include "base/buf.h"
#include "base/console.h"
#include "run/commands.h"
#include "run/health.h"
#include "run/supervisor.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct taking {
	const char *root;
	char output[256];
	int files;
	struct buf why;
	char text[2048];
};

static int take(void *arg)
{
	struct taking *k = arg;
	struct target t = {0};
	char said[320];

	if (target_open(&t, k->root)) {
		buf_addf(&k->why, "no usable target: %s\n", strerror(errno));
		return EINVAL;
	}
	health_look(&t, &k->why);
	if (!k->why.len) {
		k->files = capture_make(&t, k->output, said, sizeof said);
		if (k->files < 0)
			buf_addf(&k->why, "%s\n", said);
	}
	target_close(&t);
	return k->why.len ? EINVAL : 0;
}

int command_capture(struct options *o)
{
	struct taking *k = supervisor_shared(sizeof *k);
	char why[320] = "", here[PATH_MAX] = "";

	if (supervisor_begin(k))
		return 3;
	console_to(CONSOLE_ERROR);
	k->root = o->root;
	k->why = BUF_OF(k->text);
	if (o->output[0] != '/' && !getcwd(here, sizeof here))
		return 3;
	if (snprintf(k->output, sizeof k->output, "%s%s%s", here, *here ? "/" : "", o->output) >=
	    (int)sizeof k->output)
		return 2;
	if (supervisor_operation(&(struct operation){"capture", take, k, o->set.timeout}, why,
				 sizeof why)) {
		fprintf(stderr, "%srd-recovery: %s: %s\n", k->why.len ? k->text : why, k->output,
			access(k->output, F_OK) ? "nothing was captured"
						: "the older capture was kept");
		return 1;
	}
	printf("%d files captured\n", k->files);
	return 0;
}
