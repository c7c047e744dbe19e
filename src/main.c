#include "options.h"
#include "run/commands.h"
#include "run/supervisor.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static int print_help(struct options *o)
{
	(void)o;
	return fputs(options_help(), stdout) < 0 || fflush(stdout) ? 1 : 0;
}

static int print_version(struct options *o)
{
	(void)o;
	return puts("rd-recovery " VERSION) < 0 || fflush(stdout) ? 1 : 0;
}

static int (*const commands[])(struct options *o) = {
    [COMMAND_RUN] = command_run,	   [COMMAND_DIAGNOSE] = command_diagnose,
    [COMMAND_ROLLBACK] = command_rollback, [COMMAND_CAPTURE] = command_capture,
    [COMMAND_STATUS] = command_status,	   [COMMAND_HASH] = command_hash,
    [COMMAND_VERIFY] = command_verify,	   [COMMAND_REPORT] = command_report,
    [COMMAND_BOOT] = command_boot,	   [COMMAND_PASSWORD] = command_password,
    [COMMAND_HELP] = print_help,	   [COMMAND_VERSION] = print_version,
};

int main(int argc, char **argv)
{
	static struct options o;

	/* of a process that holds passwords no core is left, whatever core_pattern says; what it
	 * starts has its own word */
	prctl(PR_SET_DUMPABLE, 0);
	options_default(&o);
	o.argv = argv;
	if (argc == 4 && !strcmp(argv[1], "-q")) /* the kernel's: modprobe -q -- ALIAS */
		return command_module(argv[3]);
	if (command_is_init(argv))
		return command_init(&o);
	if (options_arguments(&o, argc, argv) == 0) {
		supervisor_to_memory(argv);
		if (o.command != COMMAND_RUN)
			return commands[o.command](&o);
		/* the file it names comes first, so that the arguments win when read again */
		if (command_configure(&o) == 0 && options_arguments(&o, argc, argv) == 0 &&
		    options_settle(&o) == 0)
			return command_run(&o);
	}
	for (unsigned i = 0; i < o.nproblems; i++)
		fprintf(stderr, "rd-recovery: %s\n", o.problems[i]);
	return 2;
}
