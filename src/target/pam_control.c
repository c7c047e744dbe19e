#include "base/buf.h"
#include "target/pam_stack.h"

#include <string.h>
#include <strings.h>

/* --- controls */

/* libpam's return values in its own order (_pam_types.h): one that begins like an earlier one is
 * never reached, as there. */
static const char returns[] =
    " success open_err symbol_err service_err system_err buf_err perm_denied auth_err "
    "cred_insufficient "
    "authinfo_unavail user_unknown maxtries new_authtok_reqd acct_expired session_err cred_unavail "
    "cred_expired cred_err no_module_data conv_err authtok_err authtok_recover_err "
    "authtok_lock_busy "
    "authtok_disable_aging try_again ignore abort authtok_expired module_unknown bad_item "
    "conv_again "
    "incomplete default ";

static const struct {
	char name[15];
	signed char answer;
} answers[] = {{"success", PAM_SAYS_OK},	 {"ignore", PAM_SAYS_IGNORE},
	       {"auth_err", PAM_SAYS_NO},	 {"user_unknown", PAM_SAYS_WHO},
	       {"perm_denied", PAM_SAYS_DENIED}, {"module_unknown", PAM_SAYS_UNKNOWN},
	       {"default", PAM_ANSWERS}};

#define UNDEFINED (-9)

static void set_rest(short action[PAM_ANSWERS], short value)
{
	for (int i = 0; i < PAM_ANSWERS; i++)
		if (action[i] == UNDEFINED)
			action[i] = value;
}

static void set_all(short action[PAM_ANSWERS], short value)
{
	for (int i = 0; i < PAM_ANSWERS; i++)
		action[i] = value;
}

/* "ignore", "bad", ... or a jump of 1 or more. False: neither. */
static bool parse_action(const char **p, short *action)
{
	static const char names[][7] = {"ignore", "ok", "done", "bad", "die", "reset"};
	long n = 0;

	for (short i = 0; i < 6; i++)
		if (str_starts(*p, names[i])) {
			*p += strlen(names[i]);
			*action = (short)-i;
			return true;
		}
	while (**p >= '0' && **p <= '9' && n < 3000)
		n = n * 10 + *(*p)++ - '0';
	*action = (short)n;
	return n > 0 && n < 3000;
}

static void set_answer(short action[PAM_ANSWERS], const char *name, short value)
{
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (!strcmp(answers[i].name, name)) {
			if (answers[i].answer == PAM_ANSWERS)
				set_rest(action, value);
			else
				action[answers[i].answer] = value;
		}
}

/* One "name = action". 1, 0 at the end, -1 nonsense. */
static int parse_pair(const char **p, short action[PAM_ANSWERS], unsigned *jump)
{
	char name[28];
	size_t n;
	short value;

	*p += strspn(*p, " \t");
	if (!**p || **p == ']')
		return 0;
	n = strspn(*p, "abcdefghijklmnopqrstuvwxyz_");
	if (!n || n > 25)
		return -1;
	name[0] = ' ';
	memcpy(name + 1, *p, n);
	memcpy(name + n + 1, " ", 2);
	if (!strstr(returns, name))
		return -1;
	name[n + 1] = '\0';
	*p += n;
	*p += strspn(*p, " \t");
	if (*(*p)++ != '=')
		return -1;
	*p += strspn(*p, " \t");
	if (!parse_action(p, &value))
		return -1;
	if (value > 0 && (unsigned)value > *jump)
		*jump = (unsigned)value;
	set_answer(action, name + 1, value);
	return 1;
}

bool pam_control(const char *control, short action[PAM_ANSWERS], unsigned *jump)
{
	static const struct {
		char name[11];
		signed char ok, rest;
	} words[] = {{"required", PAM_DO_OK, PAM_DO_BAD},
		     {"requisite", PAM_DO_OK, PAM_DO_DIE},
		     {"optional", PAM_DO_OK, PAM_DO_IGNORE},
		     {"sufficient", PAM_DO_DONE, PAM_DO_IGNORE}};
	const char *p = control + (*control == '[');
	int rc;

	*jump = 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcasecmp(words[i].name, control)) {
			set_all(action, words[i].rest);
			action[PAM_SAYS_OK] = words[i].ok;
			action[PAM_SAYS_IGNORE] = PAM_DO_IGNORE;
			return true;
		}
	set_all(action, UNDEFINED);
	do
		rc = parse_pair(&p, action, jump);
	while (rc > 0);
	if (rc == 0 && *control == '[') {
		set_rest(action, PAM_DO_BAD);
		return true;
	}
	*jump = 0;
	set_all(action, PAM_DO_BAD);
	return false;
}

/* --- modules */

enum pam_kind pam_kind_of(const char *module)
{
	/* one string a kind; a name is " name " */
	static const struct {
		enum pam_kind kind;
		const char *names;
	} kinds[] = {
	    {PAM_PERMITS, " permit "},
	    {PAM_DENIES, " deny "},
	    {PAM_ROOT, " rootok "},
	    {PAM_MAYBE, " succeed_if wheel listfile localuser usertype timestamp rhosts "
			"sepermit "},
	    {PAM_PASSES, " faillock tally tally2 securetty shells access time cracklib "
			 "pwquality passwdqc pwhistory limits lastlog lastlog2 abl shield geoip "
			 "issue loginuid namespace "},
	    {PAM_IGNORES,
	     " nologin faildelay env group warn echo keyinit gnome_keyring kwallet kwallet5 mount "
	     "ecryptfs cap mktemp tmpdir umask mail motd selinux systemd elogind "
	     "ck_connector xauth gdm debug stress setquota tty_audit fscrypt zfs_key "},
	    {PAM_FOREIGN,
	     " lsass centrifydc vas3 fprintd fprint thinkfinger biometric howdy pkcs11 "
	     "p11 u2f yubico google_authenticator oath duo radius_auth tacplus securid "
	     "usb poldi okta_asa himmelblau "},
	};
	char name[66];
	const char *base = strrchr(module, '/');
	size_t n;

	base = base ? base + 1 : module;
	if (str_starts(base, "pam_"))
		base += 4;
	n = strcspn(base, ".");
	if (n > 60)
		return PAM_VERIFIES;
	name[0] = ' ';
	memcpy(name + 1, base, n);
	memcpy(name + n + 1, " ", 2);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strstr(kinds[i].names, name))
			return kinds[i].kind;
	return PAM_VERIFIES;
}
