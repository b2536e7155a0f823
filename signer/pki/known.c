/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a context knows of certificates: those it has opened, and which of them signed which. The items of
 * a bundle carry the same few, and one verification asks for each of them several times; opening one
 * costs OpenSSL a tenth of a millisecond, the first one three.
 *
 * Certificates are told apart by all their bytes, so nothing that is remembered of one can serve for
 * another, and only what was proved is remembered: a link that failed is tried again. Entries stay until
 * the end, so that what they hold can be lent; when there is no more room, everything is done anew each
 * time, as without a memory.
 */
#include <string.h>

#include <openssl/err.h>

#include "signer/base/mem.h"
#include "signer/base/thread.h"
#include "signer/pki/internal.h"

struct entry {
	struct sgn_arena arena;
	struct sgn_cert cert;
	X509 *x509;
};

/* The key of upper made the signature of child. */
struct link {
	const struct entry *child, *upper;
};

struct sgn_known {
	struct sgn_mutex *lock; /* for the arrays; an entry does not change once it is in */
	struct entry *entries[SGN_LIMIT_KNOWN_CERTS];
	size_t entry_count;
	struct link links[SGN_LIMIT_KNOWN_LINKS];
	size_t link_count;
};

int sgn_known_new(struct sgn_known **out, struct sgn_error *err)
{
	struct sgn_known *k = sgn_calloc(1, sizeof(*k));

	*out = NULL;
	if (!k)
		return sgn_fail_nomem(err);
	k->lock = sgn_mutex_new();
	if (!k->lock) {
		sgn_known_free(k);
		return sgn_fail_nomem(err);
	}
	*out = k;
	return 0;
}

static void entry_free(struct entry *e)
{
	if (!e)
		return;
	X509_free(e->x509);
	sgn_arena_dispose(&e->arena);
	sgn_free(e);
}

void sgn_known_free(struct sgn_known *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->entry_count; i++)
		entry_free(k->entries[i]);
	sgn_mutex_free(k->lock);
	sgn_free(k);
}

/* The lock is held. */
static const struct entry *look_up(const struct sgn_known *k, struct sgn_view der)
{
	for (size_t i = 0; i < k->entry_count; i++)
		if (sgn_view_equal(k->entries[i]->cert.der, der))
			return k->entries[i];
	return NULL;
}

static const struct entry *find(struct sgn_known *k, struct sgn_view der, bool *room)
{
	const struct entry *e;

	sgn_mutex_lock(k->lock);
	e = look_up(k, der);
	*room = k->entry_count < SGN_LIMIT_KNOWN_CERTS && der.size <= SGN_LIMIT_KNOWN_CERT;
	sgn_mutex_unlock(k->lock);
	return e;
}

/* Takes e over; another thread may have been faster, or have taken the last place. */
static const struct entry *keep(struct sgn_known *k, struct entry *e)
{
	const struct entry *kept;

	sgn_mutex_lock(k->lock);
	kept = look_up(k, e->cert.der);
	if (!kept && k->entry_count < SGN_LIMIT_KNOWN_CERTS) {
		kept = k->entries[k->entry_count++] = e;
		e = NULL;
	}
	sgn_mutex_unlock(k->lock);
	entry_free(e);
	return kept;
}

/* x509: as for sgn_cert_open(), borrowed. */
static int entry_new(struct sgn_view der, X509 *x509, struct entry **out, struct sgn_error *err)
{
	struct entry *e = sgn_calloc(1, sizeof(*e));
	int rc = e ? sgn_cert_open(der, &e->arena, &e->cert, &x509, err) : sgn_fail_nomem(err);

	if (rc == 0) {
		e->x509 = x509;
	} else {
		entry_free(e);
		e = NULL;
	}
	*out = e;
	return rc;
}

int sgn_known_take(struct sgn_known *k, X509 *x509, struct sgn_view der, struct sgn_arena *arena,
                   struct sgn_cert *out, struct sgn_error *err)
{
	const struct entry *e;
	struct entry *made;
	bool room = false;
	int rc;

	memset(out, 0, sizeof(*out));
	e = k ? find(k, der, &room) : NULL;
	if (!e && room) {
		rc = entry_new(der, x509, &made, err);
		if (rc)
			return rc;
		e = keep(k, made);
	}
	if (e) {
		*out = e->cert;
		return 0;
	}
	rc = sgn_cert_open(der, arena, out, &x509, err);
	if (rc == 0)
		X509_free(x509);
	return rc;
}

int sgn_known_parse(struct sgn_known *k, struct sgn_view der, struct sgn_arena *arena,
                    struct sgn_cert *out, struct sgn_error *err)
{
	return sgn_known_take(k, NULL, der, arena, out, err);
}

void sgn_known_count(struct sgn_known *k, size_t *certs, size_t *links)
{
	sgn_mutex_lock(k->lock);
	*certs = k->entry_count;
	*links = k->link_count;
	sgn_mutex_unlock(k->lock);
}

static X509 *open_again(const struct entry *e, const struct sgn_cert *cert)
{
	if (!e)
		return sgn_cert_x509(cert);
	return X509_up_ref(e->x509) == 1 ? e->x509 : NULL;
}

EVP_PKEY *sgn_known_key(struct sgn_known *k, const struct sgn_cert *cert)
{
	bool room;
	const struct entry *e = k ? find(k, cert->der, &room) : NULL;
	EVP_PKEY *key;

	if (!e)
		return sgn_cert_key(cert);
	key = X509_get_pubkey(e->x509);
	if (!key)
		ERR_clear_error();
	return key;
}

static bool is_linked(struct sgn_known *k, const struct link *link)
{
	bool found = false;

	sgn_mutex_lock(k->lock);
	for (size_t i = 0; !found && i < k->link_count; i++)
		found = k->links[i].child == link->child && k->links[i].upper == link->upper;
	sgn_mutex_unlock(k->lock);
	return found;
}

/* Twice when two threads proved it at once, which harms nothing. */
static void keep_link(struct sgn_known *k, const struct link *link)
{
	sgn_mutex_lock(k->lock);
	if (k->link_count < SGN_LIMIT_KNOWN_LINKS)
		k->links[k->link_count++] = *link;
	sgn_mutex_unlock(k->lock);
}

static bool verifies(X509 *child, X509 *upper)
{
	EVP_PKEY *key = upper ? X509_get0_pubkey(upper) : NULL;
	bool ok = key && child && X509_verify(child, key) == 1;

	ERR_clear_error();
	return ok;
}

bool sgn_known_signed(struct sgn_known *k, const struct sgn_cert *child, X509 **x_child,
                      const struct sgn_cert *upper, X509 **x_upper)
{
	struct link link = {NULL, NULL};
	bool room, ok;

	if (k) {
		link.child = find(k, child->der, &room);
		link.upper = find(k, upper->der, &room);
	}
	if (link.child && link.upper && is_linked(k, &link))
		return true;
	if (!*x_child)
		*x_child = open_again(link.child, child);
	if (!*x_upper)
		*x_upper = open_again(link.upper, upper);
	ok = verifies(*x_child, *x_upper);
	if (ok && link.child && link.upper)
		keep_link(k, &link);
	return ok;
}
