/* device: what lies on the machine's block devices, as libblkid sees it, and which of them a name like UUID=... means; no udev needed.
 *
 * The names of fstab(5), and the links udev makes for them below /dev/disk.
 */
#ifndef BASE_DEVICE_H
#define BASE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#define DEVICES 128
#define DEVICE_SECONDS 10

struct device {
	char path[80];
	char type[40]; /* "ext4", "crypto_LUKS"; "": nothing known lies there, or more than one thing */
	bool filesystem; /* something that can be mounted */
	bool hides;	 /* a member of a RAID, or encrypted: what lies in it, and what looks like lying on it, is not to be touched */
	char uuid[48], part[48]; /* part: which of a file system's devices (btrfs) it is */
	char label[256], partuuid[48], partlabel[160];
	unsigned major, minor; /* 0, 0: no block device */
};

/* The machine's block devices that can hold a system, named as below /dev, from sysfs alone. Returns how many. */
unsigned device_names(char list[][64], unsigned most);
/* Is a device of this name one of those? Pure. */
bool device_counts(const char *name);
/* Look at a device or an image file. Touches the disk. 0, or -1 and errno: it cannot be read. */
int device_probe(const char *path, struct device *d);
/* The same, and its disk (device_inherit), by a child of its own, within DEVICE_SECONDS: a disk that hangs keeps no one from the others.
 * 0; -1: d holds its path only; ETIMEDOUT: it did not answer. */
int device_look(const char *path, struct device *d);
/* Does a source (UUID=, LABEL=, PARTUUID=, PARTLABEL=, each also in quotes, a path, a link below /dev/disk/by-..., a device number) mean this device? Pure. */
bool device_is(const struct device *d, const char *source);
/* A device number as the kernel takes it for root=: "8:3", or in hexadecimal, "803" (name_to_dev_t, new_decode_dev). False: it is none. Pure. */
bool device_number(const char *source, unsigned *major, unsigned *minor);
/* Are both devices of one file system that spans several? Pure. */
bool device_shares(const struct device *a, const struct device *b);
/* What this device is if file systems lie in or behind it that this program cannot open: "a LUKS volume"; NULL: none of those. Pure. */
const char *device_container(const struct device *d);
/* The disk that a partition lies on, named as below /dev, by a folder like /sys/class/block. False: it is no partition. */
bool device_disk(const char *folder, const char *name, char *dst, size_t cap);
/* Is it a part of another device (an opened volume, an assembled RAID), whose contents can be looked at? folder: as above. */
bool device_held(const char *folder, const char *name);
/* A partition of a disk that is a container as a whole is of that kind too, whatever seems to lie in it. Pure. */
void device_inherit(struct device *d, const struct device *disk);
/* The path of the device a source means: a path is taken as it is, but for a link below /dev/disk that is not there. Looks at every device
 * where udev's links do not say. 0, or -1 ENODEV. */
int device_find(const char *source, char *dst, size_t cap);

#endif
