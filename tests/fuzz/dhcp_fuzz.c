/* A DHCP message that anybody on the cable may have sent: a letter for the client's exchange, then
 * the message. */
#include "fuzz.h"

#include "base/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_client c = {0};
	struct dhcp_lease l;
	unsigned char request[DHCP_BYTES];
	char *copy;

	if (size < 40)
		return 0;
	/* half of them are for this client */
	if (*data & 1) {
		memcpy(&c.id, data + 1 + 4, sizeof c.id);
		memcpy(c.mac, data + 1 + 28, sizeof c.mac);
	}
	copy = fuzz_copy((struct fuzz_part){(const char *)data + 1, size - 1});
	switch (dhcp_reply(&c, (unsigned char *)copy, size - 1, &l)) {
	case DHCP_OFFER:
	case DHCP_ACK:
		CLAIM(l.address.s_addr && l.server.s_addr && l.nnames <= DHCP_SERVERS);
		CLAIM(memmem(copy, size - 1, &l.server, 4) && memmem(copy, size - 1, &l.mask, 4));
		CLAIM(!memcmp(copy + 4, &c.id, 4) && !memcmp(copy + 28, c.mac, 6));
		/* the request for it is no reply of a server's */
		dhcp_message(&c, &l, request);
		CLAIM(memmem(request, sizeof request, &l.server, 4));
		CLAIM(dhcp_reply(&c, request, sizeof request, &l) == DHCP_NONE);
		break;
	case DHCP_NAK:
	case DHCP_NONE:
		break;
	default:
		CLAIM(!"a type");
	}
	free(copy);
	return 0;
}
