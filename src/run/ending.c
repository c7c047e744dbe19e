#include "run/ending.h"

#include "base/clock.h"
#include "base/console.h"
#include "base/log.h"
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

#define END_SECONDS 30
#define LAST_SECONDS 10

static int sync_all(void *arg)
{
	(void)arg;
	sync();
	return 0;
}

static int end_machine(void *arg)
{
	const struct options *o = arg;

	reboot(o->after == AFTER_POWEROFF ? RB_POWER_OFF : RB_AUTOBOOT);
	return errno;
}

/* It asks no driver, as reboot(2) does, which may never come back from one. */
static int press_sysrq(void *arg)
{
	const struct options *o = arg;
	const char *key = o->after == AFTER_POWEROFF ? "o" : "b";
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, key, 1);
	int error = errno;

	if (fd >= 0)
		close(fd);
	return n == 1 ? 0 : error;
}

int ending_finish(struct options *o)
{
	long seconds = o->set.timeout < END_SECONDS ? o->set.timeout : END_SECONDS;
	char why[320];

	if (o->after == AFTER_BOOT)
		return 0;
	if (o->after == AFTER_SHELL)
		return ENDING_SHELL;
	log_say(o->after == AFTER_POWEROFF ? "switching the machine off"
					   : "starting the machine again");
	if (supervisor_operation(&(struct operation){"sync", sync_all, NULL, seconds}, why,
				 sizeof why))
		log_say("not everything is on the disks: sync: %s", why);
	if (supervisor_operation(&(struct operation){"reboot", end_machine, o, seconds}, why,
				 sizeof why))
		log_say("that failed: %s; by the kernel's SysRq", why);
	if (supervisor_operation(&(struct operation){"SysRq", press_sysrq, o, seconds}, why,
				 sizeof why))
		log_say("that failed, too: %s", why);
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
	int64_t end = deadline_in(o->hold);
	long seconds, said = -1;
	char line[60];

	if (supervisor_end() != DEADLINE_NEVER) /* that time is not the run's */
		supervisor_until(supervisor_end() + (int64_t)o->hold * 1000);
	while (!supervisor_signalled() && clock_ms() < end) {
		seconds = (long)(end - clock_ms() + 999) / 1000;
		snprintf(line, sizeof line, "%s in %ld s", then[o->after], seconds);
		console_live(line);
		/* where each stays, it would push the verdict off the screen */
		if (said < 0 || (seconds == LAST_SECONDS && said != LAST_SECONDS)) {
			log_show_steady("%s", line);
			said = seconds;
		}
		poll(NULL, 0, deadline_left(deadline_first(end, deadline_in(1))));
	}
	if (said >= 0)
		log_show(TONE_PLAIN, "", "%s now", then[o->after]);
}
