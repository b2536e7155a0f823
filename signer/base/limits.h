/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit on untrusted input, with its reason. docs/limits.md is the same list for users. */
#ifndef SIGNER_BASE_LIMITS_H
#define SIGNER_BASE_LIMITS_H

#define SGN_LIMIT_FILE       0xffffffffu /* Mach-O: 32-bit offsets everywhere in the format */
#define SGN_LIMIT_FAT_SLICES 100         /* Apple's reader draws the same line; real files: 1..4 */
#define SGN_LIMIT_LOAD_CMDS  (16u * 1024 * 1024) /* bytes of load commands; real files: < 64 KiB */
#define SGN_LIMIT_NCMDS      65536               /* load commands; real files: < 2000 */
#define SGN_LIMIT_SEGMENTS   4096                /* real files: < 20 */
#define SGN_LIMIT_SIGNATURE \
	(512u * 1024 * 1024)      /* a 4 GiB slice at 4 KiB pages, two digests, is 52 MiB */
#define SGN_LIMIT_BLOBS        64 /* SuperBlob entries; real files: 4..8 */
#define SGN_LIMIT_CODEDIRS     6  /* slot 0 and 0x1000..0x1004 */
#define SGN_LIMIT_PAGE_SHIFT   30 /* log2 of a code page; real ones: 12 and 14 */
#define SGN_LIMIT_REQUIREMENTS (1u * 1024 * 1024) /* a requirement set; real ones: < 1 KiB */
#define SGN_LIMIT_REQ_DEPTH    1000 /* levels; each term of an and/or chain is one: allow-lists */
#define SGN_LIMIT_PLIST        (64u * 1024 * 1024) /* CodeResources of a large app: 10 MiB */
#define SGN_LIMIT_PLIST_DEPTH  128                 /* nesting of a property list */
#define SGN_LIMIT_PLIST_NODES  2000000 /* values of a binary plist, shared ones counted each time */
#define SGN_LIMIT_ENTITLEMENTS (1u * 1024 * 1024) /* real ones: < 64 KiB */
#define SGN_LIMIT_DER_DEPTH    128                /* nesting of DER */
#define SGN_LIMIT_CMS          (16u * 1024 * 1024)
#define SGN_LIMIT_CERTS        32 /* certificates in one CMS or identity; real ones: 3..6 */
#define SGN_LIMIT_CHAIN        8  /* certificates from leaf to root; Apple: 3 */
#define SGN_LIMIT_CHAIN_CHECKS 64 /* signatures checked for one chain; Apple's need 3 to 5 */
#define SGN_LIMIT_KNOWN_CERTS  64 /* remembered in a context; one team's apps have 5 to 8 */
#define SGN_LIMIT_KNOWN_CERT   (16u * 1024) /* a larger one is not remembered; real ones: < 2 KiB */
#define SGN_LIMIT_KNOWN_LINKS  256 /* which of them signed which; each has one issuer, as a rule */
#define SGN_LIMIT_CERT_FILE    (4u * 1024 * 1024)
#define SGN_LIMIT_STORE_FILES  500 /* in a folder of identities; real ones: < 20 */
#define SGN_LIMIT_STORE_CERTS  500 /* in all of them; each is compared with each key */
#define SGN_LIMIT_STORE_KEYS   100
#define SGN_LIMIT_INFO_PLIST   (16u * 1024 * 1024)
#define SGN_LIMIT_RULES        1000 /* resource rules of one set; real ones: < 20 */
#define SGN_LIMIT_PASSWORD     1024
#define SGN_LIMIT_TOKEN_URI    4096 /* a pkcs11: URI; complete ones have 200 bytes */
#define SGN_LIMIT_TOKENS       64   /* slots of a PKCS#11 module that have one; usual: 1 to 4 */
#define SGN_LIMIT_TOKEN_OBJECTS \
	1024 /* of one class in a token; one that signs has a few, a trust store 200 */
#define SGN_LIMIT_HANDOVER   100000u /* digests of one two-step signing; the largest apps: < 2000 */
#define SGN_LIMIT_TSA_ANSWER (256u * 1024) /* of a timestamp server; real ones: < 8 KiB */

#define SGN_LIMIT_SETTINGS   (1u * 1024 * 1024) /* a settings file; real ones: < 64 KiB */
#define SGN_LIMIT_YAML_DEPTH 16                 /* nesting of one; ours needs 3 */
#define SGN_LIMIT_YAML_NODES 100000             /* values of one */

#define SGN_LIMIT_UNDO_PARTS 1024 /* places of a file in an undo record; 100 slices need 400 */
#define SGN_LIMIT_UNDO_LIST  (64u * 1024 * 1024) /* the list of a bundle's undo record */

#define SGN_LIMIT_PATH (64u * 1024) /* Linux: 4096, but others have none */
#define SGN_LIMIT_WALK_ENTRIES \
	4000000u                    /* of a folder, 1 GiB of memory; the largest apps: < 1000000 */
#define SGN_LIMIT_WALK_DEPTH  200u  /* folders in folders, a descriptor each; real apps: < 40 */
#define SGN_LIMIT_REGEX       1024u /* bytes of a pattern; real ones: < 100 */
#define SGN_LIMIT_REGEX_DEPTH 32u   /* parentheses in parentheses; the system's parser recurses */
#define SGN_LIMIT_REGEX_SIZE  1024u /* atoms with all repetitions written out: compiling is cubic */

#endif
