/* SPDX-License-Identifier: Apache-2.0 */
/* TLS-* and CONN-INTUNE-*: each rule where it holds and where something like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model.h"

#define CLIENT "10.5.14.7:50000"
#define AGAIN  "10.5.14.7:50001"
#define SERVER "10.5.1.4:443"
#define ITSELF "10.5.1.4:50002"
#define NAME   "ndes.contoso.com"
#define DAY_S  INT64_C(86400)

static int setup(void **state)
{
    static struct test_model t;
    test_model_init(&t);
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    test_model_cleanup(*state);
    return 0;
}

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, NULL, 0);
    return test_finding(t, id);
}

/* ---- handshakes -------------------------------------------------------------------------------------------- */

/* A ClientHello ten milliseconds after the start, and what came of it. */
struct shake {
    struct scs_connection *c;
    struct scs_tls_facts *tls;
};

static struct shake hello(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct scs_connection *c = test_connection(t, client, server, at_ms);
    struct scs_tls_facts *tls = SCS_ARENA_NEW(t->arena, struct scs_tls_facts);
    *tls = (struct scs_tls_facts){.flags = SCS_TLS_CLIENT_HELLO,
                                  .client_max_version = 0x0303,
                                  .client_min_version = 0x0301,
                                  .sni = NAME,
                                  .client_hello_ns = TEST_NS(at_ms + 10),
                                  .server_hello_ns = SCS_NO_TIME,
                                  .done_ns = SCS_NO_TIME,
                                  .client_hello_frame = t->next_frame++,
                                  .first_app_ns = {SCS_NO_TIME, SCS_NO_TIME},
                                  .last_app_ns = {SCS_NO_TIME, SCS_NO_TIME}};
    c->flags |= SCS_CONN_TLS;
    c->tls = tls;
    c->half[SCS_TO_SERVER].data_packets = 1;
    c->half[SCS_TO_SERVER].first_data_ns = c->half[SCS_TO_SERVER].last_data_ns = TEST_NS(at_ms + 10);
    c->last_ns = TEST_NS(at_ms + 10);
    return (struct shake){c, tls};
}

/* A certificate of the issuing CA for `san`. */
static struct scs_cert_facts *certificate(struct test_model *t, const char *san, enum scs_cert_role role)
{
    struct scs_cert_facts *cert = test_cert(t, "CN=ndes", "0a", role);
    const char **sans = SCS_ARENA_ARRAY(t->arena, 1, const char *);
    sans[0] = san;
    cert->sans = sans;
    cert->num_sans = 1;
    cert->issuer = "DC=com, DC=contoso, CN=Contoso Issuing CA";
    cert->issuer_sha256 = "issuing";
    cert->flags &= ~(uint32_t)SCS_CERT_SELF_ISSUED;
    return cert;
}

static struct scs_cert_facts *give_certificate(struct test_model *t, struct shake s, const char *san, uint32_t sent)
{
    struct scs_cert_facts *cert = certificate(t, san, SCS_ROLE_LEAF);
    const struct scs_cert_facts **chain = SCS_ARENA_ARRAY(t->arena, sent, const struct scs_cert_facts *);
    for (uint32_t i = 1; i < sent; i++) {
        chain[i] = test_cert(t, "CN=Contoso Issuing CA", "0b", SCS_ROLE_CA);
    }
    chain[0] = cert;
    s.tls->server_certificate = cert;
    s.tls->server_chain = chain;
    s.tls->num_server_certificates = sent;
    return cert;
}

/* ServerHello and Certificate of TLS 1.2, the CA's with it. */
static struct shake answered(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct shake s = hello(t, client, server, at_ms);
    s.tls->flags |= SCS_TLS_SERVER_HELLO;
    s.tls->version = 0x0303;
    s.tls->server_hello_ns = TEST_NS(at_ms + 20);
    s.tls->server_hello_frame = s.tls->certificate_frame = t->next_frame++;
    s.c->half[SCS_TO_CLIENT].data_packets = 1;
    s.c->half[SCS_TO_CLIENT].first_data_ns = s.c->half[SCS_TO_CLIENT].last_data_ns = TEST_NS(at_ms + 20);
    s.c->last_ns = TEST_NS(at_ms + 20);
    give_certificate(t, s, "DNS:" NAME, 2);
    return s;
}

static struct shake done(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct shake s = answered(t, client, server, at_ms);
    s.tls->flags |= SCS_TLS_HANDSHAKE_DONE;
    s.tls->done_ns = s.c->last_ns = TEST_NS(at_ms + 30);
    return s;
}

static void use(struct shake s)
{
    s.tls->flags |= SCS_TLS_APP_DATA;
    for (int dir = 0; dir < 2; dir++) {
        s.tls->app_bytes[dir] = 400;
        s.tls->app_records[dir] = 1;
        s.tls->first_app_ns[dir] = s.tls->last_app_ns[dir] = s.c->last_ns;
    }
    s.c->half[SCS_TO_SERVER].last_data_ns = s.c->last_ns;
    s.c->half[SCS_TO_CLIENT].last_data_ns = s.c->last_ns + 1000000;
}

static void alert(struct test_model *t, struct shake s, bool from_server, uint8_t description)
{
    struct scs_tls_alert *a = SCS_ARENA_NEW(t->arena, struct scs_tls_alert);
    *a = (struct scs_tls_alert){
        .frame = t->next_frame++, .ts_ns = s.c->last_ns, .from_server = from_server, .fatal = true, .description = description};
    s.tls->alerts = a;
    s.tls->num_alerts = 1;
    if (from_server) {
        s.c->half[SCS_TO_CLIENT].data_packets++;
    }
}

static void end(struct test_model *t, struct shake s, enum scs_dir dir, bool rst, int64_t after_ms)
{
    struct scs_half *half = &s.c->half[dir];
    s.c->last_ns += after_ms * 1000000;
    *(rst ? &half->rst_ns : &half->fin_ns) = s.c->last_ns;
    *(rst ? &half->rst_frame : &half->fin_frame) = t->next_frame++;
    half->rst_ttl = half->usual_ttl;
    s.c->state = rst ? SCS_CONN_RESET : SCS_CONN_CLOSED;
}

static void close_by_client(struct test_model *t, struct shake s)
{
    end(t, s, SCS_TO_SERVER, false, 5);
}

/* ---- no answer ------------------------------------------------------------------------------------------------ */

/* Catches a reset ClientHello passed over, and one that the capture explains. */
static void test_no_serverhello(void **state)
{
    struct test_model *t = *state;
    struct shake s = hello(t, CLIENT, SERVER, 0);
    end(t, s, SCS_TO_CLIENT, true, 1);
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
    struct shake s = hello(t, CLIENT, SERVER, 0);
    assert_non_null(find(t, "tls-no-serverhello"));
    t->capture.last_ns = TEST_NS(4000);
    assert_null(find(t, "tls-no-serverhello"));
    t->capture.last_ns = TEST_NS(60000);
    close_by_client(t, s);
    assert_null(find(t, "tls-no-serverhello"));
}

/* Catches a fault reported that the client's next connection made good. */
static void test_recovered(void **state)
{
    struct test_model *t = *state;
    end(t, hello(t, CLIENT, SERVER, 0), SCS_TO_CLIENT, true, 1);
    struct shake again = done(t, AGAIN, SERVER, 2000);
    assert_non_null(find(t, "tls-no-serverhello")); /* nothing went over it */
    use(again);
    assert_null(find(t, "tls-no-serverhello"));
    again.c->opened_ns += 60 * INT64_C(1000000000);
    assert_non_null(find(t, "tls-no-serverhello"));
}

/* Catches any web server's trouble reported beside SCEP that works, and no doubt where none is known. */
static void test_concern(void **state)
{
    struct test_model *t = *state;
    struct shake s = hello(t, CLIENT, SERVER, 0);
    end(t, s, SCS_TO_CLIENT, true, 1);
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
    struct shake s = hello(t, CLIENT, SERVER, 0);
    alert(t, s, true, 70);
    const struct scs_finding *f = find(t, "tls-version");
    assert_non_null(f);
    assert_string_equal(test_fact(t, f, "client_highest"), "TLSv1.2");
    assert_string_equal(test_fact(t, f, "alert"), "70");
    assert_null(test_finding(t, "tls-alert-other"));
    use(done(t, AGAIN, SERVER, 500));
    assert_null(find(t, "tls-version"));
}

/* Catches an old client that Windows resets called a missing certificate. */
static void test_version_old_client(void **state)
{
    struct test_model *t = *state;
    struct shake s = hello(t, CLIENT, SERVER, 0);
    s.tls->client_max_version = 0x0301;
    end(t, s, SCS_TO_CLIENT, true, 1);
    assert_int_equal(find(t, "tls-version")->confidence, SCS_LIKELY);
    assert_null(test_finding(t, "tls-no-serverhello"));
    s.tls->client_max_version = 0x0303;
    assert_null(find(t, "tls-version"));
}

/* Catches a client that refuses what the server chose overlooked. */
static void test_version_chosen_too_low(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    s.tls->version = 0x0301;
    s.tls->client_min_version = 0x0303;
    end(t, s, SCS_TO_SERVER, true, 1);
    assert_non_null(find(t, "tls-version"));
    s.tls->version = 0x0303;
    assert_null(find(t, "tls-version"));
}

/* Catches alert 40 after the server's certificate taken for ciphers. */
static void test_cipher(void **state)
{
    struct test_model *t = *state;
    alert(t, hello(t, CLIENT, SERVER, 0), true, 40);
    assert_non_null(find(t, "tls-cipher"));
    assert_null(test_finding(t, "tls-alert-other"));
    test_model_cleanup(t);
    test_model_init(t);
    alert(t, answered(t, CLIENT, SERVER, 0), true, 40);
    assert_null(find(t, "tls-cipher"));
    assert_non_null(test_finding(t, "tls-alert-other"));
}

/* Catches close_notify and a warning before a good handshake reported as faults. */
static void test_alert_other(void **state)
{
    struct test_model *t = *state;
    struct shake s = hello(t, CLIENT, SERVER, 0);
    alert(t, s, true, 80);
    const struct scs_finding *f = find(t, "tls-alert-other");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    assert_string_equal(test_fact(t, f, "alert_name"), "internal_error");
    alert(t, s, true, 0);
    assert_null(find(t, "tls-alert-other"));
    struct shake warned = done(t, AGAIN, SERVER, 60000);
    alert(t, warned, true, 112);
    assert_non_null(find(t, "tls-alert-other"));
    struct scs_tls_alert warning = *warned.tls->alerts;
    warning.fatal = false;
    warned.tls->alerts = &warning;
    use(warned);
    assert_null(find(t, "tls-alert-other"));
}

/* Catches a warning taken for a refusal, and a client for one without TLS, because the capture lacks what was said. */
static void test_words_unseen(void **state)
{
    struct test_model *t = *state;
    struct shake s = hello(t, CLIENT, SERVER, 0);
    alert(t, s, true, 112);
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
    struct shake s = hello(t, CLIENT, SERVER, 0);
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

/* ---- the server's certificate ------------------------------------------------------------------------------------ */

/* Catches distrust under a general name, and an alert of the server's taken for the client's. */
static void test_client_distrusts(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    alert(t, s, false, 48);
    const struct scs_finding *f = find(t, "tls-alert-client-certunknown");
    assert_string_equal(test_fact(t, f, "issuer"), "DC=com, DC=contoso, CN=Contoso Issuing CA");
    assert_null(test_finding(t, "tls-alert-other"));
    alert(t, s, true, 48);
    assert_null(find(t, "tls-alert-client-certunknown"));
    assert_non_null(test_finding(t, "tls-alert-other"));
}

/* Catches a missing intermediate unsaid, and one missed where the issuer is known as the root. */
static void test_chain_incomplete(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 600000);
    struct scs_cert_facts *leaf = give_certificate(t, s, "DNS:" NAME, 1);
    alert(t, s, false, 48);
    assert_int_equal(find(t, "tls-chain-incomplete")->severity, SCS_SEV_WARNING);
    assert_null(test_finding(t, "tls-alert-client-certunknown"));
    leaf->flags |= SCS_CERT_SELF_ISSUED;
    assert_null(find(t, "tls-chain-incomplete"));
    assert_non_null(test_finding(t, "tls-alert-client-certunknown"));
    leaf->flags &= ~(uint32_t)SCS_CERT_SELF_ISSUED;
    struct scs_exchange *x = test_exchange(t, test_connection(t, "10.5.14.8:50000", SERVER, 0), SCS_OP_GET_CA_CERT, 10);
    test_reply(t, x, 200, 5);
    test_ca_certs(t, x);
    leaf->issuer_sha256 = x->ca_certs->certificates[2]->subject_sha256;
    assert_null(find(t, "tls-chain-incomplete"));
}

/* Catches a wrong name unsaid, and one reported of a client that went on. */
static void test_name_mismatch(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, CLIENT, SERVER, 0);
    give_certificate(t, s, "DNS:ndes01.corp.local", 2);
    assert_null(find(t, "tls-name-mismatch")); /* still open */
    close_by_client(t, s);
    const struct scs_finding *f = find(t, "tls-name-mismatch");
    assert_string_equal(test_fact(t, f, "sni"), NAME);
    assert_string_equal(test_fact(t, f, "names"), "DNS:ndes01.corp.local");
    assert_string_equal(test_fact(t, f, "hop"), "");
    s.tls->flags |= SCS_TLS_GAP; /* its requests may be what the capture lacks */
    assert_null(find(t, "tls-name-mismatch"));
    s.tls->flags &= ~(uint32_t)SCS_TLS_GAP;
    use(s);
    assert_null(find(t, "tls-name-mismatch"));
}

/* Catches a wildcard that covers the name, a client that named none, and an unknown CA said to be a wrong name. */
static void test_name_mismatch_near(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, CLIENT, SERVER, 0);
    give_certificate(t, s, "DNS:*.contoso.com", 2);
    close_by_client(t, s);
    assert_null(find(t, "tls-name-mismatch"));
    give_certificate(t, s, "DNS:*.example.com", 2);
    assert_non_null(find(t, "tls-name-mismatch"));
    s.tls->sni = NULL;
    assert_null(find(t, "tls-name-mismatch"));
    s.tls->sni = NAME;
    alert(t, s, false, 48);
    assert_null(find(t, "tls-name-mismatch"));
    alert(t, s, false, 46);
    assert_non_null(find(t, "tls-name-mismatch"));
    assert_null(test_finding(t, "tls-alert-client-certunknown"));
}

/* Catches the policy module's trouble told as a device's. */
static void test_name_mismatch_policy(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, ITSELF, SERVER, 0);
    give_certificate(t, s, "DNS:ndes.example.com", 2);
    alert(t, s, false, 0);
    s.c->half[SCS_TO_SERVER].last_data_ns = TEST_NS(31); /* what can be seen of its alert */
    end(t, s, SCS_TO_CLIENT, false, 2);
    assert_string_equal(test_fact(t, find(t, "tls-name-mismatch"), "hop"), "policy module");
}

/* Catches expiry judged by a clock that the server's dates show to be wrong, and severity where clients do not mind. */
static void test_server_expired(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    struct scs_cert_facts *leaf = give_certificate(t, s, "DNS:" NAME, 2);
    leaf->not_after = TEST_T0_S - 3 * DAY_S;
    const struct scs_finding *f = find(t, "tls-servercert-expired");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_string_equal(test_fact(t, f, "days"), "3");
    t->capture.clock_offset_s = -5 * DAY_S;
    t->capture.clock_samples = 3;
    assert_null(find(t, "tls-servercert-expired"));
    t->capture.clock_offset_s = SCS_NO_TIME;
    use(s);
    assert_int_equal(find(t, "tls-servercert-expired")->severity, SCS_SEV_WARNING);
}

/* Catches alert 45 unheard when the leaf is in date, and a fresh certificate called expired. */
static void test_alert_45(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    struct scs_cert_facts *leaf = give_certificate(t, s, "DNS:" NAME, 2);
    alert(t, s, false, 45);
    assert_int_equal(find(t, "tls-servercert-expired")->confidence, SCS_LIKELY);
    assert_null(test_finding(t, "tls-servercert-notyet"));
    leaf->not_before = TEST_T0_S - 3600;
    assert_int_equal(find(t, "tls-servercert-notyet")->severity, SCS_SEV_WARNING);
    assert_null(test_finding(t, "tls-servercert-expired"));
}

/* Catches minutes between clocks taken for a certificate from the future. */
static void test_server_not_yet(void **state)
{
    struct test_model *t = *state;
    struct scs_cert_facts *leaf = give_certificate(t, answered(t, CLIENT, SERVER, 0), "DNS:" NAME, 2);
    leaf->not_before = TEST_T0_S + 240;
    assert_null(find(t, "tls-servercert-notyet"));
    leaf->not_before = TEST_T0_S + 7200;
    assert_non_null(find(t, "tls-servercert-notyet"));
}

/* Catches an organisation's own CA called inspection, and a product's not. */
static void test_inspection(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    struct scs_cert_facts *leaf = give_certificate(t, s, "DNS:" NAME, 1);
    assert_null(find(t, "tls-inspection"));
    leaf->issuer = "C=US, O=Zscaler Inc., CN=Zscaler Intermediate Root CA (zscaler.net)";
    assert_string_equal(test_fact(t, find(t, "tls-inspection"), "product"), "Zscaler");
    leaf->issuer = "CN=Contoso Issuing CA";
    s.tls->sni = "fef.msub01.manage.microsoft.com";
    assert_string_equal(test_fact(t, find(t, "tls-inspection"), "product"), "unknown");
    leaf->issuer = "C=US, O=Microsoft Corporation, CN=Microsoft Azure RSA TLS Issuing CA 03";
    assert_null(find(t, "tls-inspection"));
}

/* ---- the client's certificate -------------------------------------------------------------------------------------- */

static struct scs_exchange *verify(struct test_model *t, struct shake s, unsigned status)
{
    use(s);
    s.tls->flags |= SCS_TLS_DECRYPTED;
    struct scs_exchange *x = test_exchange(t, s.c, SCS_OP_VERIFY_REQUEST, 40);
    test_reply(t, x, status, 5);
    return x;
}

/* Catches 403 told without its cause, and a certificate that is asked for and not needed. */
static void test_client_absent(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, ITSELF, SERVER, 0);
    s.tls->flags |= SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY;
    struct scs_exchange *x = verify(t, s, 403);
    const struct scs_finding *f = find(t, "tls-clientcert-absent");
    assert_int_equal(f->exchange, x->id);
    assert_null(test_finding(t, "policy-403"));
    assert_true(test_is_consequence(f, "policy-403"));
    test_reply_of(x)->status = 201;
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "tls-clientcert-absent"));
}

/* Catches a device without a certificate reported where nothing can be read, the policy module's leg let pass. */
static void test_client_absent_unread(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, CLIENT, SERVER, 0);
    s.tls->flags |= SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY;
    use(s);
    assert_null(find(t, "tls-clientcert-absent"));
    s.c->client = s.c->server;
    assert_int_equal(find(t, "tls-clientcert-absent")->confidence, SCS_LIKELY);
}

/* Catches a server that insists (alert 40 after asking, 116) overlooked on the device's leg. */
static void test_client_absent_alert(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    s.tls->flags |= SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY;
    alert(t, s, true, 40);
    assert_non_null(find(t, "tls-clientcert-absent"));
    s.tls->flags &= ~(uint32_t)(SCS_TLS_CERTIFICATE_REQUEST | SCS_TLS_CLIENT_CERT_EMPTY);
    assert_null(find(t, "tls-clientcert-absent"));
    alert(t, s, true, 116);
    assert_non_null(find(t, "tls-clientcert-absent"));
}

/* Catches no extended key usage at all, which means any, taken for a wrong one. */
static void test_client_eku(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, ITSELF, SERVER, 0);
    struct scs_cert_facts *leaf = certificate(t, "DNS:" NAME, SCS_ROLE_LEAF);
    leaf->flags = SCS_CERT_HAS_EKU | SCS_CERT_EKU_SERVER_AUTH;
    s.tls->client_certificate = leaf;
    struct scs_exchange *x = verify(t, s, 403);
    assert_true(test_is_consequence(find(t, "tls-clientcert-eku"), "policy-403"));
    leaf->flags |= SCS_CERT_EKU_CLIENT_AUTH;
    assert_null(find(t, "tls-clientcert-eku"));
    assert_non_null(test_finding(t, "policy-403"));
    leaf->flags = 0;
    assert_null(find(t, "tls-clientcert-eku"));
    leaf->flags = SCS_CERT_HAS_EKU;
    test_reply_of(x)->status = 201;
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "tls-clientcert-eku"));
}

/* Catches an expired client certificate unsaid, and a valid one blamed. */
static void test_client_expired(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, ITSELF, SERVER, 0);
    struct scs_cert_facts *leaf = certificate(t, "DNS:" NAME, SCS_ROLE_LEAF);
    leaf->flags |= SCS_CERT_HAS_EKU | SCS_CERT_EKU_CLIENT_AUTH;
    s.tls->client_certificate = leaf;
    verify(t, s, 403);
    assert_null(find(t, "tls-clientcert-expired"));
    leaf->not_after = TEST_T0_S - 10 * DAY_S;
    assert_string_equal(test_fact(t, find(t, "tls-clientcert-expired"), "days"), "10");
}

/* Catches a client's alert 44 about the server taken for its own revocation. */
static void test_client_revoked(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, ITSELF, SERVER, 0);
    alert(t, s, true, 44);
    assert_non_null(find(t, "tls-clientcert-revoked"));
    alert(t, s, false, 44);
    assert_null(find(t, "tls-clientcert-revoked"));
    assert_non_null(test_finding(t, "tls-alert-other"));
}

/* ---- after the handshake ------------------------------------------------------------------------------------------- */

/* Catches a monitor's handshake reported, and a device's not. */
static void test_close_early(void **state)
{
    struct test_model *t = *state;
    struct shake before = done(t, AGAIN, SERVER, 0);
    close_by_client(t, done(t, CLIENT, SERVER, 600000));
    assert_null(find(t, "tls-close-early"));
    use(before);
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
    close_by_client(t, done(t, ITSELF, SERVER, 100));
    assert_string_equal(test_fact(t, find(t, "tls-close-early"), "hop"), "policy module");
    test_reply(t, x, 200, 20);
    assert_null(find(t, "tls-close-early"));
}

/* Catches a client that breaks off in the middle passed over, or one that a reset or an alert explains. */
static void test_close_early_midway(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    close_by_client(t, s);
    assert_non_null(find(t, "tls-close-early"));
    s.c->half[SCS_TO_CLIENT].unacked_bytes = 2000; /* the certificate never arrived */
    assert_null(find(t, "tls-close-early"));
    s.c->half[SCS_TO_CLIENT].unacked_bytes = 0;
    alert(t, s, true, 80);
    assert_null(find(t, "tls-close-early"));
}

/* Catches an encrypted alert of TLS 1.3 overlooked because the server closed first. */
static void test_close_early_13(void **state)
{
    struct test_model *t = *state;
    struct shake s = answered(t, CLIENT, SERVER, 0);
    s.tls->version = 0x0304;
    s.tls->certificate_frame = 0;
    s.tls->server_certificate = NULL;
    s.tls->num_server_certificates = 0;
    end(t, s, SCS_TO_CLIENT, false, 10);
    assert_null(find(t, "tls-close-early"));
    s.c->half[SCS_TO_SERVER].last_data_ns = TEST_NS(25);
    assert_non_null(find(t, "tls-close-early"));
}

/* Catches a reset on the device's leg, or over TLS 1.2, blamed on TLS 1.3. */
static void test_reneg_13(void **state)
{
    struct test_model *t = *state;
    struct shake s = done(t, ITSELF, SERVER, 0);
    use(s);
    s.tls->version = 0x0304;
    s.tls->app_bytes[SCS_TO_CLIENT] = 0;
    end(t, s, SCS_TO_CLIENT, true, 5);
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
    struct shake s = done(t, ITSELF, SERVER, 0);
    use(s);
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
    struct shake s = hello(t, ITSELF, "203.0.113.9:443", 0);
    s.c->flags &= ~(uint32_t)SCS_CONN_SCEP_SERVER;
    s.tls->sni = "fef.msub01.manage.microsoft.com";
    end(t, s, SCS_TO_CLIENT, true, 1);
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
    struct shake s = done(t, "10.5.1.4:50002", "203.0.113.10:443", 9000);
    s.tls->sni = "fef.msub02.manage.microsoft.com";
    assert_null(find(t, "conn-intune-blocked"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(test_client_distrusts),
        TEST(test_chain_incomplete),
        TEST(test_name_mismatch),
        TEST(test_name_mismatch_near),
        TEST(test_name_mismatch_policy),
        TEST(test_server_expired),
        TEST(test_alert_45),
        TEST(test_server_not_yet),
        TEST(test_inspection),
        TEST(test_client_absent),
        TEST(test_client_absent_unread),
        TEST(test_client_absent_alert),
        TEST(test_client_eku),
        TEST(test_client_expired),
        TEST(test_client_revoked),
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
