/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/pkcs12.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/time.h"
#include "tests/unit/pki/helper.h"

/* A folder of identities, and what is put into it. */
struct shelf {
	struct made m; /* the first hierarchy; its files lie beside the folder */
	char dir[600];
	struct sgn_identity_store_options opts;
	struct sgn_identity_store *store;
	struct sgn_error err;
};

static struct shelf s;

static void setup(void)
{
	make_kind(&s.m, "developer-id", "p256");
	snprintf(s.dir, sizeof(s.dir), "%s", scratch_path(&s.m.files, "ids"));
	cr_assert_eq(mkdir(s.dir, 0700), 0);
	s.opts.dir = s.dir;
	s.err = (struct sgn_error)SGN_ERROR_INIT;
}

static void teardown(void)
{
	sgn_identity_store_free(s.store);
	sgn_error_dispose(&s.err);
	unmake(&s.m);
}

TestSuite(pki_store, .init = setup, .fini = teardown);

static void put(const char *name, const void *data, size_t size, mode_t mode)
{
	char path[400];

	snprintf(path, sizeof(path), "ids/%s", name);
	cr_assert_eq(chmod(scratch_write(&s.m.files, path, data, size, 0600), mode), 0);
}

static void put_made(const char *name, const struct sgn_test_identity_options *opts)
{
	struct sgn_buf p12;

	sgn_buf_init(&p12, 1 << 20);
	cr_assert_eq(sgn_identity_generate_test(opts, &p12, NULL, &s.err), 0, "%s", s.err.text);
	put(name, p12.data, p12.size, 0600);
	sgn_buf_dispose(&p12);
}

static void put_kind(const char *name, const char *kind, int days)
{
	const struct sgn_test_identity_options opts = {
		.kind = kind, .key_type = "p256", .days = days};

	put_made(name, &opts);
}

static void put_cert(const char *name, const struct sgn_cert *cert)
{
	put(name, cert->der.data, cert->der.size, 0644);
}

static void put_key(const char *name, EVP_PKEY *key, mode_t mode)
{
	char path[400];

	snprintf(path, sizeof(path), "ids/%s", name);
	cr_assert_eq(chmod(put_pem_key(&s.m, path, key, NULL), mode), 0);
}

static void open_store(void)
{
	sgn_identity_store_free(s.store);
	s.store = NULL;
	cr_assert_eq(sgn_identity_store_read(&s.opts, &s.m.anchors, &s.store, &s.err), 0, "%s",
	             s.err.text);
}

static const struct sgn_identity_candidate *find_ignoring(const char *name, unsigned ignore)
{
	const struct sgn_identity_candidate *found = NULL;

	cr_assert_eq(sgn_identity_store_find(s.store, name, ignore, &found, &s.err), 0, "%s: %s",
	             name, s.err.text);
	return found;
}

static const struct sgn_identity_candidate *find(const char *name)
{
	return find_ignoring(name, 0);
}

static void cannot_find(const char *name, int status, const char *text)
{
	const struct sgn_identity_candidate *found = NULL;

	cr_assert_eq(sgn_identity_store_find(s.store, name, 0, &found, &s.err), status, "%s",
	             s.err.text);
	cr_assert_null(found);
	cr_assert_not_null(strstr(s.err.text, text), "\"%s\" not in \"%s\"", text, s.err.text);
	cr_assert(s.err.cure[0], "a cure for: %s", s.err.text);
}

static const struct sgn_identity_skipped *skipped(const char *file)
{
	size_t count;
	const struct sgn_identity_skipped *list = sgn_identity_store_skipped(s.store, &count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i].file, file))
			return &list[i];
	cr_assert(false, "%s was not skipped", file);
	return NULL;
}

static const struct sgn_identity_candidate *only(void)
{
	size_t count;
	const struct sgn_identity_candidate *list = sgn_identity_store_list(s.store, &count);

	cr_assert_eq(count, 1, "%zu candidates", count);
	return list;
}

Test(pki_store, key_and_certificates_in_four_files_become_one_identity)
{
	struct sgn_identity_info info;
	const struct sgn_identity_candidate *c;
	struct sgn_identity *id = NULL;

	put_key("a-key", s.m.id->key, 0600);
	put_cert("b.cer", s.m.id->chain.certs[1]);
	put_cert("c.cer", s.m.id->chain.certs[2]);
	put_cert("d.cer", s.m.id->leaf);
	open_store();
	c = only();
	cr_assert_eq(c->flaws, 0, "%s", c->why);
	cr_assert_str_eq(c->why, "");
	cr_assert_str_eq(c->key_file, "a-key");
	cr_assert_eq(c->file_count, 1);
	cr_assert_str_eq(c->files[0], "d.cer");
	cr_assert(c->info.chain_complete && c->info.apple_anchored);
	cr_assert_eq(sgn_identity_store_load(s.store, c, &id, &s.err), 0, "%s", s.err.text);
	sgn_identity_store_free(s.store); /* the identity lives on */
	s.store = NULL;
	sgn_identity_describe(id, &info);
	cr_assert_str_eq(info.team, "TEST123456");
	cr_assert_eq(info.chain_count, 3);
	cr_assert_eq(sgn_identity_check(id, sgn_time_now(), false, &s.err), 0, "%s", s.err.text);
	sgn_identity_free(id);
}

Test(pki_store, an_identity_is_found_by_sha1_name_and_part_of_the_name)
{
	static const char *const names[] = {"Developer ID Application: Test (TEST123456)",
	                                    "Developer ID Application", "Test (TEST", "n"};
	char sha1[41];

	put_made("id.p12",
	         &(struct sgn_test_identity_options){.kind = "developer-id", .key_type = "p256"});
	open_store();
	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++)
		cr_assert_eq(find(names[i]), only());
	memcpy(sha1, only()->info.sha1, sizeof(sha1));
	cr_assert_eq(find(sha1), only());
	for (size_t i = 0; i < 40; i++)
		if (sha1[i] >= 'a')
			sha1[i] = (char)(sha1[i] - 'a' + 'A');
	cr_assert_eq(find(sha1), only(), "capital digits");
	sha1[0] = sha1[0] == '0' ? '1' : '0';
	cannot_find(sha1, SGN_E_NOTFOUND, "no identity found");
	cannot_find("developer id", SGN_E_NOTFOUND, "\"Developer ID Application: Test");
	cannot_find("", SGN_E_NOTFOUND, "no identity found");
}

Test(pki_store, the_exact_name_goes_before_a_part_of_another)
{
	put_made("long.p12", &(struct sgn_test_identity_options){.kind = "developer-id",
	                                                         .key_type = "p256",
	                                                         .common_name = "Acme Nightly"});
	put_made("short.p12", &(struct sgn_test_identity_options){.kind = "developer-id",
	                                                          .key_type = "p256",
	                                                          .common_name = "Acme"});
	open_store();
	cr_assert_str_eq(find("Acme")->info.name, "Acme");
	cr_assert_str_eq(find("Acme ")->info.name, "Acme Nightly");
	cannot_find("Acm", SGN_E_NOTFOUND, "ambiguous (matches \"Acme\" and \"Acme Nightly\" in ");
	cr_assert_not_null(strstr(s.err.cure, find("Acme")->info.sha1), "%s", s.err.cure);
}

Test(pki_store, the_same_certificate_in_several_files_counts_once)
{
	size_t size;
	uint8_t *p12 = scratch_read(s.m.p12_path, &size);

	put("one.p12", p12, size, 0600);
	put("two.pfx", p12, size, 0600);
	put_cert("three", s.m.id->leaf);
	free(p12);
	open_store();
	cr_assert_eq(only()->file_count, 3);
	cr_assert_str_eq(only()->files[1], "three");
	find("Developer ID");
}

Test(pki_store, a_renewed_pair_is_ambiguous_while_both_are_valid_and_the_sha1_decides)
{
	const struct sgn_identity_candidate *list;
	size_t count;

	put_kind("new.p12", "developer-id", 300);
	put_kind("old.p12", "developer-id", 20);
	open_store();
	cannot_find("Developer ID Application", SGN_E_NOTFOUND,
	            "ambiguous (matches \"Developer ID Application: Test (TEST123456)\" and "
	            "\"Developer ID Application: Test (TEST123456)\" in ");
	list = sgn_identity_store_list(s.store, &count);
	cr_assert_eq(count, 2);
	cr_assert_str_eq(list[0].files[0], "new.p12", "the one that is valid longer comes first");
	cr_assert_not_null(strstr(s.err.cure, list[0].info.sha1));
	cr_assert_not_null(strstr(s.err.cure, list[1].info.sha1));
	cr_assert_eq(find(list[1].info.sha1), &list[1]);
}

Test(pki_store, the_valid_one_of_a_renewed_pair_is_taken)
{
	put_kind("new.p12", "developer-id", 300);
	put_kind("old.p12", "developer-id", -1);
	open_store();
	cr_assert_str_eq(find("Developer ID")->files[0], "new.p12");
	cr_assert_str_eq(find_ignoring("Developer ID", SGN_FLAW_EXPIRED)->files[0], "new.p12",
	                 "also where an expired one would do");
}

Test(pki_store, an_expired_certificate_is_refused_unless_that_does_not_matter)
{
	put_kind("old.p12", "developer-id", -1);
	open_store();
	cr_assert_eq(only()->flaws, SGN_FLAW_EXPIRED | 0u, "%s", only()->why);
	cannot_find("Developer ID", SGN_E_UNTRUSTED, "(expired on 20");
	cr_assert_not_null(strstr(s.err.cure, "renew"));
	find_ignoring("Developer ID", SGN_FLAW_EXPIRED);
}

Test(pki_store, a_certificate_of_the_future_is_refused)
{
	put_kind("id.p12", "self-signed", 0);
	s.opts.now = 1000000000;
	open_store();
	cr_assert_eq(only()->flaws, SGN_FLAW_NOT_YET_VALID | 0u, "%s", only()->why);
	cannot_find("Test", SGN_E_UNTRUSTED, "not valid before 20");
}

Test(pki_store, a_certificate_without_key_says_where_the_key_is)
{
	struct sgn_identity *id = NULL;

	put_cert("d.cer", s.m.id->leaf);
	open_store();
	cr_assert_eq(only()->flaws & SGN_FLAW_NO_KEY, SGN_FLAW_NO_KEY | 0u);
	cannot_find("Developer ID", SGN_E_UNTRUSTED, "(no private key, the issuer of");
	cr_assert_not_null(strstr(s.err.cure, "machine that made the signing request"), "%s",
	                   s.err.cure);
	cr_assert_eq(sgn_identity_store_load(s.store, only(), &id, &s.err), SGN_E_UNTRUSTED);
	cr_assert_null(id);
}

Test(pki_store, a_key_of_another_certificate_does_not_count)
{
	EVP_PKEY *foreign = EVP_EC_gen("P-256");

	put_cert("d.cer", s.m.id->leaf);
	put_key("k", foreign, 0600);
	EVP_PKEY_free(foreign);
	open_store();
	cr_assert_eq(only()->flaws & SGN_FLAW_NO_KEY, SGN_FLAW_NO_KEY | 0u);
}

Test(pki_store, one_key_serves_all_certificates_that_were_made_for_it)
{
	const struct sgn_identity_candidate *list;
	X509 *x = sgn_cert_x509(s.m.id->leaf);
	unsigned char *der = NULL;
	size_t count;
	int size;

	/* The renewal: the same certificate with another serial number. */
	ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
	cr_assert_gt(X509_sign(x, s.m.id->key, EVP_sha256()), 0);
	size = i2d_X509(x, &der);
	put("renewed.cer", der, (size_t)size, 0600);
	put_cert("first.cer", s.m.id->leaf);
	put_key("key.pem", s.m.id->key, 0600);
	OPENSSL_free(der);
	X509_free(x);
	open_store();
	list = sgn_identity_store_list(s.store, &count);
	cr_assert_eq(count, 2);
	cr_assert_str_eq(list[0].key_file, "key.pem");
	cr_assert_str_eq(list[1].key_file, "key.pem");
}

/* The installer's marker in place of the application's, and no usage: made over as the real ones are. */
Test(pki_store, an_installer_certificate_may_not_sign_code)
{
	X509 *x = sgn_cert_x509(s.m.id->leaf);
	unsigned char *der = NULL;
	int at, size;

	at = X509_get_ext_by_NID(x, NID_ext_key_usage, -1);
	cr_assert_geq(at, 0);
	X509_EXTENSION_free(X509_delete_ext(x, at));
	cr_assert_gt(X509_sign(x, s.m.id->key, EVP_sha256()), 0);
	size = i2d_X509(x, &der);
	put("installer.cer", der, (size_t)size, 0600);
	put_key("key.pem", s.m.id->key, 0600);
	OPENSSL_free(der);
	X509_free(x);
	open_store();
	cr_assert_eq(only()->flaws & SGN_FLAW_NO_CODE_SIGNING, SGN_FLAW_NO_CODE_SIGNING | 0u);
	cannot_find("Developer ID", SGN_E_UNTRUSTED, "no code-signing usage (Developer ID");
	cr_assert_not_null(strstr(s.err.cure, "Installer ones sign packages only"));
}

Test(pki_store, the_password_is_tried_only_where_one_is_needed)
{
	put_kind("a.p12", "apple-development", 0);
	put_made("b.p12", &(struct sgn_test_identity_options){.kind = "developer-id",
	                                                      .key_type = "p256",
	                                                      .password = "secret"});
	open_store();
	cr_assert_str_eq(only()->files[0], "a.p12");
	cr_assert_eq(skipped("b.p12")->why, SGN_SKIP_LOCKED);
	cannot_find("Developer ID", SGN_E_NOTFOUND,
	            "b.p12 was not opened: PKCS#12: the file needs");
	cr_assert_not_null(strstr(s.err.cure, "--password-env"), "%s", s.err.cure);
	s.opts.password = "wrong";
	open_store();
	cannot_find("Developer ID", SGN_E_NOTFOUND,
	            "b.p12 was not opened: PKCS#12: wrong password");
	s.opts.password = "secret";
	open_store();
	find("Developer ID");
	find("Apple Development");
}

Test(pki_store, an_encrypted_key_beside_its_certificate_is_locked_not_missing)
{
	struct sgn_buf both;
	uint8_t *bytes;
	size_t size;

	sgn_buf_init(&both, 1 << 20);
	bytes = scratch_read(put_pem_certs(&s.m, "c.pem", s.m.id->chain.certs, 3), &size);
	sgn_wr_bytes(&both, bytes, size);
	free(bytes);
	bytes = scratch_read(put_pem_key(&s.m, "k.pem", s.m.id->key, "secret"), &size);
	sgn_wr_bytes(&both, bytes, size);
	free(bytes);
	put("both.pem", both.data, both.size, 0600);
	sgn_buf_dispose(&both);
	open_store();
	cr_assert_eq(only()->flaws, SGN_FLAW_LOCKED_KEY | 0u, "%s", only()->why);
	cannot_find("Developer ID", SGN_E_UNTRUSTED,
	            "the password of both.pem is missing or wrong");
	s.opts.password = "secret";
	open_store();
	cr_assert_eq(only()->flaws, 0, "%s", only()->why);
}

Test(pki_store, an_encrypted_key_in_der_is_locked)
{
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(s.m.id->key);
	X509_SIG *sig = PKCS8_encrypt(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, EVP_aes_128_cbc(),
	                              "secret", 6, NULL, 0, 2048, info);
	int size;

	cr_assert_not_null(sig);
	size = i2d_X509_SIG(sig, &der);
	put("key.der", der, (size_t)size, 0600);
	put_cert("d.cer", s.m.id->leaf);
	OPENSSL_free(der);
	X509_SIG_free(sig);
	PKCS8_PRIV_KEY_INFO_free(info);
	open_store();
	cr_assert_eq(skipped("key.der")->why, SGN_SKIP_LOCKED);
	s.opts.password = "secret";
	open_store();
	cr_assert_str_eq(only()->key_file, "key.der");
}

Test(pki_store, a_key_that_others_may_read_is_refused_with_its_file)
{
	struct sgn_identity *id = NULL;
	size_t size;
	uint8_t *p12 = scratch_read(s.m.p12_path, &size);

	put("id.p12", p12, size, 0644);
	open_store();
	cr_assert_eq(only()->flaws, SGN_FLAW_LOOSE_KEY | 0u, "%s", only()->why);
	cannot_find("Developer ID", SGN_E_UNTRUSTED, "id.p12 has mode 0644");
	cr_assert_not_null(strstr(s.err.cure, "chmod 600 "), "%s", s.err.cure);
	cr_assert_eq(sgn_identity_store_load(s.store, only(), &id, &s.err), SGN_E_UNTRUSTED);
	put("copy.p12", p12, size, 0600);
	open_store();
	cr_assert_eq(only()->flaws, 0, "the copy is private");
	cr_assert_str_eq(only()->key_file, "copy.p12");
	s.opts.allow_loose_modes = true;
	cr_assert_eq(unlink(scratch_path(&s.m.files, "ids/copy.p12")), 0);
	open_store();
	find("Developer ID");
	free(p12);
}

Test(pki_store, a_locked_file_that_others_may_read_is_told_for_its_mode)
{
	put_made("b.p12", &(struct sgn_test_identity_options){.kind = "developer-id",
	                                                      .key_type = "p256",
	                                                      .password = "secret"});
	cr_assert_eq(chmod(scratch_path(&s.m.files, "ids/b.p12"), 0644), 0);
	open_store();
	cr_assert_eq(skipped("b.p12")->why, SGN_SKIP_LOOSE);
	cannot_find("Developer ID", SGN_E_NOTFOUND, "(mode 0644)");
}

Test(pki_store, a_folder_that_others_may_write_to_is_refused)
{
	static const mode_t modes[] = {0777, 0770, 0702, 01777};

	for (size_t i = 0; i < SGN_ARRAY_LEN(modes); i++) {
		cr_assert_eq(chmod(s.dir, modes[i]), 0);
		cr_assert_eq(sgn_identity_store_read(&s.opts, &s.m.anchors, &s.store, &s.err),
		             SGN_E_UNTRUSTED);
		cr_assert_null(s.store);
		cr_assert_str_eq(s.err.path, s.dir);
	}
	s.opts.allow_loose_modes = true;
	open_store();
	s.opts.allow_loose_modes = false;
	cr_assert_eq(chmod(s.dir, 0755), 0, "reading is no harm");
	open_store();
}

Test(pki_store, what_is_no_identity_is_left_out_with_the_reason)
{
	static const char cut[] = "-----BEGIN CERTIFICATE-----\nMIIB\n";
	static const char deep[] = "0\x84\xff\xff\xff\xff\x02\x01\x03";
	static uint8_t big[(4 << 20) + 1];
	size_t count;

	put("README", "hello", 5, 0644);
	put("empty", "", 0, 0600);
	put("cut.pem", cut, sizeof(cut) - 1, 0600);
	put("deep.p12", deep, sizeof(deep) - 1, 0600);
	put("big", big, sizeof(big), 0600);
	put(".hidden.p12", "x", 1, 0600);
	cr_assert_eq(mkdir(scratch_path(&s.m.files, "ids/sub"), 0700), 0);
	cr_assert_eq(mkfifo(scratch_path(&s.m.files, "ids/pipe"), 0600), 0);
	cr_assert_eq(symlink("nowhere", scratch_path(&s.m.files, "ids/dangling")), 0);
	open_store();
	cr_assert_eq(skipped("README")->why, SGN_SKIP_UNKNOWN);
	cr_assert_eq(skipped("empty")->why, SGN_SKIP_UNKNOWN);
	cr_assert_eq(skipped("cut.pem")->why, SGN_SKIP_DAMAGED);
	cr_assert_eq(skipped("deep.p12")->why, SGN_SKIP_DAMAGED);
	cr_assert_eq(skipped("big")->why, SGN_SKIP_UNREADABLE);
	cr_assert_eq(skipped(".hidden.p12")->why, SGN_SKIP_HIDDEN);
	cr_assert_eq(skipped("sub")->why, SGN_SKIP_FOLDER);
	cr_assert_eq(skipped("pipe")->why, SGN_SKIP_FOLDER);
	cr_assert_eq(skipped("dangling")->why, SGN_SKIP_UNREADABLE);
	sgn_identity_store_list(s.store, &count);
	cr_assert_eq(count, 0);
	cannot_find("x", SGN_E_NOTFOUND, "holds no certificate to sign with");
}

/* Kubernetes and others put links to files into such folders. */
Test(pki_store, links_to_files_are_followed)
{
	cr_assert_eq(symlink(s.m.p12_path, scratch_path(&s.m.files, "ids/link.p12")), 0);
	open_store();
	cr_assert_str_eq(only()->key_file, "link.p12");
}

Test(pki_store, a_missing_folder_and_a_file_in_its_place_are_told)
{
	s.opts.dir = scratch_path(&s.m.files, "none");
	cr_assert_eq(sgn_identity_store_read(&s.opts, &s.m.anchors, &s.store, &s.err),
	             SGN_E_NOTFOUND);
	s.opts.dir = s.m.p12_path;
	cr_assert_eq(sgn_identity_store_read(&s.opts, &s.m.anchors, &s.store, &s.err),
	             SGN_E_UNSUPPORTED);
	cr_assert_null(s.store);
}

Test(pki_store, authorities_are_no_candidates_unless_their_key_is_there)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	const char *path = put_pem_key(&s.m, "root.key", key, NULL);

	put_cert("root.cer", s.m.id->chain.certs[2]);
	put_cert("middle.cer", s.m.id->chain.certs[1]);
	EVP_PKEY_free(key);
	s.opts.key_path = path;
	open_store();
	cannot_find("Test Root CA", SGN_E_NOTFOUND, "holds no certificate to sign with");
}

Test(pki_store, further_files_complete_what_the_folder_lacks)
{
	const char *chain[1];

	put_cert("d.cer", s.m.id->leaf);
	s.opts.key_path = put_pem_key(&s.m, "key.pem", s.m.id->key, NULL);
	chain[0] = put_pem_certs(&s.m, "chain.pem", s.m.id->chain.certs + 1, 2);
	s.opts.chain_paths = chain;
	s.opts.chain_count = 1;
	open_store();
	cr_assert_eq(find("Developer ID")->flaws, 0);
	chain[0] = put_file(&s.m, "junk", sgn_view_str("junk"));
	sgn_identity_store_free(s.store);
	cr_assert_eq(sgn_identity_store_read(&s.opts, &s.m.anchors, &s.store, &s.err), SGN_E_FORMAT,
	             "a file that was named must be usable");
	cr_assert_null(s.store);
}

Test(pki_store, too_many_files_are_a_limit)
{
	char name[20];

	for (int i = 0; i <= SGN_LIMIT_STORE_FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		put(name, "x", 1, 0600);
	}
	cr_assert_eq(sgn_identity_store_read(&s.opts, &s.m.anchors, &s.store, &s.err), SGN_E_LIMIT);
	cr_assert_not_null(strstr(s.err.text, "more than 500 files"), "%s", s.err.text);
}

Test(pki_store, many_matches_are_told_in_one_sentence)
{
	char name[20];

	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "f%d.p12", i);
		put_kind(name, "apple-development", -1 - i);
	}
	open_store();
	cannot_find("Apple", SGN_E_UNTRUSTED, "and 3 more");
	cannot_find("Nobody", SGN_E_NOTFOUND, "and 3 more");
}

Test(pki_store, the_default_folder_needs_a_home)
{
	char path[100];

	setenv("XDG_CONFIG_HOME", "/people/me/settings", 1);
	cr_assert_eq(sgn_identity_store_default(path, sizeof(path), &s.err), 0);
	cr_assert_str_eq(path, "/people/me/settings/signet/identities");
	cr_assert_eq(sgn_identity_store_default(path, 10, &s.err), SGN_E_LIMIT);
	cr_assert_str_eq(path, "");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	cr_assert_eq(sgn_identity_store_default(path, sizeof(path), &s.err), SGN_E_NOTFOUND);
}
