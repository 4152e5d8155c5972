/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that see the policy module's hop from the request that waits for it, and the engine's ranking of the two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

#define NDES_HOST "10.5.1.4:50000"
#define CRP       "10.5.1.4:80"

/* A call of the plug-in at `at_ms`. */
static struct scs_exchange *call(struct test_model *t, enum scs_operation operation, unsigned status, int64_t at_ms)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, NDES_HOST, CRP, at_ms), operation, at_ms + 1);
    test_reply(t, x, status, 5);
    return x;
}

/* A PKIOperation at `at_ms` that is answered 200 ms later. */
static struct scs_exchange *enrols_at(struct test_model *t, int64_t at_ms, const char *tid, int pki_status)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, at_ms), SCS_OP_PKI_OPERATION, at_ms + 1);
    test_reply(t, x, 200, 200);
    test_scep_request(t, x, 19, tid);
    test_scep_reply(t, x, pki_status);
    test_certrep(x)->fail_info = pki_status == 2 ? 2 : -1;
    return x;
}

/* The enrolment of `x`, whose policy call is `p` (NULL: none). */
static struct scs_enrolment *joined(struct test_model *t, struct scs_exchange *x, struct scs_exchange *p)
{
    struct scs_enrolment *e =
        test_enrolment(t, x->scep_reply->pki_status == 0 ? SCS_ENROLMENT_SUCCEEDED : SCS_ENROLMENT_FAILED, x, NULL);
    if (p != NULL) {
        uint32_t *ids = SCS_ARENA_ARRAY(t->arena, 1, uint32_t);
        ids[0] = p->id;
        p->enrolment = e->id;
        e->policy_exchanges = ids;
        e->num_policy_exchanges = 1;
    }
    return e;
}

/* Would catch: two errors for one cause, or the device's answer in front of the reason for it. */
static void one_error(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrols_at(t, 0, "T1", 2), *p = call(t, SCS_OP_VERIFY_REQUEST, 401, 50);
    joined(t, x, p);
    test_judge(t);
    SEVERITY(t, "policy-401", SCS_SEV_ERROR);
    QUIET(t, "rep-fail-2-badrequest");
    assert_true(test_is_consequence(test_finding(t, "policy-401"), "rep-fail-2-badrequest"));
    assert_int_equal(test_finding(t, "policy-401")->num_exchanges, 2);
    x->scep_reply = NULL; /* the same by HTTP 500 */
    test_reply_of(x)->status = 500;
    test_judge(t);
    SAID(t, "policy-401");
    QUIET(t, "http-500-ndes");
}

/* Would catch: a policy call after the answer made its cause; a fault of the message itself made a consequence. */
static void two_errors(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrols_at(t, 0, "T1", 2), *p = call(t, SCS_OP_VERIFY_REQUEST, 401, 50);
    joined(t, x, p);
    test_message(x)->signature = SCS_INVALID;
    test_judge(t);
    SAID(t, "scep-sig-invalid");
    SAID(t, "policy-401");
    test_message(x)->signature = SCS_VALID;
    test_later(p, 5000);
    test_judge(t);
    SAID(t, "rep-fail-2-badrequest");
    SAID(t, "policy-401");
}

/* Would catch: a yes of the policy module held against it, or NDES called broken though it asked. */
static void accepted_in_vain(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = enrols_at(t, 0, "T1", 2), *p = call(t, SCS_OP_VERIFY_REQUEST, 201, 50);
    joined(t, x, p);
    test_judge(t);
    CONFIDENCE(t, "policy-true-but-failure", SCS_CERTAIN);
    QUIET(t, "rep-fail-2-badrequest");
    test_text(t, test_reply_of(p), "application/json", "false");
    test_judge(t);
    QUIET(t, "policy-true-but-failure");
    SAID(t, "policy-false");
    test_text(t, test_reply_of(p), "application/json", "true");
    x->scep_reply = NULL;
    test_reply_of(x)->status = 500;
    test_judge(t);
    SAID(t, "policy-true-but-failure");
    QUIET(t, "http-500-ndes");
}

/* Would catch: a missing call claimed of a capture that never saw one, or over TLS that nobody opened. */
static void not_called(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *first = enrols_at(t, 0, "T1", 0), *p = call(t, SCS_OP_VERIFY_REQUEST, 201, 50);
    joined(t, first, p);
    struct scs_exchange *x = enrols_at(t, 5000, "T2", 2);
    joined(t, x, NULL);
    test_judge(t);
    CONFIDENCE(t, "policy-no-call", SCS_LIKELY);
    QUIET(t, "rep-fail-2-badrequest");
    test_certrep(x)->has_hresult = true;
    test_certrep(x)->hresult = (int32_t)0x80094800; /* it got to the CA */
    test_judge(t);
    QUIET(t, "policy-no-call");
    test_certrep(x)->has_hresult = false;
    struct scs_connection *tls = test_connection(t, NDES_HOST, "10.5.1.9:443", 5050);
    tls->flags |= SCS_CONN_TLS;
    test_judge(t);
    QUIET(t, "policy-no-call");
    tls->flags &= ~(uint32_t)SCS_CONN_TLS;
    tls->half[SCS_TO_SERVER].missing_bytes = 400; /* the call may be what the capture lost of it */
    test_judge(t);
    QUIET(t, "policy-no-call");
    tls->half[SCS_TO_SERVER].missing_bytes = 0;
    test_judge(t);
    CONFIDENCE(t, "policy-no-call", SCS_LIKELY);
    test_reply_of(p)->status = 500; /* no call that worked was seen */
    test_judge(t);
    QUIET(t, "policy-no-call");
}

/* Would catch: a Notify called missing when the capture ended first, or was never seen to show one. */
static void notify_missing(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *first = enrols_at(t, 0, "T1", 0), *p = call(t, SCS_OP_VERIFY_REQUEST, 201, 50);
    joined(t, first, p);
    struct scs_exchange *told = call(t, SCS_OP_NOTIFY, 204, 150);
    struct scs_exchange *x = enrols_at(t, 5000, "T2", 0), *q = call(t, SCS_OP_VERIFY_REQUEST, 201, 5050);
    joined(t, x, q);
    test_judge(t);
    SEVERITY(t, "policy-notify-missing", SCS_SEV_WARNING);
    assert_int_equal(test_finding(t, "policy-notify-missing")->count, 1);
    t->capture.last_ns = TEST_NS(20000);
    test_judge(t);
    QUIET(t, "policy-notify-missing");
    t->capture.last_ns = TEST_NS(3600000);
    told->operation = SCS_OP_VERIFY_REQUEST;
    test_judge(t);
    QUIET(t, "policy-notify-missing");
}

/* Would catch: a proxy of the whole machine that answers in the registration point's place, told by no finding. */
static void other_statuses(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_VERIFY_REQUEST, 502);
    test_reply_of(x)->server = "squid/5.7";
    test_judge(t);
    SAID(t, "proxy-502");
    QUIET(t, "policy-500");
    test_reply_of(x)->status = 504;
    test_judge(t);
    SAID(t, "proxy-504");
    test_reply_of(x)->status = 505;
    test_judge(t);
    SAID(t, "policy-500");
    test_reply_of(x)->status = 503;
    test_judge(t);
    SAID(t, "policy-503");
    QUIET(t, "policy-500");
}

/* Would catch: a refusal told a second time as the CA's, when the plug-in could not reach its own host's port 443. */
static void port_of_the_plugin_is_shut(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    int64_t at_ms = (x->started_ns - TEST_NS(0)) / 1000000;
    struct scs_connection *c = test_attempt(t, "10.5.1.4:50000", "10.5.1.4:443", at_ms + 1, 1);
    c->flags |= SCS_CONN_LOOPBACK | SCS_CONN_BY_SERVER;
    c->state = SCS_CONN_REFUSED;
    c->half[SCS_TO_CLIENT].rst_ns = c->opened_ns;
    test_judge(t);
    SAID(t, "net-refused");
    QUIET(t, "rep-fail-2-badrequest");
    assert_int_equal(test_finding(t, "net-refused")->num_exchanges, 1);
    /* Another program of this host, while no request waits. */
    c->opened_ns = c->syn_ns = c->last_syn_ns = c->last_ns = x->reply->m.last_ns + TEST_NS(5000) - TEST_NS(0);
    test_judge(t);
    QUIET(t, "net-refused");
    SAID(t, "rep-fail-2-badrequest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_error),      TEST(two_errors),     TEST(accepted_in_vain),          TEST(not_called),
        TEST(notify_missing), TEST(other_statuses), TEST(port_of_the_plugin_is_shut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
