#include "target/userdb_own.h"

#include "target/accounts_text.h"
#include "target/shadow.h"

#include "../base/spliced.h"
#include "../base/tree.h"

Suite *userdb_suite(void);

#define HASH "$6$saltsalt$" /* and 86 letters */
#define LETTERS                                                                                    \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./abcdefghijklmnopqrstuv"

static const char sound[USERDB_KINDS][700] = {
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n# kept\n"
    "argo:x:1000:1000:,,,:/home/argo:/bin/bash\n+::::::\n",
    "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nargo:" HASH LETTERS
    ":20000:0:99999:7:::\n",
    "root:x:0:\nsudo:x:27:argo\nargo:x:1000:\n", "root:*::\nsudo:*::argo\nargo:!::\n"};

static void put(struct userdb_text *x, enum userdb_kind k, const char *data, size_t len)
{
	x->cap = len + 1;
	x->data = data ? shadow_memory(x->cap) : NULL;
	x->len = data ? len : 0;
	if (data)
		memcpy(x->data, data, len);
	ck_assert_int_eq(userdb_index(x, k), 0);
}

static struct userdb *make(const char *user, bool old)
{
	struct userdb *db = calloc(1, sizeof *db);

	db->user = user;
	for (unsigned k = 0; k < USERDB_KINDS; k++) {
		put(&db->now[k], k, sound[k], strlen(sound[k]));
		put(&db->old[k], k, old ? sound[k] : NULL, strlen(sound[k]));
	}
	return db;
}

static void change(struct userdb *db, enum userdb_kind k, const char *data, size_t len)
{
	shadow_memory_release(db->now[k].data, db->now[k].cap);
	put(&db->now[k], k, data, len);
}

static void drop(struct userdb *db)
{
	userdb_release(db);
	free(db);
}

static enum userdb_fault judge(const struct userdb *db, enum userdb_kind k)
{
	struct userdb_damage d;

	userdb_judge(db, k, &d);
	return d.fault;
}

/* What mending makes of data, as a string the caller frees. */
static char *mended(enum userdb_kind k, const char *data, bool old)
{
	struct userdb *db = make("argo", old);
	char *out;

	change(db, k, data, strlen(data));
	ck_assert_int_ne(judge(db, k), USERDB_SOUND);
	ck_assert_int_eq(userdb_mend(db, k), 0);
	out = strndup(db->now[k].data, db->now[k].len);
	drop(db);
	return out;
}

static void expect(enum userdb_kind k, const char *data, bool old, const char *want)
{
	char *out = mended(k, data, old);

	ck_assert_str_eq(out, want);
	free(out);
}

START_TEST(sound_files_have_no_fault)
{
	struct userdb *db = make("argo", false);

	for (unsigned k = 0; k < USERDB_KINDS; k++)
		ck_assert_int_eq(judge(db, k), USERDB_SOUND);
	/* what other systems have: no gshadow, NIS, short groups, no last newline */
	change(db, USERDB_GSHADOW, NULL, 0);
	ck_assert_int_eq(judge(db, USERDB_GSHADOW), USERDB_SOUND);
	change(db, USERDB_GROUP, "root:x:0\n+\n", 11);
	ck_assert_int_eq(judge(db, USERDB_GROUP), USERDB_SOUND);
	change(db, USERDB_GROUP, "root:x:0:", 9);
	ck_assert_int_eq(judge(db, USERDB_GROUP), USERDB_TAIL);
	drop(db);
}
END_TEST

START_TEST(a_lost_file_comes_back_from_the_older_one)
{
	for (unsigned k = 0; k < USERDB_GSHADOW; k++)
		if (k != USERDB_PASSWD)
			expect(k, "", true, sound[k]);
	/* comments are no accounts */
	expect(USERDB_PASSWD, "", true,
	       "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n"
	       "argo:x:1000:1000:,,,:/home/argo:/bin/bash\n");
}
END_TEST

START_TEST(a_missing_x_is_put_back_without_an_older_file)
{
	char *text = strdup(sound[USERDB_PASSWD]), *at = strstr(text, "argo:x:");

	memmove(at + 5, at + 7, strlen(at + 7) + 1); /* argo:1000:1000 */
	expect(USERDB_PASSWD, text, false, sound[USERDB_PASSWD]);
	strcpy(text, sound[USERDB_PASSWD]);
	memmove(at + 5, at + 6, strlen(at + 6) + 1); /* argo::1000:1000 */
	expect(USERDB_PASSWD, text, false, sound[USERDB_PASSWD]);
	expect(USERDB_GROUP, "root:x:0:\nsudo:27:argo\nargo:x:1000:\n", false, sound[USERDB_GROUP]);
	free(text);
}
END_TEST

/* A write that was cut off: who it was is still there, but only of a line shadow knows too. */
START_TEST(a_last_line_cut_off_behind_its_ids_is_made_whole)
{
	static const char root[] = "root:x:0:0:root:/root:/bin/bash\n";
	char text[200];

	snprintf(text, sizeof text, "%sargo:x:1000:1000:,,", root);
	expect(USERDB_PASSWD, text, false,
	       "root:x:0:0:root:/root:/bin/bash\nargo:x:1000:1000::/home/argo:/bin/sh\n");
	snprintf(text, sizeof text, "%sargo::1000:1000:,,", root); /* no password, no line */
	expect(USERDB_PASSWD, text, false, root);
	snprintf(text, sizeof text, "%sargo:x:1000:10", root); /* which group? */
	expect(USERDB_PASSWD, text, false, root);
	snprintf(text, sizeof text, "%sghost:x:1000:1000:,,", root);
	expect(USERDB_PASSWD, text, false, root);
}
END_TEST

START_TEST(a_whole_hash_outlives_its_line)
{
	expect(USERDB_SHADOW,
	       "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nargo:" HASH LETTERS ":200",
	       false,
	       "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nargo:" HASH LETTERS
	       "::0:99999:7:::\n");
	/* a cut one does not: nothing is made up, and the lock of root stays */
	expect(USERDB_SHADOW, "root:*:20000:0:99999:7:::\nargo:" HASH "abc", false,
	       "root:*:20000:0:99999:7:::\n");
	expect(USERDB_SHADOW, "root:!:1\nargo::20000:0", false, "root:!::0:99999:7:::\n");
}
END_TEST

START_TEST(second_lines_go_and_the_first_stays)
{
	char text[900];

	snprintf(text, sizeof text, "%sargo:x:0:0::/:/bin/sh\n", sound[USERDB_PASSWD]);
	expect(USERDB_PASSWD, text, true, sound[USERDB_PASSWD]);
}
END_TEST

START_TEST(who_was_deleted_stays_deleted)
{
	/* gone from both files, still in the older ones; then passwd is torn */
	struct userdb *db = make("root", true);
	size_t n;

	change(db, USERDB_SHADOW, sound[1], (size_t)(strstr(sound[1], "argo") - sound[1]));
	change(db, USERDB_PASSWD, "root:x:0:0:ro", 13);
	ck_assert_int_eq(userdb_mend(db, USERDB_PASSWD), 0);
	ck_assert_ptr_nonnull(userdb_find(&db->now[0], "root", &n));
	ck_assert_ptr_nonnull(userdb_find(&db->now[0], "daemon", &n));
	ck_assert_ptr_null(userdb_find(&db->now[0], "argo", &n));
	drop(db);
}
END_TEST

/* Every line of the mended text: one of the damaged text, or with the password field it had. */
static void check_lines(const struct userdb_text *x, const char *damaged, size_t len,
			enum userdb_kind k)
{
	const char *p = x->data, *line, *field, *was, *orig;
	size_t n, flen, wlen, start, end;
	char name[64];

	while (p && line_next(&p, x->data + x->len, &line, &n)) {
		if (memmem(damaged, len, line, n))
			continue;
		ck_assert_int_eq(accounts_copy_field(line, n, 0, name, sizeof name), 0);
		ck_assert_msg(!accounts_line(sound[k], strlen(sound[k]), name, &start, &end),
			      "a new line: %.*s\nof: %.*s", (int)n, line, (int)len, damaged);
		ck_assert_int_eq(accounts_field(line, n, 1, &field, &flen), 0);
		orig = sound[k] + start;
		ck_assert_int_eq(accounts_field(orig, end - start, 1, &was, &wlen), 0);
		ck_assert(flen == wlen && !memcmp(field, was, wlen));
	}
}

static void damage_one(enum userdb_kind k, size_t at, size_t n, int with)
{
	struct userdb *db = make("argo", at % 2);
	size_t len = strlen(sound[k]);
	char text[700];
	enum userdb_fault f;

	memcpy(text, sound[k], len);
	if (with < 0) {
		memmove(text + at, text + at + n, len - at - n);
		len -= n;
	} else {
		memset(text + at, with, n);
	}
	change(db, k, text, len);
	f = judge(db, k);
	ck_assert_int_eq(userdb_mend(db, k), 0);
	if (f != USERDB_SOUND && f != USERDB_TAIL && db->now[k].len) {
		f = judge(db, k);
		/* a hash that is gone cannot be made up */
		ck_assert_msg(f == USERDB_SOUND || f == USERDB_MISSING, "%s:\n%.*s",
			      userdb_fault_name(f), (int)db->now[k].len, db->now[k].data);
	}
	check_lines(&db->now[k], text, len, k);
	drop(db);
}

START_TEST(any_byte_range_damaged_ends_in_sound_lines_and_no_new_hash)
{
	static const int with[] = {-1, 0, ':', '\n', 0xff, '0'};
	static const size_t lengths[] = {1, 2, 7, 40, 150};

	for (size_t i = 0; i < sizeof with / sizeof *with; i++)
		for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
			for (size_t at = 0; at + lengths[l] <= strlen(sound[_i]); at++)
				damage_one((enum userdb_kind)_i, at, lengths[l], with[i]);
}
END_TEST

/* --- a large root, of which only the lines that matter are held */

#define FILLERS 30

/* sound[k] in the middle of other people's lines. */
static size_t fill(enum userdb_kind k, char *dst, size_t cap)
{
	static const char forms[USERDB_KINDS][40] = {"u%u:x:%u:100::/home/u:/bin/sh\n",
						     "u%u:!:%u:0:99999:7:::\n", "u%u:x:%u:\n",
						     "u%u:!::a,%u\n"};
	struct buf b = {.p = dst, .cap = cap};

	for (unsigned i = 0; i <= FILLERS; i++)
		if (i == FILLERS / 2)
			buf_adds(&b, sound[k]);
		else {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			buf_addf(&b, forms[k], i, 2000 + i);
#pragma GCC diagnostic pop
		}
	ck_assert(!b.cut);
	return b.len;
}

static unsigned chance(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 8) % below;
}

/* n bytes of text are gone, or others. */
static size_t hurt(char *text, size_t len, unsigned *seed)
{
	static const char with[] = {0, ':', '\n', '0', 'u'};
	static const unsigned most[] = {3, 60, 900};
	size_t n = 1 + chance(seed, most[chance(seed, 3)]), at;

	if (n > len)
		n = len;
	at = chance(seed, (unsigned)(len - n) + 1);
	if (chance(seed, 2)) {
		memset(text + at, with[chance(seed, sizeof with)], n);
		return len;
	}
	memmove(text + at, text + at + n, len - at - n);
	return len - n;
}

/* What judging and mending kind makes of the root's file, into dst: by its whole text, or by the
 * lines that matter. */
static size_t outcome(const struct target *t, enum userdb_kind kind, bool reduced, char *dst,
		      struct userdb_damage *d)
{
	struct userdb *db = calloc(1, sizeof *db);
	struct splice *list = NULL;
	int fd = path_open_regular(t->fd, userdb_paths[kind]);
	size_t len = 0;

	db->user = "argo";
	ck_assert_int_eq(reduced ? userdb_load_reduced(db, t) : userdb_load(db, t), 0);
	ck_assert(!db->more);
	userdb_judge(db, kind, d);
	d->line = userdb_line_number(db, kind, d->line);
	if (d->n && d->fault != USERDB_TAIL) {
		ck_assert_int_eq(userdb_mend(db, kind), 0);
		if (db->was[kind].data)
			ck_assert_ptr_nonnull(list = userdb_splices(db, kind));
		len = list ? 0 : db->now[kind].len;
		memcpy(dst, db->now[kind].data, len);
		dst[len] = 0;
	} else {
		list = calloc(1, sizeof *list);
	}
	if (list)
		len = spliced(fd, list, dst, 8192);
	free(list);
	close(fd);
	drop(db);
	return len;
}

static void compare_ways(const struct target *t, unsigned seed)
{
	static char whole[8192], lines[8192];

	for (unsigned k = 0; k < USERDB_KINDS; k++) {
		struct userdb_damage a, b;
		size_t n = outcome(t, k, false, whole, &a), m = outcome(t, k, true, lines, &b);

		ck_assert_msg(a.n == b.n && a.fault == b.fault && a.line == b.line &&
				  a.own == b.own && !strcmp(a.name, b.name),
			      "%u: %s: %u %s line %u, %u %s line %u", seed, userdb_paths[k], a.n,
			      userdb_fault_name(a.fault), a.line, b.n, userdb_fault_name(b.fault),
			      b.line);
		ck_assert_msg(n == m && !memcmp(whole, lines, n), "%u: %s\n%s---\n%s", seed,
			      userdb_paths[k], whole, lines);
	}
}

START_TEST(lines_that_matter_are_judged_and_mended_as_the_whole_text_is)
{
	static char text[8192];
	char root[64], old[16];
	int fd = tree_make(root);
	struct target t;

	tree_put(root, "/usr/lib/os-release", "ID=debian\n", 10);
	tree_put(root, "/etc/passwd", "", 0);
	ck_assert_int_eq(target_open(&t, root), 0);
	for (unsigned i = 0; i < 40; i++) {
		unsigned seed = 40 * (unsigned)_i + i, hurts = seed % 4;

		for (unsigned k = 0; k < USERDB_KINDS; k++) {
			size_t len = fill(k, text, sizeof text);

			snprintf(old, sizeof old, "%s-", userdb_paths[k]);
			unlinkat(fd, old + 1, 0);
			if (chance(&seed, 2))
				tree_put(root, old, text, len);
			for (unsigned h = 0; h < hurts; h++)
				len = chance(&seed, 2) ? len : hurt(text, len, &seed);
			tree_put(root, userdb_paths[k], text, len);
		}
		compare_ways(&t, 40 * (unsigned)_i + i);
	}
	target_close(&t);
	tree_remove(fd, root);
}
END_TEST

/* Half a million in another order than their passwords, one of them twice and one without. */
START_TEST(a_large_root_is_judged_to_the_line_and_mended_in_place)
{
	enum { USERS = 200000 };
	static char passwd[USERS * 44], shadow[USERS * 40 + 100];
	struct buf p = BUF_OF(passwd), s = BUF_OF(shadow);
	struct userdb *db = calloc(1, sizeof *db);
	struct userdb_damage d;
	struct splice *list;
	char root[64], *now;
	int fd = tree_make(root), file;
	struct target t;
	size_t twice = 0;

	buf_adds(&p, "root:x:0:0:root:/root:/bin/bash\n");
	buf_adds(&s, "root:*:20000:0:99999:7:::\n");
	for (unsigned i = 0; i < USERS; i++) {
		unsigned other = (i * 7919u) % USERS;

		buf_addf(&p, "u%u:x:%u:100::/home/u:/bin/sh\n", i, 2000 + i);
		if (other != 77)
			buf_addf(&s, "u%u:!:1:0:99999:7:::\n", other);
		if (i == USERS / 2) {
			twice = s.len;
			buf_adds(&s, "root:!:1:0:99999:7:::\n");
		}
	}
	tree_put(root, "/usr/lib/os-release", "ID=debian\n", 10);
	tree_put(root, "/etc/passwd", passwd, p.len);
	tree_put(root, "/etc/shadow", shadow, s.len);
	ck_assert_int_eq(target_open(&t, root), 0);
	db->user = "u5";
	ck_assert_int_eq(userdb_load(db, &t), 0);
	ck_assert_ptr_nonnull(db->was[USERDB_SHADOW].data);
	ck_assert_uint_lt(db->now[USERDB_SHADOW].len, 4096);
	userdb_judge(db, USERDB_PASSWD, &d);
	ck_assert_uint_eq(d.n, 0);
	userdb_judge(db, USERDB_SHADOW, &d);
	ck_assert_uint_eq(d.n, 2);
	ck_assert_int_eq(d.fault, USERDB_TWICE);
	ck_assert_uint_eq(userdb_line_number(db, USERDB_SHADOW, d.line), USERS / 2 + 3);
	ck_assert_int_eq(userdb_mend(db, USERDB_SHADOW), 0);
	list = userdb_splices(db, USERDB_SHADOW);
	file = path_open_regular(t.fd, "/etc/shadow");
	now = malloc(sizeof shadow);
	ck_assert_uint_eq(spliced(file, list, now, sizeof shadow), s.len - 22);
	ck_assert(!memcmp(now, shadow, twice) &&
		  !memcmp(now + twice, shadow + twice + 22, s.len - twice - 22));
	close(file);
	free(now);
	free(list);
	drop(db);
	target_close(&t);
	tree_remove(fd, root);
}
END_TEST

Suite *userdb_suite(void)
{
	Suite *s = suite_create("userdb");
	TCase *c = tcase_create("userdb");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, sound_files_have_no_fault);
	tcase_add_test(c, a_lost_file_comes_back_from_the_older_one);
	tcase_add_test(c, a_missing_x_is_put_back_without_an_older_file);
	tcase_add_test(c, a_last_line_cut_off_behind_its_ids_is_made_whole);
	tcase_add_test(c, a_whole_hash_outlives_its_line);
	tcase_add_test(c, second_lines_go_and_the_first_stays);
	tcase_add_test(c, who_was_deleted_stays_deleted);
	tcase_add_loop_test(c, any_byte_range_damaged_ends_in_sound_lines_and_no_new_hash, 0,
			    USERDB_KINDS);
	tcase_add_loop_test(c, lines_that_matter_are_judged_and_mended_as_the_whole_text_is, 0, 10);
	tcase_add_test(c, a_large_root_is_judged_to_the_line_and_mended_in_place);
	suite_add_tcase(s, c);
	return s;
}
