#include "target/getty.h"
#include "target/init_own.h"
#include "scratch.h"

Suite *getty_suite(void);

static void serial_is(const char *words, const char *want)
{
	char tty[32];

	getty_serial(words, strlen(words), "console=", tty);
	ck_assert_str_eq(tty, want);
}

START_TEST(getty_serial_console_is_the_only_one)
{
	char tty[32];

	serial_is("quiet console=ttyS0,115200n8", "ttyS0");
	serial_is("console=ttyS1 \"console=hvc0\"", "hvc0");
	serial_is("console=tty0 console=ttyS0", "");
	serial_is("console=ttyS0 console=tty1", "");
	serial_is("root=/dev/sda1 quiet", "");
	serial_is("console= console=ttynull console=uart8250,mmio32,0x1", "");
	serial_is("xconsole=ttyS0", "");
	getty_serial("tty0 ttyS0\n", 11, "", tty);
	ck_assert_str_eq(tty, "");
	getty_serial("ttyAMA0\n", 8, "", tty);
	ck_assert_str_eq(tty, "ttyAMA0");
}
END_TEST

/* A screen's getty is no login on a machine whose kernel line names a serial console alone. */
START_TEST(getty_belongs_where_the_kernel_line_says)
{
	char tty[32];

	put("/etc/inittab", "id:3:initdefault:\nc1:345:respawn:/sbin/agetty 38400 tty1\n");
	ck_assert(getty_runs(&t, &init_sysv, tty));
	ck_assert_str_eq(tty, "tty1");
	put("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"console=ttyS0,115200\"\n");
	ck_assert(!getty_runs(&t, &init_sysv, tty));
	ck_assert_str_eq(tty, "ttyS0");
	put("/sbin/agetty", "x");
	ck_assert_int_eq(init_sysv.getty_enable(&t, &j, tty), 0);
	ck_assert(getty_runs(&t, &init_sysv, tty));
}
END_TEST

Suite *getty_suite(void)
{
	Suite *s = suite_create("getty");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, scratch_open, scratch_close);
	tcase_add_test(c, getty_serial_console_is_the_only_one);
	tcase_add_test(c, getty_belongs_where_the_kernel_line_says);
	suite_add_tcase(s, c);
	return s;
}
