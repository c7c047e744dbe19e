#include "run/network.h"

#include "base/buf.h"
#include "base/cmdline.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#define FIELDS 8

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

static bool is_dhcp(const char *s)
{
	return is_one_of(s, (const char *const[]){"dhcp", "on", "any", NULL});
}

static bool is_none(const char *s)
{
	return is_one_of(s, (const char *const[]){"none", "off", NULL});
}

static bool take_address(const char *text, struct in_addr *a)
{
	return inet_pton(AF_INET, text, a) == 1;
}

/* In dots, or how many bits. */
static bool take_mask(const char *text, struct in_addr *a)
{
	long bits;

	if (str_number(text, 1, 32, &bits))
		return take_address(text, a);
	a->s_addr = htonl(UINT32_MAX << (32 - bits));
	return true;
}

static bool take_device(struct network_words *w, const char *name)
{
	return !strchr(name, '/') && str_copy(w->device, sizeof w->device, name);
}

/* ADDRESS:[PEER]:GATEWAY:MASK:[HOST]:DEVICE:HOW */
static enum network_how long_form(struct network_words *w, char *const *f)
{
	if (!take_device(w, f[5]))
		return NETWORK_MALFORMED;
	if (is_dhcp(f[6]))
		return NETWORK_DHCP;
	if (!is_none(f[6]) || !take_address(f[0], &w->lease.address) ||
	    !take_mask(f[3], &w->lease.mask) || (*f[2] && !take_address(f[2], &w->lease.gateway)))
		return NETWORK_MALFORMED;
	return NETWORK_STATIC;
}

static enum network_how take_ip(struct network_words *w, char *value)
{
	char *f[FIELDS] = {0};
	unsigned n = 0;

	while (value && n < FIELDS)
		f[n++] = strsep(&value, ":");
	w->device[0] = '\0';
	if (n == 1 && (is_dhcp(f[0]) || is_none(f[0])))
		return is_none(f[0]) ? NETWORK_OFF : NETWORK_DHCP;
	if (n == 2 && is_dhcp(f[1]) && take_device(w, f[0]))
		return NETWORK_DHCP;
	return n == 7 ? long_form(w, f) : NETWORK_MALFORMED;
}

static void take_word(void *arg, char *word, bool cut)
{
	struct network_words *w = arg;
	struct dhcp_lease *l = &w->lease;

	if (str_starts(word, "ip="))
		w->how = cut ? NETWORK_MALFORMED : take_ip(w, word + 3);
	if (str_starts(word, "nameserver=") && l->nnames < DHCP_SERVERS &&
	    take_address(word + strlen("nameserver="), &l->names[l->nnames]))
		l->nnames++;
}

void network_words(struct network_words *w, const char *line, size_t len)
{
	memset(w, 0, sizeof *w);
	cmdline_each(line, len, take_word, w);
}
