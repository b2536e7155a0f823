/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of signer/pki share among themselves; nobody else includes this. */
#ifndef SIGNER_PKI_INTERNAL_H
#define SIGNER_PKI_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/types.h>
#include <openssl/x509.h>

#include "signer/base/file.h"
#include "signer/base/oid.h"
#include "signer/pki/pki.h"

/* --- OpenSSL's errors (ossl.c) ------------------------------------------------------------------ */

/* The newest reason in OpenSSL's queue, or "no reason given"; static storage. Empties the queue. */
const char *sgn_ossl_reason(void);

/* sgn_fail(SGN_E_CRYPTO) with what, and OpenSSL's reason behind it. */
int sgn_ossl_fail(struct sgn_error *err, const char *what);

/* "RSA 2048", "EC P-256", else OpenSSL's name for the type. out has room for 32 bytes. */
void sgn_ossl_key_text(const EVP_PKEY *key, char out[32]);

/* --- certificates ------------------------------------------------------------------------------- */

/* The same certificate for OpenSSL; NULL when it cannot read it. Free with X509_free(). */
X509 *sgn_cert_x509(const struct sgn_cert *cert);

/* sgn_cert_parse(), and the same certificate for OpenSSL, to be freed with X509_free(). *x509 is one that
 * was read from der before, or NULL. */
int sgn_cert_open(struct sgn_view der, struct sgn_arena *arena, struct sgn_cert *out, X509 **x509,
                  struct sgn_error *err);

/* The public key; NULL when OpenSSL cannot use it. Free with EVP_PKEY_free(). */
EVP_PKEY *sgn_cert_key(const struct sgn_cert *cert);

/* Common name, else organisation, else "(no name)"; a C string in the arena; NULL: out of memory. */
const char *sgn_cert_title(const struct sgn_cert *cert, struct sgn_arena *arena);

/* The key identifiers of the extensions, or empty. */
struct sgn_view sgn_cert_subject_key_id(const struct sgn_cert *cert);
struct sgn_view sgn_cert_authority_key_id(const struct sgn_cert *cert);

static inline bool sgn_cert_same(const struct sgn_cert *a, const struct sgn_cert *b)
{
	return sgn_view_equal(a->der, b->der);
}

/* --- certificates that a context has seen (known.c) --------------------------------------------- */

int sgn_known_new(struct sgn_known **out, struct sgn_error *err);
void sgn_known_free(struct sgn_known *k);

/*
 * Each does what its name says with k NULL, too, and with certificates that k has no room for. Safe from
 * many threads at once.
 */

/* sgn_cert_parse(); what out points to is in arena or borrowed from k. */
int sgn_known_parse(struct sgn_known *k, struct sgn_view der, struct sgn_arena *arena,
                    struct sgn_cert *out, struct sgn_error *err);

/* The same of one that OpenSSL has read already; der is its encoding. */
int sgn_known_take(struct sgn_known *k, X509 *x509, struct sgn_view der, struct sgn_arena *arena,
                   struct sgn_cert *out, struct sgn_error *err);

/* sgn_certs_load(), the same way. */
int sgn_certs_load_known(struct sgn_view bytes, struct sgn_known *k, struct sgn_arena *arena,
                         struct sgn_cert **out, size_t *count, struct sgn_error *err);

/* sgn_cert_key(). */
EVP_PKEY *sgn_known_key(struct sgn_known *k, const struct sgn_cert *cert);

/*
 * Did the key of upper sign these bytes of child? The third and fifth are the same for OpenSSL, opened here if
 * that is needed and they are NULL; the caller frees them, and may give them again.
 */
bool sgn_known_signed(struct sgn_known *k, const struct sgn_cert *child, X509 **x_child,
                      const struct sgn_cert *upper, X509 **x_upper);

/* How many certificates and links are remembered. */
void sgn_known_count(struct sgn_known *k, size_t *certs, size_t *links);

static inline struct sgn_known *sgn_anchors_known(const struct sgn_anchors *anchors)
{
	return anchors ? anchors->known : NULL;
}

/* Counts as a root of Apple's: built in as an anchor, or one of the extra ones. */
bool sgn_anchors_is_root(const struct sgn_anchors *anchors, const struct sgn_cert *cert);

/* --- making (make_key.c, p12_write.c) ----------------------------------------------------------- */

/* A new key; type as in sgn_test_identity_options; NULL: "rsa2048". SGN_E_USAGE for another one. */
int sgn_key_make(const char *type, EVP_PKEY **out, struct sgn_error *err);
bool sgn_key_type_is_ec(const char *type);

/* Appends PKCS#8 as PEM, with AES-256 unless password is NULL or empty. */
int sgn_key_write(const EVP_PKEY *key, const char *password, struct sgn_buf *out,
                  struct sgn_error *err);

struct sgn_p12_input {
	EVP_PKEY *key;
	X509 *leaf;
	STACK_OF(X509) * others;
	const char *name;     /* friendlyName of key and leaf */
	const char *password; /* not NULL */
	enum sgn_p12_encryption encryption;
};

int sgn_p12_write(const struct sgn_p12_input *in, struct sgn_buf *out, struct sgn_error *err);

/* Appends what a memory BIO holds. */
int sgn_bio_to_buf(BIO *bio, struct sgn_buf *out, struct sgn_error *err, const char *what);

/* --- the signed list of cdhashes (cms_cdhashes.c) ----------------------------------------------- */

#define SGN_CDHASH_SIZE 20 /* cdhashes are truncated to SHA-1's length */

/* Appends the XML property list { cdhashes = ( truncated digests ) }, to the byte as codesign writes it:
 * hash agility, version 1. */
int sgn_cms_write_cdhashes(const struct sgn_cms_cdhash *cdhashes, size_t count, struct sgn_buf *out,
                           struct sgn_error *err);

/* --- identity ----------------------------------------------------------------------------------- */

struct sgn_identity {
	struct sgn_arena arena;
	EVP_PKEY *key;           /* in OpenSSL's default library context */
	bool public_only;        /* it is the certificate's: nothing can be signed with it */
	struct sgn_token *token; /* where the key is, or NULL: in memory */
	struct sgn_cert *leaf;
	struct sgn_chain chain;
	struct sgn_identity_info info;
};

#define SGN_ID_KEYS 16 /* a keychain exported as a whole has a few */

/* What was found in the files so far. certs are in arena; the keys are owned. */
struct sgn_id_parts {
	struct sgn_arena *arena;
	struct sgn_known *known;        /* or NULL */
	struct sgn_id_library *library; /* opened when something needs the old ciphers */
	bool allow_loose_modes;
	EVP_PKEY *keys[SGN_ID_KEYS]; /* in OpenSSL's default library context */
	size_t key_count;
	struct sgn_cert certs[SGN_LIMIT_CERTS];
	size_t cert_count;
	size_t own_count; /* of the certificates: those of the identity's own file, not of the chain's */
};

/* The password of an identity, asked for at most once. */
struct sgn_id_password {
	const struct sgn_identity_source *source;
	bool asked;
	bool known; /* text is a password, possibly empty */
	bool last;  /* is tried on a PKCS#12 only when none and the empty one do not open it */
	char text[SGN_LIMIT_PASSWORD];
	int gave_up; /* status of source->ask, when negative */
};

/* Makes the password known, asking when necessary; false when there is none. */
bool sgn_id_password_get(struct sgn_id_password *pw, const char *what);

int sgn_id_add_cert(struct sgn_id_parts *parts, struct sgn_view der, struct sgn_error *err);

/* The same from OpenSSL; x may be NULL. */
int sgn_id_add_x509(struct sgn_id_parts *parts, X509 *x, struct sgn_error *err);

/* Those in a file, PEM or DER. */
int sgn_id_add_cert_file(struct sgn_id_parts *parts, const char *path, struct sgn_error *err);

/* The parts become the identity; the certificates move behind id->leaf in the arena. */
int sgn_id_assemble(struct sgn_identity *id, struct sgn_id_parts *parts,
                    const struct sgn_anchors *anchors, struct sgn_error *err);

/* Takes the key over, also on failure; it is in OpenSSL's default library context. */
int sgn_id_take_key(struct sgn_id_parts *parts, EVP_PKEY *key, struct sgn_error *err);

/* OpenSSL with the old ciphers, for the time of reading; the legacy provider may be missing. Zeroed until
 * it is needed. */
struct sgn_id_library {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *base, *legacy;
};

/* Opens it, unless it is open. Closed by the owner in any case. */
int sgn_id_library_need(struct sgn_id_library *l, struct sgn_error *err);
void sgn_id_library_close(struct sgn_id_library *l);

/* One file into parts. A private key in a file that others may read is refused, unless that is allowed. */
int sgn_id_read_file(const char *path, bool key_wanted, struct sgn_id_password *pw,
                     struct sgn_id_parts *parts, struct sgn_error *err);
int sgn_id_refuse_loose(const struct sgn_file_facts *facts, const char *path,
                        struct sgn_error *err);

/* The first private key in the file source->path. Free with EVP_PKEY_free(). */
int sgn_key_read(const struct sgn_identity_source *source, EVP_PKEY **out, struct sgn_error *err);

/* Does the private key belong to the certificate? */
bool sgn_id_key_belongs(const struct sgn_cert *cert, struct sgn_known *known, const EVP_PKEY *key);

/* SGN_E_UNSUPPORTED for what Apple's code signatures cannot use. */
int sgn_id_check_key_type(const EVP_PKEY *key, struct sgn_error *err);

/* Fills id->info from key, leaf and chain. */
int sgn_id_describe(struct sgn_identity *id, struct sgn_error *err);

/* Each reads the bytes of one file into parts; the first finds out what they are. */
int sgn_id_read_bytes(struct sgn_view bytes, bool key_wanted, struct sgn_id_password *pw,
                      struct sgn_id_parts *parts, struct sgn_error *err);
int sgn_id_read_p12(struct sgn_view bytes, struct sgn_id_password *pw, struct sgn_id_parts *parts,
                    struct sgn_error *err);
int sgn_id_read_key(struct sgn_view bytes, struct sgn_id_password *pw, struct sgn_id_parts *parts,
                    struct sgn_error *err);

/* What the bytes look like from outside. */
bool sgn_id_is_pem(struct sgn_view bytes);
bool sgn_id_pem_has_key(struct sgn_view bytes);
bool sgn_id_pem_has_cert(struct sgn_view bytes);
bool sgn_id_holds_key(
	struct sgn_view bytes); /* PEM with a key, or PKCS#12; not seen: a key in DER */

/* The key is RSA (else EC): decides the signature algorithm that is written. */
bool sgn_identity_is_rsa(const struct sgn_identity *id);

#endif
