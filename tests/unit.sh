#!/bin/sh
# Print the C program that runs the suites named as arguments and closes with "N passed, N failed".
set -eu

echo '#include <check.h>'
echo '#include <stdio.h>'
echo '#include <stdlib.h>'
for suite; do echo "Suite *$suite(void);"; done
cat <<'END'
int main(void)
{
	SRunner *r = srunner_create(NULL);
	int run, failed;

	/* the sanitizers and a busy machine are slow; a hang is still seen */
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
END
for suite; do echo "	srunner_add_suite(r, $suite());"; done
cat <<'END'
	srunner_run_all(r, CK_NORMAL);
	run = srunner_ntests_run(r);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	printf("%d passed, %d failed\n", run - failed, failed);
	return failed || !run;
}
END
