/* SPDX-License-Identifier: Apache-2.0 */
/* CA-*: what the certification authority and the domain answered, and whose fault it was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/rules.h"
#include "model.h"

#define CLIENT "10.5.14.7:50000"
#define SERVER "10.5.1.4:80"
#define NDES   "10.5.1.4:54790"
#define CA     "10.5.14.22:49670"
#define MS(n)  ((int64_t)(n)*1000000)

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, scs_rules_ca_call, scs_num_rules_ca_call);
    return test_finding(t, id);
}

/* A request from 100 ms to 9,100 ms, refused by NDES with this HRESULT. */
static struct scs_exchange *refused_request(struct test_model *t, uint32_t hresult)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, 0), SCS_OP_PKI_OPERATION, 100);
    test_reply(t, x, 200, 9000);
    test_scep_request(t, x, 19, "A1");
    struct scs_pki_message *reply = test_scep_reply(t, x, 2);
    reply->has_hresult = hresult != 0;
    reply->hresult = (int32_t)hresult;
    x->outcome = SCS_OUTCOME_FAILED;
    return x;
}

static struct scs_ca_call *call(struct test_model *t, unsigned interface, unsigned outcome, int64_t at_ms, int64_t wait_ms)
{
    struct scs_ca_call *c = SCS_ARENA_NEW(t->arena, struct scs_ca_call);
    assert_true(t->model.num_ca_calls < TEST_MODEL_FEW);
    t->ca_calls[t->model.num_ca_calls++] = c;
    *c = (struct scs_ca_call){.id = t->model.num_ca_calls,
                              .service = SCS_CA_RPC,
                              .interface = (uint8_t)interface,
                              .outcome = (uint8_t)outcome,
                              .started_ns = TEST_NS(at_ms),
                              .answered_ns = outcome == SCS_CA_UNANSWERED ? SCS_NO_TIME : TEST_NS(at_ms + wait_ms),
                              .wait_ns = outcome == SCS_CA_UNANSWERED ? SCS_NO_TIME : MS(wait_ms),
                              .first_frame = t->next_frame++};
    c->last_frame = t->next_frame++;
    assert_true(scs_endpoint_parse(NDES, &c->client) && scs_endpoint_parse(CA, &c->server));
    return c;
}

/* Catches a fault without its code, and the CA's decision made of a call it never took. */
static void test_fault(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = refused_request(t, 0x80070005);
    struct scs_ca_call *c = call(t, SCS_RPC_CERT_REQUEST, SCS_CA_FAULT, 200, 5);
    c->status = 5;
    const struct scs_finding *f = find(t, "ca-rpc-fault");
    assert_int_equal(f->exchange, x->id);
    assert_string_equal(test_fact(t, f, "code"), "0x5");
    assert_string_equal(test_fact(t, f, "reason"), "access denied");
    assert_string_equal(test_fact(t, f, "interface"), "ICertRequestD");
    assert_string_equal(test_fact(t, f, "ca"), CA);
    assert_null(find(t, "ca-failed"));
    c->outcome = SCS_CA_BIND_REFUSED;
    c->status = 8;
    assert_string_equal(test_fact(t, find(t, "ca-rpc-fault"), "what"), "a refused bind");
}

/* Catches faults of other requests, other interfaces, taken back, or followed by an answer. */
static void test_fault_quiet(void **state)
{
    struct test_model *t = *state;
    call(t, SCS_RPC_CERT_REQUEST, SCS_CA_FAULT, 50, 5);
    struct scs_exchange *x = refused_request(t, 0);
    call(t, SCS_RPC_OTHER, SCS_CA_FAULT, 200, 5);
    call(t, SCS_RPC_CERT_REQUEST, SCS_CA_BIND_REFUSED, 300, 5)->recovered = true;
    struct scs_ca_call *last = call(t, SCS_RPC_CERT_REQUEST, SCS_CA_FAULT, 9200, 5);
    assert_null(find(t, "ca-rpc-fault"));
    last->started_ns = TEST_NS(400);
    assert_non_null(find(t, "ca-rpc-fault"));
    call(t, SCS_RPC_CERT_REQUEST, SCS_CA_ANSWERED, 500, 5);
    assert_null(find(t, "ca-rpc-fault"));
    t->ca_calls[4] = t->ca_calls[3];
    assert_non_null(find(t, "ca-rpc-fault"));
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "ca-rpc-fault"));
}

/* Catches denials without their HRESULT, and those that the CA had no time or no part in. */
static void test_denied(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = refused_request(t, 0x80094800);
    assert_null(find(t, "ca-failed"));
    struct scs_ca_call *c = call(t, SCS_RPC_CERT_REQUEST, SCS_CA_ANSWERED, 200, 40);
    const struct scs_finding *f = find(t, "ca-failed");
    assert_int_equal(f->exchange, x->id);
    assert_string_equal(test_fact(t, f, "hresult"), "0x80094800");
    assert_int_equal(f->confidence, SCS_CERTAIN);
    c->wait_ns = MS(3001);
    assert_null(find(t, "ca-failed"));
    c->wait_ns = MS(40);
    struct scs_pki_message *reply = test_scep_reply(t, x, 2);
    reply->has_hresult = true;
    reply->hresult = (int32_t)0x800706ba;
    assert_null(find(t, "ca-failed"));
    reply->hresult = (int32_t)0x80090005;
    assert_int_equal(find(t, "ca-failed")->confidence, SCS_LIKELY);
    c->interface = SCS_RPC_ACTIVATOR;
    assert_null(find(t, "ca-failed"));
}

/* Catches quick answers called slow, both levels mixed up, and silence that the capture may have made. */
static void test_slow(void **state)
{
    struct test_model *t = *state;
    refused_request(t, 0);
    struct scs_ca_call *c = call(t, SCS_RPC_CERT_REQUEST2, SCS_CA_ANSWERED, 200, 2900);
    assert_null(find(t, "ca-slow"));
    c->wait_ns = MS(3500);
    assert_int_equal(find(t, "ca-slow")->severity, SCS_SEV_WARNING);
    assert_string_equal(test_fact(t, find(t, "ca-slow"), "waited_s"), "3.5");
    c->wait_ns = MS(31000);
    assert_int_equal(find(t, "ca-slow")->severity, SCS_SEV_ERROR);
    c->outcome = SCS_CA_UNANSWERED;
    c->wait_ns = SCS_NO_TIME;
    assert_string_equal(test_fact(t, find(t, "ca-slow"), "answer"), "no answer");
    c->uncertain = true;
    assert_null(find(t, "ca-slow"));
}

/* A VerifyRequest that was accepted while `x` waited. */
static void verified(struct test_model *t, struct scs_exchange *x)
{
    struct scs_exchange *v = test_exchange(t, test_connection(t, NDES, "10.5.1.4:443", 150), SCS_OP_VERIFY_REQUEST, 200);
    test_reply(t, v, 201, 300);
    struct scs_enrolment *e = test_enrolment(t, SCS_ENROLMENT_FAILED, x, NULL);
    uint32_t *ids = SCS_ARENA_ARRAY(t->arena, 1, uint32_t);
    ids[0] = v->id;
    e->policy_exchanges = ids;
    e->num_policy_exchanges = 1;
}

/* Catches a missing call claimed by a capture that would not show it, and one that was made or tried. */
static void test_no_call(void **state)
{
    struct test_model *t = *state;
    verified(t, refused_request(t, 0x80090005));
    assert_null(find(t, "ca-no-call"));
    struct scs_ca_call *c = call(t, SCS_RPC_CERT_REQUEST, SCS_CA_ANSWERED, 20000, 40);
    assert_non_null(find(t, "ca-no-call"));
    c->started_ns = TEST_NS(5000);
    assert_null(find(t, "ca-no-call"));
    c->started_ns = TEST_NS(20000);
    test_attempt(t, NDES, "10.5.14.22:135", 1000, 3)->flags |= SCS_CONN_CA_SIDE;
    assert_null(find(t, "ca-no-call"));
}

/* Catches a controller that is down although another one answered, and attempts of hosts that are no SCEP servers. */
static void test_directory(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_attempt(t, NDES, "10.5.14.22:389", 1000, 3);
    assert_null(find(t, "ca-ldap-fail"));
    c->flags |= SCS_CONN_CA_SIDE;
    assert_string_equal(test_fact(t, find(t, "ca-ldap-fail"), "answer"), "nothing");
    struct scs_ca_call *other = call(t, SCS_RPC_UNKNOWN, SCS_CA_ANSWERED, 9000, 5);
    other->service = SCS_CA_DIRECTORY;
    assert_null(find(t, "ca-ldap-fail"));
    other->outcome = SCS_CA_UNANSWERED;
    assert_non_null(find(t, "ca-ldap-fail"));
    other->uncertain = true; /* the answer may be what the capture lacks */
    assert_null(find(t, "ca-ldap-fail"));
    other->uncertain = false;
    c->syn_tries = 2;
    assert_null(find(t, "ca-ldap-fail"));
    c->state = SCS_CONN_REFUSED;
    assert_string_equal(test_fact(t, find(t, "ca-ldap-fail"), "answer"), "a reset");
}

/* Catches a controller that takes connections and answers nothing; and a question that its asker left at once. */
static void test_directory_silent(void **state)
{
    struct test_model *t = *state;
    struct scs_ca_call *c = call(t, SCS_RPC_UNKNOWN, SCS_CA_UNANSWERED, 1000, 20000);
    c->service = SCS_CA_DIRECTORY;
    t->capture.last_ns = TEST_NS(60000);
    assert_non_null(find(t, "ca-ldap-fail"));
    c->wait_ns = TEST_NS(50) - TEST_NS(0); /* it said good-bye: nobody answers that */
    assert_null(find(t, "ca-ldap-fail"));
    c->wait_ns = SCS_NO_TIME; /* it still waits */
    assert_non_null(find(t, "ca-ldap-fail"));
    t->capture.last_ns = TEST_NS(5000);
    assert_null(find(t, "ca-ldap-fail"));
    t->capture.last_ns = TEST_NS(60000);
    call(t, SCS_RPC_UNKNOWN, SCS_CA_ANSWERED, 30000, 5)->service = SCS_CA_DIRECTORY;
    assert_null(find(t, "ca-ldap-fail"));
}

/* Catches an administrator's slip taken for the service account's trouble, and trouble that was over. */
static void test_ticket(void **state)
{
    struct test_model *t = *state;
    struct scs_ca_call *c = call(t, SCS_RPC_UNKNOWN, SCS_CA_NO_TICKET, 50, 5);
    c->service = SCS_CA_LOGON;
    c->status = 24;
    c->account = "svc_ndes@CONTOSO.COM";
    test_server(t, SERVER);
    assert_int_equal(find(t, "ca-kerberos")->severity, SCS_SEV_WARNING);
    struct scs_exchange *x = refused_request(t, 0);
    const struct scs_finding *f = find(t, "ca-kerberos");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_string_equal(test_fact(t, f, "reason"), "the password is wrong");
    assert_string_equal(test_fact(t, f, "account"), "svc_ndes@CONTOSO.COM");
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "ca-kerberos"));
    x->outcome = SCS_OUTCOME_INCOMPLETE; /* answered, and nobody can read how */
    assert_null(find(t, "ca-kerberos"));
    x->outcome = SCS_OUTCOME_FAILED;
    c->recovered = true;
    assert_null(find(t, "ca-kerberos"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fault),   TEST(test_fault_quiet), TEST(test_denied),           TEST(test_slow),
        TEST(test_no_call), TEST(test_directory),   TEST(test_directory_silent), TEST(test_ticket)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
