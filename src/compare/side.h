/* SPDX-License-Identifier: Apache-2.0 */
/* One of the two that are compared: an enrolment, or the connections of a client of which nothing more could be read. */
#ifndef SCS_COMPARE_SIDE_H
#define SCS_COMPARE_SIDE_H

#include "base/arena.h"
#include "report/redact.h"
#include "scepscope/model.h"

/* Connections of one side that are looked at: a device that retries every few seconds for a day makes thousands. */
#define SCS_COMPARE_CONNECTIONS 256u

struct scs_compare_side {
    const struct scs_model *model;
    const struct scs_enrolment *enrolment; /* NULL: of the client there are only connections */
    struct scs_addr client;
    const char *chosen; /* why this one, where the selector left a choice; NULL */
    const struct scs_exchange *caps, *ca_certs;
    const struct scs_exchange *enrols; /* the PKIOperation that decided, else the last that asks for a certificate */
    const struct scs_exchange *main;   /* what HTTP is compared by: of the same operation on both sides, where there is one */
    const struct scs_connection *const *connections; /* by id, ascending */
    uint32_t num_connections;
    const struct scs_connection *connection; /* of `main`; else the last */
};

/* scs_side_of_enrolment and scs_side_of_client fill a side; what they add lives in `arena`. */
void scs_side_of_enrolment(struct scs_compare_side *out, const struct scs_model *m, const struct scs_enrolment *e,
                           struct scs_arena *arena);
/* False when the capture holds no connection of this client. */
bool scs_side_of_client(struct scs_compare_side *out, const struct scs_model *m, const struct scs_addr *client,
                        struct scs_arena *arena);
/* scs_side_match makes `main` the same operation on both sides, the furthest that both have come to. */
void scs_side_match(struct scs_compare_side *a, struct scs_compare_side *b);

/* Goes through an enrolment's exchanges in order of time, those of the policy module among them. Start with .side set. */
struct scs_side_walk {
    const struct scs_compare_side *side;
    uint32_t own, policy; /* passed so far */
};

/* scs_side_next: NULL at the end. */
const struct scs_exchange *scs_side_next(struct scs_side_walk *w);

/*
 * scs_side_select finds what `selector` means: the number of an enrolment, a client's address (its last enrolment that
 * has an outcome), a transaction ID or the unique beginning of one; NULL: the only enrolment that there is. False with
 * `err` set to a sentence that begins with `word` and lists what there is.
 */
SCS_MUST_USE bool scs_side_select(struct scs_compare_side *out, const struct scs_model *m, const char *word, const char *selector,
                                  struct scs_redactor *redactor, struct scs_arena *arena, struct scs_error *err);

#endif
