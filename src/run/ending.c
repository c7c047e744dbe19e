#include "run/ending.h"

#include "base/clock.h"
#include "base/log.h"
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/reboot.h>
#include <unistd.h>

static int sync_all(void *arg)
{
	(void)arg;
	sync();
	return 0;
}

static int end_machine(void *arg)
{
	const struct options *o = arg;
	const char *key = o->after == AFTER_POWEROFF ? "o" : "b";
	int fd;

	reboot(o->after == AFTER_POWEROFF ? RB_POWER_OFF : RB_AUTOBOOT);
	fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = write(fd, key, 1);

		close(fd);
		return n == 1 ? 0 : errno;
	}
	return errno;
}

int ending_finish(struct options *o)
{
	char why[320];

	if (o->after == AFTER_BOOT)
		return 0;
	if (o->after == AFTER_SHELL)
		return ENDING_SHELL;
	log_say(o->after == AFTER_POWEROFF ? "switching the machine off"
					   : "starting the machine again");
	supervisor_operation(&(struct operation){"sync", sync_all, NULL, 30}, why, sizeof why);
	if (supervisor_operation(&(struct operation){"end", end_machine, o, 30}, why, sizeof why))
		log_say("that failed: %s", why);
	return ENDING_ENDS;
}

void ending_say_asleep(const char *where)
{
	log_say("rd-recovery: a hibernated system waits on %s.", where);
	log_say("Mounting its root now would destroy it: nothing is mounted, nothing is written.");
	log_say("Boot the normal entry to wake it up, shut it down there, and come back.");
}

void ending_hold(const struct options *o)
{
	static const char then[][25] = {"the boot goes on", "the machine starts again",
					"the machine goes off", "a shell opens"};
	int64_t end = deadline_in(o->hold), next = 0;

	while (!supervisor_signalled() && clock_ms() < end) {
		int64_t seconds = (end - clock_ms() + 999) / 1000;

		if (clock_ms() >= next) {
			log_say("%s in %lld s", then[o->after], (long long)seconds);
			next = clock_ms() + 10000;
		}
		poll(NULL, 0, deadline_left(deadline_first(end, next)));
	}
}
