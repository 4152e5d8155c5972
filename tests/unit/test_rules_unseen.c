/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules leave unsaid when the capture lost the very thing that would have told: absence is no evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

static struct scs_connection *connection_of(const struct scs_exchange *x)
{
    return (struct scs_connection *)(uintptr_t)x->connection;
}

/* The capture has the reply's head and not the page. */
static struct scs_http_reply *without_page(struct scs_exchange *x)
{
    struct scs_http_reply *r = test_reply_of(x);
    r->m.flags = (r->m.flags & ~(uint32_t)SCS_HTTP_COMPLETE) | SCS_HTTP_SNAPLEN;
    r->m.body_text = NULL;
    return r;
}

/* Would catch: the general row of a status said because IIS's exact words were cut off by the snap length. */
static void page_unseen(void **state)
{
    static const struct {
        unsigned status;
        const char *general;
    } rows[] = {{400, "http-400-malformed"}, {403, "http-403-operation"}, {404, "http-404-notfound"}, {404, "http-404-filter"},
                {406, "http-4xx-other"},     {502, "proxy-502"},          {503, "http-503-other"},    {504, "proxy-504"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_model *t = *state;
        test_model_cleanup(t);
        test_model_init(t);
        struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, rows[i].status);
        without_page(x)->server = NULL;
        test_judge(t);
        QUIET(t, rows[i].general);
    }
}

/* Would catch: the same kept back where the Server header says all. */
static void header_tells(void **state)
{
    struct test_model *t = *state;
    without_page(test_answered(t, SCS_OP_PKI_OPERATION, 403));
    test_judge(t);
    SAID(t, "http-403-operation");
}

/* Would catch: an operation called unknown, or a refused one, because the capture has half of its name. */
static void target_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_OTHER, 403);
    x->operation_name = "PKIOper";
    test_judge(t);
    SAID(t, "scep-op-unknown");
    test_request(x)->m.flags = SCS_HTTP_SNAPLEN;
    test_judge(t);
    QUIET(t, "scep-op-unknown");
    QUIET(t, "http-403-operation");
}

/* Would catch: a long address called refused for certain, and by whom, where neither the request nor the page can be read. */
static void refused_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 414);
    test_judge(t);
    assert_int_equal(test_finding(t, "http-414")->confidence, SCS_CERTAIN);
    test_request(x)->m.flags = SCS_HTTP_SNAPLEN; /* the validation script may have asked */
    test_judge(t);
    assert_int_equal(test_finding(t, "http-414")->confidence, SCS_POSSIBLE);
    without_page(test_answered(t, SCS_OP_VERIFY_REQUEST, 400))->server = NULL;
    test_judge(t);
    QUIET(t, "http-400-iis");
}

/* Would catch: a 404 put down to a filter because the capture lacks the end of a query that was too long. */
static void query_end_unseen(void **state)
{
    struct test_model *t = *state;
    test_server(t, SERVER)->ops[SCS_OP_GET_CA_CERT].ok = 1;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 404);
    test_by_get(x, 1500);
    test_scep_request(t, x, 19, "T1")->transport = SCS_TRANSPORT_QUERY;
    test_judge(t);
    SAID(t, "http-404-filter");
    test_request(x)->m.flags = SCS_HTTP_CAPTURE_GAP;
    test_judge(t);
    QUIET(t, "http-404-filter");
    QUIET(t, "http-404-notfound");
}

/* Would catch: a signer called unknown because GetCACert was put together after the reply, or with another certificate in hand.
 */
static void signer_of_earlier_answer(void **state)
{
    struct test_model *t = *state;
    struct scs_ca_certs *certs = test_ca_certs(t, test_answered(t, SCS_OP_GET_CA_CERT, 200));
    struct scs_pki_message *m = test_certrep(test_enrols(t, "T1", 0));
    m->signer = NULL;
    m->signer_serial = certs->certificates[1]->serial;
    m->signer_issuer_sha256 = certs->certificates[1]->issuer_sha256;
    test_judge(t);
    QUIET(t, "rep-signer-unknown");
}

static struct scs_exchange *unacknowledged(struct test_model *t)
{
    struct scs_exchange *x = test_enrols(t, "T1", 0);
    connection_of(x)->half[SCS_TO_CLIENT].unacked_bytes = 3000;
    return x;
}

/* Would catch: a reply called lost because the FIN that acknowledged it was not captured; a RST after it counts that FIN. */
static void end_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = unacknowledged(t);
    connection_of(x)->half[SCS_TO_SERVER].rst_ns = x->reply->m.last_ns + 1000;
    test_judge(t);
    SAID(t, "deliv-reply-lost");
    connection_of(x)->half[SCS_TO_SERVER].end_unseen = true;
    test_judge(t);
    QUIET(t, "deliv-reply-lost");
}

/* Would catch: a reply called lost while the server still sends it again, and one that the client left without reading it not. */
static void still_trying(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = unacknowledged(t);
    connection_of(x)->half[SCS_TO_CLIENT].retransmissions = 3;
    t->capture.last_ns = x->reply->m.last_ns + INT64_C(6000000000);
    test_judge(t);
    QUIET(t, "deliv-reply-lost");
    connection_of(x)->half[SCS_TO_SERVER].fin_ns = x->reply->m.last_ns + INT64_C(3000000000);
    test_judge(t);
    SAID(t, "deliv-reply-lost");
}

/* Would catch: Notify's failure taken for the registration point's when the VerifyRequest before it was not captured. */
static void notify_alone(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_NOTIFY, 500);
    test_judge(t);
    SAID(t, "policy-notify-fail");
    QUIET(t, "policy-500");
}

/* Would catch: a log-on called refused because the capture ends in the middle of it. */
static void log_on_under_way(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PAGE, 401);
    x->path_kind = SCS_PATH_ADMIN;
    connection_of(x)->state = SCS_CONN_OPEN;
    test_judge(t);
    SAID(t, "http-401-admin");
    t->capture.last_ns = x->reply->m.last_ns + 1000000;
    test_judge(t);
    QUIET(t, "http-401-admin");
}

/* Would catch: a black hole seen because the large segments that did arrive are missing from the capture. */
static void large_ones_lost_by_capture(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *small = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    struct scs_exchange *x = test_asked(t, SCS_OP_PKI_OPERATION);
    struct scs_half *client = &connection_of(x)->half[SCS_TO_SERVER];
    client->worst_len = client->largest_segment = 1448;
    client->worst_retransmissions = client->retransmissions = 6;
    client->worst_frame = 16;
    client->unacked_bytes = 2763;
    client->largest_acked_segment = 0;
    test_judge(t);
    SAID(t, "net-pmtu-blackhole");
    connection_of(small)->half[SCS_TO_SERVER].missing_bytes = 1448;
    test_judge(t);
    QUIET(t, "net-pmtu-blackhole");
}

/* Would catch: a request called refused, and so its OAEP blamed, when the part of the CertRep that says SUCCESS is missing. */
static void status_unseen(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 2);
    test_message(x)->envelope->recipients[0].key_encryption = "RSAES-OAEP";
    test_judge(t);
    SAID(t, "scep-oaep");
    SEVERITY(t, "scep-oaep", SCS_SEV_WARNING);
    test_certrep(x)->pki_status = -1;
    without_page(x);
    x->outcome = SCS_OUTCOME_INCOMPLETE;
    test_judge(t);
    SEVERITY(t, "scep-oaep", SCS_SEV_INFO);
}

/* Would catch: a CertRep that ends too early, though its Content-Length fits, passed over because it begins like CMS. */
static void certrep_cut_by_server(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 0);
    test_certrep(x)->flags &= ~(uint32_t)SCS_MSG_COMPLETE;
    test_judge(t);
    SAID(t, "rep-not-cms"); /* no client can verify it */
    test_certrep(x)->pki_status = 3;
    test_judge(t);
    QUIET(t, "rep-not-cms"); /* its status could be read */
    test_certrep(x)->pki_status = -1;
    test_judge(t);
    SAID(t, "rep-not-cms");
    without_page(x);
    test_judge(t);
    QUIET(t, "rep-not-cms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(page_unseen),
        TEST(header_tells),
        TEST(target_unseen),
        TEST(signer_of_earlier_answer),
        TEST(end_unseen),
        TEST(still_trying),
        TEST(notify_alone),
        TEST(log_on_under_way),
        TEST(refused_unseen),
        TEST(query_end_unseen),
        TEST(certrep_cut_by_server),
        TEST(status_unseen),
        TEST(large_ones_lost_by_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
