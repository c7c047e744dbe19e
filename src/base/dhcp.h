/* dhcp: the messages of a DHCP client (RFC 2131, 2132). Pure; addresses are in network byte order.
 *
 * Life cycle: a DISCOVER (dhcp_message without an offer), the OFFER of a server, the REQUEST for it (dhcp_message with the offer), its ACK. All of them go
 * to the broadcast address, and servers are asked to answer there, too: the client has no address yet.
 */
#ifndef BASE_DHCP_H
#define BASE_DHCP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_BYTES 300 /* a message of the client's: no relay passes a shorter one on */
#define DHCP_SERVERS 3 /* of names */

enum dhcp_type { DHCP_NONE, DHCP_OFFER = 2, DHCP_ACK = 5, DHCP_NAK = 6 };
struct dhcp_client {
	uint32_t id; /* of this exchange, random */
	unsigned char mac[6];
};
struct dhcp_lease {
	struct in_addr address, mask, gateway, server; /* mask, gateway: 0 where it is not said */
	struct in_addr names[DHCP_SERVERS];
	unsigned nnames;
};
/* A DISCOVER, or the REQUEST for what was offered. */
void dhcp_message(const struct dhcp_client *c, const struct dhcp_lease *offer, unsigned char message[DHCP_BYTES]);
/* The type of a message that answers this client, its lease filled; DHCP_NONE: it does not, or says no address or server. */
enum dhcp_type dhcp_reply(const struct dhcp_client *c, const unsigned char *message, size_t len, struct dhcp_lease *l);

#endif
