/* SPDX-License-Identifier: Apache-2.0 */
/* What one rule says about one subject, while it says it. The functions that fill it are in scepscope/rule.h. */
#ifndef SCS_DIAGNOSE_VERDICT_H
#define SCS_DIAGNOSE_VERDICT_H

#include "base/arena.h"
#include "scepscope/rule.h"

/* Frames one occurrence may name: two whole messages. */
#define SCS_VERDICT_FRAMES 40u
/* Frames scs_say_message takes of one message. */
#define SCS_VERDICT_MESSAGE_FRAMES 16u

struct scs_verdict {
    struct scs_arena *scratch; /* holds the texts until the engine has copied what it keeps */
    enum scs_severity severity;
    enum scs_confidence confidence;
    int64_t moment_ns; /* SCS_NO_TIME: the subject's start */
    const char *group; /* NULL: the subject's server */
    uint32_t said_exchange, said_connection;
    uint32_t num_frames, num_facts, num_claims;
    scs_frame frames[SCS_VERDICT_FRAMES];
    struct scs_fact facts[SCS_MAX_FINDING_FACTS];
    uint32_t claims[SCS_MAX_FINDING_SUBJECTS]; /* ids of exchanges */
};

/* scs_verdict_begin makes the verdict ready for `rule`. Here, because it runs for every rule and every exchange. */
static inline void scs_verdict_begin(struct scs_verdict *v, const struct scs_rule *rule)
{
    v->severity = rule->severity;
    v->confidence = rule->confidence;
    v->moment_ns = SCS_NO_TIME;
    v->group = NULL;
    v->said_exchange = v->said_connection = 0;
    v->num_frames = v->num_facts = v->num_claims = 0;
}

#endif
