/* rescue: the image that rd-recovery-entry(8) left in <boot>/rd-recovery/1 or /2, as its manifest tells it, and what a boot menu says of it.
 *
 * A manifest is lines of "key value", the last one "end"; the slot in use is 2 where 2 has a whole one, else 1, as GRUB's entry has it.
 */
#ifndef TARGET_RESCUE_H
#define TARGET_RESCUE_H

#include <stdbool.h>
#include <stddef.h>

struct rescue {
	char boot[256]; /* the folder it lies in, absolute from here */
	char dir[24];	/* "/rd-recovery/2" in there, "" none */
	char kernel[80], image[16], health[8], version[16], date[24], payload[65], config[65], linux[65], initrd[65]; /* SHA-256 */
	char options[2048]; /* the kernel words of the repairing entry */
	char menu[2048];    /* the same as GRUB quotes them; a manifest without: options */
};

/* A manifest's text. 0; -1: a value is missing or too long, or the end is. Pure. */
int rescue_parse(const char *text, size_t len, struct rescue *r);
/* The image in use in the first of the boot folders that has one: given (absolute from here) or, where it is "", root's own. 0, or -1 ENOENT. */
int rescue_find(const char *root, const char *given, struct rescue *r);
/* The value of the last key= among kernel words. False: none, or too long. Pure. */
bool rescue_word(const char *options, const char *key, char *dst, size_t cap);
/* Does a menu (grub.cfg, a boot loader entry) start a kernel of rd-recovery/ with these words? Pure. */
bool rescue_in_menu(const char *text, size_t len, const char *options);
/* The newest kernel version of those with modules in root: 0, or -1 ENOENT. */
int rescue_newest_kernel(int rootfd, char *dst, size_t cap);

#endif
