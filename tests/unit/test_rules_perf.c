/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for revocation lists. What else takes its time is tested with the replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scep_model.h"

static const struct scs_revocation *fetches[1];

/* A PKIOperation answered after `after_ms`, and a fetch of the server that began `at_ms` after it and got nothing. */
static struct scs_revocation *slow_request(struct test_model *t, int64_t after_ms, int64_t at_ms)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, SERVER, 0), SCS_OP_PKI_OPERATION, 0);
    struct scs_revocation *r = SCS_ARENA_NEW(t->arena, struct scs_revocation);
    struct scs_http_request *request = SCS_ARENA_NEW(t->arena, struct scs_http_request);
    test_reply(t, x, 200, after_ms);
    request->target = "/CertEnroll/CA.crl";
    *r = (struct scs_revocation){.client = x->connection->server.addr,
                                 .server = {.addr = {.family = 4, .bytes = {10, 9, 9, 9}}, .port = 80},
                                 .unanswered = true,
                                 .request = request,
                                 .started_ns = x->request->m.last_ns + at_ms * 1000000,
                                 .first_frame = x->first_frame + 1,
                                 .last_frame = x->first_frame + 1};
    fetches[0] = r;
    t->model.revocations = fetches;
    t->model.num_revocations = 1;
    return r;
}

/* Would catch: a wait that fits the timer missed, or one that does not called as sure. */
static void stalled(void **state)
{
    struct test_model *t = *state;
    slow_request(t, 30400, 100);
    test_judge(t);
    SEVERITY(t, "perf-revocation-stall", SCS_SEV_WARNING);
    CONFIDENCE(t, "perf-revocation-stall", SCS_LIKELY);
    FACT(t, "perf-revocation-stall", "publisher", "10.9.9.9:80");
}

static void off_beat(void **state)
{
    struct test_model *t = *state;
    slow_request(t, 22000, 100);
    test_judge(t);
    CONFIDENCE(t, "perf-revocation-stall", SCS_POSSIBLE);
}

/* Would catch: a quick request, another host's fetch, one before the request, or one that was answered blamed. */
static void quiet(void **state)
{
    struct test_model *t = *state;
    struct scs_revocation *r = slow_request(t, 15200, 100);
    r->client.bytes[3] = 99;
    test_judge(t);
    QUIET(t, "perf-revocation-stall");
    r->client.bytes[3] = 4;
    r->unanswered = false;
    test_judge(t);
    QUIET(t, "perf-revocation-stall");
    r->unanswered = true;
    test_judge(t);
    SAID(t, "perf-revocation-stall");
    r->started_ns -= 20000 * INT64_C(1000000);
    test_judge(t);
    QUIET(t, "perf-revocation-stall");
}

static void not_long(void **state)
{
    struct test_model *t = *state;
    slow_request(t, 6000, 100);
    test_judge(t);
    QUIET(t, "perf-revocation-stall");
}

/* Would catch: a firewall that swallows the calls themselves missed, and any host's silence blamed. */
static void attempts(void **state)
{
    struct test_model *t = *state;
    slow_request(t, 15200, 100)->unanswered = false;
    struct scs_connection *c = test_connection(t, "10.5.1.4:50001", "10.9.9.9:80", 1000);
    c->state = SCS_CONN_BLOCKED; /* and nobody looked up a name for it */
    test_judge(t);
    QUIET(t, "perf-revocation-stall");
    c->host = "www.contoso.com";
    test_judge(t);
    QUIET(t, "perf-revocation-stall");
    c->host = "crl.contoso.com";
    test_judge(t);
    FACT(t, "perf-revocation-stall", "publisher", "10.9.9.9:80");
    c->state = SCS_CONN_ESTABLISHED;
    test_judge(t);
    QUIET(t, "perf-revocation-stall");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(stalled), TEST(off_beat), TEST(quiet), TEST(not_long), TEST(attempts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
