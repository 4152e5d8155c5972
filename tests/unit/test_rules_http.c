/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about pages, content types, framing, silence; about proxies and the policy module's hop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnose/rules.h"
#include "scep_model.h"

static struct scs_connection *connection_of(struct scs_exchange *x)
{
    return (struct scs_connection *)(uintptr_t)x->connection;
}

/* Would catch: NDES's healthy 403 called a failure. */
static void healthy(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PAGE, 403);
    x->outcome = SCS_OUTCOME_HEALTHY_PAGE;
    test_judge(t);
    SAID(t, "http-403-healthy");
    SEVERITY(t, "http-403-healthy", SCS_SEV_INFO);
    QUIET(t, "http-403-operation");
    QUIET(t, "http-4xx-other");
}

/* Would catch: a portal's page, or NDES used without Intune, taken for a missing policy module. */
static void general_page(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PAGE, 200);
    test_text(t, test_reply_of(x), "text/html", "<title>Network Device Enrollment Service</title>");
    test_judge(t);
    SAID(t, "ndes-general-page");

    test_answered(t, SCS_OP_PAGE, 200)->admin = SCS_ADMIN_PAGE | SCS_ADMIN_PASSWORD_ONCE;
    test_judge(t);
    QUIET(t, "ndes-general-page");
}

static void portal_page(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PAGE, 200);
    test_reply_of(x)->server = "nginx";
    test_text(t, test_reply_of(x), "text/html", "<title>Welcome</title>");
    struct scs_exchange *info = test_answered(t, SCS_OP_PAGE, 200);
    info->path_kind = SCS_PATH_MSCEP_INFO;
    test_judge(t);
    QUIET(t, "ndes-general-page");
}

static void html(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    test_text(t, test_reply_of(x), "text/html", "<html><title>Please log in</title></html>");
    test_judge(t);
    SAID(t, "http-200-html");
    FACT(t, "http-200-html", "page", "Please log in");
    /* a CertRep with the wrong type is only that */
    test_scep_reply(t, x, 0);
    test_judge(t);
    QUIET(t, "http-200-html");
    SEVERITY(t, "http-ctype", SCS_SEV_WARNING);
    x->platform = SCS_PLATFORM_JSCEP; /* reads no reply of another type */
    test_judge(t);
    SEVERITY(t, "http-ctype", SCS_SEV_ERROR);
}

/* Would catch: a right answer failed for its type's parameters or for Entrust's spelling; GetCACaps judged by type. */
static void content_type(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    test_ca_certs(t, x);
    test_reply_of(x)->m.content_type = "application/x-x509-ca-ra-cert; charset=binary";
    struct scs_exchange *y = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    test_ca_certs(t, y);
    test_reply_of(y)->m.content_type = "application/x-x509-ra-ca-certs";
    struct scs_exchange *z = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_caps(t, z, SCS_CAP_SHA256);
    test_reply_of(z)->m.content_type = NULL;
    test_judge(t);
    QUIET(t, "http-ctype");
    test_reply_of(x)->m.content_type = NULL;
    test_judge(t);
    SEVERITY(t, "http-ctype", SCS_SEV_WARNING);
    x->platform = SCS_PLATFORM_ANDROID;
    test_judge(t);
    SEVERITY(t, "http-ctype", SCS_SEV_ERROR);
}

static void compressed(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_caps(t, x, SCS_CAP_SHA256);
    test_reply_of(x)->m.content_encoding = "gzip";
    test_judge(t);
    SAID(t, "http-gzip");
    const struct scs_http_request *asked = x->request;
    x->request = NULL; /* the capture has the server's half only: whether the client went on is not known */
    test_judge(t);
    QUIET(t, "http-gzip");
    x->request = asked;
    test_answered(t, SCS_OP_GET_CA_CERT, 200); /* the client went on */
    test_judge(t);
    QUIET(t, "http-gzip");
}

/* Would catch: loss by the capture, or a reset, told as a short body. */
static void body_short(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    struct scs_http_message *m = &test_reply_of(x)->m;
    x->outcome = SCS_OUTCOME_TRUNCATED;
    m->flags = (m->flags & ~(uint32_t)SCS_HTTP_COMPLETE) | SCS_HTTP_NETWORK_CUT;
    m->body_len = 1000;
    connection_of(x)->half[SCS_TO_CLIENT].fin_ns = m->last_ns + 1000;
    test_judge(t);
    SAID(t, "http-body-short");
    FACT(t, "http-body-short", "response_body_length", "1000");
    FACT(t, "http-body-short", "closed_by", "server");

    m->flags |= SCS_HTTP_CAPTURE_GAP;
    test_judge(t);
    QUIET(t, "http-body-short");
    m->flags &= ~(uint32_t)(SCS_HTTP_CAPTURE_GAP | SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_HAS_LENGTH);
    test_judge(t);
    SAID(t, "http-body-short"); /* cut before its length was told */
    connection_of(x)->half[SCS_TO_CLIENT].rst_ns = m->last_ns + 1000;
    test_judge(t);
    QUIET(t, "http-body-short");
}

static void framing(void **state)
{
    struct test_model *t = *state;
    test_reply_of(test_answered(t, SCS_OP_GET_CA_CERT, 200))->m.flags |= SCS_HTTP_EXTRA_BYTES;
    struct scs_http_message *m = &test_reply_of(test_answered(t, SCS_OP_PKI_OPERATION, 200))->m;
    m->flags = SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_CHUNKED | SCS_HTTP_CHUNK_BAD;
    test_judge(t);
    SAID(t, "http-body-long");
    SAID(t, "http-chunk-bad");
    m->flags = SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_CHUNKED | SCS_HTTP_COMPLETE;
    test_judge(t);
    QUIET(t, "http-chunk-bad");
    m->flags = SCS_HTTP_HEAD_COMPLETE | SCS_HTTP_CHUNKED | SCS_HTTP_NETWORK_CUT; /* no last chunk */
    test_judge(t);
    SAID(t, "http-chunk-bad");
    QUIET(t, "http-body-short");
}

/* Would catch: a client's own hanging up, or the end of the capture, called the server's silence. */
static void silence(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_asked(t, SCS_OP_PKI_OPERATION);
    x->why_unanswered = "server closed";
    test_judge(t);
    SAID(t, "http-no-reply");
    x->why_unanswered = "client closed";
    test_judge(t);
    QUIET(t, "http-no-reply");
    x->why_unanswered = NULL; /* and an hour of capture follows */
    test_judge(t);
    SAID(t, "http-no-reply");
    t->capture.last_ns = x->started_ns + INT64_C(20000000000);
    test_judge(t);
    QUIET(t, "http-no-reply");
}

static void expect_continue(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    struct scs_http_request *r = test_request(x);
    r->m.flags |= SCS_HTTP_EXPECT_CONTINUE;
    r->m.last_ns = r->m.first_ns + INT64_C(1100000000);
    test_judge(t);
    SAID(t, "http-expect-100");
    test_reply_of(x)->continue_ns = r->m.first_ns + INT64_C(2000000);
    test_judge(t);
    QUIET(t, "http-expect-100");
}

static void version_2(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_judge(t);
    QUIET(t, "http-version");
    test_request(x)->m.version = 20;
    test_judge(t);
    SAID(t, "http-version");
}

/* ---- proxies ---------------------------------------------------------------------------------------- */

static void preauthentication(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 302);
    test_reply_of(x)->location = "https://login.microsoftonline.com/tenant/oauth2/authorize";
    test_judge(t);
    SAID(t, "proxy-preauth");
    QUIET(t, "http-30x");
    assert_true(test_is_consequence(test_finding(t, "proxy-preauth"), "http-30x"));
    x->path_kind = SCS_PATH_ADMIN; /* an administrator may log in */
    test_judge(t);
    QUIET(t, "proxy-preauth");
}

static void entra_forbids(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 403);
    test_reply_of(x)->server = NULL;
    test_request(x)->host = "ndes-contoso.msappproxy.net";
    test_text(t, test_reply_of(x), "text/html", "<h1>Forbidden: This corporate app can't be accessed.</h1>");
    test_judge(t);
    SAID(t, "proxy-forbidden");
    QUIET(t, "proxy-502");
    test_reply_of(x)->server = "Microsoft-IIS/10.0"; /* the connector passed NDES's own refusal on */
    test_judge(t);
    QUIET(t, "proxy-forbidden");
    SAID(t, "http-403-operation");
}

/* Would catch: every 504 blamed on Entra. */
static void gateway_timeouts(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 504);
    test_reply_of(x)->server = "nginx";
    test_judge(t);
    SAID(t, "proxy-504");
    QUIET(t, "http-504-gateway");
    test_text(t, test_reply_of(x), "text/html", "<h2>GatewayTimeout: This corporate app can't be accessed.</h2>");
    test_judge(t);
    QUIET(t, "proxy-504");
    SAID(t, "http-504-gateway");
}

/* Would catch: any unanswered request blamed on a proxy. */
static void closed_after_85_seconds(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_asked(t, SCS_OP_PKI_OPERATION);
    x->why_unanswered = "client closed";
    connection_of(x)->half[SCS_TO_SERVER].fin_ns = x->request->m.last_ns + INT64_C(85500000000);
    test_diagnose(t, scs_rules_proxy, scs_num_rules_proxy);
    SAID(t, "proxy-504");
    CONFIDENCE(t, "proxy-504", SCS_POSSIBLE);
    connection_of(x)->half[SCS_TO_SERVER].fin_ns = x->request->m.last_ns + INT64_C(60000000000);
    test_diagnose(t, scs_rules_proxy, scs_num_rules_proxy);
    QUIET(t, "proxy-504");
}

/* Would catch: a filter suspected where IIS refuses, or where everything is refused. */
static void firewall(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 403);
    test_reply_of(x)->server = "awselb/2.0";
    test_judge(t);
    SAID(t, "proxy-waf-block");
    QUIET(t, "http-403-operation");
    test_server(t, SERVER)->ops[SCS_OP_GET_CA_CAPS].failed = 1;
    test_judge(t);
    QUIET(t, "proxy-waf-block");
    SAID(t, "http-403-operation");
}

static void firewall_with_200(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    test_reply_of(x)->server = NULL;
    test_text(t, test_reply_of(x), "text/html",
              "<title>Request Rejected</title>The requested URL was rejected. Your support ID is: 1");
    test_judge(t);
    SAID(t, "proxy-waf-block");
    test_reply_of(x)->server = "Microsoft-IIS/10.0";
    test_judge(t);
    QUIET(t, "proxy-waf-block");
    SAID(t, "http-200-html");
}

/* Would catch: retries of one device counted as many. */
static void many_behind_one(void **state)
{
    static const char *const agents[] = {"profiled/1.0", "Dalvik/2.1.0", "Win32; NDES client", "sscep"};
    struct test_model *t = *state;
    for (int i = 0; i < 8; i++) {
        test_request(test_answered(t, SCS_OP_GET_CA_CAPS, 200))->user_agent = agents[i % 3];
    }
    test_judge(t);
    QUIET(t, "proxy-hides-client");
    test_request(test_answered(t, SCS_OP_GET_CA_CAPS, 200))->user_agent = agents[3];
    test_judge(t);
    SAID(t, "proxy-hides-client");
    FACT(t, "proxy-hides-client", "devices", "4");
}

static void forwarded(void **state)
{
    struct test_model *t = *state;
    test_request(test_answered(t, SCS_OP_GET_CA_CAPS, 200))->m.via = "10.9.9.9";
    test_judge(t);
    SAID(t, "proxy-hides-client");
}

/* ---- the policy module ------------------------------------------------------------------------------- */

static void policy_ok(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_VERIFY_REQUEST, 201);
    test_answered(t, SCS_OP_NOTIFY, 204);
    test_judge(t);
    SAID(t, "policy-ok");
    SAID(t, "policy-notify-ok");
    QUIET(t, "policy-slow");
    QUIET(t, "policy-false");
    assert_int_equal(test_said(t), 2);
}

/* Would catch: a sub-status claimed that no page shows. */
static void policy_403(void **state)
{
    static const struct {
        const char *page, *id;
    } cases[] = {{"<title>IIS 10.0 Detailed Error - 403.16 - Forbidden</title>", "policy-403-16"},
                 {"<h2>HTTP Error 403.7 - Forbidden</h2>", "policy-403-7"},
                 {"<h2>HTTP Error 403.13 - Forbidden</h2>", "policy-403-13"},
                 {"<h2>HTTP Error 403.17 - Forbidden</h2>", "policy-403-17"},
                 {"<title>403 - Forbidden: Access is denied.</title>", "policy-403"}};
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_VERIFY_REQUEST, 403);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_text(t, test_reply_of(x), "text/html", cases[i].page);
        test_judge(t);
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            assert_int_equal(test_finding(t, cases[k].id) != NULL, k == i);
        }
        QUIET(t, "http-403-operation");
        QUIET(t, "http-4xx-other");
    }
}

static void policy_statuses(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_VERIFY_REQUEST, 401);
    test_judge(t);
    SAID(t, "policy-401");
    QUIET(t, "http-401-mscep");
    test_reply_of(x)->status = 404;
    test_judge(t);
    SAID(t, "policy-404");
    QUIET(t, "http-404-notfound");
    test_reply_of(x)->status = 503;
    test_judge(t);
    SAID(t, "policy-503");
    QUIET(t, "http-503-apppool");
    test_reply_of(x)->status = 500;
    test_judge(t);
    SAID(t, "policy-500");
    QUIET(t, "http-500-ndes");
    test_answered(t, SCS_OP_VERIFY_REQUEST, 201); /* the second try */
    test_judge(t);
    QUIET(t, "policy-500");
}

static void policy_false(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *pki = test_asked(t, SCS_OP_PKI_OPERATION);
    test_scep_request(t, pki, 19, "T1");
    struct scs_exchange *x = test_answered(t, SCS_OP_VERIFY_REQUEST, 201);
    test_reply(t, pki, 200, 3000);
    test_scep_reply(t, pki, 2)->fail_info = 2;
    test_text(t, test_reply_of(x), "application/json", "false");
    test_judge(t);
    SAID(t, "policy-false");
    CONFIDENCE(t, "policy-false", SCS_CERTAIN);
    QUIET(t, "policy-ok");
    test_text(t, test_reply_of(x), "application/json", "true");
    test_judge(t);
    QUIET(t, "policy-false");
    SAID(t, "policy-ok");
}

/* Would catch: a failing Notify told as an outage of the whole registration point. */
static void notify_fails(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_VERIFY_REQUEST, 201);
    struct scs_server *s = test_server(t, SERVER);
    s->ops[SCS_OP_VERIFY_REQUEST] = (struct scs_op_tally){1, 1, 0};
    test_answered(t, SCS_OP_NOTIFY, 500);
    test_judge(t);
    SAID(t, "policy-notify-fail");
    QUIET(t, "policy-500");
    s->ops[SCS_OP_VERIFY_REQUEST] = (struct scs_op_tally){1, 0, 1};
    test_judge(t);
    SAID(t, "policy-500");
}

/* Would catch: the first call after a start judged as hard as any other. */
static void policy_slow(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_asked(t, SCS_OP_VERIFY_REQUEST);
    test_reply(t, x, 201, 4000);
    test_judge(t);
    SEVERITY(t, "policy-slow", SCS_SEV_INFO);
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 10000);
    struct scs_exchange *y = test_exchange(t, c, SCS_OP_VERIFY_REQUEST, 10000);
    test_reply(t, y, 201, 16000);
    test_judge(t);
    SEVERITY(t, "policy-slow", SCS_SEV_ERROR);
    FACT(t, "policy-slow", "waited_s", "4.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(healthy),
        TEST(general_page),
        TEST(portal_page),
        TEST(html),
        TEST(content_type),
        TEST(compressed),
        TEST(body_short),
        TEST(framing),
        TEST(silence),
        TEST(expect_continue),
        TEST(version_2),
        TEST(preauthentication),
        TEST(entra_forbids),
        TEST(gateway_timeouts),
        TEST(closed_after_85_seconds),
        TEST(firewall),
        TEST(firewall_with_200),
        TEST(many_behind_one),
        TEST(forwarded),
        TEST(policy_ok),
        TEST(policy_403),
        TEST(policy_statuses),
        TEST(policy_false),
        TEST(notify_fails),
        TEST(policy_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
