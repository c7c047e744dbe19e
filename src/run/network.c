#include "run/network.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/cmdline.h"
#include "base/digest.h"
#include "base/interface.h"
#include "base/log.h"
#include "base/module.h"
#include "base/path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 200
#define CARD_SECONDS 5	/* for a card's driver to show it */
#define LINK_SECONDS 15 /* for its link */
#define FIRST_MS 1000	/* for a DHCP server's answer, then twice as long, and again */
#define DOUBLINGS 3

struct card {
	char name[IFNAMSIZ];
	int fd; /* where its DHCP messages come in */
	bool linked, offered;
	struct dhcp_client client;
	struct dhcp_lease offer;
	int64_t next; /* when to ask again */
	unsigned asked;
};
struct cards {
	struct network *n;
	const struct network_words *words;
	int control; /* a socket for ioctls (netdevice(7)) */
	struct card list[NETWORK_CARDS];
	unsigned count;
};

/* --- names */

/* resolv.conf(5). What the kernel line says comes before what a DHCP server says. */
static void write_names(const struct network_words *w, const struct dhcp_lease *l)
{
	char text[DHCP_SERVERS * 32] = "", address[INET_ADDRSTRLEN];
	struct buf b = BUF_OF(text);
	int fd;

	if (w->lease.nnames)
		l = &w->lease;
	if (!l->nnames) /* then what is there may do */
		return;
	for (unsigned i = 0; i < l->nnames; i++)
		buf_addf(&b, "nameserver %s\n",
			 inet_ntop(AF_INET, &l->names[i], address, sizeof address));
	fd = open("/etc/resolv.conf", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, b.p, b.len) != (ssize_t)b.len)
		log_line("/etc/resolv.conf: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* --- cards */

/* One with a plug: what is no device is somebody's bridge or tunnel, unless it was named. */
static bool is_meant(const struct cards *all, int dirfd, const char *name)
{
	char path[300];

	if (all->words->device[0])
		return !strcmp(all->words->device, name);
	snprintf(path, sizeof path, "%s/wireless", name);
	if (faccessat(dirfd, path, F_OK, 0) == 0)
		return false;
	snprintf(path, sizeof path, "%s/device", name);
	return faccessat(dirfd, path, F_OK, 0) == 0;
}

static int add_card(void *arg, int dirfd, const char *name)
{
	struct cards *all = arg;
	struct network *n = all->n;
	struct card *c;

	for (unsigned i = 0; i < all->count; i++)
		if (!strcmp(all->list[i].name, name))
			return 0;
	/* one that is up is somebody else's: it may be what the disk hangs on */
	if (n->nraised == NETWORK_CARDS || !is_meant(all, dirfd, name) ||
	    interface_is(all->control, name, IFF_UP))
		return 0;
	c = &all->list[all->count];
	*c = (struct card){.fd = -1};
	if (!str_copy(c->name, sizeof c->name, name) ||
	    interface_mac(all->control, name, c->client.mac) ||
	    random_bytes(&c->client.id, sizeof c->client.id))
		return 0;
	if (!n->nraised)
		n->filter_of_all = interface_filter("all", '0');
	n->filter[n->nraised] = interface_filter(name, '0');
	str_copy(n->raised[n->nraised++], IFNAMSIZ, name);
	if (interface_up(all->control, name, true))
		log_line("%s: %s", name, strerror(errno));
	all->count++;
	return 0;
}

static void look(struct cards *all)
{
	path_each(AT_FDCWD, "/sys/class/net", add_card, all);
	for (unsigned i = 0; i < all->count; i++)
		all->list[i].linked = interface_is(all->control, all->list[i].name, IFF_RUNNING);
}

/* --- DHCP, on every card with a link */

static int open_dhcp(const char *device)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(68)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) == 0 &&
	    bind(fd, (struct sockaddr *)&own, sizeof own) == 0)
		return fd;
	close(fd);
	return -1;
}

static void ask(struct card *c)
{
	struct sockaddr_in all = {
	    .sin_family = AF_INET, .sin_port = htons(67), .sin_addr.s_addr = INADDR_BROADCAST};
	unsigned char message[DHCP_BYTES];

	if (c->asked > DOUBLINGS) /* who offered it is gone */
		c->offered = false;
	dhcp_message(&c->client, c->offered ? &c->offer : NULL, message);
	if (sendto(c->fd, message, sizeof message, 0, (struct sockaddr *)&all, sizeof all) < 0)
		log_line("%s: DHCP: %s", c->name, strerror(errno));
	c->next = deadline_in_ms(FIRST_MS << (c->asked < DOUBLINGS ? c->asked : DOUBLINGS));
	c->asked++;
}

static void ask_all(struct cards *all)
{
	for (unsigned i = 0; i < all->count; i++) {
		struct card *c = &all->list[i];

		if (c->linked && c->fd < 0)
			c->fd = open_dhcp(c->name);
		if (c->linked && c->fd >= 0 && clock_ms() >= c->next)
			ask(c);
	}
}

/* What came for a card. True: it has an address. */
static bool hear(struct card *c)
{
	unsigned char message[1500];
	struct dhcp_lease l;
	ssize_t n;

	while (c->fd >= 0 && (n = recv(c->fd, message, sizeof message, 0)) > 0) {
		enum dhcp_type type = dhcp_reply(&c->client, message, (size_t)n, &l);

		if (type == DHCP_ACK && c->offered) {
			c->offer = l;
			return true;
		}
		if (type == DHCP_NONE || (type == DHCP_OFFER && c->offered))
			continue;
		c->offered = type == DHCP_OFFER;
		c->offer = l;
		c->asked = 0;
		if (c->offered)
			ask(c);
	}
	return false;
}

static struct card *hear_all(struct cards *all)
{
	struct pollfd p[NETWORK_CARDS];

	for (unsigned i = 0; i < all->count; i++)
		p[i] = (struct pollfd){.fd = all->list[i].fd, .events = POLLIN};
	poll(p, all->count, TICK_MS);
	for (unsigned i = 0; i < all->count; i++)
		if (hear(&all->list[i]))
			return &all->list[i];
	return NULL;
}

/* --- an address */

static bool any_link(const struct cards *all)
{
	for (unsigned i = 0; i < all->count; i++)
		if (all->list[i].linked)
			return true;
	return false;
}

/* The first card that has got, or can have, its address; NULL: none until the deadline. */
static struct card *await_card(struct cards *all, int64_t deadline)
{
	int64_t cards = deadline_in(CARD_SECONDS), links = deadline_in(LINK_SECONDS);
	struct card *c = NULL;

	while (!c && clock_ms() < deadline && (all->count || clock_ms() < cards) &&
	       (any_link(all) || clock_ms() < links)) {
		look(all);
		if (all->words->how == NETWORK_DHCP)
			ask_all(all);
		for (unsigned i = 0; all->words->how == NETWORK_STATIC && i < all->count && !c; i++)
			c = all->list[i].linked ? &all->list[i] : NULL;
		if (!c)
			c = hear_all(all);
	}
	return c;
}

static void say_none(const struct cards *all, struct buf *why)
{
	const char *name = all->words->device;

	if (!all->count && name[0])
		buf_addf(
		    why,
		    "there is no card %s that is not in use, or no driver for it in this initramfs",
		    name);
	else if (!all->count)
		buf_adds(
		    why,
		    "there is no card that is not in use, or no driver for it in this initramfs");
	else if (!any_link(all))
		buf_adds(why, "no cable:");
	else
		buf_adds(why, "no DHCP server answered:");
	for (unsigned i = 0; i < all->count; i++)
		buf_addf(why, " %s", all->list[i].name);
}

static int start(struct cards *all, int64_t deadline, struct buf *why)
{
	struct card *c = await_card(all, deadline);
	const struct dhcp_lease *l;
	char address[INET_ADDRSTRLEN];

	if (!c) {
		say_none(all, why);
		return -1;
	}
	l = all->words->how == NETWORK_STATIC ? &all->words->lease : &c->offer;
	inet_ntop(AF_INET, &l->address, address, sizeof address);
	if (interface_configure(all->control, c->name,
				(struct in_addr[]){l->address, l->mask, l->gateway})) {
		buf_addf(why, "%s could not be given %s: %s", c->name, address, strerror(errno));
		return -1;
	}
	write_names(all->words, l);
	log_say("network: %s is %s", c->name, address);
	return 0;
}

static void load_drivers(void)
{
	static struct modules m;

	if (modules_open(&m))
		return;
	modules_to_network(&m);
	modules_load_present(&m);
}

int network_start(struct network *n, int64_t deadline, char *why, size_t cap)
{
	struct network_words w;
	struct cards all = {.n = n, .words = &w};
	struct buf b = {.p = why, .cap = cap};
	char line[CMDLINE_CAP];
	ssize_t len = cmdline_read(line, sizeof line);
	int rc = -1;

	if (interface_any())
		return 0;
	network_words(&w, line, len > 0 ? (size_t)len : 0);
	if (w.how == NETWORK_OFF || w.how == NETWORK_MALFORMED) {
		buf_adds(&b, w.how == NETWORK_OFF ? "ip= says that there is none"
						  : "ip= is malformed, or says what is not known");
		return -1;
	}
	load_drivers();
	all.control = interface_control();
	if (all.control >= 0)
		rc = start(&all, deadline, &b);
	else
		buf_addf(&b, "this kernel has none: %s", strerror(errno));
	for (unsigned i = 0; i < all.count; i++)
		if (all.list[i].fd >= 0)
			close(all.list[i].fd);
	if (all.control >= 0)
		close(all.control);
	return rc;
}

void network_stop(const struct network *n)
{
	int control = n->nraised ? interface_control() : -1;

	if (control < 0)
		return;
	for (unsigned i = 0; i < n->nraised; i++) {
		interface_configure(control, n->raised[i], (struct in_addr[3]){{0}});
		interface_filter(n->raised[i], n->filter[i]);
		interface_up(control, n->raised[i], false);
	}
	interface_filter("all", n->filter_of_all);
	close(control);
}
