/* SPDX-License-Identifier: Apache-2.0 */
/* NET-* about connections that were made: each rule where it holds and where something like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/rules.h"
#include "model.h"

#define CLIENT "10.5.14.7:50000"
#define AGAIN  "10.5.14.7:50001"
#define SERVER "10.5.1.4:80"

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, scs_rules_network, scs_num_rules_network);
    return test_finding(t, id);
}

static struct scs_connection *connect(struct test_model *t)
{
    return test_connection(t, CLIENT, SERVER, 0);
}

static void end(struct test_model *t, struct scs_connection *c, enum scs_dir dir, bool rst, int64_t at_ms)
{
    struct scs_half *half = &c->half[dir];
    *(rst ? &half->rst_ns : &half->fin_ns) = TEST_NS(at_ms);
    *(rst ? &half->rst_frame : &half->fin_frame) = t->next_frame++;
    half->rst_ttl = half->usual_ttl;
    c->state = rst ? SCS_CONN_RESET : SCS_CONN_CLOSED;
}

/* The last seen of a request or reply of which only `len` body bytes came. */
static void cut(struct scs_http_message *m, uint32_t body_len, uint32_t why)
{
    m->flags = (m->flags & ~(uint32_t)SCS_HTTP_COMPLETE) | why;
    m->body_len = body_len;
    m->raw_len = m->head_len + body_len;
}

/* ---- net-rst-request --------------------------------------------------------------------------------------- */

/* Catches a reset request reported without its exchange, its size or the stranger's TTL. */
static void test_rst_request(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10), 200, 5);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 100);
    end(t, c, SCS_TO_CLIENT, true, 101);
    c->half[SCS_TO_CLIENT].rst_ttl = 64;
    const struct scs_finding *f = find(t, "net-rst-request");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->exchange, x->id);
    assert_int_equal(f->num_exchanges, 1);
    assert_string_equal(test_fact(t, f, "rst_ttl"), "64");
    assert_string_equal(test_fact(t, f, "usual_ttl"), "128");
    assert_string_equal(test_fact(t, f, "request_bytes"), "2763");
    assert_int_equal(t->model.num_findings, 1);
}

/* Catches alarm about a reset that follows a whole reply, or a FIN, or the client's own end. */
static void test_rst_request_harmless(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CERT, 10), 200, 5);
    end(t, c, SCS_TO_CLIENT, true, 20);
    assert_null(find(t, "net-rst-request"));
    struct scs_connection *d = test_connection(t, AGAIN, SERVER, 0);
    test_exchange(t, d, SCS_OP_PKI_OPERATION, 10);
    end(t, d, SCS_TO_SERVER, false, 500); /* the client hangs up, then the server resets */
    end(t, d, SCS_TO_CLIENT, true, 501);
    assert_null(find(t, "net-rst-request"));
    d->half[SCS_TO_SERVER].fin_ns = SCS_NO_TIME;
    d->half[SCS_TO_CLIENT].fin_ns = TEST_NS(400); /* the server closes without an answer: another finding */
    assert_null(find(t, "net-rst-request"));
    d->half[SCS_TO_CLIENT].fin_ns = SCS_NO_TIME;
    assert_non_null(find(t, "net-rst-request"));
    d->half[SCS_TO_CLIENT].missing_bytes = 100; /* the capture may have lost the answer */
    assert_null(find(t, "net-rst-request"));
    d->half[SCS_TO_CLIENT].missing_bytes = 0;
    d->half[SCS_TO_CLIENT].hole = true; /* ... and what acknowledged it */
    assert_null(find(t, "net-rst-request"));
}

/* Catches a filter missed that resets in the middle of a long request's head, where the connection carried others before. */
static void test_rst_next_request(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CERT, 10);
    test_reply(t, x, 200, 5);
    end(t, c, SCS_TO_CLIENT, true, 60);
    struct scs_half *client = &c->half[SCS_TO_SERVER];
    client->last_data_ns = x->reply->m.last_ns + 5000000;
    assert_string_equal(test_fact(t, find(t, "net-rst-request"), "begun"), "it never became whole");
    client->retransmissions = 1; /* the old request again: the answer was late */
    assert_null(find(t, "net-rst-request"));
    client->retransmissions = 0;
    struct scs_tls_facts tls = {.flags = SCS_TLS_CLOSE_NOTIFY_CLIENT};
    c->tls = &tls; /* its last word was good-bye */
    assert_null(find(t, "net-rst-request"));
    c->tls = NULL;
}

/* Catches a request that cannot be read called answered, and a ClientHello or a TLS session called a request. */
static void test_rst_request_unreadable(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    c->half[SCS_TO_SERVER].data_packets = 1;
    c->half[SCS_TO_SERVER].bytes = 517;
    c->half[SCS_TO_SERVER].first_data_ns = c->half[SCS_TO_SERVER].last_data_ns = TEST_NS(10);
    end(t, c, SCS_TO_CLIENT, true, 12);
    assert_int_equal(find(t, "net-rst-request")->confidence, SCS_LIKELY);
    c->half[SCS_TO_CLIENT].data_packets = 3;
    assert_null(find(t, "net-rst-request"));
    c->half[SCS_TO_CLIENT].data_packets = 0;
    c->flags |= SCS_CONN_TLS;
    assert_null(find(t, "net-rst-request"));
}

/* Catches a box's reset in the client's name, seen at the server, taken for the client's own; and the reverse. */
static void test_rst_request_in_the_clients_name(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    end(t, c, SCS_TO_SERVER, true, 11);
    assert_null(find(t, "net-rst-request")); /* a device that hangs up */
    c->half[SCS_TO_SERVER].rst_ttl = 250;
    const struct scs_finding *f = find(t, "net-rst-request");
    assert_int_equal(f->confidence, SCS_LIKELY);
    assert_string_equal(test_fact(t, f, "name"), "client");
    end(t, c, SCS_TO_CLIENT, true, 12); /* and one in the server's, as at the device */
    assert_non_null(find(t, "net-rst-request"));
    c->half[SCS_TO_SERVER].fin_ns = TEST_NS(10); /* the device had closed before */
    assert_null(find(t, "net-rst-request"));
}

/* ---- net-rst-reply -------------------------------------------------------------------------------------------- */

static struct scs_exchange *cut_reply(struct test_model *t, struct scs_connection *c, uint32_t why)
{
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CERT, 10);
    cut(&test_reply(t, x, 200, 5)->m, 1000, why);
    x->outcome = SCS_OUTCOME_TRUNCATED;
    return x;
}

/* Catches a reset reply reported as the wrong side's doing. */
static void test_rst_reply(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = cut_reply(t, c, SCS_HTTP_NETWORK_CUT);
    end(t, c, SCS_TO_CLIENT, true, 30);
    const struct scs_finding *f = find(t, "net-rst-reply");
    assert_int_equal(f->exchange, x->id);
    assert_string_equal(test_fact(t, f, "by"), "server");
    assert_string_equal(test_fact(t, f, "received"), "1000");
    assert_string_equal(test_fact(t, f, "announced"), "4321");
    end(t, c, SCS_TO_SERVER, true, 20);
    assert_string_equal(test_fact(t, find(t, "net-rst-reply"), "by"), "client");
    assert_int_equal(t->model.num_findings, 1);
}

/* Catches a reply cut by a FIN (http-body-short), by the capture, or not at all. */
static void test_rst_reply_not(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = cut_reply(t, c, SCS_HTTP_NETWORK_CUT);
    end(t, c, SCS_TO_CLIENT, false, 20);
    end(t, c, SCS_TO_SERVER, true, 30);
    assert_null(find(t, "net-rst-reply"));
    c->half[SCS_TO_CLIENT].fin_ns = SCS_NO_TIME;
    assert_non_null(find(t, "net-rst-reply"));
    test_reply_of(x)->m.flags |= SCS_HTTP_CAPTURE_GAP;
    assert_null(find(t, "net-rst-reply"));
    test_reply_of(x)->m.flags = SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_COMPLETE;
    assert_null(find(t, "net-rst-reply"));
}

/* ---- net-client-abort -------------------------------------------------------------------------------------------- */

/* Catches impatience called at two seconds, and a request that never arrived called a slow server. */
static void test_client_abort(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    end(t, c, SCS_TO_SERVER, false, 2010);
    assert_null(find(t, "net-client-abort"));
    end(t, c, SCS_TO_SERVER, false, 21010);
    const struct scs_finding *f = find(t, "net-client-abort");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    assert_int_equal(f->exchange, x->id);
    assert_string_equal(test_fact(t, f, "waited_s"), "21");
    end(t, c, SCS_TO_CLIENT, false, 21020); /* the server's FIN in answer changes nothing */
    assert_non_null(find(t, "net-client-abort"));
    c->half[SCS_TO_SERVER].unacked_bytes = 1460;
    assert_null(find(t, "net-client-abort"));
}

/* Catches the server's end told as the client's, and a reply that did come. */
static void test_client_abort_not(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    end(t, c, SCS_TO_SERVER, false, 30010);
    end(t, c, SCS_TO_CLIENT, false, 30000);
    assert_null(find(t, "net-client-abort"));
    c->half[SCS_TO_CLIENT].fin_ns = SCS_NO_TIME;
    assert_non_null(find(t, "net-client-abort"));
    test_reply(t, x, 200, 40000); /* rep-late */
    assert_null(find(t, "net-client-abort"));
}

/* ---- net-header-wait, net-slow-body, net-idle-close ------------------------------------------------------------------ */

/* Catches half a head called unanswered, after less than the timer, or cut by the capture. */
static void test_header_wait(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    cut(&test_request(x)->m, 0, SCS_HTTP_NETWORK_CUT);
    test_request(x)->m.flags &= ~(uint32_t)SCS_HTTP_HEAD_COMPLETE;
    x->outcome = SCS_OUTCOME_TRUNCATED;
    end(t, c, SCS_TO_CLIENT, false, 60000);
    assert_null(find(t, "net-header-wait"));
    end(t, c, SCS_TO_CLIENT, false, 121000);
    const struct scs_finding *f = find(t, "net-header-wait");
    assert_int_equal(f->exchange, x->id);
    assert_int_equal(f->confidence, SCS_CERTAIN);
    assert_string_equal(test_fact(t, f, "silence_s"), "120");
    test_request(x)->m.flags |= SCS_HTTP_SNAPLEN;
    assert_null(find(t, "net-header-wait"));
}

/* Catches half a request line, of which no exchange is made, told as an idle connection. */
static void test_header_wait_without_exchange(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_half *client = &c->half[SCS_TO_SERVER];
    client->data_packets = 1;
    client->bytes = 116;
    client->first_data_ns = client->last_data_ns = TEST_NS(10);
    end(t, c, SCS_TO_CLIENT, false, 121006);
    const struct scs_finding *f = find(t, "net-header-wait");
    assert_int_equal(f->confidence, SCS_LIKELY);
    assert_string_equal(test_fact(t, f, "received"), "116");
    assert_null(test_finding(t, "net-idle-close"));
    c->flags |= SCS_CONN_TLS;
    assert_null(find(t, "net-header-wait"));
}

/* Catches the healthy idle timer told as a fault. */
static void test_idle_close(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10), 200, 5);
    end(t, c, SCS_TO_CLIENT, false, 60000);
    assert_null(find(t, "net-idle-close"));
    end(t, c, SCS_TO_CLIENT, false, 121000);
    assert_int_equal(find(t, "net-idle-close")->severity, SCS_SEV_INFO);
    assert_int_equal(t->model.num_findings, 1);
    end(t, c, SCS_TO_SERVER, false, 120000); /* the client closed first */
    assert_null(find(t, "net-idle-close"));
}

/* Catches a stalled or starved upload missed, and one the client gave up. */
static void test_slow_body(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    cut(&test_request(x)->m, 1200, SCS_HTTP_NETWORK_CUT);
    x->outcome = SCS_OUTCOME_TRUNCATED;
    end(t, c, SCS_TO_CLIENT, false, 4010); /* 300 bytes a second, no stall */
    assert_null(find(t, "net-slow-body"));
    end(t, c, SCS_TO_CLIENT, false, 25010); /* 48 bytes a second */
    const struct scs_finding *f = find(t, "net-slow-body");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_string_equal(test_fact(t, f, "announced"), "2513");
    assert_null(test_finding(t, "net-header-wait"));
    end(t, c, SCS_TO_SERVER, false, 20000);
    assert_null(find(t, "net-slow-body"));
}

/* ---- large and lost packets ---------------------------------------------------------------------------------------- */

static struct scs_connection *hung_upload(struct test_model *t)
{
    struct scs_connection *c = test_connection(t, AGAIN, SERVER, 100);
    test_exchange(t, c, SCS_OP_PKI_OPERATION, 110);
    struct scs_half *client = &c->half[SCS_TO_SERVER];
    client->worst_len = client->largest_segment = 1448;
    client->worst_retransmissions = client->retransmissions = 6;
    client->worst_frame = 16;
    client->unacked_bytes = 2763;
    client->largest_acked_segment = 0;
    return c;
}

/* Catches a black hole told as loss, or not told when the only small packets are another connection's. */
static void test_pmtu_blackhole(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *small = connect(t);
    test_reply(t, test_exchange(t, small, SCS_OP_GET_CA_CAPS, 10), 200, 5);
    struct scs_connection *c = hung_upload(t);
    const struct scs_finding *f = find(t, "net-pmtu-blackhole");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->connection, c->id);
    assert_int_equal(f->exchange, 2);
    assert_string_equal(test_fact(t, f, "size"), "1448");
    assert_string_equal(test_fact(t, f, "largest_delivered"), "250");
    assert_int_equal(t->model.num_findings, 1); /* no net-retrans beside it */
}

/* Catches a path that died, or one that carried large packets before, told as an MTU problem. */
static void test_pmtu_not(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = hung_upload(t);
    assert_null(find(t, "net-pmtu-blackhole")); /* nothing shows that anything small passes */
    assert_non_null(test_finding(t, "net-retrans"));
    c->half[SCS_TO_CLIENT].packets = 3; /* the server repeats its ACK: the small tail arrived */
    assert_non_null(find(t, "net-pmtu-blackhole"));
    struct scs_connection *large = connect(t);
    large->half[SCS_TO_SERVER].largest_acked_segment = 1448;
    assert_null(find(t, "net-pmtu-blackhole"));
    large->half[SCS_TO_SERVER].largest_acked_segment = 300;
    assert_non_null(find(t, "net-pmtu-blackhole"));
    c->half[SCS_TO_SERVER].unacked_bytes = 0; /* it got through in the end */
    assert_null(find(t, "net-pmtu-blackhole"));
}

/* Catches a black hole missed where the capture stands at the receiver's side: only the small end of the answer came. */
static void test_pmtu_receiver(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_exchange(t, c, SCS_OP_GET_CA_CERT, 10)->outcome = SCS_OUTCOME_UNANSWERED;
    struct scs_half *server = &c->half[SCS_TO_CLIENT];
    server->largest_segment = 250;
    server->unfilled_bytes = 2920 + 250;
    server->last_data_ns = TEST_NS(100);
    c->last_ns = TEST_NS(20000);
    const struct scs_finding *f = find(t, "net-pmtu-blackhole");
    assert_non_null(f);
    assert_string_equal(test_fact(t, f, "lost_bytes"), "2920");
    c->last_ns = TEST_NS(2000); /* it may still come */
    assert_null(find(t, "net-pmtu-blackhole"));
    c->last_ns = TEST_NS(20000);
    server->largest_segment = 1448; /* large segments come: this one was lost */
    assert_null(find(t, "net-pmtu-blackhole"));
    server->largest_segment = 250;
    server->unfilled_bytes = 800; /* a small one was lost */
    assert_null(find(t, "net-pmtu-blackhole"));
}

/* Catches the handshake's certificates that vanish, where nothing smaller was sent the same way; and a client that is gone. */
static void test_pmtu_handshake(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_exchange(t, c, SCS_OP_GET_CA_CERT, 10)->outcome = SCS_OUTCOME_UNANSWERED;
    struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    server->worst_len = server->largest_segment = 1448;
    server->worst_retransmissions = server->retransmissions = 5;
    server->unacked_bytes = 2896;
    client->largest_acked_segment = 0;
    client->data_packets = 1;
    client->first_data_ns = TEST_NS(10);
    client->packets = 2; /* the handshake's acknowledgement and its data */
    c->handshake_ns = TEST_NS(5);
    assert_null(find(t, "net-pmtu-blackhole"));
    client->packets = 3; /* it repeats its acknowledgement */
    assert_non_null(find(t, "net-pmtu-blackhole"));
    client->retransmissions = 2; /* it did not hear the server's either: the path is dead */
    assert_null(find(t, "net-pmtu-blackhole"));
}

/* Catches loss reported after three repeats or a few lost packets of many. */
static void test_retransmissions(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CERT, 10), 200, 5);
    struct scs_half *server = &c->half[SCS_TO_CLIENT];
    server->worst_retransmissions = 3;
    server->retransmissions = 3;
    assert_null(find(t, "net-retrans"));
    server->data_packets = 150;
    assert_null(find(t, "net-retrans")); /* exactly 2 % */
    server->retransmissions = 4;
    assert_int_equal(find(t, "net-retrans")->severity, SCS_SEV_WARNING);
    server->data_packets = 99;
    assert_null(find(t, "net-retrans"));
    server->worst_retransmissions = 4;
    assert_string_equal(test_fact(t, find(t, "net-retrans"), "worst"), "4");
}

/* Catches path MTU discovery at work told as a fault, and a deaf sender told as health. */
static void test_icmp_frag(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    test_reply(t, test_exchange(t, c, SCS_OP_PKI_OPERATION, 10), 200, 50);
    struct scs_half *client = &c->half[SCS_TO_SERVER];
    struct scs_icmp_seen icmp = {.frame = 40,
                                 .ts_ns = TEST_NS(12),
                                 .from = {.family = 4},
                                 .family = 4,
                                 .type = 3,
                                 .code = 4,
                                 .mtu = 1300,
                                 .for_client_packet = true};
    c->icmp = &icmp;
    c->num_icmp = 1;
    client->largest_after_icmp = 1248;
    const struct scs_finding *f = find(t, "net-icmp-frag");
    assert_int_equal(f->severity, SCS_SEV_INFO);
    assert_string_equal(test_fact(t, f, "then_sent"), "1248");
    client->largest_after_icmp = client->worst_len = 1448;
    client->worst_retransmissions = 1; /* what was already under way */
    assert_int_equal(find(t, "net-icmp-frag")->severity, SCS_SEV_INFO);
    client->worst_retransmissions = 2;
    assert_int_equal(find(t, "net-icmp-frag")->severity, SCS_SEV_WARNING);
    client->largest_after_icmp = 14480; /* offload: the wire never saw it */
    assert_int_equal(find(t, "net-icmp-frag")->severity, SCS_SEV_INFO);
    icmp.code = 1;
    assert_null(find(t, "net-icmp-frag"));
}

/* Catches a window that opened within the limit, or was shut while nobody had anything to send. */
static void test_zero_window(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    test_reply(t, x, 200, 8000);
    c->half[SCS_TO_CLIENT].zero_window_ns = INT64_C(5000000000);
    assert_null(find(t, "net-zero-window"));
    c->half[SCS_TO_CLIENT].zero_window_ns = INT64_C(6500000000);
    const struct scs_finding *f = find(t, "net-zero-window");
    assert_string_equal(test_fact(t, f, "side"), "server");
    assert_string_equal(test_fact(t, f, "seconds"), "6");
    x->duration_ns = 1000000000;
    assert_null(find(t, "net-zero-window"));
}

/* Catches port reuse unmentioned, or told of connections that do not matter. */
static void test_port_reuse(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = connect(t);
    c->flags |= SCS_CONN_PORT_REUSED;
    assert_int_equal(find(t, "net-port-reuse")->severity, SCS_SEV_INFO);
    c->flags &= ~(uint32_t)SCS_CONN_SCEP_SERVER;
    assert_null(find(t, "net-port-reuse"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rst_request),
        TEST(test_rst_request_harmless),
        TEST(test_rst_next_request),
        TEST(test_rst_request_unreadable),
        TEST(test_rst_request_in_the_clients_name),
        TEST(test_rst_reply),
        TEST(test_rst_reply_not),
        TEST(test_client_abort),
        TEST(test_client_abort_not),
        TEST(test_header_wait),
        TEST(test_header_wait_without_exchange),
        TEST(test_idle_close),
        TEST(test_slow_body),
        TEST(test_pmtu_blackhole),
        TEST(test_pmtu_receiver),
        TEST(test_pmtu_handshake),
        TEST(test_pmtu_not),
        TEST(test_retransmissions),
        TEST(test_icmp_frag),
        TEST(test_zero_window),
        TEST(test_port_reuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
