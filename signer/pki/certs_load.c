/* SPDX-License-Identifier: Apache-2.0 */
/* Files of certificates: PEM with anything between the blocks, or DER one behind the other. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "signer/pki/ber.h"
#include "signer/pki/internal.h"

struct loaded {
	struct sgn_known *known;
	struct sgn_cert *certs;
	size_t count;
};

static int add(struct loaded *l, struct sgn_view der, struct sgn_arena *arena,
               struct sgn_error *err)
{
	int rc;

	if (l->count == SGN_LIMIT_CERTS)
		return sgn_fail(err, SGN_E_LIMIT, "more than %d certificates in one file",
		                SGN_LIMIT_CERTS);
	rc = sgn_known_parse(l->known, der, arena, &l->certs[l->count], err);
	if (rc)
		return sgn_wrap(err, rc, "certificate %zu of the file", l->count + 1);
	l->count++;
	return 0;
}

static bool is_cert_block(const char *name)
{
	return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;
}

static int load_pem(struct sgn_view bytes, struct loaded *l, struct sgn_arena *arena,
                    struct sgn_error *err)
{
	BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.size);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long size = 0;
	int rc = bio ? 0 : sgn_fail_nomem(err);

	while (rc == 0 && PEM_read_bio(bio, &name, &header, &data, &size) == 1) {
		if (is_cert_block(name))
			rc = add(l, sgn_view_of(data, (size_t)size), arena, err);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)size); /* may have been a key */
	}
	/* The end of the file is told from a broken block by the reason only. */
	if (rc == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		rc = sgn_fail(err, SGN_E_FORMAT, "a PEM block is damaged: OpenSSL: %s",
		              sgn_ossl_reason());
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

static int load_der(struct sgn_view bytes, struct loaded *l, struct sgn_arena *arena,
                    struct sgn_error *err)
{
	struct sgn_ber_item item;
	int rc = 0;

	/* What follows the last certificate is left alone: published files exist that repeat the
	 * same certificate as PEM there. */
	while (rc == 0 && bytes.size && bytes.data[0] == SGN_BER_SEQUENCE) {
		if (!sgn_ber_next(&bytes, &item))
			return sgn_fail(err, SGN_E_FORMAT, "certificate: truncated");
		rc = add(l, item.whole, arena, err);
	}
	return rc;
}

int sgn_certs_load(struct sgn_view bytes, struct sgn_arena *arena, struct sgn_cert **out,
                   size_t *count, struct sgn_error *err)
{
	return sgn_certs_load_known(bytes, NULL, arena, out, count, err);
}

int sgn_certs_load_known(struct sgn_view bytes, struct sgn_known *k, struct sgn_arena *arena,
                         struct sgn_cert **out, size_t *count, struct sgn_error *err)
{
	struct loaded l = {.known = k};
	int rc;

	if (bytes.size > SGN_LIMIT_CERT_FILE)
		return sgn_fail(err, SGN_E_LIMIT, "certificate file: %zu bytes, more than %u",
		                bytes.size, SGN_LIMIT_CERT_FILE);
	l.certs = sgn_arena_array(arena, SGN_LIMIT_CERTS, sizeof(*l.certs));
	if (!l.certs)
		return sgn_fail_nomem(err);
	if (sgn_id_is_pem(bytes))
		rc = load_pem(bytes, &l, arena, err);
	else
		rc = load_der(bytes, &l, arena, err);
	if (rc)
		return rc;
	if (l.count == 0) {
		rc = sgn_fail(err, SGN_E_NOTFOUND, "no certificate in the file");
		return sgn_error_cure(err, rc, "give a file with certificates as PEM or DER");
	}
	*out = l.certs;
	*count = l.count;
	return 0;
}
