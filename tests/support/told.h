/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of reports have told: enrolments and findings of a model, without the rules that would find them. */
#ifndef TEST_SUPPORT_TOLD_H
#define TEST_SUPPORT_TOLD_H

#include "model.h"

#define TEST_TOLD_MAX 512u

/* The findings of one model; all zero at first. */
struct test_told {
    struct scs_finding findings[TEST_TOLD_MAX];
    const struct scs_finding *list[TEST_TOLD_MAX];
};

/* test_told_enrolment: an enrolment of a Windows device, one request to 10.5.1.4:80 that got this status; 200 succeeds. */
struct scs_enrolment *test_told_enrolment(struct test_model *t, const char *client, unsigned status, int64_t at_ms);
/*
 * test_told_finding adds a certain finding about this enrolment (0: none) to the model, which points into `told` from
 * then on; returns it for changes.
 */
struct scs_finding *test_told_finding(struct test_model *t, struct test_told *told, const char *id, enum scs_severity severity,
                                      uint32_t about);

#endif
