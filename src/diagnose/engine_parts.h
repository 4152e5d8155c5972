/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's own data, for the two files it is made of: engine.c runs the rules, settle.c decides what is whose consequence. */
#ifndef SCS_DIAGNOSE_ENGINE_PARTS_H
#define SCS_DIAGNOSE_ENGINE_PARTS_H

#include "diagnose/findings.h"
#include "diagnose/judge.h"
#include "diagnose/verdict.h"

/* The deepest explaining hit of one connection. Its exchanges decide what becomes of it. */
struct scs_cause {
    struct scs_hit hit;
    uint32_t said_exchange; /* explained by it whatever its outcome */
    const uint32_t *echoes; /* rows of the connection's other explaining hits */
    uint32_t num_echoes;
    struct scs_group *group;
    bool told;      /* became a finding */
    bool recovered; /* ... of less weight, as a retry succeeded of all it explains so far */
    bool beaten;    /* is a consequence on an exchange it applies to */
};

/* The rules of one scope, in order. */
struct scs_rows {
    uint32_t *row;
    uint32_t num;
};

#define SCS_NUM_SCOPES (SCS_SCOPE_LOOKUP + 1)

struct scs_engine {
    const struct scs_model *model;
    struct scs_judge *judge;
    const struct scs_rule *const *rules;
    struct scs_rows by_scope[SCS_NUM_SCOPES];
    struct scs_findings *findings;
    struct scs_arena *own;     /* lasts as long as the engine */
    struct scs_arena *scratch; /* lasts for one subject: texts, and frames and facts of `hits` */
    struct scs_verdict verdict;
    struct scs_hit *hits; /* the explaining hits of the subject at hand */
    uint32_t *said;       /* the exchange each of them named; 0 none */
    uint32_t num_hits;
    uint32_t claims[SCS_MAX_FINDING_SUBJECTS]; /* exchanges that the findings of the subject at hand explain */
    uint32_t num_claims;
    struct scs_endpoint server; /* of the last hit, as text: most are about one server */
    char server_text[SCS_ENDPOINT_TEXT];
    struct scs_cause **causes;   /* by connection index; NULL none */
    struct scs_group **claim_of; /* by exchange id - 1: the finding of wider scope that explains its failure; NULL none */
    struct scs_group **root_of;  /* by exchange id - 1; NULL none */
    struct scs_group **root_of_connection, **root_of_enrolment; /* by place; of connections those without exchanges */
    bool any_root;
};

/* scs_settle_deepest: the place of the deepest of the hits at hand. */
uint32_t scs_settle_deepest(const struct scs_engine *e);
/* scs_settle_claims gives the exchanges that were claimed to the finding that claims them. */
void scs_settle_claims(struct scs_engine *e, struct scs_group *root);
/* With the hits of this exchange (enrolment) at hand: R2 and R3 of the catalogue, one root, the rest its consequences. */
void scs_settle_exchange(struct scs_engine *e, const struct scs_exchange *x);
void scs_settle_enrolment(struct scs_engine *e, const struct scs_enrolment *n);
/* scs_settle_causes tells those causes of connections that no exchange took up, nor made a consequence of another. */
void scs_settle_causes(struct scs_engine *e);

#endif
