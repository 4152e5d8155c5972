/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "evidence/scrub.h"

static const uint8_t key[32] = {7, 7, 7};

struct scene {
    struct scs_redactor *redactor;
    struct scs_disguise *disguise;
    struct scs_scrub *scrub;
};

static struct scene scene_at(enum scs_redaction level)
{
    static const struct scs_model nothing;
    struct scene s = {.redactor = scs_redactor_new(level, key)};
    s.disguise = scs_disguise_new(s.redactor);
    s.scrub = scs_scrub_new(&nothing, s.disguise);
    return s;
}

static void end(struct scene *s)
{
    scs_scrub_free(s->scrub);
    scs_disguise_free(s->disguise);
    scs_redactor_free(s->redactor);
}

/* Scrubs `request` as the client's stream; pieces end at `cut` and begin again at `resume`. */
static void scrub(enum scs_redaction level, const char *request, size_t cut, size_t resume, char *out)
{
    struct scene s = scene_at(level);
    size_t len = strlen(request);
    struct scs_piece pieces[2] = {{0, (uint32_t)cut}, {(uint32_t)resume, (uint32_t)len}};
    struct scs_scrub_stream streams[2] = {
        {.in = (const uint8_t *)request, .out = (uint8_t *)out, .pieces = pieces, .num_pieces = cut < len ? 2 : 1}};
    memset(out, '?', len);
    out[len] = '\0';
    scs_scrub_conversation(s.scrub, streams, false);
    end(&s);
}

static const char request[] = "GET /certsrv/mscep_admin/?password=hunter2222 HTTP/1.1\r\n"
                              "Host: ndes.contoso.com\r\n"
                              "Authorization: Basic YW5uYTpnZWhlaW0=\r\n"
                              "X-Badge: anna the third\r\n"
                              "X-Forwarded-For: 93.184.216.34, 10.1.2.3\r\n"
                              "\r\n";

static void shows(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("%s is missing in %s", part, text);
    }
}

static void hides(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("%s shows in %s", part, text);
    }
}

/* Credentials that stay at the level that hides nothing else; names hidden where they need not be. */
static void test_secrets(void **state)
{
    char out[sizeof request];
    (void)state;
    scrub(SCS_REDACT_SECRETS, request, strlen(request), 0, out);
    hides(out, "YW5uYTpnZWhlaW0=");
    hides(out, "hunter2222");
    shows(out, "Authorization: Basic ");
    shows(out, "X-Badge: anna the third\r\n");
    shows(out, "93.184.216.34");
}

/* A field nobody knows copied; private addresses and hosts hidden too early. */
static void test_standard(void **state)
{
    char out[sizeof request];
    (void)state;
    scrub(SCS_REDACT_STANDARD, request, strlen(request), 0, out);
    hides(out, "anna");
    hides(out, "93.184.216.34");
    shows(out, "10.1.2.3");
    shows(out, "Host: ndes.contoso.com\r\n");
    shows(out, "GET /certsrv/mscep_admin/?password=");
    assert_int_equal(strlen(out), strlen(request));
}

static void test_strict(void **state)
{
    char out[sizeof request];
    (void)state;
    scrub(SCS_REDACT_STRICT, request, strlen(request), 0, out);
    hides(out, "contoso");
    hides(out, "10.1.2.3");
    shows(out, "GET /certsrv/mscep_admin/?password=");
}

/* Half a name behind a hole or before one: nobody knows it by its half. */
static void test_holes(void **state)
{
    char out[sizeof request];
    size_t at = (size_t)(strstr(request, "anna the") - request);
    (void)state;
    scrub(SCS_REDACT_STANDARD, request, at + 3, at + 5, out);
    hides(out, "ann");
    hides(out, "the third");
}

/* A message in a query whose length changes, or whose name stays: the whole is base64 of a SEQUENCE with a CN in it. */
static void test_message_in_query(void **state)
{
    static const char get[] = "GET /certsrv/mscep/mscep.dll?operation=PKIOperation&message="
                              "MBcxFTATBgNVBAMTDERFVklDRS0wMTA3eA%3D%3D HTTP/1.1\r\n\r\n";
    char out[sizeof get];
    (void)state;
    scrub(SCS_REDACT_STANDARD, get, strlen(get), 0, out);
    shows(out, "operation=PKIOperation&message=MBcxFTATBgNVBAMTD");
    shows(out, "%3D%3D HTTP/1.1\r\n");
    hides(out, "REVWSUNF"); /* DEVICE */
    hides(out, "ERFVklDRS0");
    assert_int_equal(strlen(out), strlen(get));
}

/* Bytes of no known protocol copied. */
static void test_unknown(void **state)
{
    static const char bytes[] = "\x05 bind to anna@contoso.com";
    char out[sizeof bytes];
    (void)state;
    scrub(SCS_REDACT_STANDARD, bytes, strlen(bytes), 0, out);
    assert_int_equal(strspn(out, "x"), strlen(bytes));
}

static struct scs_addr addr(const char *text)
{
    struct scs_endpoint e;
    assert_true(scs_endpoint_parse(text, &e));
    return e.addr;
}

static unsigned common_bits(const struct scs_addr *a, const struct scs_addr *b)
{
    unsigned n = 0;
    while (n < 32 && ((a->bytes[n / 8] ^ b->bytes[n / 8]) >> (7 - n % 8) & 1) == 0) {
        n++;
    }
    return n;
}

/* Addresses that change their kind, lose their common prefix, or have another disguise the next time. */
static void test_addresses(void **state)
{
    struct scene s = scene_at(SCS_REDACT_STRICT);
    struct scs_addr a = addr("10.20.30.40"), b = addr("10.20.30.41"), again = addr("10.20.30.40"), loop = addr("127.0.0.1");
    struct scs_addr public = addr("93.184.216.34");
    (void)state;
    scs_disguise_addr(s.disguise, &a);
    scs_disguise_addr(s.disguise, &b);
    scs_disguise_addr(s.disguise, &again);
    scs_disguise_addr(s.disguise, &loop);
    scs_disguise_addr(s.disguise, &public);
    assert_true(scs_addr_equal(&a, &again));
    assert_int_equal(a.bytes[0], 10);
    assert_int_equal(common_bits(&a, &b), 31);
    assert_int_equal(loop.bytes[0], 127);
    assert_false(scs_addr_private(&public));
    assert_false(public.bytes[0] == 93 && public.bytes[1] == 184 && public.bytes[2] == 216 && public.bytes[3] == 34);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets),   cmocka_unit_test(test_standard),         cmocka_unit_test(test_strict),
        cmocka_unit_test(test_holes),     cmocka_unit_test(test_message_in_query), cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
