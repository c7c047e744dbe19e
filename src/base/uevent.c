#include "base/uevent.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE (4 << 20)

static void take(struct uevent *e, const char *field)
{
	const struct {
		char key[11];
		const char **value;
	} known[] = {{"ACTION=", &e->action},
		     {"SUBSYSTEM=", &e->subsystem},
		     {"DEVNAME=", &e->devname},
		     {"MODALIAS=", &e->modalias}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_starts(field, known[i].key))
			*known[i].value = field + strlen(known[i].key);
}

bool uevent_parse(char *data, size_t len, struct uevent *e)
{
	bool any = false;

	*e = (struct uevent){"", "", "", ""};
	data[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (data[i] == '\n')
			data[i] = '\0';
	for (size_t i = 0; i < len; i += strlen(data + i) + 1) {
		take(e, data + i);
		any = any || strchr(data + i, '=');
	}
	return any;
}

int uevent_open(void)
{
	struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int size = QUEUE;
	int fd =
	    socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	if (bind(fd, (struct sockaddr *)&all, sizeof all) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Length; 0: nothing there, or another program's. */
static ssize_t receive(int fd, char *data)
{
	struct sockaddr_nl from = {0};
	socklen_t size = sizeof from;
	ssize_t n =
	    recvfrom(fd, data, UEVENT_CAP - 1, MSG_DONTWAIT, (struct sockaddr *)&from, &size);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n > 0 && from.nl_pid ? 0 : n;
}

int uevent_next(int fd, int stop, int64_t deadline, char *data, struct uevent *e)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = stop, .events = POLLIN}};

	do {
		ssize_t n = receive(fd, data);

		if (n < 0)
			return -1;
		if (n && uevent_parse(data, (size_t)n, e))
			return 1;
		if (!n && poll(p, 2, deadline_left(deadline)) < 0 && errno != EINTR)
			return -1;
		if (p[1].revents)
			return 0;
	} while (deadline_left(deadline) || p[0].revents);
	return 0;
}
