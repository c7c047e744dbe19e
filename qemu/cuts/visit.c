#include "visit.h"

#include "disk.h"
#include "legal.h"
#include "package.h"
#include "states.h"
#include "tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOUNT "/mnt"
#define LOOP "/dev/loop0"
#define PAYLOAD "rd-recovery"
#define AGAIN 32     /* every so many states the rescue entry is chosen once more, */
#define AGAIN_BOOT 8 /* and gets its logs to a /boot */

/* fsck asks; mend is what a boot runs: before ext4 is mounted where its journal is damaged, and on
 * /boot. */
static const struct kind {
	char type[6];
	unsigned super,
	    superlen; /* the superblock is written whole: none of them survives half a one */
	const char *fsck[4], *mend[4];
} kinds[] = {
    {"ext4", 1024, 1024, {"e2fsck", "-fn", LOOP}, {"e2fsck", "-p", LOOP}},
    {"xfs", 0, 512, {"xfs_repair", "-n", LOOP}, {0}},
    {"btrfs", 65536, 4096, {"btrfs", "check", LOOP}, {0}},
    {"vfat", 0, 512, {"fsck.fat", "-a", LOOP}, {"fsck.fat", "-a", LOOP}},
};

struct visit {
	const struct kind *kind;
	const char *options;
	struct log log;
	struct states states;
	struct disk disk;
	bool boot; /* a /boot: no root */
	unsigned mended;
	char why[600];
};

static bool fails(struct visit *v, const char *what)
{
	snprintf(v->why, sizeof v->why, "%s: %s", what, strerror(errno));
	return false;
}

/* --- programs */

static void become(const char *const *argv, const int pipes[2])
{
	dup2(pipes[1], 1);
	dup2(pipes[1], 2);
	close(pipes[0]);
	close(pipes[1]);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

/* Run it; a status over most is a failure, and the last thing it said is why. */
static bool run(struct visit *v, const char *const *argv, int most)
{
	char line[400] = "";
	int pipes[2], status = -1;
	FILE *said;
	pid_t pid;

	if (pipe(pipes))
		return fails(v, "pipe");
	pid = fork();
	if (pid == 0)
		become(argv, pipes);
	close(pipes[1]);
	said = fdopen(pipes[0], "r");
	while (said && fgets(line, sizeof line, said))
		;
	if (said)
		fclose(said);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) <= most)
		return true;
	snprintf(v->why, sizeof v->why, "%s %s: status %x: %.*s", argv[0], argv[1],
		 (unsigned)status, (int)strcspn(line, "\n"), line);
	return false;
}

/* What was found broken may stay so: 1 is no failure. */
static bool run_again(struct visit *v)
{
	const char *root[] = {PAYLOAD,	  "run",     "--root",	   MOUNT,
			      "--user",	  "argo",    "--password", "file:/password",
			      "--phases", "1,2,3,4", NULL};
	const char *boot[] = {PAYLOAD, "run",	   "--root", "/tree", "--boot",
			      MOUNT,   "--phases", "1",	     NULL};

	return run(v, v->boot ? boot : root, 1);
}

static bool undo(struct visit *v)
{
	const char *argv[] = {PAYLOAD, "rollback", "--root", MOUNT, NULL};

	return run(v, argv, 0);
}

/* --- one state */

static bool look(struct visit *v, bool undone)
{
	const unsigned range[2] = {v->states.from, v->states.to};
	char why[500];
	char *tree = tree_read(MOUNT);
	bool good;

	if (!tree)
		return fails(v, MOUNT);
	good = undone ? legal_undone(&v->log, tree, why, sizeof why)
		      : legal_between(&v->log, tree, range, v->boot, why, sizeof why);
	if (!good)
		snprintf(v->why, sizeof v->why, "%s%s", undone ? "undone: " : "", why);
	free(tree);
	return good;
}

/* The next run, the cut one, and then nothing is left to undo. */
static bool recovers(struct visit *v, unsigned number)
{
	if (number % AGAIN == 0 && !(run_again(v) && undo(v) && undo(v)))
		return false;
	return undo(v) && look(v, true);
}

static bool mounts(struct visit *v)
{
	if (mount(LOOP, MOUNT, v->kind->type, 0, v->options) == 0)
		return true;
	if (v->kind->mend[0] && !v->boot) {
		if (!run(v, v->kind->mend, 1))
			return false;
		v->mended++;
		if (mount(LOOP, MOUNT, v->kind->type, 0, v->options) == 0)
			return true;
	}
	return fails(v, "mount");
}

static bool unmounts(struct visit *v, bool good)
{
	if (umount(MOUNT) == 0 || !good)
		return good;
	return fails(v, "umount");
}

/* Checked before it is mounted, as a boot does, or never. */
static bool visit_boot(struct visit *v, unsigned number)
{
	if (number % 2 && !run(v, v->kind->mend, 1))
		return false;
	if (!mounts(v) ||
	    !unmounts(v, look(v, false) && (number % AGAIN_BOOT || run_again(v)) && look(v, false)))
		return false;
	return run(v, v->kind->fsck, 1) && mounts(v) && unmounts(v, look(v, false));
}

/* Whatever a commit was at, the loader finds a libcrypt. */
static bool has_library(struct visit *v)
{
	return access(MOUNT PACKAGE_LIB, R_OK) == 0 || fails(v, PACKAGE_LIB);
}

static bool visit_root(struct visit *v, unsigned number)
{
	return mounts(v) && unmounts(v, look(v, false) && has_library(v) && recovers(v, number)) &&
	       run(v, v->kind->fsck, 0);
}

static bool visit(struct visit *v, unsigned number)
{
	bool good;

	if (disk_show(&v->disk, v->states.disk))
		return fails(v, LOOP);
	good = v->boot ? visit_boot(v, number) : visit_root(v, number);
	if (disk_hide(&v->disk) && good)
		return fails(v, LOOP);
	return good;
}

/* --- all of them */

static const struct kind *kind_of(const char *type)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i].type, type))
			return kinds + i;
	errno = EINVAL;
	return NULL;
}

/* argv: TYPE LOG BASE FEW RANDOMS */
static int open_states(struct visit *v, char **argv)
{
	size_t len, size = 0;
	unsigned char *text = disk_map(argv[1], &len), *base = disk_map(argv[2], &size);

	v->kind = kind_of(argv[0]);
	if (!v->kind || !text || !base || log_read(&v->log, text, len, size))
		return -1;
	v->boot = !strcmp(v->kind->type, "vfat");
	v->disk.size = size - MARK_AREA;
	v->states.log = &v->log;
	v->states.disk = base;
	v->states.whole_at = v->kind->super;
	v->states.whole = v->kind->superlen;
	v->states.few = (unsigned)strtoul(argv[3], NULL, 10);
	v->states.randoms = (unsigned)strtoul(argv[4], NULL, 10);
	return states_open(&v->states);
}

static int open_disk(struct visit *v)
{
	v->disk.file = "/tmp/state"; /* a tmpfs: it can have holes punched */
	v->disk.loop = LOOP;
	v->disk.used = calloc(v->disk.size / DISK_BLOCK, 1);
	if (!v->disk.used)
		return -1;
	disk_note(&v->disk, v->states.disk);
	for (unsigned i = 0; i < v->log.nwrites; i++)
		disk_note_range(&v->disk, v->log.writes[i].at, v->log.writes[i].len);
	return 0;
}

int visit_list(char **argv)
{
	static struct visit v;
	unsigned n = 0;

	if (open_states(&v, argv)) {
		perror(argv[1]);
		return 1;
	}
	while (states_next(&v.states))
		n++;
	printf("%u %u %u %u\n", v.log.nwrites, v.log.nepochs, v.log.nmarks, n);
	return 0;
}

int visit_check(char **argv)
{
	static struct visit v;
	unsigned long most = strtoul(argv[6], NULL, 10), all = strtoul(argv[7], NULL, 10);
	unsigned done = 0, bad = 0;

	v.options = argv[1];
	argv[1] = argv[0];
	if (open_states(&v, argv + 1) || open_disk(&v)) {
		perror(argv[2]);
		return 1;
	}
	for (unsigned long i = 0; states_next(&v.states); i++) {
		if (most < all && i * most / all == (i + 1) * most / all && !v.states.told)
			continue;
		if (visit(&v, done++))
			continue;
		bad++;
		printf("bad: epoch %u, %s, marks %u-%u: %s\n", v.states.epoch, v.states.what,
		       v.states.from, v.states.to, v.why);
	}
	printf("checked %u mended %u bad %u\n", done, v.mended, bad);
	return 0;
}
