/* interface: what the kernel is told and asked about a network interface (netdevice(7)), IPv4. All calls return 0, or -1 and errno.
 */
#ifndef BASE_INTERFACE_H
#define BASE_INTERFACE_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>

/* A socket for the calls below. fd/-1. */
int interface_control(void);
/* Its address on an Ethernet; ENODEV: it is none. */
int interface_mac(int control, const char *name, unsigned char mac[6]);
int interface_up(int control, const char *name, bool up);
/* netdevice(7)'s flags: IFF_UP; IFF_RUNNING, up and with something at the other end of its cable. */
bool interface_is(int control, const char *name, short flag);
/* Its rp_filter ("all": everybody's; the greater counts) becomes to: while it is '1' or '2', what a DHCP server says to a card without an address is
 * dropped. Returns what it was; 0: not known, or to was 0, and nothing was changed. */
char interface_filter(const char *name, char to);
/* Its address (0: none any more), with a mask (0: the address's class says it) and a default route (0: none). */
int interface_configure(int control, const char *name, const struct in_addr *address_mask_gateway);
/* Is there any network beside the loopback's: a route (IPv4), or an address that is good beyond the cable (IPv6)? */
bool interface_any(void);

#endif
