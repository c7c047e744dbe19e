#include "base/http.h"

#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* The rest of s behind what is taken of these bytes into dst; NULL: it does not fit. */
static const char *take(char *dst, size_t cap, const char *s, const char *bytes)
{
	size_t n = strspn(s, bytes);

	if (n >= cap)
		return NULL;
	memcpy(dst, s, n);
	dst[n] = '\0';
	return s + n;
}

/* RFC 952, 1123: labels of letters, digits and hyphens; the last one is no number, or it would be
 * an address. */
static bool is_name(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last ? last + 1 : host;
	return *last && last[strspn(last, "0123456789")] && *host != '.' && *host != '-' &&
	       !strstr(host, "..");
}

bool http_url(const char *text, struct http_url *u)
{
	static const char scheme[] = "https://";
	long port;

	str_copy(u->port, sizeof u->port, "443");
	str_copy(u->folder, sizeof u->folder, "/");
	if (!str_starts(text, scheme))
		return false;
	text = take(u->host, sizeof u->host, text + sizeof scheme - 1, ALNUM ".-");
	for (char *p = u->host; *p; p++)
		*p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
	if (text && *text == ':')
		text = take(u->port, sizeof u->port, text + 1, "0123456789");
	if (!text || !is_name(u->host) || str_number(u->port, 1, 65535, &port))
		return false;
	if (*text == '/')
		text = take(u->folder, sizeof u->folder - 1, text, ALNUM "/-._~%!$&'()*+,;=:@");
	if (!text || *text)
		return false;
	if (u->folder[strlen(u->folder) - 1] != '/')
		strcat(u->folder, "/");
	return true;
}

void http_put(struct buf *b, const struct http_url *u, const struct http_file *f)
{
	buf_addf(b, "PUT %s%s HTTP/1.1\r\nHost: %s", u->folder, f->name, u->host);
	if (strcmp(u->port, "443"))
		buf_addf(b, ":%s", u->port);
	buf_addf(b,
		 "\r\nUser-Agent: rd-recovery/" VERSION "\r\nContent-Type: %s\r\n"
		 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		 f->type, f->len);
}

/* "HTTP/1.x NNN": its status, 0: not whole yet, -1: something else. */
static int status_line(const char *p, size_t len)
{
	static const char form[] = "HTTP/1.# ###";
	int status = 0;

	for (size_t i = 0; i < sizeof form - 1 && i < len; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9';

		if (form[i] == '#' ? !digit : p[i] != form[i])
			return -1;
		if (i >= sizeof form - 4)
			status = status * 10 + p[i] - '0';
	}
	if (len < sizeof form)
		return 0;
	return status >= 100 && strchr(" \r", p[sizeof form - 1]) && p[sizeof form - 1] ? status
											: -1;
}

int http_status(const char *reply, size_t len)
{
	const char *end;

	for (;;) {
		int status = status_line(reply, len);

		end = memmem(reply, len, "\r\n\r\n", 4);
		if (status <= 0 || !end)
			return status < 0 ? -1 : 0;
		if (status >= 200)
			return status;
		len -= (size_t)(end + 4 - reply);
		reply = end + 4;
	}
}
