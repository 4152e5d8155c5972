/* SPDX-License-Identifier: Apache-2.0 */
/* What a SCEP server fetches to check certificates: in vain, out of date, and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/rules.h"
#include "model.h"

#define DAY_S INT64_C(86400)

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, scs_rules_revocation, scs_num_rules_revocation);
    return test_finding(t, id);
}

/* A GET of `target` by the SCEP server, answered with `status`. */
static struct scs_revocation *fetch(struct test_model *t, const char *target, uint16_t status)
{
    struct scs_revocation *r = SCS_ARENA_NEW(t->arena, struct scs_revocation);
    struct scs_http_request *request = SCS_ARENA_NEW(t->arena, struct scs_http_request);
    struct scs_http_reply *reply = SCS_ARENA_NEW(t->arena, struct scs_http_reply);
    assert_true(t->model.num_revocations < TEST_MODEL_FEW);
    t->revocations[t->model.num_revocations++] = r;
    request->target = target;
    reply->status = status;
    *r = (struct scs_revocation){.client = {.family = 4, .bytes = {10, 5, 1, 4}},
                                 .server = {.addr = {.family = 4, .bytes = {10, 5, 14, 22}}, .port = 80},
                                 .request = request,
                                 .reply = reply,
                                 .started_ns = TEST_NS(0),
                                 .first_frame = t->next_frame++};
    r->last_frame = t->next_frame++;
    return r;
}

static struct scs_crl_facts *list(struct test_model *t, struct scs_revocation *r, int64_t next_update)
{
    struct scs_crl_facts *crl = SCS_ARENA_NEW(t->arena, struct scs_crl_facts);
    *crl = (struct scs_crl_facts){.issuer = "CN=CA", .this_update = next_update - 7 * DAY_S, .next_update = next_update};
    r->crl = crl;
    return crl;
}

/* Catches a failure left out, and one told although another place had the same list. */
static void test_fetch_failed(void **state)
{
    struct test_model *t = *state;
    fetch(t, "/CertEnroll/CA.crl", 404);
    const struct scs_finding *f = find(t, "tls-ocsp-crl-fail");
    assert_string_equal(test_fact(t, f, "status"), "404");
    assert_int_equal(f->num_frames, 2);
    fetch(t, "/backup/CA.crl", 200);
    assert_null(find(t, "tls-ocsp-crl-fail"));
}

/* Catches 403.13 told beside the list that could not be had, and taken as its work when it came before. */
static void test_claims_403_13(void **state)
{
    struct test_model *t = *state;
    struct scs_revocation *r = fetch(t, "/CertEnroll/CA.crl", 404);
    struct scs_connection *c = test_connection(t, "10.5.1.4:50000", "10.5.1.4:443", 1000);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_VERIFY_REQUEST, 1010);
    x->path_kind = SCS_PATH_CRP;
    test_text(t, test_reply(t, x, 403, 10), "text/html", "<h3>HTTP Error 403.13 - Forbidden</h3>");
    test_diagnose(t, NULL, 0);
    const struct scs_finding *f = test_finding(t, "tls-ocsp-crl-fail");
    assert_true(test_is_consequence(f, "policy-403-13"));
    assert_int_equal(f->exchanges[0], x->id);
    assert_null(test_finding(t, "policy-403-13"));
    r->started_ns = TEST_NS(5000);
    test_diagnose(t, NULL, 0);
    assert_non_null(test_finding(t, "policy-403-13"));
}

/* Catches a missing delta list, and silence that the capture is to blame for. */
static void test_fetch_quiet(void **state)
{
    struct test_model *t = *state;
    fetch(t, "/CertEnroll/CA+.crl", 404);
    assert_null(find(t, "tls-ocsp-crl-fail"));
    struct scs_revocation *r = fetch(t, "/ocsp", 200);
    r->reply = NULL;
    r->ocsp = true;
    assert_null(find(t, "tls-ocsp-crl-fail"));
    r->unanswered = true;
    assert_string_equal(test_fact(t, find(t, "tls-ocsp-crl-fail"), "what"), "an OCSP answer");
}

/* Catches lists in date, without an end, or judged by a clock that is known to be wrong. */
static void test_expired(void **state)
{
    struct test_model *t = *state;
    struct scs_crl_facts *crl = list(t, fetch(t, "/CertEnroll/CA.crl", 200), TEST_T0_S - 2 * DAY_S);
    assert_string_equal(test_fact(t, find(t, "tls-crl-expired"), "issuer"), "CN=CA");
    assert_null(find(t, "tls-ocsp-crl-fail"));
    crl->next_update = TEST_T0_S + DAY_S;
    assert_null(find(t, "tls-crl-expired"));
    t->capture.clock_offset_s = 2 * DAY_S;
    assert_non_null(find(t, "tls-crl-expired"));
    crl->next_update = SCS_NO_TIME;
    assert_null(find(t, "tls-crl-expired"));
}

static struct scs_ocsp_facts *answered(struct test_model *t, uint8_t status, int64_t next_update)
{
    struct scs_revocation *r = fetch(t, "/ocsp", 200);
    struct scs_ocsp_facts *answer = SCS_ARENA_NEW(t->arena, struct scs_ocsp_facts);
    *answer = (struct scs_ocsp_facts){.status = status, .this_update = TEST_T0_S - 7 * DAY_S, .next_update = next_update};
    r->ocsp = true;
    r->answer = answer;
    return answer;
}

/* Catches OCSP's refusals, which come with status 200, taken for answers, and old answers for new ones. */
static void test_ocsp(void **state)
{
    struct test_model *t = *state;
    struct scs_ocsp_facts *answer = answered(t, 0, TEST_T0_S + DAY_S);
    assert_null(find(t, "tls-ocsp-crl-fail"));
    assert_null(find(t, "tls-crl-expired"));
    answer->next_update = TEST_T0_S - DAY_S;
    assert_non_null(find(t, "tls-crl-expired"));
    *answer = (struct scs_ocsp_facts){.status = 3, .this_update = SCS_NO_TIME, .next_update = SCS_NO_TIME};
    assert_string_equal(test_fact(t, find(t, "tls-ocsp-crl-fail"), "response_status"), "tryLater");
    answered(t, 0, TEST_T0_S + DAY_S);
    assert_null(find(t, "tls-ocsp-crl-fail"));
}

/* Catches any host that does not answer blamed, and one that answered at another time. */
static void test_unreachable(void **state)
{
    struct test_model *t = *state;
    struct scs_connection *c = test_attempt(t, "10.5.1.4:50001", "10.5.14.22:80", 0, 3);
    c->host = "crl.contoso.com";
    assert_null(find(t, "tls-ocsp-crl-fail"));
    c->flags |= SCS_CONN_BY_SERVER;
    const struct scs_finding *f = find(t, "tls-ocsp-crl-fail");
    assert_string_equal(test_fact(t, f, "host"), "crl.contoso.com");
    assert_int_equal(f->severity, SCS_SEV_WARNING);
    c->host = "www.contoso.com";
    assert_null(find(t, "tls-ocsp-crl-fail"));
    c->host = "crl.contoso.com";
    fetch(t, "/CertEnroll/CA.crl", 200);
    assert_null(find(t, "tls-ocsp-crl-fail"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_fetch_failed), TEST(test_fetch_quiet), TEST(test_claims_403_13),
                                       TEST(test_expired),      TEST(test_ocsp),        TEST(test_unreachable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
