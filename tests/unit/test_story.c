/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/outcome.h"
#include "correlate/story.h"
#include "model.h"

static const struct scs_enrolment *const *tell(struct test_model *t, uint32_t *num)
{
    struct scs_exchange **writable = SCS_ARENA_ARRAY(t->arena, t->model.num_exchanges, struct scs_exchange *);
    for (uint32_t i = 0; i < t->model.num_exchanges; i++) {
        struct scs_exchange *x = scs_arena_dup(t->arena, t->exchanges[i], sizeof *t->exchanges[i]);
        x->outcome = (uint8_t)scs_outcome_of(x);
        writable[i] = x;
        t->exchanges[i] = x;
    }
    return scs_story_tell(writable, t->model.num_exchanges, t->connections, t->model.num_connections, t->arena, num);
}

static struct scs_exchange *ask(struct test_model *t, struct scs_connection *c, enum scs_operation op, int64_t at_ms)
{
    struct scs_exchange *x = test_exchange(t, c, op, at_ms);
    test_reply(t, x, 200, 10);
    if (op == SCS_OP_GET_CA_CAPS) {
        test_caps(t, x, SCS_CAP_POST | SCS_CAP_SHA256)->text = true;
    } else if (op == SCS_OP_GET_CA_CERT) {
        test_ca_certs(t, x);
    }
    return x;
}

static struct scs_exchange *request(struct test_model *t, struct scs_connection *c, int type, const char *transaction,
                                    int64_t at_ms, int status)
{
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms);
    test_scep_request(t, x, type, transaction);
    test_reply(t, x, 200, 100);
    test_scep_reply(t, x, status);
    return x;
}

static void key_of(struct test_model *t, struct scs_exchange *x, const char *spki)
{
    struct scs_cert_facts *signer = test_cert(t, "CN=device", "01", SCS_ROLE_LEAF);
    signer->spki_sha256 = spki;
    struct scs_pki_message *m = scs_arena_dup(t->arena, x->scep_request, sizeof *x->scep_request);
    m->signer = signer;
    x->scep_request = m;
}

/* Catches enrolments that end at a connection: strongSwan opens a new one for each request. */
static void one_enrolment_over_connections(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *a = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_connection *b = test_connection(t, "10.5.14.7:5002", "10.5.1.4:80", 50);
    struct scs_connection *c = test_connection(t, "10.5.14.7:5003", "10.5.1.4:80", 100);
    ask(t, a, SCS_OP_GET_CA_CAPS, 1);
    ask(t, b, SCS_OP_GET_CA_CERT, 60);
    request(t, c, 19, "AB12", 110, 0);
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 1);
    assert_int_equal(e[0]->num_exchanges, 3);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
    assert_int_equal(e[0]->reached, SCS_REACHED_REPLY);
    assert_int_equal(e[0]->tries, 1);
    assert_int_equal(t->exchanges[0]->enrolment, 1);
}

/* Catches counting PENDING, its polls and the SUCCESS as several enrolments, or a poll as a try. */
static void pending_then_success(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    request(t, c, 19, "AB12", 10, 3);
    request(t, c, 20, "AB12", 1000, 3);
    request(t, c, 20, "AB12", 2000, 0);
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 1);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
    assert_int_equal(e[0]->tries, 1);
    assert_int_equal(e[0]->decided_by, 3);
}

/* Catches a device counted as failed although its retry succeeded, and a failure forgotten when none did. */
static void retry_decides(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_connection *d = test_connection(t, "10.5.14.8:5001", "10.5.1.4:80", 0);
    request(t, c, 19, "AB12", 10, 2);
    request(t, c, 19, "AB12", 3000, 0);
    request(t, d, 19, "CD34", 4000, 2);
    request(t, d, 19, "CD34", 5000, 2);
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 2);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
    assert_int_equal(e[0]->tries, 2);
    assert_int_equal(e[1]->outcome, SCS_ENROLMENT_FAILED);
    assert_int_equal(e[1]->tries, 2);
}

/* Catches a second enrolment "not seen to its end", made of what a client asks again before its retry. */
static void retry_prepares_again(void **state)
{
    struct test_model *t = *state;
    for (int64_t minute = 0; minute < 10; minute += 5) {
        struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", minute * 60000);
        ask(t, c, SCS_OP_GET_CA_CAPS, minute * 60000 + 10);
        ask(t, c, SCS_OP_GET_CA_CERT, minute * 60000 + 20);
        request(t, c, 19, "AB12", minute * 60000 + 30, minute == 0 ? 2 : 0);
    }
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 1);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
    assert_int_equal(e[0]->tries, 2);
    assert_int_equal(e[0]->num_exchanges, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(e[0]->exchanges[i], i + 1);
        assert_int_equal(t->exchanges[i]->enrolment, 1);
    }
}

/* Catches a device counted as failed because its second try came with a new key; and two devices taken for one. */
static void retry_with_a_new_key(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_connection *proxy = test_connection(t, "10.5.2.1:5001", "10.5.1.4:80", 0);
    key_of(t, request(t, c, 19, "AB12", 10, 2), "aa");
    key_of(t, request(t, c, 19, "CD34", 300000, 0), "bb");
    key_of(t, request(t, c, 19, "EF56", 400000, 0), "cc"); /* has its certificate: another enrolment */
    for (int64_t at = 500000; at < 700000; at += 100000) {
        struct scs_exchange *x = request(t, proxy, 19, at == 500000 ? "12" : "34", at, at == 500000 ? 2 : 0);
        key_of(t, x, at == 500000 ? "dd" : "ee");
        test_request(x)->m.via = "1.1 proxy";
    }
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 4);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
    assert_int_equal(e[0]->tries, 2);
    assert_string_equal(e[0]->transaction_id, "CD34");
    assert_int_equal(e[1]->tries, 1);
    assert_int_equal(e[2]->outcome, SCS_ENROLMENT_FAILED);
    assert_int_equal(e[3]->outcome, SCS_ENROLMENT_SUCCEEDED);
}

/* Catches joining devices that share one constant transaction ID: their keys differ. */
static void constant_transaction_id(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    key_of(t, request(t, c, 19, "1", 10, 0), "aa");
    key_of(t, request(t, c, 19, "1", 500, 2), "bb");
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 2);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
    assert_int_equal(e[1]->outcome, SCS_ENROLMENT_FAILED);
}

/* Catches a request without a readable ID joined to another device's, or its retries counted apart. */
static void unreadable_requests(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_connection *d = test_connection(t, "10.5.14.8:5001", "10.5.1.4:80", 0);
    for (int64_t at = 10; at < 40; at += 10) {
        test_reply(t, test_exchange(t, c, SCS_OP_PKI_OPERATION, at * 1000), 404, 5);
    }
    test_reply(t, test_exchange(t, d, SCS_OP_PKI_OPERATION, 15 * 1000), 404, 5);
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 2);
    assert_int_equal(e[0]->tries, 3);
    assert_int_equal(e[0]->reached, SCS_REACHED_REQUEST);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_FAILED);
    assert_int_equal(e[1]->tries, 1);
}

/* Catches a finished enrolment swallowing the next one of the same key. */
static void success_ends_the_story(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    request(t, c, 19, "AB12", 10, 0);
    request(t, c, 19, "AB12", 60000, 0);
    uint32_t num;
    (void)tell(t, &num);
    assert_int_equal(num, 2);
}

/* Catches GetCRL and GetCert told as enrolments. */
static void fetching_is_not_enrolling(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    request(t, c, 22, "AB12", 10, 2);
    uint32_t num;
    (void)tell(t, &num);
    assert_int_equal(num, 0);
}

/* Catches a client that never got through being left out, or told twice for its retries. */
static void blocked_clients(void **state)
{
    struct test_model *t = *state;
    test_attempt(t, "10.5.14.7:5001", "10.5.1.4:80", 0, 4);
    test_attempt(t, "10.5.14.7:5002", "10.5.1.4:80", 60000, 4);
    test_attempt(t, "10.5.14.9:5002", "10.5.1.4:80", 90000, 4);
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 2);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_BLOCKED);
    assert_int_equal(e[0]->tries, 2);
    assert_int_equal(e[0]->num_exchanges, 0);
}

/* Catches a client called blocked because the capture ends before its first SYN is answered. */
static void knocked_at_the_end(void **state)
{
    struct test_model *t = *state;
    test_attempt(t, "10.5.14.7:5001", "10.5.1.4:80", 0, 2);
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 1);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_INCOMPLETE);
}

/* Catches "failed" for a client whose capture merely ended, and "incomplete" for one that GetCACert refused. */
static void without_a_request(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_connection *d = test_connection(t, "10.5.14.8:5001", "10.5.1.4:80", 0);
    ask(t, c, SCS_OP_GET_CA_CAPS, 10);
    ask(t, c, SCS_OP_GET_CA_CERT, 20);
    test_reply(t, test_exchange(t, d, SCS_OP_GET_CA_CERT, 30), 500, 5);
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 2);
    assert_int_equal(e[0]->outcome, SCS_ENROLMENT_INCOMPLETE);
    assert_int_equal(e[0]->reached, SCS_REACHED_CA_CERTIFICATE);
    assert_int_equal(e[1]->outcome, SCS_ENROLMENT_FAILED);
    assert_int_equal(e[1]->reached, SCS_REACHED_CONTACT);
}

/* Catches a policy call left hanging, or given to a request that was answered long before. */
static void policy_calls(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_connection *p = test_connection(t, "10.5.1.4:6001", "10.5.1.4:443", 0);
    request(t, c, 19, "OLD1", 10, 0);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 5000);
    test_scep_request(t, x, 19, "AB12");
    struct scs_exchange *verify = test_exchange(t, p, SCS_OP_VERIFY_REQUEST, 5050);
    test_reply(t, verify, 201, 20);
    test_reply(t, x, 200, 900);
    test_scep_reply(t, x, 0);
    struct scs_http_reply *reply = test_reply_of(x);
    assert_non_null(reply);
    x->duration_ns = 900 * 1000000;
    uint32_t num;
    const struct scs_enrolment *const *e = tell(t, &num);
    assert_int_equal(num, 2);
    assert_int_equal(e[0]->num_policy_exchanges, 0);
    assert_int_equal(e[1]->num_policy_exchanges, 1);
    assert_int_equal(e[1]->policy_exchanges[0], verify->id);
}

/* Catches a silent server blamed when the capture could not see it, and a fault excused when it could. */
static void outcomes_without_reply(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10);
    x->why_unanswered = "server closed";
    assert_int_equal(scs_outcome_of(x), SCS_OUTCOME_UNANSWERED);
    c->flags |= SCS_CONN_ONE_WAY;
    assert_int_equal(scs_outcome_of(x), SCS_OUTCOME_INCOMPLETE);
    c->flags &= ~(uint32_t)SCS_CONN_ONE_WAY;
    c->half[SCS_TO_CLIENT].hole = true; /* it said something */
    assert_int_equal(scs_outcome_of(x), SCS_OUTCOME_INCOMPLETE);
    c->half[SCS_TO_CLIENT].hole = false;
    x->why_unanswered = "capture ended";
    assert_int_equal(scs_outcome_of(x), SCS_OUTCOME_INCOMPLETE);
}

/* Catches an enrolment that succeeded although its certificate came when the client had gone; and no second try. */
static void lost_success(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    request(t, c, 19, "AB12", 10, 0);
    const struct scs_exchange *x = t->exchanges[t->model.num_exchanges - 1];
    c->half[SCS_TO_SERVER].fin_ns = x->reply->m.last_ns - 1;
    uint32_t num;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_SUCCEEDED); /* half closed, it still reads */
    c->half[SCS_TO_SERVER].rst_ns = x->reply->m.last_ns + 1;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_FAILED);
    request(t, test_connection(t, "10.5.14.7:5002", "10.5.1.4:80", 5000), 19, "AB12", 5010, 0);
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
}

/*
 * Catches a device called failed, or provided for, because the acknowledgement of its reply is not in the capture: a server that
 * resets at once does not wait for it, one that sent again had none.
 */
static void reset_behind_the_reply(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    request(t, c, 19, "AB12", 10, 0);
    struct scs_half *server = &c->half[SCS_TO_CLIENT];
    int64_t replied_ns = t->exchanges[t->model.num_exchanges - 1]->reply->m.last_ns;
    server->last_data_ns = replied_ns;
    server->rst_ns = replied_ns + 60000;
    uint32_t num;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_SUCCEEDED);
    server->unacked_bytes = 1425;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_INCOMPLETE);
    server->retransmissions = 2;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_FAILED);
    server->retransmissions = 0;
    c->half[SCS_TO_SERVER].rst_ns = replied_ns + 70000;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_FAILED);
}

/* Catches a certificate called delivered because its pkiStatus came before the network cut the rest. */
static void cut_success(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, 10);
    test_reply(t, x, 200, 5);
    test_scep_reply(t, x, 0);
    struct scs_http_message *m = &test_reply_of(x)->m;
    assert_int_equal(scs_outcome_of(x), SCS_OUTCOME_OK);
    m->flags = (m->flags & ~(uint32_t)SCS_HTTP_COMPLETE) | SCS_HTTP_NETWORK_CUT;
    assert_int_equal(scs_outcome_of(x), SCS_OUTCOME_TRUNCATED);
    m->flags |= SCS_HTTP_CAPTURE_GAP; /* the device may have it all */
    assert_int_equal(scs_outcome_of(x), SCS_OUTCOME_OK);
}

/* Catches the healthy 403 of the bare URL told as a failure, and a 403 to an operation told as health. */
static void healthy_pages(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:80", 0);
    struct scs_exchange *page = test_exchange(t, c, SCS_OP_PAGE, 10), *caps = test_exchange(t, c, SCS_OP_GET_CA_CAPS, 20);
    test_reply(t, page, 403, 5);
    test_reply(t, caps, 403, 5);
    assert_int_equal(scs_outcome_of(page), SCS_OUTCOME_HEALTHY_PAGE);
    assert_int_equal(scs_outcome_of(caps), SCS_OUTCOME_FAILED);
}

/* Catches a device called failed for a try that the server refused to begin, while the next one is what the capture lost. */
static void asked_again_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:5001", "10.5.1.4:443", 0);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10);
    x->stream_end = (struct scs_stream_end){.how = SCS_STREAM_RESET_BY_SERVER, .error = 7, .ts_ns = TEST_NS(20)};
    x->why_unanswered = "server reset";
    c->half[SCS_TO_SERVER].fin_ns = c->half[SCS_TO_CLIENT].fin_ns = TEST_NS(30);
    struct scs_connection *next = test_connection(t, "10.5.14.7:5002", "10.5.1.4:443", 1000);
    uint32_t num;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_FAILED);
    next->half[SCS_TO_SERVER].missing_bytes = 200;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_INCOMPLETE);
    next->client.addr.bytes[3] = 8; /* somebody else */
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_FAILED);
    c->half[SCS_TO_SERVER].missing_bytes = 200;
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_INCOMPLETE);
    ((struct scs_exchange *)(uintptr_t)t->exchanges[0])->stream_end.error = 2; /* no invitation */
    assert_int_equal(tell(t, &num)[0]->outcome, SCS_ENROLMENT_FAILED);
}

int main(void)
{
#define STORY_TEST(f) TEST(f)
    const struct CMUnitTest tests[] = {
        STORY_TEST(one_enrolment_over_connections),
        STORY_TEST(pending_then_success),
        STORY_TEST(retry_decides),
        STORY_TEST(retry_prepares_again),
        STORY_TEST(retry_with_a_new_key),
        STORY_TEST(constant_transaction_id),
        STORY_TEST(unreadable_requests),
        STORY_TEST(success_ends_the_story),
        STORY_TEST(fetching_is_not_enrolling),
        STORY_TEST(blocked_clients),
        STORY_TEST(knocked_at_the_end),
        STORY_TEST(without_a_request),
        STORY_TEST(policy_calls),
        STORY_TEST(outcomes_without_reply),
        STORY_TEST(cut_success),
        STORY_TEST(lost_success),
        STORY_TEST(healthy_pages),
        STORY_TEST(reset_behind_the_reply),
        STORY_TEST(asked_again_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
