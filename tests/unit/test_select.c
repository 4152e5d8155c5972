/* SPDX-License-Identifier: Apache-2.0 */
/* Which packets are evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "evidence/select.h"
#include "told.h"

#define SERVER "10.5.1.4:80"

/* A healthy exchange on a connection of its own. */
static struct scs_exchange *exchange(struct test_model *t, const char *client, enum scs_operation operation, int64_t at_ms)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, client, SERVER, at_ms), operation, at_ms + 5);
    test_reply(t, x, 200, 20);
    return x;
}

/* A TCP segment between these at that time, with the packet it is from. */
struct sent {
    struct scs_packet packet;
    struct scs_segment seg;
};

static struct scs_segment *segment(struct sent *s, const char *from, const char *to, int64_t at_ms, scs_frame frame)
{
    *s = (struct sent){.packet = {.frame = frame, .ts_ns = TEST_NS(at_ms)}, .seg = {.proto = SCS_PROTO_TCP}};
    s->seg.packet = &s->packet;
    assert_true(scs_endpoint_parse(from, &s->seg.src));
    assert_true(scs_endpoint_parse(to, &s->seg.dst));
    return &s->seg;
}

static bool wants(const struct scs_selection *s, const char *from, const char *to, int64_t at_ms)
{
    struct sent sent;
    return scs_selection_wants(s, segment(&sent, from, to, at_ms, 9999));
}

/* Catches a connection that is left out though a finding speaks of it, or that is not; either direction, and packets long after
 * it. */
static void test_of_findings(void **state)
{
    struct test_model *t = *state;
    struct test_told told = {0};
    struct scs_exchange *failed = exchange(t, "10.5.14.1:50001", SCS_OP_PKI_OPERATION, 0);
    exchange(t, "10.5.14.2:50002", SCS_OP_PKI_OPERATION, 1000);
    test_told_finding(t, &told, "http-500", SCS_SEV_ERROR, 0)->exchange = failed->id;
    struct scs_selection *s = scs_selection_new(&t->model, SCS_EVIDENCE_OF_FINDINGS);
    assert_true(wants(s, "10.5.14.1:50001", SERVER, 0));
    assert_true(wants(s, SERVER, "10.5.14.1:50001", 2));
    assert_true(wants(s, SERVER, "10.5.14.1:50001", 900)); /* a late copy */
    assert_false(wants(s, SERVER, "10.5.14.1:50001", 60000));
    assert_false(wants(s, "10.5.14.1:50002", SERVER, 0));
    assert_false(wants(s, "10.5.14.2:50002", SERVER, 1000));
    scs_selection_free(s);
    scs_selection_free(NULL);
}

/* Catches the rest of an enrolment, or what its server said of itself before, that is missing beside what failed. */
static void test_context(void **state)
{
    struct test_model *t = *state;
    struct test_told told = {0};
    struct scs_exchange *old_caps = exchange(t, "10.5.14.7:50007", SCS_OP_GET_CA_CAPS, 0);
    struct scs_exchange *caps = exchange(t, "10.5.14.8:50008", SCS_OP_GET_CA_CAPS, 1000);
    test_caps(t, old_caps, 0);
    test_caps(t, caps, 0);
    struct scs_exchange *first = exchange(t, "10.5.14.1:50001", SCS_OP_PKI_OPERATION, 2000);
    struct scs_exchange *second = exchange(t, "10.5.14.1:50002", SCS_OP_PKI_OPERATION, 3000);
    struct scs_enrolment *e = test_enrolment(t, SCS_ENROLMENT_FAILED, first, second, NULL);
    test_told_finding(t, &told, "rep-fail-2-badrequest", SCS_SEV_ERROR, e->id);
    struct scs_selection *s = scs_selection_new(&t->model, SCS_EVIDENCE_OF_FINDINGS);
    assert_true(wants(s, "10.5.14.1:50001", SERVER, 2000));
    assert_true(wants(s, "10.5.14.1:50002", SERVER, 3000));
    assert_true(wants(s, "10.5.14.8:50008", SERVER, 1000));
    assert_false(wants(s, "10.5.14.7:50007", SERVER, 0));
    scs_selection_free(s);
}

/* Catches a note that fills the evidence with what is healthy, and an error that is cut as a note is. */
static void test_notes_are_samples(void **state)
{
    struct test_model *t = *state;
    struct test_told told = {0};
    uint32_t ids[SCS_EVIDENCE_NOTES + 4];
    char client[32];
    for (uint32_t i = 0; i < SCS_EVIDENCE_NOTES + 4; i++) {
        snprintf(client, sizeof client, "10.5.14.%u:50000", i + 1);
        ids[i] = exchange(t, client, SCS_OP_PKI_OPERATION, i * 100)->id;
    }
    struct scs_finding *f = test_told_finding(t, &told, "rep-success", SCS_SEV_INFO, 0);
    f->exchanges = ids;
    f->num_exchanges = SCS_EVIDENCE_NOTES + 4;
    for (int round = 0; round < 2; round++) {
        struct scs_selection *s = scs_selection_new(&t->model, SCS_EVIDENCE_OF_FINDINGS);
        assert_true(wants(s, "10.5.14.16:50000", SERVER, 1500));
        assert_int_equal(wants(s, "10.5.14.17:50000", SERVER, 1600), round == 1);
        scs_selection_free(s);
        f->severity = SCS_SEV_ERROR;
    }
}

/* Catches a ring that writes whatever there is for want of better, or a file of a capture without findings that is empty. */
static void test_scopes(void **state)
{
    struct test_model *t = *state;
    test_attempt(t, "10.5.14.9:50009", "10.5.1.9:80", 0, 3);
    static const enum scs_scope_of_evidence scopes[] = {SCS_EVIDENCE_OF_FINDINGS, SCS_EVIDENCE_OF_EXCHANGES, SCS_EVIDENCE_SO_FAR};
    for (size_t i = 0; i < 3; i++) {
        struct scs_selection *s = scs_selection_new(&t->model, scopes[i]);
        assert_int_equal(wants(s, "10.5.14.9:50009", "10.5.1.9:80", 0), scopes[i] != SCS_EVIDENCE_SO_FAR);
        scs_selection_free(s);
    }
    exchange(t, "10.5.14.1:50001", SCS_OP_PKI_OPERATION, 5000);
    for (size_t i = 1; i < 3; i++) {
        struct scs_selection *s = scs_selection_new(&t->model, scopes[i]);
        assert_true(wants(s, "10.5.14.1:50001", SERVER, 5000));
        assert_false(wants(s, "10.5.14.9:50009", "10.5.1.9:80", 0));
        scs_selection_free(s);
    }
}

/* Catches a frame that is named alone, without the connection it belongs to. */
static void test_named_frames(void **state)
{
    struct test_model *t = *state;
    struct test_told told = {0};
    struct sent sent;
    static const scs_frame frames[] = {700, 5, 700};
    exchange(t, "10.5.14.1:50001", SCS_OP_PKI_OPERATION, 0);
    struct scs_finding *f = test_told_finding(t, &told, "dcom-blocked", SCS_SEV_ERROR, 0);
    f->frames = frames;
    f->num_frames = 3;
    f->exchange = 1;
    struct scs_selection *s = scs_selection_new(&t->model, SCS_EVIDENCE_OF_FINDINGS);
    assert_true(scs_selection_frame(s, 5));
    assert_true(scs_selection_frame(s, 700));
    assert_false(scs_selection_frame(s, 6));
    assert_false(wants(s, "10.5.1.4:49000", "10.5.1.7:135", 50));
    assert_false(scs_selection_add(s, segment(&sent, "10.5.1.4:49000", "10.5.1.7:135", 40, 699)));
    assert_true(scs_selection_add(s, segment(&sent, "10.5.1.4:49000", "10.5.1.7:135", 50, 700)));
    scs_selection_settle(s);
    assert_true(wants(s, "10.5.1.7:135", "10.5.1.4:49000", 40));
    assert_true(wants(s, "10.5.14.1:50001", SERVER, 0));
    assert_false(wants(s, "10.5.1.4:49001", "10.5.1.7:135", 50));
    scs_selection_free(s);
}

/* Catches an ICMP error that is not known by the packet it quotes, and hosts that are taken for one another. */
static void test_icmp_and_hosts(void **state)
{
    struct test_model *t = *state;
    struct test_told told = {0};
    struct sent sent;
    struct scs_addr client, server, other;
    struct scs_exchange *x = exchange(t, "10.5.14.1:50001", SCS_OP_PKI_OPERATION, 0);
    test_told_finding(t, &told, "net-mtu", SCS_SEV_ERROR, 0)->exchange = x->id;
    struct scs_selection *s = scs_selection_new(&t->model, SCS_EVIDENCE_OF_FINDINGS);
    struct scs_segment *icmp = segment(&sent, "10.5.0.1:0", "10.5.1.4:0", 3, 9);
    icmp->proto = SCS_PROTO_ICMP;
    assert_true(scs_endpoint_parse(SERVER, &icmp->icmp.src));
    assert_true(scs_endpoint_parse("10.5.14.1:50001", &icmp->icmp.dst));
    assert_true(scs_selection_wants(s, icmp));
    icmp->icmp.dst.port = 50002;
    assert_false(scs_selection_wants(s, icmp));
    client = x->connection->client.addr;
    server = x->connection->server.addr;
    other = icmp->src.addr;
    assert_true(scs_selection_hosts(s, &client, &server));
    assert_true(scs_selection_hosts(s, &server, &client));
    assert_false(scs_selection_hosts(s, &client, &other));
    scs_selection_free(s);
}

/* Catches a connection that is taken for an earlier one with the same ports. */
static void test_ports_used_again(void **state)
{
    struct test_model *t = *state;
    struct test_told told = {0};
    exchange(t, "10.5.14.1:50001", SCS_OP_PKI_OPERATION, 0);
    struct scs_exchange *second = exchange(t, "10.5.14.1:50001", SCS_OP_PKI_OPERATION, 100000);
    test_told_finding(t, &told, "http-500", SCS_SEV_ERROR, 0)->exchange = second->id;
    struct scs_selection *s = scs_selection_new(&t->model, SCS_EVIDENCE_OF_FINDINGS);
    assert_false(wants(s, "10.5.14.1:50001", SERVER, 1));
    assert_true(wants(s, "10.5.14.1:50001", SERVER, 100001));
    scs_selection_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_of_findings),  TEST(test_context),        TEST(test_notes_are_samples), TEST(test_scopes),
        TEST(test_named_frames), TEST(test_icmp_and_hosts), TEST(test_ports_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
