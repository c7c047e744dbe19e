#include "checks/families.h"

#include "base/log.h"
#include "base/path.h"
#include "target/selinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LABEL "security.selinux"
#define PATHS 7

static const char paths[PATHS][19] = {"/etc/shadow",	"/etc/gshadow", "/etc/passwd",
				      "/etc/group",	"/etc/shadow-", "/etc/nsswitch.conf",
				      "/etc/login.defs"};

/* 0, or -1 and errno ENODATA: a regular file without one. */
static int label_of(const struct target *t, const char *path, char label[256])
{
	struct stat st;
	ssize_t n = -1;
	int fd;

	errno = EINVAL;
	if (path_stat(t->fd, path, true, &st) || !S_ISREG(st.st_mode))
		return -1;
	fd = path_open(t->fd, path, O_RDONLY, 0);
	if (fd < 0)
		return -1;
	n = fgetxattr(fd, LABEL, label, 255);
	close(fd);
	label[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -1 : 0;
}

/* Deployments of ostree are labelled when they are made; a relabelling from outside breaks them. */
static bool is_ostree(const struct target *t)
{
	return path_exists(t->fd, "/ostree/repo") || path_exists(t->fd, "/sysroot/ostree");
}

/* Call fn for every path with another type than the policy says. */
static int each_wrong(struct check_context *c,
		      int (*fn)(struct check_context *, const struct selinux_query *, const char *))
{
	struct selinux_query q[PATHS] = {0};
	char label[256];
	int rc = 0;

	if (!target_selinux(c->t) || path_exists(c->t->fd, "/.autorelabel"))
		return 0;
	for (int i = 0; i < PATHS; i++)
		q[i].path = paths[i];
	if (selinux_contexts(c->t, q, PATHS))
		return 0;
	for (int i = 0; i < PATHS; i++) {
		if (!q[i].context[0] || (label_of(c->t, paths[i], label) && errno != ENODATA))
			continue;
		if (!selinux_same_type(label, q[i].context))
			rc |= fn(c, &q[i], label);
	}
	return rc;
}

static int tell(struct check_context *c, const struct selinux_query *q, const char *label)
{
	struct cause cause = {"selinux-label", SEVERITY_ERROR, BLOCKS_EVERYONE,
			      "phase 5 gives it the policy's label"};

	if (is_ostree(c->t))
		cause.action = "nothing is relabelled on ostree: boot with enforcing=0, then "
			       "restorecon -v /etc/shadow /etc/passwd /etc/group";
	check_found(c, &cause, "%s: labelled %s, the policy says %s", q->path,
		    label[0] ? label : "not at all", q->context);
	return 0;
}

static int put(struct check_context *c, const struct selinux_query *q, const char *label)
{
	int rc = file_xattr(c->journal, q->path, LABEL, q->context);

	(void)label;
	log_say("%s: %s", q->path, rc ? strerror(errno) : q->context);
	return rc;
}

void detect_selinux(struct check_context *c)
{
	each_wrong(c, tell);
}

int repair_selinux(struct check_context *c)
{
	return is_ostree(c->t) ? -1 : each_wrong(c, put);
}
