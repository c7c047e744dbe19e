#include "base/uevent.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *uevent_suite(void);

static char data[UEVENT_CAP];

static bool parse(const char *text, size_t len, struct uevent *e)
{
	memcpy(data, text, len);
	memset(data + len, 'x', sizeof data - len);
	return uevent_parse(data, len, e);
}

START_TEST(kernel_event_gives_its_fields)
{
	static const char text[] = "add@/devices/pci0/block/sda/sda1\0ACTION=add\0SUBSYSTEM=block\0"
				   "DEVNAME=sda1\0DEVTYPE=partition\0SEQNUM=7\0MODALIAS=";
	struct uevent e;

	ck_assert(parse(text, sizeof text, &e));
	ck_assert_str_eq(e.action, "add");
	ck_assert_str_eq(e.subsystem, "block");
	ck_assert_str_eq(e.devname, "sda1");
	ck_assert_str_eq(e.modalias, "");
}
END_TEST

START_TEST(uevent_file_of_a_device_is_understood)
{
	static const char text[] = "DRIVER=x\nPCI_ID=1AF4:1001\nMODALIAS=pci:v00001AF4d00001001\n";
	struct uevent e;

	ck_assert(parse(text, sizeof text - 1, &e));
	ck_assert_str_eq(e.modalias, "pci:v00001AF4d00001001");
}
END_TEST

START_TEST(message_without_a_last_nul_ends_where_it_ends)
{
	struct uevent e;

	ck_assert(parse("add@/x\0DEVNAME=sda", 18, &e));
	ck_assert_str_eq(e.devname, "sda");
}
END_TEST

START_TEST(hostile_messages_are_refused_or_empty)
{
	struct uevent e;

	ck_assert(!parse("", 0, &e));
	ck_assert(!parse("\0\0\0\0", 4, &e));
	ck_assert(!parse("libudev without fields", 22, &e));
	ck_assert(parse("=\0=\0==", 6, &e));
	ck_assert_str_eq(e.action, "");
	memset(data, 'a', sizeof data);
	ck_assert(!uevent_parse(data, sizeof data - 1, &e));
}
END_TEST

START_TEST(waiting_ends_at_the_deadline_or_when_told_to_stop)
{
	int stop[2], fd = uevent_open();
	struct uevent e;

	ck_assert_int_ge(fd, 0);
	/* whatever this machine's devices say meanwhile: it comes to an end */
	while (uevent_next(fd, -1, deadline_in_ms(1), data, &e))
		;
	ck_assert_int_eq(pipe(stop), 0);
	close(stop[1]);
	while (uevent_next(fd, stop[0], DEADLINE_NEVER, data, &e))
		;
	close(stop[0]);
	close(fd);
}
END_TEST

START_TEST(another_program_is_not_the_kernel)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof own;
	int fd = uevent_open(), other = uevent_open();
	struct uevent e;

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &size), 0);
	if (sendto(other, "add@/x\0ACTION=add", 18, 0, (struct sockaddr *)&own, size) > 0)
		ck_assert_int_eq(uevent_next(fd, -1, deadline_in_ms(50), data, &e), 0);
	close(fd);
	close(other);
}
END_TEST

Suite *uevent_suite(void)
{
	Suite *s = suite_create("uevent");
	TCase *t = tcase_create("uevent");

	tcase_add_test(t, kernel_event_gives_its_fields);
	tcase_add_test(t, uevent_file_of_a_device_is_understood);
	tcase_add_test(t, message_without_a_last_nul_ends_where_it_ends);
	tcase_add_test(t, hostile_messages_are_refused_or_empty);
	tcase_add_test(t, waiting_ends_at_the_deadline_or_when_told_to_stop);
	tcase_add_test(t, another_program_is_not_the_kernel);
	suite_add_tcase(s, t);
	return s;
}
