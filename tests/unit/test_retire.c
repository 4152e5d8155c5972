/* SPDX-License-Identifier: Apache-2.0 */
/* A long capture lets go of what is over; what stays must tell what it told before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "every_capture.h"
#include "flow_play.h"
#include "model.h"
#include "run/retire.h"

/* After every batch of a small capture; of a large one the moments become rarer. */
static bool is_moment(uint64_t batches)
{
    return batches < 64 || batches % 64 == 0;
}

static void collect(struct scs_run *run, uint64_t batches)
{
    if (is_moment(batches)) {
        scs_run_collect(run);
    }
}

static void look_and_collect(struct scs_run *run, uint64_t batches)
{
    if (is_moment(batches)) {
        assert_non_null(scs_run_look(run));
        scs_run_collect(run);
        assert_non_null(scs_run_look(run));
    }
}

static void compare(const char *path, test_between *between)
{
    char *plain = test_report_of(path, NULL), *moved = test_report_of(path, between);
    if (strcmp(plain, moved) != 0) {
        size_t at = 0;
        while (plain[at] == moved[at]) {
            at++;
        }
        fail_msg("%s: moving what is kept changed the report: '%.60s' became '%.60s'", path, plain + at, moved + at);
    }
    free(plain);
    free(moved);
}

static void check_collect(const char *path)
{
    compare(path, collect);
}

static void check_look(const char *path)
{
    compare(path, look_and_collect);
}

/* Catches a pointer to what was kept that nobody moves (with AddressSanitizer at once), and what should have stayed but left. */
static void test_moving_changes_nothing(void **state)
{
    (void)state;
    test_every_capture(0, 1, check_collect);
}

/* Catches what a look leaves behind and a move then cannot read, and the other way round. */
static void test_looking_and_moving_change_nothing(void **state)
{
    (void)state;
    test_every_capture(0, 4, check_look);
}

/* ---- who leaves ---------------------------------------------------------------------------------- */

#define MINUTE 60000
#define NOW    (60 * MINUTE)

/* An enrolment of one client over one connection, GetCACaps and PKIOperation. */
static struct scs_enrolment *enrol(struct test_model *t, const char *client, int64_t at_ms, enum scs_enrolment_outcome outcome)
{
    struct scs_connection *c = test_connection(t, client, "10.5.1.4:80", at_ms);
    struct scs_exchange *caps = test_exchange(t, c, SCS_OP_GET_CA_CAPS, at_ms), *x;
    test_reply(t, caps, 200, 5);
    x = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms + 10);
    test_reply(t, x, outcome == SCS_ENROLMENT_SUCCEEDED ? 200 : 500, 5);
    c->last_ns = TEST_NS(at_ms + 20);
    struct scs_enrolment *e = test_enrolment(t, outcome, caps, x, NULL);
    e->started_ns = TEST_NS(at_ms);
    e->ended_ns = TEST_NS(at_ms + 15);
    return e;
}

static struct scs_leaving choose(struct test_model *t, double share)
{
    struct scs_leaving leaving;
    scs_retire_choose(&t->model, TEST_NS(NOW), share, t->arena, &leaving);
    return leaving;
}

/* All of it or nothing. */
static bool leaves(const struct scs_leaving *l, const struct scs_enrolment *e)
{
    for (uint32_t i = 1; i < e->num_exchanges; i++) {
        assert_int_equal(l->exchanges[e->exchanges[i]], l->exchanges[e->exchanges[0]]);
    }
    return l->exchanges[e->exchanges[0]];
}

/* Catches failures that leave before older and younger healthy ones, and enrolments that leave in parts. */
static void test_healthy_ones_leave_first(void **state)
{
    struct test_model *t = *state;
    const struct scs_enrolment *old = enrol(t, "10.1.0.1:50001", 0, SCS_ENROLMENT_SUCCEEDED);
    const struct scs_enrolment *failed = enrol(t, "10.1.0.2:50001", MINUTE, SCS_ENROLMENT_FAILED);
    const struct scs_enrolment *young = enrol(t, "10.1.0.3:50001", 2 * MINUTE, SCS_ENROLMENT_SUCCEEDED);
    struct scs_leaving l = choose(t, 0.0);
    assert_false(leaves(&l, old));
    l = choose(t, 0.1);
    assert_true(leaves(&l, old));
    assert_false(leaves(&l, young));
    assert_int_equal(l.until_ns, old->ended_ns);
    l = choose(t, 0.5);
    assert_true(leaves(&l, old) && leaves(&l, young));
    assert_false(leaves(&l, failed));
    l = choose(t, 1.0);
    assert_true(leaves(&l, failed));
}

/* Catches what may go on leaving while something that is over could. */
static void test_what_is_fresh_leaves_last(void **state)
{
    struct test_model *t = *state;
    const struct scs_enrolment *fresh = enrol(t, "10.1.0.1:50001", NOW - MINUTE, SCS_ENROLMENT_SUCCEEDED);
    const struct scs_enrolment *failed = enrol(t, "10.1.0.2:50001", MINUTE, SCS_ENROLMENT_FAILED);
    struct scs_leaving l = choose(t, 0.5);
    assert_true(leaves(&l, failed));
    assert_false(leaves(&l, fresh));
}

/* Catches a server that forgets what it told its clients. */
static void test_last_answers_stay(void **state)
{
    struct test_model *t = *state;
    const struct scs_enrolment *first = enrol(t, "10.1.0.1:50001", 0, SCS_ENROLMENT_SUCCEEDED);
    const struct scs_enrolment *second = enrol(t, "10.1.0.2:50001", MINUTE, SCS_ENROLMENT_SUCCEEDED);
    test_server(t, "10.5.1.4:80")->last_caps = t->exchanges[first->exchanges[0] - 1];
    struct scs_leaving l = choose(t, 1.0);
    assert_false(leaves(&l, first));
    assert_true(leaves(&l, second));
}

/* Catches a connection that leaves while one of its exchanges stays. */
static void test_connections_leave_with_their_last_exchange(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.1.0.1:50001", "10.5.1.4:80", 0);
    struct scs_exchange *good = test_exchange(t, c, SCS_OP_PKI_OPERATION, 0), *bad;
    test_reply(t, good, 200, 5);
    bad = test_exchange(t, c, SCS_OP_PKI_OPERATION, MINUTE);
    test_reply(t, bad, 500, 5);
    struct scs_leaving l = choose(t, 0.5);
    assert_true(l.exchanges[good->id]);
    assert_false(l.exchanges[bad->id] || l.connections[c->id]);
    l = choose(t, 1.0);
    assert_true(l.exchanges[bad->id] && l.connections[c->id]);
}

/* Catches an attempt that stays behind when the enrolment that followed it leaves: it would seem that the client never came in.
 */
static void test_attempts_leave_with_what_followed(void **state)
{
    struct test_model *t = *state;
    const struct scs_connection *attempt = test_attempt(t, "10.1.0.1:50000", "10.5.1.4:80", 0, 3);
    const struct scs_connection *other = test_attempt(t, "10.1.0.9:50000", "10.5.1.4:80", 0, 3);
    const struct scs_enrolment *e = enrol(t, "10.1.0.1:50001", MINUTE, SCS_ENROLMENT_SUCCEEDED);
    struct scs_leaving l = choose(t, 0.1);
    assert_true(leaves(&l, e));
    assert_true(l.connections[attempt->id]);
    assert_false(l.connections[other->id]);
    l = choose(t, 1.0);
    assert_true(l.connections[other->id]);
}

/* Catches a success that leaves before the failures it ended, and one that keeps all later ones with it. */
static void test_trouble_keeps_what_ended_it(void **state)
{
    struct test_model *t = *state;
    const struct scs_enrolment *failed = enrol(t, "10.1.0.1:50001", 0, SCS_ENROLMENT_FAILED);
    const struct scs_enrolment *next = enrol(t, "10.1.0.1:50002", MINUTE, SCS_ENROLMENT_SUCCEEDED);
    const struct scs_enrolment *later = enrol(t, "10.1.0.1:50003", 2 * MINUTE, SCS_ENROLMENT_SUCCEEDED);
    const struct scs_enrolment *other = enrol(t, "10.1.0.2:50001", 3 * MINUTE, SCS_ENROLMENT_SUCCEEDED);
    struct scs_leaving l = choose(t, 0.5);
    assert_true(leaves(&l, later) && leaves(&l, other));
    assert_false(leaves(&l, next) || leaves(&l, failed));
}

/* ---- what nothing is heard of -------------------------------------------------------------------- */

#define HOUR_NS INT64_C(3600000000000)

/* Catches open connections that pile up for weeks, and ones that are closed although something was heard. */
static void test_idle_connections_are_closed(void **state)
{
    struct test_flow *s = *state;
    test_handshake(s);
    test_from_client(s, SCS_TCP_ACK, GET_CAPS);
    scs_flow_close_idle(s->flow, s->now_ns - HOUR_NS);
    assert_told(s, "");
    scs_flow_close_idle(s->flow, s->now_ns + HOUR_NS);
    assert_true(s->told.len != 0); /* the request is told without its reply */
    const struct scs_connection *const *all = test_finish(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(all[0]->num_exchanges, 1);
}

/* Catches connections that stay although they may go, and open ones that go. */
static void test_marked_connections_leave(void **state)
{
    struct test_flow *s = *state;
    static const bool all[8] = {true, true, true, true, true, true, true, true};
    uint32_t num;
    test_talk(s);
    scs_flow_connections(s->flow, s->keep, &num);
    assert_int_equal(num, 1);
    assert_int_equal(scs_flow_leave(s->flow, all, s->now_ns, 0), 0);
    scs_flow_close_idle(s->flow, s->now_ns + HOUR_NS);
    scs_flow_connections(s->flow, s->keep, &num);
    assert_int_equal(num, 1);
    assert_int_equal(scs_flow_leave(s->flow, all, s->now_ns, 0), 1);
    scs_flow_connections(s->flow, s->keep, &num);
    assert_int_equal(num, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moving_changes_nothing),
                                       cmocka_unit_test(test_looking_and_moving_change_nothing),
                                       TEST(test_healthy_ones_leave_first),
                                       TEST(test_what_is_fresh_leaves_last),
                                       TEST(test_last_answers_stay),
                                       TEST(test_connections_leave_with_their_last_exchange),
                                       TEST(test_attempts_leave_with_what_followed),
                                       TEST(test_trouble_keeps_what_ended_it),
                                       FLOW_TEST(test_idle_connections_are_closed),
                                       FLOW_TEST(test_marked_connections_leave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
