/* SPDX-License-Identifier: Apache-2.0 */
/* TLS-* but for certificates, and CONN-INTUNE-*: each rule where it holds and where something like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tls_model.h"

#define CLIENT "10.5.14.7:50000"
#define AGAIN  "10.5.14.7:50001"
#define SERVER "10.5.1.4:443"
#define ITSELF "10.5.1.4:50002"

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, NULL, 0);
    return test_finding(t, id);
}

/* ---- no answer ------------------------------------------------------------------------------------------------ */

/* Catches a reset ClientHello passed over, and one that the capture explains. */
static void test_no_serverhello(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    test_tls_end(t, s, SCS_TO_CLIENT, true, 1);
    const struct scs_finding *f = find(t, "tls-no-serverhello");
    assert_non_null(f);
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->confidence, SCS_CERTAIN);
    assert_string_equal(test_fact(t, f, "how"), "reset the connection");
    assert_string_equal(test_fact(t, f, "hop"), "");
    s.tls->flags |= SCS_TLS_GAP;
    assert_null(find(t, "tls-no-serverhello"));
}

/* Catches silence judged before five seconds are over, and a client that gave up earlier. */
static void test_no_serverhello_silence(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    assert_non_null(find(t, "tls-no-serverhello"));
    t->capture.last_ns = TEST_NS(4000);
    assert_null(find(t, "tls-no-serverhello"));
    t->capture.last_ns = TEST_NS(60000);
    test_tls_close_by_client(t, s);
    assert_null(find(t, "tls-no-serverhello"));
}

/* Catches a fault reported that the client's next connection made good. */
static void test_recovered(void **state)
{
    struct test_model *t = *state;
    test_tls_end(t, test_tls_hello(t, CLIENT, SERVER, 0), SCS_TO_CLIENT, true, 1);
    struct test_tls_shake again = test_tls_done(t, AGAIN, SERVER, 2000);
    assert_non_null(find(t, "tls-no-serverhello")); /* nothing went over it */
    test_tls_use(again);
    assert_null(find(t, "tls-no-serverhello"));
    again.c->opened_ns += 60 * INT64_C(1000000000);
    assert_non_null(find(t, "tls-no-serverhello"));
}

/* Catches any web server's trouble reported beside SCEP that works, and no doubt where none is known. */
static void test_concern(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    test_tls_end(t, s, SCS_TO_CLIENT, true, 1);
    t->model.num_servers = 0;
    s.c->flags &= ~(uint32_t)SCS_CONN_SCEP_SERVER;
    assert_int_equal(find(t, "tls-no-serverhello")->confidence, SCS_LIKELY);
    assert_int_equal(find(t, "tls-no-serverhello")->severity, SCS_SEV_ERROR);
    s.tls->sni = "www.contoso.com"; /* nothing speaks for SCEP any more */
    assert_int_equal(find(t, "tls-no-serverhello")->severity, SCS_SEV_WARNING);
    struct scs_connection before = *s.c;
    (void)scs_endpoint_parse("198.51.100.7:443", &s.c->server);
    assert_int_equal(find(t, "tls-no-serverhello")->severity, SCS_SEV_INFO);
    s.tls->sni = "SCEP-contoso.msappproxy.net";
    assert_int_equal(find(t, "tls-no-serverhello")->severity, SCS_SEV_ERROR);
    *s.c = before;
    struct scs_connection *c = test_connection(t, AGAIN, "10.5.1.9:80", 0);
    test_reply(t, test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10), 200, 5);
    assert_null(find(t, "tls-no-serverhello"));
}

/* ---- no common ground ----------------------------------------------------------------------------------------- */

/* Catches alert 70 under another name, and a fallback reported. */
static void test_version(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    test_tls_alert(t, s, true, 70);
    const struct scs_finding *f = find(t, "tls-version");
    assert_non_null(f);
    assert_string_equal(test_fact(t, f, "client_highest"), "TLSv1.2");
    assert_string_equal(test_fact(t, f, "alert"), "70");
    assert_null(test_finding(t, "tls-alert-other"));
    test_tls_use(test_tls_done(t, AGAIN, SERVER, 500));
    assert_null(find(t, "tls-version"));
}

/* Catches an old client that Windows resets called a missing certificate. */
static void test_version_old_client(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    s.tls->client_max_version = 0x0301;
    test_tls_end(t, s, SCS_TO_CLIENT, true, 1);
    assert_int_equal(find(t, "tls-version")->confidence, SCS_LIKELY);
    assert_null(test_finding(t, "tls-no-serverhello"));
    s.tls->client_max_version = 0x0303;
    assert_null(find(t, "tls-version"));
}

/* Catches a client that refuses what the server chose overlooked. */
static void test_version_chosen_too_low(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    s.tls->version = 0x0301;
    s.tls->client_min_version = 0x0303;
    test_tls_end(t, s, SCS_TO_SERVER, true, 1);
    assert_non_null(find(t, "tls-version"));
    s.tls->version = 0x0303;
    assert_null(find(t, "tls-version"));
}

/* Catches alert 40 after the server's certificate taken for ciphers. */
static void test_cipher(void **state)
{
    struct test_model *t = *state;
    test_tls_alert(t, test_tls_hello(t, CLIENT, SERVER, 0), true, 40);
    assert_non_null(find(t, "tls-cipher"));
    assert_null(test_finding(t, "tls-alert-other"));
    test_model_cleanup(t);
    test_model_init(t);
    test_tls_alert(t, test_tls_answered(t, CLIENT, SERVER, 0), true, 40);
    assert_null(find(t, "tls-cipher"));
    assert_non_null(test_finding(t, "tls-alert-other"));
}

/* Catches close_notify and a warning before a good handshake reported as faults. */
static void test_alert_other(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    test_tls_alert(t, s, true, 80);
    const struct scs_finding *f = find(t, "tls-alert-other");
    assert_int_equal(f->severity, SCS_SEV_ERROR); /* this client was not served */
    assert_string_equal(test_fact(t, f, "alert_name"), "internal_error");
    test_tls_alert(t, s, true, 0);
    assert_null(find(t, "tls-alert-other"));
    struct test_tls_shake warned = test_tls_done(t, AGAIN, SERVER, 60000);
    test_tls_alert(t, warned, true, 112);
    assert_int_equal(find(t, "tls-alert-other")->severity, SCS_SEV_WARNING); /* the handshake was done */
    struct scs_tls_alert warning = *warned.tls->alerts;
    warning.fatal = false;
    warned.tls->alerts = &warning;
    test_tls_use(warned);
    assert_null(find(t, "tls-alert-other"));
}

/* Catches a warning taken for a refusal, and a client for one without TLS, because the capture lacks what was said. */
static void test_words_unseen(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    test_tls_alert(t, s, true, 112);
    struct scs_tls_alert warning = *s.tls->alerts;
    warning.fatal = false;
    s.tls->alerts = &warning;
    assert_non_null(find(t, "tls-alert-other"));
    s.tls->flags |= SCS_TLS_GAP;
    assert_null(find(t, "tls-alert-other"));
    s.tls->flags = SCS_TLS_PLAINTEXT;
    s.c->half[SCS_TO_SERVER].data_packets = 1;
    assert_non_null(find(t, "tls-plain-on-443"));
    s.c->half[SCS_TO_SERVER].missing_bytes = 300;
    assert_null(find(t, "tls-plain-on-443"));
    s.c->half[SCS_TO_SERVER].missing_bytes = 0;
    s.c->half[SCS_TO_SERVER].data_packets = 0;
    assert_null(find(t, "tls-plain-on-443"));
}

/* Catches plain HTTP that works on port 443 reported, as behind a device that ends TLS. */
static void test_plain_on_443(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_hello(t, CLIENT, SERVER, 0);
    s.tls->flags |= SCS_TLS_PLAINTEXT;
    const struct scs_finding *f = find(t, "tls-plain-on-443");
    assert_string_equal(test_fact(t, f, "by"), "server");
    s.tls->flags = SCS_TLS_PLAINTEXT;
    struct scs_exchange *x = test_exchange(t, s.c, SCS_OP_GET_CA_CAPS, 20);
    struct scs_http_reply *r = test_reply(t, x, 400, 5);
    assert_string_equal(test_fact(t, find(t, "tls-plain-on-443"), "by"), "client");
    r->status = 200;
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "tls-plain-on-443"));
    s.tls->flags = SCS_TLS_CLIENT_HELLO | SCS_TLS_PLAINTEXT | SCS_TLS_IN_CONNECT;
    assert_null(find(t, "tls-plain-on-443"));
}

/* ---- after the handshake ------------------------------------------------------------------------------------------- */

/* Catches a monitor's handshake reported, and a device's not. */
static void test_close_early(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake before = test_tls_done(t, AGAIN, SERVER, 0);
    test_tls_close_by_client(t, test_tls_done(t, CLIENT, SERVER, 600000));
    assert_null(find(t, "tls-close-early"));
    test_tls_use(before);
    test_reply(t, test_exchange(t, before.c, SCS_OP_GET_CA_CAPS, 40), 200, 5);
    assert_int_equal(find(t, "tls-close-early")->severity, SCS_SEV_WARNING);
    before.tls->last_app_ns[SCS_TO_SERVER] = TEST_NS(599000); /* a connection it kept in reserve */
    assert_null(find(t, "tls-close-early"));
}

/* Catches the policy module's silent refusal passed over, and a monitor on the server taken for it. */
static void test_close_early_policy(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_exchange(t, test_connection(t, CLIENT, "10.5.1.4:80", 0), SCS_OP_PKI_OPERATION, 10);
    test_tls_close_by_client(t, test_tls_done(t, ITSELF, SERVER, 100));
    assert_string_equal(test_fact(t, find(t, "tls-close-early"), "hop"), "policy module");
    test_reply(t, x, 200, 20);
    assert_null(find(t, "tls-close-early"));
}

/* Catches a client that breaks off in the middle passed over, or one that a reset or an alert explains. */
static void test_close_early_midway(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    test_tls_close_by_client(t, s);
    assert_non_null(find(t, "tls-close-early"));
    s.c->half[SCS_TO_CLIENT].unacked_bytes = 2000; /* the certificate never arrived */
    assert_null(find(t, "tls-close-early"));
    s.c->half[SCS_TO_CLIENT].unacked_bytes = 0;
    test_tls_alert(t, s, true, 80);
    assert_null(find(t, "tls-close-early"));
}

/* Catches an encrypted alert of TLS 1.3 overlooked because the server closed first. */
static void test_close_early_13(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_answered(t, CLIENT, SERVER, 0);
    s.tls->version = 0x0304;
    s.tls->certificate_frame = 0;
    s.tls->server_certificate = NULL;
    s.tls->num_server_certificates = 0;
    test_tls_end(t, s, SCS_TO_CLIENT, false, 10);
    assert_null(find(t, "tls-close-early"));
    s.c->half[SCS_TO_SERVER].last_data_ns = TEST_NS(25);
    s.c->half[SCS_TO_SERVER].retransmissions = 1; /* nothing but its ClientHello again */
    assert_null(find(t, "tls-close-early"));
    s.c->half[SCS_TO_SERVER].last_new_ns = TEST_NS(25);
    assert_non_null(find(t, "tls-close-early"));
}

/* Catches a reset on the device's leg, or over TLS 1.2, blamed on TLS 1.3. */
static void test_reneg_13(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, ITSELF, SERVER, 0);
    test_tls_use(s);
    s.tls->version = 0x0304;
    s.tls->app_bytes[SCS_TO_CLIENT] = 0;
    test_tls_end(t, s, SCS_TO_CLIENT, true, 5);
    assert_int_equal(find(t, "tls-reneg-13")->confidence, SCS_LIKELY);
    s.tls->version = 0x0303;
    assert_null(find(t, "tls-reneg-13"));
    s.tls->version = 0x0304;
    s.c->client.addr.bytes[3] = 77;
    assert_null(find(t, "tls-reneg-13"));
}

/* Catches IIS's usual second handshake made a fault. */
static void test_reneg(void **state)
{
    struct test_model *t = *state;
    struct test_tls_shake s = test_tls_done(t, ITSELF, SERVER, 0);
    test_tls_use(s);
    assert_null(find(t, "tls-reneg"));
    s.tls->flags |= SCS_TLS_RENEGOTIATED;
    assert_int_equal(find(t, "tls-reneg")->severity, SCS_SEV_INFO);
}

/* Catches plain HTTP on other ports unsaid although the server says it, and 400s for other reasons taken for it. */
static void test_plain_elsewhere(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50001", "10.5.1.4:8443", 0);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CAPS, 10);
    struct scs_http_reply *reply = test_reply(t, x, 400, 20);
    test_text(t, reply, "text/html", "<h2>Bad Request - Invalid Hostname</h2>");
    assert_null(find(t, "tls-plain-on-443"));
    test_text(t, reply, "text/html", "<center>The plain HTTP request was sent to HTTPS port</center>");
    const struct scs_finding *f = find(t, "tls-plain-on-443");
    assert_int_equal(f->exchange, x->id);
    assert_string_equal(test_fact(t, f, "by"), "client");
    assert_string_equal(test_fact(t, f, "port"), "8443");
    reply->status = 200;
    assert_null(find(t, "tls-plain-on-443"));
}

/* Catches a blocked connector unsaid, other hosts taken for Intune's, and certainty about who the client is. */
static void test_intune_blocked(void **state)
{
    struct test_model *t = *state;
    test_server(t, "10.5.1.4:80");
    struct test_tls_shake s = test_tls_hello(t, ITSELF, "203.0.113.9:443", 0);
    s.c->flags &= ~(uint32_t)SCS_CONN_SCEP_SERVER;
    s.tls->sni = "fef.msub01.manage.microsoft.com";
    test_tls_end(t, s, SCS_TO_CLIENT, true, 1);
    const struct scs_finding *f = find(t, "conn-intune-blocked");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->confidence, SCS_LIKELY);
    assert_null(test_finding(t, "tls-no-serverhello"));
    s.c->client.addr.bytes[3] = 77;
    assert_int_equal(find(t, "conn-intune-blocked")->confidence, SCS_POSSIBLE);
    s.tls->sni = "www.microsoft.com";
    assert_null(find(t, "conn-intune-blocked"));
    /* A ClientHello without a name: the look-up before it tells. */
    s.tls->sni = NULL;
    assert_null(find(t, "conn-intune-blocked"));
    s.c->host = "fef.msub01.manage.microsoft.com";
    assert_string_equal(test_fact(t, find(t, "conn-intune-blocked"), "sni"), "fef.msub01.manage.microsoft.com");
}

/* Catches attempts that never became TLS left out, those at other hosts, and those of a host that comes through. */
static void test_intune_unreachable(void **state)
{
    struct test_model *t = *state;
    test_server(t, "10.5.1.4:80");
    struct scs_connection *c = test_attempt(t, "10.5.1.4:50001", "203.0.113.9:443", 0, 3);
    c->flags |= SCS_CONN_BY_SERVER;
    c->host = "www.microsoft.com";
    assert_null(find(t, "conn-intune-blocked"));
    c->host = "fef.msub01.manage.microsoft.com";
    assert_string_equal(test_fact(t, find(t, "conn-intune-blocked"), "how"), "did not answer");
    c->state = SCS_CONN_REFUSED;
    assert_string_equal(test_fact(t, find(t, "conn-intune-blocked"), "how"), "refused the connection");
    struct test_tls_shake s = test_tls_done(t, "10.5.1.4:50002", "203.0.113.10:443", 9000);
    s.tls->sni = "fef.msub02.manage.microsoft.com";
    assert_null(find(t, "conn-intune-blocked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_serverhello),
        TEST(test_no_serverhello_silence),
        TEST(test_recovered),
        TEST(test_concern),
        TEST(test_version),
        TEST(test_version_old_client),
        TEST(test_version_chosen_too_low),
        TEST(test_cipher),
        TEST(test_alert_other),
        TEST(test_words_unseen),
        TEST(test_plain_on_443),
        TEST(test_close_early),
        TEST(test_close_early_policy),
        TEST(test_close_early_midway),
        TEST(test_close_early_13),
        TEST(test_reneg_13),
        TEST(test_reneg),
        TEST(test_plain_elsewhere),
        TEST(test_intune_blocked),
        TEST(test_intune_unreachable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
