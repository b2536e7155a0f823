/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SHA-1 and SHA-256 side by side have in common: states go in and out. Included after vec_*.h, once
 * per kernel; WORDS is 5 or 8.
 */
SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void load_states(vec h[WORDS], const struct sgn_sha_state *state, size_t n)
{
	uint32_t words[WORDS][LANES] = {{0}};

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < WORDS; k++)
			words[k][i] = state[i].h[k];
	for (size_t k = 0; k < WORDS; k++)
		h[k] = LOAD(words[k]);
}

SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void store_states(const vec h[WORDS], struct sgn_sha_state *state,
                                           size_t n)
{
	uint32_t words[WORDS][LANES];

	for (size_t k = 0; k < WORDS; k++)
		STORE(words[k], h[k]);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < WORDS; k++)
			state[i].h[k] = words[k][i];
}

/* Lanes without a message of their own read the first one again; what they compute is dropped. */
static void fill_lanes(const uint8_t *lanes[LANES], const uint8_t *const *in, size_t n)
{
	for (size_t i = 0; i < LANES; i++)
		lanes[i] = in[i < n ? i : 0];
}
