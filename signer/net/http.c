/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client and its thread. Callers put transfers into the queue under the lock; the thread takes them
 * out, and is the only one that touches curl handles, so curl needs no lock. (transfer.c has what one
 * request is to curl.)
 */
#include "signer/net/http.h"

#include "signer/base/mem.h"
#include "signer/base/thread.h"
#include "signer/net/transfer.h"

/* How long to sleep when nothing happens; a new request wakes at once. */
#define POLL_MS 10000

struct sgn_http {
	struct transfer_settings settings;
	char *user_agent, *ca_file;
	size_t max_in_flight;
	const struct sgn_curl *curl; /* NULL: not yet needed */
	CURLM *multi;
	struct sgn_thread *thread; /* NULL: not yet started */
	size_t in_flight;          /* of the thread */

	struct sgn_mutex *lock; /* for what follows, and for call.left */
	struct sgn_cond *work;  /* something is in the queue, or time to stop */
	struct transfer *first, *last;
	bool stop;
};

/* --- the thread ----------------------------------------------------------------------------------- */

static void finish(struct sgn_http *http, struct transfer *t)
{
	sgn_transfer_close(t);
	sgn_mutex_lock(http->lock);
	if (--t->call->left == 0)
		sgn_cond_wake_one(t->call->over);
	sgn_mutex_unlock(http->lock);
}

/* Under the lock. */
static struct transfer *pop(struct sgn_http *http)
{
	struct transfer *t = http->first;

	if (!t || http->in_flight == http->max_in_flight)
		return NULL;
	http->first = t->next;
	if (!http->first)
		http->last = NULL;
	return t;
}

static void begin(struct sgn_http *http, struct transfer *t)
{
	t->curl = http->curl;
	if (!sgn_transfer_open(t, &http->settings)) {
		finish(http, t);
		return;
	}
	if (http->curl->multi_add_handle(http->multi, t->easy) != CURLM_OK) {
		t->rc = SGN_E_NETWORK;
		finish(http, t);
		return;
	}
	http->in_flight++;
}

/* Waits for work while there is none; false when it is time to stop. */
static bool take_from_queue(struct sgn_http *http)
{
	struct transfer *t;
	bool stop;

	sgn_mutex_lock(http->lock);
	while (!http->stop && http->in_flight == 0 && !http->first)
		sgn_cond_wait(http->work, http->lock);
	while ((t = pop(http)) != NULL) {
		sgn_mutex_unlock(http->lock);
		begin(http, t);
		sgn_mutex_lock(http->lock);
	}
	stop = http->stop;
	sgn_mutex_unlock(http->lock);
	return !stop;
}

static void take_results(struct sgn_http *http)
{
	struct transfer *t = NULL;
	CURLMsg *msg;
	int left;

	while ((msg = http->curl->multi_info_read(http->multi, &left)) != NULL) {
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE ||
		    http->curl->easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t) !=
		            CURLE_OK)
			continue;
		http->curl->multi_remove_handle(http->multi, t->easy);
		http->in_flight--;
		sgn_transfer_take(t, code);
		finish(http, t);
	}
}

static void thread_main(void *arg)
{
	struct sgn_http *http = arg;
	int running;

	while (take_from_queue(http)) {
		http->curl->multi_perform(http->multi, &running);
		take_results(http);
		if (http->in_flight > 0)
			http->curl->multi_poll(http->multi, NULL, 0, POLL_MS, NULL);
	}
}

/* --- the callers' side ---------------------------------------------------------------------------- */

static void set_options(struct sgn_http *http)
{
	long most = (long)http->max_in_flight;

	http->curl->multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, most);
	http->curl->multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
}

/* Under the lock. */
static int start(struct sgn_http *http, struct sgn_error *err)
{
	int rc;

	if (http->thread)
		return 0;
	rc = sgn_curl_need(&http->curl, err);
	if (rc)
		return rc;
	if (!http->multi)
		http->multi = http->curl->multi_init();
	if (!http->multi)
		return sgn_fail(err, SGN_E_NETWORK, "libcurl cannot be initialised");
	set_options(http);
	http->thread = sgn_thread_start(thread_main, http);
	if (!http->thread)
		return sgn_fail(err, SGN_E_NETWORK, "no thread for HTTP can be started");
	return 0;
}

int sgn_http_new(const struct sgn_http_options *opts, struct sgn_http **out, struct sgn_error *err)
{
	struct sgn_http *http = sgn_calloc(1, sizeof(*http));

	*out = NULL;
	if (!http)
		return sgn_fail_nomem(err);
	http->max_in_flight = opts->max_in_flight ? opts->max_in_flight : SGN_HTTP_IN_FLIGHT;
	http->user_agent = sgn_strdup(opts->user_agent);
	http->ca_file = opts->ca_file ? sgn_strdup(opts->ca_file) : NULL;
	http->settings = (struct transfer_settings){http->user_agent, http->ca_file};
	http->lock = sgn_mutex_new();
	http->work = sgn_cond_new();
	if (!http->user_agent || (opts->ca_file && !http->ca_file) || !http->lock || !http->work) {
		sgn_http_free(http);
		return sgn_fail_nomem(err);
	}
	*out = http;
	return 0;
}

void sgn_http_free(struct sgn_http *http)
{
	if (!http)
		return;
	if (http->thread) {
		sgn_mutex_lock(http->lock);
		http->stop = true;
		sgn_cond_wake_all(http->work);
		sgn_mutex_unlock(http->lock);
		sgn_thread_join(http->thread);
	}
	if (http->multi)
		http->curl->multi_cleanup(http->multi);
	sgn_cond_free(http->work);
	sgn_mutex_free(http->lock);
	sgn_free(http->ca_file);
	sgn_free(http->user_agent);
	sgn_free(http);
}

/* Under the lock. */
static void push(struct sgn_http *http, struct transfer *t)
{
	if (http->last)
		http->last->next = t;
	else
		http->first = t;
	http->last = t;
}

static int run_all(struct sgn_http *http, struct transfer *transfers, size_t count,
                   struct sgn_error *err)
{
	struct call call = {.over = sgn_cond_new(), .left = count};
	int rc;

	if (!call.over)
		return sgn_fail_nomem(err);
	sgn_mutex_lock(http->lock);
	rc = start(http, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		transfers[i].call = &call;
		push(http, &transfers[i]);
	}
	if (rc == 0) {
		sgn_cond_wake_one(http->work);
		http->curl->multi_wakeup(http->multi);
	}
	while (rc == 0 && call.left > 0)
		sgn_cond_wait(call.over, http->lock);
	sgn_mutex_unlock(http->lock);
	sgn_cond_free(call.over);
	return rc;
}

int sgn_http_post_all(struct sgn_http *http, struct sgn_http_request *requests, size_t count,
                      struct sgn_error *err)
{
	struct transfer *transfers;
	int rc;

	for (size_t i = 0; i < count; i++)
		sgn_transfer_reset(&requests[i]);
	if (count == 0)
		return 0;
	transfers = sgn_calloc(count, sizeof(*transfers));
	if (!transfers)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < count; i++)
		transfers[i].request = &requests[i];
	rc = run_all(http, transfers, count, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (transfers[i].rc == SGN_E_NOMEM)
			rc = sgn_fail_nomem(err);
		else if (transfers[i].rc)
			rc = sgn_fail(err, SGN_E_NETWORK, "libcurl cannot be used");
	}
	sgn_free(transfers);
	return rc;
}
