#include "target/ldso.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

Suite *ldso_suite(void);

START_TEST(program_of_this_machine_resolves)
{
	char why[200];
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_msg(ldso_resolves(fd, "/bin/ls", why, sizeof(why)) == 0, "%s", why);
	close(fd);
}
END_TEST

START_TEST(missing_program_is_named)
{
	char why[200];
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(ldso_resolves(fd, "/bin/no-such-program", why, sizeof(why)), -1);
	ck_assert_str_eq(why, "/bin/no-such-program is missing");
	close(fd);
}
END_TEST

Suite *ldso_suite(void)
{
	Suite *s = suite_create("ldso");
	TCase *c = tcase_create("all");

	tcase_add_test(c, program_of_this_machine_resolves);
	tcase_add_test(c, missing_program_is_named);
	suite_add_tcase(s, c);
	return s;
}
