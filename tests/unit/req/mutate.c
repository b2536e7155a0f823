/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded mutation: whatever the bytes are, the functions answer, and what they accept they print. */
#include <stdlib.h>

#include "tests/unit/req/helpers.h"

#define ROUNDS 40000

static uint32_t seed;

/* xorshift: the same bytes on every machine */
static uint32_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static size_t mutate(uint8_t *bytes, size_t size)
{
	static const uint8_t likely[] = {0,    1,    4,    9,   14,   22,  0x40,
	                                 0x7f, 0x80, 0xff, '"', '\\', '(', '='};
	unsigned changes = 1 + next_random() % 4;

	while (changes--) {
		size_t at = next_random() % size;

		switch (next_random() % 3) {
		case 0: bytes[at] = (uint8_t)next_random(); break;
		case 1: bytes[at] = likely[next_random() % sizeof(likely)]; break;
		default: bytes[at] ^= (uint8_t)(1u << next_random() % 8); break;
		}
	}
	return size - next_random() % (size / 8 + 1);
}

static const char *const sources[] = {
	"identifier \"com.example.app\" and (anchor apple generic or ! notarized) and certificate "
	"leaf[subject.OU] = \"97JCY7859U\" or cdhash H\"0123456789abcdef0123456789abcdef01234567\"",
	"info[CFBundleVersion] >= \"17\" or entitlement[\"a-b\"] = *x* or certificate "
	"1[timestamp.1.2.840] < timestamp \"20250101000000Z\" or platform = 2 or (frag)",
	"host => anchor apple thing guest => ! (true and legacy) designated => anchor trusted",
};

static void try_blob(struct sgn_view blob)
{
	const struct sgn_req_facts facts = {.notarized = SGN_UNDECIDED};
	struct sgn_arena arena = {0};
	struct sgn_req_trace trace = {.arena = &arena};
	struct sgn_view found;
	enum sgn_truth truth;
	struct sgn_buf out;
	int rc;

	sgn_buf_init(&out, TEXT_MAX);
	rc = sgn_req_eval(blob, &facts, &truth, &trace, NULL);
	if (rc == 0)
		cr_assert_eq(sgn_req_decompile(blob, &out, NULL), 0);
	else
		sgn_req_decompile(blob, &out, NULL);
	sgn_req_set_decompile(blob, &out, NULL);
	sgn_req_set_find(blob, 3, &found, NULL);
	sgn_req_set_make(blob, SGN_VIEW_EMPTY, &out, NULL);
	sgn_buf_dispose(&out);
	sgn_arena_dispose(&arena);
}

Test(req_mutate, damaged_blobs_never_harm)
{
	seed = 0x5eed1;
	for (size_t s = 0; s < SGN_ARRAY_LEN(sources); s++) {
		struct sgn_buf blob;

		compile_ok(sources[s], &blob);
		for (unsigned i = 0; i < ROUNDS; i++) {
			uint8_t *copy = malloc(blob.size);
			size_t size;

			memcpy(copy, blob.data, blob.size);
			size = mutate(copy, blob.size);
			if (i % 2 == 0) { /* let the change get past the header */
				memcpy(copy, blob.data, size < 4 ? size : 4);
				if (size >= 8) {
					memset(copy + 4, 0, 4);
					copy[6] = (uint8_t)(size >> 8);
					copy[7] = (uint8_t)size;
				}
			}
			copy = realloc(copy, size);
			try_blob(sgn_view_of(copy, size));
			free(copy);
		}
		sgn_buf_dispose(&blob);
	}
}

Test(req_mutate, damaged_text_never_harms_and_what_compiles_prints)
{
	const struct sgn_req_compile_options opts = {.self_identifier = "x"};

	seed = 0x5eed2;
	for (size_t s = 0; s < SGN_ARRAY_LEN(sources); s++) {
		size_t length = strlen(sources[s]);

		for (unsigned i = 0; i < ROUNDS; i++) {
			uint8_t *copy = malloc(length);
			struct sgn_buf out, text;
			size_t size;

			memcpy(copy, sources[s], length);
			size = mutate(copy, length);
			copy = realloc(copy, size);
			sgn_buf_init(&out, TEXT_MAX);
			sgn_buf_init(&text, TEXT_MAX);
			if (sgn_req_compile(sgn_view_of(copy, size), &opts, &out, NULL) == 0)
				cr_assert(sgn_req_decompile(sgn_buf_view(&out), &text, NULL) == 0 ||
				          sgn_req_set_decompile(sgn_buf_view(&out), &text, NULL) ==
				                  0);
			sgn_buf_dispose(&text);
			sgn_buf_dispose(&out);
			free(copy);
		}
	}
}
