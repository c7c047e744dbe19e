/* report: the facts of a run, in memory shared by supervisor and workers; summary and report.json
 * are made from it.
 *
 * Life cycle: report_start once before any fork. One worker writes at a time; a worker that dies
 * leaves whole records, because a record counts only after its last field is set. Tables are
 * bounded; what does not fit is counted.
 */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };
enum blocks { BLOCKS_NOBODY, BLOCKS_USER, BLOCKS_EVERYONE, BLOCKS_DISPLAY };
enum finding_state { FINDING_OPEN, FINDING_REPAIRED, FINDING_FAILED, FINDING_UNKNOWN };
enum outcome {
	OUTCOME_NOT_RUN,
	OUTCOME_OK,
	OUTCOME_NOTHING,
	OUTCOME_REPAIRED,
	OUTCOME_SKIPPED,
	OUTCOME_FAILED,
	OUTCOME_TIMED_OUT,
	OUTCOME_CRASHED,
	OUTCOME_UNKNOWN,
	OUTCOME_PENDING /* a proof is still waited for: never the last word */
};
enum verdict { VERDICT_NONE, VERDICT_LOGIN_PROVEN, VERDICT_LOGIN_REFUSED, VERDICT_UNKNOWN };

struct finding {
	char id[32]; /* LOCKOUTS.md's id */
	enum severity severity;
	enum blocks blocks;
	enum finding_state state;
	bool repairable;    /* offline, by this program */
	char evidence[320]; /* file, line, what was seen */
	char action[200];   /* what will be done, or what to type */
};
struct pivot {
	time_t when;
	char phase[40], tried[200], failed[320], next[200];
};
struct failure {
	char phase[40], what[200], why[320];
};
struct phase_result {
	enum outcome outcome;
	int64_t ms;
	char text[200];
};

#define REPORT_FINDINGS 128
#define REPORT_PIVOTS 64
#define REPORT_FAILURES 64

struct report {
	char run[40]; /* YYYYMMDD-HHMMSS[-n] */
	long sequence;
	char host[64]; /* the target's own name, "" none */
	char os_id[40], os_name[96];
	char user[64], user_reason[160];
	char weakened[320]; /* which PAM controls a repair had to do without, "" none */
	char rung[120];	   /* what repaired libcrypt, "" when nothing did */
	char method[40];   /* hash method of the new password */
	char next[8][240]; /* what the person should type next */
	unsigned nexts;
	bool selinux, password_set, password_generated;
	bool scratch; /* only looked into: its findings are not logged */
	enum verdict verdict;
	char verdict_text[240];
	unsigned changes;	       /* journalled */
	unsigned deleted;	       /* files, for good, to make room */
	struct phase_result phases[9]; /* by number, 1..8 */
	struct finding findings[REPORT_FINDINGS];
	unsigned nfindings, findings_lost;
	struct pivot pivots[REPORT_PIVOTS];
	unsigned npivots;
	struct failure failures[REPORT_FAILURES];
	unsigned nfailures;
};

const char *severity_name(enum severity v);
const char *blocks_name(enum blocks v); /* "nobody", "this user", "every user", "the display" */
const char *finding_state_name(enum finding_state v);
const char *outcome_name(enum outcome v);
const char *verdict_name(enum verdict v);

/* Map the shared report. Returns it (never freed), or NULL with errno. */
struct report *report_start(void);

/* Add a finding (a copy), log it. Same id and evidence again: the older one is kept. Returns its
 * index or -1 when full. */
int report_finding(struct report *r, const struct finding *f);
/* Set the state of every finding with this id (state REPAIRED only after a proof). */
void report_settle(struct report *r, const char *id, enum finding_state state);
/* Is there an open finding of this id? Returns it or NULL. */
struct finding *report_find(struct report *r, const char *id);
/* Record leaving a rung: into the table, pivots.log in DESIGN.md's format, main.log and the
 * console. The phase is log_phase's. */
void report_pivot(struct report *r, const char *tried, const char *failed, const char *next);
/* Record a failure for the error bundle: what, why, and the last output (may be NULL), escaped. */
void report_failure(struct report *r, const char *what, const char *why, const char *output);
/* A line for the summary's "what to do next". Duplicates are dropped. */
void report_next(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The whole report as JSON, schema 1: an object of run, sequence, host, os_id, os_name, user,
 * user_reason, verdict, verdict_text, weakened, rung, method (texts), changes, deleted (numbers), password_set,
 * selinux (booleans), phases, findings, pivots, failures (arrays of objects named like
 * the structures above), next (an array of texts). A later schema only adds members. */
void report_json(const struct report *r, struct buf *b);
/* The same back from a checked text, which may be another's: what is missing or of another type is empty, what does not fit is cut; a pivot's time
 * is left out. 0, or -1: it is no report. */
int report_read(struct report *r, struct json object);

#endif
