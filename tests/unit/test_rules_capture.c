/* SPDX-License-Identifier: Apache-2.0 */
/* CAP-*: each rule where it holds and where something like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/rules.h"
#include "model.h"

#define CLIENT "10.5.14.7:50000"
#define SERVER "10.5.1.4:80"
#define HOURS  INT64_C(3600000)

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, scs_rules_capture, scs_num_rules_capture);
    return test_finding(t, id);
}

/* A GetCACaps that was answered, on a connection of its own. */
static struct scs_connection *healthy(struct test_model *t)
{
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 0);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10), 200, 5);
    return c;
}

/* Catches rules that see faults in a healthy capture. */
static void test_healthy(void **state)
{
    struct test_model *t = *state;
    healthy(t);
    test_diagnose(t, scs_rules_capture, scs_num_rules_capture);
    assert_int_equal(t->model.num_findings, 0);
}

/* Catches a snap length that is noticed only, or not at all, on SCEP connections. */
static void test_snaplen(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = healthy(t);
    t->capture.cut_packets = 12; /* of other traffic */
    assert_null(find(t, "cap-snaplen"));
    c->flags |= SCS_CONN_SNAPLEN;
    t->interface.snap_len = 96;
    const struct scs_finding *f = find(t, "cap-snaplen");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    assert_int_equal(f->connection, c->id);
    assert_string_equal(test_fact(t, f, "snap_len"), "96");
    assert_string_equal(test_fact(t, f, "cut_packets"), "12");
}

/* Catches pktmon's default not named, or named where another tool states its limit or packets end elsewhere. */
static void test_pktmon_default(void **state)
{
    struct test_model *t = *state;
    healthy(t)->flags |= SCS_CONN_SNAPLEN;
    t->capture.cut_packets = 12;
    t->capture.cut_len = 128;
    t->interface.snap_len = 65535;
    const struct scs_finding *f = find(t, "cap-snaplen");
    assert_string_equal(test_fact(t, f, "snap_len"), "128");
    assert_string_equal(test_fact(t, f, "pktmon_default"), "128");
    t->interface.snap_len = 128;
    assert_string_equal(test_fact(t, find(t, "cap-snaplen"), "pktmon_default"), "");
    t->interface.snap_len = 0;
    t->capture.cut_len = 256;
    f = find(t, "cap-snaplen");
    assert_string_equal(test_fact(t, f, "snap_len"), "256");
    assert_string_equal(test_fact(t, f, "pktmon_default"), "");
    t->capture.cut_len = 0;
    assert_string_equal(test_fact(t, find(t, "cap-snaplen"), "snap_len"), "");
}

/* Catches silence about a snap length so small that no request can be recognised. */
static void test_snaplen_blinds(void **state)
{
    struct test_model *t = *state;
    t->capture.cut_packets = 12;
    const struct scs_finding *f = find(t, "cap-snaplen");
    assert_non_null(f);
    assert_int_equal(f->confidence, SCS_LIKELY);
}

/* Catches losses of the capture blamed on the network, or losses on connections that do not matter. */
static void test_gap(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = healthy(t);
    struct scs_connection *other = test_connection(t, CLIENT, "10.5.1.9:80", 0);
    other->flags &= ~(uint32_t)SCS_CONN_SCEP_SERVER;
    other->half[SCS_TO_CLIENT].missing_bytes = 5;
    t->capture.dropped = 3;
    t->capture.has_drop_count = true;
    assert_null(find(t, "cap-gap"));
    c->half[SCS_TO_CLIENT].missing_bytes = 1; /* a FIN: nothing that was said */
    assert_null(find(t, "cap-gap"));
    c->half[SCS_TO_CLIENT].missing_bytes = 1460;
    const struct scs_finding *f = find(t, "cap-gap");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    assert_string_equal(test_fact(t, f, "missing_bytes"), "1460");
    assert_string_equal(test_fact(t, f, "dropped"), "3");
}

/* Catches unanswered SYNs taken for half a capture. */
static void test_one_way(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = healthy(t);
    struct scs_connection *attempt = test_attempt(t, "10.5.14.8:50000", SERVER, 0, 4);
    attempt->flags |= SCS_CONN_ONE_WAY | SCS_CONN_SCEP_SERVER;
    assert_null(find(t, "cap-one-way"));
    c->flags |= SCS_CONN_ONE_WAY;
    c->half[SCS_TO_CLIENT].missing_bytes = 3085; /* of the half that is not there: no loss besides */
    const struct scs_finding *f = find(t, "cap-one-way");
    assert_int_equal(f->connection, c->id);
    assert_string_equal(test_fact(t, f, "connections"), "1");
    assert_null(test_finding(t, "cap-gap"));
}

/* Catches a late start reported as more than a note. */
static void test_midstream(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = healthy(t);
    assert_null(find(t, "cap-midstream"));
    c->flags |= SCS_CONN_MIDSTREAM;
    assert_int_equal(find(t, "cap-midstream")->severity, SCS_SEV_INFO);
}

/* Catches a clock compared with the wrong sign or without tolerance. */
static void test_clock(void **state)
{
    struct test_model *t = *state;
    healthy(t);
    t->capture.clock_samples = 5;
    t->capture.clock_offset_s = -60;
    assert_null(find(t, "cap-clock"));
    t->capture.clock_offset_s = -7200; /* Date is behind: the capture's clock is ahead */
    const struct scs_finding *f = find(t, "cap-clock");
    assert_int_equal(f->confidence, SCS_CERTAIN);
    assert_string_equal(test_fact(t, f, "apart_s"), "7200");
    assert_string_equal(test_fact(t, f, "direction"), "ahead of");
    t->capture.clock_samples = 1;
    assert_int_equal(find(t, "cap-clock")->confidence, SCS_LIKELY);
}

/* Catches duplicates that go unmentioned. */
static void test_duplicates(void **state)
{
    struct test_model *t = *state;
    healthy(t);
    assert_null(find(t, "cap-dup"));
    t->capture.duplicates = 7;
    assert_int_equal(find(t, "cap-dup")->severity, SCS_SEV_INFO);
}

/* Catches a missing loopback reported where it was captured, where the hop is seen, or off Windows. */
static void test_no_loopback(void **state)
{
    struct test_model *t = *state;
    healthy(t);
    test_server(t, SERVER)->ops[SCS_OP_PKI_OPERATION].seen = 1;
    assert_null(find(t, "cap-no-loopback"));
    t->interface.name = "\\Device\\NPF_{0F1A}";
    assert_non_null(find(t, "cap-no-loopback"));
    t->interface.name = "eth:7:0";
    assert_null(find(t, "cap-no-loopback"));
    t->interface.description = "LWF over IfIndex 5";
    assert_non_null(find(t, "cap-no-loopback"));
    t->capture.has_loopback = true;
    assert_null(find(t, "cap-no-loopback"));
    t->capture.has_loopback = false;
    struct scs_connection *hop = test_connection(t, "10.5.1.4:50001", "10.5.1.4:443", 20);
    test_reply(t, test_exchange(t, hop, SCS_OP_VERIFY_REQUEST, 30), 201, 5);
    assert_null(find(t, "cap-no-loopback"));
}

/* Catches "encrypted" said although requests can be read, and "no SCEP" said although it may be inside. */
static void test_encrypted(void **state)
{
    struct test_model *t = *state;
    t->capture.tls_connections = 4;
    t->capture.tls_example = "10.5.1.4:443 (ndes.contoso.com)";
    const struct scs_finding *f = find(t, "cap-encrypted");
    assert_int_equal(f->severity, SCS_SEV_INFO);
    assert_string_equal(test_fact(t, f, "example"), "10.5.1.4:443 (ndes.contoso.com)");
    assert_null(test_finding(t, "cap-no-scep"));
    healthy(t);
    assert_null(find(t, "cap-encrypted"));
}

/* Catches silence about a named server behind TLS when another server's requests can be read. */
static void test_encrypted_named(void **state)
{
    struct test_model *t = *state;
    healthy(t);
    struct scs_connection *c = test_connection(t, CLIENT, "10.5.1.6:443", 0);
    c->flags |= SCS_CONN_NAMED_SERVER | SCS_CONN_TLS;
    assert_non_null(find(t, "cap-encrypted"));
}

/* Catches "no SCEP" beside a finding that says more, and silence about link types that are not read. */
static void test_no_scep(void **state)
{
    struct test_model *t = *state;
    t->capture.unread_link_packets = 1000;
    t->capture.unread_link_type = 147;
    const struct scs_finding *f = find(t, "cap-no-scep");
    assert_int_equal(f->severity, SCS_SEV_INFO);
    assert_string_equal(test_fact(t, f, "unread_link_type"), "147");
    test_attempt(t, CLIENT, SERVER, 0, 3);
    assert_null(find(t, "cap-no-scep"));
}

/* Catches crashes on a capture without a packet. */
static void test_empty(void **state)
{
    struct test_model *t = *state;
    t->capture.first_ns = t->capture.last_ns = SCS_NO_TIME;
    t->capture.packets = t->capture.tcp_packets = 0;
    test_server(t, SERVER)->named = true;
    assert_null(find(t, "cap-short"));
    test_server(t, SERVER)->named = false;
    assert_non_null(find(t, "cap-no-scep"));
}

/* Catches "too short" said without a named server, for one that was called, or of a long capture. */
static void test_short(void **state)
{
    struct test_model *t = *state;
    struct scs_server *s = test_server(t, SERVER);
    assert_null(find(t, "cap-short"));
    s->named = true;
    const struct scs_finding *f = find(t, "cap-short");
    assert_int_equal(f->severity, SCS_SEV_INFO);
    assert_string_equal(test_fact(t, f, "minutes"), "60");
    t->capture.last_ns = TEST_NS(8 * HOURS);
    assert_null(find(t, "cap-short"));
    t->capture.last_ns = TEST_NS(HOURS);
    healthy(t);
    assert_null(find(t, "cap-short"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_healthy),    TEST(test_snaplen),     TEST(test_pktmon_default), TEST(test_snaplen_blinds),
        TEST(test_gap),        TEST(test_one_way),     TEST(test_midstream),      TEST(test_clock),
        TEST(test_duplicates), TEST(test_no_loopback), TEST(test_encrypted),      TEST(test_encrypted_named),
        TEST(test_no_scep),    TEST(test_empty),       TEST(test_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
