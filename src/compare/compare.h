/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two enrolments side by side: what differs, what is the same, and what is known of one of them only. Plain data, made
 * once and then written in any format. All texts are redacted and live in the comparison's own arena.
 */
#ifndef SCS_COMPARE_COMPARE_H
#define SCS_COMPARE_COMPARE_H

#include "compare/findings.h"
#include "compare/side.h"
#include "compare/steps.h"
#include "scepscope/report.h"

enum scs_compare_group {
    SCS_COMPARE_WHO,
    SCS_COMPARE_TRANSPORT,
    SCS_COMPARE_TLS,
    SCS_COMPARE_MESSAGE,
    SCS_COMPARE_REQUEST, /* what the envelope holds */
    SCS_COMPARE_ANSWERS,
    SCS_COMPARE_TIMING,
    SCS_COMPARE_GROUPS
};

/* What a difference says about why one of the two failed. */
enum scs_compare_weight {
    SCS_COMPARE_IDENTITY,     /* any two enrolments differ in it: told, and not counted */
    SCS_COMPARE_EFFECT,       /* how it went on and ended */
    SCS_COMPARE_CIRCUMSTANCE, /* who asked, over what */
    SCS_COMPARE_CAUSE         /* servers and clients decide by it */
};

enum scs_compare_seen {
    SCS_SEEN_VALUE,
    SCS_SEEN_NONE,   /* it is not there, and the capture would have shown it */
    SCS_SEEN_UNKNOWN /* not seen, or not readable; never counts as a difference */
};

struct scs_compare_value {
    enum scs_compare_seen seen;
    const char *text; /* the value; of SCS_SEEN_UNKNOWN why it is not known; NULL for SCS_SEEN_NONE */
    const char *key;  /* what is compared in place of the text; NULL: the text */
    int64_t number;   /* of fields that are measured: bytes, times, nanoseconds */
};

enum scs_compare_result {
    SCS_COMPARE_SAME,
    SCS_COMPARE_DIFFERENT,
    SCS_COMPARE_ONE_SIDED, /* one side is not known */
    SCS_COMPARE_NOTHING    /* neither is known, or neither has it */
};

struct scs_compare_field; /* fields.h */

struct scs_compare_row {
    const struct scs_compare_field *field;
    struct scs_compare_value side[2];
    enum scs_compare_result result;
};

struct scs_comparison {
    const struct scs_compare_side *sides; /* both; borrowed */
    struct scs_compare_row *rows;         /* in the order of the fields */
    uint32_t num_rows;
    struct scs_compare_steps steps;
    struct scs_compare_finding *findings; /* B's alone, A's alone, then both sides'; errors first */
    uint32_t num_findings;
    uint32_t differences;                /* rows that differ and count, and the order of operations */
    uint32_t findings_apart;             /* errors and warnings that hang on one side only, those about the capture left out */
    const struct scs_compare_row *first; /* the difference to look at first; NULL: none, or effects only */
    const char *verdict;                 /* in a sentence or three */
    const char *heads[2], *whose[2], *how[2]; /* "enrolment 3", "10.5.14.7 windows", why this one was taken (NULL: evident) */
    const char *outcomes[2];                  /* "got its certificate" */
    const char *files[2];                     /* NULL: both are of one capture */
    struct scs_arena *arena;
};

/* scs_compare puts the sides beside each other; `lang` names the language of the findings' titles. */
struct scs_comparison *scs_compare(struct scs_compare_side sides[2], struct scs_redactor *redactor, const char *lang);
void scs_comparison_free(struct scs_comparison *c); /* NULL is fine */

/* scs_compare_differs: in a row, in the order of operations or in findings; exit status 1, as of diff(1). */
bool scs_compare_differs(const struct scs_comparison *c);

const char *scs_compare_group_name(unsigned group);   /* "transport" */
const char *scs_compare_result_name(unsigned result); /* "same", "differs", "one_sided", "nothing" */
const char *scs_compare_weight_name(unsigned weight); /* "identity" ... */

#endif
