/* network: an IPv4 address in the initramfs, for as long as it takes to send a report. Where something else (dracut's network module, the kernel's own ip=)
 * has made a network already, that one is used and left alone.
 *
 * Life cycle: network_words; network_start; network_stop, also after a network_start that failed or was killed.
 */
#ifndef RUN_NETWORK_H
#define RUN_NETWORK_H

#include "base/dhcp.h"

#include <net/if.h>
#include <stdint.h>

#define NETWORK_CARDS 8

enum network_how { NETWORK_DHCP, NETWORK_STATIC, NETWORK_OFF, NETWORK_MALFORMED };
struct network_words {
	enum network_how how;
	char device[IFNAMSIZ]; /* "": any card */
	struct dhcp_lease lease; /* static: what ip= says; always: nameserver= */
};
/* A part of dracut.cmdline(7)'s grammar: ip=dhcp (on, any), ip=DEVICE:dhcp, ip=ADDRESS:[PEER]:GATEWAY:MASK:[HOST]:DEVICE:none (off, dhcp), ip=none (off);
 * nameserver=ADDRESS, three times at most. Without ip=: dhcp. The last ip= counts. Pure. */
void network_words(struct network_words *w, const char *line, size_t len);

struct network { /* zeroed, in memory shared with the child that starts it */
	char raised[NETWORK_CARDS][IFNAMSIZ]; /* what network_stop takes down */
	unsigned nraised;
	char filter[NETWORK_CARDS], filter_of_all; /* interface_filter's, as they were */
};
/* Load the drivers carried for cards (modules.network), give one its address, name the servers of names in /etc/resolv.conf. It takes until the deadline
 * at most, where the kernel does not hang. 0; or -1 and why. */
int network_start(struct network *n, int64_t deadline, char *why, size_t cap);
/* As they were: no address, down. */
void network_stop(const struct network *n);

#endif
