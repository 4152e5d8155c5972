/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on the pages of models built by hand; tests/program/test_html.py opens pages in a browser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "report/escape.h"
#include "report/html_parts.h"
#include "report/redact.h"
#include "report/reporters.h"
#include "told.h"

#define HOSTILE "\"><script>alert(1)</script><img src=x onerror='x()'>&\xe2\x80\xae\033\xff"
#define ESCAPED "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;x()&#39;&gt;&amp;\\u202e\\u001b\\xff"

static const char *report(struct test_report *r)
{
    return test_report_written(r, scs_report_html);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part)) {
        n++;
    }
    return n;
}

/* ---- escaping ------------------------------------------------------------------------------------ */

static const char *escaped(const char *text, size_t len)
{
    static char out[256];
    memset(out, 0, sizeof out);
    FILE *to = fmemopen(out, sizeof out - 1, "w");
    assert_non_null(to);
    scs_escape_html(to, text, len);
    fclose(to);
    return out;
}

/* An escape that lets markup through, ends an attribute, hides reordering, or breaks on what is no UTF-8. */
static void test_escape(void **state)
{
    (void)state;
    assert_string_equal(escaped("plain \xc3\xa5", 8), "plain \xc3\xa5");
    assert_string_equal(escaped("<a href=\"'&\">", 13), "&lt;a href=&quot;&#39;&amp;&quot;&gt;");
    assert_string_equal(escaped("\xe2\x80\xae\xe2\x81\xa6\xd8\x9c", 8), "\\u202e\\u2066\\u061c");
    assert_string_equal(escaped("\x00\x1b\x7f\n", 4), "\\u0000\\u001b\\u007f\\u000a");
    assert_string_equal(escaped("\xff\xc3<", 3), "\\xff\\xc3&lt;");
    assert_string_equal(escaped("\xef\xbb\xbf\xe2\x80\x8b", 6), "\\ufeff\\u200b");
}

/* A text of the network, of a file name or of a certificate that is written past the escape, wherever it stands. */
static void test_nothing_hostile_is_markup(void **state)
{
    struct test_report *f = *state;
    static const char *const names[] = {HOSTILE};
    static const char *const lines[] = {HOSTILE};
    static const char *const problems[] = {HOSTILE};
    static const struct scs_key_facts keys[] = {{.path = HOSTILE, .key = HOSTILE}};
    f->level = SCS_REDACT_NONE;
    struct scs_enrolment *e = test_told_enrolment(&f->t, "10.5.14.22:50000", 404, 0);
    e->subject = e->transaction_id = HOSTILE;
    struct scs_exchange *x =
        test_exchange(&f->t, test_connection(&f->t, "10.5.14.22:50001", "10.5.1.4:80", 100), SCS_OP_GET_CA_CAPS, 110);
    struct scs_http_reply *reply = test_reply(&f->t, x, 500, 5);
    struct scs_http_request *request = test_request(x);
    request->method = request->host = request->target = request->user_agent = request->m.via = HOSTILE;
    reply->server = reply->m.content_type = reply->location = reply->m.body_text = HOSTILE;
    struct scs_caps *caps = test_caps(&f->t, x, 0);
    caps->lines = lines;
    caps->num_lines = 1;
    struct scs_cert_facts *cert = test_cert(&f->t, HOSTILE, HOSTILE, SCS_ROLE_CA);
    cert->issuer = cert->key = cert->signature_algorithm = cert->sha1 = HOSTILE;
    cert->sans = names;
    cert->num_sans = 1;
    struct scs_tls_facts tls = {.sni = HOSTILE, .why_not = HOSTILE, .server_certificate = cert};
    struct scs_connection *shut = test_connection(&f->t, "10.5.14.22:50002", "10.5.1.4:443", 200);
    shut->flags |= SCS_CONN_TLS;
    shut->tls = &tls;
    struct scs_fact fact = {.name = "page", .kind = SCS_FACT_TEXT, .text = HOSTILE};
    struct scs_finding *said = test_told_finding(&f->t, &f->told, HOSTILE, SCS_SEV_ERROR, 1);
    said->facts = &fact;
    said->num_facts = 1;
    f->t.file.path = f->t.file.sha256 = f->t.file.format = HOSTILE;
    f->t.file.problems = problems;
    f->t.file.num_problems = 1;
    f->t.interface.name = f->t.interface.description = HOSTILE;
    f->t.model.keys = keys;
    f->t.model.num_keys = 1;
    const char *page = report(f);
    test_has(page, ESCAPED);
    test_has_not(page, "<script>alert");
    test_has_not(page, "<img");
    test_has_not(page, "onerror='");
    test_has_not(page, "\xe2\x80\xae");
    test_has_not(page, "\033");
    test_has_not(page, "\xff");
    assert_int_equal(count(page, "<script"), 1);
    assert_int_equal(count(page, "<style"), 1);
    assert_true(count(page, "&quot;&gt;&lt;script") > 15);
}

/* ---- what stands on the page --------------------------------------------------------------------- */

/* A page without verdict, first step, filter, or the way from a finding to its enrolment and back. */
static void test_failure(void **state)
{
    struct test_report *f = *state;
    static const scs_frame frames[] = {6, 8, 1201, 1202, 1203};
    static const uint32_t about[] = {2};
    test_told_enrolment(&f->t, "10.5.14.7:50000", 200, 0);
    test_told_enrolment(&f->t, "10.5.14.22:50000", 414, 1000);
    struct scs_finding *said = test_told_finding(&f->t, &f->told, "http-414", SCS_SEV_ERROR, 2);
    said->frames = frames;
    said->num_frames = 5;
    said->enrolments = about;
    said->num_enrolments = 1;
    const char *page = report(f);
    test_has(page, "<!DOCTYPE html>\n<html lang=\"en\">");
    test_has(page, "Content-Security-Policy");
    test_has(page, "Problems</h2>\n<p class=\"sentence\">1 of 2 enrolments failed");
    test_has(page, "<b>First step</b>");
    test_has(page, "<article class=\"finding error\" id=\"f1\">");
    test_has(page, "<code class=\"filter\">frame.number in {6,8,1201..1203}</code>");
    test_has(page, "<dt>Enrolments</dt><dd><a href=\"#l2\">2</a>");
    test_has(page, "<tr id=\"e2\"><th scope=\"row\"><a href=\"#l2\">2</a>");
    test_has(page, "<a href=\"#f1\"><code>http-414</code></a>");
    test_has(page, "<h4 id=\"l2\">Enrolment 2</h4>");
    test_has(page, "scepscope ended with status 1.");
}

/* A page that finds something to say where nothing is wrong, or nothing where nothing could be seen. */
static void test_healthy_and_empty(void **state)
{
    struct test_report *f = *state;
    test_told_enrolment(&f->t, "10.5.14.7:50000", 200, 0);
    const char *page = report(f);
    test_has(page, "OK</h2>");
    test_has(page, "<p>Nothing to report.</p>");
    test_has_not(page, "First step");
    f->t.model.num_enrolments = f->t.model.num_exchanges = f->t.model.num_connections = 0;
    f->t.capture.packets = 0;
    f->t.capture.first_ns = f->t.capture.last_ns = SCS_NO_TIME;
    page = report(f);
    test_has(page, "Nothing found</h2>");
    test_has(page, "No fault was found in what could be read.");
    test_has_not(page, "id=\"enrolments\"");
    test_has_not(page, "href=\"#exchanges\"");
}

/* Reports that differ for the same model, as those with a clock or an address in them do. */
static void test_same_bytes(void **state)
{
    struct test_report *f = *state;
    test_told_enrolment(&f->t, "10.5.14.22:50000", 404, 0);
    char *first = strdup(report(f));
    assert_string_equal(first, report(f));
    free(first);
}

/* A page that shows who enrolled, or what the administrator's page says. */
static void test_names_are_redacted(void **state)
{
    struct test_report *f = *state;
    struct scs_enrolment *e = test_told_enrolment(&f->t, "198.51.100.22:50000", 404, 0);
    e->subject = "O=Contoso, CN=Anna Berg";
    struct scs_exchange *x =
        test_exchange(&f->t, test_connection(&f->t, "10.5.14.7:50001", "10.5.1.4:80", 100), SCS_OP_PAGE, 110);
    x->path_kind = SCS_PATH_ADMIN;
    test_text(&f->t, test_reply(&f->t, x, 500, 1), "text/html", "The enrollment challenge password is: 0123456789ABCDEF");
    const char *page = report(f);
    test_has_not(page, "Anna");
    test_has_not(page, "198.51.100.22");
    test_has_not(page, "0123456789ABCDEF");
    test_has(page, "O=Contoso, CN=name-");
    f->level = SCS_REDACT_STRICT;
    page = report(f);
    test_has_not(page, "10.5.14.7");
    test_has_not(page, "ndes.contoso.com");
    test_has_not(page, ">CN=device<");
}

/* ---- ladders ------------------------------------------------------------------------------------- */

/* A ladder with lanes for parties that were not seen, or without the policy module where it was. */
static void test_lanes(void **state)
{
    struct test_report *f = *state;
    struct scs_enrolment *e = test_told_enrolment(&f->t, "10.5.14.7:50000", 200, 0);
    const char *page = report(f);
    test_has(page, ">Device</text>");
    test_has(page, ">NDES</text>");
    test_has_not(page, ">Proxy</text>");
    test_has_not(page, ">Policy module</text>");
    test_has(page, ">PKCSReq POST, 2,513 bytes</text>");
    test_has(page, ">200</text>");
    struct scs_exchange *policy =
        test_exchange(&f->t, test_connection(&f->t, "10.5.1.4:50000", "10.5.1.4:443", 5), SCS_OP_VERIFY_REQUEST, 6);
    test_reply(&f->t, policy, 200, 1);
    e->policy_exchanges = &policy->id;
    e->num_policy_exchanges = 1;
    page = report(f);
    test_has(page, ">Policy module</text>");
    const char *asked = strstr(page, ">VerifyRequest"), *done = strstr(page, ">200</text>");
    assert_true(asked != NULL && done != NULL);
    assert_true(strstr(page, ">PKCSReq POST") < asked);
}

/* A proxy that marked the request taken for the device, or a leg that nobody captured drawn as if it were. */
static void test_proxy_lane(void **state)
{
    struct test_report *f = *state;
    test_told_enrolment(&f->t, "10.5.1.1:50000", 200, 0);
    struct scs_exchange *x = NULL;
    memcpy(&x, &f->t.exchanges[0], sizeof x);
    test_request(x)->m.via = "10.5.14.7";
    const char *page = report(f);
    test_has(page, ">Proxy</text>");
    test_has(page, ">behind the proxy</text>");
    assert_int_equal(count(page, "class=\"relay\""), 2);
    test_request(x)->m.via = NULL;
    test_reply_of(x)->m.via = "1.1 tinyproxy";
    page = report(f);
    test_has(page, ">Proxy</text>");
    assert_int_equal(count(page, "class=\"relay\""), 2);
}

/* A ladder that shows a message which the network lost as delivered, or hides that it was sent again. */
static void test_losses(void **state)
{
    struct test_report *f = *state;
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    struct scs_exchange *x = test_exchange(&f->t, c, SCS_OP_PKI_OPERATION, 1);
    x->why_unanswered = "client closed";
    c->half[SCS_TO_SERVER].retransmissions = 4;
    c->half[SCS_TO_SERVER].worst_retransmissions = 4;
    c->half[SCS_TO_SERVER].worst_frame = x->first_frame;
    c->half[SCS_TO_CLIENT].rst_ns = TEST_NS(90);
    c->half[SCS_TO_CLIENT].rst_frame = 99;
    c->state = SCS_CONN_RESET;
    test_enrolment(&f->t, SCS_ENROLMENT_FAILED, x, NULL);
    const char *page = report(f);
    test_has(page, " sent 5 times</text>");
    test_has(page, ">no reply: client closed</text>");
    test_has(page, ">RST</text>");
    test_has(page, ">frame 99</text>");
    struct scs_http_request *request = test_request(x);
    request->m.flags = SCS_HTTP_NETWORK_CUT;
    test_has(report(f), "the connection ends inside it");
}

/* A device that never connected, without a ladder. */
static void test_attempts(void **state)
{
    struct test_report *f = *state;
    struct scs_exchange *x =
        test_exchange(&f->t, test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0), SCS_OP_GET_CA_CAPS, 1);
    test_reply(&f->t, x, 200, 1);
    struct scs_connection *silent = test_attempt(&f->t, "10.5.14.9:50000", "10.5.1.4:80", 1000, 3);
    struct scs_enrolment *blocked = test_enrolment(&f->t, SCS_ENROLMENT_BLOCKED, x, NULL);
    blocked->client = silent->client.addr;
    blocked->server = silent->server;
    blocked->num_exchanges = 0;
    const char *page = report(f);
    test_has(page, ">SYN, no answer</text>");
    test_has(page, ">sent 3 times</text>");
    test_has(page, "BLOCKED</span>");
}

/* A retry storm that fills the page. */
static void test_long_ladder(void **state)
{
    struct test_report *f = *state;
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    static uint32_t ids[300];
    struct scs_exchange *x = NULL;
    for (uint32_t i = 0; i < 300; i++) {
        x = test_exchange(&f->t, c, SCS_OP_GET_CA_CERT, 10 * (int64_t)i);
        test_reply(&f->t, x, 500, 1);
        ids[i] = x->id;
    }
    struct scs_enrolment *e = test_enrolment(&f->t, SCS_ENROLMENT_FAILED, x, NULL);
    e->exchanges = ids;
    e->num_exchanges = 300;
    const char *page = report(f);
    test_has(page, ">... 260 exchanges ...</text>");
    assert_int_equal(count(page, ">GetCACert</text>"), SCS_HTML_LADDER_MESSAGES);
}

/* ---- tables -------------------------------------------------------------------------------------- */

/* Validity that is counted from the wrong end, or from today instead of the capture's time. */
static void test_validity(void **state)
{
    struct test_report *f = *state;
    struct scs_exchange *x =
        test_exchange(&f->t, test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0), SCS_OP_GET_CA_CERT, 1);
    test_reply(&f->t, x, 200, 1);
    struct scs_ca_certs *certs = test_ca_certs(&f->t, x);
    static struct scs_cert_facts list[3];
    static const struct scs_cert_facts *const pointers[] = {&list[0], &list[1], &list[2]};
    const int64_t now = TEST_T0_S + 3600, day = 86400;
    for (size_t i = 0; i < 3; i++) {
        list[i] = *certs->certificates[0];
        list[i].sha256 = i == 0 ? "a" : i == 1 ? "b" : "c";
    }
    list[0].not_before = now - 100 * day, list[0].not_after = now - 3 * day;
    list[1].not_before = now + 2 * day, list[1].not_after = now + 90 * day;
    list[2].not_before = now - 1 * day, list[2].not_after = now + 14 * day;
    certs->certificates = pointers;
    const char *page = report(f);
    test_has(page, "expired 3 days before</span>");
    test_has(page, "not yet valid: 2 days to go</span>");
    test_has(page, "mark wait\">14 days left</span>");
}

/* Lists without an end, or that end without a word. */
static void test_lists_are_bounded(void **state)
{
    struct test_report *f = *state;
    char client[32];
    for (unsigned i = 0; i < 250; i++) {
        snprintf(client, sizeof client, "10.5.%u.%u:50000", 14 + i / 200, 1 + i % 200);
        test_told_enrolment(&f->t, client, 200, (int64_t)i * 100);
    }
    test_told_enrolment(&f->t, "10.5.99.1:50000", 404, 26000);
    const char *page = report(f);
    test_has(page, "50 more succeeded: the JSON report lists them.");
    test_has(page, "150 more went well: the JSON report lists them.");
    test_has(page, "10.5.99.1 <small>windows");
    test_has(page, "<svg class=\"timeline\"");
    test_has(page, "1 failed (solid)");
    test_has(page, "250 succeeded (outlined)");
}

/* A page that keeps quiet about what it could not see. */
static void test_unseen(void **state)
{
    struct test_report *f = *state;
    static const char *const problems[] = {"cut short after packet 812"};
    test_told_enrolment(&f->t, "10.5.14.7:50000", 200, 0);
    test_told_finding(&f->t, &f->told, "cap-midstream", SCS_SEV_INFO, 0);
    f->t.file.complete = false;
    f->t.file.problems = problems;
    f->t.file.num_problems = 1;
    const char *page = report(f), *unseen = strstr(page, "<section id=\"unseen\"");
    assert_non_null(unseen);
    test_has(unseen, "test.pcapng: cut short after packet 812.");
    test_has(unseen, "<code>cap-midstream</code>");
    test_has(page, "The evidence is incomplete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        REPORT_TEST(test_nothing_hostile_is_markup),
        REPORT_TEST(test_failure),
        REPORT_TEST(test_healthy_and_empty),
        REPORT_TEST(test_same_bytes),
        REPORT_TEST(test_names_are_redacted),
        REPORT_TEST(test_lanes),
        REPORT_TEST(test_proxy_lane),
        REPORT_TEST(test_losses),
        REPORT_TEST(test_attempts),
        REPORT_TEST(test_long_ladder),
        REPORT_TEST(test_validity),
        REPORT_TEST(test_lists_are_bounded),
        REPORT_TEST(test_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
