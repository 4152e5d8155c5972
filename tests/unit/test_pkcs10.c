/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/sha.h>

#include "base/buf.h"
#include "der.h"
#include "dissectors/facts_text.h"
#include "dissectors/pkcs10.h"
#include "hex.h"
#include "messages.h"

#define SHA256_RSA        "300d06092a864886f70d01010b0500"
#define SIGNATURE         "03050001020304"
#define CHALLENGE_OID     "06092a864886f70d010907"
#define EXTENSION_REQUEST "06092a864886f70d01090e"
#define MS_EXTENSIONS     "060a2b0601040182370201 0e"
#define CN                "0603550403"

struct world {
    struct scs_arena *arena;
    struct scs_cert_cache *cache;
    struct scs_csr csr;
    struct scs_csr_proof proof;
    uint8_t *bytes;
};

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->arena = scs_arena_new();
    w->cache = scs_cert_cache_new(w->arena);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    free(w->bytes);
    scs_cert_cache_free(w->cache);
    scs_arena_free(w->arena);
    free(w);
    return 0;
}

static enum scs_status read_hex(struct world *w, const char *hex)
{
    size_t len;
    free(w->bytes);
    w->bytes = test_hex(hex, &len);
    struct scs_cursor in = scs_cursor_of(w->bytes, len);
    return scs_pkcs10_read(&in, w->cache, w->arena, &w->csr, &w->proof);
}

static const char *spki(struct scs_arena *a)
{
    const char *rsa = der(a, "30", "0209", "00", "8000000000000001", "020103", NULL);
    return der(a, "30", "300d06092a864886f70d0101010500", der(a, "03", "00", rsa, NULL), NULL);
}

static const char *rdn(struct scs_arena *a, const char *value)
{
    return der(a, "31", der(a, "30", CN, value, NULL), NULL);
}

static const char *attribute(struct scs_arena *a, const char *oid, const char *value)
{
    return der(a, "30", oid, der(a, "31", value, NULL), NULL);
}

/* A request with this subject (the contents of the Name) and these attributes. */
static enum scs_status read_request(struct world *w, const char *subject, const char *attributes)
{
    struct scs_arena *a = w->arena;
    const char *info = der(a, "30", "020100", der(a, "30", subject, NULL), spki(a), der(a, "a0", attributes, NULL), NULL);
    return read_hex(w, der(a, "30", info, SHA256_RSA, SIGNATURE, NULL));
}

static enum scs_status read_challenge(struct world *w, const char *value)
{
    return read_request(w, rdn(w->arena, der_text(w->arena, "13", "x")), attribute(w->arena, CHALLENGE_OID, value));
}

static enum scs_status read_extensions(struct world *w, const char *oid, const char *extensions)
{
    return read_request(w, "", attribute(w->arena, oid, der(w->arena, "30", extensions, NULL)));
}

static const char *extension(struct scs_arena *a, const char *oid, const char *value)
{
    return der(a, "30", der(a, "06", oid, NULL), der(a, "04", value, NULL), NULL);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

/* Catches fields read from the wrong place: all of a real request. */
static void made_by_openssl(void **state)
{
    struct world *w = *state;
    struct scs_buf request;
    EVP_PKEY *key = test_key(TEST_KEYS "device.key");
    scs_buf_init(&request, SCS_MAX_BODY);
    test_csr(key, "WINDOWS-0107", "0123456789abcdef", V_ASN1_UTF8STRING, &request);
    struct scs_cursor in = scs_buf_cursor(&request);
    assert_int_equal(scs_pkcs10_read(&in, w->cache, w->arena, &w->csr, &w->proof), SCS_OK);
    assert_int_equal(w->csr.flags, SCS_CSR_COMPLETE);
    assert_int_equal(w->csr.length, request.len);
    assert_string_equal(w->csr.asked.subject, "CN=WINDOWS-0107");
    assert_string_equal(w->csr.common_name, "WINDOWS-0107");
    assert_int_equal(w->csr.common_name_len, 12);
    assert_string_equal(w->csr.asked.key, "RSA 2048");
    assert_string_equal(w->csr.asked.signature_algorithm, "sha256WithRSAEncryption");
    assert_non_null(w->csr.asked.spki_sha256);
    assert_int_equal(w->csr.asked.spki.len, 294);
    assert_int_equal(w->csr.num_attributes, 1);
    assert_string_equal(w->csr.attributes[0], "challengePassword");
    assert_int_equal(w->proof.signature.len, 256);
    assert_int_equal(w->csr.signature, SCS_UNCHECKED);
    scs_buf_cleanup(&request);
    EVP_PKEY_free(key);
}

/* Catches "absent" said of what was cut off, and reads past the cut. */
static void cut_anywhere(void **state)
{
    struct world *w = *state;
    struct scs_buf request;
    EVP_PKEY *key = test_key(TEST_KEYS "device.key");
    scs_buf_init(&request, SCS_MAX_BODY);
    test_csr(key, "x", "secret", V_ASN1_UTF8STRING, &request);
    for (size_t len = 0; len < request.len; len++) {
        uint8_t *exact = malloc(len == 0 ? 1 : len);
        memcpy(exact, request.p, len);
        struct scs_cursor in = scs_cursor_of(exact, len);
        assert_int_not_equal(scs_pkcs10_read(&in, w->cache, w->arena, &w->csr, &w->proof), SCS_OK);
        assert_int_equal(w->csr.flags & SCS_CSR_COMPLETE, 0);
        free(exact);
    }
    scs_buf_cleanup(&request);
    EVP_PKEY_free(key);
}

/* Catches facts drawn from what is no request. */
static void not_a_request(void **state)
{
    struct world *w = *state;
    static const char *const cases[] = {"", "04023000", "3000", "30020500", "300430020500", "3003020100", "ff", "30803080"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_not_equal(read_hex(w, cases[i]), SCS_OK);
        assert_int_equal(w->csr.flags & SCS_CSR_COMPLETE, 0);
        assert_false(w->csr.challenge.present);
    }
}

/* Catches a request without attributes called damaged, and bytes after its end passed over in silence. */
static void little_and_much(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *info = der(a, "30", "020100", "3000", spki(a), NULL);
    assert_int_equal(read_hex(w, der(a, "30", info, SHA256_RSA, SIGNATURE, NULL)), SCS_OK);
    assert_int_equal(w->csr.flags, SCS_CSR_COMPLETE | SCS_CSR_SUBJECT_EMPTY);
    assert_false(w->csr.challenge.present);
    assert_int_equal(read_hex(w, scs_arena_printf(a, "%s0000", der(a, "30", info, SHA256_RSA, SIGNATURE, NULL))), SCS_OK);
    assert_true((w->csr.flags & SCS_CSR_TRAILING) != 0);
}

/* ---- challenge ----------------------------------------------------------------------------------- */

static void assert_challenge(struct world *w, const char *value, const char *clear, enum scs_challenge_kind kind, uint32_t flags)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char hex[65];
    const struct scs_challenge *c = &w->csr.challenge;
    assert_int_equal(read_challenge(w, value), SCS_OK);
    assert_true(c->present);
    assert_int_equal(c->kind, kind);
    assert_int_equal(c->flags, flags);
    SHA256((const unsigned char *)clear, strlen(clear), digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    assert_string_equal(c->sha256, hex);
}

/* Catches one-time passwords of either length taken for words, and words for passwords. */
static void kinds(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    static const struct {
        const char *text;
        enum scs_challenge_kind kind;
        uint32_t flags;
    } cases[] = {
        {"0123456789ABCDEF", SCS_CHALLENGE_OTP, SCS_CHALLENGE_BASE64},
        {"0123456789abcdef0123456789ABCDEF", SCS_CHALLENGE_OTP, SCS_CHALLENGE_BASE64},
        {"0123456789ABCDE", SCS_CHALLENGE_OTHER, 0},
        {"0123456789ABCDEG", SCS_CHALLENGE_OTHER, SCS_CHALLENGE_BASE64},
        {"password", SCS_CHALLENGE_OTHER, 0},
        {"", SCS_CHALLENGE_OTHER, SCS_CHALLENGE_EMPTY},
        {"PENlcnRFbnJvbGw=", SCS_CHALLENGE_OTHER, SCS_CHALLENGE_BASE64 | SCS_CHALLENGE_INTUNE_XML},
        {"PENlcnRFbnJvbGw==", SCS_CHALLENGE_OTHER, SCS_CHALLENGE_INTUNE_XML},
        {"with a \x01 in it", SCS_CHALLENGE_OTHER, SCS_CHALLENGE_NONPRINTABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_challenge(w, der_text(a, "13", cases[i].text), cases[i].text, cases[i].kind, cases[i].flags);
        assert_int_equal(w->csr.challenge.length, strlen(cases[i].text));
        assert_string_equal(w->csr.challenge.string_type, "PrintableString");
    }
}

/* Catches Intune's challenge taken for a word, and a long word for Intune's. */
static void long_challenges(void **state)
{
    struct world *w = *state;
    char text[2050];
    memset(text, 'A', sizeof text);
    text[2048] = '\0';
    assert_challenge(w, der_text(w->arena, "13", text), text, SCS_CHALLENGE_BLOB, SCS_CHALLENGE_BASE64);
    text[1000] = '*';
    assert_challenge(w, der_text(w->arena, "13", text), text, SCS_CHALLENGE_OTHER, 0);
    text[1000] = 'A';
    text[512] = '\0';
    assert_challenge(w, der_text(w->arena, "13", text), text, SCS_CHALLENGE_OTHER, SCS_CHALLENGE_BASE64);
}

/* Catches octets counted where characters are meant, and digests that differ with the string type. */
static void string_types(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    assert_challenge(w, der(a, "1e", "00610062", NULL), "ab", SCS_CHALLENGE_OTHER, 0);
    assert_string_equal(w->csr.challenge.string_type, "BMPString");
    assert_int_equal(w->csr.challenge.length, 2);
    assert_challenge(w, der(a, "0c", "c3a562", NULL),
                     "\xc3\xa5"
                     "b",
                     SCS_CHALLENGE_OTHER, SCS_CHALLENGE_NONPRINTABLE);
    assert_int_equal(w->csr.challenge.length, 2);
    assert_challenge(w, der(a, "1c", "0001f600", NULL), "\xf0\x9f\x98\x80", SCS_CHALLENGE_OTHER, SCS_CHALLENGE_NONPRINTABLE);
    assert_int_equal(w->csr.challenge.length, 1);
    assert_challenge(w, der(a, "04", "6162", NULL), "ab", SCS_CHALLENGE_OTHER, SCS_CHALLENGE_NOT_TEXT);
    assert_null(w->csr.challenge.string_type);
}

/* Catches a second challenge that replaces the first, or goes unnoticed. */
static void two_challenges(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *both = scs_arena_printf(a, "%s%s", attribute(a, CHALLENGE_OID, der_text(a, "13", "first one")),
                                        attribute(a, CHALLENGE_OID, der_text(a, "13", "2nd")));
    assert_int_equal(read_request(w, "", both), SCS_OK);
    assert_int_equal(w->csr.challenge.length, 9);
    assert_int_equal(w->csr.challenge.flags, SCS_CHALLENGE_REPEATED);
}

/* Catches the clear text in any fact. */
static void never_in_clear(void **state)
{
    struct world *w = *state;
    struct scs_buf text;
    scs_buf_init(&text, 1 << 16);
    assert_int_equal(read_challenge(w, der_text(w->arena, "13", "TheSecretItself")), SCS_OK);
    scs_facts_csr(&text, &w->csr);
    assert_null(strstr(scs_buf_cstr(&text), "TheSecretItself"));
    scs_buf_cleanup(&text);
}

/* ---- subject ------------------------------------------------------------------------------------- */

/* Catches escapes, empty values and characters counted wrongly. */
static void subjects(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const struct {
        const char *value;
        uint32_t flags;
        uint32_t len;
    } cases[] = {
        {der_text(a, "0c", "plain"), 0, 5},
        {der_text(a, "0c", ""), SCS_CSR_SUBJECT_EMPTY, 0},
        {der_text(a, "0c", "Doe, Jane"), SCS_CSR_SUBJECT_ESCAPED, 9},
        {der_text(a, "0c", "a+b"), SCS_CSR_SUBJECT_ESCAPED, 3},
        {der_text(a, "0c", "#1"), SCS_CSR_SUBJECT_ESCAPED, 2},
        {der_text(a, "0c", "1#"), 0, 2},
        {der_text(a, "0c", " x"), SCS_CSR_SUBJECT_ESCAPED, 2},
        {der_text(a, "0c", "x "), SCS_CSR_SUBJECT_ESCAPED, 2},
        {der_text(a, "0c", "x y"), 0, 3},
        {der_text(a, "0c", "a\nb"), SCS_CSR_SUBJECT_NONPRINTABLE, 3},
        {der(a, "0c", "c3a5c3a4", NULL), 0, 2},
        {der(a, "0c", "ff", NULL), SCS_CSR_SUBJECT_NONPRINTABLE, 1},
        {der(a, "1e", "006100e4", NULL), 0, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_request(w, rdn(a, cases[i].value), ""), SCS_OK);
        assert_int_equal(w->csr.flags, SCS_CSR_COMPLETE | cases[i].flags);
        assert_int_equal(w->csr.common_name_len, cases[i].len);
    }
}

/* ---- extensions ---------------------------------------------------------------------------------- */

/* Catches extensions looked for under PKCS #9's OID alone: Windows before Vista, old Cisco. */
static void three_kinds_of_extension_request(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    static const char *const oids[] = {EXTENSION_REQUEST, MS_EXTENSIONS, "060a60864801 86f845010908"};
    const char *eku = extension(a, "551d25", "300a06082b06010505070302");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read_extensions(w, oids[i], eku), SCS_OK);
        assert_true((w->csr.flags & SCS_CSR_HAS_EXTENSIONS) != 0);
        assert_true((w->csr.asked.flags & SCS_CERT_EKU_CLIENT_AUTH) != 0);
        assert_string_equal(w->csr.asked.ekus[0], "clientAuth");
    }
    assert_int_equal(read_extensions(w, CHALLENGE_OID, eku), SCS_OK);
    assert_int_equal(w->csr.flags & SCS_CSR_HAS_EXTENSIONS, 0);
}

/* Catches names without value (an unresolved variable of a profile) that go unnoticed, and good ones called empty. */
static void alternative_names(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *upn = "060a2b060104018237140203";
    const struct {
        const char *names;
        bool empty;
    } cases[] = {
        {"", true},
        {"8200", true},
        {"820161", false},
        {"8201618100", true},
        {der(a, "a0", upn, der(a, "a0", der_text(a, "0c", ""), NULL), NULL), true},
        {der(a, "a0", upn, der(a, "a0", der_text(a, "0c", "a@b"), NULL), NULL), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "551d11", der(a, "30", cases[i].names, NULL))),
                         SCS_OK);
        assert_true((w->csr.flags & SCS_CSR_HAS_SAN) != 0);
        assert_int_equal((w->csr.flags & SCS_CSR_SAN_EMPTY) != 0, cases[i].empty);
    }
    assert_string_equal(w->csr.asked.sans[0], "UPN:a@b");
}

/* Catches a SID that is looked for in one of its two places only. */
static void security_identifier(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *sid = "S-1-5-21-1-2-3-1104";
    const char *name = der(a, "a0", "060a2b060104018237190201", der(a, "a0", der_text(a, "04", sid), NULL), NULL);
    assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "2b060104018237 1902", der(a, "30", name, NULL))),
                     SCS_OK);
    assert_string_equal(w->csr.sid, sid);
    const char *uri = der_text(a, "86", "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104");
    assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "551d11", der(a, "30", uri, NULL))), SCS_OK);
    assert_string_equal(w->csr.sid, sid);
    assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "551d11", der(a, "30", "860161", NULL))), SCS_OK);
    assert_null(w->csr.sid);
    assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "2b0601040182371902", "3000")), SCS_OK);
    assert_null(w->csr.sid);
}

/* Catches Microsoft's extensions passed over, and a template's two forms mixed up. */
static void policies_and_template(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *policies = "3018300a06082b06010505070302300a06082b06010505070301";
    assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "2b06010401823715 0a", policies)), SCS_OK);
    assert_int_equal(w->csr.num_application_policies, 2);
    assert_string_equal(w->csr.application_policies[0], "clientAuth");
    assert_string_equal(w->csr.application_policies[1], "serverAuth");
    assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "2b0601040182371402", "1e0600410042 0043")), SCS_OK);
    assert_string_equal(w->csr.template_name, "ABC");
    assert_int_equal(read_extensions(w, EXTENSION_REQUEST, extension(a, "2b0601040182371507", "300706022a03020101")), SCS_OK);
    assert_string_equal(w->csr.template_name, "1.2.3");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(made_by_openssl),
        TEST(cut_anywhere),
        TEST(not_a_request),
        TEST(little_and_much),
        TEST(kinds),
        TEST(long_challenges),
        TEST(string_types),
        TEST(two_challenges),
        TEST(never_in_clear),
        TEST(subjects),
        TEST(three_kinds_of_extension_request),
        TEST(alternative_names),
        TEST(security_identifier),
        TEST(policies_and_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
