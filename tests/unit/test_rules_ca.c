/* SPDX-License-Identifier: Apache-2.0 */
/* CA-*: calls to the certification authority, in vain and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/rules.h"
#include "model.h"

#define CLIENT "10.5.14.7:50000"
#define SERVER "10.5.1.4:80"

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, scs_rules_ca, scs_num_rules_ca);
    return test_finding(t, id);
}

/* A request from 100 ms to 9,100 ms, refused. */
static struct scs_exchange *refused_request(struct test_model *t)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, 0), SCS_OP_PKI_OPERATION, 100);
    test_reply(t, x, 200, 9000);
    x->outcome = SCS_OUTCOME_FAILED;
    return x;
}

static struct scs_connection *vain_call(struct test_model *t, const char *from, const char *to, int64_t at_ms)
{
    struct scs_connection *c = test_attempt(t, from, to, at_ms, 3);
    c->flags |= SCS_CONN_CA_SIDE;
    return c;
}

/* Catches silence and a reset told apart, and evidence without the SYNs. */
static void test_mapper(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = refused_request(t);
    struct scs_connection *c = vain_call(t, "10.5.1.4:54790", "10.5.14.22:135", 200);
    const struct scs_finding *f = find(t, "ca-rpc-135-timeout");
    assert_int_equal(f->exchange, x->id);
    assert_string_equal(test_fact(t, f, "ca"), "10.5.14.22:135");
    assert_string_equal(test_fact(t, f, "answer"), "nothing");
    assert_int_equal(f->num_frames, 5);
    c->state = SCS_CONN_REFUSED;
    assert_string_equal(test_fact(t, find(t, "ca-rpc-135-timeout"), "answer"), "a reset");
    assert_null(find(t, "ca-rpc-dyn-blocked"));
}

/* Catches calls before or after the request, of another host, and requests that were granted all the same. */
static void test_mapper_quiet(void **state)
{
    struct test_model *t = *state;
    vain_call(t, "10.5.1.4:54790", "10.5.14.22:135", 50);
    struct scs_exchange *x = refused_request(t);
    vain_call(t, "10.5.1.5:54790", "10.5.14.22:135", 200);
    vain_call(t, "10.5.1.4:54791", "10.5.14.22:135", 9200);
    assert_null(find(t, "ca-rpc-135-timeout"));
    vain_call(t, "10.5.1.4:54792", "10.5.14.22:135", 9050);
    x->duration_ns += INT64_C(1000000000);
    assert_non_null(find(t, "ca-rpc-135-timeout"));
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "ca-rpc-135-timeout"));
}

/* Catches one lost SYN taken for a shut way. */
static void test_one_syn(void **state)
{
    struct test_model *t = *state;
    refused_request(t);
    vain_call(t, "10.5.1.4:54790", "10.5.14.22:135", 200)->syn_tries = 1;
    assert_null(find(t, "ca-rpc-135-timeout"));
}

/* Catches a dynamic port blamed although the end point mapper itself was not reached. */
static void test_dynamic(void **state)
{
    struct test_model *t = *state;
    refused_request(t);
    vain_call(t, "10.5.1.4:54790", "10.5.14.22:49664", 200);
    assert_string_equal(test_fact(t, find(t, "ca-rpc-dyn-blocked"), "ca"), "10.5.14.22:49664");
    vain_call(t, "10.5.1.4:54791", "10.5.14.22:135", 4000);
    assert_null(find(t, "ca-rpc-dyn-blocked"));
    assert_non_null(find(t, "ca-rpc-135-timeout"));
}

/* Catches a call in vain blamed for a refusal where the capture lacks the answer, which may have been a certificate. */
static void test_answer_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = refused_request(t);
    vain_call(t, "10.5.1.4:54790", "10.5.14.22:49664", 200);
    x->outcome = SCS_OUTCOME_INCOMPLETE;
    assert_null(find(t, "ca-rpc-dyn-blocked"));
    x->reply = NULL; /* it waits still */
    assert_non_null(find(t, "ca-rpc-dyn-blocked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_mapper), TEST(test_mapper_quiet), TEST(test_one_syn), TEST(test_dynamic),
                                       TEST(test_answer_unseen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
