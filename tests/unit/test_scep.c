/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "der.h"
#include "dissectors/scep.h"
#include "hex.h"

#define CORPUS SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/"

static const char *const user_paths[] = {"/scep", "/mdm/enroll"};

static struct scs_scep_target read_target(const char *text)
{
    struct scs_cursor in = scs_cursor_of(text, strlen(text));
    struct scs_scep_target t;
    scs_scep_read_target(&in, user_paths, 2, &t);
    assert_int_equal(scs_scep_interesting(&in, user_paths, 2), t.path_kind != SCS_PATH_NOT_SCEP);
    return t;
}

/* ---- targets --------------------------------------------------------------------------------------- */

/* Catches a path compared with case, without decoding, or by its beginning only. */
static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        enum scs_path_kind kind;
        enum scs_operation operation;
    } cases[] = {
        {"/certsrv/mscep", SCS_PATH_MSCEP_INFO, SCS_OP_PAGE},
        {"/certsrv/mscep/", SCS_PATH_MSCEP_INFO, SCS_OP_PAGE},
        {"/certsrv/mscep/mscep.dll", SCS_PATH_MSCEP_DLL, SCS_OP_PAGE},
        {"/CertSrv/MSCEP/mscep.DLL", SCS_PATH_MSCEP_DLL, SCS_OP_PAGE},
        {"//certsrv//mscep/mscep.dll/", SCS_PATH_MSCEP_DLL, SCS_OP_PAGE},
        {"/%63ertsrv/msce%70/mscep.dll", SCS_PATH_MSCEP_DLL, SCS_OP_PAGE},
        {"/certsrv/mscep/mscep.dll/pkiclient.exe", SCS_PATH_PKICLIENT, SCS_OP_PAGE},
        {"/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetCACaps", SCS_PATH_PKICLIENT, SCS_OP_GET_CA_CAPS},
        {"http://ndes.contoso.com/certsrv/mscep/mscep.dll", SCS_PATH_MSCEP_DLL, SCS_OP_PAGE},
        {"HTTPS://ndes:8080/certsrv/mscep/mscep.dll?operation=GetCACert", SCS_PATH_MSCEP_DLL, SCS_OP_GET_CA_CERT},
        {"/certsrv/mscep_admin", SCS_PATH_ADMIN, SCS_OP_PAGE},
        {"/certsrv/mscep_admin/mscep.dll?operation=GetCACaps", SCS_PATH_ADMIN, SCS_OP_GET_CA_CAPS},
        {"/CertificateRegistrationSvc/Certificate/VerifyRequest", SCS_PATH_CRP, SCS_OP_VERIFY_REQUEST},
        {"/certificateregistrationsvc/certificate/notify/", SCS_PATH_CRP, SCS_OP_NOTIFY},
        {"/CMCertificateRegistration/Certificate/VerifyRequest", SCS_PATH_CRP, SCS_OP_VERIFY_REQUEST},
        {"/CertificateRegistrationSvc/", SCS_PATH_CRP, SCS_OP_PAGE},
        {"/scep", SCS_PATH_USER, SCS_OP_PAGE},
        {"/MDM/enroll/7?operation=PKIOperation", SCS_PATH_USER, SCS_OP_PKI_OPERATION},
        {"/pki?operation=GetCACert", SCS_PATH_OPERATION, SCS_OP_GET_CA_CERT},
        {"/cgi-bin/pkiclient.exe?operation=GetCACertChain", SCS_PATH_OPERATION, SCS_OP_OTHER},
        {"/x?operation=NDESGenerateChallenge", SCS_PATH_OPERATION, SCS_OP_NDES_GENERATE_CHALLENGE},
        {"/x?operation=GetNextCACert&message=ca", SCS_PATH_OPERATION, SCS_OP_GET_NEXT_CA_CERT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scs_scep_target t = read_target(cases[i].target);
        if (t.path_kind != cases[i].kind || t.operation != cases[i].operation) {
            print_message("%s: path %d operation %d\n", cases[i].target, t.path_kind, t.operation);
        }
        assert_int_equal(t.path_kind, cases[i].kind);
        assert_int_equal(t.operation, cases[i].operation);
    }
}

/* Catches foreign traffic taken for SCEP: the certificate web pages, other operations, words inside paths. */
static void foreign_targets(void **state)
{
    (void)state;
    static const char *const foreign[] = {
        "",
        "/",
        "*",
        "/certsrv/",
        "/certsrv/certfnsh.asp",
        "/certsrv/mscepx/mscep.dll",
        "/certsrv/mscep_administration",
        "/CertificateRegistrationSvcX/",
        "/x?operation=GetCRL",
        "/x?operation=list",
        "/x?operation=GetCACapsX",
        "/x?operation=GetCACap",
        "/x?operations=GetCACaps",
        "/x?operation",
        "/GetCACaps",
        "/x/certsrv/mscep/mscep.dll",
        "ndes.contoso.com:443",
        "/ADPolicyProvider_CEP_UsernamePassword/service.svc/CEP",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        assert_int_equal(read_target(foreign[i]).path_kind, SCS_PATH_NOT_SCEP);
    }
}

/* Catches a message that ends at + or =, a parameter order taken for granted, and case in names. */
static void parameters(void **state)
{
    (void)state;
    struct scs_scep_target t = read_target("/certsrv/mscep/mscep.dll?OPERATION=pkioperation&Message=MI+A/=%3D&x=y?z");
    assert_int_equal(t.operation, SCS_OP_PKI_OPERATION);
    assert_true(scs_cursor_equals(&t.operation_name, "pkioperation"));
    assert_true(t.has_message);
    assert_true(scs_cursor_equals(&t.message, "MI+A/=%3D"));
    assert_int_equal(t.message.off, 56);
    assert_true(scs_cursor_equals(&t.path, "/certsrv/mscep/mscep.dll"));

    t = read_target("/scep?message=ca&operation=GetCACert&message=other");
    assert_int_equal(t.operation, SCS_OP_GET_CA_CERT);
    assert_true(scs_cursor_equals(&t.message, "ca"));

    t = read_target("/scep?operation=PKIOperation&message=");
    assert_true(t.has_message);
    assert_int_equal(t.message.len, 0);
    t = read_target("/scep?operation=PKIOperation");
    assert_false(t.has_message);

    t = read_target("/scep?operation=GetCRL");
    assert_int_equal(t.operation, SCS_OP_OTHER);
    assert_true(scs_cursor_equals(&t.operation_name, "GetCRL"));
    t = read_target("/scep?operation=PKI%4fperation");
    assert_int_equal(t.operation, SCS_OP_PKI_OPERATION);
}

/* Catches Microsoft's own long-URL test taken for a broken device. */
static void probes(void **state)
{
    (void)state;
    assert_true(read_target("/certsrv/mscep/mscep.dll?operation=GetCACaps&message=NDESLongUrlValidatorStep1of3").probe);
    struct scs_scep_target t = read_target("/certsrv/mscep/mscep.dll?operation=GetCACerts&message=NDESLongUrlValidatorStep2of3");
    assert_true(t.probe);
    assert_int_equal(t.operation, SCS_OP_OTHER);
    assert_true(
        read_target("/certsrv/mscep/mscep.dll?operation=PKIOperation&message=NDESLongUrlValidatorFakeChallengeNDES").probe);
    assert_false(read_target("/certsrv/mscep/mscep.dll?operation=PKIOperation&message=MIAG").probe);
}

/* ---- GetCACaps ------------------------------------------------------------------------------------- */

static struct scs_caps read_caps(struct scs_arena *a, const char *text)
{
    struct scs_cursor in = scs_cursor_of(text, strlen(text));
    struct scs_caps caps;
    scs_scep_read_caps(&in, a, &caps);
    return caps;
}

/* Catches line ends, case and unknown words that break the list: RFC 8894 3.5.2. */
static void capability_lists(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct scs_caps caps = read_caps(a, "POSTPKIOperation\r\nRenewal\r\nSHA-512\r\nSHA-256\r\nSHA-1\r\nDES3\r\n");
    assert_int_equal(caps.known, SCS_CAP_POST | SCS_CAP_RENEWAL | SCS_CAP_SHA512 | SCS_CAP_SHA256 | SCS_CAP_SHA1 | SCS_CAP_DES3);
    assert_int_equal(caps.num_lines, 6);
    assert_string_equal(caps.lines[1], "Renewal");
    assert_true(caps.text);
    caps = read_caps(a, "\xef\xbb\xbfsha-256 \n\n  aes\t\nX-Vendor_1.0\nscepstandard\nUpdate\nGetNextCACert");
    assert_int_equal(caps.known, SCS_CAP_SHA256 | SCS_CAP_AES | SCS_CAP_STANDARD | SCS_CAP_UPDATE | SCS_CAP_GET_NEXT_CA_CERT);
    assert_int_equal(caps.num_lines, 6);
    assert_string_equal(caps.lines[2], "X-Vendor_1.0");
    caps = read_caps(a, "SHA-2566\nAESX");
    assert_int_equal(caps.known, 0);
    assert_true(caps.text);
    scs_arena_free(a);
}

/* Catches pages, sentences and binary answers shown as capabilities. */
static void no_capability_lists(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct scs_caps caps = read_caps(a, " \r\n<!DOCTYPE html><html>AES\nDES3</html>");
    assert_true(caps.html);
    assert_false(caps.text);
    assert_int_equal(caps.known, 0);
    assert_int_equal(caps.num_lines, 0);
    caps = read_caps(a, " \r\n");
    assert_true(caps.empty);
    assert_int_equal(caps.num_lines, 0);
    assert_false(read_caps(a, "The service is unavailable.").text);
    assert_false(read_caps(a, "AES\n\x01\x02").text);
    char many[SCS_MAX_CAPABILITIES * 4];
    for (size_t i = 0; i < sizeof many; i++) {
        many[i] = i % 2 == 0 ? 'a' : '\n';
    }
    struct scs_cursor in = scs_cursor_of(many, sizeof many);
    scs_scep_read_caps(&in, a, &caps);
    assert_int_equal(caps.num_lines, SCS_MAX_CAPABILITIES);
    scs_arena_free(a);
}

/* ---- GetCACert ------------------------------------------------------------------------------------- */

struct answer {
    struct scs_arena *arena;
    struct scs_cert_cache *cache;
    struct scs_ca_certs ca;
};

static void answer_open(struct answer *x)
{
    x->arena = scs_arena_new();
    x->cache = scs_cert_cache_new(x->arena);
}

static void answer_close(struct answer *x)
{
    scs_cert_cache_free(x->cache);
    scs_arena_free(x->arena);
}

static void answer_bytes(struct answer *x, const void *bytes, size_t len)
{
    struct scs_cursor in = scs_cursor_of(bytes, len);
    scs_scep_read_ca_certs(&in, x->cache, x->arena, &x->ca);
    assert_int_equal(strlen(x->ca.body_sha256), 64);
}

static void answer_hex(struct answer *x, const char *hex)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    answer_bytes(x, bytes, len);
    free(bytes);
}

static const char *hex_of(struct answer *x, const char *path)
{
    size_t len;
    uint8_t *bytes = test_file(path, &len);
    const char *hex = scs_arena_hex(x->arena, bytes, len);
    free(bytes);
    return hex;
}

/* Certs-only SignedData, DER or with indefinite lengths. */
static const char *degenerate(struct answer *x, bool indefinite, const char *certificates)
{
    struct scs_arena *a = x->arena;
    const char *(*make)(struct scs_arena *, const char *, ...) = indefinite ? ber : der;
    const char *body = make(a, "30", "020101", "3100", make(a, "30", "06092a864886f70d010701", NULL),
                            make(a, "a0", certificates, NULL), "3100", NULL);
    return make(a, "30", "06092a864886f70d010702", make(a, "a0", body, NULL), NULL);
}

/* Catches the raw and the degenerate form mixed up, BER refused, and roles forgotten. */
static void ca_answers(void **state)
{
    (void)state;
    struct answer x;
    answer_open(&x);
    const char *ca = hex_of(&x, CORPUS "x509/micromdm-ca.der"), *ra = hex_of(&x, CORPUS "x509/many-names.der");
    answer_hex(&x, ca);
    assert_true(x.ca.parsed && x.ca.complete && x.ca.single);
    assert_int_equal(x.ca.num_certificates, 1);
    assert_int_equal(x.ca.certificates[0]->role, SCS_ROLE_CA);
    for (int indefinite = 0; indefinite < 2; indefinite++) {
        answer_hex(&x, degenerate(&x, indefinite != 0, scs_arena_printf(x.arena, "%s%s", ra, ca)));
        assert_true(x.ca.parsed && x.ca.complete);
        assert_false(x.ca.single || x.ca.signed_reply || x.ca.pem || x.ca.html);
        assert_int_equal(x.ca.num_certificates, 2);
        assert_int_equal(x.ca.certificates[0]->role, SCS_ROLE_RA_ENCRYPTION);
        assert_int_equal(x.ca.certificates[1]->role, SCS_ROLE_CA);
    }
    answer_hex(&x, degenerate(&x, false, ""));
    assert_true(x.ca.parsed && x.ca.complete);
    assert_int_equal(x.ca.num_certificates, 0);
    answer_close(&x);
}

/* Catches a cut answer called whole or called garbage. */
static void cut_ca_answers(void **state)
{
    (void)state;
    struct answer x;
    answer_open(&x);
    const char *ca = hex_of(&x, CORPUS "x509/micromdm-ca.der"), *ra = hex_of(&x, CORPUS "x509/many-names.der");
    const char *whole = degenerate(&x, false, scs_arena_printf(x.arena, "%s%s", ra, ca));
    answer_hex(&x, scs_arena_printf(x.arena, "%.1600s", whole));
    assert_true(x.ca.parsed);
    assert_false(x.ca.complete);
    assert_int_equal(x.ca.num_certificates, 2);
    assert_int_equal(x.ca.certificates[0]->role, SCS_ROLE_RA_ENCRYPTION);
    assert_true(x.ca.certificates[1]->flags & SCS_CERT_INCOMPLETE);
    answer_hex(&x, scs_arena_printf(x.arena, "%.1000s", ca));
    assert_true(x.ca.parsed && x.ca.single);
    assert_false(x.ca.complete);
    answer_hex(&x, "3082");
    assert_false(x.ca.parsed || x.ca.complete);
    answer_close(&x);
}

/* Catches text forms refused, and pages or junk parsed. */
static void other_ca_answers(void **state)
{
    (void)state;
    static const char *const pages[] = {"<html>", "\xef\xbb\xbf\r\n<html>"};
    struct answer x;
    answer_open(&x);
    for (size_t i = 0; i < 2; i++) {
        answer_bytes(&x, pages[i], strlen(pages[i]));
        assert_true(x.ca.html);
        assert_false(x.ca.parsed || x.ca.complete || x.ca.empty);
    }
    answer_bytes(&x, "", 0);
    assert_true(x.ca.empty);
    assert_false(x.ca.parsed);
    answer_bytes(&x, "Not found", 9);
    assert_false(x.ca.parsed || x.ca.html || x.ca.empty || x.ca.pem);
    answer_hex(&x, "3003020105");
    assert_false(x.ca.parsed || x.ca.complete);
    answer_hex(&x, "300b06092a864886f70d010703");
    assert_false(x.ca.parsed);
    answer_close(&x);
}

static char *base64(const uint8_t *bytes, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc(len * 2 + 8), *at = text;
    for (size_t i = 0; i < len; i += 3) {
        unsigned have = len - i < 3 ? (unsigned)(len - i) : 3;
        unsigned bits = (unsigned)bytes[i] << 16 | (have > 1 ? (unsigned)bytes[i + 1] << 8 : 0) | (have > 2 ? bytes[i + 2] : 0u);
        for (unsigned k = 0; k < 4; k++) {
            *at++ = k <= have ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
        }
        if (i % 48 == 45) {
            *at++ = '\n';
        }
    }
    *at = '\0';
    return text;
}

/* Catches text forms refused, or read without saying that DER belongs there. */
static void pem_answers(void **state)
{
    (void)state;
    struct answer x;
    answer_open(&x);
    size_t len;
    uint8_t *bytes = test_file(CORPUS "x509/micromdm-ca.der", &len);
    char *text = base64(bytes, len);
    answer_bytes(&x, text, strlen(text));
    assert_true(x.ca.pem && x.ca.parsed && x.ca.complete && x.ca.single);
    const char *pem = scs_arena_printf(x.arena, "-----BEGIN CERTIFICATE-----\r\n%s\r\n-----END CERTIFICATE-----\r\n", text);
    const char *two = scs_arena_printf(x.arena, "%s%s", pem, pem);
    answer_bytes(&x, two, strlen(two));
    assert_true(x.ca.pem && x.ca.parsed && x.ca.complete);
    assert_int_equal(x.ca.num_certificates, 2);
    assert_int_equal(x.ca.certificates[1]->role, SCS_ROLE_CA);
    answer_bytes(&x, pem, strlen(pem) / 2);
    assert_true(x.ca.pem && x.ca.parsed);
    assert_false(x.ca.complete);
    answer_bytes(&x, "-----BEGIN CERTIFICATE-----", 27);
    assert_true(x.ca.pem);
    assert_false(x.ca.parsed);
    free(text);
    free(bytes);
    answer_close(&x);
}

/* ---- mscep_admin ----------------------------------------------------------------------------------- */

static uint32_t read_admin(const void *bytes, size_t len)
{
    struct scs_cursor in = scs_cursor_of(bytes, len);
    return scs_scep_read_admin(&in);
}

/* Catches UTF-16 of either order missed, and NDES's other pages taken for the admin page. */
static void admin_pages(void **state)
{
    (void)state;
    const uint32_t once = SCS_ADMIN_PAGE | SCS_ADMIN_THUMBPRINT | SCS_ADMIN_PASSWORD_ONCE;
    size_t len;
    uint8_t *page = test_file(CORPUS "scep/admin-utf16.html", &len);
    assert_int_equal(read_admin(page, len), once);
    assert_int_equal(read_admin(page + 3, len - 3), once); /* begins midway in a character: as big-endian would look */
    free(page);
    static const char full[] = "<P>The password cache is full.<P>",
                      denied[] = "You do not have sufficient permission to enroll with SCEP.";
    static const char many[] =
        "The enrollment challenge password is: <B> 0 </B> This password can be used multiple times and will not "
        "expire.";
    static const char other[] = "Network Device Enrollment Service allows you to obtain certificates";
    assert_int_equal(read_admin(full, sizeof full - 1), SCS_ADMIN_PAGE | SCS_ADMIN_CACHE_FULL);
    assert_int_equal(read_admin(denied, sizeof denied - 1), SCS_ADMIN_PAGE | SCS_ADMIN_NO_PERMISSION);
    assert_int_equal(read_admin(many, sizeof many - 1), SCS_ADMIN_PAGE | SCS_ADMIN_PASSWORD_MANY);
    assert_int_equal(read_admin(other, sizeof other - 1), 0);
    assert_int_equal(read_admin("can be used only once", 21), 0);
    assert_int_equal(read_admin("", 0), 0);
}

/* ---- clients --------------------------------------------------------------------------------------- */

/* Catches the Windows client taken for a browser, and its kin. */
static void platforms(void **state)
{
    (void)state;
    static const struct {
        const char *agent;
        enum scs_platform platform;
    } cases[] = {
        {NULL, SCS_PLATFORM_UNKNOWN},
        {"", SCS_PLATFORM_UNKNOWN},
        {"Mozilla/4.0 (compatible; Win32; NDES client)", SCS_PLATFORM_WINDOWS},
        {"Mozilla/4.0 (compatible; Win32; NDES client 10.0.19041.1466/vb_release_svc_prod1)", SCS_PLATFORM_WINDOWS},
        {"profiled/1.0 CFNetwork/811.5.4 Darwin/16.6.0", SCS_PLATFORM_APPLE},
        {"mdmclient/1.0 CFNetwork/1410.0.3 Darwin/22.6.0", SCS_PLATFORM_APPLE},
        {"Dalvik/2.1.0 (Linux; U; Android 5.0; P01M Build/LRX21V)", SCS_PLATFORM_ANDROID},
        {"NDES_Plugin", SCS_PLATFORM_NDES_PLUGIN},
        {"Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)", SCS_PLATFORM_CISCO},
        {"Java/1.8.0_292", SCS_PLATFORM_JSCEP},
        {"Go-http-client/1.1", SCS_PLATFORM_MICROMDM},
        {"curl/7.88.1", SCS_PLATFORM_CURL},
        {"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.17763.1", SCS_PLATFORM_POWERSHELL},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", SCS_PLATFORM_BROWSER},
        {"Wget/1.21.3", SCS_PLATFORM_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(scs_scep_platform(cases[i].agent), cases[i].platform);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),       cmocka_unit_test(foreign_targets),  cmocka_unit_test(parameters),
        cmocka_unit_test(probes),      cmocka_unit_test(capability_lists), cmocka_unit_test(no_capability_lists),
        cmocka_unit_test(ca_answers),  cmocka_unit_test(cut_ca_answers),   cmocka_unit_test(other_ca_answers),
        cmocka_unit_test(pem_answers), cmocka_unit_test(admin_pages),      cmocka_unit_test(platforms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
