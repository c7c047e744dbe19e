/* The kernel's command line: "malformed never means more than asked" (DESIGN.md), held against a
 * reading of its own. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/cmdline.h"
#include "base/module.h"
#include "options.h"
#include "run/network.h"
#include "run/root.h"
#include "target/getty.h"

/* The last word of a key; what is too long is malformed. */
struct asked {
	bool there, bare, cut;
	char value[512];
};
enum key { MODE, PASSWORD, USER, PHASES, KEYS };
static struct asked asked[KEYS];
static bool any_cut;

static void look(void *arg, char *word, bool cut)
{
	static const char keys[KEYS][12] = {"", ".password", ".user", ".phases"};
	(void)arg;

	if (strncmp(word, "rd.recovery", 11))
		return;
	any_cut |= cut;
	word += 11;
	for (int k = 0; k < KEYS; k++) {
		size_t n = strlen(keys[k]);

		if (strncmp(word, keys[k], n) || (word[n] && word[n] != '='))
			continue;
		asked[k].there = true;
		asked[k].bare = !word[n];
		asked[k].cut = cut;
		str_copy(asked[k].value, sizeof asked[k].value, word[n] ? word + n + 1 : "");
	}
}

static bool is(enum key k, const char *value)
{
	return asked[k].there && !asked[k].cut && !asked[k].bare && !strcmp(asked[k].value, value);
}

static void mode(const struct options *o)
{
	const struct asked *a = &asked[MODE];

	if (o->mode == BOOT_RUN)
		CLAIM((a->there && a->bare && !a->cut) || is(MODE, "1"));
	if (o->mode == BOOT_ROLLBACK)
		CLAIM(is(MODE, "rollback"));
	if (o->mode == BOOT_OFF)
		CLAIM(!a->there || is(MODE, "0"));
	if (is(MODE, "0"))
		CLAIM(o->mode == BOOT_OFF);
}

static void password(const struct options *o)
{
	const struct asked *u = &asked[USER];

	/* with a word that was cut nothing is changed, whatever it was about */
	if (any_cut)
		CLAIM(o->mode == BOOT_OFF || o->mode == BOOT_DIAGNOSE);
	CLAIM(o->set.password != PASSWORD_GENERATE || is(PASSWORD, "generate") || any_cut);
	CLAIM(o->set.password != PASSWORD_CONFIG || is(PASSWORD, "config") || any_cut);
	CLAIM(o->set.password != PASSWORD_AUTO || !asked[PASSWORD].there || is(PASSWORD, "auto") ||
	      any_cut);
	CLAIM(o->set.password != PASSWORD_FILE);
	/* whoever gets a password is who was named last, or nobody was */
	CLAIM(o->keep || any_cut || !strcmp(o->set.user, u->there ? u->value : ""));
	CLAIM(!o->set.password_hash[0]);
	for (unsigned i = 0; i < o->nproblems; i++) /* what may be a password is not repeated */
		CLAIM(!str_starts(o->problems[i], "rd.recovery.password=") ||
		      str_starts(o->problems[i], "rd.recovery.password=... "));
}

static void numbers(const struct options *o)
{
	const struct asked *p = &asked[PHASES];

	CLAIM(o->set.timeout >= 1 && o->set.timeout <= 7 * 86400L);
	CLAIM(o->set.build_timeout >= 1 && o->set.build_timeout <= 7 * 86400L);
	CLAIM(o->set.deadline >= 0 && o->set.deadline <= 7 * 86400L);
	CLAIM(o->hold >= 0 && o->hold <= 7 * 86400L);
	for (int i = 1; i <= 8 && p->there && !p->cut; i++)
		if (o->set.phases[i] && i != 1 && i != 7 && i != 8)
			CLAIM(strchr(p->value, '0' + i));
	CLAIM(!*o->log_path || *o->log_path == '/');
	CLAIM(!*o->report || str_starts(o->report, "https://"));
	CLAIM(!*o->report_ca); /* whom to believe is not for this line */
}

/* The other readers of the same line. */
static void others(struct fuzz_part line)
{
	struct network_words n;
	struct root_words w;
	char tty[32];

	root_words(&w, line.p, line.len);
	CLAIM(root_patience(&w) <= 600);
	root_can_appear(w.source);
	getty_serial(line.p, line.len, "console=", tty);
	CLAIM(!*tty || memmem(line.p, line.len, tty, strlen(tty)));
	network_words(&n, line.p, line.len);
	CLAIM(n.lease.nnames <= DHCP_SERVERS && !strchr(n.device, '/'));
	/* ip""= is ip=, too */
	CLAIM(n.how == NETWORK_DHCP || memmem(line.p, line.len, "ip=", 3) ||
	      memchr(line.p, '"', line.len));
	module_refused(line.p, line.len, "ext4");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options o;
	struct fuzz_part line = {(const char *)data, size};

	options_default(&o);
	options_kernel(&o, line.p, line.len);
	memset(asked, 0, sizeof asked);
	any_cut = false;
	cmdline_each(line.p, line.len, look, NULL);
	mode(&o);
	password(&o);
	numbers(&o);
	others(line);
	options_settle(&o);
	CLAIM(o.set.password != PASSWORD_CONFIG);
	CLAIM(!o.keep || o.set.password == PASSWORD_KEEP);
	return 0;
}
