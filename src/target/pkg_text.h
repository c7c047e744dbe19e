/* pkg_text: what the package databases' files and rpm's answers say; each function stands in its manager's file. Pure, fed with
 * hostile content. fn non-zero stops and is returned, as everywhere in pkg.h.
 */
#ifndef TARGET_PKG_TEXT_H
#define TARGET_PKG_TEXT_H

#include "base/path.h"
#include "target/pkg.h"

/* /var/lib/dpkg/status (deb822(5)): the packages whose state is "installed". */
int pkg_dpkg_status(const char *data, size_t len, pkg_each_fn *fn, void *arg);
/* "user group mode path" a line (dpkg-statoverride's, and what rpm is asked for). 0, or -1: path is in none. */
int pkg_mode_of(const char *data, size_t len, const char *path, struct pkg_mode *m);

/* A pacman folder "name-version-release" parted in place of name; version points into it. 0/-1. */
int pkg_pacman_folder(const char *folder, char name[256], char **version);

/* What pacman knows of a package's files (mtree(5), as bsdtar writes it), line by line: e is the file that a line names, without its package; its
 * texts are m's. False: it names none. m is zeroed before the first line. */
struct pkg_mtree { struct pkg_entry set; char path[PATH_CAP], link[PATH_CAP]; };
bool pkg_mtree_line(struct pkg_mtree *m, const char *line, size_t n, struct pkg_entry *e);

/* Portage's CONTENTS: is path in it? Every path of it. */
bool pkg_portage_lists(const char *data, size_t len, const char *path);
int pkg_portage_paths(const char *data, size_t len, pkg_path_fn *fn, void *arg);

/* rpm's answers: "name version" a line; the owner alone; absolute paths. */
int pkg_rpm_packages(const char *data, size_t len, pkg_each_fn *fn, void *arg);
int pkg_rpm_owner(const char *data, size_t len, char *name, size_t cap);
int pkg_rpm_paths(const char *data, size_t len, pkg_path_fn *fn, void *arg);

/* apk's database: paragraphs of "P:name", "V:version", "F:folder", "R:file". */
struct pkg_apk {
	pkg_each_fn *fn; /* every package, or */
	void *arg;
	const char *path; /* stop at its owner (then 1), who is written to name, or */
	char *name;
	size_t cap;
	const char *of; /* every file of that package */
	pkg_path_fn *each_path;
};
int pkg_apk_walk(const char *data, size_t len, const struct pkg_apk *w);

#endif
