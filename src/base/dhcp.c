#include "base/dhcp.h"

#include <string.h>

#define HEAD 240 /* up to the options, the cookie among it */
#define BROADCAST 0x80

enum place {
	OP = 0,
	HTYPE = 1,
	HLEN = 2,
	XID = 4,
	FLAGS = 10,
	YIADDR = 16,
	CHADDR = 28,
	COOKIE = 236
};
enum option {
	PAD = 0,
	MASK = 1,
	ROUTER = 3,
	NAMES = 6,
	ADDRESS = 50,
	TYPE = 53,
	SERVER = 54,
	WANTED = 55,
	END = 255
};

static const unsigned char cookie[4] = {99, 130, 83, 99};

static unsigned char *put(unsigned char *at, enum option o, const void *data, size_t len)
{
	at[0] = (unsigned char)o;
	at[1] = (unsigned char)len;
	memcpy(at + 2, data, len);
	return at + 2 + len;
}

void dhcp_message(const struct dhcp_client *c, const struct dhcp_lease *offer,
		  unsigned char message[DHCP_BYTES])
{
	static const unsigned char wanted[] = {MASK, ROUTER, NAMES};
	unsigned char *at = message + HEAD;

	memset(message, 0, DHCP_BYTES);
	message[OP] = message[HTYPE] = 1; /* a request, over Ethernet */
	message[HLEN] = sizeof c->mac;
	message[FLAGS] = BROADCAST;
	memcpy(message + XID, &c->id, sizeof c->id);
	memcpy(message + CHADDR, c->mac, sizeof c->mac);
	memcpy(message + COOKIE, cookie, sizeof cookie);
	at = put(at, TYPE, offer ? "\3" : "\1", 1);
	if (offer) {
		at = put(at, ADDRESS, &offer->address, sizeof offer->address);
		at = put(at, SERVER, &offer->server, sizeof offer->server);
	}
	at = put(at, WANTED, wanted, sizeof wanted);
	*at = END;
}

static void take(struct in_addr *dst, const unsigned char *data, size_t len)
{
	if (len >= sizeof *dst)
		memcpy(dst, data, sizeof *dst);
}

static void take_option(struct dhcp_lease *l, int option, const unsigned char *data, size_t len)
{
	if (option == MASK)
		take(&l->mask, data, len);
	else if (option == ROUTER)
		take(&l->gateway, data, len);
	else if (option == SERVER)
		take(&l->server, data, len);
	for (; option == NAMES && len >= 4 && l->nnames < DHCP_SERVERS; data += 4, len -= 4)
		take(&l->names[l->nnames++], data, len);
}

/* The options after one another; the type. What runs over the end is not there. */
static int take_options(struct dhcp_lease *l, const unsigned char *at, const unsigned char *end)
{
	int type = DHCP_NONE;

	while (at < end && *at != END) {
		if (*at == PAD) {
			at++;
			continue;
		}
		if (end - at < 2 || end - at - 2 < at[1])
			break;
		if (at[0] == TYPE && at[1])
			type = at[2];
		else
			take_option(l, at[0], at + 2, at[1]);
		at += 2 + at[1];
	}
	return type;
}

enum dhcp_type dhcp_reply(const struct dhcp_client *c, const unsigned char *message, size_t len,
			  struct dhcp_lease *l)
{
	int type;

	memset(l, 0, sizeof *l);
	if (len < HEAD || message[OP] != 2 || memcmp(message + XID, &c->id, sizeof c->id) ||
	    memcmp(message + CHADDR, c->mac, sizeof c->mac) ||
	    memcmp(message + COOKIE, cookie, sizeof cookie))
		return DHCP_NONE;
	type = take_options(l, message + HEAD, message + len);
	take(&l->address, message + YIADDR, sizeof l->address);
	if (type == DHCP_NAK)
		return DHCP_NAK;
	if ((type != DHCP_OFFER && type != DHCP_ACK) || !l->address.s_addr || !l->server.s_addr)
		return DHCP_NONE;
	return (enum dhcp_type)type;
}
