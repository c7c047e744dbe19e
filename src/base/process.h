/* process: what /proc tells of the machine's processes (proc(5)), and what they hold of a tree. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid, ppid;
	char name[32];
	char state;               /* R S D T t Z X I ... */
	bool kernel;              /* a kernel thread */
	unsigned long long start; /* clock ticks after boot: tells a pid's second owner from its first */
};

/* Parse /proc/PID/stat; a name may hold blanks and parentheses. 0, or -1 EINVAL. Pure. */
int process_parse(const char *text, size_t len, struct process *p);
/* 0, or -1 when it is gone. */
int process_read(pid_t pid, struct process *p);
/* Every process there is (32768 at most). fn non-zero stops and is returned; -1 when /proc cannot be read. */
int process_each(int (*fn)(void *arg, const struct process *p), void *arg);
/* Is pid ancestor, or a descendant of it (64 generations)? */
bool process_descends(pid_t pid, pid_t ancestor);
/* What the process holds at or below root ("cwd /sysroot/home", "descriptor 3 ...", "map ..."): the first found, into what. Reads
 * links only, so that a dead file system does not stop it. */
bool process_holds(pid_t pid, const char *root, char *what, size_t cap);
/* Does a path as /proc names it lie at or below root? "/" holds nothing: everything would. Pure. */
bool process_path_below(const char *path, const char *root);
/* Does this text of /proc/PID/cgroup name a unit of the running service manager? Pure. */
bool process_in_service(const char *cgroup);
/* First line of wchan, all of the kernel stack (blanks for newlines); "" where it is not told. */
void process_wait(pid_t pid, char *wchan, size_t cap, char *stack, size_t stack_cap);
/* Seconds since it started; -1 unknown. */
long process_age(const struct process *p);
/* When the machine started, seconds since 1970 by its present clock; 0 unknown. */
long long process_boot_time(void);

/* End up to n processes: TERM, KILL to those that live after term_ms, kill_ms more. One that has another start time by now is left
 * alone. alive[i] is set for what survives. */
void process_end(const struct process *list, size_t n, const int ms[2], bool *alive);

enum lock_state { LOCK_STALE, LOCK_FRESH, LOCK_UNKNOWN };
/* A lock file's age against the boot's (0: unknown). busy: something of the target may run. Pids in it prove nothing after a reboot. Pure. */
enum lock_state lock_judge(long long mtime, long long boot, long long now, bool busy);

#endif
