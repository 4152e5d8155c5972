/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "model.h"
#include "report/redact.h"
#include "report/reporters.h"

struct fixture {
    struct test_model t;
    json_t *root; /* of the last report */
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    test_model_init(&f.t);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    json_decref(f->root);
    test_model_cleanup(&f->t);
    return 0;
}

static json_t *report(struct fixture *f, enum scs_redaction level)
{
    char *text;
    size_t len;
    json_error_t error;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    struct scs_report_context ctx = {.model = &f->t.model, .lang = "en", .fail_on = SCS_SEV_ERROR};
    ctx.redactor = scs_redactor_for_model(level, &f->t.model);
    assert_true(scs_report_json(&ctx, out));
    scs_redactor_free(ctx.redactor);
    fclose(out);
    json_decref(f->root);
    f->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (f->root == NULL) {
        fail_msg("line %d: %s\n%s", error.line, error.text, text);
    }
    assert_null(strstr(text, "null"));
    free(text);
    return f->root;
}

/* The value at "exchanges/0/scep/request"; NULL when there is none. */
static json_t *at(json_t *value, const char *path)
{
    char *copy = strdup(path), *rest = copy;
    for (char *word; value != NULL && (word = strsep(&rest, "/")) != NULL;) {
        value = json_is_array(value) ? json_array_get(value, strtoul(word, NULL, 10)) : json_object_get(value, word);
    }
    free(copy);
    return value;
}

static void text_at(json_t *root, const char *path, const char *expected)
{
    const char *got = json_string_value(at(root, path));
    if (got == NULL || strcmp(got, expected) != 0) {
        fail_msg("%s is %s, not %s", path, got == NULL ? "absent" : got, expected);
    }
}

static void number_at(json_t *root, const char *path, json_int_t expected)
{
    json_t *value = at(root, path);
    if (!json_is_integer(value) || json_integer_value(value) != expected) {
        fail_msg("%s is %lld, not %lld", path, (long long)json_integer_value(value), (long long)expected);
    }
}

static void hidden_at(json_t *root, const char *path, const char *secret)
{
    const char *got = json_string_value(at(root, path));
    if (got == NULL || strstr(got, secret) != NULL) {
        fail_msg("%s is %s", path, got == NULL ? "absent" : got);
    }
}

static struct scs_exchange *pki_operation(struct fixture *f)
{
    test_server(&f->t, "10.5.1.4:80");
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    struct scs_exchange *x = test_exchange(&f->t, c, SCS_OP_PKI_OPERATION, 10);
    test_reply(&f->t, x, 200, 20);
    return x;
}

/* A report of an empty capture that lacks its lists, or is no JSON at all. */
static void test_empty(void **state)
{
    struct fixture *f = *state;
    f->t.capture.first_ns = f->t.capture.last_ns = SCS_NO_TIME;
    f->t.capture.num_interfaces = 0;
    json_t *root = report(f, SCS_REDACT_STANDARD);
    static const char *const lists[] = {"connections", "exchanges",          "enrolments",
                                        "findings",    "capture/interfaces", "capture/problems"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        assert_true(json_is_array(at(root, lists[i])));
        assert_int_equal(json_array_size(at(root, lists[i])), 0);
    }
    text_at(root, "summary/verdict", "nothing");
    assert_null(at(root, "capture/first"));
}

/* An exchange without its reply for which members are made up. */
static void test_absent_reply(void **state)
{
    struct fixture *f = *state;
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    test_exchange(&f->t, c, SCS_OP_GET_CA_CAPS, 10);
    json_t *root = report(f, SCS_REDACT_STANDARD);
    text_at(root, "exchanges/0/outcome", "unanswered");
    static const char *const absent[] = {"exchanges/0/duration_ms", "exchanges/0/wait_ms", "exchanges/0/http/status",
                                         "exchanges/0/http/response_body_length", "exchanges/0/scep/reply"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        assert_null(at(root, absent[i]));
    }
}

/* A CertRep whose numbers are shown where words belong, or the other way round for numbers that RFC 8894 does not assign. */
static void test_message(void **state)
{
    struct fixture *f = *state;
    struct scs_exchange *x = pki_operation(f);
    test_scep_request(&f->t, x, 99, "T1")->missing = 17;
    struct scs_pki_message *m = test_scep_reply(&f->t, x, 2);
    m->fail_info = 1;
    m->has_hresult = true;
    m->hresult = -2147024809;
    json_t *root = report(f, SCS_REDACT_STANDARD);
    text_at(root, "exchanges/0/scep/request/message_type", "99");
    text_at(root, "exchanges/0/scep/request/transaction_id", "T1");
    number_at(root, "exchanges/0/scep/request/missing", 17);
    assert_null(at(root, "exchanges/0/scep/request/pki_status"));
    text_at(root, "exchanges/0/scep/reply/message_type", "CertRep");
    text_at(root, "exchanges/0/scep/reply/pki_status", "FAILURE");
    text_at(root, "exchanges/0/scep/reply/fail_info", "badMessageCheck");
    text_at(root, "exchanges/0/scep/reply/hresult", "0x80070057");
}

/* An opened envelope that shows a name, SID or challenge, or a shut one that does not say why. */
static void test_envelope(void **state)
{
    struct fixture *f = *state;
    struct scs_exchange *x = pki_operation(f);
    struct scs_pki_message *m = test_scep_request(&f->t, x, 19, "T1");
    struct scs_envelope *e = m->envelope;
    assert_non_null(e);
    e->why_not = "no key was given";
    json_t *root = report(f, SCS_REDACT_STANDARD);
    assert_true(json_is_false(at(root, "exchanges/0/scep/request/envelope/opened")));
    text_at(root, "exchanges/0/scep/request/envelope/why_not", "no key was given");
    static const char *const sans[] = {"UPN:anna@contoso.com"};
    struct scs_csr csr = {.flags = SCS_CSR_COMPLETE, .sid = "S-1-5-21-1-2-3-1104"};
    csr.asked.subject = "O=Contoso, CN=Anna";
    csr.asked.sans = sans;
    csr.asked.num_sans = 1;
    csr.signature = SCS_VALID;
    csr.challenge = (struct scs_challenge){.present = true, .kind = SCS_CHALLENGE_OTP, .length = 16, .sha256 = "abcd"};
    e->opened = true;
    e->holds = SCS_HOLDS_CSR;
    e->csr = &csr;
    root = report(f, SCS_REDACT_STANDARD);
    text_at(root, "exchanges/0/scep/request/envelope/holds", "csr");
    assert_null(at(root, "exchanges/0/scep/request/envelope/why_not"));
    hidden_at(root, "exchanges/0/scep/request/csr/subject", "Anna");
    hidden_at(root, "exchanges/0/scep/request/csr/sans/0", "anna");
    hidden_at(root, "exchanges/0/scep/request/csr/sid", "1104");
    text_at(root, "exchanges/0/scep/request/csr/signature", "valid");
    number_at(root, "exchanges/0/scep/request/csr/challenge/length", 16);
    text_at(root, "exchanges/0/scep/request/csr/challenge/sha256", "abcd");
    root = report(f, SCS_REDACT_STRICT);
    assert_null(at(root, "exchanges/0/scep/request/csr/challenge/sha256"));
}

/* "No challenge" said of a request that was not read to its end. */
static void test_absence_needs_a_whole_request(void **state)
{
    struct fixture *f = *state;
    struct scs_pki_message *m = test_scep_request(&f->t, pki_operation(f), 19, "T1");
    struct scs_csr csr = {0};
    m->envelope->opened = true;
    m->envelope->csr = &csr;
    json_t *root = report(f, SCS_REDACT_STANDARD);
    assert_non_null(at(root, "exchanges/0/scep/request/csr"));
    assert_null(at(root, "exchanges/0/scep/request/csr/challenge"));
    csr.flags = SCS_CSR_COMPLETE;
    root = report(f, SCS_REDACT_STANDARD);
    assert_true(json_is_false(at(root, "exchanges/0/scep/request/csr/challenge/present")));
}

/* TLS whose facts are lost, or that is called opened without being so. */
static void test_tls(void **state)
{
    struct fixture *f = *state;
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:443", 0);
    struct scs_tls_facts facts = {.flags = SCS_TLS_CLIENT_HELLO | SCS_TLS_APP_DATA,
                                  .sni = "ndes.contoso.com",
                                  .cipher_name = "TLS_AES_128_GCM_SHA256",
                                  .why_not = "no key log has its client random"};
    static const struct scs_tls_alert alerts[] = {{.frame = 22, .fatal = true, .description = 48},
                                                  {.from_server = true, .description = 250}};
    facts.version = 0x0303;
    facts.alerts = alerts;
    facts.num_alerts = 2;
    facts.server_certificate = test_cert(&f->t, "CN=ndes.contoso.com", "02", SCS_ROLE_LEAF);
    c->flags |= SCS_CONN_TLS;
    c->tls = &facts;
    json_t *root = report(f, SCS_REDACT_STANDARD);
    assert_true(json_is_false(at(root, "connections/0/tls/decrypted")));
    text_at(root, "connections/0/tls/sni", "ndes.contoso.com");
    text_at(root, "connections/0/tls/version", "TLSv1.2");
    text_at(root, "connections/0/tls/alerts/0/description", "unknown_ca");
    text_at(root, "connections/0/tls/alerts/0/from", "client");
    number_at(root, "connections/0/tls/alerts/0/frame", 22);
    text_at(root, "connections/0/tls/alerts/1/description", "250");
    assert_null(at(root, "connections/0/tls/alerts/1/frame"));
    text_at(root, "connections/0/tls/why_not", "no key log has its client random");
    text_at(root, "connections/0/tls/server_certificate/subject", "CN=ndes.contoso.com");
    facts.flags |= SCS_TLS_DECRYPTED;
    facts.key_source = "keylog";
    root = report(f, SCS_REDACT_STANDARD);
    assert_true(json_is_true(at(root, "connections/0/tls/decrypted")));
    text_at(root, "connections/0/tls/key_source", "keylog");
    assert_null(at(root, "connections/0/tls/why_not"));
    root = report(f, SCS_REDACT_STRICT);
    hidden_at(root, "connections/0/tls/sni", "contoso");
    hidden_at(root, "connections/0/tls/server_certificate/subject", "contoso");
}

/* A filter that mixes the frame numbers of two files. */
static void test_evidence_of_two_files(void **state)
{
    struct fixture *f = *state;
    static const struct scs_capture_file files[] = {{.path = "a.pcap", .format = "pcap", .complete = true},
                                                    {.path = "b.pcap", .format = "pcap", .complete = true}};
    static const scs_frame frames[] = {SCS_FRAME(0, 5), SCS_FRAME(1, 7), SCS_FRAME(1, 8), SCS_FRAME(1, 9)};
    static const struct scs_fact facts[] = {{.name = "target_length", .kind = SCS_FACT_NUMBER, .number = 8912},
                                            {.name = "client", .kind = SCS_FACT_TEXT, .text = "198.51.100.7"}};
    struct scs_finding finding = {.id = "http-414",
                                  .severity = SCS_SEV_ERROR,
                                  .confidence = SCS_LIKELY,
                                  .count = 2,
                                  .first_ns = TEST_NS(0),
                                  .last_ns = TEST_NS(5),
                                  .frames = frames,
                                  .num_frames = 4,
                                  .facts = facts,
                                  .num_facts = 2};
    const struct scs_finding *list[] = {&finding};
    f->t.capture.files = files;
    f->t.capture.num_files = 2;
    f->t.model.findings = list;
    f->t.model.num_findings = 1;
    json_t *root = report(f, SCS_REDACT_STANDARD);
    text_at(root, "findings/0/file", "a.pcap");
    text_at(root, "findings/0/display_filter", "frame.number in {5}");
    number_at(root, "findings/0/frames/0", 5);
    text_at(root, "findings/0/further_evidence/0/file", "b.pcap");
    text_at(root, "findings/0/further_evidence/0/display_filter", "frame.number in {7..9}");
    text_at(root, "findings/0/confidence", "likely");
    number_at(root, "findings/0/facts/target_length", 8912);
    hidden_at(root, "findings/0/facts/client", "198");
    assert_null(at(root, "findings/0/exchange"));
}

#define JSON_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON_TEST(test_empty),
        JSON_TEST(test_absent_reply),
        JSON_TEST(test_message),
        JSON_TEST(test_envelope),
        JSON_TEST(test_absence_needs_a_whole_request),
        JSON_TEST(test_tls),
        JSON_TEST(test_evidence_of_two_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
