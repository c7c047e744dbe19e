#include "base/device.h"

#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/inode.h"

#include <blkid/blkid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BY "/dev/disk/by-"

/* --- names */

static const struct tag {
	char word[11], folder[10];
	bool any_case;
	size_t offset; /* in struct device; 0: only udev knows */
} tags[] = {{"UUID=", "uuid", true, offsetof(struct device, uuid)},
	    {"LABEL=", "label", false, offsetof(struct device, label)},
	    {"PARTUUID=", "partuuid", true, offsetof(struct device, partuuid)},
	    {"PARTLABEL=", "partlabel", false, offsetof(struct device, partlabel)},
	    {"ID=", "id", false, 0}};

/* udev writes what no file name may hold, blanks too, as \x20. */
static void undo_escapes(char *s)
{
	char *to = s;

	for (; *s; s++, to++)
		if (s[0] == '\\' && s[1] == 'x' && field_hex(s[2]) >= 0 && field_hex(s[3]) >= 0) {
			*to = (char)(field_hex(s[2]) << 4 | field_hex(s[3]));
			s += 3;
		} else {
			*to = *s;
		}
	*to = '\0';
}

/* The kind of name a source is, and its value; NULL: a path, or no name at all. */
static const struct tag *parse(const char *source, char *value, size_t cap)
{
	size_t n;

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		const struct tag *t = &tags[i];

		n = strlen(t->folder);
		if (str_starts(source, t->word)) {
			source += strlen(t->word);
			n = strlen(source);
			if (n > 1 && (*source == '"' || *source == '\'') &&
			    source[n - 1] == *source) {
				source++;
				n -= 2;
			}
			snprintf(value, cap, "%.*s", (int)n, source);
			return t;
		}
		if (str_starts(source, BY) && !strncmp(source + sizeof BY - 1, t->folder, n) &&
		    source[sizeof BY - 1 + n] == '/') {
			str_copy(value, cap, source + sizeof BY + n);
			undo_escapes(value);
			return t;
		}
	}
	return NULL;
}

bool device_number(const char *source, unsigned *major, unsigned *minor)
{
	const char *colon = strchr(source, ':');
	char first[12] = "";
	unsigned long n;
	long a, b;

	if (colon && (size_t)(colon - source) < sizeof first) {
		memcpy(first, source, (size_t)(colon - source));
		if (str_number(first, 0, UINT32_MAX, &a) ||
		    str_number(colon + 1, 0, UINT32_MAX, &b))
			return false;
		*major = (unsigned)a;
		*minor = (unsigned)b;
		return true;
	}
	if (!source[0] || strlen(source) > 8 || source[strspn(source, "0123456789abcdefABCDEF")])
		return false;
	n = strtoul(source, NULL, 16);
	*major = (n & 0xfff00) >> 8;
	*minor = (n & 0xff) | ((n >> 12) & 0xfff00);
	return true;
}

static bool has_number(const struct device *d, const char *source)
{
	unsigned major, minor;

	return (d->major || d->minor) && device_number(source, &major, &minor) &&
	       d->major == major && d->minor == minor;
}

bool device_shares(const struct device *a, const struct device *b)
{
	return !strcmp(a->type, "btrfs") && !strcmp(b->type, "btrfs") &&
	       !strcmp(a->uuid, b->uuid) && strcmp(a->part, b->part) != 0;
}

bool device_is(const struct device *d, const char *source)
{
	char value[256];
	const struct tag *t = parse(source, value, sizeof value);
	const char *is = t ? (const char *)d + t->offset : NULL;

	if (!t)
		return source[0] == '/' ? !strcmp(source, d->path) : has_number(d, source);
	if (!t->offset || !value[0])
		return false;
	return t->any_case ? !strcasecmp(is, value) : !strcmp(is, value);
}

const char *device_container(const struct device *d)
{
	static const struct {
		char type[22], what[32];
	} known[] = {{"crypto_LUKS", "a LUKS volume"},
		     {"LVM2_member", "an LVM physical volume"},
		     {"LVM1_member", "an LVM physical volume"},
		     {"linux_raid_member", "a member of an md RAID"},
		     {"ddf_raid_member", "a member of a firmware RAID"},
		     {"isw_raid_member", "a member of a firmware RAID"},
		     {"bcache", "a bcache device"},
		     {"zfs_member", "a member of a ZFS pool"},
		     {"BitLocker", "a BitLocker volume"},
		     {"stratis", "a member of a Stratis pool"}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(d->type, known[i].type))
			return known[i].what;
	return d->hides ? "encrypted or a member of a RAID" : NULL;
}

void device_inherit(struct device *d, const struct device *disk)
{
	if (!device_container(disk))
		return;
	memcpy(d->type, disk->type, sizeof d->type);
	d->hides = true;
	d->filesystem = false;
}

/* sysfs writes the folders of a device's name with '!'. */
static void swap_slashes(char *name, char from, char to)
{
	for (; *name; name++)
		*name = *name == from ? to : *name;
}

bool device_held(const char *folder, const char *name)
{
	char path[PATH_MAX], own[64];
	struct dirent *e;
	bool any = false;
	DIR *d;

	if (!str_copy(own, sizeof own, name))
		return false;
	swap_slashes(own, '/', '!');
	snprintf(path, sizeof path, "%s/%s/holders", folder, own);
	d = opendir(path);
	while (d && !any && (e = readdir(d)))
		any = e->d_name[0] != '.';
	if (d)
		closedir(d);
	return any;
}

bool device_disk(const char *folder, const char *name, char *dst, size_t cap)
{
	char path[PATH_MAX], own[64], real[PATH_MAX];
	const char *slash;

	if (!str_copy(own, sizeof own, name))
		return false;
	swap_slashes(own, '/', '!');
	snprintf(path, sizeof path, "%s/%s/partition", folder, own);
	if (access(path, F_OK))
		return false;
	snprintf(path, sizeof path, "%s/%s/..", folder, own);
	slash = realpath(path, real) ? strrchr(real, '/') : NULL;
	if (!slash || !str_copy(dst, cap, slash + 1))
		return false;
	swap_slashes(dst, '!', '/');
	return true;
}

bool device_counts(const char *name)
{
	static const char others[][5] = {"loop", "ram", "sr", "fd", "zram"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (str_starts(name, others[i]))
			return false;
	return name[0] && name[0] != '.';
}

unsigned device_names(char list[][64], unsigned most)
{
	DIR *d = opendir("/sys/class/block");
	struct dirent *e;
	unsigned n = 0;

	while (d && n < most && (e = readdir(d))) {
		if (!device_counts(e->d_name) || !str_copy(list[n], sizeof list[n], e->d_name))
			continue;
		swap_slashes(list[n++], '!', '/');
	}
	if (d)
		closedir(d);
	return n;
}

/* --- looking */

static void value_of(blkid_probe pr, const char *name, char *dst, size_t cap)
{
	const char *value;

	if (blkid_probe_lookup_value(pr, name, &value, NULL) == 0)
		str_copy(dst, cap, value);
}

int device_probe(const char *path, struct device *d)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc = -1;
	blkid_probe pr = blkid_new_probe();
	char usage[16] = "";
	struct stat st;

	memset(d, 0, sizeof *d);
	str_copy(d->path, sizeof d->path, path);
	if (fd < 0 || !pr || blkid_probe_set_device(pr, fd, 0, 0))
		goto out;
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
						  BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_ENTRY_DETAILS);
	/* 1: nothing; -2: more than one thing, and it fills nothing of those */
	rc = blkid_do_safeprobe(pr) == -1 ? -1 : 0;
	value_of(pr, "TYPE", d->type, sizeof d->type);
	value_of(pr, "USAGE", usage, sizeof usage);
	value_of(pr, "UUID", d->uuid, sizeof d->uuid);
	value_of(pr, "UUID_SUB", d->part, sizeof d->part);
	value_of(pr, "LABEL", d->label, sizeof d->label);
	value_of(pr, "PART_ENTRY_UUID", d->partuuid, sizeof d->partuuid);
	value_of(pr, "PART_ENTRY_NAME", d->partlabel, sizeof d->partlabel);
	if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode)) {
		d->major = major(st.st_rdev);
		d->minor = minor(st.st_rdev);
	}
	d->filesystem = !strcmp(usage, "filesystem");
	d->hides = !strcmp(usage, "raid") || !strcmp(usage, "crypto");
out:
	if (pr)
		blkid_free_probe(pr);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int probe_child(void *arg)
{
	struct device *d = arg, disk;
	char path[sizeof d->path], name[64];

	memcpy(path, d->path, sizeof path);
	if (device_probe(path, d))
		return 1;
	if (str_starts(path, "/dev/") &&
	    device_disk("/sys/class/block", path + strlen("/dev/"), name, sizeof name)) {
		snprintf(path, sizeof path, "/dev/%s", name);
		/* one whose end cannot be read any more keeps its partitions */
		if (device_probe(path, &disk) == 0)
			device_inherit(d, &disk);
	}
	return 0;
}

int device_look(const char *path, struct device *d)
{
	static struct device *shared;
	struct child_spec spec = {.name = path,
				  .fn = probe_child,
				  .flags = CHILD_WORKER | CHILD_HOST_MNT | CHILD_HOST_PID,
				  .deadline = deadline_in(DEVICE_SECONDS)};
	struct child_result res = {0};

	*d = (struct device){0};
	str_copy(d->path, sizeof d->path, path);
	if (!shared) {
		void *p = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return -1;
		shared = p;
	}
	*shared = *d;
	spec.arg = shared;
	if (child_run(&spec, &res) == 0) {
		*d = *shared;
		return 0;
	}
	errno = res.end == CHILD_TIMED_OUT || res.end == CHILD_ABANDONED ? ETIMEDOUT : EIO;
	if (res.end == CHILD_ABANDONED)
		shared = NULL; /* should it ever wake up, it writes there */
	return -1;
}

static bool link_of(const struct tag *t, const char *value, char *dst, size_t cap)
{
	/* udev's escapes are not made here: such a name is found by looking */
	snprintf(dst, cap, BY "%s/%s", t->folder, value);
	return value[0] && !strchr(value, '/') && access(dst, F_OK) == 0;
}

int device_find(const char *source, char *dst, size_t cap)
{
	static char names[DEVICES][64];
	char value[256], path[80];
	const struct tag *t = parse(source, value, sizeof value);
	struct device d;
	unsigned n;

	if (source[0] == '/' && (!t || access(source, F_OK) == 0))
		return str_copy(dst, cap, source) ? 0 : -1;
	if (t && link_of(t, value, dst, cap))
		return 0;
	n = t && t->offset ? device_names(names, DEVICES) : 0;
	for (unsigned i = 0; i < n; i++) {
		snprintf(path, sizeof path, "/dev/%s", names[i]);
		if (device_look(path, &d) == 0 && device_is(&d, source))
			return str_copy(dst, cap, d.path) ? 0 : -1;
	}
	errno = ENODEV;
	return -1;
}
