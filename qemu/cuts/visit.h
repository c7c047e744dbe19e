/* visit: every state mounted, looked at, recovered and checked, in a guest whose root is the initramfs. */
#ifndef CUTS_VISIT_H
#define CUTS_VISIT_H

/* argv: LOG BASE FEW RANDOMS. Prints how many writes, flushes, marks and states there are. An exit status. */
int visit_list(char **argv);
/* argv: TYPE OPTIONS LOG BASE FEW RANDOMS MOST ALL: MOST of ALL states, evenly, and each of those right at a mark. A line for each that is bad, and at the end "checked N mended N bad N".
 * Of a root: it mounts (a journal ext4 gives up on, after what e2fsck -p does at every boot); each path is as it was or as it became; the rescue entry once
 * more, in some; everything undone; the file system is sound. Of a /boot: no earlier file is harmed, nor by the next run's logs, nor by fsck.fat. */
int visit_check(char **argv);

#endif
