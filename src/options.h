/* options: command line, configuration file and rd.recovery.* kernel parameters; pure parsers.
 *
 * Command line beats kernel line beats file beats default; `reset = no` beats all. Malformed never means more than asked (DESIGN.md).
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "phases/context.h"

enum boot_mode { BOOT_OFF, BOOT_RUN, BOOT_DIAGNOSE, BOOT_ROLLBACK };
enum after { AFTER_BOOT, AFTER_REBOOT, AFTER_POWEROFF, AFTER_SHELL };
enum command { COMMAND_NONE, COMMAND_RUN, COMMAND_DIAGNOSE, COMMAND_ROLLBACK, COMMAND_CAPTURE, COMMAND_HASH, COMMAND_BOOT, COMMAND_HELP, COMMAND_VERSION };

struct options {
	enum command command;
	struct settings set;    /* what phases read */
	enum boot_mode mode;    /* from rd.recovery= */
	enum after after;
	char log_path[256];     /* rd.recovery.log= */
	long hold;              /* seconds */
	char root[256], boot[256], config[256], output[256], rollback_run[64], stage[16];
	bool root_given, json, forget;
	char problems[8][160];  /* malformed words, named; what was done instead */
	unsigned nproblems;
};

void options_default(struct options *o);
/* rd.recovery words of a kernel command line. Never fails: problems are listed. */
void options_kernel(struct options *o, const char *line, size_t len);
/* A configuration file's text. 0, or -1 with problems filled (line named). */
int options_file(struct options *o, const char *name, const char *text, size_t len);
/* argv of a command. 0, or -1: usage error, problems filled. */
int options_arguments(struct options *o, int argc, char **argv);

#endif
