/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a server of a few lines: one thread, one answer for every request. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signer/net/http.h"

#define PEERS 64

static const char *answer; /* NULL: the server never answers */
static char last_request[4096];
static atomic_uint requests, connections;
static atomic_bool stop;
static int listener;
static pthread_t thread;
static char url[64];
static struct sgn_http *http;

static bool answer_one(int fd)
{
	char in[4096];
	ssize_t n = recv(fd, in, sizeof(in) - 1, 0);

	if (n <= 0)
		return false;
	in[n] = '\0';
	memcpy(last_request, in, (size_t)n + 1);
	atomic_fetch_add(&requests, 1);
	if (answer)
		send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	return true;
}

static void *serve(void *arg)
{
	struct pollfd fds[PEERS + 1] = {{.fd = listener, .events = POLLIN}};
	nfds_t count = 1;

	while (!atomic_load(&stop)) {
		if (poll(fds, count, 20) <= 0)
			continue;
		for (nfds_t i = count; i-- > 1;)
			if (fds[i].revents && !answer_one(fds[i].fd)) {
				close(fds[i].fd);
				fds[i] = fds[--count];
			}
		if (fds[0].revents && count <= PEERS) {
			fds[count++] = (struct pollfd){.fd = accept(listener, NULL, NULL),
			                               .events = POLLIN};
			atomic_fetch_add(&connections, 1);
		}
	}
	for (nfds_t i = 1; i < count; i++)
		close(fds[i].fd);
	return arg;
}

static void begin(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	struct sgn_http_options opts = {.user_agent = "signet/test"};
	socklen_t size = sizeof(at);

	setenv("no_proxy", "*", 1);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(listener, 64), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/ts", ntohs(at.sin_port));
	cr_assert_eq(pthread_create(&thread, NULL, serve, NULL), 0);
	cr_assert_eq(sgn_http_new(&opts, &http, NULL), 0);
}

static void end(void)
{
	sgn_http_free(http);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	close(listener);
}

TestSuite(net_http, .init = begin, .fini = end);

static struct sgn_http_request request(void)
{
	return (struct sgn_http_request){.url = url,
	                                 .content_type = "application/x-test",
	                                 .accept = "application/x-answer",
	                                 .body = sgn_view_str("question"),
	                                 .timeout_ms = 10000,
	                                 .max_answer = 1000};
}

static void post(struct sgn_http_request *r)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_http_post_all(http, r, 1, &err), 0, "%s", err.text);
}

Test(net_http, an_answer_comes_back_with_what_is_said_about_it)
{
	struct sgn_http_request r = request();

	answer = "HTTP/1.1 503 Away\r\nContent-Type: Text/HTML; charset=x\r\nRetry-After: 7\r\n"
		 "Content-Length: 5\r\n\r\nlater";
	post(&r);
	cr_assert_eq(r.status, 503);
	cr_assert_str_eq(r.type, "text/html");
	cr_assert_eq(r.retry_after, 7);
	cr_assert(sgn_view_equal(sgn_buf_view(&r.answer), sgn_view_str("later")));
	cr_assert_str_eq(r.problem, "");
	sgn_buf_dispose(&r.answer);
}

Test(net_http, the_request_says_who_asks_and_what)
{
	struct sgn_http_request r = request();

	answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	post(&r);
	cr_assert_not_null(strstr(last_request, "POST /ts HTTP/1.1\r\n"));
	cr_assert_not_null(strstr(last_request, "User-Agent: signet/test\r\n"));
	cr_assert_not_null(strstr(last_request, "Content-Type: application/x-test\r\n"));
	cr_assert_not_null(strstr(last_request, "Accept: application/x-answer\r\n"));
	cr_assert_not_null(strstr(last_request, "\r\n\r\nquestion"));
	cr_assert_null(strstr(last_request, "Expect:"));
	sgn_buf_dispose(&r.answer);
}

Test(net_http, redirects_are_told_and_not_followed)
{
	struct sgn_http_request r = request();

	answer = "HTTP/1.1 302 There\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n";
	post(&r);
	cr_assert_eq(r.status, 302);
	cr_assert_eq(atomic_load(&requests), 1);
	sgn_buf_dispose(&r.answer);
}

Test(net_http, connections_are_kept)
{
	answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	for (int i = 0; i < 5; i++) {
		struct sgn_http_request r = request();

		post(&r);
		cr_assert_eq(r.status, 200);
		sgn_buf_dispose(&r.answer);
	}
	cr_assert_eq(atomic_load(&connections), 1);
}

Test(net_http, an_answer_that_is_too_large_is_refused)
{
	struct sgn_http_request r = request();

	r.max_answer = 4;
	answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345";
	post(&r);
	cr_assert_eq(r.status, 0);
	cr_assert_str_eq(r.problem, "the answer has more than 4 bytes");
	cr_assert_not(r.transient);
	sgn_buf_dispose(&r.answer);
}

Test(net_http, a_silent_server_is_not_waited_for_longer_than_said)
{
	struct sgn_http_request r = request();

	r.timeout_ms = 200;
	post(&r);
	cr_assert_eq(r.status, 0);
	cr_assert_str_eq(r.problem, "no complete answer within 0.2 seconds");
	cr_assert(r.transient);
	sgn_buf_dispose(&r.answer);
}

Test(net_http, half_an_answer_is_none)
{
	struct sgn_http_request r = request();

	r.timeout_ms = 300;
	answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
	post(&r);
	cr_assert_eq(r.status, 0);
	cr_assert(r.transient);
	sgn_buf_dispose(&r.answer);
}

Test(net_http, what_is_no_http_server_is_a_problem_not_an_error)
{
	struct sgn_http_request r = request();

	answer = "220 mail.example.com ready\r\n\r\n";
	post(&r);
	cr_assert_eq(r.status, 0);
	cr_assert(strlen(r.problem) > 0);
	sgn_buf_dispose(&r.answer);
	r = request();
	r.url = "file:///etc/passwd";
	post(&r);
	cr_assert_eq(r.status, 0);
	cr_assert_not(r.transient, "%s", r.problem);
	sgn_buf_dispose(&r.answer);
	r = request();
	r.url = "http://127.0.0.1:1/"; /* nobody listens */
	post(&r);
	cr_assert_eq(r.status, 0);
	cr_assert(r.transient, "%s", r.problem);
	sgn_buf_dispose(&r.answer);
}

static void *post_many(void *arg)
{
	struct sgn_http_request r[20];

	for (size_t i = 0; i < SGN_ARRAY_LEN(r); i++)
		r[i] = request();
	cr_assert_eq(sgn_http_post_all(http, r, SGN_ARRAY_LEN(r), NULL), 0);
	for (size_t i = 0; i < SGN_ARRAY_LEN(r); i++) {
		cr_assert_eq(r[i].status, 200, "%s", r[i].problem);
		cr_assert_eq(r[i].answer.size, 2);
		sgn_buf_dispose(&r[i].answer);
	}
	return arg;
}

Test(net_http, many_threads_share_one_client)
{
	pthread_t threads[8];

	answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	for (size_t i = 0; i < SGN_ARRAY_LEN(threads); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, post_many, NULL), 0);
	for (size_t i = 0; i < SGN_ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(atomic_load(&requests), 160);
	cr_assert_leq(atomic_load(&connections), 64);
}

Test(net_http, nothing_to_send_is_done_at_once)
{
	cr_assert_eq(sgn_http_post_all(http, NULL, 0, NULL), 0);
}
