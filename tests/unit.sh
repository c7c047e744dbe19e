#!/bin/sh
# Print the C program that runs the suites named as arguments and closes with "N passed, N failed".
set -eu

echo '#include <check.h>'
echo '#include <stdio.h>'
for suite; do echo "Suite *$suite(void);"; done
cat <<'END'
int main(void)
{
	SRunner *r = srunner_create(NULL);
	int run, failed;

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
