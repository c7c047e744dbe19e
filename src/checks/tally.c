#include "checks/families.h"

#include "base/path.h"
#include "target/shadow.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS 8192
#define TALLY_MOST (4u << 20)

/* --- tallies: faillock(8)'s records and pam_tally2(8)'s are both of 64 bytes */

#define RECORD 64
#define NEVER 0

struct tally {
	char path[200];
	unsigned failures;
	off_t at; /* of the user's record in a file of all users; -1: the file is the user's own */
	long deny, unlock, interval;
	long long now; /* 0: the clock is not believable */
};

static void number(const char *text, long *v)
{
	if (!strcmp(text, "never"))
		*v = NEVER;
	else
		str_number(text, 0, LONG_MAX, v);
}

/* Would the wait be over by itself? */
static bool is_over(const struct tally *y, long long latest)
{
	return y->unlock != NEVER && y->now && latest + y->unlock < y->now;
}

/* check_tally() of pam_faillock. */
static bool judge_faillock(struct tally *y, const unsigned char *data, size_t len)
{
	long long latest = 0;
	uint64_t when;

	y->failures = 0;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i + RECORD <= len; i += RECORD) {
			if (!(data[i + 54] & 1))
				continue;
			memcpy(&when, data + i + 56, sizeof when);
			if (round == 0 && (long long)when > latest)
				latest = (long long)when;
			else if (round && latest - (long long)when < y->interval)
				y->failures++;
		}
	return y->deny && y->failures >= (unsigned long)y->deny && !is_over(y, latest);
}

static bool judge_tally2(struct tally *y, const unsigned char *record)
{
	uint16_t count;
	uint64_t when;

	memcpy(&count, record + 54, sizeof count);
	memcpy(&when, record + 56, sizeof when);
	y->failures = count;
	return y->deny && count >= y->deny && !is_over(y, (long long)when);
}

/* True: root is counted too. */
static bool configure(struct tally *y, const struct buf *b, bool root)
{
	const struct {
		char key[17];
		long *to;
	} words[] = {{"deny", &y->deny},
		     {"fail_interval", &y->interval},
		     {"unlock_time", &y->unlock},
		     {"root_unlock_time", &y->unlock}};
	char v[24];

	for (unsigned i = 0; i < 3u + root; i++)
		if (gate_get(b, words[i].key, v, sizeof v))
			number(v, words[i].to);
	return gate_get(b, "even_deny_root", v, sizeof v);
}

/* Does pam_faillock's tally keep a out? */
static bool find_faillock(const struct target *t, const struct account *a, struct tally *y)
{
	char text[SETTINGS], conf[200] = "/etc/security/faillock.conf", dir[120];
	struct buf b = BUF_OF(text);
	struct pam_line l = {.type = ""};
	size_t len;
	char *data;
	bool locked;

	*y = (struct tally){.at = -1, .deny = 3, .unlock = 600, .interval = 900, .now = y->now};
	if (!gate_find(t, "pam_faillock.so", &l))
		return false;
	gate_settings(t, NULL, &l, &b);
	gate_get(&b, "conf", conf, sizeof conf);
	gate_settings(t, conf, &l, &b);
	if (!configure(y, &b, !a->uid) && !a->uid)
		return false;
	if (!gate_get(&b, "dir", dir, sizeof dir))
		str_copy(dir, sizeof dir, "/var/run/faillock");
	snprintf(y->path, sizeof y->path, "%s/%s", dir, a->name);
	if (!gate_stays(t, y->path) || !(data = path_slurp(t->fd, y->path, 1u << 20, &len)))
		return false;
	locked = judge_faillock(y, (unsigned char *)data, len);
	path_release(data, len);
	return locked;
}

/* The same of pam_tally2: one file, a record for each uid. */
static bool find_tally2(const struct target *t, const struct account *a, struct tally *y)
{
	unsigned char record[RECORD];
	char text[400];
	struct buf b = BUF_OF(text);
	struct pam_line l = {.type = ""};
	int fd;
	bool locked;

	*y = (struct tally){.at = (off_t)a->uid * RECORD, .now = y->now};
	if (!gate_find(t, "pam_tally2.so", &l))
		return false;
	gate_settings(t, NULL, &l, &b);
	if (!configure(y, &b, !a->uid) && !a->uid)
		return false;
	if (!gate_get(&b, "file", y->path, sizeof y->path))
		str_copy(y->path, sizeof y->path, "/var/log/tallylog");
	fd = gate_stays(t, y->path) ? path_open(t->fd, y->path, O_RDONLY, 0) : -1;
	locked = fd >= 0 && pread(fd, record, RECORD, y->at) == RECORD && judge_tally2(y, record);
	if (fd >= 0)
		close(fd);
	return locked;
}

static bool find_tally(const struct check_context *c, struct tally *y)
{
	struct account a;

	y->now = accounts_today(c->t) < 0 ? 0 : time(NULL);
	return account_of_user(c, &a) && (find_faillock(c->t, &a, y) || find_tally2(c->t, &a, y));
}

void detect_faillock(struct check_context *c)
{
	static const struct cause cause = {"faillock", SEVERITY_ERROR, BLOCKS_USER,
					   "phase 4 clears the record of this user alone"};
	struct tally y;

	if (find_tally(c, &y))
		check_found(c, &cause, "%s: %u failed logins of %s, %ld close the account", y.path,
			    y.failures, c->user, y.deny);
}

int repair_faillock(struct check_context *c)
{
	struct tally y;
	size_t len;
	char *data;
	int rc;

	if (!find_tally(c, &y))
		return -1;
	if (y.at < 0)
		return file_replace(c->journal, y.path, "", 0, NULL);
	data = path_slurp(c->t->fd, y.path, TALLY_MOST, &len);
	if (!data)
		return -1;
	rc = -1;
	if ((size_t)y.at + RECORD <= len) {
		memset(data + y.at, 0, RECORD);
		rc = file_replace(c->journal, y.path, data, len, NULL);
	}
	path_release(data, len);
	return rc;
}
