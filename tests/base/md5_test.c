#include "base/md5.h"

#include <bearssl_hash.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *md5_suite(void);

#define LONGEST 5000

/* A message, whole with its padding, and how much of it a lane has had. */
struct message {
	size_t len, blocks, at;
	unsigned char bytes[LONGEST + MD5_PAD];
};

static struct message *messages;
static unsigned nmessages;

static void setup(void)
{
	messages = calloc(400, sizeof *messages);
	ck_assert_ptr_nonnull(messages);
	nmessages = 0;
}

static void teardown(void)
{
	free(messages);
}

static void add(const void *bytes, size_t len)
{
	struct message *x = &messages[nmessages++];

	memcpy(x->bytes, bytes, len);
	x->len = len;
	x->blocks = len + md5_pad(x->bytes + len, len);
	ck_assert_uint_eq(x->blocks % MD5_BLOCK, 0);
	x->blocks /= MD5_BLOCK;
}

/* Of each length up to so many bytes, and some more. */
static void add_lengths(size_t most)
{
	static unsigned char bytes[LONGEST];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * i >> 3 ^ i);
	for (size_t n = 0; n <= most; n++)
		add(bytes + n % 7, n);
	add(bytes, LONGEST);
	add(bytes, 4096);
	add(bytes + 1, 4095);
}

static void check_sum(const struct message *x, const unsigned char *sum)
{
	unsigned char want[MD5_RAW];
	br_md5_context c;

	br_md5_init(&c);
	br_md5_update(&c, x->bytes, x->len);
	br_md5_out(&c, want);
	ck_assert_mem_eq(sum, want, sizeof want);
}

/* Every message through the lanes, at most so many blocks at a time; a lane takes the next one as
 * soon as its own has ended. */
static void run(size_t most)
{
	struct message *in[MD5_LANES] = {0};
	const unsigned char *data[MD5_LANES];
	unsigned next = 0, ended = 0;
	struct md5 m;

	while (ended < nmessages) {
		size_t blocks = most;

		for (unsigned l = 0; l < MD5_LANES; l++) {
			if (!in[l] && next < nmessages) {
				in[l] = &messages[next++];
				md5_start(&m, l);
			}
			data[l] = in[l] ? in[l]->bytes + in[l]->at * MD5_BLOCK : messages[0].bytes;
			if (in[l] && in[l]->blocks - in[l]->at < blocks)
				blocks = in[l]->blocks - in[l]->at;
		}
		md5_blocks(&m, data, blocks);
		for (unsigned l = 0; l < MD5_LANES; l++) {
			unsigned char sum[MD5_RAW];

			if (!in[l] || (in[l]->at += blocks) < in[l]->blocks)
				continue;
			md5_out(&m, l, sum);
			check_sum(in[l], sum);
			in[l] = NULL;
			ended++;
		}
	}
}

/* RFC 1321, A.5. */
static const struct {
	const char *text, *sum;
} known[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e"},
    {"a", "0cc175b9c0f1b6a831c399e269772661"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
     "d174ab98d277d9f5a5611c2c9f419d9f"},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a"},
};

START_TEST(each_lane_knows_the_answers_of_the_specification)
{
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		for (unsigned lane = 0; lane < MD5_LANES; lane++) {
			unsigned char bytes[4 * MD5_BLOCK], other[4 * MD5_BLOCK] = {1},
								      sum[MD5_RAW];
			const unsigned char *data[MD5_LANES];
			char hex[2 * MD5_RAW + 1];
			size_t n = strlen(known[i].text);
			struct md5 m;

			memcpy(bytes, known[i].text, n);
			n += md5_pad(bytes + n, n);
			for (unsigned l = 0; l < MD5_LANES; l++)
				data[l] = l == lane ? bytes : other;
			md5_start(&m, lane);
			md5_blocks(&m, data, n / MD5_BLOCK);
			md5_out(&m, lane, sum);
			for (unsigned b = 0; b < MD5_RAW; b++)
				sprintf(hex + 2 * b, "%02x", sum[b]);
			ck_assert_str_eq(hex, known[i].sum);
		}
}
END_TEST

/* Every padding there is, by BearSSL's answer. */
START_TEST(messages_fed_whole_and_by_the_block_are_what_bearssl_says)
{
	add_lengths(300);
	run(SIZE_MAX);
	for (unsigned i = 0; i < nmessages; i++)
		messages[i].at = 0;
	run(1);
}
END_TEST

START_TEST(messages_split_anywhere_are_what_bearssl_says)
{
	add_lengths(130);
	for (size_t most = 2; most < 12; most++) {
		run(most);
		for (unsigned i = 0; i < nmessages; i++)
			messages[i].at = 0;
	}
}
END_TEST

/* The count of bits is one of 64. */
START_TEST(the_length_of_a_large_message_is_whole)
{
	unsigned char pad[MD5_PAD];

	ck_assert_uint_eq(md5_pad(pad, 0x123456789abcdefull), 9 + 8);
	ck_assert_mem_eq(pad, "\x80\0\0\0\0\0\0\0\0\x78\x6f\x5e\x4d\x3c\x2b\x1a\x09", 17);
}
END_TEST

Suite *md5_suite(void)
{
	Suite *s = suite_create("md5");
	TCase *c = tcase_create("md5");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, each_lane_knows_the_answers_of_the_specification);
	tcase_add_test(c, messages_fed_whole_and_by_the_block_are_what_bearssl_says);
	tcase_add_test(c, messages_split_anywhere_are_what_bearssl_says);
	tcase_add_test(c, the_length_of_a_large_message_is_whole);
	suite_add_tcase(s, c);
	return s;
}
