/* SPDX-License-Identifier: Apache-2.0 */
/* The engine with rules made for the purpose: ranking, grouping, order, limits; and the judge's indexes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "diagnose/engine.h"
#include "diagnose/judge.h"
#include "model.h"

#define SERVER "10.5.1.4:80"

/* ---- rules for the purpose -------------------------------------------------------------------------- */

static bool is_failed(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->outcome != SCS_OUTCOME_FAILED) {
        return false;
    }
    scs_fact_number(v, "status", x->reply->status);
    scs_fact_text(v, "method", "%s", x->request->method);
    return true;
}

static bool is_silent(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    (void)v;
    return x->outcome == SCS_OUTCOME_UNANSWERED;
}

static bool is_500(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->reply == NULL || x->reply->status != 500) {
        return false;
    }
    scs_set_severity(v, SCS_SEV_ERROR);
    return true;
}

static bool is_reset(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    (void)j;
    scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
    return c->half[SCS_TO_CLIENT].rst_ns != SCS_NO_TIME;
}

static bool is_blocked(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v)
{
    (void)j;
    (void)v;
    return c->state == SCS_CONN_BLOCKED;
}

static bool is_retried(const struct scs_judge *j, const struct scs_enrolment *e, struct scs_verdict *v)
{
    (void)j;
    (void)v;
    return e->tries >= 2;
}

static bool each_apart(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    scs_set_group(v, "%u", (unsigned)x->id);
    return true;
}

static bool always_server(const struct scs_judge *j, const struct scs_server *s, struct scs_verdict *v)
{
    (void)j;
    (void)s;
    (void)v;
    return true;
}

static bool always_capture(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    if (m->num_exchanges != 0) {
        scs_say_exchange(v, m->exchanges[0]);
    }
    return true;
}

/* The first failed exchange is the work of the server. */
static bool claims_first(const struct scs_judge *j, const struct scs_server *s, struct scs_verdict *v)
{
    (void)s;
    scs_claim(v, scs_judge_model(j)->exchanges[0]);
    return true;
}

enum { FAILED, SILENT, SAW_500, RESET, BLOCKED, RETRIED, NOTED, NUM_RULES };

static const struct scs_rule rules[NUM_RULES] = {
    [FAILED] = {"t-failed", SCS_SEV_ERROR, SCS_LIKELY, SCS_DEPTH_IIS, SCS_SCOPE_EXCHANGE, true, {.exchange = is_failed}},
    [SILENT] = {"t-silent", SCS_SEV_ERROR, SCS_CERTAIN, SCS_DEPTH_HTTPSYS, SCS_SCOPE_EXCHANGE, true, {.exchange = is_silent}},
    [SAW_500] = {"t-500", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_NDES, SCS_SCOPE_EXCHANGE, true, {.exchange = is_500}},
    [RESET] = {"t-reset", SCS_SEV_ERROR, SCS_CERTAIN, SCS_DEPTH_NETWORK, SCS_SCOPE_CONNECTION, true, {.connection = is_reset}},
    [BLOCKED] =
        {"t-blocked", SCS_SEV_ERROR, SCS_CERTAIN, SCS_DEPTH_NETWORK, SCS_SCOPE_CONNECTION, true, {.connection = is_blocked}},
    [RETRIED] = {"t-retried", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_NDES, SCS_SCOPE_ENROLMENT, true, {.enrolment = is_retried}},
    [NOTED] = {"t-noted", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_EXCHANGE, false, {.exchange = is_failed}},
};

static struct scs_exchange *answered(struct test_model *t, struct scs_connection *c, unsigned status, int64_t at_ms)
{
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms);
    test_reply(t, x, status, 20);
    return x;
}

/* ---- ranking ------------------------------------------------------------------------------------------ */

/* Catches an engine that reports each rule that holds: the 500 must be a consequence, not a finding. */
static void test_deepest_is_the_finding(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    answered(t, c, 500, 10);
    test_diagnose(t, rules, NUM_RULES);
    assert_int_equal(t->model.num_findings, 2); /* the cause and the note */
    const struct scs_finding *f = test_finding(t, "t-failed");
    assert_non_null(f);
    assert_null(test_finding(t, "t-500"));
    assert_int_equal(f->num_consequences, 1);
    assert_true(test_is_consequence(f, "t-500"));
    assert_string_equal(test_fact(t, f, "status"), "500");
    assert_string_equal(test_fact(t, f, "method"), "POST");
}

/* Catches ranking that swallows notes, which explain nothing and stand for themselves. */
static void test_notes_are_not_ranked(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    answered(t, c, 404, 10);
    test_diagnose(t, rules, NUM_RULES);
    assert_non_null(test_finding(t, "t-noted"));
    assert_non_null(test_finding(t, "t-failed"));
    assert_int_equal(test_finding(t, "t-failed")->num_consequences, 0);
}

/* Catches a reset blamed twice, once on the connection and once as "no reply" on its exchange. */
static void test_connection_explains_its_open_exchange(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    test_enrolment(t, SCS_ENROLMENT_FAILED, x, NULL);
    c->half[SCS_TO_CLIENT].rst_ns = TEST_NS(50);
    c->half[SCS_TO_CLIENT].rst_frame = 77;
    test_diagnose(t, rules, NUM_RULES);
    assert_int_equal(t->model.num_findings, 1);
    const struct scs_finding *f = test_finding(t, "t-reset");
    assert_non_null(f);
    assert_true(test_is_consequence(f, "t-silent"));
    assert_int_equal(f->connection, c->id);
    assert_int_equal(f->exchange, x->id);
    assert_int_equal(f->enrolment, 1);
    assert_int_equal(f->num_frames, 1);
    assert_int_equal(f->frames[0], 77);
}

/* Catches a reset after a whole 404 that hides the 404: the network did not cause it. */
static void test_connection_does_not_explain_a_whole_reply(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    answered(t, c, 404, 10);
    c->half[SCS_TO_CLIENT].rst_ns = TEST_NS(50);
    test_diagnose(t, rules, NUM_RULES);
    assert_non_null(test_finding(t, "t-failed"));
    assert_non_null(test_finding(t, "t-reset"));
    assert_int_equal(test_finding(t, "t-failed")->num_consequences, 0);
}

/* Catches a retry storm told beside the error that causes the retries (R3). */
static void test_retries_are_a_consequence(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_exchange *a = answered(t, c, 404, 10), *b = answered(t, c, 404, 300000);
    test_enrolment(t, SCS_ENROLMENT_FAILED, a, b, NULL);
    test_diagnose(t, rules, NUM_RULES);
    const struct scs_finding *f = test_finding(t, "t-failed");
    assert_null(test_finding(t, "t-retried"));
    assert_true(test_is_consequence(f, "t-retried"));
    assert_int_equal(f->count, 2);
    assert_int_equal(f->num_enrolments, 1);
}

/* Catches an enrolment rule that is lost when none of its exchanges has a cause. */
static void test_retries_alone_are_a_finding(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_exchange *a = answered(t, c, 200, 10), *b = answered(t, c, 200, 300000);
    test_enrolment(t, SCS_ENROLMENT_FAILED, a, b, NULL);
    test_diagnose(t, rules, NUM_RULES);
    const struct scs_finding *f = test_finding(t, "t-retried");
    assert_non_null(f);
    assert_int_equal(f->enrolment, 1);
    assert_int_equal(f->num_exchanges, 2);
}

/* Catches a blocked attempt that cannot be found from the enrolment it made fail. */
static void test_attempt_names_its_enrolment(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_attempt(t, "10.5.14.7:50000", SERVER, 0, 4);
    struct scs_enrolment *e = SCS_ARENA_NEW(t->arena, struct scs_enrolment);
    e->id = 1;
    e->client = c->client.addr;
    e->server = c->server;
    e->outcome = SCS_ENROLMENT_BLOCKED;
    t->enrolments[t->model.num_enrolments++] = e;
    test_diagnose(t, rules, NUM_RULES);
    assert_int_equal(test_finding(t, "t-blocked")->enrolment, 1);
    assert_int_equal(test_finding(t, "t-blocked")->num_frames, 2);
}

/* ---- grouping and order ---------------------------------------------------------------------------------- */

/* Catches a page of echoes: a hundred equal failures at one server are one finding, at two servers two. */
static void test_one_finding_per_server(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *a = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_connection *b = test_connection(t, "10.5.14.7:50001", "10.5.1.5:80", 5);
    for (int i = 0; i < 100; i++) {
        answered(t, a, 404, 1000 + i);
    }
    answered(t, b, 404, 10);
    test_diagnose(t, rules, NUM_RULES);
    assert_int_equal(t->model.num_findings, 4);
    const struct scs_finding *first = t->model.findings[0], *second = t->model.findings[1];
    assert_int_equal(first->count, 1); /* the earlier one */
    assert_int_equal(second->count, 100);
    assert_int_equal(second->first_ns, TEST_NS(1000));
    assert_int_equal(second->last_ns, TEST_NS(1099));
    assert_int_equal(second->num_exchanges, 100);
    assert_int_equal(second->num_frames, SCS_MAX_FINDING_FRAMES);
    for (uint32_t i = 1; i < second->num_frames; i++) {
        assert_true(second->frames[i - 1] < second->frames[i]);
    }
}

/* Catches a weight taken from the first occurrence: the strongest decides, the facts stay the first's. */
static void test_strongest_occurrence_gives_the_weight(void **state)
{
    static const struct scs_rule one[] = {
        {"t-500", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_NDES, SCS_SCOPE_EXCHANGE, false, {.exchange = is_500}},
        {"t-failed", SCS_SEV_WARNING, SCS_LIKELY, SCS_DEPTH_IIS, SCS_SCOPE_EXCHANGE, false, {.exchange = is_failed}},
    };
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    answered(t, c, 404, 10);
    answered(t, c, 500, 20);
    test_diagnose(t, one, 2);
    assert_string_equal(t->model.findings[0]->id, "t-500"); /* an error, though later */
    assert_int_equal(t->model.findings[0]->severity, SCS_SEV_ERROR);
    assert_int_equal(t->model.findings[1]->confidence, SCS_LIKELY);
    assert_string_equal(test_fact(t, t->model.findings[1], "status"), "404");
}

/* Catches unbounded findings: a group for each exchange stops at the maximum, and the rest is counted. */
static void test_findings_are_bounded(void **state)
{
    static const struct scs_rule apart[] = {
        {"t-apart", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_EXCHANGE, false, {.exchange = each_apart}}};
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    uint32_t num = SCS_MAX_FINDINGS + 10;
    const struct scs_exchange **exchanges = SCS_ARENA_ARRAY(t->arena, num, const struct scs_exchange *);
    for (uint32_t i = 0; i < num; i++) {
        struct scs_exchange *x = SCS_ARENA_NEW(t->arena, struct scs_exchange);
        x->id = i + 1;
        x->connection = c;
        x->started_ns = TEST_NS(i);
        exchanges[i] = x;
    }
    t->model.exchanges = exchanges;
    t->model.num_exchanges = num;
    test_diagnose(t, apart, 1);
    assert_int_equal(t->model.num_findings, SCS_MAX_FINDINGS);
    assert_int_equal(t->model.findings_dropped, 10);
}

/* Catches an engine that crashes on a model of nothing, or forgets rules of capture and server scope. */
static void test_capture_and_server_scope(void **state)
{
    static const struct scs_rule wide[] = {
        {"t-server", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_SERVER, true, {.server = always_server}},
        {"t-capture", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_CAPTURE, SCS_SCOPE_CAPTURE, false, {.capture = always_capture}},
    };
    struct test_model *t = *state;
    test_diagnose(t, wide, 2);
    assert_int_equal(t->model.num_findings, 1);
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_exchange *x = answered(t, c, 200, 10);
    test_diagnose(t, wide, 2);
    assert_int_equal(t->model.num_findings, 2);
    assert_int_equal(test_finding(t, "t-capture")->exchange, x->id);
    assert_int_equal(test_finding(t, "t-capture")->connection, c->id);
    assert_int_equal(test_finding(t, "t-server")->num_frames, 0);
}

/* Catches a failure told beside the finding of wider scope that explains it; and a deeper cause hidden by that finding. */
static void test_claims(void **state)
{
    struct test_model *t = *state;
    struct scs_rule wide[NUM_RULES + 1];
    memcpy(wide, rules, sizeof rules);
    wide[NUM_RULES] = (struct scs_rule){.id = "t-server",
                                        .severity = SCS_SEV_ERROR,
                                        .depth = SCS_DEPTH_TLS,
                                        .scope = SCS_SCOPE_SERVER,
                                        .explains = true,
                                        .check = {.server = claims_first}};
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_exchange *x = answered(t, c, 500, 10);
    answered(t, c, 404, 20);
    test_diagnose(t, wide, NUM_RULES + 1);
    const struct scs_finding *f = test_finding(t, "t-server");
    assert_int_equal(f->num_exchanges, 1);
    assert_int_equal(f->exchanges[0], x->id);
    assert_true(test_is_consequence(f, "t-failed"));
    assert_true(test_is_consequence(f, "t-500"));
    assert_int_equal(test_finding(t, "t-failed")->count, 1); /* the other */
    wide[NUM_RULES].depth = SCS_DEPTH_CA;
    test_diagnose(t, wide, NUM_RULES + 1);
    assert_int_equal(test_finding(t, "t-failed")->count, 2);
    assert_int_equal(test_finding(t, "t-server")->num_consequences, 0);
}

/* ---- the judge ---------------------------------------------------------------------------------------------- */

/* Catches indexes built over connection ids without holes, or that mix clients of one server. */
static void test_indexes(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *a = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_connection *b = test_connection(t, "10.5.14.8:50000", SERVER, 1);
    struct scs_connection *d = test_connection(t, "10.5.14.7:50001", SERVER, 2);
    b->id = 7;
    d->id = 9;
    struct scs_exchange *x1 = answered(t, a, 200, 10), *x2 = answered(t, b, 200, 20), *x3 = answered(t, d, 200, 30);
    struct scs_judge *j = scs_judge_new(&t->model);
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, 7, &num);
    assert_int_equal(num, 1);
    assert_int_equal(ids[0], x2->id);
    ids = scs_judge_by_client(j, &a->client.addr, &a->server, &num);
    assert_int_equal(num, 2);
    assert_int_equal(ids[0], x1->id);
    assert_int_equal(ids[1], x3->id);
    assert_null(scs_judge_by_connection(j, 8, &num));
    assert_int_equal(num, 0);
    ids = scs_judge_by_server(j, &a->server, &num);
    assert_int_equal(num, 3);
    assert_int_equal(ids[2], x3->id);
    struct scs_endpoint other = a->server;
    other.port = 8080;
    assert_null(scs_judge_by_client(j, &a->client.addr, &other, &num));
    assert_null(scs_judge_by_server(j, &other, &num));
    assert_int_equal(scs_judge_connection_of(j, x3->id), 2);
    scs_judge_free(j);
}

/* Catches an answer taken from the future, from another server, or from a failed exchange. */
static void test_last_good_answer(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *a = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_connection *b = test_connection(t, "10.5.14.7:50001", "10.5.1.5:80", 0);
    struct scs_exchange *early = test_exchange(t, a, SCS_OP_GET_CA_CERT, 10), *bad = test_exchange(t, a, SCS_OP_GET_CA_CERT, 100);
    struct scs_exchange *slow = test_exchange(t, a, SCS_OP_GET_CA_CERT, 200),
                        *other = test_exchange(t, b, SCS_OP_GET_CA_CERT, 150);
    test_reply(t, early, 200, 5);
    test_reply(t, bad, 500, 5);
    test_reply(t, slow, 200, 1000);
    test_reply(t, other, 200, 5);
    test_ca_certs(t, early);
    test_ca_certs(t, slow);
    test_ca_certs(t, other);
    struct scs_judge *j = scs_judge_new(&t->model);
    assert_null(scs_judge_ca_certs_before(j, &a->server, TEST_NS(10)));
    assert_ptr_equal(scs_judge_ca_certs_before(j, &a->server, TEST_NS(160)), early);
    assert_ptr_equal(scs_judge_ca_certs_before(j, &a->server, TEST_NS(500)), early); /* the slow one is not there yet */
    assert_ptr_equal(scs_judge_ca_certs_before(j, &a->server, TEST_NS(1200)), slow);
    assert_null(scs_judge_caps_before(j, &a->server, TEST_NS(1200)));
    scs_judge_free(j);
}

/* Catches a corrected clock that is wrong in sign, or corrected for a few seconds. */
static void test_true_time(void **state)
{
    struct test_model *t = *state;
    struct scs_judge *j = scs_judge_new(&t->model);
    assert_int_equal(scs_judge_true_time(j, TEST_NS(0)), TEST_T0_S);
    t->capture.clock_offset_s = 60;
    assert_int_equal(scs_judge_true_time(j, TEST_NS(0)), TEST_T0_S);
    t->capture.clock_offset_s = -3600;
    assert_int_equal(scs_judge_true_time(j, TEST_NS(0)), TEST_T0_S - 3600);
    scs_judge_free(j);
}

/* Catches "absent" concluded from what the capture lost. */
static void test_sees_all(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", SERVER, 0);
    struct scs_exchange *x = answered(t, c, 200, 10), *open = test_exchange(t, c, SCS_OP_PKI_OPERATION, 50);
    struct scs_judge *j = scs_judge_new(&t->model);
    assert_true(scs_judge_sees_all(j, x));
    assert_true(scs_judge_sees_all(j, open));
    c->half[SCS_TO_CLIENT].missing_bytes = 10;
    assert_true(scs_judge_sees_all(j, x)); /* both its messages are whole */
    assert_false(scs_judge_sees_all(j, open));
    test_reply_of(x)->m.flags |= SCS_HTTP_SNAPLEN;
    assert_false(scs_judge_sees_all(j, x));
    c->half[SCS_TO_CLIENT].missing_bytes = 0;
    assert_true(scs_judge_sees_connection(j, c));
    c->flags |= SCS_CONN_ONE_WAY;
    assert_false(scs_judge_sees_connection(j, c));
    scs_judge_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_deepest_is_the_finding),
        TEST(test_notes_are_not_ranked),
        TEST(test_connection_explains_its_open_exchange),
        TEST(test_connection_does_not_explain_a_whole_reply),
        TEST(test_retries_are_a_consequence),
        TEST(test_retries_alone_are_a_finding),
        TEST(test_attempt_names_its_enrolment),
        TEST(test_one_finding_per_server),
        TEST(test_strongest_occurrence_gives_the_weight),
        TEST(test_findings_are_bounded),
        TEST(test_capture_and_server_scope),
        TEST(test_claims),
        TEST(test_indexes),
        TEST(test_last_good_answer),
        TEST(test_true_time),
        TEST(test_sees_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
