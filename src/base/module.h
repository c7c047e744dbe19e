/* module: the kernel modules carried in /usr/lib/modules/KVER, uncompressed, with kmod's text files (modules.dep(5), depmod(8)): modules.dep,
 * modules.alias, and modules.load, paths that are always loaded, one a line; modules.network, like modules.alias, for cards, which
 * only a report wants.
 *
 * Life cycle: modules_open, then modules_*; the memory stays until the process ends.
 */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#define MODULE_NAME 64
#define MODULE_SECONDS 10

/* A line of modules.dep: the module's path and those it needs, the last of which comes first. Not NUL-terminated. */
struct module_line { const char *path, *needs; size_t len, nneeds; };
/* The line of the module called name ('-' and '_' are the same). Pure. */
bool module_find(const char *dep, size_t len, const char *name, struct module_line *l);
/* Does a device's alias match a pattern of modules.alias (fnmatch(3); '-' and '_' are the same)? Pure. */
bool module_matches(const char *pattern, size_t len, const char *alias);
/* Call fn with the name of each module that modules.alias gives for this alias. Returns how many. Pure. */
unsigned module_each(const char *text, size_t len, const char *alias, void (*fn)(void *arg, const char *name), void *arg);
/* The parameters that a word of the kernel line has for the module: "name.key=value" -> "key=value", else NULL. Pure. */
const char *module_parameter(const char *word, const char *name);

/* Does a word of the kernel line, modprobe.blacklist= or rd.driver.blacklist=, keep the module from being loaded for a device? Pure. */
bool module_refused(const char *line, size_t len, const char *name);

/* Is the module called name in the kernel, and ready? sys: /sys/module (Documentation/ABI/testing/sysfs-module). */
bool module_is_live(int sys, const char *name);

struct modules {
	int dir; /* -1: nothing is carried for this kernel */
	int sys; /* /sys/module */
	const char *dep, *alias;
	size_t ndep, nalias;
	char line[8192]; /* the kernel's command line */
	size_t nline;
	const char *loaded[512]; /* lines of dep that are done with */
	unsigned nloaded, failed, hanging;
};

/* The running kernel's. 0, or -1: nothing is loaded. */
int modules_open(struct modules *m);
/* Load with dependencies what answers, unless refused, to an alias or a name (a file system's: "fs-ext4"). Returns how many modules that were. What fails is
 * counted, and said in main.log. A driver that does not come to an end within MODULE_SECONDS is left to itself, and what needs it. */
unsigned modules_load(struct modules *m, const char *alias);
/* Everything in modules.load. */
void modules_load_listed(struct modules *m);
/* What the devices that are there ask for (/sys/bus, MODALIAS). */
void modules_load_present(struct modules *m);
/* From now on devices ask by modules.network in place of modules.alias. */
void modules_to_network(struct modules *m);

#endif
