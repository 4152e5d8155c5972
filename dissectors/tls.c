/* SPDX-License-Identifier: Apache-2.0 */
/* Handshake messages and alerts. RFC 5246 7.4, RFC 8446 4. */
#include "dissectors/tls.h"

#include <string.h>

enum {
    EXT_SERVER_NAME = 0,
    EXT_ALPN = 16,
    EXT_ENCRYPT_THEN_MAC = 22,
    EXT_EXTENDED_MASTER_SECRET = 23,
    EXT_SESSION_TICKET = 35,
    EXT_PRE_SHARED_KEY = 41,
    EXT_EARLY_DATA = 42,
    EXT_SUPPORTED_VERSIONS = 43
};

#define TLS_1_3 0x0304

/* The random of a ServerHello that is a HelloRetryRequest: SHA-256 of those words. RFC 8446 4.1.3. */
static const uint8_t retry_random[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                         0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                         0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

bool scs_tls_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

/* ---- extensions ---------------------------------------------------------------------------------- */

/* RFC 6066 3: a list of names, of which only host names were ever defined. */
static void server_name(struct scs_cursor c, struct scs_tls_hello *out)
{
    struct scs_cursor list, name;
    uint8_t type;
    if (!scs_cursor_u16_prefixed(&c, &list)) {
        return;
    }
    while (scs_cursor_u8(&list, &type) && scs_cursor_u16_prefixed(&list, &name)) {
        if (type == 0) {
            out->sni = name;
            return;
        }
    }
}

/* RFC 7301 3.1. The first that is not GREASE. */
static void alpn(struct scs_cursor c, struct scs_tls_hello *out)
{
    struct scs_cursor list, name;
    if (!scs_cursor_u16_prefixed(&c, &list)) {
        return;
    }
    while (scs_cursor_u8_prefixed(&list, &name)) {
        bool grease = name.len == 2 && (name.p[0] & 0x0f) == 0x0a && name.p[0] == name.p[1];
        if (!grease) {
            out->alpn = name;
            return;
        }
    }
}

/* RFC 8446 4.2.1: a list from the client, one version from the server. */
static void supported_versions(struct scs_cursor c, bool from_client, struct scs_tls_hello *out)
{
    struct scs_cursor list;
    uint16_t version, max = 0, min = 0;
    if (!from_client) {
        if (scs_cursor_u16be(&c, &version)) {
            out->version = version;
        }
        return;
    }
    if (!scs_cursor_u8_prefixed(&c, &list)) {
        return;
    }
    while (scs_cursor_u16be(&list, &version)) {
        /* Drafts (0x7fXX) and GREASE are no versions that could be compared. */
        if (version < 0x0300 || version > TLS_1_3) {
            continue;
        }
        max = version > max ? version : max;
        min = min == 0 || version < min ? version : min;
    }
    if (max != 0) {
        out->max_version = max;
        out->min_version = min;
    }
}

static void extension(uint16_t type, struct scs_cursor body, bool from_client, struct scs_tls_hello *out)
{
    switch (type) {
    case EXT_SERVER_NAME:
        server_name(body, out);
        break;
    case EXT_ALPN:
        alpn(body, out);
        break;
    case EXT_ENCRYPT_THEN_MAC:
        out->encrypt_then_mac = true;
        break;
    case EXT_EXTENDED_MASTER_SECRET:
        out->extended_master_secret = true;
        break;
    case EXT_SESSION_TICKET:
        out->ticket = body;
        break;
    case EXT_PRE_SHARED_KEY:
        out->psk = true;
        break;
    case EXT_EARLY_DATA:
        out->early_data = true;
        break;
    case EXT_SUPPORTED_VERSIONS:
        supported_versions(body, from_client, out);
        break;
    default:
        break;
    }
}

/* Extensions may be left out altogether before TLS 1.3. */
static enum scs_status extensions(struct scs_cursor c, bool from_client, struct scs_tls_hello *out)
{
    uint16_t announced, type;
    struct scs_cursor body;
    if (scs_cursor_done(&c)) {
        return SCS_OK;
    }
    if (!scs_cursor_u16be(&c, &announced)) {
        return SCS_MORE;
    }
    struct scs_cursor list = scs_cursor_first(&c, announced);
    while (scs_cursor_u16be(&list, &type) && scs_cursor_u16_prefixed(&list, &body)) {
        extension(type, body, from_client, out);
    }
    return list.len != 0 || c.len < announced ? SCS_MORE : SCS_OK;
}

/* ---- hellos -------------------------------------------------------------------------------------- */

enum scs_status scs_tls_client_hello(const struct scs_cursor *body, struct scs_tls_hello *out)
{
    struct scs_cursor c = *body, compression;
    *out = (struct scs_tls_hello){0};
    if (!scs_cursor_u16be(&c, &out->version) || !scs_cursor_copy(&c, out->random, sizeof out->random)) {
        return SCS_MORE;
    }
    if (out->version < 0x0300 || out->version > 0x03ff) {
        return SCS_MALFORMED;
    }
    out->max_version = out->version;
    if (!scs_cursor_u8_prefixed(&c, &out->session_id) || !scs_cursor_u16_prefixed(&c, &out->suites) ||
        !scs_cursor_u8_prefixed(&c, &compression)) {
        return SCS_MORE;
    }
    return extensions(c, true, out);
}

enum scs_status scs_tls_ssl2_hello(const struct scs_cursor *fragment, struct scs_tls_hello *out)
{
    struct scs_cursor c = *fragment, specs, challenge;
    uint16_t specs_len, id_len, challenge_len;
    uint8_t type;
    *out = (struct scs_tls_hello){.ssl2 = true};
    if (!scs_cursor_u8(&c, &type) || !scs_cursor_u16be(&c, &out->version) || !scs_cursor_u16be(&c, &specs_len) ||
        !scs_cursor_u16be(&c, &id_len) || !scs_cursor_u16be(&c, &challenge_len) || !scs_cursor_take(&c, specs_len, &specs) ||
        !scs_cursor_take(&c, id_len, &out->session_id) || !scs_cursor_take(&c, challenge_len, &challenge)) {
        return SCS_MORE;
    }
    if (type != SCS_TLS_MSG_CLIENT_HELLO || challenge_len < 16 || challenge_len > sizeof out->random) {
        return SCS_MALFORMED;
    }
    out->max_version = out->version;
    /* RFC 5246 E.2: the challenge is the end of the client random. */
    return scs_cursor_copy(&challenge, &out->random[sizeof out->random - challenge_len], challenge_len) ? SCS_OK : SCS_MORE;
}

enum scs_status scs_tls_server_hello(const struct scs_cursor *body, struct scs_tls_hello *out)
{
    struct scs_cursor c = *body;
    uint8_t compression;
    *out = (struct scs_tls_hello){0};
    if (!scs_cursor_u16be(&c, &out->version) || !scs_cursor_copy(&c, out->random, sizeof out->random)) {
        return SCS_MORE;
    }
    if (out->version < 0x0300 || out->version > 0x03ff) {
        return SCS_MALFORMED;
    }
    if (!scs_cursor_u8_prefixed(&c, &out->session_id) || !scs_cursor_u16be(&c, &out->cipher) ||
        !scs_cursor_u8(&c, &compression)) {
        return SCS_MORE;
    }
    out->retry = memcmp(out->random, retry_random, sizeof retry_random) == 0;
    return extensions(c, false, out);
}

enum scs_status scs_tls_encrypted_extensions(const struct scs_cursor *body, struct scs_tls_hello *out)
{
    *out = (struct scs_tls_hello){.version = TLS_1_3};
    return extensions(*body, false, out);
}

/* ---- other messages ------------------------------------------------------------------------------ */

enum scs_status scs_tls_certificate_list(const struct scs_cursor *body, bool tls13, struct scs_cursor *list)
{
    struct scs_cursor c = *body, context;
    uint32_t announced;
    if ((tls13 && !scs_cursor_u8_prefixed(&c, &context)) || !scs_cursor_u24be(&c, &announced)) {
        return SCS_MORE;
    }
    *list = scs_cursor_first(&c, announced);
    return list->len < announced ? SCS_MORE : SCS_OK;
}

bool scs_tls_certificate(struct scs_cursor *list, bool tls13, struct scs_cursor *der)
{
    struct scs_cursor c = *list, ext;
    if (!scs_cursor_u24_prefixed(&c, der) || (tls13 && !scs_cursor_u16_prefixed(&c, &ext))) {
        return false;
    }
    *list = c;
    return true;
}

enum scs_status scs_tls_session_ticket(const struct scs_cursor *body, struct scs_cursor *ticket)
{
    struct scs_cursor c = *body;
    uint32_t lifetime;
    return scs_cursor_u32be(&c, &lifetime) && scs_cursor_u16_prefixed(&c, ticket) ? SCS_OK : SCS_MORE;
}

enum scs_status scs_tls_rsa_key_exchange(const struct scs_cursor *body, uint16_t version, struct scs_cursor *encrypted)
{
    struct scs_cursor c = *body;
    if (version == 0x0300) {
        *encrypted = c; /* RFC 6101 5.6.7.1: without a length */
        return SCS_OK;
    }
    if (!scs_cursor_u16_prefixed(&c, encrypted)) {
        return SCS_MORE;
    }
    return scs_cursor_done(&c) ? SCS_OK : SCS_MALFORMED;
}

enum scs_status scs_tls_read_alert(const struct scs_cursor *fragment, bool *fatal, uint8_t *description)
{
    struct scs_cursor c = *fragment;
    uint8_t level;
    if (!scs_cursor_u8(&c, &level) || !scs_cursor_u8(&c, description)) {
        return SCS_MORE;
    }
    *fatal = level == 2;
    return (level == 1 || level == 2) && scs_cursor_done(&c) ? SCS_OK : SCS_MALFORMED;
}
