/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "told.h"

/* Findings are put in by hand: what the rules find is not this test's business. */
static void add_finding(struct test_report *f, enum scs_severity severity)
{
    test_told_finding(&f->t, &f->told, "http-414", severity, 0);
}

static struct scs_summary summary(struct test_report *f)
{
    struct scs_summary s;
    scs_summarize(&f->t.model, &s);
    return s;
}

static int status(struct test_report *f, enum scs_severity fail_on, bool never)
{
    struct scs_report_context ctx = {.model = &f->t.model, .fail_on = fail_on, .fail_never = never};
    return scs_exit_status(&ctx);
}

static struct scs_exchange *exchange(struct test_report *f)
{
    test_server(&f->t, "10.5.1.4:80");
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    struct scs_exchange *x = test_exchange(&f->t, c, SCS_OP_PKI_OPERATION, 10);
    test_reply(&f->t, x, 200, 5);
    return x;
}

static struct scs_connection *tls(struct test_report *f)
{
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50001", "10.5.1.4:443", 0);
    c->flags &= ~(uint32_t)SCS_CONN_SCEP_SERVER;
    c->flags |= SCS_CONN_TLS;
    f->t.capture.tls_connections++;
    return c;
}

/* A verdict of ok for a capture in which nothing was seen. */
static void test_nothing(void **state)
{
    assert_int_equal(summary(*state).verdict, SCS_VERDICT_NOTHING);
    assert_int_equal(status(*state, SCS_SEV_ERROR, false), 0);
}

/* Probes counted as devices, blocked enrolments as neither, or totals that do not add up. */
static void test_counts(void **state)
{
    struct test_report *f = *state;
    struct scs_exchange *x = exchange(f);
    static const enum scs_enrolment_outcome outcomes[] = {SCS_ENROLMENT_SUCCEEDED, SCS_ENROLMENT_FAILED, SCS_ENROLMENT_BLOCKED,
                                                          SCS_ENROLMENT_PENDING, SCS_ENROLMENT_INCOMPLETE};
    for (size_t i = 0; i < 5; i++) {
        test_enrolment(&f->t, outcomes[i], x, NULL);
    }
    test_enrolment(&f->t, SCS_ENROLMENT_FAILED, x, NULL)->probe = true;
    add_finding(f, SCS_SEV_WARNING);
    add_finding(f, SCS_SEV_INFO);
    add_finding(f, SCS_SEV_INFO);
    struct scs_summary s = summary(f);
    assert_int_equal(s.enrolments, 5);
    assert_int_equal(s.succeeded, 1);
    assert_int_equal(s.failed, 2);
    assert_int_equal(s.pending, 1);
    assert_int_equal(s.incomplete, 1);
    assert_int_equal(s.exchanges, 1);
    assert_int_equal(s.findings[SCS_SEV_ERROR], 0);
    assert_int_equal(s.findings[SCS_SEV_WARNING], 1);
    assert_int_equal(s.findings[SCS_SEV_INFO], 2);
    assert_int_equal(s.verdict, SCS_VERDICT_PROBLEMS);
}

/* A failed probe that makes a healthy capture a problem. */
static void test_probe_is_no_problem(void **state)
{
    struct test_report *f = *state;
    test_enrolment(&f->t, SCS_ENROLMENT_FAILED, exchange(f), NULL)->probe = true;
    assert_int_equal(summary(f).verdict, SCS_VERDICT_OK);
}

/* An error that no enrolment shows, taken for ok; a warning taken for a problem. */
static void test_errors_are_problems(void **state)
{
    struct test_report *f = *state;
    exchange(f);
    add_finding(f, SCS_SEV_WARNING);
    assert_int_equal(summary(f).verdict, SCS_VERDICT_OK);
    add_finding(f, SCS_SEV_ERROR);
    assert_int_equal(summary(f).verdict, SCS_VERDICT_PROBLEMS);
}

/* Undecrypted TLS taken for an empty capture. */
static void test_blind(void **state)
{
    struct test_report *f = *state;
    tls(f);
    assert_int_equal(summary(f).verdict, SCS_VERDICT_BLIND);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
}

/* TLS to somebody else's server, when the operator has named the one that matters. */
static void test_tls_to_other_server_is_nothing(void **state)
{
    struct test_report *f = *state;
    tls(f);
    test_server(&f->t, "10.9.9.9:443")->named = true;
    assert_int_equal(summary(f).verdict, SCS_VERDICT_NOTHING);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 0);
}

/* A capture called blind although it shows exchanges; one called complete although the named server's TLS stayed shut. */
static void test_readable_beside_tls(void **state)
{
    struct test_report *f = *state;
    exchange(f);
    struct scs_connection *c = tls(f);
    assert_int_equal(summary(f).verdict, SCS_VERDICT_OK);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 0);
    c->flags |= SCS_CONN_NAMED_SERVER;
    assert_int_equal(summary(f).verdict, SCS_VERDICT_OK);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
}

/* Attempts that nobody answered, called nothing. */
static void test_attempts_are_something(void **state)
{
    struct test_report *f = *state;
    test_attempt(&f->t, "10.5.14.7:50000", "10.5.1.4:443", 0, 2);
    assert_int_equal(summary(f).verdict, SCS_VERDICT_OK);
}

/* Exit status that ignores --fail-on, or lets incomplete evidence hide a finding. */
static void test_exit_status(void **state)
{
    struct test_report *f = *state;
    exchange(f);
    assert_int_equal(status(f, SCS_SEV_INFO, false), 0);
    add_finding(f, SCS_SEV_INFO);
    assert_int_equal(status(f, SCS_SEV_INFO, false), 1);
    assert_int_equal(status(f, SCS_SEV_WARNING, false), 0);
    add_finding(f, SCS_SEV_ERROR);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 1);
    assert_int_equal(status(f, SCS_SEV_WARNING, false), 1);
    assert_int_equal(status(f, SCS_SEV_ERROR, true), 0);
    f->t.file.complete = false;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 1);
    assert_int_equal(status(f, SCS_SEV_ERROR, true), 3);
}

/* A cut file or dropped packets that go unsaid. */
static void test_incomplete_evidence(void **state)
{
    struct test_report *f = *state;
    exchange(f);
    f->t.file.complete = false;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
    f->t.file.complete = true;
    f->t.capture.has_drop_count = true;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 0);
    f->t.capture.dropped = 1;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
}

/* Bytes that the capture lost or cut, taken for whole evidence. */
static void test_holes_in_connections(void **state)
{
    struct test_report *f = *state;
    struct scs_connection *c = test_connection(&f->t, "10.5.14.8:50000", "10.5.1.4:80", 0);
    exchange(f);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 0);
    c->half[SCS_TO_CLIENT].missing_bytes = 1;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
    c->half[SCS_TO_CLIENT].missing_bytes = 0;
    c->half[SCS_TO_SERVER].cut_bytes = 1;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
}

/* Look-ups that are off by one, or that assume connection ids without holes. */
static void test_model_look_ups(void **state)
{
    struct test_report *f = *state;
    struct scs_exchange *x = exchange(f);
    struct scs_connection *second = test_connection(&f->t, "10.5.14.8:50000", "10.5.1.4:80", 100);
    second->id = 17;
    const struct scs_model *m = &f->t.model;
    assert_null(scs_model_exchange(m, 0));
    assert_ptr_equal(scs_model_exchange(m, 1), x);
    assert_null(scs_model_exchange(m, 2));
    assert_ptr_equal(scs_model_connection(m, 1), x->connection);
    assert_ptr_equal(scs_model_connection(m, 17), second);
    assert_null(scs_model_connection(m, 2));
    assert_null(scs_model_connection(m, 18));
    assert_null(scs_model_enrolment(m, 1));
    assert_non_null(scs_model_server(m, &x->connection->server));
    assert_null(scs_model_server(m, &x->connection->client));
}

/* An exit status of 0 for half of a conversation, or for packets too short to show any SCEP there may have been. */
static void test_half_seen(void **state)
{
    struct test_report *f = *state;
    f->t.capture.cut_packets = 7;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
    struct scs_exchange *x = exchange(f);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 0); /* other conversations were cut */
    ((struct scs_connection *)(uintptr_t)x->connection)->flags |= SCS_CONN_ONE_WAY;
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 3);
}

/* Totals that forget what left memory, a finding counted twice because it left in part, and a verdict that is mild for that. */
static void test_departed(void **state)
{
    struct test_report *f = *state;
    static const struct scs_departed_finding left[] = {{.id = "http-414", .severity = SCS_SEV_ERROR, .count = 9},
                                                       {.id = "http-500-ndes", .severity = SCS_SEV_ERROR, .count = 1}};
    const struct scs_departed departed = {.exchanges = 100,
                                          .enrolments = {[SCS_ENROLMENT_SUCCEEDED] = 30, [SCS_ENROLMENT_BLOCKED] = 2},
                                          .findings = left,
                                          .num_findings = 2};
    f->t.model.departed = &departed;
    struct scs_summary s = summary(f);
    assert_int_equal(s.exchanges, 100);
    assert_int_equal(s.enrolments, 32);
    assert_int_equal(s.succeeded, 30);
    assert_int_equal(s.failed, 2);
    assert_int_equal(s.findings[SCS_SEV_ERROR], 2);
    assert_int_equal(s.verdict, SCS_VERDICT_PROBLEMS);
    assert_int_equal(status(f, SCS_SEV_ERROR, false), 1);
    add_finding(f, SCS_SEV_ERROR);
    assert_int_equal(summary(f).findings[SCS_SEV_ERROR], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_nothing),
        REPORT_TEST(test_counts),
        REPORT_TEST(test_departed),
        REPORT_TEST(test_probe_is_no_problem),
        REPORT_TEST(test_errors_are_problems),
        REPORT_TEST(test_blind),
        REPORT_TEST(test_tls_to_other_server_is_nothing),
        REPORT_TEST(test_readable_beside_tls),
        REPORT_TEST(test_attempts_are_something),
        REPORT_TEST(test_exit_status),
        REPORT_TEST(test_incomplete_evidence),
        REPORT_TEST(test_holes_in_connections),
        REPORT_TEST(test_half_seen),
        REPORT_TEST(test_model_look_ups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
