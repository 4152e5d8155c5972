/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns across enrolments, found by the engine with all its rules; and retries that succeed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "report/pattern_text.h"
#include "scep_model.h"

/* One device's PKIOperation: granted, or refused with this status. Devices are told apart by the last byte of the address. */
static struct scs_enrolment *enrol(struct test_model *t, unsigned device, unsigned status, int64_t at_ms)
{
    char client[32];
    snprintf(client, sizeof client, "10.5.%u.%u:50000", device / 256, device % 256);
    struct scs_connection *c = test_connection(t, client, SERVER, at_ms);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms + 10);
    test_reply(t, x, status, 20);
    if (status == 200) {
        test_scep_reply(t, x, 0);
    }
    return test_enrolment(t, status == 200 ? SCS_ENROLMENT_SUCCEEDED : SCS_ENROLMENT_FAILED, x, NULL);
}

static void enrol_many(struct test_model *t, unsigned first, unsigned num, unsigned status, int64_t at_ms)
{
    for (unsigned i = 0; i < num; i++) {
        enrol(t, first + i, status, at_ms + 1000 * (int64_t)i);
    }
}

/* The pattern of this kind among all failures (of = NULL) or a finding's; NULL. */
static const struct scs_pattern *pattern(const struct test_model *t, enum scs_pattern_kind kind, const struct scs_finding *of)
{
    for (uint32_t i = 0; i < t->model.num_patterns; i++) {
        if (t->model.patterns[i].kind == kind && t->model.patterns[i].finding == of) {
            return &t->model.patterns[i];
        }
    }
    return NULL;
}

static void says(struct test_model *t, const struct scs_pattern *p, const char *sentence)
{
    struct scs_redactor *r = scs_redactor_for_model(SCS_REDACT_NONE, &t->model);
    struct scs_report_context ctx = {.model = &t->model, .redactor = r, .lang = "en"};
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_STORY_TEXT);
    assert_non_null(p);
    scs_pattern_sentence(&ctx, p, &b);
    assert_string_equal(scs_buf_cstr(&b), sentence);
    scs_buf_cleanup(&b);
    scs_redactor_free(r);
}

/* ---- time --------------------------------------------------------------------------------------------- */

/* 400 errors where there is one with a beginning. */
static void test_since(void **state)
{
    struct test_model *t = *state;
    enrol_many(t, 1, 41, 200, 0);
    enrol_many(t, 1, 12, 500, 600000);
    test_judge(t);
    const struct scs_finding *f = test_finding(t, "http-500-ndes");
    assert_int_equal(f->count, 12);
    says(t, pattern(t, SCS_PATTERN_TIME, NULL), "Since 09:24:02 all 12 PKIOperations fail; before that 41 of 41 succeeded.");
    says(t, pattern(t, SCS_PATTERN_TIME, f),
         "Since 09:24:02 12 PKIOperations fail so and none succeed; before that 41 of 41 succeeded.");
    struct scs_summary s;
    scs_summarize(&t->model, &s);
    assert_int_equal(s.since_ns, TEST_NS(600010));
}

/* An outage that is over told as going on. */
static void test_from_to(void **state)
{
    struct test_model *t = *state;
    enrol_many(t, 1, 10, 200, 0);
    enrol_many(t, 20, 6, 500, 60000);
    enrol_many(t, 40, 9, 200, 120000);
    test_judge(t);
    says(t, pattern(t, SCS_PATTERN_TIME, NULL),
         "From 09:15:02 to 09:15:07 all 6 PKIOperations failed; before that 10 of 10 succeeded, after it 9 of 9.");
    struct scs_summary s;
    scs_summarize(&t->model, &s);
    assert_int_equal(s.since_ns, SCS_NO_TIME);
}

/* One device that fails as it always does, taken for a moment at which the server broke. */
static void test_one_device_is_no_outage(void **state)
{
    struct test_model *t = *state;
    enrol_many(t, 1, 20, 200, 0);
    for (unsigned i = 0; i < 6; i++) {
        enrol(t, 99, 500, 60000 + 1000 * (int64_t)i);
    }
    test_judge(t);
    assert_null(pattern(t, SCS_PATTERN_TIME, NULL));
    says(t, pattern(t, SCS_PATTERN_CLIENT, NULL), "All 6 that failed come from 10.5.0.99; the 20 from elsewhere succeeded.");
    assert_null(pattern(t, SCS_PATTERN_NETWORK, NULL));
}

/* ... unless that device had succeeded before. */
static void test_the_only_device(void **state)
{
    struct test_model *t = *state;
    for (unsigned i = 0; i < 8; i++) {
        enrol(t, 7, i < 4 ? 200 : 500, 60000 * (int64_t)i);
    }
    test_judge(t);
    assert_non_null(pattern(t, SCS_PATTERN_TIME, NULL));
}

/* A server that takes no more connections: requests that never were do not count. */
static void test_refused_connections(void **state)
{
    struct test_model *t = *state;
    enrol_many(t, 1, 8, 200, 0);
    for (unsigned i = 0; i < 5; i++) {
        char client[32];
        snprintf(client, sizeof client, "10.5.0.%u:50001", i + 1);
        struct scs_connection *c = test_attempt(t, client, SERVER, 60000 + 1000 * (int64_t)i, 1);
        c->state = SCS_CONN_REFUSED;
        c->flags |= SCS_CONN_SCEP_SERVER;
    }
    test_judge(t);
    SAID(t, "net-refused");
    says(t, pattern(t, SCS_PATTERN_TIME, NULL), "Since 09:15:02 all 5 connections fail; before that 8 of 8 succeeded.");
}

/* ---- what they share ------------------------------------------------------------------------------------ */

/* "It is an Apple device": two kinds of devices, one of each. */
static void test_one_of_one_is_no_pattern(void **state)
{
    struct test_model *t = *state;
    enrol(t, 1, 200, 0)->platform = SCS_PLATFORM_WINDOWS;
    enrol(t, 2, 500, 1000)->platform = SCS_PLATFORM_APPLE;
    test_judge(t);
    assert_int_equal(t->model.num_patterns, 0);
}

/* All failing devices are Apple's, and no other fails. */
static void test_platform(void **state)
{
    struct test_model *t = *state;
    for (unsigned i = 0; i < 20; i++) {
        bool apple = i % 3 == 0;
        enrol(t, i + 1, apple ? 500 : 200, 1000 * (int64_t)i)->platform = apple        ? SCS_PLATFORM_APPLE
                                                                          : i % 3 == 1 ? SCS_PLATFORM_WINDOWS
                                                                                       : SCS_PLATFORM_ANDROID;
    }
    test_judge(t);
    says(t, pattern(t, SCS_PATTERN_PLATFORM, NULL), "All 7 that failed are Apple devices; Windows and Android devices succeed.");
    assert_null(pattern(t, SCS_PATTERN_TIME, NULL));
    assert_null(pattern(t, SCS_PATTERN_NETWORK, NULL)); /* those that succeed are neighbours */
}

/* A pattern though one device with the trait succeeded, or one without it is unknown. */
static void test_exceptions_end_a_pattern(void **state)
{
    struct test_model *t = *state;
    for (unsigned i = 0; i < 10; i++) {
        enrol(t, i + 1, i < 5 ? 500 : 200, 1000 * (int64_t)i)->platform = i < 6 ? SCS_PLATFORM_APPLE : SCS_PLATFORM_WINDOWS;
    }
    test_judge(t);
    assert_null(pattern(t, SCS_PATTERN_PLATFORM, NULL));
    assert_null(pattern(t, SCS_PATTERN_TRANSPORT, NULL)); /* all by POST */
    assert_null(pattern(t, SCS_PATTERN_PROXY, NULL));
}

static void set_recipient(struct test_model *t, const struct scs_enrolment *e, const char *serial)
{
    struct scs_exchange *x; /* const to the model's readers only */
    memcpy(&x, &t->exchanges[e->exchanges[0] - 1], sizeof x);
    struct scs_envelope *envelope = test_scep_request(t, x, 19, "T")->envelope;
    envelope->recipients[0].serial = serial;
}

/* Requests to an old RA certificate fail, from every network and by either method. */
static void test_recipient(void **state)
{
    struct test_model *t = *state;
    for (unsigned i = 0; i < 12; i++) {
        struct scs_enrolment *e = enrol(t, i * 256 + 5, i < 4 ? 500 : 200, 1000 * (int64_t)(i * 5 % 12));
        set_recipient(t, e, i < 4 ? "0a01" : "0b02");
    }
    test_judge(t);
    const struct scs_pattern *p = pattern(t, SCS_PATTERN_RECIPIENT, NULL);
    assert_non_null(p);
    assert_string_equal(p->value, "0a01");
    assert_int_equal(p->failed.num, 4);
    assert_int_equal(p->others, 8);
    assert_null(pattern(t, SCS_PATTERN_NETWORK, NULL));
}

/* One node of a farm fails everything. */
static void test_one_of_two_servers(void **state)
{
    struct test_model *t = *state;
    enrol_many(t, 1, 9, 200, 0);
    for (unsigned i = 0; i < 4; i++) {
        char client[32];
        snprintf(client, sizeof client, "10.5.1.%u:50000", i + 1);
        struct scs_connection *c = test_connection(t, client, "10.5.1.9:80", 500 + 2000 * (int64_t)i);
        struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 510 + 2000 * (int64_t)i);
        test_reply(t, x, 500, 20);
        test_enrolment(t, SCS_ENROLMENT_FAILED, x, NULL);
    }
    test_judge(t);
    says(t, pattern(t, SCS_PATTERN_SERVER, NULL), "All 4 that failed went to 10.5.1.9:80; the 9 to other servers succeeded.");
}

/* ---- retries ---------------------------------------------------------------------------------------------- */

static struct scs_enrolment *retry(struct test_model *t, unsigned device, int64_t at_ms, enum scs_enrolment_outcome outcome)
{
    char client[32];
    snprintf(client, sizeof client, "10.5.0.%u:50000", device);
    struct scs_connection *c = test_connection(t, client, SERVER, at_ms);
    struct scs_exchange *a = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms + 10);
    test_reply(t, a, 500, 20);
    struct scs_exchange *b = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms + 60000);
    test_reply(t, b, outcome == SCS_ENROLMENT_SUCCEEDED ? 200 : 500, 20);
    if (outcome == SCS_ENROLMENT_SUCCEEDED) {
        test_scep_reply(t, b, 0);
    }
    struct scs_enrolment *e = test_enrolment(t, outcome, a, b, NULL);
    e->tries = 2;
    e->decided_by = b->id;
    return e;
}

static const char *story(struct test_model *t, const struct scs_finding *f)
{
    static char text[SCS_MAX_STORY_TEXT];
    struct scs_report_context ctx = {.model = &t->model, .lang = "en"};
    struct scs_buf b;
    scs_buf_init(&b, sizeof text);
    scs_finding_story(&ctx, f, &b);
    snprintf(text, sizeof text, "%s", scs_buf_cstr(&b));
    scs_buf_cleanup(&b);
    return text;
}

/* An exit status of 1 for a device that has its certificate. */
static void test_retry_succeeds(void **state)
{
    struct test_model *t = *state;
    retry(t, 7, 0, SCS_ENROLMENT_SUCCEEDED);
    test_judge(t);
    const struct scs_finding *f = test_finding(t, "http-500-ndes");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->recovered, 1);
    assert_string_equal(story(t, f), "A retry succeeded.");
    struct scs_summary s;
    scs_summarize(&t->model, &s);
    assert_int_equal(s.verdict, SCS_VERDICT_OK);
    assert_int_equal(s.findings[SCS_SEV_ERROR], 0);
}

/* One device that recovers excuses another that does not. */
static void test_retry_excuses_nobody_else(void **state)
{
    struct test_model *t = *state;
    retry(t, 7, 0, SCS_ENROLMENT_SUCCEEDED);
    retry(t, 8, 1000, SCS_ENROLMENT_FAILED);
    test_judge(t);
    const struct scs_finding *f = test_finding(t, "http-500-ndes");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->count, 3);
    assert_int_equal(f->recovered, 1);
    assert_string_equal(story(t, f), "After 1 of them a retry succeeded.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_since),
        TEST(test_from_to),
        TEST(test_one_device_is_no_outage),
        TEST(test_the_only_device),
        TEST(test_refused_connections),
        TEST(test_one_of_one_is_no_pattern),
        TEST(test_platform),
        TEST(test_exceptions_end_a_pattern),
        TEST(test_recipient),
        TEST(test_one_of_two_servers),
        TEST(test_retry_succeeds),
        TEST(test_retry_excuses_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
