/* argv: words parted by newlines. Malformed is refused, and what a refused line leaves behind
 * resets no password by itself. */
#include "fuzz.h"

#include "options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options o;
	struct fuzz_part in = {(const char *)data, size};
	static char words[12][400];
	char *argv[14] = {(char *)"rd-recovery"};
	bool generate = false;
	int argc = 1, rc;

	for (; in.len && argc < 13; argc++) {
		fuzz_word(&in, '\n', words[argc - 1], sizeof words[0]);
		argv[argc] = words[argc - 1];
		generate |= strstr(argv[argc], "generate") != NULL;
	}
	options_default(&o);
	rc = options_arguments(&o, argc, argv);
	CLAIM(rc == 0 || (rc == -1 && o.nproblems));
	if (rc == 0) {
		CLAIM(o.command != COMMAND_NONE && !o.nproblems && !o.keep);
		CLAIM(o.set.password != PASSWORD_GENERATE || generate);
		CLAIM(o.set.password != PASSWORD_FILE || *o.set.password_file);
		CLAIM(o.command == COMMAND_RUN || (o.set.password == PASSWORD_AUTO && !*o.boot) ||
		      o.command == COMMAND_STATUS || o.command == COMMAND_HELP);
		CLAIM(*o.root && (o.command != COMMAND_CAPTURE || *o.output));
		CLAIM(o.set.timeout >= 1 && o.set.build_timeout >= 1);
	}
	CLAIM(!options_settle(&o) || o.set.password == PASSWORD_KEEP);
	return 0;
}
