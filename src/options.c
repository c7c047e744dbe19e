#include "options.h"

#include "base/buf.h"
#include "base/cmdline.h"
#include "base/hash.h"
#include "base/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DAY 86400L

__attribute__((format(printf, 2, 3))) static void problem(struct options *o, const char *fmt, ...)
{
	va_list ap;

	if (o->nproblems == OPTIONS_PROBLEMS)
		return;
	va_start(ap, fmt);
	vsnprintf(o->problems[o->nproblems++], sizeof o->problems[0], fmt, ap);
	va_end(ap);
}

void options_default(struct options *o)
{
	memset(o, 0, sizeof *o);
	str_copy(o->root, sizeof o->root, "/");
	o->hold = 60;
	o->set.timeout = 300;
	o->set.build_timeout = 3600;
	o->set.reset_allowed = true;
	for (int i = 1; i <= 8; i++)
		o->set.phases[i] = true;
}

/* --- words: each returns NULL, or what is done instead of a malformed value */

static bool is_user(const char *s)
{
	return *s && *s != '-' && strlen(s) < sizeof((struct settings *)0)->user &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-$")];
}

static const char *set_user(struct options *o, const char *v)
{
	if (is_user(v)) {
		str_copy(o->set.user, sizeof o->set.user, v);
		return NULL;
	}
	/* without the name another account would be chosen: it must not get a password */
	o->keep = true;
	return "no password is touched";
}

static const char *set_password(struct options *o, const char *v)
{
	static const struct {
		char word[9];
		enum password_mode mode;
	} modes[] = {{"auto", PASSWORD_AUTO},
		     {"generate", PASSWORD_GENERATE},
		     {"keep", PASSWORD_KEEP},
		     {"config", PASSWORD_CONFIG}};

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (!strcmp(v, modes[i].word)) {
			o->set.password = modes[i].mode;
			return NULL;
		}
	o->set.password = PASSWORD_KEEP;
	return "keep";
}

/* "1,4,5". Of a malformed list only the phases that change nothing are left. */
static const char *set_phases(struct options *o, const char *v)
{
	bool chosen[9] = {false};
	const char *p = v;

	for (; *p >= '1' && *p <= '8'; p++) {
		chosen[*p - '0'] = true;
		if (*++p != ',')
			break;
	}
	if (*p || p == v || p[-1] == ',') {
		memset(chosen, 0, sizeof chosen);
		chosen[1] = chosen[7] = chosen[8] = true;
	}
	memcpy(o->set.phases, chosen, sizeof chosen);
	return *p || p == v || p[-1] == ',' ? "1,7,8, which change nothing" : NULL;
}

static const char *set_number(long *dst, const char *v, long least, long usual)
{
	if (str_number(v, least, 7 * DAY, dst) == 0)
		return NULL;
	*dst = usual;
	return "the default";
}

static const char *set_timeout(struct options *o, const char *v)
{
	return set_number(&o->set.timeout, v, 1, 300);
}

static const char *set_build_timeout(struct options *o, const char *v)
{
	return set_number(&o->set.build_timeout, v, 1, 3600);
}

static const char *set_deadline(struct options *o, const char *v)
{
	return set_number(&o->set.deadline, v, 1, 0);
}

static const char *set_hold(struct options *o, const char *v)
{
	return set_number(&o->hold, v, 0, 60);
}

static const char *set_after(struct options *o, const char *v)
{
	static const char words[][9] = {"boot", "reboot", "poweroff", "shell"};

	for (int i = 0; i < 4; i++)
		if (!strcmp(v, words[i])) {
			o->after = (enum after)i;
			return NULL;
		}
	o->after = AFTER_BOOT;
	return "boot";
}

static const char *set_libxcrypt(struct options *o, const char *v)
{
	o->set.libxcrypt_rebuild = !strcmp(v, "rebuild");
	return o->set.libxcrypt_rebuild || !strcmp(v, "auto") ? NULL : "auto";
}

static const char *set_log(struct options *o, const char *v)
{
	if (v[0] == '/' && str_copy(o->log_path, sizeof o->log_path, v))
		return NULL;
	o->log_path[0] = '\0';
	return "the default";
}

static const char *set_report(struct options *o, const char *v)
{
	struct http_url u;

	if (http_url(v, &u) && str_copy(o->report, sizeof o->report, v))
		return NULL;
	o->report[0] = '\0';
	return "none is sent";
}

static const char *set_report_ca(struct options *o, const char *v)
{
	if (v[0] == '/' && str_copy(o->report_ca, sizeof o->report_ca, v))
		return NULL;
	o->report_ca[0] = '\0';
	return "none";
}

static const char *set_hash(struct options *o, const char *v)
{
	if (hash_identify(v) != HASH_NONE &&
	    str_copy(o->set.password_hash, sizeof o->set.password_hash, v))
		return NULL;
	o->set.password_hash[0] = '\0';
	return "none";
}

static const char *set_reset(struct options *o, const char *v)
{
	/* anything but a plain yes is the stricter answer, and stays so */
	if (strcmp(v, "yes"))
		o->set.reset_allowed = false;
	return !strcmp(v, "yes") || !strcmp(v, "no") ? NULL : "no";
}

enum source { IN_KERNEL = 1, IN_FILE = 2, IN_BOTH = 3 };

static const struct word {
	char name[14];
	enum source in;
	const char *(*set)(struct options *o, const char *value);
} words[] = {
    {"user", IN_BOTH, set_user},
    {"password", IN_BOTH, set_password},
    {"phases", IN_BOTH, set_phases},
    {"timeout", IN_BOTH, set_timeout},
    {"build_timeout", IN_BOTH, set_build_timeout},
    {"deadline", IN_BOTH, set_deadline},
    {"hold", IN_BOTH, set_hold},
    {"after", IN_BOTH, set_after},
    {"libxcrypt", IN_BOTH, set_libxcrypt},
    {"log", IN_BOTH, set_log},
    {"report", IN_BOTH, set_report},
    {"report_ca", IN_FILE, set_report_ca},
    {"password_hash", IN_FILE, set_hash},
    {"reset", IN_FILE, set_reset},
};

static const struct word *find_word(const char *name, enum source in)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].in & in && !strcmp(words[i].name, name))
			return &words[i];
	return NULL;
}

/* --- kernel command line */

static void set_mode(struct options *o, const char *v)
{
	static const char modes[][9] = {"0", "1", "diagnose", "rollback"};

	for (int i = 0; i < 4; i++)
		if (!strcmp(v, modes[i])) {
			o->mode = (enum boot_mode)i;
			return;
		}
	o->mode = BOOT_DIAGNOSE;
	problem(o, "rd.recovery=%.60s is none of 0, 1, diagnose, rollback: diagnose", v);
}

static void kernel_word(void *arg, char *text, bool cut)
{
	static const char prefix[] = "rd.recovery";
	struct options *o = arg;
	const struct word *w;
	const char *instead;
	char *value;

	if (!str_starts(text, prefix))
		return;
	value = strchr(text, '=');
	if (value)
		*value++ = '\0';
	if (cut) { /* its value may be a password */
		problem(o, "%.40s=... is too long: diagnose", text);
		o->cut = true;
		if (!strcmp(text, prefix))
			o->mode = BOOT_DIAGNOSE;
		return;
	}
	if (!strcmp(text, prefix)) {
		set_mode(o, value ? value : "1");
		return;
	}
	text += sizeof prefix - 1;
	if (*text != '.')
		return;
	w = find_word(text + 1, IN_KERNEL);
	if (!w) {
		problem(o, "rd.recovery%.60s is not known: ignored", text);
		return;
	}
	instead = w->set(o, value ? value : "");
	if (instead && w->set == set_password) {
		str_copy(o->mistaken, sizeof o->mistaken, value ? value : "");
		problem(o, "rd.recovery.password has a malformed mode: keep (a password does not "
			   "belong there)");
	} else if (instead)
		problem(o, "rd.recovery.%s=%.60s is malformed: %s", w->name,
			!value		     ? ""
			: strchr(value, '@') ? "..." /* there may be a password before it */
					     : value,
			instead);
}

void options_kernel(struct options *o, const char *line, size_t len)
{
	cmdline_each(line, len, kernel_word, o);
	if (o->cut && o->mode != BOOT_OFF) /* whatever else the line says, before or behind */
		o->mode = BOOT_DIAGNOSE;
}

/* --- configuration file */

static const char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n && strchr(" \t\r", s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

/* NULL, or what is wrong with it. */
static const char *file_line(struct options *o, char *text)
{
	const char *key, *value;
	const struct word *w;
	char *equals;

	key = trim(text);
	if (!*key || *key == '#')
		return NULL;
	equals = strchr(text, '=');
	if (!equals)
		return "not 'key = value'";
	*equals = '\0';
	key = trim(text);
	value = trim(equals + 1);
	w = find_word(key, IN_FILE);
	if (!w)
		return "not a known key";
	return w->set(o, value) ? "not a value for this key" : NULL;
}

int options_file(struct options *o, const char *name, const char *text, size_t len)
{
	const char *p = text, *line, *wrong;
	unsigned number = 0, before = o->nproblems;
	char copy[512];
	size_t n;

	while (line_next(&p, text + len, &line, &n)) {
		number++;
		if (n >= sizeof copy || memchr(line, '\0', n)) {
			problem(o, "%.240s:%u: too long, or not text", name, number);
			continue;
		}
		memcpy(copy, line, n);
		copy[n] = '\0';
		wrong = file_line(o, copy);
		if (wrong)
			problem(o, "%.240s:%u: %s", name, number, wrong);
		explicit_bzero(copy, sizeof copy);
	}
	if (o->nproblems == before)
		return 0;
	o->keep = true;
	return -1;
}

/* --- command line */

#define ON(c) (1u << COMMAND_##c)
#define REPORTS (ON(RUN) | ON(DIAGNOSE) | ON(ROLLBACK) | ON(STATUS) | ON(VERIFY) | ON(REPORT))

static const struct argument {
	char name[16];
	unsigned commands;
	const char *(*set)(struct options *o, const char *value); /* or */
	size_t offset, cap;					  /* a text; cap 1: a flag */
} arguments[] = {
    {"--root", REPORTS | ON(CAPTURE) | ON(PASSWORD), NULL, offsetof(struct options, root), 256},
    {"--boot", ON(RUN) | ON(STATUS), NULL, offsetof(struct options, boot), 256},
    {"--user", ON(RUN) | ON(DIAGNOSE) | ON(PASSWORD), set_user, 0, 0},
    {"--password", ON(RUN), set_password, 0, 0},
    {"--phases", ON(RUN), set_phases, 0, 0},
    {"--config", ON(RUN), NULL, offsetof(struct options, config), 256},
    {"--capture", ON(RUN), NULL, offsetof(struct options, set.capture), 256},
    {"--timeout", ON(RUN) | ON(DIAGNOSE) | ON(STATUS) | ON(VERIFY) | ON(REPORT) | ON(PASSWORD),
     set_timeout, 0, 0},
    {"--build-timeout", ON(RUN), set_build_timeout, 0, 0},
    {"--output", ON(CAPTURE), NULL, offsetof(struct options, output), 256},
    {"--stage", ON(BOOT), NULL, offsetof(struct options, stage), 16},
    {"--json", REPORTS, NULL, offsetof(struct options, json), 1},
    {"--deep", ON(VERIFY), NULL, offsetof(struct options, deep), 1},
    {"--list", ON(REPORT), NULL, offsetof(struct options, list), 1},
    {"--forget", ON(ROLLBACK), NULL, offsetof(struct options, forget), 1},
};

static const struct {
	char name[10];
	enum command command;
} commands[] = {
    {"run", COMMAND_RUN},	  {"diagnose", COMMAND_DIAGNOSE}, {"rollback", COMMAND_ROLLBACK},
    {"capture", COMMAND_CAPTURE}, {"status", COMMAND_STATUS},	  {"verify", COMMAND_VERIFY},
    {"report", COMMAND_REPORT},	  {"hash", COMMAND_HASH},	  {"password", COMMAND_PASSWORD},
    {"boot", COMMAND_BOOT},	  {"help", COMMAND_HELP},	  {"--help", COMMAND_HELP},
    {"-h", COMMAND_HELP},	  {"--version", COMMAND_VERSION},
};

static int wrong(struct options *o, const char *what, const char *word)
{
	problem(o, "%s: %.100s", what, word);
	return -1;
}

static int set_argument(struct options *o, const struct argument *a, const char *value)
{
	if (a->set == set_password && str_starts(value, "file:") && value[5]) {
		o->set.password = PASSWORD_FILE;
		return str_copy(o->set.password_file, sizeof o->set.password_file, value + 5)
			   ? 0
			   : wrong(o, "too long", value);
	}
	if (a->set)
		return a->set(o, value) ? wrong(o, a->name, "malformed value") : 0;
	if (!*value || !str_copy((char *)o + a->offset, a->cap, value))
		return wrong(o, a->name, "empty or too long");
	return 0;
}

static int one_argument(struct options *o, char **argv, int *i)
{
	const struct argument *a = NULL;
	const char *word = argv[*i], *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);

	for (size_t k = 0; k < sizeof arguments / sizeof *arguments; k++)
		if (arguments[k].commands & 1u << o->command && strlen(arguments[k].name) == len &&
		    !strncmp(arguments[k].name, word, len))
			a = &arguments[k];
	if (!a && (ON(ROLLBACK) | ON(REPORT)) & 1u << o->command && word[0] != '-' &&
	    !o->run_name[0])
		return str_copy(o->run_name, sizeof o->run_name, word)
			   ? 0
			   : wrong(o, "no such run", word);
	if (!a)
		return wrong(o, "not an argument of this command", word);
	if (a->cap == 1) {
		*((bool *)((char *)o + a->offset)) = true;
		return value ? wrong(o, "takes no value", word) : 0;
	}
	if (value)
		return set_argument(o, a, value + 1);
	if (!argv[*i + 1])
		return wrong(o, "needs a value", word);
	return set_argument(o, a, argv[++*i]);
}

int options_arguments(struct options *o, int argc, char **argv)
{
	o->command = COMMAND_NONE;
	o->run_name[0] = '\0';
	if (argc < 2)
		return wrong(o, "no command given", "see rd-recovery --help");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(argv[1], commands[i].name))
			o->command = commands[i].command;
	if (o->command == COMMAND_NONE)
		return wrong(o, "no such command", argv[1]);
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--help")) { /* whatever comes behind it */
			o->command = COMMAND_HELP;
			return 0;
		}
		if (one_argument(o, argv, &i))
			return -1;
	}
	if (o->command == COMMAND_CAPTURE && !o->output[0])
		return wrong(o, "capture", "needs --output DIR");
	return 0;
}

int options_settle(struct options *o)
{
	int rc = 0;

	if (o->set.password == PASSWORD_CONFIG && !o->set.password_hash[0]) {
		rc = wrong(o, "password mode config", "the configuration has no password_hash");
		o->keep = true;
	}
	if (o->keep)
		o->set.password = PASSWORD_KEEP;
	return rc;
}

const char *options_help(void)
{
	return "usage: rd-recovery COMMAND [ARGUMENT...]\n"
	       "Find out why nobody can log in, repair it, prove it, leave a record.\n\n"
	       "  run       [--root DIR] [--boot DIR] [--user NAME] [--password MODE]\n"
	       "            [--phases LIST] [--config FILE] [--capture DIR] [--timeout S]\n"
	       "            [--build-timeout S] [--json]\n"
	       "            the eight phases on the system mounted at DIR (default /)\n"
	       "  diagnose  [--root DIR] [--user NAME] [--timeout S] [--json]\n"
	       "            print findings; write nothing\n"
	       "  rollback  [--root DIR] [--forget] [--json] [RUN]\n"
	       "            undo a run (default: the newest one not undone)\n"
	       "  capture   [--root DIR] --output DIR\n"
	       "            copy what a login needs, if the system is healthy\n"
	       "  status    [--root DIR] [--boot DIR] [--timeout S] [--json]\n"
	       "            is the rescue entry there and fit, what would a run find\n"
	       "  verify    [--root DIR] [--deep] [--timeout S] [--json]\n"
	       "            compare every installed file with the package database, and every\n"
	       "            program with the libraries it needs; --deep: every byte\n"
	       "  report    [--root DIR] [--list] [--timeout S] [--json] [RUN]\n"
	       "            tell a past run's story (default: the newest one's), or list the runs\n"
	       "  hash      password on standard input -> password_hash line\n"
	       "  password  [--root DIR] --user NAME [--timeout S]\n"
	       "            that line on standard input -> NAME's new password; no more\n\n"
	       "MODE: auto (default), generate, keep, config, file:PATH.\n"
	       "LIST: phases by number, as 1,4,5.\n\n"
	       "Exit status: 0 login proven (or healthy, all well), 1 finished but not proven\n"
	       "(or findings, something is not well),\n"
	       "2 usage or configuration error, nothing touched, 3 no usable target,\n"
	       "4 ended by a signal or by the run's own deadline.\n";
}
