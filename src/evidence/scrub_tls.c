/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS as it stands on the wire (RFC 5246 6.2, 7.4): of what is not encrypted, certificates and the server's name are
 * scrubbed. What is encrypted shows nothing to whoever has no key, and is left out only when strict.
 */
#include "dissectors/tls.h"

#include <stdlib.h>

#include "evidence/scrub_parts.h"

struct records {
    struct scs_scrub *s;
    struct scs_scrub_stream *stream;
    struct scs_gathered handshake;
    bool encrypted; /* a ChangeCipherSpec was seen */
};

static void scrub_certificates(struct scs_scrub *s, struct scs_cursor body, uint8_t *out)
{
    struct scs_cursor der, head = scs_cursor_first(&body, 3), length;
    scs_scrub_copy(&head, out);
    if (!scs_cursor_skip(&body, head.len)) {
        return;
    }
    while (length = scs_cursor_first(&body, 3), scs_cursor_u24_prefixed(&body, &der)) {
        scs_scrub_copy(&length, out);
        scs_scrub_der(s, &der, out);
    }
}

static void scrub_message(struct scs_scrub *s, uint8_t type, const struct scs_cursor *body, uint8_t *out)
{
    struct scs_tls_hello hello;
    bool strict = s->level == SCS_REDACT_STRICT;
    switch (type) {
    case SCS_TLS_MSG_CERTIFICATE:
        scrub_certificates(s, *body, out);
        break;
    case SCS_TLS_MSG_CLIENT_HELLO:
        hello = (struct scs_tls_hello){0};
        if (scs_tls_client_hello(body, &hello) != SCS_OK) {
            break;
        }
        scs_scrub_copy(body, out);
        if (strict && hello.sni.len != 0) {
            scs_disguise_host(s->disguise, &hello.sni, out + hello.sni.off);
        }
        break;
    case SCS_TLS_MSG_CERTIFICATE_REQUEST: /* names of CAs */
    case SCS_TLS_MSG_CERTIFICATE_STATUS:
        if (!strict) {
            scs_scrub_copy(body, out);
        }
        break;
    case SCS_TLS_MSG_HELLO_REQUEST:
    case SCS_TLS_MSG_SERVER_HELLO:
    case SCS_TLS_MSG_NEW_SESSION_TICKET:
    case SCS_TLS_MSG_SERVER_KEY_EXCHANGE:
    case SCS_TLS_MSG_SERVER_HELLO_DONE:
    case SCS_TLS_MSG_CERTIFICATE_VERIFY:
    case 16: /* ClientKeyExchange */
        scs_scrub_copy(body, out);
        break;
    default:
        break;
    }
}

static void scrub_handshake(struct records *r)
{
    uint8_t *scrubbed = scs_gathered_begin(&r->handshake, r->s);
    struct scs_cursor c = scs_buf_cursor(&r->handshake.bytes), body;
    while (c.len >= 4) {
        struct scs_cursor head = scs_cursor_first(&c, 4);
        uint8_t type;
        if (!scs_cursor_u8(&c, &type) || !scs_cursor_u24_prefixed(&c, &body)) {
            break;
        }
        scs_scrub_copy(&head, scrubbed);
        scrub_message(r->s, type, &body, scrubbed);
    }
    scs_gathered_end(&r->handshake, scrubbed, r->stream->out);
}

/* One record, of which `body` is there. */
static void scrub_record(struct records *r, uint8_t type, const struct scs_cursor *body, bool whole)
{
    bool strict = r->s->level == SCS_REDACT_STRICT;
    if (type == SCS_TLS_REC_HANDSHAKE && !r->encrypted) {
        if (whole) {
            scs_gathered_add(&r->handshake, body);
        }
        return;
    }
    r->encrypted = r->encrypted || type == SCS_TLS_REC_CCS;
    if (type == SCS_TLS_REC_CCS || type == SCS_TLS_REC_ALERT || !strict) {
        scs_scrub_copy(body, r->stream->out);
    }
}

/* A ClientHello in SSL 2.0 form (RFC 5246 E.2) names nobody: it has no extensions. */
static void copy_ssl2_hello(struct records *r, struct scs_cursor *c)
{
    struct scs_cursor hello;
    uint8_t high, low, type;
    if (scs_cursor_peek(c, 0, &high) && scs_cursor_peek(c, 1, &low) && scs_cursor_peek(c, 2, &type) && (high & 0x80) != 0 &&
        type == SCS_TLS_MSG_CLIENT_HELLO && scs_cursor_take(c, 2 + (size_t)((high & 0x7f) << 8 | low), &hello)) {
        scs_scrub_copy(&hello, r->stream->out);
    }
}

static void scrub_records(struct records *r, struct scs_cursor c)
{
    while (c.len >= 5) {
        struct scs_cursor head = scs_cursor_first(&c, 5), body;
        uint8_t type;
        uint16_t version, len;
        if (!scs_cursor_u8(&c, &type) || !scs_cursor_u16be(&c, &version) || !scs_cursor_u16be(&c, &len) ||
            type < SCS_TLS_REC_CCS || type > SCS_TLS_REC_HEARTBEAT || version >> 8 != 3 || len > SCS_TLS_MAX_FRAGMENT) {
            return;
        }
        bool whole = c.len >= len;
        scs_scrub_copy(&head, r->stream->out);
        if (!scs_cursor_take(&c, whole ? len : c.len, &body)) {
            return;
        }
        scrub_record(r, type, &body, whole);
    }
}

void scs_scrub_tls(struct scs_scrub *s, struct scs_scrub_stream *stream, uint32_t from)
{
    struct records r = {.s = s, .stream = stream};
    if (s->level == SCS_REDACT_SECRETS) {
        return; /* keys are not in it, and what is encrypted stays so */
    }
    scs_gathered_init(&r.handshake);
    for (uint32_t i = 0; i < stream->num_pieces; i++) {
        const struct scs_piece *p = &stream->pieces[i];
        struct scs_cursor c = {.p = stream->in + p->from, .len = p->to - p->from, .off = p->from};
        if (p->to <= from || (p->from < from && !scs_cursor_skip(&c, from - p->from))) {
            continue;
        }
        while (i != 0 && c.len != 0 && !scs_tls_begins(&c) && scs_cursor_skip(&c, 1)) {
            /* behind a hole the next record is looked for */
        }
        copy_ssl2_hello(&r, &c);
        scrub_records(&r, c);
    }
    scrub_handshake(&r);
}
