/* SPDX-License-Identifier: Apache-2.0 */
/* Identities and signing requests as files: pki makes the bytes, this places them. */
#include <signet/identity.h>

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/time.h"
#include "signer/ops/context.h"

static int refuse_existing(const char *path, const char *cure, struct sgn_error *err)
{
	int rc;

	if (!sgn_path_exists(path))
		return 0;
	rc = sgn_fail(err, SGN_E_EXISTS, "exists already");
	sgn_error_at_path(err, rc, path);
	return sgn_error_cure(err, rc, "%s", cure);
}

static int check_save(const struct sgn_p12_options *opts, const char *path, struct sgn_error *err)
{
	int rc = 0;

	if (!opts->password)
		return sgn_fail(err, SGN_E_USAGE, "a PKCS#12 file needs a password");
	if (!*opts->password && !opts->allow_empty) {
		rc = sgn_fail(err, SGN_E_USAGE, "the password of the PKCS#12 file is empty");
		return sgn_error_cure(err, rc,
		                      "whoever has the file has the key then, and macOS 15 and "
		                      "later do not import it; choose a password");
	}
	if (!opts->replace)
		rc = refuse_existing(path, "name another file, or say that it may be replaced (-f)",
		                     err);
	return rc;
}

/* A file that cannot sign as it is may be wanted all the same. */
static void warn(struct sgn_context *ctx, const struct sgn_identity *id, const char *path)
{
	struct sgn_identity_info info;
	int64_t now = sgn_time_now();
	char day[21];

	sgn_identity_describe(id, &info);
	if (!info.chain_complete)
		sgn_note(ctx, SGN_NOTE_WARNING, path, NULL,
		         "give the missing certificate authorities with --cert-chain",
		         "the chain is incomplete: the issuer of \"%s\" is missing",
		         info.chain[info.chain_count - 1]);
	sgn_time_iso(info.not_after, day);
	if (now > info.not_after)
		sgn_note(ctx, SGN_NOTE_WARNING, path, NULL,
		         "ask Apple for a new certificate; the key can stay",
		         "the certificate expired at %s", day);
}

int sgn_identity_save(struct sgn_context *ctx, const struct sgn_identity *id,
                      const struct sgn_p12_options *opts, const char *path, struct sgn_error *err)
{
	struct sgn_buf p12;
	int rc = check_save(opts, path, err);

	if (rc)
		return rc;
	sgn_buf_init_secret(&p12, SGN_LIMIT_CERT_FILE);
	rc = sgn_identity_p12(id, opts, &p12, err);
	if (rc == 0)
		rc = sgn_file_store(path, sgn_buf_view(&p12), 0600, err);
	if (rc == 0)
		warn(ctx, id, path);
	sgn_buf_dispose(&p12);
	return rc;
}

/* The request would replace the key that was just written. */
static int refuse_same_file(const char *a, const char *b, struct sgn_error *err)
{
	char *real_a = NULL, *real_b = NULL;
	int rc = sgn_path_target(a, &real_a, err);

	if (rc == 0)
		rc = sgn_path_target(b, &real_b, err);
	if (rc == 0 && strcmp(real_a, real_b) == 0)
		rc = sgn_fail(err, SGN_E_USAGE,
		              "the new key and the signing request are the same file");
	sgn_free(real_a);
	sgn_free(real_b);
	return rc;
}

static int check_request(const struct sgn_csr_options *opts, const char *csr_path,
                         struct sgn_error *err)
{
	int rc;

	if (!opts->key == !opts->new_key_path)
		return sgn_fail(err, SGN_E_USAGE,
		                "a signing request needs an existing key, or a file for a new one");
	if (opts->key && (opts->key_type || opts->new_key_password))
		return sgn_fail(err, SGN_E_USAGE,
		                "the type and the password of a new key mean nothing for an "
		                "existing one");
	rc = opts->replace
	             ? 0
	             : refuse_existing(csr_path,
	                               "name another file, or say that it may be replaced (-f)",
	                               err);
	if (rc == 0 && opts->new_key_path)
		rc = refuse_existing(
			opts->new_key_path,
			"private keys are never overwritten: name another file, or use "
			"the key that is there",
			err);
	if (rc == 0 && opts->new_key_path)
		rc = refuse_same_file(opts->new_key_path, csr_path, err);
	return rc;
}

static int store_request(const struct sgn_csr_options *opts, const char *csr_path,
                         const struct sgn_buf *key, const struct sgn_buf *csr,
                         struct sgn_error *err)
{
	int rc = 0;

	if (opts->new_key_path)
		rc = sgn_file_store(opts->new_key_path, sgn_buf_view(key), 0600, err);
	if (rc)
		return rc;
	rc = sgn_file_store(csr_path, sgn_buf_view(csr), 0644, err);
	if (rc && opts->new_key_path)
		sgn_error_cure(err, rc, "the new key is in %s: use it for the next attempt",
		               opts->new_key_path);
	return rc;
}

int sgn_identity_request(struct sgn_context *ctx, const struct sgn_csr_options *opts,
                         const char *csr_path, struct sgn_csr_info *info, struct sgn_error *err)
{
	struct sgn_csr_info made = {"", false};
	struct sgn_buf key, csr;
	int rc = check_request(opts, csr_path, err);

	if (rc)
		return rc;
	sgn_buf_init_secret(&key, SGN_LIMIT_CERT_FILE);
	sgn_buf_init(&csr, SGN_LIMIT_CERT_FILE);
	rc = sgn_identity_generate_request(opts, &key, &csr, &made, err);
	if (rc == 0)
		rc = store_request(opts, csr_path, &key, &csr, err);
	if (rc == 0 && !made.apple_takes_it)
		sgn_note(ctx, SGN_NOTE_WARNING, csr_path, NULL, "make a new key of type rsa2048",
		         "the key is %s; Apple's developer portal takes RSA 2048 only",
		         made.key_text);
	if (rc == 0 && info)
		*info = made;
	sgn_buf_dispose(&key);
	sgn_buf_dispose(&csr);
	return rc;
}
