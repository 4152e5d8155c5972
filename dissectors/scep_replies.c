/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of the replies that are no pkiMessage: GetCACaps, GetCACert, GetNextCACert, and the mscep_admin page. */
#include <string.h>

#include "base/ber.h"
#include "dissectors/cert_cache.h"
#include "dissectors/cms.h"
#include "dissectors/scep.h"

/* Enough of a page to hold every text looked for: NDES's own pages are under 4 KiB, in UTF-16 under 8. */
#define ADMIN_PAGE_LOOK (64u * 1024u)

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct scs_cursor without_leading_space(const struct scs_cursor *in)
{
    struct scs_cursor c = *in;
    uint8_t octet;
    if (scs_cursor_starts(&c, "\xef\xbb\xbf") && !scs_cursor_skip(&c, 3)) {
        return c;
    }
    while (scs_cursor_peek(&c, 0, &octet) && is_space(octet) && scs_cursor_skip(&c, 1)) {
    }
    return c;
}

static bool begins_like_html(const struct scs_cursor *body)
{
    struct scs_cursor c = without_leading_space(body);
    return scs_cursor_starts(&c, "<");
}

/* ---- GetCACaps ------------------------------------------------------------------------------------ */

static struct scs_cursor trimmed(const struct scs_cursor *line)
{
    struct scs_cursor c = without_leading_space(line);
    uint8_t octet;
    while (scs_cursor_peek(&c, c.len - 1, &octet) && is_space(octet)) {
        c = scs_cursor_first(&c, c.len - 1);
    }
    return c;
}

/* RFC 8894 3.5.2, and Update of the drafts before it. */
static uint32_t capability(const struct scs_cursor *word)
{
    static const struct {
        const char *word;
        uint32_t flag;
    } words[] = {
        {"AES", SCS_CAP_AES},
        {"DES3", SCS_CAP_DES3},
        {"GetNextCACert", SCS_CAP_GET_NEXT_CA_CERT},
        {"POSTPKIOperation", SCS_CAP_POST},
        {"Renewal", SCS_CAP_RENEWAL},
        {"SHA-1", SCS_CAP_SHA1},
        {"SHA-256", SCS_CAP_SHA256},
        {"SHA-512", SCS_CAP_SHA512},
        {"SCEPStandard", SCS_CAP_STANDARD},
        {"Update", SCS_CAP_UPDATE},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (scs_cursor_equals_nocase(word, words[i].word)) {
            return words[i].flag;
        }
    }
    return 0;
}

static bool is_plain_text(struct scs_cursor c)
{
    uint8_t octet;
    while (scs_cursor_u8(&c, &octet)) {
        if (octet >= 0x7f || (octet < ' ' && !is_space(octet))) {
            return false;
        }
    }
    return true;
}

/* A keyword is one short word; a sentence such as "Service unavailable" is no list of them. */
static bool is_keyword(struct scs_cursor line)
{
    uint8_t c;
    if (line.len > 64) {
        return false;
    }
    while (scs_cursor_u8(&line, &c)) {
        uint8_t letter = c | 0x20;
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return true;
}

void scs_scep_read_caps(const struct scs_cursor *body, struct scs_arena *arena, struct scs_caps *out)
{
    const char *lines[SCS_MAX_CAPABILITIES];
    struct scs_cursor c = without_leading_space(body), line;
    bool words_only = true;

    *out = (struct scs_caps){.empty = scs_cursor_done(&c), .html = begins_like_html(body)};
    if (out->html || !is_plain_text(c)) {
        return;
    }
    while (!scs_cursor_done(&c) && out->num_lines < SCS_MAX_CAPABILITIES) {
        if (!scs_cursor_line(&c, &line)) {
            line = c;
            c = scs_cursor_first(&c, 0);
        }
        line = trimmed(&line);
        if (line.len != 0) {
            out->known |= capability(&line);
            words_only = words_only && is_keyword(line);
            lines[out->num_lines++] = scs_arena_text(arena, &line, SCS_MAX_TEXT);
        }
    }
    out->text = words_only || out->known != 0;
    out->lines = scs_arena_dup(arena, lines, out->num_lines * sizeof *lines);
}

/* ---- GetCACert ------------------------------------------------------------------------------------ */

/* One raw certificate, or (against the RFC) several one after the other. */
static void read_raw(struct scs_cursor c, struct scs_cert_cache *cache, struct scs_arena *arena, struct scs_ca_certs *out)
{
    const struct scs_cert_facts *found[SCS_MAX_CERTIFICATES];
    struct scs_ber e;
    uint32_t num = 0;
    out->complete = true;
    while (num < SCS_MAX_CERTIFICATES && scs_ber_expect(&c, SCS_BER_SEQUENCE, &e) != SCS_MALFORMED) {
        const struct scs_cert_facts *facts = scs_x509_read(&e.whole, cache);
        out->complete = out->complete && e.complete;
        if (facts != NULL) {
            found[num++] = facts;
        }
    }
    out->parsed = num != 0;
    out->complete = out->complete && out->parsed;
    out->single = num == 1;
    out->num_certificates = num;
    out->certificates = scs_arena_dup(arena, found, num * sizeof(const struct scs_cert_facts *));
}

static void read_der(const struct scs_cursor *body, struct scs_cert_cache *cache, struct scs_arena *arena,
                     struct scs_ca_certs *out)
{
    struct scs_cursor c = *body;
    struct scs_ber outer;
    uint8_t tag;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &outer) == SCS_MALFORMED || !scs_ber_peek_tag(&outer.contents, &tag)) {
        return;
    }
    if (tag != SCS_BER_OID) {
        read_raw(*body, cache, arena, out);
        return;
    }
    enum scs_status st =
        scs_cms_read_certificates(body, cache, arena, &out->certificates, &out->num_certificates, &out->signed_reply);
    out->parsed = st != SCS_MALFORMED || out->num_certificates != 0;
    out->complete = st == SCS_OK;
}

/* Appends what each "-----BEGIN x-----" block holds; a body of bare base64 is one block. */
static void decode_pem(struct scs_cursor c, struct scs_buf *out)
{
    struct scs_cursor line, block;
    uint32_t flags;
    if (!scs_cursor_starts(&c, "-----")) {
        scs_scep_decode_query(&c, out, &flags);
        return;
    }
    for (uint32_t i = 0; i < SCS_MAX_CERTIFICATES; i++) {
        size_t at = scs_cursor_find(&c, "-----BEGIN ");
        if (at == SIZE_MAX || !scs_cursor_skip(&c, at) || !scs_cursor_line(&c, &line)) {
            return;
        }
        size_t end = scs_cursor_find(&c, "-----END ");
        block = scs_cursor_first(&c, end);
        scs_scep_decode_query(&block, out, &flags);
        if (!scs_cursor_skip(&c, block.len)) {
            return;
        }
    }
}

static bool begins_like_pem(const struct scs_cursor *body)
{
    struct scs_cursor head = scs_cursor_first(body, 256);
    /* MI is base64 for 30 82, as any certificate begins; bare text of another kind would not pass as base64. */
    return scs_cursor_find(&head, "-----BEGIN ") != SIZE_MAX || (scs_cursor_starts(&head, "MI") && is_plain_text(head));
}

void scs_scep_read_ca_certs(const struct scs_cursor *body, struct scs_cert_cache *cache, struct scs_arena *arena,
                            struct scs_ca_certs *out)
{
    uint8_t sha256[SCS_SHA256_LEN];
    struct scs_cursor c = without_leading_space(body);

    *out = (struct scs_ca_certs){.empty = scs_cursor_done(&c), .html = begins_like_html(body)};
    scs_cert_cache_sha256(cache, body, sha256);
    out->body_sha256 = scs_arena_hex(arena, sha256, sizeof sha256);
    if (out->empty || out->html) {
        return;
    }
    if (begins_like_pem(&c)) {
        struct scs_buf der;
        scs_buf_init(&der, SCS_MAX_BODY);
        out->pem = true;
        decode_pem(c, &der);
        struct scs_cursor decoded = scs_buf_cursor(&der);
        read_der(&decoded, cache, arena, out);
        scs_buf_cleanup(&der);
    } else {
        read_der(body, cache, arena, out);
    }
    if (out->num_certificates != 0) {
        out->certificates = scs_x509_judge_roles(out->certificates, out->num_certificates, arena);
    }
}

/* ---- mscep_admin ---------------------------------------------------------------------------------- */

/* UTF-16 of English text is ASCII with zero octets between: without them all three encodings look alike. */
static void collapse(struct scs_cursor c, struct scs_buf *out)
{
    uint8_t octet;
    while (scs_cursor_u8(&c, &octet)) {
        if (octet != 0) {
            scs_buf_byte(out, octet);
        }
    }
}

uint32_t scs_scep_read_admin(const struct scs_cursor *body)
{
    static const struct {
        const char *text;
        uint32_t flags;
    } texts[] = {
        {"The thumbprint (hash value) for the CA certificate is", SCS_ADMIN_PAGE | SCS_ADMIN_THUMBPRINT},
        {"enrollment challenge password is", SCS_ADMIN_PAGE},
        {"can be used only once", SCS_ADMIN_PASSWORD_ONCE},
        {"can be used multiple times", SCS_ADMIN_PASSWORD_MANY},
        {"The password cache is full", SCS_ADMIN_PAGE | SCS_ADMIN_CACHE_FULL},
        {"You do not have sufficient permission to enroll with SCEP", SCS_ADMIN_PAGE | SCS_ADMIN_NO_PERMISSION},
    };
    struct scs_buf page;
    uint32_t flags = 0;
    scs_buf_init(&page, ADMIN_PAGE_LOOK);
    collapse(scs_cursor_first(body, ADMIN_PAGE_LOOK), &page);
    struct scs_cursor text = scs_buf_cursor(&page);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (scs_cursor_find_nocase(&text, texts[i].text) != SIZE_MAX) {
            flags |= texts[i].flags;
        }
    }
    scs_buf_cleanup(&page);
    return (flags & SCS_ADMIN_PAGE) != 0 ? flags : 0;
}
