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
/* Is it up, and is there something at the other end of its cable? */
bool interface_linked(int control, const char *name);
/* Its address (0: none any more), with a mask (0: the address's class says it) and a default route (0: none). */
int interface_configure(int control, const char *name, const struct in_addr *address_mask_gateway);
/* Is there any network beside the loopback's: a route (IPv4), or an address that is good beyond the cable (IPv6)? */
bool interface_any(void);

#endif
