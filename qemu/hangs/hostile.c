/* hostile: what a guest of qemu/hangs does to itself when it is told to. It is the kernel's first
 * program: it starts a child that listens on the second serial port, then becomes the initramfs's
 * init. Nothing of the payload knows of it.
 *
 *   freeze PATH   FIFREEZE: writers of that file system wait
 *   suspend       the device-mapper device below root takes no requests any more
 *   fill PATH     a file there takes the last block
 *   names PATH    empty files there take the last inode
 *   fuse PATH     a FUSE file system there whose server takes every request and answers none
 *
 * Done: "hostile: done" on the console. HOSTILE=dm in the environment (the kernel line): root's
 * disk is put below a device-mapper device, dm-0. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PROC "/hostile.proc"
#define DISK "/dev/nvme0n1"

static void say(const char *what, const char *word)
{
	FILE *f = fopen("/dev/console", "w");

	if (!f)
		return;
	fprintf(f, "hostile: %s %s\n", what, word);
	fclose(f);
}

static int load(const char *module)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : (int)syscall(SYS_finit_module, fd, "", 0);
}

/* --- device mapper: a linear device over the whole disk (linux/dm-ioctl.h) */

static int dm(int control, unsigned long what, struct dm_ioctl *d)
{
	d->version[0] = DM_VERSION_MAJOR;
	d->data_size = 512;
	d->data_start = sizeof *d;
	strcpy(d->name, "hostile");
	return ioctl(control, what, d);
}

static void await_disk(void)
{
	struct pollfd p = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
	char news[4096];

	inotify_add_watch(p.fd, "/dev", IN_CREATE);
	while (access(DISK, F_OK) && poll(&p, 1, 10000) > 0 && read(p.fd, news, sizeof news) > 0)
		;
	close(p.fd);
}

static int dm_create(void)
{
	union {
		struct dm_ioctl d;
		char room[512];
	} u = {0};
	struct dm_target_spec *target = (void *)(u.room + sizeof u.d);
	int control, disk;
	unsigned long long bytes = 0;

	if (load("/hostile.d/dm-mod.ko"))
		return -1;
	await_disk();
	disk = open(DISK, O_RDONLY | O_CLOEXEC);
	control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (disk < 0 || ioctl(disk, BLKGETSIZE64, &bytes) || dm(control, DM_DEV_CREATE, &u.d))
		return -1;
	close(disk);
	memset(&u, 0, sizeof u);
	u.d.target_count = 1;
	target->length = bytes / 512;
	strcpy(target->target_type, "linear");
	strcpy((char *)(target + 1), DISK " 0");
	if (dm(control, DM_TABLE_LOAD, &u.d))
		return -1;
	unlink(DISK); /* who looks for root finds it above */
	memset(&u, 0, sizeof u);
	return dm(control, DM_DEV_SUSPEND, &u.d); /* without DM_SUSPEND_FLAG: resume */
}

static int dm_suspend(void)
{
	union {
		struct dm_ioctl d;
		char room[512];
	} u = {.d.flags = DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG};

	return dm(open("/dev/mapper/control", O_RDWR | O_CLOEXEC), DM_DEV_SUSPEND, &u.d);
}

/* --- the supervisor's mounts are its own */

static int link_of(const char *pid, const char *link, char *name, size_t cap)
{
	char path[300];
	ssize_t n;

	snprintf(path, sizeof path, PROC "/%s/%s", pid, link);
	n = readlink(path, name, cap - 1);
	name[n > 0 ? n : 0] = '\0';
	return n > 0 ? 0 : -1;
}

/* The first program that has other mounts than this one is the supervisor. (A thread of the
 * kernel's has its own, too, but no file.) */
static int enter_supervisor(void)
{
	char own[64], other[64], file[300], path[300];
	DIR *d = opendir(PROC);
	struct dirent *e;
	int lowest = 0, fd;

	if (!d || link_of("self", "ns/mnt", own, sizeof own))
		return -1;
	while ((e = readdir(d))) {
		int pid = atoi(e->d_name);

		if (pid > 0 && (!lowest || pid < lowest) &&
		    link_of(e->d_name, "exe", file, sizeof file) == 0 &&
		    link_of(e->d_name, "ns/mnt", other, sizeof other) == 0 && strcmp(own, other))
			lowest = pid;
	}
	closedir(d);
	snprintf(path, sizeof path, PROC "/%d/ns/mnt", lowest);
	fd = lowest ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	return fd < 0 ? -1 : setns(fd, CLONE_NEWNS);
}

/* --- FUSE: mounted, its greeting answered, nothing else (linux/fuse.h) */

static _Noreturn void serve(int fuse)
{
	static union {
		struct fuse_in_header in;
		char room[1 << 20];
	} request;
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} answer = {.head.len = sizeof answer,
		    .init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096}};

	for (;;) {
		if (read(fuse, &request, sizeof request) < 0 && errno != EINTR && errno != ENOENT)
			pause();
		if (request.in.opcode != FUSE_INIT)
			continue;
		answer.head.unique = request.in.unique;
		if (write(fuse, &answer, sizeof answer) < 0)
			pause();
	}
}

static int fuse_mount(const char *point)
{
	int fuse;
	char data[100];

	load("/hostile.d/fuse.ko");
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(data, sizeof data, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || enter_supervisor() || mount("hostile", point, "fuse", 0, data))
		return -1;
	if (fork() == 0)
		serve(fuse);
	return 0;
}

/* --- what is asked */

static int freeze(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : ioctl(fd, FIFREEZE, 0);
}

static int fill(const char *path)
{
	static const char block[1 << 20];
	size_t size = sizeof block;
	char name[300];
	int fd;

	snprintf(name, sizeof name, "%s/hostile.fill", path);
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	while (fd >= 0 && size >= 512)
		if (write(fd, block, size) < 0)
			size /= 2;
	return fd < 0 || errno != ENOSPC ? -1 : fsync(fd);
}

static int take_names(const char *path)
{
	char name[300];
	int fd = 0;

	snprintf(name, sizeof name, "%s/hostile.names", path);
	if (mkdir(name, 0700))
		return -1;
	for (unsigned i = 0; fd >= 0; i++) {
		snprintf(name, sizeof name, "%s/hostile.names/%u", path, i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	return errno == ENOSPC ? 0 : -1;
}

/* Each in a child: it may stay in what it did. */
static void obey(char *word)
{
	char *argument = strchr(word, ' ');
	int rc = -1;

	if (fork())
		return;
	if (argument)
		*argument++ = '\0';
	errno = EINVAL;
	/* only its own root can be written to */
	if (!strcmp(word, "fill") || !strcmp(word, "names"))
		enter_supervisor();
	if (!strcmp(word, "freeze") && argument)
		rc = freeze(argument);
	else if (!strcmp(word, "fill") && argument)
		rc = fill(argument);
	else if (!strcmp(word, "names") && argument)
		rc = take_names(argument);
	else if (!strcmp(word, "fuse") && argument)
		rc = fuse_mount(argument);
	else if (!strcmp(word, "suspend"))
		rc = dm_suspend();
	say(rc ? strerror(errno) : "done", word);
	_exit(0);
}

static _Noreturn void listen_for_orders(void)
{
	char line[256];
	struct termios raw;
	FILE *f;

	mkdir(PROC, 0700);
	mount("proc", PROC, "proc", 0, NULL);
	mknod("/hostile.tty", S_IFCHR | 0600, makedev(4, 65));
	f = fopen("/hostile.tty", "r+");
	if (f && tcgetattr(fileno(f), &raw) == 0) {
		cfmakeraw(&raw);
		tcsetattr(fileno(f), TCSANOW, &raw);
	}
	while (f && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		obey(line);
	}
	for (;;)
		pause();
}

int main(void)
{
	const char *asked = getenv("HOSTILE");

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
	if (asked && !strcmp(asked, "dm") && dm_create())
		say(strerror(errno), "dm");
	unsetenv("HOSTILE");
	if (fork() == 0)
		listen_for_orders();
	execl("/init", "/init", (char *)NULL);
	return 1;
}
