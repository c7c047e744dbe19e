/* options: command line, configuration file and rd.recovery.* kernel parameters; pure parsers.
 *
 * Command line beats kernel line beats file beats default: apply them in the other order, then
 * options_settle. `reset = no` beats all. Malformed never means more than asked (DESIGN.md).
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "phases/context.h"

enum boot_mode { BOOT_OFF, BOOT_RUN, BOOT_DIAGNOSE, BOOT_ROLLBACK };
enum after { AFTER_BOOT, AFTER_REBOOT, AFTER_POWEROFF, AFTER_SHELL };
enum command {
	COMMAND_NONE,
	COMMAND_RUN,
	COMMAND_DIAGNOSE,
	COMMAND_ROLLBACK,
	COMMAND_CAPTURE,
	COMMAND_HASH,
	COMMAND_PASSWORD,
	COMMAND_STATUS,
	COMMAND_VERIFY,
	COMMAND_REPORT,
	COMMAND_BOOT,
	COMMAND_HELP,
	COMMAND_VERSION
};

#define OPTIONS_PROBLEMS 12

struct options {
	enum command command;
	struct settings set; /* what phases read */
	enum boot_mode mode; /* from rd.recovery= */
	enum after after;
	char log_path[256]; /* rd.recovery.log= */
	char report[512];   /* rd.recovery.report=, an URL that http_url takes */
	char report_ca[256];
	long hold;	    /* seconds */
	char root[256], boot[256], config[256], output[256], run_name[64], stage[16];
	char **argv; /* as given: the next init's */
	bool json, forget, deep, list;
	bool doubt; /* what is mounted may be another system than was meant: it is only looked at */
	bool bare; /* in the self-contained initramfs: no shell, and without root nothing to go on to */
	char mistaken[128];		       /* what stood where a password mode belongs: it may be one */
	bool keep;			      /* something malformed: no password is touched */
	bool cut;			      /* a kernel word was too long to be read whole */
	char problems[OPTIONS_PROBLEMS][320]; /* malformed words, named; what was done instead */
	unsigned nproblems;
};

void options_default(struct options *o);
/* A configuration file's text. 0, or -1 with problems filled (name and line in each). */
int options_file(struct options *o, const char *name, const char *text, size_t len);
/* rd.recovery words of a kernel command line. Never fails: problems are listed. */
void options_kernel(struct options *o, const char *line, size_t len);
/* argv of a command. 0, or -1: usage error, problems filled. */
int options_arguments(struct options *o, int argc, char **argv);
/* After the last source. 0, or -1: they do not fit together (problems filled, and no password will
 * be touched). */
int options_settle(struct options *o);
/* The whole of --help. */
const char *options_help(void);

#endif
