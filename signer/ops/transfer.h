/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind sgn_requirement_transfer() share. */
#ifndef SIGNER_OPS_TRANSFER_H
#define SIGNER_OPS_TRANSFER_H

#include <signet/requirement.h>

#include "signer/base/arena.h"
#include "signer/pki/pki.h"
#include "signer/req/req.h"

/* Builds that a requirement is tried on. Everything but the first is made up. */
enum sgn_trial {
	SGN_TRIAL_OLD, /* the build of the old team */
	SGN_TRIAL_NEW, /* the same program signed by the new team, by the same kind of certificate */
	SGN_TRIAL_THIRD,   /* and by a team that has nothing to do with it */
	SGN_TRIAL_FOREIGN, /* as the new team's, under a root that is not Apple's */
	SGN_TRIAL_COUNT
};

struct sgn_trials {
	struct sgn_req_facts facts[SGN_TRIAL_COUNT];
	struct sgn_cert certs[SGN_TRIAL_COUNT][SGN_LIMIT_CHAIN];
	const struct sgn_cert *chains[SGN_TRIAL_COUNT][SGN_LIMIT_CHAIN];
};

/* old: facts of the old team's build, borrowed. Texts are made in arena; do not move *out. */
int sgn_trials_make(const struct sgn_req_facts *old, const char *from, const char *to,
                    struct sgn_arena *arena, struct sgn_trials *out, struct sgn_error *err);

/* Facts of a Developer ID build of that team, with such an identifier, out of nothing. */
struct sgn_made_up {
	struct sgn_cert certs[3];
	const struct sgn_cert *chain[3];
	struct sgn_cert_attr attrs[4];
	struct sgn_cert_ext exts[2];
	struct sgn_req_facts facts;
};
int sgn_trials_make_up(const char *identifier, const char *team, struct sgn_arena *arena,
                       struct sgn_made_up *out, struct sgn_error *err);

/* A requirement that cannot be decided counts as met: what it depends on is no matter of teams. */
int sgn_trials_meet(const struct sgn_trials *trials, enum sgn_trial which,
                    struct sgn_view requirement, bool *met, struct sgn_error *err);

/* transfer_advice.c: the steps and limits of the result. */
int sgn_transfer_advice(const char *from, const char *to, struct sgn_arena *arena,
                        struct sgn_transfer *out, struct sgn_error *err);

#endif
