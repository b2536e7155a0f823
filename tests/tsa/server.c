/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timestamp server for tests: OpenSSL's TS functions behind one thread and poll(), on the loopback
 * address only, with switches for everything that a real server can do wrong.
 *
 * usage: tsa_server [--port N] [--root FILE] [--delay MS] [--fault NAME] [--times N] [--no-policy]
 *                   [--key rsa] [--sha1]
 *
 * Prints "port N" when it listens. It makes a root and a signer at the start; --root writes the root as PEM.
 * --fault applies to every request, with --times only to the first N. GET /stats answers with
 * "requests N connections N together N": the last one is how many waited at the same time at most.
 */
#include "tests/tsa/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 512
#define MAX_REQUEST     65536

enum state { READING, WAITING, WRITING };

struct connection {
	int fd;
	enum state state;
	char in[MAX_REQUEST];
	size_t in_size;
	unsigned char *out;
	size_t out_size, out_done;
	double due;   /* when the answer may be written */
	bool drip;    /* a byte at a time */
	bool hang_up; /* after what is written */
};

struct server {
	struct tsa tsa;
	int listener;
	double delay;
	const char *fault;
	long times; /* how many more requests go wrong; -1: all */
	unsigned long requests, connections, together;
	struct connection *open[MAX_CONNECTIONS];
	size_t count;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void tsa_die(const char *what)
{
	fprintf(stderr, "tsa_server: %s\n", what);
	exit(1);
}

/* --- answers -------------------------------------------------------------------------------------- */

static void set_answer(struct connection *c, int status, const char *type, const char *more,
                       const void *body, size_t size)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
	                 "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
	                 status, type, size, more);

	c->out_size = (size_t)n + size;
	c->out_done = 0;
	c->out = malloc(c->out_size);
	if (!c->out)
		tsa_die("out of memory");
	memcpy(c->out, head, (size_t)n);
	if (size)
		memcpy(c->out + n, body, size);
}

static void set_text(struct connection *c, int status, const char *type, const char *text)
{
	set_answer(c, status, type, "", text, strlen(text));
}

/* Faults that need no token. */
static bool set_plain_fault(struct connection *c, const char *fault)
{
	static const struct {
		const char *name;
		int status;
		const char *type, *more, *body;
	} faults[] = {
		{"http-400", 400, "text/plain", "", "bad request"},
		{"http-404", 404, "text/plain", "", "not found"},
		{"http-429", 429, "text/plain", "Retry-After: 1\r\n", "slower"},
		{"http-500", 500, "text/html", "", "<html>broken</html>"},
		{"http-503", 503, "text/plain", "", "away"},
		{"redirect", 302, "text/plain", "Location: http://127.0.0.1:1/\r\n", ""},
		{"html", 200, "Text/HTML; charset=utf-8", "", "<html>log in first</html>"},
		{"garbage", 200, TSA_REPLY, "", "this is no DER"},
		{"empty", 200, TSA_REPLY, "", ""},
		/* SEQUENCE { SEQUENCE { INTEGER status [, failInfo] } } */
		{"waiting", 200, TSA_REPLY, "",
	         "0\x05"
	         "0\x03\x02\x01\x03"},
		{"revoked", 200, TSA_REPLY, "",
	         "0\x05"
	         "0\x03\x02\x01\x05"},
		{"refuse", 200, TSA_REPLY, "",
	         "0\x1b"
	         "0\x19\x02\x01\x02"
	         "0\x10\x0c\x0e"
	         "not \x1b[31mtoday\x03\x02\x05\x20"},
		{"no-clock", 200, TSA_REPLY, "",
	         "0\x0a"
	         "0\x08\x02\x01\x02\x03\x03\x01\x01\x02"},
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (strcmp(fault, faults[i].name) != 0)
			continue;
		set_answer(c, faults[i].status, faults[i].type, faults[i].more, faults[i].body,
		           strlen(faults[i].body));
		return true;
	}
	return false;
}

static void set_huge(struct connection *c)
{
	size_t size = 1 << 20;
	char *body = calloc(1, size);

	if (!body)
		tsa_die("out of memory");
	set_answer(c, 200, TSA_REPLY, "", body, size);
	free(body);
}

/* The next request goes wrong in this way; "" when it does not. */
static const char *take_fault(struct server *s)
{
	if (!s->fault || s->times == 0)
		return "";
	if (s->times > 0)
		s->times--;
	return s->fault;
}

static void answer_query(struct server *s, struct connection *c, const char *body, size_t size)
{
	const char *fault = take_fault(s);
	unsigned char *der;
	size_t der_size;

	c->due = now() + s->delay;
	if (set_plain_fault(c, fault))
		return;
	if (!strcmp(fault, "huge")) {
		set_huge(c);
		return;
	}
	der = tsa_answer(&s->tsa, body, size, fault, &der_size);
	if (!strcmp(fault, "cut-off"))
		der_size /= 2;
	set_answer(c, 200, TSA_REPLY, "", der, der_size);
	free(der);
	c->drip = !strcmp(fault, "drip");
	c->hang_up = !strcmp(fault, "hang-up");
	if (c->hang_up)
		c->out_size /= 2;
	if (!strcmp(fault, "silence"))
		c->due += 1e9;
	if (!strcmp(fault, "slam"))
		c->hang_up = true, c->out_size = 0;
}

static void answer_stats(const struct server *s, struct connection *c)
{
	char text[128];

	snprintf(text, sizeof(text), "requests %lu connections %lu together %lu\n", s->requests,
	         s->connections, s->together);
	c->due = now();
	set_text(c, 200, "text/plain", text);
}

/* --- connections ---------------------------------------------------------------------------------- */

/* True when a whole request is there: *body is its body. */
static bool request_complete(struct connection *c, const char **body, size_t *size)
{
	const char *end, *at;
	long length = 0;

	c->in[c->in_size] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (!end)
		return false;
	for (at = c->in; at && at < end; at = strstr(at + 2, "\r\n"))
		if (!strncasecmp(at, "\r\nContent-Length:", 17))
			length = strtol(at + 17, NULL, 10);
	*body = end + 4;
	*size = (size_t)length;
	return length >= 0 && (size_t)(*body - c->in) + *size <= c->in_size;
}

static void count_together(struct server *s)
{
	unsigned long waiting = 0;

	for (size_t i = 0; i < s->count; i++)
		waiting += s->open[i]->state == WAITING;
	if (waiting > s->together)
		s->together = waiting;
}

/* False: the connection is over. */
static bool read_some(struct server *s, struct connection *c)
{
	ssize_t n = read(c->fd, c->in + c->in_size, sizeof(c->in) - 1 - c->in_size);
	const char *body;
	size_t size;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	c->in_size += (size_t)n;
	if (!request_complete(c, &body, &size))
		return c->in_size < sizeof(c->in) - 1;
	c->state = WAITING;
	if (!strncmp(c->in, "GET /stats", 10)) {
		answer_stats(s, c);
		return true;
	}
	s->requests++;
	answer_query(s, c, body, size);
	count_together(s);
	return true;
}

static bool write_some(struct connection *c)
{
	size_t left = c->out_size - c->out_done;
	ssize_t n = send(c->fd, c->out + c->out_done, c->drip && left ? 1 : left, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->out_done += (size_t)n;
	if (c->drip)
		c->due = now() + 0.05;
	if (c->out_done < c->out_size)
		return true;
	free(c->out);
	c->out = NULL;
	c->in_size = 0;
	c->state = READING;
	return !c->hang_up;
}

static void close_at(struct server *s, size_t i)
{
	close(s->open[i]->fd);
	free(s->open[i]->out);
	free(s->open[i]);
	s->open[i] = s->open[--s->count];
}

static void accept_one(struct server *s)
{
	int fd = accept(s->listener, NULL, NULL), one = 1;
	struct connection *c;

	if (fd < 0)
		return;
	if (s->count == MAX_CONNECTIONS) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c = calloc(1, sizeof(*c));
	if (!c)
		tsa_die("out of memory");
	c->fd = fd;
	s->open[s->count++] = c;
	s->connections++;
}

/* Milliseconds until the next answer is due; -1: nothing waits. */
static int next_due(const struct server *s)
{
	double first = -1, t = now();

	for (size_t i = 0; i < s->count; i++)
		if (s->open[i]->state == WAITING && (first < 0 || s->open[i]->due < first))
			first = s->open[i]->due;
	if (first < 0)
		return -1;
	if (first <= t)
		return 0;
	return first - t > 1000 ? 1000000 : (int)((first - t) * 1000) + 1;
}

static void serve(struct server *s)
{
	for (;;) {
		struct pollfd fds[MAX_CONNECTIONS + 1];

		fds[0] = (struct pollfd){.fd = s->listener, .events = POLLIN};
		for (size_t i = 0; i < s->count; i++)
			fds[i + 1] = (struct pollfd){.fd = s->open[i]->fd,
			                             .events = s->open[i]->state == READING ? POLLIN
			                                                                    : 0};
		if (poll(fds, (nfds_t)s->count + 1, next_due(s)) < 0)
			continue;
		for (size_t i = s->count; i-- > 0;) {
			struct connection *c = s->open[i];
			bool alive = true;

			if (c->state == READING && (fds[i + 1].revents & (POLLIN | POLLHUP)))
				alive = read_some(s, c);
			else if (c->state == WAITING && (fds[i + 1].revents & (POLLERR | POLLHUP)))
				alive = false;
			else if (c->state == WAITING && c->due <= now())
				alive = write_some(c);
			if (!alive)
				close_at(s, i);
		}
		if (fds[0].revents & POLLIN)
			accept_one(s);
	}
}

static unsigned listen_at(struct server *s, unsigned port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	socklen_t size = sizeof(at);
	int one = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s->listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(s->listener, 256) != 0 ||
	    getsockname(s->listener, (struct sockaddr *)&at, &size) != 0)
		tsa_die("cannot listen");
	return ntohs(at.sin_port);
}

int main(int argc, char *argv[])
{
	static struct server s = {.times = -1};
	struct tsa_options o = {0};
	const char *root = NULL;
	unsigned port = 0;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--no-policy"))
			o.no_policy = true;
		else if (!strcmp(argv[i], "--sha1"))
			o.sha1 = true;
		else if (!strcmp(argv[i], "--port"))
			port = (unsigned)strtoul(argv[++i] ? value : "0", NULL, 10);
		else if (!strcmp(argv[i], "--delay"))
			s.delay = strtod(argv[++i] ? value : "0", NULL) / 1000;
		else if (!strcmp(argv[i], "--fault"))
			s.fault = argv[++i];
		else if (!strcmp(argv[i], "--times"))
			s.times = strtol(argv[++i] ? value : "0", NULL, 10);
		else if (!strcmp(argv[i], "--key"))
			o.rsa = !strcmp(argv[++i] ? value : "", "rsa");
		else if (!strcmp(argv[i], "--root"))
			root = argv[++i];
		else
			tsa_die("see the comment at the top of tests/tsa/server.c");
	}
	signal(SIGPIPE, SIG_IGN);
	o.expired = s.fault && !strcmp(s.fault, "expired");
	o.usage = s.fault && !strcmp(s.fault, "wrong-usage");
	tsa_init(&s.tsa, &o);
	if (root)
		tsa_write_root(&s.tsa, root);
	printf("port %u\n", listen_at(&s, port));
	fflush(stdout);
	serve(&s);
}
