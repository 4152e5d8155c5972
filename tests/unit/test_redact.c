/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "report/redact.h"

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t other_key[32] = {9};

static struct scs_redactor *at(enum scs_redaction level)
{
    return scs_redactor_new(level, key);
}

static void is(const char *got, const char *expected)
{
    assert_non_null(got);
    assert_string_equal(got, expected);
}

static void is_hidden(const char *got, const char *secret)
{
    assert_non_null(got);
    if (strstr(got, secret) != NULL) {
        fail_msg("%s still shows %s", got, secret);
    }
}

/* The token of "prefix-xxxxxxxx" is eight hex digits. */
static void is_token(const char *got, const char *prefix)
{
    size_t n = strlen(prefix);
    assert_non_null(got);
    assert_memory_equal(got, prefix, n);
    assert_int_equal(strlen(got), n + 9);
    assert_int_equal(strspn(got + n + 1, "0123456789abcdef"), 8);
}

static struct scs_addr addr(const char *text)
{
    struct scs_endpoint e;
    assert_true(scs_endpoint_parse(text, &e));
    return e.addr;
}

/* A redactor that hides something at level none, or lets NULL through to strlen. */
static void test_none_changes_nothing(void **state)
{
    struct scs_redactor *r = at(SCS_REDACT_NONE);
    struct scs_addr public = addr("198.51.100.7");
    (void)state;
    is(scs_redact_subject(r, "CN=Anna"), "CN=Anna");
    is(scs_redact_san(r, "UPN:anna@contoso.com"), "UPN:anna@contoso.com");
    is(scs_redact_addr(r, &public), "198.51.100.7");
    is(scs_redact_target(r, "/x?password=1"), "/x?password=1");
    is(scs_redact_text(r, "from 198.51.100.7"), "from 198.51.100.7");
    assert_null(scs_redact_subject(r, NULL));
    assert_null(scs_redact_san(r, NULL));
    assert_null(scs_redact_host(r, NULL));
    assert_null(scs_redact_target(r, NULL));
    assert_null(scs_redact_text(r, NULL));
    assert_null(scs_redact_payload(r, NULL));
    assert_null(scs_redact_agent(r, NULL));
    assert_null(scs_redact_attribute(r, NULL));
    scs_redactor_free(r);
    scs_redactor_free(NULL);
}

/* A redactor whose tokens change between calls, fields or runs, or do not depend on the key. */
static void test_same_value_same_token(void **state)
{
    struct scs_redactor *a = at(SCS_REDACT_STANDARD), *b = at(SCS_REDACT_STANDARD);
    struct scs_redactor *c = scs_redactor_new(SCS_REDACT_STANDARD, other_key);
    (void)state;
    char first[64];
    snprintf(first, sizeof first, "%s", scs_redact_subject(a, "CN=LAPTOP-1"));
    is_token(first + 3, "name");
    scs_redactor_forget(a);
    is(scs_redact_subject(a, "CN=LAPTOP-1"), first);
    is(scs_redact_subject(b, "CN=LAPTOP-1"), first);
    is(scs_redact_san(b, "DNS:LAPTOP-1") + 4, first + 3);
    assert_string_not_equal(scs_redact_subject(b, "CN=LAPTOP-2"), first);
    assert_string_not_equal(scs_redact_subject(c, "CN=LAPTOP-1"), first);
    scs_redactor_free(a);
    scs_redactor_free(b);
    scs_redactor_free(c);
}

/* A redactor that hides the organisation, shows the person, or loses the structure of the name. */
static void test_subject_hides_person_and_device(void **state)
{
    struct scs_redactor *r = at(SCS_REDACT_STANDARD);
    (void)state;
    const char *got =
        scs_redact_subject(r, "C=SE, O=Contoso, OU=7f3a-device, CN=Anna Berg, E=anna@contoso.com, serialNumber=C02XK");
    assert_non_null(strstr(got, "C=SE, O=Contoso, OU=name-"));
    assert_non_null(strstr(got, ", CN=name-"));
    is_hidden(got, "Anna");
    is_hidden(got, "anna@");
    is_hidden(got, "C02XK");
    is_hidden(got, "7f3a");
    is(scs_redact_subject(r, ""), "");
    is(scs_redact_subject(r, "CN="), "CN=");
    is_token(scs_redact_subject(r, "no name at all"), "name");
    scs_redactor_free(r);
}

/* A redactor that takes an escaped comma for the end of a value and shows what follows (RFC 4514 2.4). */
static void test_subject_understands_escapes(void **state)
{
    struct scs_redactor *r = at(SCS_REDACT_STANDARD);
    (void)state;
    is_hidden(scs_redact_subject(r, "CN=Berg\\, O=Anna, C=SE"), "Anna");
    is_hidden(scs_redact_subject(r, "CN=Berg\\+O=Anna"), "Anna");
    const char *got = scs_redact_subject(r, "O=Contoso+CN=Anna");
    assert_non_null(strstr(got, "O=Contoso+CN=name-"));
    is_hidden(scs_redact_subject(r, "CN=ends with \\"), "ends");
    scs_redactor_free(r);
}

/* A redactor that hides the CA or RA, whose names the administrator must see; or shows them when strict. */
static void test_authorities_stay(void **state)
{
    struct scs_redactor *r = at(SCS_REDACT_STANDARD);
    (void)state;
    scs_redactor_keep(r, "C=SE, CN=NDES01-MSCEP-RA");
    is(scs_redact_subject(r, "C=SE, CN=NDES01-MSCEP-RA"), "C=SE, CN=NDES01-MSCEP-RA");
    is_hidden(scs_redact_subject(r, "CN=NDES01-MSCEP-RA"), "NDES01");
    scs_redactor_keep(r, NULL);
    is(scs_redact_authority(r, "CN=Contoso CA"), "CN=Contoso CA");
    is(scs_redact_server_san(r, "DNS:ndes.contoso.com"), "DNS:ndes.contoso.com");
    scs_redactor_free(r);
    struct scs_redactor *strict = at(SCS_REDACT_STRICT);
    scs_redactor_keep(strict, "CN=NDES01-MSCEP-RA");
    is_hidden(scs_redact_subject(strict, "CN=NDES01-MSCEP-RA"), "NDES01");
    is_hidden(scs_redact_authority(strict, "O=Contoso, CN=Contoso CA"), "Contoso");
    is_hidden(scs_redact_server_san(strict, "DNS:ndes.contoso.com"), "contoso");
    scs_redactor_free(strict);
}

/* A redactor that does not learn the authorities from GetCACert, or takes a device that calls itself a CA for one. */
static void test_authorities_of_model(void **state)
{
    struct test_model t;
    (void)state;
    test_model_init(&t);
    struct scs_connection *c = test_connection(&t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    struct scs_exchange *x = test_exchange(&t, c, SCS_OP_GET_CA_CERT, 10);
    test_reply(&t, x, 200, 5);
    struct scs_ca_certs *certs = test_ca_certs(&t, x);
    struct scs_exchange *p = test_exchange(&t, c, SCS_OP_PKI_OPERATION, 100);
    struct scs_pki_message *m = test_scep_request(&t, p, 19, "T1");
    struct scs_cert_facts *device = test_cert(&t, "CN=LAPTOP-1", "01", SCS_ROLE_CA);
    device->flags |= SCS_CERT_IS_CA;
    m->signer = device;
    struct scs_redactor *r = scs_redactor_for_model(SCS_REDACT_STANDARD, &t.model);
    is(scs_redact_subject(r, certs->certificates[0]->subject), certs->certificates[0]->subject);
    is_hidden(scs_redact_subject(r, "CN=LAPTOP-1"), "LAPTOP");
    scs_redactor_free(r);
    test_model_cleanup(&t);
}

/* A redactor that shows public addresses, hides private ones below strict, or loses the port. */
static void test_addresses(void **state)
{
    struct scs_redactor *standard = at(SCS_REDACT_STANDARD), *strict = at(SCS_REDACT_STRICT), *secrets = at(SCS_REDACT_SECRETS);
    struct scs_endpoint public = {.addr = addr("198.51.100.7"), .port = 443}, private = {.addr = addr("10.5.14.7"), .port = 80};
    struct scs_endpoint six = {.addr = addr("2001:db8::1"), .port = 80};
    (void)state;
    is(scs_redact_endpoint(secrets, &public), "198.51.100.7:443");
    is(scs_redact_endpoint(standard, &private), "10.5.14.7:80");
    is_token(scs_redact_addr(standard, &public.addr), "ip");
    const char *got = scs_redact_endpoint(standard, &public);
    is_hidden(got, "198");
    is(got + strlen(got) - 4, ":443");
    is_hidden(scs_redact_endpoint(standard, &six), "2001");
    is_hidden(scs_redact_endpoint(strict, &private), "10.5");
    scs_redactor_free(standard);
    scs_redactor_free(strict);
    scs_redactor_free(secrets);
}

/* A redactor that shows an address because it stands in a Host header, or tells "NDES" from "ndes". */
static void test_hosts(void **state)
{
    struct scs_redactor *standard = at(SCS_REDACT_STANDARD), *strict = at(SCS_REDACT_STRICT);
    (void)state;
    is(scs_redact_host(standard, "ndes.contoso.com"), "ndes.contoso.com");
    is(scs_redact_host(standard, "10.5.1.4:80"), "10.5.1.4:80");
    is_hidden(scs_redact_host(standard, "198.51.100.7:8080"), "198");
    is_token(scs_redact_host(strict, "ndes.contoso.com"), "host");
    char first[64];
    snprintf(first, sizeof first, "%s", scs_redact_host(strict, "ndes.contoso.com"));
    is(scs_redact_host(strict, "NDES.contoso.com"), first);
    assert_memory_equal(scs_redact_host(strict, "ndes.contoso.com:8080"), first, strlen(first));
    scs_redactor_free(standard);
    scs_redactor_free(strict);
}

/* A redactor that overlooks an address or user inside a sentence, or takes a number, time or version for an address. */
static void test_free_text(void **state)
{
    struct scs_redactor *r = at(SCS_REDACT_STANDARD), *strict = at(SCS_REDACT_STRICT);
    (void)state;
    is_hidden(scs_redact_text(r, "seen from 198.51.100.7."), "198.51");
    is_hidden(scs_redact_text(r, "for=\"[2001:db8::17]:4711\""), "2001:db8");
    is_hidden(scs_redact_text(r, "198.51.100.7, 203.0.113.9"), "203.0");
    is_hidden(scs_redact_text(r, "user anna.berg@contoso.com refused"), "anna");
    is(scs_redact_text(r, "at 09:15:07, 2.16.840.1.101, 10.5.1.4:80 and cafe: ok."),
       "at 09:15:07, 2.16.840.1.101, 10.5.1.4:80 and cafe: ok.");
    is(scs_redact_text(r, ""), "");
    is(scs_redact_agent(r, "Chrome/114.0.0.0"), "Chrome/114.0.0.0");
    is_hidden(scs_redact_text(strict, "10.5.1.4:443 (ndes.contoso.com)"), "contoso");
    is_hidden(scs_redact_text(strict, "10.5.1.4:443 (ndes.contoso.com)"), "10.5");
    is(scs_redact_text(strict, "sha256 and 2.16.840.1"), "sha256 and 2.16.840.1");
    is_token(scs_redact_payload(strict, "<html>Error</html>"), "text");
    is(scs_redact_payload(r, "<html>Error</html>"), "<html>Error</html>");
    scs_redactor_free(r);
    scs_redactor_free(strict);
}

/* A redactor that prints a password of a URL, or hides the query that the diagnosis is about. */
static void test_targets(void **state)
{
    struct scs_redactor *secrets = at(SCS_REDACT_SECRETS), *strict = at(SCS_REDACT_STRICT);
    (void)state;
    is(scs_redact_target(secrets, "/certsrv/mscep/mscep.dll?operation=GetCACaps&message=x"),
       "/certsrv/mscep/mscep.dll?operation=GetCACaps&message=x");
    const char *got = scs_redact_target(secrets, "/scep?operation=GetCACert&ChallengePassword=S3cret&x=1");
    is_hidden(got, "S3cret");
    assert_non_null(strstr(got, "&x=1"));
    is_hidden(scs_redact_target(secrets, "/scep?otp=12345678"), "12345678");
    is(scs_redact_target(secrets, "/scep?password="), "/scep?password=");
    is_token(scs_redact_target(strict, "/certsrv/mscep"), "target");
    scs_redactor_free(secrets);
    scs_redactor_free(strict);
}

/* A redactor that shows machine and user of an attribute it does not know. */
static void test_attributes(void **state)
{
    struct scs_redactor *r = at(SCS_REDACT_STANDARD);
    (void)state;
    const char *got = scs_redact_attribute(r, "1.3.6.1.4.1.311.21.20=4c4150544f50");
    is_hidden(got, "4c4150");
    assert_memory_equal(got, "1.3.6.1.4.1.311.21.20=", 22);
    is(scs_redact_attribute(r, "named"), "named");
    scs_redactor_free(r);
}

/* A redactor that shows in a finding's facts what it hides elsewhere. */
static void test_facts_of_findings(void **state)
{
    struct scs_redactor *r = at(SCS_REDACT_STANDARD);
    (void)state;
    is_hidden(scs_redact_fact(r, "client", "198.51.100.7"), "198");
    is_hidden(scs_redact_fact(r, "client", "198.51.100.7:50000"), "198");
    is(scs_redact_fact(r, "server", "10.5.1.4:80"), "10.5.1.4:80");
    is_hidden(scs_redact_fact(r, "subject", "CN=Anna"), "Anna");
    is_hidden(scs_redact_fact(r, "some_new_name", "C=SE, CN=Anna"), "Anna");
    is_hidden(scs_redact_fact(r, "some_new_name", "sent by 198.51.100.7"), "198");
    is(scs_redact_fact(r, "issuer", "CN=Contoso CA"), "CN=Contoso CA");
    is(scs_redact_fact(r, "cipher", "des-cbc"), "des-cbc");
    scs_redactor_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_changes_nothing),
        cmocka_unit_test(test_same_value_same_token),
        cmocka_unit_test(test_subject_hides_person_and_device),
        cmocka_unit_test(test_subject_understands_escapes),
        cmocka_unit_test(test_authorities_stay),
        cmocka_unit_test(test_authorities_of_model),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_free_text),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_facts_of_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
