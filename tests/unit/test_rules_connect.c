/* SPDX-License-Identifier: Apache-2.0 */
/* NET-* about connections that were never made: each rule where it holds and where something like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "diagnose/rules.h"
#include "model.h"

#define CLIENT "10.5.14.7:50000"
#define AGAIN  "10.5.14.7:50001"
#define OTHER  "10.5.14.8:50000"
#define SERVER "10.5.1.4:80"
#define HOURS  INT64_C(3600000)

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, scs_rules_connect, scs_num_rules_connect);
    return test_finding(t, id);
}

/* An attempt at a server known to speak SCEP. */
static struct scs_connection *blocked(struct test_model *t, const char *client, int64_t at_ms, unsigned syns)
{
    struct scs_connection *c = test_attempt(t, client, SERVER, at_ms, syns);
    c->flags |= SCS_CONN_SCEP_SERVER;
    return c;
}

static struct scs_connection *reset_at_once(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct scs_connection *c = test_attempt(t, client, server, at_ms, 1);
    c->flags |= SCS_CONN_SCEP_SERVER;
    c->state = SCS_CONN_REFUSED;
    c->half[SCS_TO_CLIENT].rst_ns = TEST_NS(at_ms);
    c->half[SCS_TO_CLIENT].rst_frame = t->next_frame++;
    return c;
}

static void quote(struct test_model *t, struct scs_connection *c, uint8_t type, uint8_t code, int64_t at_ms)
{
    struct scs_icmp_seen *icmp = SCS_ARENA_NEW(t->arena, struct scs_icmp_seen);
    *icmp = (struct scs_icmp_seen){.frame = t->next_frame++,
                                   .ts_ns = TEST_NS(at_ms),
                                   .from = {.family = 4, .bytes = {10, 5, 0, 1}},
                                   .family = 4,
                                   .type = type,
                                   .code = code,
                                   .for_client_packet = true};
    c->icmp = icmp;
    c->num_icmp = 1;
}

/* ---- net-no-request ------------------------------------------------------------------------------------- */

/* Catches absence reported of servers nobody named, of lossy captures, and at full weight after an hour. */
static void test_no_request(void **state)
{
    struct test_model *t = *state;
    struct scs_server *s = test_server(t, SERVER);
    assert_null(find(t, "net-no-request"));
    s->named = true;
    assert_int_equal(find(t, "net-no-request")->severity, SCS_SEV_INFO);
    t->capture.last_ns = TEST_NS(9 * HOURS);
    assert_int_equal(find(t, "net-no-request")->severity, SCS_SEV_WARNING);
    t->capture.dropped = 1;
    assert_null(find(t, "net-no-request"));
}

/* Catches "nobody called" of a server named without a port whose port 443 was called in vain. */
static void test_no_request_any_port(void **state)
{
    struct test_model *t = *state;
    struct scs_server *s = test_server(t, "10.5.1.4");
    s->named = true;
    assert_non_null(find(t, "net-no-request"));
    test_attempt(t, CLIENT, "10.5.1.4:443", 0, 1);
    assert_null(find(t, "net-no-request"));
}

/* ---- net-syn-timeout -------------------------------------------------------------------------------------- */

/* Catches a timeout called after two tries, or a count of connections that becomes a count of findings. */
static void test_syn_timeout(void **state)
{
    struct test_model *t = *state;
    blocked(t, CLIENT, 0, 2);
    assert_null(find(t, "net-syn-timeout"));
    struct scs_connection *c = blocked(t, CLIENT, 10000, 3);
    blocked(t, OTHER, 20000, 5);
    const struct scs_finding *f = find(t, "net-syn-timeout");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->confidence, SCS_CERTAIN);
    assert_int_equal(f->count, 2);
    assert_int_equal(f->connection, c->id);
    assert_string_equal(test_fact(t, f, "tries"), "3");
    assert_string_equal(test_fact(t, f, "waited_s"), "3");
    assert_string_equal(test_fact(t, f, "answered_others"), "");
    assert_int_equal(f->num_frames, 3 + 4 + 1); /* at most four SYNs of each, and the last frame */
}

/* Catches three copies of one SYN within a moment taken for three tries. */
static void test_syn_timeout_needs_time(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = blocked(t, CLIENT, 0, 3);
    c->last_syn_ns = c->syn_ns + 500000000;
    assert_null(find(t, "net-syn-timeout"));
}

/* Catches an outage kept quiet, or called an error, of a client that was connected a few seconds later. */
static void test_syn_timeout_recovered(void **state)
{
    struct test_model *t = *state;
    blocked(t, CLIENT, 0, 4);
    test_connection(t, AGAIN, SERVER, 60000);
    assert_int_equal(find(t, "net-syn-timeout")->severity, SCS_SEV_WARNING);
    blocked(t, OTHER, 100000, 4); /* another client's success is no comfort */
    const struct scs_finding *f = find(t, "net-syn-timeout");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->count, 2);
    assert_string_equal(test_fact(t, f, "answered_others"), "1");
}

/* Catches comfort taken from a success ten minutes later. */
static void test_syn_timeout_long_outage(void **state)
{
    struct test_model *t = *state;
    blocked(t, CLIENT, 0, 4);
    test_connection(t, AGAIN, SERVER, 600000);
    assert_non_null(find(t, "net-syn-timeout"));
}

/* Catches missing answers reported when the capture never holds that server's answers. */
static void test_syn_timeout_one_way(void **state)
{
    struct test_model *t = *state;
    blocked(t, CLIENT, 0, 4)->flags |= SCS_CONN_ONE_WAY; /* of itself no sign */
    assert_non_null(find(t, "net-syn-timeout"));
    struct scs_connection *half = test_connection(t, OTHER, SERVER, 5);
    half->flags |= SCS_CONN_ONE_WAY;
    assert_null(find(t, "net-syn-timeout"));
}

/* Catches any blocked web server reported beside SCEP that works. */
static void test_unknown_servers(void **state)
{
    struct test_model *t = *state;
    test_attempt(t, CLIENT, "10.9.9.9:443", 0, 4);
    test_attempt(t, CLIENT, "10.9.9.9:8530", 0, 4);
    const struct scs_finding *f = find(t, "net-syn-timeout");
    assert_int_equal(f->count, 1);
    assert_int_equal(f->confidence, SCS_LIKELY); /* nothing else is in the capture */
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    struct scs_connection *c = test_connection(t, OTHER, SERVER, 0);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10), 200, 5);
    assert_null(find(t, "net-syn-timeout"));
}

/* Catches guesses about other servers when the operator named his. */
static void test_unknown_servers_beside_a_named_one(void **state)
{
    struct test_model *t = *state;
    test_server(t, SERVER)->named = true;
    test_attempt(t, CLIENT, "10.9.9.9:443", 0, 4);
    assert_null(find(t, "net-syn-timeout"));
}

/* ---- net-syn-loss -------------------------------------------------------------------------------------------- */

/* Catches a repeated SYN-ACK overlooked, and a port scanner's half-open connection reported. */
static void test_syn_loss(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 0);
    c->flags &= ~(uint32_t)SCS_CONN_HANDSHAKE;
    assert_null(find(t, "net-syn-loss"));
    c->synack_tries = 3;
    const struct scs_finding *f = find(t, "net-syn-loss");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    assert_null(test_finding(t, "net-syn-timeout"));
    c->half[SCS_TO_SERVER].rst_ns = TEST_NS(5);
    assert_null(find(t, "net-syn-loss"));
}

/* ---- net-refused ----------------------------------------------------------------------------------------------- */

/* Catches a refusal reported as a timeout, or one that ICMP explains. */
static void test_refused(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = reset_at_once(t, CLIENT, SERVER, 0);
    const struct scs_finding *f = find(t, "net-refused");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->num_frames, 2);
    assert_int_equal(t->model.num_findings, 1);
    quote(t, c, 3, 1, 1);
    assert_null(find(t, "net-refused"));
}

/* Catches a port scan reported as an outage of each port it tried. */
static void test_refused_scan(void **state)
{
    struct test_model *t = *state;
    reset_at_once(t, CLIENT, SERVER, 0);
    reset_at_once(t, AGAIN, "10.5.1.4:443", 10);
    assert_non_null(find(t, "net-refused"));
    reset_at_once(t, AGAIN, "10.5.1.4:8080", 20);
    assert_null(find(t, "net-refused"));
}

/* Catches an alarm about a service that was restarted and served the same client at once. */
static void test_refused_recovered(void **state)
{
    struct test_model *t = *state;
    reset_at_once(t, CLIENT, SERVER, 0);
    test_connection(t, AGAIN, SERVER, 15000);
    assert_null(find(t, "net-refused"));
}

/* ---- net-icmp-unreach --------------------------------------------------------------------------------------------- */

/* Catches ICMP refusals reported as silence, and reasons that are wrong. */
static void test_icmp_unreach(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = blocked(t, CLIENT, 0, 3);
    c->state = SCS_CONN_REFUSED;
    quote(t, c, 3, 13, 1);
    const struct scs_finding *f = find(t, "net-icmp-unreach");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_string_equal(test_fact(t, f, "reason"), "communication administratively prohibited");
    assert_string_equal(test_fact(t, f, "from"), "10.5.0.1");
    assert_int_equal(t->model.num_findings, 1);
}

/* Catches "fragmentation needed" taken for a refusal, and an error that the connection survived. */
static void test_icmp_harmless(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 0);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10), 200, 50);
    quote(t, c, 3, 1, 20);
    assert_null(find(t, "net-icmp-unreach"));
    struct scs_connection *d = blocked(t, OTHER, 0, 3);
    quote(t, d, 3, 4, 1);
    assert_null(find(t, "net-icmp-unreach"));
    struct scs_connection *e = test_connection(t, AGAIN, SERVER, 100);
    test_exchange(t, e, SCS_OP_GET_CA_CAPS, 110);
    quote(t, e, 3, 1, 111);
    e->half[SCS_TO_SERVER].unacked_bytes = 250; /* this one stopped something */
    assert_non_null(find(t, "net-icmp-unreach"));
}

/* ---- net-conn-limit ---------------------------------------------------------------------------------------------------- */

static void crowd(struct test_model *t, unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        char client[32];
        snprintf(client, sizeof client, "10.6.0.%u:40000", i + 1);
        struct scs_connection *c = test_connection(t, client, SERVER, i);
        test_reply(t, test_exchange(t, c, SCS_OP_PKI_OPERATION, 100 + i), 200, 900);
        c->last_ns = TEST_NS(10000);
    }
}

/* Catches one refusal called a limit without a crowd, and with a crowd a refusal called an outage. */
static void test_conn_limit(void **state)
{
    struct test_model *t = *state;
    crowd(t, 31);
    struct scs_connection *c = reset_at_once(t, CLIENT, SERVER, 1000);
    assert_null(find(t, "net-conn-limit"));
    assert_non_null(test_finding(t, "net-refused"));
    test_connection(t, OTHER, SERVER, 40)->last_ns = TEST_NS(10000);
    const struct scs_finding *f = find(t, "net-conn-limit");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    assert_int_equal(f->connection, c->id);
    assert_null(test_finding(t, "net-refused"));
    assert_true(test_is_consequence(f, "net-refused"));
    assert_string_equal(test_fact(t, f, "open_connections"), "32");
}

/* Catches a full queue's 503 that stands beside the limit it comes from, and another server's 503 taken for HTTP.sys's. */
static void test_conn_limit_503(void **state)
{
    struct test_model *t = *state;
    crowd(t, 40);
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 500);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 600);
    struct scs_http_reply *r = test_reply(t, x, 503, 2);
    r->server = "nginx";
    assert_null(find(t, "net-conn-limit"));
    r->server = "Microsoft-HTTPAPI/2.0";
    assert_int_equal(find(t, "net-conn-limit")->exchange, x->id);
}

/* Catches a limit claimed while nobody is served: that is an outage. */
static void test_conn_limit_nobody_served(void **state)
{
    struct test_model *t = *state;
    crowd(t, 40);
    reset_at_once(t, CLIENT, SERVER, 9000); /* the last answer was eight seconds before */
    assert_null(find(t, "net-conn-limit"));
    assert_non_null(test_finding(t, "net-refused"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_request),
        TEST(test_no_request_any_port),
        TEST(test_syn_timeout),
        TEST(test_syn_timeout_needs_time),
        TEST(test_syn_timeout_recovered),
        TEST(test_syn_timeout_long_outage),
        TEST(test_syn_timeout_one_way),
        TEST(test_unknown_servers),
        TEST(test_unknown_servers_beside_a_named_one),
        TEST(test_syn_loss),
        TEST(test_refused),
        TEST(test_refused_scan),
        TEST(test_refused_recovered),
        TEST(test_icmp_unreach),
        TEST(test_icmp_harmless),
        TEST(test_conn_limit),
        TEST(test_conn_limit_503),
        TEST(test_conn_limit_nobody_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
