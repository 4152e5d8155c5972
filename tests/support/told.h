/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of reports have told: enrolments and findings of a model, without the rules that would find them; and the
 * telling. */
#ifndef TEST_SUPPORT_TOLD_H
#define TEST_SUPPORT_TOLD_H

#include <stdio.h>

#include "model.h"
#include "report/redact.h"

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

/* What a test of written reports needs. */
struct test_report {
    struct test_model t;
    struct test_told told;
    struct scs_report_context ctx; /* in English, without colour; for changes */
    enum scs_redaction level;      /* standard, for changes */
    char *text;                    /* of the last report */
};

/* Fixtures: *state is a struct test_report. cmocka.h is included before. */
int test_report_setup(void **state);
int test_report_teardown(void **state);
#define REPORT_TEST(function) cmocka_unit_test_setup_teardown(function, test_report_setup, test_report_teardown)

/* test_report_written has `write` report on the model; the text is good until the next report. */
const char *test_report_written(struct test_report *r, bool (*write)(const struct scs_report_context *ctx, FILE *out));
/* These fail the test, and show the text, when the part is not in it, or is. */
void test_has(const char *text, const char *part);
void test_has_not(const char *text, const char *part);

#endif
