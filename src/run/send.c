#include "run/send.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/http.h"
#include "base/path.h"
#include "base/tls.h"
#include "run/logs.h"
#include "run/network.h"
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NETWORK_SECONDS 30
#define STOP_SECONDS 5
#define TRIES 3
#define TRY_SECONDS 15
#define CONNECT_SECONDS 5 /* for one of the server's addresses */
#define PAUSE_SECONDS 2
#define LAST_WORD_MS 500
#define AUTHORITIES_BYTES (1u << 20)

struct sending { /* shared with the child that does it */
	struct run *r;
	struct http_url to;
	struct network network;
	int64_t until;
	bool sent;
	char why[320];
};

struct means { /* the child's own */
	struct tls_trust trust;
	struct tls tls;
};

enum end { SENT, AGAIN, NEVER };

__attribute__((format(printf, 2, 3))) static void because(struct sending *s, const char *fmt, ...)
{
	struct buf b = BUF_OF(s->why);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
}

/* --- a connection */

static int connect_one(const struct addrinfo *a, int64_t deadline)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof error;

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	error = errno;
	if (error == EINPROGRESS) {
		error = ETIMEDOUT;
		if (poll(&p, 1, deadline_left(deadline)) > 0)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	}
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static int connect_any(struct sending *s, int64_t deadline)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	int fd = -1, rc = getaddrinfo(s->to.host, s->to.port, &hints, &list);

	if (rc) {
		because(s, "no address of that name could be found: %s", gai_strerror(rc));
		return -1;
	}
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = connect_one(a, deadline_first(deadline, deadline_in(CONNECT_SECONDS)));
		if (fd < 0)
			because(s, "no connection: %s", strerror(errno));
	}
	freeaddrinfo(list);
	return fd;
}

/* --- a file */

/* The status; 0: what came is no reply; -1: see tls_why. */
static int read_status(struct tls *t)
{
	char reply[HTTP_REPLY_CAP];
	size_t len = 0;
	int status = 0;

	while (status == 0 && len < sizeof reply) {
		ssize_t n = tls_read(t, reply + len, sizeof reply - len);

		if (n < 0)
			return -1;
		len += (size_t)n;
		status = http_status(reply, len);
	}
	return status < 0 ? 0 : status;
}

static enum end judge(struct sending *s, int status)
{
	if (status / 100 == 2)
		return SENT;
	if (status == 0)
		because(s, "what it answered is no HTTP, or has no end");
	else if (status / 100 == 3)
		because(s, "it answered %d: a redirection, which is not followed", status);
	else
		because(s, "it answered %d", status);
	return status == 408 || status == 429 || status / 100 == 5 ? AGAIN : NEVER;
}

static enum end talk(struct sending *s, struct tls *t, enum log_stream stream)
{
	static const char *const types[LOG_STREAMS] = {
	    [LOG_ERRORS] = "text/plain; charset=utf-8", [LOG_REPORT] = "application/json"};
	struct http_file f = {.type = types[stream]};
	char name[160], head[1024] = "", why[200];
	struct buf b = BUF_OF(head);
	const char *data;
	int status = -1;

	log_view(stream, &data, &f.len);
	f.name = send_name(s->r->report, stream, name, sizeof name);
	http_put(&b, &s->to, &f);
	if (tls_write(t, head, b.len) == 0 && tls_write(t, data, f.len) == 0)
		status = read_status(t);
	if (status >= 0)
		return judge(s, status);
	because(s, "%s", tls_why(t, why, sizeof why));
	return tls_is_final(t) ? NEVER : AGAIN;
}

static enum end put(struct sending *s, struct means *m, enum log_stream stream)
{
	int64_t deadline = deadline_first(s->until, deadline_in(TRY_SECONDS));
	int fd = connect_any(s, deadline);
	enum end end = AGAIN;

	if (fd < 0)
		return AGAIN;
	if (tls_start(&m->tls, &(struct tls_server){s->to.host, &m->trust, fd, deadline}) == 0)
		end = talk(s, &m->tls, stream);
	else
		because(s, "no random numbers: %s", strerror(errno));
	close(fd);
	return end;
}

/* --- all of it */

static void put_all(struct sending *s, struct means *m)
{
	static const enum log_stream streams[] = {LOG_ERRORS, LOG_REPORT};
	unsigned i = 0, tries = 1;

	while (i < 2) {
		enum end end = put(s, m, streams[i]);

		if (end == SENT) {
			i++;
			continue;
		}
		if (end == NEVER || tries == TRIES ||
		    clock_ms() + PAUSE_SECONDS * 1000L >= s->until)
			return;
		log_say("%s: %s; once more in %d s", s->to.host, s->why, PAUSE_SECONDS);
		poll(NULL, 0, PAUSE_SECONDS * 1000);
		tries++;
	}
	s->sent = true;
}

static bool read_trust(struct sending *s, struct tls_trust *trust)
{
	const char *path = s->r->o->report_ca;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t len;
	char *text = path_slurp(root, path, AUTHORITIES_BYTES, &len);

	if (!text)
		because(s, "report_ca %s: %s", path, strerror(errno));
	else if (tls_trust_add(trust, text, len))
		because(s, "report_ca %s is no PEM text, or too large", path);
	else if (!trust->n)
		because(s, "report_ca %s holds no certificate that can be used", path);
	if (text)
		path_release(text, len);
	close(root);
	return trust->n > 0 && !s->why[0];
}

static int work(void *arg)
{
	struct means *m = supervisor_shared(sizeof *m);
	struct sending *s = arg;
	bool boot = s->r->o->mode != BOOT_OFF;
	int64_t network = deadline_first(s->until, deadline_in(NETWORK_SECONDS));
	char why[200] = "";

	if (!m)
		return errno;
	if (!read_trust(s, &m->trust))
		return 0;
	if (boot && network_start(&s->network, network, why, sizeof why))
		because(s, "no network: %s", why);
	else
		put_all(s, m);
	return 0;
}

static int stop(void *arg)
{
	network_stop(arg);
	return 0;
}

static void operate(struct sending *s)
{
	struct operation op = {"send the report", work, s, run_left(s->r, SEND_SECONDS)};
	char why[320] = "";

	/* it has its own word before it is ended */
	s->until = supervisor_deadline(op.seconds) - LAST_WORD_MS;
	if (supervisor_reading(&op, why, sizeof why))
		because(s, "%s", why);
	if (s->network.nraised &&
	    supervisor_operation(
		&(struct operation){"take the network down", stop, &s->network, STOP_SECONDS}, why,
		sizeof why))
		log_say("the network could not be taken down: %s", why);
}

const char *send_name(const struct report *r, enum log_stream stream, char *dst, size_t cap)
{
	char host[sizeof r->host];

	str_copy(host, sizeof host, r->host[0] ? r->host : "unknown");
	for (char *p = host; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9')))
			*p = '-';
	snprintf(dst, cap, "%s-%s-%s", host, r->run, log_name(stream));
	return dst;
}

static void tell(struct run *r, const struct sending *s)
{
	char tried[200], where[400], next[420] = "none: no log is on a disk";

	if (s->sent) {
		log_say("%s has the report", s->to.host);
		return;
	}
	snprintf(tried, sizeof tried, "send the report to %.150s", s->to.host);
	if (*logdir_where(&r->logs, where, sizeof where))
		snprintf(next, sizeof next, "none: it stays in %s", where);
	report_pivot(r->report, tried, s->why[0] ? s->why : "ended by a signal", next);
}

void send_report(struct run *r)
{
	struct sending *s = supervisor_shared(sizeof *s);
	int64_t start = clock_ms(), seconds;
	const char *data;
	size_t len;

	log_view(LOG_REPORT, &data, &len);
	if (!s || !len || !http_url(r->o->report, &s->to))
		return;
	s->r = r;
	log_phase("report");
	log_say("sending the report to %s, %d s at most", s->to.host, run_left(r, SEND_SECONDS));
	if (r->o->report_ca[0])
		operate(s);
	else
		because(s, "no report_ca names the authorities that its certificate may come from");
	tell(r, s);
	log_phase("");
	logs_begin(r); /* what came of it */
	logs_wait(r);
	seconds = (clock_ms() - start) / 1000;
	r->o->hold -= r->o->hold < seconds ? r->o->hold : (long)seconds;
}
