/* Process 1 of the self-contained initramfs. It does as little as it can itself: what may block or
 * fail is done by children, which it waits for; it never ends, for that would be a kernel panic,
 * the worst screen of all. */
#include "run/commands.h"

#include "base/cmdline.h"
#include "base/console.h"
#include "base/log.h"
#include "base/module.h"
#include "run/ending.h"
#include "run/find.h"
#include "run/run.h"
#include "run/supervisor.h"
#include "run/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGAIN_MS 5000

enum found { READY, NO_ROOT, MUST_END };

/* --- what every program expects */

static void prepare(void)
{
	static const struct {
		char type[9], point[6], data[10];
		unsigned long flags;
	} mounts[] = {{"proc", "/proc", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
		      {"sysfs", "/sys", "", MS_NOSUID | MS_NODEV | MS_NOEXEC},
		      {"devtmpfs", "/dev", "mode=0755", MS_NOSUID},
		      {"tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV}};
	int fd;

	umask(022);
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		mkdir(mounts[i].point, 0755);
		mount(mounts[i].type, mounts[i].point, mounts[i].type, mounts[i].flags,
		      mounts[i].data);
	}
	/* the kernel gave none when there was no /dev/console yet */
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		if (i != fd)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* Whom the kernel asks for a module by itself (a file system's, a cipher's): from now on path. What
 * it was goes to old, if it may. */
static void set_helper(const char *path, char *old, size_t cap)
{
	int fd = open("/proc/sys/kernel/modprobe", O_RDWR | O_CLOEXEC);
	ssize_t n = fd < 0 || !old ? 0 : read(fd, old, cap - 1);

	if (old)
		old[n > 0 ? n : 0] = '\0';
	if (fd < 0)
		return;
	if (pwrite(fd, path, strlen(path), 0) < 0)
		log_line("no modules on the kernel's own request: %s", strerror(errno));
	close(fd);
}

int command_module(const char *alias)
{
	static struct modules m;
	unsigned found;

	if (modules_open(&m))
		return 1;
	found = modules_load(&m, alias);
	if (!found) { /* a card's driver asks for the one of what sits on the card */
		modules_to_network(&m);
		found = modules_load(&m, alias);
	}
	return found && !m.failed ? 0 : 1;
}

/* --- children */

/* fn's value; -1: it did not end by itself. Whatever else ends meanwhile was an orphan. */
static int spawn(int (*fn)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid = fork(), gone;

	if (pid == 0)
		_exit(fn(arg));
	while (pid > 0 && (gone = waitpid(-1, &status, 0)) != pid)
		if (gone < 0 && errno != EINTR)
			break;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct stage {
	const char *name;
	bool doubt;
};

static int run_stage(void *arg)
{
	static struct options o;
	const struct stage *s = arg;

	options_default(&o);
	o.bare = true;
	o.doubt = s->doubt;
	snprintf(o.stage, sizeof o.stage, "%s", s->name);
	return command_boot(&o);
}

/* A child may have been killed in the middle of anything: never taken for success. */
static int stage(const char *name, bool doubt)
{
	int status = spawn(run_stage, &(struct stage){name, doubt});

	if (status < 0)
		log_say("rd-recovery: the stage %s ended before its time", name);
	return status;
}

/* --- the boot */

/* Without rd.recovery a sleeping system is woken up, as by any initramfs. Returns only if that
 * fails. */
static int wake(const char *device, const char *where)
{
	char text[32];
	struct stat st;
	int fd = open("/sys/power/resume", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && stat(device, &st) == 0) {
		int n = snprintf(text, sizeof text, "%u:%u", major(st.st_rdev), minor(st.st_rdev));

		if (write(fd, text, (size_t)n) < 0)
			log_line("%s: %s", device, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	log_say("%s holds a hibernated system that could not be woken: nothing is mounted; "
		"'noresume' on the kernel line gives it up",
		where);
	return MUST_END;
}

static int find(void *arg)
{
	struct find *f = arg;
	const struct device *asleep;

	find_device(f);
	asleep = devices_asleep(&f->all);
	if (f->rescue && stage("pre-mount", false) != 0)
		return MUST_END;
	if (!f->rescue && asleep && !f->words.noresume)
		return wake(asleep->path, asleep->path);
	if (find_mount(f) == 0)
		return READY;
	if (f->asleep[0] && !f->rescue) /* the kernel knows resume_offset= by itself */
		return wake(f->device, f->asleep);
	if (f->asleep[0])
		ending_say_asleep(f->asleep);
	return f->asleep[0] ? MUST_END : NO_ROOT;
}

static int settle(void *arg)
{
	find_settle(arg);
	return 0;
}

static _Noreturn void end(struct options *o)
{
	if (o->after != AFTER_POWEROFF)
		o->after = AFTER_REBOOT;
	ending_hold(o);
	for (;;) {
		ending_finish(o);
		poll(NULL, 0, AGAIN_MS);
	}
}

/* Whatever came of the run, the boot goes on, unless the machine was to end (it may be doing so by
 * now, or the run was cut off before it could see to that), or root's disk is dead. */
static int after_run(struct options *o, const struct find *f, int status)
{
	supervisor_until(supervisor_end() + (int64_t)o->hold * 1000);
	if (status == ENDING_ENDS)
		o->hold = 0; /* it has held already */
	if (status == ENDING_ENDS || f->doubt || o->after == AFTER_REBOOT ||
	    o->after == AFTER_POWEROFF)
		return MUST_END;
	return find_answers(f, o->set.timeout) ? READY : MUST_END;
}

static void read_words(struct options *o, struct find *f)
{
	char line[CMDLINE_CAP];
	ssize_t n = cmdline_read(line, sizeof line);

	command_configure(o);
	if (n > 0) {
		options_kernel(o, line, (size_t)n);
		root_words(&f->words, line, (size_t)n);
	}
	f->rescue = o->mode != BOOT_OFF;
}

bool command_is_init(char **argv)
{
	const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;

	/* in a container it would be process 1 too */
	return getpid() == 1 && slash && (!argv[1] || !strcmp(slash, "/init")) && switch_can();
}

int command_init(struct options *o)
{
	struct find *f = supervisor_shared(sizeof *f);
	int outcome = NO_ROOT;
	char helper[256];

	prepare();
	log_start();
	console_to(CONSOLE_DEVICES);
	supervisor_signals();
	if (!f)
		end(o);
	read_words(o, f);
	set_helper("/init", helper, sizeof helper);
	if (o->mode != BOOT_OFF)
		run_limit(o);
	if (devices_start(&f->all) == 0)
		outcome = spawn(find, f);
	else
		log_say("rd-recovery: the kernel cannot be heard: %s", strerror(errno));
	if (outcome < 0) {
		log_say("rd-recovery: the search for root ended before its time");
		outcome = NO_ROOT;
	}
	if (outcome == READY && f->rescue)
		outcome = after_run(o, f, stage("pre-pivot", f->doubt));
	else if (outcome == NO_ROOT && f->rescue && stage("emergency", false) >= 0)
		o->hold = 0; /* it has held already */
	if (outcome != READY)
		end(o);
	spawn(settle, f);
	devices_end(&f->all);
	set_helper(helper, NULL, 0);
	switch_root(FIND_POINT, f->words.init, o->argv);
	log_say("rd-recovery: no init could be started: %s", strerror(errno));
	end(o);
}
