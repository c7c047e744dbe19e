#include "package.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define CARRIED "/usr/share/libcrypt1/libcrypt.so.1.1.0"
#define NEW "libcrypt.so.1.2.0"
#define OLD "libcrypt.so.1.1.0"
#define DOC "/usr/share/doc/libcrypt1"

static int copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return (int)n;
}

static int install(void)
{
	char folder[] = PACKAGE_LIB;

	*strrchr(folder, '/') = '\0';
	if (chdir(folder) || copy(CARRIED, NEW) || symlink(NEW, PACKAGE_LIB ".new") ||
	    rename(PACKAGE_LIB ".new", PACKAGE_LIB) || unlink(OLD))
		return -1;
	return mkdir(DOC, 0755) ? -1 : copy("/etc/os-release", DOC "/copyright");
}

int package_shell(const char *script)
{
	if (!strstr(script, "apt-get "))
		return 127;
	if (install() == 0)
		return 0;
	perror(PACKAGE_LIB);
	return 1;
}
