/* canary_tty: one login dialogue on a terminal of the trial's own devpts. Recognising prompts and
 * deciding the next step is pure. */
#ifndef TARGET_CANARY_TTY_H
#define TARGET_CANARY_TTY_H

#include "base/buf.h"
#include "base/trial.h"
#include "target/canary.h"

enum tty_prompt { PROMPT_NONE, PROMPT_NAME, PROMPT_SECRET };
/* What the last line on the screen asks for: it ends in ':' and the cursor stands behind it;
 * without echo it is a secret. Language does not count. */
enum tty_prompt tty_prompt(const char *screen, size_t len, bool echo);

struct tty_dialogue {
	unsigned names, secrets; /* answers given */
};
enum tty_step { STEP_WAIT, STEP_NAME, STEP_SECRET, STEP_REFUSED };
/* The answer to a prompt. A name asked for after a secret was given, or a third secret (a new
 * password), is a refusal. */
enum tty_step tty_next(struct tty_dialogue *d, enum tty_prompt p);

/* A script's first line (execve(2)) tells the command line its process gets: the program
 * (of "env NAME" the bare name) and at which place the script itself stands. 0, or -1: it is none.
 * Pure. */
struct tty_script {
	char program[128];
	unsigned at;
};
int tty_script(const char *head, size_t len, struct tty_script *s);
/* Argument number at of a /proc/PID/cmdline text that ends in NUL, or NULL. Pure. */
const char *tty_argument(const char *cmdline, size_t len, unsigned at);

#define TTY_SCREEN 4096
struct tty_login {
	const struct trial *trial;
	const struct account *a;
	const char *const *argv;
	bool as_user; /* run from the user's own uid, not root */
	const char *password;
	int64_t deadline;
	int syslog_fd;		 /* datagrams of the trial's /dev/log, -1: none */
	struct buf *syslog;	 /* what came there */
	char screen[TTY_SCREEN]; /* out: the newest of what the program wrote */
	size_t len;
	unsigned secrets; /* out: how often it asked for the password */
	bool asked_again; /* out: refused by a new prompt, not by ending */
	char reason[320]; /* out: how the program ended */
};
/* Accepted: a descendant whose /proc/PID/exe is the user's shell (of a script: its interpreter, run
 * on it) and whose effective uid is the user's; it is ended then. A shell nobody was asked a password for counts too: the wrong password shows that
 * door open. */
enum canary_answer tty_run(struct tty_login *l);
/* Copy what waits on a datagram socket to dst, one line each, without the "<pri>date" head. */
void tty_drain_syslog(int fd, struct buf *dst);

#endif
