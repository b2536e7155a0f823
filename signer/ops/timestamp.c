/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "signer/base/mem.h"
#include "signer/net/http.h"
#include "signer/ops/gate.h"

#define APPLE_SERVER "http://timestamp.apple.com/ts01"

#define TIMEOUT_S 15
#define TRIES     4

/* Between two tries: from half of this to all of it, doubled each time. */
#define PAUSE_MS     500
#define PAUSE_MAX_MS 8000
/* A server that asks for more patience than this is away. */
#define RETRY_AFTER_MAX_S 30

enum verdict {
	GOT_TOKEN,
	ASK_AGAIN,        /* the server may do better in a moment */
	ASK_OTHER_SERVER, /* it will say the same again */
	GIVE_UP           /* the trouble is here */
};

/* One signature on its way. */
struct stamping {
	struct sgn_stamp *stamp;
	struct sgn_tsa_query query;
	struct sgn_buf body;
	enum verdict verdict; /* of the last try */
	bool no_policy;       /* the server does not like the one that we name */
	bool policy_news;     /* and has just said so */
	unsigned retry_after;
	struct sgn_error why; /* of the last failure */
};

/* --- what is wanted ------------------------------------------------------------------------------- */

static int add_server(struct sgn_timestamper *t, const char *url, struct sgn_error *err)
{
	int rc;

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
		rc = sgn_fail(err, SGN_E_USAGE,
		              "\"%s\" is no address of a timestamp server: it must begin with "
		              "http:// or https://",
		              url);
		return rc;
	}
	t->servers[t->server_count++] = url;
	return 0;
}

int sgn_timestamper_init(struct sgn_context *ctx, const struct sgn_sign_options *opts,
                         struct sgn_timestamper *out, struct sgn_error *err)
{
	unsigned timeout = opts->timestamp_timeout ? opts->timestamp_timeout : TIMEOUT_S;
	int rc;

	*out = (struct sgn_timestamper){
		.ctx = ctx,
		.timeout_ms = (timeout < 3600 ? timeout : 3600) * 1000,
		.tries = opts->timestamp_tries ? opts->timestamp_tries : TRIES,
		.allow_expired = opts->allow_expired,
	};
	if (!opts->identity || opts->timestamp_none || opts->dry_run)
		return 0;
	out->signer = sgn_identity_chain(opts->identity);
	if (!opts->timestamp && !opts->timestamp_url &&
	    !sgn_chain_kind(out->signer)->wants_timestamp)
		return 0;
	rc = add_server(out, opts->timestamp_url ? opts->timestamp_url : APPLE_SERVER, err);
	if (rc == 0 && opts->timestamp_fallback)
		rc = add_server(out, opts->timestamp_fallback, err);
	return rc;
}

/* --- one answer ----------------------------------------------------------------------------------- */

/* Without a user name and password in it: for messages. */
static const char *plain_url(const char *url)
{
	const char *host = strstr(url, "//") + 2;
	const char *at = host + strcspn(host, "@/?#");

	return *at == '@' ? at + 1 : url;
}

static enum verdict unavailable(struct stamping *s, enum verdict verdict, const char *text)
{
	int rc = sgn_fail(&s->why, SGN_E_NETWORK, "%s", text);

	sgn_error_osstatus(&s->why, rc, errSecTimestampServiceNotAvailable);
	return verdict;
}

/* Anything but 200. 408 and 429 ask for patience, 5xx are the server's troubles. */
static enum verdict bad_status(struct stamping *s, unsigned status)
{
	char text[80];

	snprintf(text, sizeof(text), "the server answers with HTTP status %u%s", status,
	         status / 100 == 3 ? ", another place, which is not followed" : "");
	if (status == 400) {
		sgn_error_osstatus(&s->why, sgn_fail(&s->why, SGN_E_NETWORK, "%s", text),
		                   errSecTimestampBadRequest);
		return ASK_OTHER_SERVER;
	}
	return unavailable(s,
	                   status == 408 || status == 429 || status / 100 == 5 ? ASK_AGAIN
	                                                                       : ASK_OTHER_SERVER,
	                   text);
}

/* The server understood, and has no token for us. */
static enum verdict refusal(struct stamping *s)
{
	switch (s->why.osstatus) {
	case errSecTimestampBadDataFormat: /* also an answer that is cut off */
	case errSecTimestampTimeNotAvailable:
	case errSecTimestampSystemFailure:
	case errSecTimestampWaiting: return ASK_AGAIN;
	case errSecTimestampUnacceptedPolicy:
		if (s->no_policy)
			return ASK_OTHER_SERVER;
		s->no_policy = s->policy_news = true;
		return ASK_AGAIN;
	default: return ASK_OTHER_SERVER;
	}
}

static enum verdict check_token(const struct sgn_timestamper *t, struct stamping *s,
                                struct sgn_view token)
{
	struct sgn_tsa_token_input in = {
		.token = token,
		.query = &s->query,
		.signature = s->stamp->signature,
		.signer = t->signer,
		.anchors = &t->ctx->anchors,
		.allow_expired = t->allow_expired,
	};
	struct sgn_tsa_token got;
	int rc = sgn_tsa_token_check(&in, &got, &s->why);

	if (rc)
		return rc == SGN_E_NETWORK ? ASK_OTHER_SERVER : GIVE_UP;
	if (got.rootless)
		sgn_note(
			t->ctx, SGN_NOTE_WARNING, NULL, NULL,
			"sign again with a server whose root the verifiers know, or make sure that "
			"they do",
			"the timestamp's certificate chain ends in no root that is known here");
	sgn_buf_reset(&s->stamp->token);
	sgn_wr_view(&s->stamp->token, token);
	return sgn_buf_finish(&s->stamp->token, &s->why, "timestamp") ? GIVE_UP : GOT_TOKEN;
}

static enum verdict judge(const struct sgn_timestamper *t, struct stamping *s,
                          const struct sgn_http_request *r)
{
	struct sgn_view token;
	int rc;

	s->retry_after = r->retry_after;
	if (r->status == 0)
		return unavailable(s, r->transient ? ASK_AGAIN : ASK_OTHER_SERVER, r->problem);
	if (r->status != 200)
		return bad_status(s, r->status);
	if (!strcmp(r->type, "text/html"))
		return unavailable(s, ASK_AGAIN, "the server answers with a web page");
	rc = sgn_tsa_answer_read(sgn_buf_view(&r->answer), &token, &s->why);
	return rc ? refusal(s) : check_token(t, s, token);
}

/* --- one round ------------------------------------------------------------------------------------ */

/* Each try has a nonce of its own. */
static int prepare(const struct sgn_timestamper *t, struct stamping *s, const char *url,
                   struct sgn_http_request *r, struct sgn_error *err)
{
	int rc = sgn_tsa_query_init(&s->query, s->stamp->signature, err);

	s->query.with_policy = !s->no_policy;
	sgn_buf_reset(&s->body);
	if (rc == 0)
		rc = sgn_tsa_query_write(&s->query, &s->body, err);
	*r = (struct sgn_http_request){
		.url = url,
		.content_type = "application/timestamp-query",
		.accept = "application/timestamp-reply",
		.body = sgn_buf_view(&s->body),
		.timeout_ms = t->timeout_ms,
		.max_answer = SGN_LIMIT_TSA_ANSWER,
	};
	return rc;
}

/* Asks one server for all that it shall be asked for; each gets its verdict. */
static int one_round(const struct sgn_timestamper *t, const char *url, struct stamping *all,
                     size_t count, struct sgn_http_request *requests, struct sgn_error *err)
{
	size_t sent = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		if (all[i].verdict == ASK_AGAIN)
			rc = prepare(t, &all[i], url, &requests[sent++], err);
	if (rc == 0) {
		sgn_gate_leave(t->ctx->gate);
		rc = sgn_http_post_all(t->ctx->http, requests, sent, err);
		sgn_gate_enter(t->ctx->gate);
	}
	sent = 0;
	for (size_t i = 0; i < count; i++) {
		if (all[i].verdict != ASK_AGAIN)
			continue;
		if (rc == 0)
			all[i].verdict = judge(t, &all[i], &requests[sent]);
		sgn_buf_dispose(&requests[sent++].answer);
		if (rc == 0 && all[i].verdict == GIVE_UP) {
			rc = (int)all[i].why.code;
			sgn_error_move(err, &all[i].why);
		}
	}
	return rc;
}

static size_t find(const struct stamping *all, size_t count, enum verdict verdict)
{
	size_t i = 0;

	while (i < count && all[i].verdict != verdict)
		i++;
	return i;
}

/* Grows with the tries, and differs between machines that failed at the same moment: the nanoseconds
 * of the clock are random enough for that. */
static unsigned pause_ms(const struct stamping *all, size_t count, unsigned tried)
{
	unsigned span = PAUSE_MS, asked = 0;
	struct timespec now;

	for (unsigned i = 1; i < tried && span < PAUSE_MAX_MS; i++)
		span *= 2;
	clock_gettime(CLOCK_MONOTONIC, &now);
	span -= (unsigned)(now.tv_nsec / 1000) % (span / 2);
	for (size_t i = 0; i < count; i++)
		if (all[i].verdict == ASK_AGAIN && all[i].retry_after > asked)
			asked = all[i].retry_after;
	if (asked > RETRY_AFTER_MAX_S)
		asked = RETRY_AFTER_MAX_S;
	return span > asked * 1000 ? span : asked * 1000;
}

static void pause_between(const struct sgn_timestamper *t, const char *url,
                          const struct stamping *all, size_t count, unsigned tried)
{
	const struct stamping *s = &all[find(all, count, ASK_AGAIN)];
	unsigned ms = pause_ms(all, count, tried);
	struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};

	sgn_note(t->ctx, SGN_NOTE_INFO, NULL, NULL, NULL, "timestamp: %s: %s; asking again",
	         plain_url(url), s->why.text);
	sgn_gate_leave(t->ctx->gate);
	while (nanosleep(&left, &left) != 0)
		;
	sgn_gate_enter(t->ctx->gate);
}

/* --- all rounds ----------------------------------------------------------------------------------- */

/* What a server said about the first signature that it gave no token for, for the message. */
static void remember(struct sgn_buf *history, const char *url, const struct stamping *s,
                     unsigned tried)
{
	sgn_wr_fmt(history, "%s%s: %s", history->size ? "; " : "", plain_url(url), s->why.text);
	if (tried > 1)
		sgn_wr_fmt(history, " (%u tries)", tried);
}

/* Is there one to be asked for again at once, only without naming a policy? */
static bool policy_refused(struct stamping *all, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		any |= all[i].policy_news;
		all[i].policy_news = false;
	}
	return any;
}

/* Until every one has a token, or the server shall not be asked any more. */
static int ask_server(const struct sgn_timestamper *t, const char *url, struct stamping *all,
                      size_t count, struct sgn_buf *history, struct sgn_error *err)
{
	struct sgn_http_request *requests = sgn_calloc(count, sizeof(*requests));
	unsigned tried = 0;
	size_t left;
	int rc = requests ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; i < count; i++)
		if (all[i].verdict != GOT_TOKEN)
			all[i].verdict = ASK_AGAIN;
	while (rc == 0 && tried < t->tries && find(all, count, ASK_AGAIN) < count) {
		if (tried > 0)
			pause_between(t, url, all, count, tried);
		rc = one_round(t, url, all, count, requests, err);
		if (rc == 0 && policy_refused(all, count))
			rc = one_round(t, url, all, count, requests, err);
		tried++;
	}
	for (left = 0; left < count && all[left].verdict == GOT_TOKEN;)
		left++;
	if (rc == 0 && left < count)
		remember(history, url, &all[left], tried);
	sgn_free(requests);
	return rc;
}

static int no_token(const struct sgn_timestamper *t, const struct stamping *s,
                    struct sgn_buf *history, struct sgn_error *err)
{
	int32_t osstatus = s->why.osstatus;
	int rc = sgn_fail(err, SGN_E_NETWORK, "no secure timestamp: %s", sgn_buf_str(history));

	sgn_error_osstatus(err, rc, osstatus);
	return sgn_error_cure(
		err, rc,
		"try again later%s, or pass --timestamp=none to sign without one, "
		"which the notary service does not accept",
		t->server_count == 1 ? ", name a second server with --timestamp-fallback" : "");
}

static int ask_servers(const struct sgn_timestamper *t, struct stamping *all, size_t count,
                       struct sgn_error *err)
{
	struct sgn_buf history;
	size_t left = 0;
	int rc = 0;

	sgn_buf_init(&history, 8192);
	for (size_t i = 0; rc == 0 && i < t->server_count && left < count; i++) {
		if (i > 0)
			sgn_note(t->ctx, SGN_NOTE_WARNING, NULL, NULL, NULL,
			         "no timestamp from %s; asking %s", plain_url(t->servers[i - 1]),
			         plain_url(t->servers[i]));
		rc = ask_server(t, t->servers[i], all, count, &history, err);
		for (left = 0; left < count && all[left].verdict == GOT_TOKEN;)
			left++;
	}
	if (rc == 0 && left < count)
		rc = no_token(t, &all[left], &history, err);
	sgn_buf_dispose(&history);
	return rc;
}

int sgn_timestamp(const struct sgn_timestamper *t, struct sgn_stamp *stamps, size_t count,
                  struct sgn_error *err)
{
	struct stamping *all;
	int rc;

	for (size_t i = 0; i < count; i++)
		sgn_buf_init(&stamps[i].token, SGN_LIMIT_TSA_ANSWER);
	if (t->server_count == 0 || count == 0)
		return 0;
	all = sgn_calloc(count, sizeof(*all));
	if (!all)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < count; i++) {
		all[i] = (struct stamping){
			.stamp = &stamps[i], .verdict = ASK_AGAIN, .why = SGN_ERROR_INIT};
		sgn_buf_init(&all[i].body, 4096);
	}
	rc = ask_servers(t, all, count, err);
	for (size_t i = 0; i < count; i++) {
		sgn_error_dispose(&all[i].why);
		sgn_buf_dispose(&all[i].body);
	}
	sgn_free(all);
	return rc;
}
