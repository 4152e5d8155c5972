/* SPDX-License-Identifier: Apache-2.0 */
/* The order of operations of both sides, laid beside each other. */
#ifndef SCS_COMPARE_STEPS_H
#define SCS_COMPARE_STEPS_H

#include "base/buf.h"
#include "compare/side.h"

/* Steps of one side, equal ones in a row counting as one: an enrolment has three to ten. */
#define SCS_COMPARE_STEPS 48u

struct scs_compare_step {
    const char *operation;       /* "GetCACaps", "PKCSReq"; what is compared */
    const char *result;          /* "200", "200 FAILURE badRequest", "no reply: client closed" */
    bool unknown;                /* the capture does not hold its end */
    uint32_t times;              /* in a row, with one result */
    uint32_t exchange;           /* the first one's id; 0: a connection attempt */
    int64_t started_ns, wait_ns; /* the first one's; SCS_NO_TIME */
};

/* One line of the comparison; one of both may be NULL. */
struct scs_compare_pair {
    const struct scs_compare_step *side[2];
    bool same;    /* operation and result */
    bool unknown; /* one result is not known */
};

struct scs_compare_steps {
    const struct scs_compare_pair *pairs;
    uint32_t num_pairs;
    uint32_t left_out[2]; /* steps past SCS_COMPARE_STEPS */
    bool differ;          /* another order, or something that only one side does; results do not count here */
};

/* scs_steps_compare fills `out`; everything lives in `arena`. */
void scs_steps_compare(struct scs_compare_steps *out, const struct scs_compare_side sides[2], struct scs_redactor *redactor,
                       struct scs_arena *arena);
/* scs_step_result appends what became of one exchange, as in struct scs_compare_step. */
void scs_step_result(const struct scs_exchange *x, struct scs_redactor *redactor, struct scs_buf *out);
/* scs_step_operation names what was asked: the message type where it is known, else the operation. */
const char *scs_step_operation(const struct scs_exchange *x);

#endif
