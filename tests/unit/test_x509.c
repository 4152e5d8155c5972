/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "der.h"
#include "dissectors/x509.h"
#include "hex.h"

#define CORPUS SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/x509/"

#define SHA256_RSA "300d06092a864886f70d01010b0500"
#define VALIDITY   "301e170d3236303130313030303030305a170d3237303130313030303030305a"

struct world {
    struct scs_arena *arena;
    struct scs_cert_cache *cache;
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
    scs_cert_cache_free(w->cache);
    scs_arena_free(w->arena);
    free(w);
    return 0;
}

static const struct scs_cert_facts *read_seed(struct world *w, const char *path)
{
    size_t len;
    uint8_t *bytes = test_file(path, &len);
    struct scs_cursor in = scs_cursor_of(bytes, len);
    const struct scs_cert_facts *c = scs_x509_read(&in, w->cache);
    free(bytes);
    return c;
}

static const struct scs_cert_facts *read_hex(struct world *w, const char *hex)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor in = scs_cursor_of(bytes, len);
    const struct scs_cert_facts *c = scs_x509_read(&in, w->cache);
    free(bytes);
    return c;
}

static const char *name_of(struct scs_arena *a, const char *cn)
{
    return der(a, "30", der(a, "31", der(a, "30", "0603550403", der_text(a, "13", cn), NULL), NULL), NULL);
}

static const char *spki(struct scs_arena *a)
{
    const char *rsa = der(a, "30", "0209", "00", "8000000000000001", "020103", NULL);
    return der(a, "30", "300d06092a864886f70d0101010500", der(a, "03", "00", rsa, NULL), NULL);
}

static const char *extension(struct scs_arena *a, const char *arc, const char *value)
{
    return der(a, "30", "0603551d", arc, der(a, "04", value, NULL), NULL);
}

/* A certificate with these extensions; issued by itself when the names are equal. */
static const char *certificate(struct scs_arena *a, const char *issuer, const char *subject, const char *extensions)
{
    return der(a, "30",
               der(a, "30", "a003020102", "020200ff", SHA256_RSA, name_of(a, issuer), VALIDITY, name_of(a, subject), spki(a),
                   *extensions == '\0' ? "" : der(a, "a3", der(a, "30", extensions, NULL), NULL), NULL),
               SHA256_RSA, "0303000102", NULL);
}

/* Catches names out of order or unescaped, alternative names lost, and digests of the wrong bytes (openssl's are here). */
static void certificate_with_every_name(void **state)
{
    struct world *w = *state;
    const struct scs_cert_facts *c = read_seed(w, CORPUS "many-names.der");
    static const char *const sans[] = {"DNS:a.contoso.com", "IP:10.0.0.1",        "IP:2001:db8::1", "email:x@y.z",
                                       "URI:http://u",      "UPN:me@contoso.com", "RID:1.2.3.4",    "DirName:C=SE, CN=dir"};
    static const char *const ekus[] = {"clientAuth", "certRequestAgent", "1.2.3.4"};
    assert_string_equal(c->subject, "DC=local, DC=contoso, O=A\\, B\\+C, OU=x+CN=\xc3\x85sa#1, E=a@b.c");
    assert_ptr_equal(c->issuer, c->subject);
    assert_int_equal(c->num_sans, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(c->sans[i], sans[i]);
    }
    assert_int_equal(c->num_ekus, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(c->ekus[i], ekus[i]);
    }
    assert_int_equal(c->flags, SCS_CERT_SELF_ISSUED | SCS_CERT_HAS_KU | SCS_CERT_HAS_EKU | SCS_CERT_EKU_CLIENT_AUTH |
                                   SCS_CERT_EKU_REQUEST_AGENT);
    assert_int_equal(c->key_usage, SCS_KU_KEY_ENCIPHERMENT | SCS_KU_DATA_ENCIPHERMENT);
    assert_string_equal(c->key, "EC P-256");
    assert_int_equal(c->key_bits, 256);
    assert_int_equal(c->key_type, SCS_KEY_EC);
    assert_string_equal(c->signature_algorithm, "ecdsa-with-SHA256");
    assert_string_equal(c->serial, "1224de3b68e22af683aa3a1298a9969a18ef9b95");
    assert_string_equal(c->sha1, "2dd317f2415a0706ccf8307e96ea3254837c7a12");
    assert_string_equal(c->md5, "02f65071dfef68dc49caee393289e444");
    assert_string_equal(c->sha256, "7a47d3e4124bcb1a0eab11510b68756bb15cf71f8de83cd645e9287747e6b249");
    assert_string_equal(c->ski, "f94938db38ab8656e11dabd4dd5f25f30f5e0bc5");
    assert_int_equal(c->not_before, 1795328908);
    assert_int_equal(c->not_after, 1797920908);
}

/* Catches a key size off by the sign octet, and a CA not seen as one. */
static void real_ca(void **state)
{
    struct world *w = *state;
    const struct scs_cert_facts *c = read_seed(w, CORPUS "micromdm-ca.der");
    assert_string_equal(c->key, "RSA 4096");
    assert_int_equal(c->key_bits, 4096);
    assert_true(c->flags & SCS_CERT_IS_CA);
    assert_null(c->aki);
    const struct scs_cert_facts *issued = read_seed(w, CORPUS "micromdm-issued.der");
    assert_string_equal(issued->issuer_sha256, c->subject_sha256);
    assert_string_equal(issued->aki, c->ski);
    assert_false(issued->flags & (SCS_CERT_SELF_ISSUED | SCS_CERT_IS_CA));
}

/* Catches a cache that reads again, or takes one certificate for another. */
static void equal_bytes_share_their_facts(void **state)
{
    struct world *w = *state;
    const struct scs_cert_facts *ca = read_seed(w, CORPUS "micromdm-ca.der");
    size_t used = scs_arena_used(w->arena);
    assert_ptr_equal(ca, read_seed(w, CORPUS "micromdm-ca.der"));
    assert_int_equal(scs_arena_used(w->arena), used);
    assert_ptr_not_equal(ca, read_seed(w, CORPUS "micromdm-issued.der"));
}

/* Catches a table that breaks when it grows, or grows past its limit. */
static void many_certificates(void **state)
{
    struct world *w = *state;
    const struct scs_cert_facts *first = read_hex(w, certificate(w->arena, "CA", "0", ""));
    for (unsigned i = 1; i < SCS_MAX_CERTIFICATE_CACHE + 100; i++) {
        const char *cn = scs_arena_printf(w->arena, "%u", i);
        const struct scs_cert_facts *c = read_hex(w, certificate(w->arena, "CA", cn, ""));
        assert_string_equal(c->subject, scs_arena_printf(w->arena, "CN=%u", i));
        assert_ptr_equal(c->issuer, first->issuer);
    }
    assert_ptr_equal(read_hex(w, certificate(w->arena, "CA", "0", "")), first);
}

/* Catches a cut certificate refused, or its missing fields invented; and any read past the end. */
static void cut_certificates_give_what_is_there(void **state)
{
    struct world *w = *state;
    size_t len;
    uint8_t *bytes = test_file(CORPUS "many-names.der", &len);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *part = malloc(cut == 0 ? 1 : cut);
        memcpy(part, bytes, cut);
        struct scs_cursor in = scs_cursor_of(part, cut);
        const struct scs_cert_facts *c = scs_x509_read(&in, w->cache);
        if (c != NULL) {
            assert_true(c->flags & SCS_CERT_INCOMPLETE);
            assert_null(c->sha256);
        }
        assert_true(c != NULL || cut < 10);
        free(part);
    }
    struct scs_cursor half = scs_cursor_of(bytes, 330);
    const struct scs_cert_facts *c = scs_x509_read(&half, w->cache);
    assert_string_equal(c->serial, "1224de3b68e22af683aa3a1298a9969a18ef9b95");
    assert_non_null(c->issuer_sha256);
    assert_int_equal(c->not_after, 1797920908);
    assert_null(c->spki_sha256);
    free(bytes);
}

/* Catches a CSR, a CMS message or a key taken for a certificate. */
static void other_sequences_are_no_certificates(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    static const char *const others[] = {
        "", "05 00", "30 00", "3003 020105", "3002 3000", "3006 3004 0201 05 00", "300b 06092a864886f70d010702"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_null(read_hex(w, others[i]));
    }
    const char *csr = der(a, "30", der(a, "30", "020100", name_of(a, "x"), spki(a), "a000", NULL), SHA256_RSA, "03020000", NULL);
    assert_null(read_hex(w, csr));
}

static const char *name_text(struct world *w, const char *type, const char *value)
{
    size_t len;
    uint8_t *bytes = test_hex(der(w->arena, "30", der(w->arena, "31", der(w->arena, "30", type, value, NULL), NULL), NULL), &len);
    struct scs_cursor in = scs_cursor_of(bytes, len);
    const char *text = scs_x509_name(&in, w->arena);
    free(bytes);
    return text;
}

/* Catches string types read as if they were ASCII, escapes forgotten, and control characters let through. */
static void strings_of_every_type(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *cn = "0603550403";
    assert_string_equal(name_text(w, cn, der(a, "1e", "00c50073d83dde00", NULL)), "CN=\xc3\x85s\xf0\x9f\x98\x80");
    assert_string_equal(name_text(w, cn, der(a, "1e", "d83d0041", NULL)), "CN=\\xed\\xa0\\xbd"
                                                                          "A");
    assert_string_equal(name_text(w, cn, der(a, "1c", "000000c5", NULL)), "CN=\xc3\x85");
    assert_string_equal(name_text(w, cn, der(a, "14", "c5", NULL)), "CN=\xc3\x85");
    assert_string_equal(name_text(w, cn, der(a, "14", "c385", NULL)), "CN=\xc3\x85");
    assert_string_equal(name_text(w, cn, der(a, "0c", "c3", NULL)), "CN=\\xc3");
    assert_string_equal(name_text(w, cn, der_text(a, "0c", "a\r\nb")), "CN=a\\x0d\\x0ab");
    assert_string_equal(name_text(w, cn, der_text(a, "13", " a b ")), "CN=\\ a b\\ ");
    assert_string_equal(name_text(w, cn, der_text(a, "13", "#a;<\"\\")), "CN=\\#a\\;\\<\\\"\\\\");
    assert_string_equal(name_text(w, cn, "0403010203"), "CN=#0403010203");
    assert_string_equal(name_text(w, cn, der(a, "13", NULL)), "CN=");
    assert_string_equal(name_text(w, "06032a0304", der_text(a, "13", "x")), "1.2.3.4=x");
    assert_string_equal(name_text(w, "06092a864886f70d010901", der_text(a, "16", "a@b")), "E=a@b");
    assert_string_equal(name_text(w, "0603550405", der_text(a, "13", "7")), "serialNumber=7");
    struct scs_cursor none = scs_cursor_of("", 0);
    assert_string_equal(scs_x509_name(&none, a), "");
}

/* Catches a name that grows with the input. */
static void names_have_a_limit(void **state)
{
    struct world *w = *state;
    char *many = scs_arena_alloc(w->arena, 9000);
    memset(many, '6', 8998);
    const char *text = name_text(w, "0603550403", der(w->arena, "13", many, NULL));
    assert_int_equal(strlen(text), SCS_MAX_NAME_TEXT + 3);
}

/* Catches centuries, zones and missing seconds read wrongly, and impossible dates accepted. */
static void times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool generalized, ok;
        int64_t seconds;
    } cases[] = {
        {"700101000000Z", false, true, 0},
        {"491231235959Z", false, true, 2524607999},
        {"500101000000Z", false, true, -631152000},
        {"7001010000Z", false, true, 0},
        {"700101010000+0100", false, true, 0},
        {"691231230000-0100", false, true, 0},
        {"19700101000000Z", true, true, 0},
        {"19700101000001.5Z", true, true, 1},
        {"20500101000000Z", true, true, 2524608000},
        {"1970010100Z", true, true, 0},
        {"", false, false, 0},
        {"7001", false, false, 0},
        {"700230000000Z", false, false, 0},
        {"701301000000Z", false, false, 0},
        {"700101000000Zx", false, false, 0},
        {"700101000000+01", false, false, 0},
        {"70-101000000Z", false, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scs_cursor in = scs_cursor_of(cases[i].text, strlen(cases[i].text));
        int64_t seconds = 0;
        assert_int_equal(scs_x509_time(&in, cases[i].generalized, &seconds), cases[i].ok);
        assert_int_equal(seconds, cases[i].ok ? cases[i].seconds : 0);
    }
}

/* Catches key usages that do not decide, old CAs overlooked, and a device's own certificate called a CA. */
static void roles(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *no_ca = extension(a, "13", "3000"), *ca = extension(a, "13", "30030101ff");
    const struct {
        const char *issuer, *subject, *extensions;
        enum scs_cert_role role;
    } cases[] = {
        {"R", "R", ca, SCS_ROLE_CA},
        {"R", "I", ca, SCS_ROLE_CA},
        {"R", "R", "", SCS_ROLE_CA},
        {"R", "enc", extension(a, "0f", "03020520"), SCS_ROLE_RA_ENCRYPTION},
        {"R", "enc2", extension(a, "0f", "03020430"), SCS_ROLE_RA_ENCRYPTION},
        {"R", "sig", extension(a, "0f", "03020780"), SCS_ROLE_RA_SIGNING},
        {"R", "both", extension(a, "0f", "030205a0"), SCS_ROLE_RA_BOTH},
        {"R", "any", "", SCS_ROLE_RA_BOTH},
        {"R", "agree", extension(a, "0f", "03020308"), SCS_ROLE_LEAF},
        {"D", "D", scs_arena_printf(a, "%s%s", no_ca, extension(a, "0f", "030205a0")), SCS_ROLE_RA_BOTH},
    };
    enum { NUM = sizeof cases / sizeof *cases };
    const struct scs_cert_facts *all[NUM];
    for (size_t i = 0; i < NUM; i++) {
        all[i] = read_hex(w, certificate(a, cases[i].issuer, cases[i].subject, cases[i].extensions));
        assert_non_null(all[i]);
    }
    const struct scs_cert_facts *const *judged = scs_x509_judge_roles(all, NUM, a);
    for (size_t i = 0; i < NUM; i++) {
        assert_int_equal(judged[i]->role, cases[i].role);
        assert_int_equal(all[i]->role, SCS_ROLE_UNKNOWN); /* shared facts stay as they were */
    }
}

/* Catches extensions that lie about their length, and lists that grow with the input. */
static void bad_extensions_are_left_out(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *names = "";
    for (unsigned i = 0; i <= SCS_MAX_NAMES; i++) {
        names = scs_arena_printf(a, "%s820161", names);
    }
    const struct scs_cert_facts *c = read_hex(w, certificate(a, "R", "a", extension(a, "11", der(a, "30", names, NULL))));
    assert_int_equal(c->num_sans, SCS_MAX_NAMES);
    c = read_hex(w, certificate(a, "R", "b", extension(a, "11", "307f8201")));
    assert_int_equal(c->num_sans, 0);
    c = read_hex(w, certificate(a, "R", "c", extension(a, "0f", "0301")));
    assert_int_equal(c->flags & SCS_CERT_HAS_KU, 0);
    c = read_hex(w, certificate(a, "R", "d", extension(a, "11", "30058703010203")));
    assert_string_equal(c->sans[0], "IP:010203");
}

/* Catches a serial with its sign octet, and a key of odd size rounded up. */
static void serial_and_key_size(void **state)
{
    struct world *w = *state;
    const struct scs_cert_facts *c = read_hex(w, certificate(w->arena, "R", "x", ""));
    assert_string_equal(c->serial, "ff");
    assert_string_equal(c->key, "RSA 64");
    assert_int_equal(c->key_bits, 64);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(certificate_with_every_name),
        TEST(real_ca),
        TEST(equal_bytes_share_their_facts),
        TEST(many_certificates),
        TEST(cut_certificates_give_what_is_there),
        TEST(other_sequences_are_no_certificates),
        TEST(strings_of_every_type),
        TEST(names_have_a_limit),
        TEST(times),
        TEST(roles),
        TEST(bad_extensions_are_left_out),
        TEST(serial_and_key_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
