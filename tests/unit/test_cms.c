/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "der.h"
#include "dissectors/cms.h"
#include "dissectors/oid.h"
#include "hex.h"

#define CORPUS SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/cms/"

#define SIGNED_DATA     "06092a864886f70d010702"
#define ENVELOPED_DATA  "06092a864886f70d010703"
#define AUTH_ENVELOPED  "060b2a864886f70d0109100117"
#define DATA            "06092a864886f70d010701"
#define SHA256          "300d06096086480165030402010500"
#define RSA             "300d06092a864886f70d0101010500"
#define OAEP            "300d06092a864886f70d0101073000"
#define SCEP(n)         "060a6086480186f84501090" n
#define MESSAGE_TYPE    SCEP("2")
#define PKI_STATUS      SCEP("3")
#define FAIL_INFO       SCEP("4")
#define SENDER_NONCE    SCEP("5")
#define RECIPIENT_NONCE SCEP("6")
#define TRANSACTION_ID  SCEP("7")
#define SCEP_ERROR      "06092b0601040182371521"

struct world {
    struct scs_arena *arena;
    struct scs_cert_cache *cache;
    struct scs_pki_message m;
    enum scs_status st;
    struct scs_cursor in;
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

static void read_bytes(struct world *w, uint8_t *bytes, size_t len)
{
    free(w->bytes);
    w->bytes = bytes;
    w->in = scs_cursor_of(bytes, len);
    w->st = scs_cms_read_pki_message(&w->in, w->cache, w->arena, &w->m);
}

static void read_hex(struct world *w, const char *hex)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    read_bytes(w, bytes, len);
}

static void read_seed(struct world *w, const char *path)
{
    size_t len;
    uint8_t *bytes = test_file(path, &len);
    read_bytes(w, bytes, len);
}

/* ---- messages made of parts ------------------------------------------------------------------------ */

static const char *name(struct scs_arena *a)
{
    return der(a, "30", der(a, "31", der(a, "30", "0603550403", der_text(a, "13", "CA"), NULL), NULL), NULL);
}

static const char *attribute(struct scs_arena *a, const char *oid, const char *value)
{
    return der(a, "30", oid, der(a, "31", value, NULL), NULL);
}

static const char *signer(struct scs_arena *a, const char *attributes)
{
    return der(a, "31",
               der(a, "30", "020101", der(a, "30", name(a), "020200ff", NULL), SHA256,
                   *attributes == '\0' ? "" : der(a, "a0", attributes, NULL), RSA, "0404deadbeef", NULL),
               NULL);
}

/* `content` is what follows the eContentType. */
static const char *message(struct scs_arena *a, const char *content, const char *attributes)
{
    return der(
        a, "30", SIGNED_DATA,
        der(a, "a0",
            der(a, "30", "020101", der(a, "31", SHA256, NULL), der(a, "30", DATA, content, NULL), signer(a, attributes), NULL),
            NULL),
        NULL);
}

static const char *recipient(struct scs_arena *a)
{
    return der(a, "30", "020100", der(a, "30", name(a), "020105", NULL), OAEP, "04020102", NULL);
}

static const char *enveloped(struct scs_arena *a, const char *recipients)
{
    const char *aes = der(a, "30", "060960864801650304012a", "041000112233445566778899aabbccddeeff", NULL);
    return der(
        a, "30", ENVELOPED_DATA,
        der(a, "a0",
            der(a, "30", "020100", der(a, "31", recipients, NULL), der(a, "30", DATA, aes, "80080102030405060708", NULL), NULL),
            NULL),
        NULL);
}

static void read_attributes(struct world *w, const char *attributes)
{
    read_hex(w, message(w->arena, "", attributes));
}

/* ---- real messages --------------------------------------------------------------------------------- */

/* Catches a reader that wants DER, or that gives up where the URL was cut: what came before it is there. */
static void apple_request_cut_in_the_ciphertext(void **state)
{
    struct world *w = *state;
    read_seed(w, CORPUS "apple-cut-621.ber");
    const struct scs_pki_message *m = &w->m;
    assert_int_equal(w->st, SCS_MORE);
    assert_int_equal(m->flags & (SCS_MSG_IS_CMS | SCS_MSG_HAS_ENVELOPE | SCS_MSG_COMPLETE | SCS_MSG_ENVELOPE_COMPLETE),
                     SCS_MSG_IS_CMS | SCS_MSG_HAS_ENVELOPE);
    assert_int_equal(m->encoding, SCS_ENCODING_BER);
    assert_string_equal(m->digest, "sha512");
    assert_int_equal(m->length, 621);
    assert_int_equal(m->announced, 58 + 6527);
    assert_int_equal(m->missing, 58 + 6527 - 621);
    assert_int_equal(m->content_len, 621 - 58);
    assert_int_equal(m->message_type, -1);
    assert_non_null(m->envelope);
    assert_string_equal(m->envelope->cipher, "des-ede3-cbc");
    assert_int_equal(m->envelope->iv_len, 8);
    assert_int_equal(m->envelope->encrypted_len, 112);
    assert_int_equal(m->envelope->num_recipients, 1);
    assert_int_equal(m->envelope->at_recipients.off, 78);
    const struct scs_recipient *r = m->envelope->recipients;
    assert_true(r->key_trans);
    assert_string_equal(r->issuer, "DC=local, DC=fourthcoffee, CN=FourthCoffee CA");
    assert_string_equal(r->serial, "68000000099a9de56310f95c4f000000000009");
    assert_string_equal(r->key_encryption, "rsaEncryption");
    assert_int_equal(r->encrypted_key_len, 256);
}

/* Catches a reader that drops the recipient because the key after it is cut. */
static void apple_request_cut_in_the_key(void **state)
{
    struct world *w = *state;
    read_seed(w, CORPUS "apple-cut-357.ber");
    assert_int_equal(w->st, SCS_MORE);
    assert_int_equal(w->m.envelope->num_recipients, 1);
    assert_string_equal(w->m.envelope->recipients->serial, "68000000099a9de56310f95c4f000000000009");
    assert_int_equal(w->m.envelope->recipients->encrypted_key_len, 145);
    assert_null(w->m.envelope->cipher);
    assert_int_equal(w->m.missing, 58 + 6527 - 357);
}

/* Catches wrong offsets, a signer taken from elsewhere, and [0] in definite chunks taken for damage (micromdm). */
static void micromdm_request(void **state)
{
    struct world *w = *state;
    read_seed(w, CORPUS "micromdm-pkcsreq.der");
    const struct scs_pki_message *m = &w->m;
    assert_int_equal(w->st, SCS_OK);
    assert_true(m->flags & SCS_MSG_COMPLETE);
    assert_true(m->flags & SCS_MSG_ENVELOPE_COMPLETE);
    assert_int_equal(m->message_type, 19);
    assert_string_equal(m->transaction_id, "PaYh0oHRExeGiSxwBJTu9SX8rRE=");
    assert_int_equal(m->sender_nonce.len, 16);
    assert_int_equal(m->sender_nonce.p[0], 0xa5);
    assert_int_equal(m->signing_time, 1795328781);
    assert_string_equal(m->digest, "sha1");
    assert_string_equal(m->signature_algorithm, "sha1WithRSAEncryption");
    assert_ptr_equal(m->signer, m->certificates[0]);
    assert_string_equal(m->envelope->cipher, "des-cbc");
    assert_int_equal(m->envelope->encrypted_len, 680);
    assert_int_equal(m->at_signed_attrs.off, 2289);
    assert_int_equal(m->at_signature.len, 256);
    assert_int_equal(m->at_message_digest.off, 2419);
    assert_int_equal(m->missing, 0);
}

/* Catches a status or an issued certificate lost, and the CA taken for the signer only by luck of order. */
static void micromdm_success(void **state)
{
    struct world *w = *state;
    read_seed(w, CORPUS "micromdm-success.der");
    assert_int_equal(w->m.message_type, 3);
    assert_int_equal(w->m.pki_status, 0);
    assert_int_equal(w->m.fail_info, -1);
    assert_int_equal(w->m.num_certificates, 2);
    assert_ptr_equal(w->m.signer, w->m.certificates[1]);
    assert_memory_equal(w->m.recipient_nonce.p, w->m.sender_nonce.p, 16);
}

/* Catches facts that come and go with the cut, completeness claimed too early, and any read past the end. */
static void every_prefix_is_read_as_far_as_it_goes(void **state)
{
    struct world *w = *state;
    size_t len;
    uint8_t *whole = test_file(CORPUS "strongswan-pkcsreq.der", &len);
    bool recipient_seen = false;
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *part = malloc(cut == 0 ? 1 : cut);
        memcpy(part, whole, cut);
        read_bytes(w, part, cut);
        assert_false(w->m.flags & SCS_MSG_COMPLETE);
        assert_int_not_equal(w->st, SCS_OK);
        if (cut >= 4) {
            assert_int_equal(w->st, SCS_MORE);
            assert_int_equal(w->m.announced, len);
            assert_int_equal(w->m.missing, len - cut);
        }
        bool now = w->m.envelope != NULL && w->m.envelope->num_recipients != 0 && w->m.envelope->recipients->serial != NULL;
        assert_true(now || !recipient_seen);
        recipient_seen = now;
        if ((cut & 63) == 63) {
            close_world(state);
            open_world(state);
            w = *state;
        }
    }
    assert_true(recipient_seen);
    read_bytes(w, whole, len);
    assert_int_equal(w->st, SCS_OK);
}

/* ---- replies --------------------------------------------------------------------------------------- */

/* Catches an NDES FAILURE taken for odd: one octet 00 of content, no certificates, an HRESULT in decimal. */
static void ndes_failure(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *attributes = scs_arena_printf(
        a, "%s%s%s%s", attribute(a, MESSAGE_TYPE, der_text(a, "13", "3")), attribute(a, PKI_STATUS, der_text(a, "13", "2")),
        attribute(a, FAIL_INFO, der_text(a, "13", "2")), attribute(a, SCEP_ERROR, der_text(a, "13", "-2147024809")));
    read_hex(w, message(a, "a003040100", attributes));
    assert_int_equal(w->st, SCS_OK);
    assert_true(w->m.flags & SCS_MSG_CONTENT_ONE_ZERO);
    assert_false(w->m.flags & (SCS_MSG_CONTENT_ABSENT | SCS_MSG_CONTENT_EMPTY | SCS_MSG_ATTR_WRONG_TYPE | SCS_MSG_HAS_ENVELOPE));
    assert_int_equal(w->m.fail_info, 2);
    assert_true(w->m.has_hresult);
    assert_int_equal((uint32_t)w->m.hresult, 0x80070057u);
    assert_int_equal(w->m.num_certificates, 0);
    assert_string_equal(w->m.signer_issuer, "CN=CA");
    assert_string_equal(w->m.signer_serial, "ff");
    assert_null(w->m.signer);
}

/* Catches absent, empty and one-byte content mixed up. */
static void content_absent_and_empty(void **state)
{
    struct world *w = *state;
    read_hex(w, message(w->arena, "", ""));
    assert_true(w->m.flags & SCS_MSG_CONTENT_ABSENT);
    assert_false(w->m.flags & SCS_MSG_HAS_SIGNED_ATTRS);
    read_hex(w, message(w->arena, "a0020400", ""));
    assert_true(w->m.flags & SCS_MSG_CONTENT_EMPTY);
    read_hex(w, message(w->arena, "a000", ""));
    assert_true(w->m.flags & SCS_MSG_CONTENT_EMPTY);
    read_hex(w, message(w->arena, "a003040101", ""));
    assert_int_equal(w->m.content_len, 1);
    assert_false(w->m.flags & (SCS_MSG_CONTENT_EMPTY | SCS_MSG_CONTENT_ABSENT | SCS_MSG_CONTENT_ONE_ZERO));
}

/* Catches overflow in the HRESULT, and text after it taken for part of it. */
static void hresults_in_every_writing(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *text;
        bool ok;
        uint32_t value;
    } cases[] = {
        {"-2147024809", true, 0x80070057u},
        {"2147942487", true, 0x80070057u},
        {"0x80070057", true, 0x80070057u},
        {"0X8009310b", true, 0x8009310bu},
        {"0", true, 0},
        {"-2147483648", true, 0x80000000u},
        {"4294967296", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"0x", false, 0},
        {"12monkeys", false, 0},
        {"99999999999999999999999", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_attributes(w, attribute(w->arena, SCEP_ERROR, der_text(w->arena, "13", cases[i].text)));
        assert_int_equal(w->m.has_hresult, cases[i].ok);
        if (cases[i].ok) {
            assert_int_equal((uint32_t)w->m.hresult, cases[i].value);
        }
    }
    read_attributes(w, attribute(w->arena, SCEP_ERROR, "020480070057"));
    assert_true(w->m.has_hresult);
    assert_int_equal((uint32_t)w->m.hresult, 0x80070057u);
    assert_true(w->m.flags & SCS_MSG_ATTR_WRONG_TYPE);
}

/* ---- attributes ------------------------------------------------------------------------------------ */

/* Catches wrong string types refused, or accepted without a word. */
static void wrong_string_types_are_read_and_flagged(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    read_attributes(w, attribute(a, MESSAGE_TYPE, der_text(a, "0c", "19")));
    assert_int_equal(w->m.message_type, 19);
    assert_true(w->m.flags & SCS_MSG_ATTR_WRONG_TYPE);
    read_attributes(w, attribute(a, TRANSACTION_ID, der(a, "1e", "00410042", NULL)));
    assert_string_equal(w->m.transaction_id, "AB");
    assert_true(w->m.flags & SCS_MSG_ATTR_WRONG_TYPE);
    read_attributes(w, attribute(a, SENDER_NONCE, der_text(a, "13", "0123456789abcdef")));
    assert_int_equal(w->m.sender_nonce.len, 16);
    assert_int_equal(w->m.flags & (SCS_MSG_ATTR_WRONG_TYPE | SCS_MSG_NONCE_LENGTH), SCS_MSG_ATTR_WRONG_TYPE);
    read_attributes(w, attribute(a, MESSAGE_TYPE, der_text(a, "13", "19")));
    assert_false(w->m.flags & SCS_MSG_ATTR_WRONG_TYPE);
    read_attributes(w, attribute(a, MESSAGE_TYPE, der_text(a, "13", "PKCSReq")));
    assert_int_equal(w->m.message_type, -1);
    read_attributes(w, attribute(a, MESSAGE_TYPE, der_text(a, "13", "-19")));
    assert_int_equal(w->m.message_type, -1);
}

/* Catches a nonce of another length dropped, and one of a megabyte kept. */
static void nonces_of_other_lengths(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    read_attributes(w, attribute(a, RECIPIENT_NONCE, "04080102030405060708"));
    assert_int_equal(w->m.recipient_nonce.len, 8);
    assert_true(w->m.flags & SCS_MSG_NONCE_LENGTH);
    char *many = scs_arena_alloc(a, 1001);
    memset(many, 'a', 1000);
    read_attributes(w, attribute(a, RECIPIENT_NONCE, der(a, "04", many, NULL)));
    assert_int_equal(w->m.recipient_nonce.len, SCS_MAX_NONCE);
}

/* Catches a missing comparison, or one that flags the usual ascending order. */
static void unsorted_attributes_are_flagged(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *first = attribute(a, MESSAGE_TYPE, der_text(a, "13", "3")),
               *second = attribute(a, PKI_STATUS, der_text(a, "13", "0"));
    read_attributes(w, scs_arena_printf(a, "%s%s", first, second));
    assert_false(w->m.flags & SCS_MSG_ATTRS_UNSORTED);
    read_attributes(w, scs_arena_printf(a, "%s%s", second, first));
    assert_true(w->m.flags & SCS_MSG_ATTRS_UNSORTED);
    assert_int_equal(w->m.message_type, 3);
    assert_int_equal(w->m.pki_status, 0);
}

/* Catches Microsoft's attributes left unnamed, control characters let through, and a blob shown as text. */
static void other_attributes_are_named(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    read_attributes(w, scs_arena_printf(a, "%s%s%s", attribute(a, "06092b0601040182371522", "0402dead"),
                                        attribute(a, "06032a0304", der_text(a, "0c", "a\x1b[1m")),
                                        attribute(a, "06092b0601040182371526", "0402ff00")));
    assert_int_equal(w->m.num_extra_attributes, 3);
    assert_string_equal(w->m.extra_attributes[0], "scepServerState=dead");
    assert_string_equal(w->m.extra_attributes[1], "1.2.3.4=a\\x1b[1m");
    assert_string_equal(w->m.extra_attributes[2], "scepServerMessage=ff00");
    assert_null(w->m.server_message);
    read_attributes(w, attribute(a, "06092b0601040182371526", der_text(a, "04", "try later")));
    assert_string_equal(w->m.server_message, "try later");
    assert_int_equal(w->m.num_extra_attributes, 0);
    read_attributes(w, attribute(a, "06082b06010505071801", der_text(a, "0c", "Ogiltig beg\xc3\xa4ran")));
    assert_string_equal(w->m.fail_info_text, "Ogiltig beg\xc3\xa4ran");
}

/* Catches a list that grows with the input. */
static void attributes_have_a_limit(void **state)
{
    struct world *w = *state;
    const char *one = attribute(w->arena, "06032a0304", "0500"), *many = "";
    for (unsigned i = 0; i <= SCS_MAX_ATTRIBUTES; i++) {
        many = scs_arena_printf(w->arena, "%s%s", many, one);
    }
    read_attributes(w, many);
    assert_int_equal(w->st, SCS_LIMIT);
    assert_int_equal(w->m.num_extra_attributes, SCS_MAX_ATTRIBUTES);
}

/* ---- envelopes ------------------------------------------------------------------------------------- */

/* Catches recipients by key identifier or key agreement read as issuer and serial. */
static void recipients_of_every_kind(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *ski = der(a, "30", "020102", "8003aabbcc", RSA, "04020102", NULL);
    const char *agreement = der(a, "a1", "020103", NULL);
    const char *all = scs_arena_printf(a, "%s%s%s", recipient(a), ski, agreement);
    read_hex(w, message(a, der(a, "a0", der(a, "04", enveloped(a, all), NULL), NULL), ""));
    assert_int_equal(w->st, SCS_OK);
    assert_int_equal(w->m.encoding, SCS_ENCODING_DER);
    const struct scs_envelope *e = w->m.envelope;
    assert_int_equal(e->num_recipients, 3);
    assert_string_equal(e->recipients[0].issuer, "CN=CA");
    assert_string_equal(e->recipients[0].serial, "05");
    assert_string_equal(e->recipients[0].key_encryption, "RSAES-OAEP");
    assert_string_equal(e->recipients[0].issuer_sha256, w->m.signer_issuer_sha256);
    assert_null(e->recipients[1].issuer);
    assert_string_equal(e->recipients[1].ski, "aabbcc");
    assert_true(e->recipients[1].key_trans);
    assert_false(e->recipients[2].key_trans);
    assert_string_equal(e->cipher, "aes-256-cbc");
    assert_int_equal(e->iv_len, 16);
    assert_int_equal(e->encrypted_len, 8);
    assert_true(w->m.flags & SCS_MSG_ENVELOPE_COMPLETE);
}

/* Catches a list of recipients that grows with the input. */
static void recipients_have_a_limit(void **state)
{
    struct world *w = *state;
    const char *many = "";
    for (unsigned i = 0; i <= SCS_MAX_RECIPIENTS; i++) {
        many = scs_arena_printf(w->arena, "%s%s", many, recipient(w->arena));
    }
    read_hex(w, message(w->arena, der(w->arena, "a0", der(w->arena, "04", enveloped(w->arena, many), NULL), NULL), ""));
    assert_int_equal(w->st, SCS_LIMIT);
    assert_int_equal(w->m.envelope->num_recipients, SCS_MAX_RECIPIENTS);
}

/* Catches chunk headers read as content, and spans that count the joined copy. */
static void content_in_chunks_is_joined(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *inner = enveloped(a, recipient(a)), *chunks = "";
    for (const char *at = inner; *at != '\0'; at += 14) {
        char part[15] = {0};
        memcpy(part, at, strlen(at) < 14 ? strlen(at) : 14);
        chunks = scs_arena_printf(a, "%s%s", chunks, der(a, "04", part, NULL));
        if (strlen(at) < 14) {
            break;
        }
    }
    read_hex(w, message(a, ber(a, "a0", ber(a, "24", chunks, NULL), NULL), ""));
    assert_int_equal(w->st, SCS_OK);
    assert_int_equal(w->m.encoding, SCS_ENCODING_BER);
    assert_int_equal(w->m.content_len, strlen(inner) / 2);
    assert_string_equal(w->m.envelope->recipients->serial, "05");
    assert_true(w->m.flags & SCS_MSG_ENVELOPE_COMPLETE);
    /* Two octets of header stand before every seven of content. */
    struct scs_span at = w->m.envelope->at_recipients;
    assert_int_equal(w->bytes[at.off], 0x31);
    assert_true(at.off > w->m.at_content.off && at.off + at.len < w->m.at_content.off + w->m.at_content.len);
    assert_int_equal(w->bytes[w->m.envelope->at_cipher.off], 0x30);

    /* The same, cut in a later chunk: what came before stays, and nothing is called damaged. */
    size_t cut = at.off + at.len;
    uint8_t *part = malloc(cut);
    memcpy(part, w->bytes, cut);
    read_bytes(w, part, cut);
    assert_int_equal(w->st, SCS_MORE);
    assert_string_equal(w->m.envelope->recipients->serial, "05");
    assert_null(w->m.envelope->cipher);
    assert_false(w->m.flags & SCS_MSG_ENVELOPE_COMPLETE);
}

/* Catches AuthEnvelopedData missed, and another content type taken for an envelope. */
static void only_envelopes_are_envelopes(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *auth =
        der(a, "30", AUTH_ENVELOPED, der(a, "a0", der(a, "30", "020100", der(a, "31", recipient(a), NULL), NULL), NULL), NULL);
    read_hex(w, message(a, der(a, "a0", der(a, "04", auth, NULL), NULL), ""));
    assert_int_equal(w->m.flags & (SCS_MSG_HAS_ENVELOPE | SCS_MSG_AUTH_ENVELOPE), SCS_MSG_HAS_ENVELOPE | SCS_MSG_AUTH_ENVELOPE);
    assert_int_equal(w->m.envelope->num_recipients, 1);
    read_hex(w, message(a, der(a, "a0", der(a, "04", "3003020101", NULL), NULL), ""));
    assert_false(w->m.flags & SCS_MSG_HAS_ENVELOPE);
    assert_null(w->m.envelope);
}

/* ---- what is no message ---------------------------------------------------------------------------- */

/* Catches trailing bytes read as part of the message, or called a fault of it. */
static void trailing_bytes_are_flagged(void **state)
{
    struct world *w = *state;
    const char *plain = message(w->arena, "", "");
    read_hex(w, scs_arena_printf(w->arena, "%s0d0a", plain));
    assert_int_equal(w->st, SCS_OK);
    assert_int_equal(w->m.flags & (SCS_MSG_COMPLETE | SCS_MSG_TRAILING), SCS_MSG_COMPLETE | SCS_MSG_TRAILING);
    assert_int_equal(w->m.announced, w->m.length - 2);
    read_hex(w, plain);
    assert_false(w->m.flags & SCS_MSG_TRAILING);
}

static uint32_t flags_of(struct world *w, const char *text)
{
    size_t len = strlen(text);
    uint8_t *bytes = malloc(len + 1);
    memcpy(bytes, text, len);
    read_bytes(w, bytes, len);
    assert_false(w->m.flags & SCS_MSG_IS_CMS);
    return w->m.flags;
}

/* Catches text taken for CMS, probes taken for broken devices, and PEM not recognised. */
static void other_things_are_told_apart(void **state)
{
    struct world *w = *state;
    assert_int_equal(flags_of(w, ""), 0);
    assert_int_equal(w->st, SCS_MALFORMED);
    assert_int_equal(flags_of(w, "<html>"), SCS_MSG_PRESENT);
    assert_int_equal(w->st, SCS_MALFORMED);
    assert_int_equal(flags_of(w, "0123456789"), SCS_MSG_PRESENT);
    assert_int_equal(flags_of(w, "-----BEGIN PKCS7-----\nMIIF"), SCS_MSG_PRESENT | SCS_MSG_PEM);
    assert_int_equal(flags_of(w, "MIIFowYJKoZIhvcNAQcCoIIFlDCCBZAC"), SCS_MSG_PRESENT | SCS_MSG_PEM);
    assert_int_equal(flags_of(w, "NDESLongUrlValidatorFakeChallenge"), SCS_MSG_PRESENT | SCS_MSG_PROBE);
    read_hex(w, "3431122e89e052b9556a589d6ada2b00");
    assert_true(w->m.flags & SCS_MSG_PROBE);
}

/* Catches a message cut in its first bytes called "not CMS", and another ContentInfo called CMS. */
static void beginnings(void **state)
{
    struct world *w = *state;
    static const char *const cut[] = {"3080", "308201", "30820100", "3080 0609", "3082 0100 0609 2a864886"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        read_hex(w, cut[i]);
        assert_int_equal(w->m.flags, SCS_MSG_PRESENT | SCS_MSG_BEGINS_LIKE_CMS);
        assert_int_equal(w->st, SCS_MORE);
    }
    read_hex(w, "3082 0100 0609 2a864886f70d010703");
    assert_int_equal(w->m.flags, SCS_MSG_PRESENT);
}

/* Catches an inner length that lies: it must not read on, and must not look like a cut. */
static void lying_lengths_are_damage(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    const char *attributes = scs_arena_printf(a, "%s%s", attribute(a, MESSAGE_TYPE, der_text(a, "13", "3")), "307f0102");
    read_attributes(w, attributes);
    assert_int_equal(w->st, SCS_MALFORMED);
    assert_int_equal(w->m.message_type, 3);
    assert_int_equal(w->m.missing, 0);
    assert_string_equal(w->m.signature_algorithm, "rsaEncryption");
}

/* Catches certificates of the wrong level: RFC 8894 4.7.1 puts the next CA's inside the signed content. */
static void next_ca_certificates_come_from_the_content(void **state)
{
    struct world *w = *state;
    struct scs_arena *a = w->arena;
    size_t len;
    uint8_t *ca = test_file(SCEPSCOPE_SOURCE_DIR "/tests/fuzz/corpus/x509/micromdm-ca.der", &len);
    const char *degenerate = der(
        a, "30", SIGNED_DATA,
        der(a, "a0",
            der(a, "30", "020101", "3100", der(a, "30", DATA, NULL), der(a, "a0", scs_arena_hex(a, ca, len), NULL), "3100", NULL),
            NULL),
        NULL);
    size_t n;
    uint8_t *bytes = test_hex(degenerate, &n);
    struct scs_cursor in = scs_cursor_of(bytes, n);
    const struct scs_cert_facts *const *found;
    uint32_t num;
    bool has_signer;
    assert_int_equal(scs_cms_read_certificates(&in, w->cache, a, &found, &num, &has_signer), SCS_OK);
    assert_int_equal(num, 1);
    assert_false(has_signer);
    free(bytes);

    bytes = test_hex(message(a, der(a, "a0", der(a, "04", degenerate, NULL), NULL), ""), &n);
    in = scs_cursor_of(bytes, n);
    assert_int_equal(scs_cms_read_certificates(&in, w->cache, a, &found, &num, &has_signer), SCS_OK);
    assert_int_equal(num, 1);
    assert_true(has_signer);
    assert_string_equal(found[0]->subject, "C=SE, O=Contoso, OU=SCEP CA");
    free(bytes);
    free(ca);
}

/* ---- object identifiers ---------------------------------------------------------------------------- */

/* Catches a table out of order, where the search would miss rows, and wrong arcs in the dotted form. */
static void oids_have_names(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *hex, *name;
    } cases[] = {
        {"0992268993f22c640119", "0.9.2342.19200300.100.1.25"},
        {"2a8648ce380401", "dsa"},
        {"2a8648ce3d030107", "P-256"},
        {"2a8648ce3d040302", "ecdsa-with-SHA256"},
        {"2a864886f70d010101", "rsaEncryption"},
        {"2a864886f70d010107", "RSAES-OAEP"},
        {"2a864886f70d01010a", "RSASSA-PSS"},
        {"2a864886f70d01010b", "sha256WithRSAEncryption"},
        {"2a864886f70d010702", "signedData"},
        {"2a864886f70d0109100117", "authEnvelopedData"},
        {"2a864886f70d010905", "signingTime"},
        {"2a864886f70d0205", "md5"},
        {"2a864886f70d0307", "des-ede3-cbc"},
        {"2b060104018237140201", "certRequestAgent"},
        {"2b0601040182371521", "scepError"},
        {"2b0601040182371527", "scepServerSecret"},
        {"2b06010505070302", "clientAuth"},
        {"2b06010505071801", "failInfoText"},
        {"2b0e030207", "des-cbc"},
        {"2b0e03021a", "sha1"},
        {"2b81040022", "P-384"},
        {"551d2500", "anyExtendedKeyUsage"},
        {"6086480165030401", "2.16.840.1.101.3.4.1"},
        {"60864801650304012a", "aes-256-cbc"},
        {"608648016503040203", "sha512"},
        {"6086480186f845010902", "messageType"},
        {"6086480186f845010907", "transactionID"},
        {"883703", "2.999.3"},
        {"", "oid:"},
        {"2a80", "oid:2a80"},
        {"2affffffffffffffffffff7f", "oid:2affffffffffffffffffff7f"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len;
        uint8_t *bytes = test_hex(cases[i].hex, &len);
        struct scs_cursor oid = scs_cursor_of(bytes, len);
        assert_string_equal(scs_oid_name(&oid, w->arena), cases[i].name);
        free(bytes);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(apple_request_cut_in_the_ciphertext),
        TEST(apple_request_cut_in_the_key),
        TEST(micromdm_request),
        TEST(micromdm_success),
        TEST(every_prefix_is_read_as_far_as_it_goes),
        TEST(ndes_failure),
        TEST(content_absent_and_empty),
        TEST(hresults_in_every_writing),
        TEST(wrong_string_types_are_read_and_flagged),
        TEST(nonces_of_other_lengths),
        TEST(unsorted_attributes_are_flagged),
        TEST(other_attributes_are_named),
        TEST(attributes_have_a_limit),
        TEST(recipients_of_every_kind),
        TEST(recipients_have_a_limit),
        TEST(content_in_chunks_is_joined),
        TEST(only_envelopes_are_envelopes),
        TEST(trailing_bytes_are_flagged),
        TEST(other_things_are_told_apart),
        TEST(beginnings),
        TEST(lying_lengths_are_damage),
        TEST(next_ca_certificates_come_from_the_content),
        TEST(oids_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
