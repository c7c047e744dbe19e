#include "base/lines.h"

#include "spliced.h"

#include "tree.h"

#include <errno.h>

Suite *lines_suite(void);

/* Every line of text, put together again, with its newline where it had one. */
static void check_whole(const char *text, size_t len)
{
	char *again = calloc(1, len + 1);
	int fd = spliced_fd(text, len);
	struct lines l;
	size_t n = 0;

	lines_start(&l, fd);
	while (lines_next(&l)) {
		ck_assert(!l.cut);
		ck_assert_int_eq(l.at, (off_t)n);
		memcpy(again + n, l.line, l.len);
		n += l.len;
		if (l.ended)
			again[n++] = '\n';
		ck_assert_int_eq(l.end, (off_t)n);
	}
	ck_assert_int_eq(l.error, 0);
	ck_assert_uint_eq(n, len);
	ck_assert(!memcmp(again, text, len));
	lines_close(&l);
	close(fd);
	free(again);
}

START_TEST(every_byte_is_handed_out_once)
{
	static char big[5 * LINES_CAP];

	check_whole("", 0);
	check_whole("\n", 1);
	check_whole("a\r\n\n\0b:\n+:::\nend", 16);
	for (size_t step = 1; step < 300; step += 37) {
		memset(big, 'x', sizeof big);
		for (size_t i = step; i < sizeof big; i += step)
			big[i] = '\n';
		check_whole(big, sizeof big);
	}
	/* as long as the buffer, but for one byte */
	memset(big, 'x', sizeof big);
	for (size_t i = 1; i <= 5; i++)
		big[i * (LINES_CAP - 1)] = '\n';
	check_whole(big, 5 * (LINES_CAP - 1) + 1);
}
END_TEST

START_TEST(a_line_longer_than_the_buffer_is_cut_and_the_next_is_whole)
{
	static char big[3 * LINES_CAP];
	size_t len = sizeof big;
	struct lines l;
	int fd;

	memset(big, 'x', sizeof big);
	memcpy(big, "one\n", 4);
	memcpy(big + len - 6, "\nlast\n", 6);
	fd = spliced_fd(big, len);
	lines_start(&l, fd);
	ck_assert(lines_next(&l) && !l.cut && l.number == 1);
	ck_assert(lines_next(&l) && l.cut && l.number == 2 && l.at == 4 && l.len == LINES_CAP);
	ck_assert(lines_next(&l) && !l.cut && l.number == 3);
	ck_assert(l.len == 4 && !memcmp(l.line, "last", 4) && l.at == (off_t)len - 5);
	ck_assert(!lines_next(&l) && !l.error);
	ck_assert_int_eq(l.read, (off_t)len);
	lines_close(&l);
	close(fd);
	/* and one that the file ends in */
	fd = spliced_fd(big, len - 6);
	lines_start(&l, fd);
	ck_assert(lines_next(&l));
	ck_assert(lines_next(&l) && l.cut && !l.ended);
	ck_assert(!lines_next(&l) && !l.error);
	lines_close(&l);
	close(fd);
}
END_TEST

START_TEST(what_is_no_file_or_too_large_is_not_read)
{
	char root[64], path[100];
	int fd = tree_make(root);
	struct lines l;

	ck_assert_int_eq(lines_open(&l, fd, "/none"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(mkdirat(fd, "dir", 0755), 0);
	ck_assert_int_eq(lines_open(&l, fd, "/dir"), -1);
	ck_assert_int_eq(errno, EINVAL);
	snprintf(path, sizeof path, "%s/fifo", root);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(lines_open(&l, fd, "/fifo"), -1);
	tree_put(root, "/giant", "", 0);
	snprintf(path, sizeof path, "%s/giant", root);
	ck_assert_int_eq(truncate(path, 10L << 30), 0);
	ck_assert_int_eq(lines_open(&l, fd, "/giant"), -1);
	ck_assert_int_eq(errno, EFBIG);
	tree_remove(fd, root);
}
END_TEST

START_TEST(nothing_that_was_read_stays_in_memory)
{
	int fd = spliced_fd("argo:$6$secret\n", 15);
	struct lines l;

	lines_start(&l, fd);
	ck_assert(lines_next(&l));
	lines_close(&l);
	ck_assert_ptr_null(memmem(&l, sizeof l, "secret", 6));
	close(fd);
}
END_TEST

Suite *lines_suite(void)
{
	Suite *s = suite_create("lines");
	TCase *c = tcase_create("lines");

	tcase_add_test(c, every_byte_is_handed_out_once);
	tcase_add_test(c, a_line_longer_than_the_buffer_is_cut_and_the_next_is_whole);
	tcase_add_test(c, what_is_no_file_or_too_large_is_not_read);
	tcase_add_test(c, nothing_that_was_read_stays_in_memory);
	suite_add_tcase(s, c);
	return s;
}
