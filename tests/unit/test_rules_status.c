/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about HTTP statuses: HTTP.sys, request filtering, access, NDES, its pool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

/* A PKIOperation by GET with a query of `len` bytes. */
static struct scs_exchange *long_get(struct test_model *t, unsigned status, uint32_t len)
{
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, status);
    test_by_get(x, len);
    test_scep_request(t, x, 19, "T1")->transport = SCS_TRANSPORT_QUERY;
    return x;
}

/* Would catch: 414 taken for any 4xx. */
static void too_long_for_httpsys(void **state)
{
    struct test_model *t = *state;
    long_get(t, 414, 17000);
    test_judge(t);
    SAID(t, "http-414");
    QUIET(t, "http-4xx-other");
    FACT(t, "http-414", "query_length", "17000");
}

/* Would catch: Microsoft's limit test reported as a device's failure. */
static void limit_test_is_no_device(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = long_get(t, 414, 17000);
    x->probe = true;
    test_scep_request(t, x, -1, "x")->flags = SCS_MSG_PRESENT | SCS_MSG_PROBE;
    struct scs_exchange *y = long_get(t, 404, 9000);
    y->probe = true;
    test_scep_request(t, y, -1, "y")->flags = SCS_MSG_PRESENT | SCS_MSG_PROBE;
    test_judge(t);
    QUIET(t, "http-414");
    QUIET(t, "http-404-querylen");
    QUIET(t, "http-404-filter");
    QUIET(t, "http-404-notfound");
}

/* Would catch: HTTP.sys's pages told apart by status only. */
static void pages_of_httpsys(void **state)
{
    struct test_model *t = *state;
    test_httpsys(t, test_answered(t, SCS_OP_PKI_OPERATION, 400), "Bad Request - Request Too Long",
                 "The size of the request headers is too long.");
    test_judge(t);
    SAID(t, "http-400-reqlen");
    QUIET(t, "http-400-fieldlen");
    QUIET(t, "http-400-malformed");
}

static void page_of_field(void **state)
{
    struct test_model *t = *state;
    test_httpsys(t, test_answered(t, SCS_OP_PKI_OPERATION, 400), "Bad Request - Header Field Too Long",
                 "A request header field is too long.");
    test_judge(t);
    SAID(t, "http-400-fieldlen");
    QUIET(t, "http-400-reqlen");
}

static void page_of_url(void **state)
{
    struct test_model *t = *state;
    test_httpsys(t, test_answered(t, SCS_OP_PKI_OPERATION, 400), "Bad Request - Invalid URL", "The request URL is invalid.");
    test_judge(t);
    SAID(t, "http-400-url");
    QUIET(t, "http-400-malformed");
}

/* Would catch: a monitor that asks by address flagged as a wrong binding. */
static void page_of_host(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 400);
    test_httpsys(t, x, "Bad Request - Invalid Hostname", "The request hostname is invalid.");
    test_judge(t);
    SAID(t, "http-400-host");
    x->probe = true;
    test_judge(t);
    QUIET(t, "http-400-host");
    QUIET(t, "http-400-malformed");
}

static void page_of_verb(void **state)
{
    struct test_model *t = *state;
    test_httpsys(t, test_answered(t, SCS_OP_PKI_OPERATION, 400), "Bad Request - Invalid Header",
                 "The request has an invalid header name.");
    test_judge(t);
    SAID(t, "http-400-malformed");
    QUIET(t, "http-4xx-other");
}

/* Would catch: a 400 of nginx called HTTP.sys's. */
static void other_400(void **state)
{
    struct test_model *t = *state;
    struct scs_http_reply *r = test_reply_of(test_answered(t, SCS_OP_PKI_OPERATION, 400));
    r->server = "nginx/1.22.1";
    test_text(t, r, "text/html", "<html><head><title>400 No required SSL certificate was sent</title></head></html>");
    test_judge(t);
    SAID(t, "http-4xx-other");
    QUIET(t, "http-400-malformed");
    QUIET(t, "http-400-iis");
}

static void policy_400(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_VERIFY_REQUEST, 400);
    test_judge(t);
    SAID(t, "http-400-iis");
    QUIET(t, "http-4xx-other");
}

/* Would catch: the registration point blamed for what HTTP.sys refused before it. */
static void policy_400_httpsys(void **state)
{
    struct test_model *t = *state;
    struct scs_http_reply *r = test_reply_of(test_answered(t, SCS_OP_VERIFY_REQUEST, 400));
    r->server = "Microsoft-HTTPAPI/2.0";
    test_judge(t);
    SAID(t, "http-4xx-other");
    QUIET(t, "http-400-iis");
}

static void length_required(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_PKI_OPERATION, 411);
    test_judge(t);
    SAID(t, "http-411");
    QUIET(t, "http-chunked-request");
}

/* Would catch: every chunked request flagged, also those the server takes. */
static void chunked(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 411);
    test_request(x)->m.flags |= SCS_HTTP_CHUNKED;
    test_judge(t);
    SAID(t, "http-chunked-request");
    test_reply_of(x)->status = 200;
    test_judge(t);
    QUIET(t, "http-chunked-request");
}

/* Would catch: 404 taken for "not found" when the query is too long, and the reverse. */
static void query_too_long(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *caps = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_caps(t, caps, SCS_CAP_SHA256 | SCS_CAP_DES3);
    struct scs_server *s = test_server(t, SERVER);
    s->ops[SCS_OP_GET_CA_CAPS] = (struct scs_op_tally){1, 1, 0};
    s->last_caps = caps;
    s->longest_query_ok = 31;
    s->shortest_query_refused = 11000;
    long_get(t, 404, 11000);
    test_judge(t);
    SAID(t, "http-404-querylen");
    QUIET(t, "http-404-notfound");
    QUIET(t, "http-404-filter");
    CONFIDENCE(t, "http-404-querylen", SCS_CERTAIN);
    FACT(t, "http-404-querylen", "longest_ok", "31");

    s->longest_query_ok = 0;
    s->ops[SCS_OP_GET_CA_CAPS] = (struct scs_op_tally){1, 0, 1};
    s->last_caps = NULL;
    s->shortest_query_refused = 31;
    test_judge(t);
    QUIET(t, "http-404-querylen");
    SAID(t, "http-404-notfound");
}

/* Would catch: a limit suspected although a longer query got through. */
static void longer_query_served(void **state)
{
    struct test_model *t = *state;
    struct scs_server *s = test_server(t, SERVER);
    s->ops[SCS_OP_PKI_OPERATION] = (struct scs_op_tally){2, 1, 1};
    s->longest_query_ok = 12000;
    long_get(t, 404, 11000);
    test_judge(t);
    QUIET(t, "http-404-querylen");
    SAID(t, "http-404-filter");
}

/* Would catch: the sub-status on IIS's detailed page not read, or read out of an address. */
static void detailed_page(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 404);
    test_text(t, test_reply_of(x), "text/html", "<title>IIS 10.0 Detailed Error - 404.11 - Not Found</title> 10.404.15.1");
    test_judge(t);
    SAID(t, "http-404-doubleesc");
    QUIET(t, "http-404-notfound");
    test_text(t, test_reply_of(x), "text/html", "<title>IIS 10.0 Detailed Error - 404.2 - Not Found</title>");
    test_judge(t);
    SAID(t, "http-404-filter");
    test_text(t, test_reply_of(x), "text/html", "<p>Error at 10.404.11.1</p>");
    test_judge(t);
    SAID(t, "http-404-notfound");
}

static void url_too_long(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 404);
    test_request(x)->path_len = 5000;
    test_judge(t);
    SAID(t, "http-404-urllen");
    test_request(x)->path_len = 4096;
    test_judge(t);
    QUIET(t, "http-404-urllen");
}

/* Would catch: a wrong path in one profile blamed on request filtering because others use the right one. */
static void wrong_path(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *good = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    test_ca_certs(t, good);
    struct scs_server *s = test_server(t, SERVER);
    s->ops[SCS_OP_GET_CA_CERT] = (struct scs_op_tally){2, 1, 1};
    s->last_ca_certs = good;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CERT, 404);
    struct scs_http_request *r = test_request(x);
    x->path_kind = SCS_PATH_OPERATION;
    r->target = "/certsrv/mscep/mscep.dl?operation=GetCACert&message=ca";
    r->path_len = 23;
    test_judge(t);
    SAID(t, "http-404-notfound");
    QUIET(t, "http-404-filter");
    r->target = good->request->target;
    r->path_len = good->request->path_len;
    test_judge(t);
    SAID(t, "http-404-filter");
}

/* Would catch: one failing GetCACaps called an outage although all else works. */
static void caps_alone(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_GET_CA_CAPS, 404);
    struct scs_server *s = test_server(t, SERVER);
    s->ops[SCS_OP_GET_CA_CAPS] = (struct scs_op_tally){1, 0, 1};
    s->ops[SCS_OP_GET_CA_CERT] = (struct scs_op_tally){1, 1, 0};
    test_judge(t);
    QUIET(t, "http-404-notfound");
    QUIET(t, "http-404-filter");
}

static void body_too_large(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_PKI_OPERATION, 413);
    test_judge(t);
    SAID(t, "http-413-bodylen");
    QUIET(t, "http-4xx-other");
}

/* Would catch: the healthy 403 mixed up with a refusal. */
static void forbidden(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 403);
    test_text(t, test_reply_of(x), "text/html", "<title>IIS 10.0 Detailed Error - 403.4 - Forbidden</title>");
    test_judge(t);
    SAID(t, "http-403-operation");
    QUIET(t, "http-403-healthy");
    FACT(t, "http-403-operation", "substatus", "4");
    FACT(t, "http-403-operation", "client", "10.5.14.22");
}

/* Would catch: the two 401 of an NTLM login flagged. */
static void ntlm(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 0);
    for (int i = 0; i < 3; i++) {
        struct scs_exchange *x = test_exchange(t, c, SCS_OP_PAGE, 10 + 100 * i);
        x->path_kind = SCS_PATH_ADMIN;
        test_reply(t, x, i < 2 ? 401 : 200, 5);
    }
    test_judge(t);
    QUIET(t, "http-401-admin");
    QUIET(t, "http-401-mscep");
}

static void admin_refused(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, CLIENT, SERVER, 0);
    for (int i = 0; i < 2; i++) {
        struct scs_exchange *x = test_exchange(t, c, SCS_OP_PAGE, 10 + 100 * i);
        x->path_kind = SCS_PATH_ADMIN;
        test_reply(t, x, 401, 5);
    }
    test_judge(t);
    SAID(t, "http-401-admin");
    assert_int_equal(test_finding(t, "http-401-admin")->count, 1);
}

static void anonymous_is_off(void **state)
{
    struct test_model *t = *state;
    test_reply_of(test_answered(t, SCS_OP_GET_CA_CAPS, 401))->www_authenticate = "Negotiate, NTLM";
    test_judge(t);
    SAID(t, "http-401-mscep");
    FACT(t, "http-401-mscep", "www_authenticate", "Negotiate, NTLM");
}

/* Would catch: a client's own mistake (POST was not offered) blamed on a filter. */
static void post_refused(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *caps = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    struct scs_caps *c = test_caps(t, caps, SCS_CAP_SHA256 | SCS_CAP_POST);
    test_answered(t, SCS_OP_PKI_OPERATION, 405);
    test_judge(t);
    SAID(t, "http-405-post");
    c->known = SCS_CAP_SHA256;
    test_judge(t);
    QUIET(t, "http-405-post");
}

static void the_rest(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_PKI_OPERATION, 408);
    test_answered(t, SCS_OP_PKI_OPERATION, 431);
    test_answered(t, SCS_OP_PKI_OPERATION, 406);
    test_judge(t);
    SAID(t, "http-408");
    SAID(t, "http-431");
    SAID(t, "http-4xx-other");
    assert_int_equal(test_finding(t, "http-4xx-other")->count, 1);
}

/* Would catch: a browser's redirect on the bare URL flagged; 304 taken for a redirect. */
static void redirects(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_PAGE, 302);
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 304);
    test_judge(t);
    QUIET(t, "http-30x");
    test_reply_of(x)->status = 302;
    test_reply_of(x)->location = "https://ndes.contoso.com/certsrv/mscep/mscep.dll";
    test_judge(t);
    SAID(t, "http-30x");
}

/* Would catch: certainty about NDES where nothing shows NDES; GetCRL's 500 called an outage. */
static void internal_error(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 500);
    test_judge(t);
    SAID(t, "http-500-ndes");
    QUIET(t, "http-500-impersonation");
    CONFIDENCE(t, "http-500-ndes", SCS_CERTAIN);

    struct scs_server *s = test_server(t, SERVER);
    s->is_iis = s->is_ndes = false;
    x->path_kind = SCS_PATH_OPERATION;
    test_reply_of(x)->server = NULL;
    test_text(t, test_reply_of(x), "text/plain; charset=utf-8", "pkcs7: cannot decrypt\n");
    test_judge(t);
    CONFIDENCE(t, "http-500-ndes", SCS_POSSIBLE);
    FACT(t, "http-500-ndes", "answer_text", "pkcs7: cannot decrypt");

    test_scep_request(t, x, 22, "crl");
    test_judge(t);
    QUIET(t, "http-500-ndes");
}

static void impersonation(void **state)
{
    struct test_model *t = *state;
    test_text(t, test_reply_of(test_answered(t, SCS_OP_GET_CA_CAPS, 500)), "text/html", "Error Code 0x80070542");
    test_judge(t);
    SAID(t, "http-500-impersonation");
    QUIET(t, "http-500-ndes");
}

static void only_ca_fails(void **state)
{
    struct test_model *t = *state;
    test_answered(t, SCS_OP_GET_CA_CERT, 500);
    test_judge(t);
    FACT(t, "http-500-ndes", "only_ca", "GetCACaps/GetCACert");
    test_server(t, SERVER)->ops[SCS_OP_PKI_OPERATION].failed = 1;
    test_judge(t);
    FACT(t, "http-500-ndes", "only_ca", "");
}

/* Would catch: a load balancer's 503, or a restart that is over at once, called a stopped pool. */
static void pool(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 503);
    test_httpsys(t, x, "Service Unavailable", "The service is unavailable.");
    test_judge(t);
    SAID(t, "http-503-apppool");
    QUIET(t, "http-503-other");

    struct scs_exchange *after = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_caps(t, after, SCS_CAP_SHA256);
    test_judge(t);
    QUIET(t, "http-503-apppool");
    SAID(t, "http-503-other");
}

static void pool_of_somebody_else(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 503);
    test_reply_of(x)->server = "nginx";
    test_reply_of(x)->retry_after = "600";
    test_text(t, test_reply_of(x), "text/html", "<h1>503 Service Temporarily Unavailable</h1>");
    test_judge(t);
    QUIET(t, "http-503-apppool");
    SEVERITY(t, "http-503-other", SCS_SEV_WARNING);
}

static void arr(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 502);
    test_judge(t);
    SAID(t, "http-502-arr");
    QUIET(t, "proxy-502");
    test_reply_of(x)->server = "nginx";
    test_judge(t);
    QUIET(t, "http-502-arr");
    SAID(t, "proxy-502");
}

/* Would catch: a status nobody thought of that makes the verdict "problems" and is told by no finding. */
static void every_other_5xx(void **state)
{
    static const unsigned statuses[] = {505, 507, 509, 510, 528, 530, 599};
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 505);
    test_reply_of(x)->server = "gateway/1.0";
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        test_reply_of(x)->status = statuses[i];
        test_judge(t);
        SAID(t, "http-503-other");
        SEVERITY(t, "http-503-other", SCS_SEV_ERROR);
        QUIET(t, "http-4xx-other");
    }
}

/* Would catch: a gateway's words, a portal's and a refused POST told a second time. */
static void statuses_of_others(void **state)
{
    static const unsigned statuses[] = {500, 501, 502, 504, 511, 520, 524, 527};
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 500);
    test_reply_of(x)->server = "gateway/1.0";
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        test_reply_of(x)->status = statuses[i];
        test_judge(t);
        QUIET(t, "http-503-other");
    }
}

/* Would catch: a client's question after a roll-over that no server must answer, called an outage. */
static void next_ca_is_optional(void **state)
{
    static const unsigned statuses[] = {403, 404, 500, 505};
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_NEXT_CA_CERT, 404);
    struct scs_server *s = test_server(t, SERVER);
    s->ops[SCS_OP_GET_NEXT_CA_CERT] = (struct scs_op_tally){1, 0, 1};
    s->ops[SCS_OP_GET_CA_CERT] = (struct scs_op_tally){1, 1, 0};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        test_reply_of(x)->status = statuses[i];
        test_judge(t);
        QUIET(t, "http-404-filter");
        QUIET(t, "http-404-notfound");
        QUIET(t, "http-403-operation");
        QUIET(t, "http-500-ndes");
        QUIET(t, "http-503-other");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(too_long_for_httpsys),
        TEST(limit_test_is_no_device),
        TEST(pages_of_httpsys),
        TEST(page_of_field),
        TEST(page_of_url),
        TEST(page_of_host),
        TEST(page_of_verb),
        TEST(other_400),
        TEST(policy_400),
        TEST(policy_400_httpsys),
        TEST(length_required),
        TEST(chunked),
        TEST(query_too_long),
        TEST(longer_query_served),
        TEST(detailed_page),
        TEST(url_too_long),
        TEST(wrong_path),
        TEST(caps_alone),
        TEST(body_too_large),
        TEST(forbidden),
        TEST(ntlm),
        TEST(admin_refused),
        TEST(anonymous_is_off),
        TEST(post_refused),
        TEST(the_rest),
        TEST(redirects),
        TEST(internal_error),
        TEST(impersonation),
        TEST(only_ca_fails),
        TEST(pool),
        TEST(pool_of_somebody_else),
        TEST(arr),
        TEST(every_other_5xx),
        TEST(statuses_of_others),
        TEST(next_ca_is_optional),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
