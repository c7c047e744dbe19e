#include "base/interface.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int interface_control(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static struct ifreq request(const char *name)
{
	struct ifreq r = {0};

	str_copy(r.ifr_name, sizeof r.ifr_name, name);
	return r;
}

int interface_mac(int control, const char *name, unsigned char mac[6])
{
	struct ifreq r = request(name);

	if (ioctl(control, SIOCGIFHWADDR, &r))
		return -1;
	memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	errno = ENODEV;
	return r.ifr_hwaddr.sa_family == ARPHRD_ETHER ? 0 : -1;
}

int interface_up(int control, const char *name, bool up)
{
	struct ifreq r = request(name);

	if (ioctl(control, SIOCGIFFLAGS, &r))
		return -1;
	r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
	return ioctl(control, SIOCSIFFLAGS, &r);
}

bool interface_is(int control, const char *name, short flag)
{
	struct ifreq r = request(name);

	return ioctl(control, SIOCGIFFLAGS, &r) == 0 && r.ifr_flags & flag;
}

char interface_filter(const char *name, char to)
{
	char path[80], was = 0;
	int fd;

	snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/rp_filter", name);
	fd = to ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	if (read(fd, &was, 1) != 1 || (was != to && pwrite(fd, &to, 1, 0) != 1))
		was = 0;
	close(fd);
	return was;
}

static int set_address(int control, const char *name, unsigned long what, struct in_addr a)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr = a};
	struct ifreq r = request(name);

	memcpy(&r.ifr_addr, &sa, sizeof sa);
	return ioctl(control, what, &r);
}

static int set_gateway(int control, const char *name, struct in_addr gateway)
{
	struct sockaddr_in any = {.sin_family = AF_INET}, to = any;
	struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
	struct rtentry host = {.rt_flags = RTF_UP | RTF_HOST, .rt_dev = (char *)name};

	to.sin_addr = gateway;
	memcpy(&route.rt_gateway, &to, sizeof to);
	memcpy(&route.rt_dst, &any, sizeof any);
	memcpy(&route.rt_genmask, &any, sizeof any);
	if (ioctl(control, SIOCADDRT, &route) == 0)
		return 0;
	if (errno != ENETUNREACH)
		return -1;
	/* it lies outside the mask (a cloud's /32), and on the cable all the same */
	memcpy(&host.rt_dst, &to, sizeof to);
	return ioctl(control, SIOCADDRT, &host) || ioctl(control, SIOCADDRT, &route) ? -1 : 0;
}

int interface_configure(int control, const char *name, const struct in_addr *address_mask_gateway)
{
	const struct in_addr *a = address_mask_gateway;

	if (set_address(control, name, SIOCSIFADDR, a[0]) ||
	    (a[1].s_addr && set_address(control, name, SIOCSIFNETMASK, a[1])))
		return -1;
	return a[2].s_addr ? set_gateway(control, name, a[2]) : 0;
}

/* Does a line of a table of /proc/net say so? */
static bool any_line(const char *table, bool (*says)(const char *line, size_t len))
{
	int fd = open(table, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	const char *p = text, *line;
	bool any = false;
	size_t len;

	if (fd >= 0)
		close(fd);
	while (n > 0 && line_next(&p, text + n, &line, &len))
		any = any || says(line, len);
	return any;
}

/* "Iface Destination ...", then a line for each */
static bool is_route(const char *line, size_t len)
{
	return len > 6 && memcmp(line, "Iface", 5) && memcmp(line, "lo\t", 3);
}

/* "ADDRESS INDEX LENGTH SCOPE FLAGS NAME", of fixed width; scope 0 is the world's */
static bool is_global(const char *line, size_t len)
{
	return len > 42 && !memcmp(line + 38, " 00 ", 4);
}

bool interface_any(void)
{
	return any_line("/proc/net/route", is_route) || any_line("/proc/net/if_inet6", is_global);
}
