#include "run/devices.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/module.h"
#include "base/uevent.h"
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET_MS 2000 /* no new device for so long: no more are to come */
#define SAY_SECONDS 5
#define COLD_SECONDS 30
#define CONTAINER_SECONDS 30
#define LOADER_MS 500

/* --- drivers */

/* The next event's driver. False: none came before the deadline. */
static bool load_next(struct modules *m, int events, int64_t deadline)
{
	static char message[UEVENT_CAP];
	struct uevent e;
	int rc = uevent_next(events, -1, deadline, message, &e);

	if (rc > 0 && e.modalias[0] && strcmp(e.action, "remove"))
		modules_load(m, e.modalias);
	else if (rc < 0 && errno == ENOBUFS)
		modules_load_present(m);
	else if (rc < 0)
		_exit(1);
	return rc != 0;
}

static _Noreturn void be_loader(int events, int done)
{
	static struct modules m;

	if (modules_open(&m))
		log_line("no modules are carried for this kernel: only what it has built in works");
	modules_load_present(&m);
	modules_load_listed(&m);
	/* devices that those drivers found: of a bus behind a bus, and so on */
	while (load_next(&m, events, 0))
		;
	/* a child that hangs in a driver has it open still: its end would not be seen */
	if (write(done, "", 1) != 1)
		_exit(1);
	close(done);
	for (;;)
		load_next(&m, events, DEADLINE_NEVER);
}

int devices_start(struct devices *all)
{
	int done[2], ears = uevent_open();

	all->events = uevent_open();
	if (ears < 0 || all->events < 0 || pipe2(done, O_CLOEXEC))
		return -1;
	all->loader = fork();
	if (all->loader == 0) {
		close(all->events);
		close(done[0]);
		be_loader(ears, done[1]);
	}
	close(ears);
	close(done[1]);
	all->cold = done[0];
	return all->loader < 0 ? -1 : 0;
}

/* --- devices */

struct device *devices_named(struct devices *all, const char *path)
{
	for (unsigned i = 0; i < all->n; i++)
		if (!strcmp(all->list[i].path, path))
			return &all->list[i];
	return NULL;
}

static void look(struct devices *all, const char *name)
{
	struct device *d, now;
	char path[80];
	int rc;

	snprintf(path, sizeof path, "/dev/%s", name);
	if (!device_counts(name))
		return;
	rc = device_look(path, &now);
	if (rc && errno == ETIMEDOUT)
		log_say("%s does not answer: nobody knows what lies there", path);
	else if (rc)
		log_line("%s could not be looked at", path);
	d = devices_named(all, path);
	if (!d && all->n < DEVICES)
		d = &all->list[all->n++];
	if (d)
		*d = now;
}

static void look_at_all(struct devices *all)
{
	static char names[DEVICES][64];
	unsigned n = device_names(names, DEVICES);

	all->n = 0;
	for (unsigned i = 0; i < n; i++)
		look(all, names[i]);
}

static void forget(struct devices *all, const char *name)
{
	char path[80];
	struct device *d;

	snprintf(path, sizeof path, "/dev/%s", name);
	d = devices_named(all, path);
	if (d)
		*d = all->list[--all->n];
}

static const struct device *meant(const struct devices *all, const char *source)
{
	for (unsigned i = 0; i < all->n; i++)
		if (device_is(&all->list[i], source))
			return &all->list[i];
	return NULL;
}

static bool is_cold(struct devices *all)
{
	struct pollfd p = {.fd = all->cold};

	if (all->cold >= 0 && poll(&p, 1, 0) > 0) { /* the loader said so, or died */
		close(all->cold);
		all->cold = -1;
	}
	return all->cold < 0;
}

enum news { NOTHING, SOMETHING, BLOCK_DEVICE };

static enum news hear(struct devices *all, int64_t deadline)
{
	static char message[UEVENT_CAP];
	struct uevent e;
	int rc = uevent_next(all->events, all->cold, deadline, message, &e);

	if (rc < 0 && errno == ENOBUFS) {
		look_at_all(all);
		return BLOCK_DEVICE;
	}
	if (rc <= 0) {
		is_cold(all); /* else it would end every wait at once */
		return NOTHING;
	}
	if (strcmp(e.subsystem, "block") || !e.devname[0])
		return SOMETHING;
	if (!strcmp(e.action, "remove"))
		forget(all, e.devname);
	else
		look(all, e.devname);
	return BLOCK_DEVICE;
}

/* The kernel lets no driver's loading end before its disks are there, but for USB's
 * (async_synchronize_full, do_init_module). */
static void await_cold(struct devices *all)
{
	int64_t end = supervisor_deadline(COLD_SECONDS), say = deadline_in(SAY_SECONDS);

	while (!is_cold(all) && clock_ms() < end) {
		if (clock_ms() >= say) {
			log_say("waiting for the drivers, %lld s at most",
				(long long)(end - clock_ms()) / 1000 + 1);
			say = DEADLINE_NEVER;
		}
		hear(all, deadline_first(end, say));
	}
	if (all->cold >= 0)
		log_say("the drivers are not all there: going on with what is");
	while (hear(all, 0))
		;
}

static const struct device *await_meant(struct devices *all, const char *source, long seconds,
					int64_t end)
{
	int64_t say = deadline_in(SAY_SECONDS), quiet = deadline_in_ms(QUIET_MS);
	bool named = seconds <= CONTAINER_SECONDS; /* soon enough, by whoever finds no root */
	const struct device *d;

	while (!(d = meant(all, source)) && clock_ms() < end) {
		if (!named && clock_ms() >= quiet) {
			quiet = DEADLINE_NEVER;
			named = devices_say_containers(all);
			if (named) /* root lies in there, in all likelihood */
				end = deadline_first(end, deadline_in(CONTAINER_SECONDS));
		}
		if (clock_ms() >= say) {
			log_say("waiting for root=%s, %lld s at most", source,
				(long long)(end - clock_ms()) / 1000 + 1);
			say = DEADLINE_NEVER;
		}
		if (hear(all, deadline_first(end, named ? say : deadline_first(say, quiet))) ==
		    BLOCK_DEVICE)
			quiet = deadline_in_ms(QUIET_MS);
	}
	return d;
}

/* Until no more devices come. */
static void await_quiet(struct devices *all, int64_t end)
{
	int64_t quiet = deadline_in_ms(QUIET_MS);

	while (clock_ms() < end && (!all->n || clock_ms() < quiet))
		if (hear(all, all->n ? deadline_first(end, quiet) : end) == BLOCK_DEVICE)
			quiet = deadline_in_ms(QUIET_MS);
}

const struct device *devices_await(struct devices *all, const char *source, long seconds)
{
	int64_t end;

	look_at_all(all);
	await_cold(all);
	end = supervisor_deadline(seconds);
	if (source)
		return await_meant(all, source, seconds, end);
	await_quiet(all, end);
	return NULL;
}

const struct device *devices_twin(const struct devices *all, const char *source,
				  const struct device *d)
{
	for (unsigned i = 0; i < all->n; i++)
		if (&all->list[i] != d && device_is(&all->list[i], source) &&
		    !device_shares(&all->list[i], d))
			return &all->list[i];
	return NULL;
}

const struct device *devices_asleep(const struct devices *all)
{
	for (unsigned i = 0; i < all->n; i++)
		if (!strcmp(all->list[i].type, "swsuspend"))
			return &all->list[i];
	return NULL;
}

bool devices_say_containers(const struct devices *all)
{
	bool any = false;

	for (unsigned i = 0; i < all->n; i++) {
		const char *what = device_container(&all->list[i]);

		if (what)
			log_say("%s is %s: use the dracut entry for what lies in it",
				all->list[i].path, what);
		any = any || what;
	}
	return any;
}

void devices_end(struct devices *all)
{
	kill(all->loader, SIGKILL);
	for (int i = 0; i < LOADER_MS / 5 && waitpid(all->loader, NULL, WNOHANG) == 0; i++)
		poll(NULL, 0, 5);
}
