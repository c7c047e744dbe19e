/* stuck: a process that waits in the kernel, whose working directory is DIR, for the tests of phase 2.
 *   stuck vfork DIR         in D state, waits for its child, which never ends; KILL ends it
 *   stuck fuse MOUNT DIR    waits for a file system at MOUNT that takes a question and never answers; KILL does not end it
 * The second prints the pid of the stuck process; it lives until this one ends. */
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static int answer_init(int fd)
{
	static char question[1 << 17];
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} a = {.head.len = sizeof a, .init = {.major = 7, .minor = 31, .max_write = 4096}};

	if (read(fd, question, sizeof question) < (ssize_t)sizeof(struct fuse_in_header))
		return -1;
	a.head.unique = ((struct fuse_in_header *)question)->unique;
	return write(fd, &a, sizeof a) == sizeof a ? 0 : -1;
}

static int hang(const char *point, const char *dir)
{
	static char question[1 << 17];
	char options[80], path[400];
	int fd = open("/dev/fuse", O_RDWR);
	struct stat st;
	pid_t pid;

	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd < 0 || mount("stuck", point, "fuse", 0, options) || answer_init(fd))
		return 77;
	pid = fork();
	if (pid == 0) {
		close(fd);
		close(1);
		snprintf(path, sizeof path, "%s/x", point);
		return chdir(dir) || stat(path, &st);
	}
	if (read(fd, question, sizeof question) <= 0)
		return 77;
	printf("%d\n", (int)pid);
	fflush(stdout);
	wait_for_ever();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "fuse"))
		return hang(argv[2], argv[3]);
	if (argc != 3 || chdir(argv[2]))
		return 2;
	if (vfork() == 0)
		wait_for_ever();
	return 0;
}
