/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/disguise.h"

#include <stdlib.h>
#include <string.h>

#include "base/hmac.h"
#include "base/xalloc.h"

/* Addresses disguised before; each costs up to 128 keyed hashes. */
#define CACHE 1024u
/* A label of a host name has 63 bytes at most (RFC 1035 2.3.4). */
#define MAX_LABEL 63u
/* Steps until a disguised public address is public again; 2 out of 3 are at once. */
#define MAX_WALK 64u

struct cached {
    struct scs_addr from, to;
};

struct scs_disguise {
    struct scs_redactor *redactor;
    enum scs_redaction level;
    uint8_t addr_key[SCS_HMAC_LEN], mac_key[SCS_HMAC_LEN];
    struct cached cache[CACHE];
};

struct scs_disguise *scs_disguise_new(struct scs_redactor *r)
{
    struct scs_disguise *d = scs_xcalloc(1, sizeof *d);
    d->redactor = r;
    d->level = scs_redactor_level(r);
    scs_redactor_key_for(r, "addresses", d->addr_key);
    scs_redactor_key_for(r, "hardware addresses", d->mac_key);
    return d;
}

void scs_disguise_free(struct scs_disguise *d)
{
    free(d);
}

enum scs_redaction scs_disguise_level(const struct scs_disguise *d)
{
    return d->level;
}

/* ---- texts --------------------------------------------------------------------------------------- */

/*
 * All characters are letters, digits and hyphens: allowed in every string type of ASN.1 but NumericString, and in base64
 * none of them makes a '+' or '/', so that a message in a URL keeps its length.
 */
void scs_disguise_text(struct scs_disguise *d, const char *kind, const void *value, size_t len, uint8_t *out, size_t out_len)
{
    char token[SCS_TOKEN_TEXT];
    size_t token_len = scs_redactor_token(d->redactor, kind, value, len, token);
    const char *text = token;
    if (out_len < token_len) {
        /* Only the part that tells tokens apart. */
        text = strrchr(token, '-');
        token_len = text == NULL ? 0 : strlen(text);
        token[(text == NULL ? token : text) - token] = SCS_BLANK;
    }
    for (size_t i = 0; i < out_len; i++) {
        out[i] = i < token_len ? (uint8_t)text[i] : (uint8_t)SCS_BLANK;
    }
}

void scs_disguise_label(struct scs_disguise *d, const struct scs_cursor *label, uint8_t *out)
{
    /* Labels that name a kind of host, not one. */
    static const char *const common[] = {"*",    "ndes",   "scep",    "www", "msappproxy", "net", "com",
                                         "wpad", "isatap", "in-addr", "ip6", "arpa",       NULL};
    struct scs_cursor c = *label;
    uint8_t folded[MAX_LABEL], byte;
    size_t len = 0;
    for (size_t i = 0; common[i] != NULL; i++) {
        if (scs_cursor_equals_nocase(label, common[i])) {
            memcpy(out, label->p, label->len);
            return;
        }
    }
    while (len < MAX_LABEL && scs_cursor_u8(&c, &byte)) {
        folded[len++] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
    }
    scs_disguise_text(d, "host", folded, len, out, label->len);
}

void scs_disguise_host(struct scs_disguise *d, const struct scs_cursor *host, uint8_t *out)
{
    struct scs_cursor c = *host, label;
    while (c.len != 0) {
        size_t at = host->len - c.len;
        bool dotted = scs_cursor_until(&c, '.', &label);
        if (!dotted && !scs_cursor_take(&c, c.len, &label)) {
            return;
        }
        scs_disguise_label(d, &label, out + at);
        if (dotted) {
            out[at + label.len] = '.';
        }
    }
}

/* ---- addresses ----------------------------------------------------------------------------------- */

/* Addresses that name no host: they say the same everywhere. */
static bool is_special(const struct scs_addr *a)
{
    static const uint8_t zeros[15];
    const uint8_t *b = a->bytes;
    if (a->family == 4) {
        return b[0] == 0 || b[0] == 127 || b[0] >= 224;
    }
    return b[0] == 0xff || (memcmp(b, zeros, sizeof zeros) == 0 && b[15] <= 1);
}

bool scs_disguise_hides(const struct scs_disguise *d, const struct scs_addr *addr)
{
    if ((addr->family != 4 && addr->family != 6) || is_special(addr)) {
        return false;
    }
    return d->level == SCS_REDACT_STRICT || (d->level == SCS_REDACT_STANDARD && !scs_addr_private(addr));
}

/* Bits that name the address's block, and stay. */
static unsigned block_bits(const struct scs_addr *a)
{
    const uint8_t *b = a->bytes;
    if (!scs_addr_private(a)) {
        return a->family == 4 ? 0 : 3; /* 2000::/3 */
    }
    if (a->family == 6) {
        return b[0] == 0xfe ? 10 : 7;
    }
    return b[0] == 10 ? 8 : b[0] == 172 ? 12 : b[0] == 100 ? 10 : 16;
}

static unsigned bit_of(const uint8_t *bytes, unsigned at)
{
    return bytes[at / 8] >> (7 - at % 8) & 1u;
}

/* Each bit is turned or not as a keyed function of the bits before it says. */
static void permute(const struct scs_disguise *d, const struct scs_addr *from, struct scs_addr *to)
{
    unsigned bits = from->family == 4 ? 32 : 128;
    struct {
        uint8_t family, len, prefix[16];
    } input = {.family = from->family};
    *to = *from;
    for (unsigned i = 0; i < bits; i++) {
        uint8_t mac[SCS_HMAC_LEN];
        if (i >= block_bits(from)) {
            input.len = (uint8_t)i;
            scs_hmac(d->addr_key, &input, sizeof input, mac);
            to->bytes[i / 8] ^= (uint8_t)((mac[0] & 1u) << (7 - i % 8));
        }
        input.prefix[i / 8] |= (uint8_t)(bit_of(from->bytes, i) << (7 - i % 8));
    }
}

void scs_disguise_addr(struct scs_disguise *d, struct scs_addr *addr)
{
    uint8_t mac[SCS_HMAC_LEN];
    char from[SCS_ENDPOINT_TEXT], to[SCS_ENDPOINT_TEXT];
    if (!scs_disguise_hides(d, addr)) {
        return;
    }
    scs_hmac(d->addr_key, addr, sizeof *addr, mac);
    struct cached *slot = &d->cache[(mac[0] | mac[1] << 8) % CACHE];
    if (!scs_addr_equal(&slot->from, addr)) {
        bool was_private = scs_addr_private(addr);
        slot->from = slot->to = *addr;
        /* Walking on until the kind is right again keeps it a one-to-one mapping. */
        unsigned steps = 0;
        do {
            struct scs_addr step = slot->to;
            permute(d, &step, &slot->to);
        } while (++steps < MAX_WALK && (scs_addr_private(&slot->to) != was_private || is_special(&slot->to)));
    }
    scs_addr_text(addr, from);
    scs_redactor_note(d->redactor, scs_addr_text(&slot->to, to), from, strlen(from));
    *addr = slot->to;
}

void scs_disguise_mac(struct scs_disguise *d, uint8_t mac[6])
{
    static const uint8_t nobody[6];
    uint8_t hashed[SCS_HMAC_LEN];
    if (d->level < SCS_REDACT_STANDARD || (mac[0] & 1) != 0 || memcmp(mac, nobody, sizeof nobody) == 0) {
        return;
    }
    scs_hmac(d->mac_key, mac, 6, hashed);
    memcpy(mac, hashed, 6);
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 2); /* one station, locally administered */
}
