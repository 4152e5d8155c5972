/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dissectors/http1_head.h"
#include "dissectors/tls.h"
#include "evidence/scrub_parts.h"

/* Bytes that one message or handshake may have; a stream is no longer. */
#define MAX_GATHERED (64u * 1024u * 1024u)
/* Words shorter than this stand everywhere. */
#define LEAST_WORD 4u
#define MAX_WORDS  65536u

/* ---- what may stay, and what must not ------------------------------------------------------------ */

static void keep_hex(struct scs_scrub *s, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    if (hex == NULL || strlen(hex) != 64) {
        return;
    }
    if ((s->num_kept & (s->num_kept - 1)) == 0) {
        s->kept = scs_xrealloc(s->kept, s->num_kept == 0 ? 1 : 2 * s->num_kept, sizeof *s->kept);
    }
    for (size_t i = 0; i < 32; i++) {
        const char *high = strchr(digits, hex[2 * i]), *low = strchr(digits, hex[2 * i + 1]);
        s->kept[s->num_kept][i] = (uint8_t)((high == NULL ? 0 : high - digits) << 4 | (low == NULL ? 0 : low - digits));
    }
    s->num_kept++;
}

static void keep_authority(struct scs_scrub *s, const struct scs_cert_facts *c)
{
    if (c != NULL) {
        keep_hex(s, c->sha256);
        keep_hex(s, c->subject_sha256);
        keep_hex(s, c->issuer_sha256);
    }
}

/* Who signed a device's certificate is a CA; a device that signed its own is not. */
static void keep_issuer(struct scs_scrub *s, const struct scs_cert_facts *c)
{
    bool own =
        c == NULL || c->issuer_sha256 == NULL || c->subject_sha256 == NULL || strcmp(c->issuer_sha256, c->subject_sha256) == 0;
    if (!own) {
        keep_hex(s, c->issuer_sha256);
    }
}

static void hide_word(struct scs_scrub *s, const char *value, size_t len)
{
    if (len < LEAST_WORD || s->num_words == MAX_WORDS) {
        return;
    }
    if ((s->num_words & (s->num_words - 1)) == 0) {
        s->words = scs_xrealloc(s->words, s->num_words == 0 ? 1 : 2 * s->num_words, sizeof *s->words);
    }
    char *word = scs_xstrndup(value, len);
    for (size_t i = 0; i < len; i++) {
        word[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
    }
    s->words[s->num_words++] = word;
}

/* The values of a distinguished name that are a person's or device's: reports hide the same ones. */
static void hide_subject(struct scs_scrub *s, const char *subject)
{
    static const char *const harmless[] = {"C", "O", "L", "ST", "S", "DC", NULL};
    while (subject != NULL && *subject != '\0') {
        size_t lead = strspn(subject, " ,+"), type = strcspn(subject + lead, "="), len;
        const char *value = subject + lead + type + (subject[lead + type] == '=');
        for (len = 0; value[len] != '\0' && value[len] != ',' && value[len] != '+'; len++) {
            len += value[len] == '\\' && value[len + 1] != '\0';
        }
        bool hidden = true;
        for (size_t i = 0; harmless[i] != NULL; i++) {
            hidden = hidden && (strlen(harmless[i]) != type || memcmp(harmless[i], subject + lead, type) != 0);
        }
        if (hidden) {
            hide_word(s, value, len);
        }
        subject = value + len;
    }
}

static void hide_names(struct scs_scrub *s, const struct scs_cert_facts *c)
{
    if (c == NULL || scs_cert_is_authority(c)) {
        return;
    }
    hide_subject(s, c->subject);
    for (uint32_t i = 0; i < c->num_sans; i++) {
        const char *colon = strchr(c->sans[i], ':');
        const char *value = colon == NULL ? c->sans[i] : colon + 1;
        hide_word(s, value, strlen(value));
    }
    keep_issuer(s, c);
}

static void learn_message(struct scs_scrub *s, const struct scs_pki_message *p, bool reply)
{
    if (p == NULL) {
        return;
    }
    if (reply) {
        keep_authority(s, p->signer);
        keep_hex(s, p->signer_issuer_sha256);
    } else {
        hide_names(s, p->signer);
    }
    for (uint32_t i = 0; i < p->num_certificates; i++) {
        if (scs_cert_is_authority(p->certificates[i])) {
            keep_authority(s, p->certificates[i]);
        } else {
            hide_names(s, reply && p->certificates[i] == p->signer ? NULL : p->certificates[i]);
        }
    }
    const struct scs_envelope *e = p->envelope;
    for (uint32_t i = 0; e != NULL && !reply && i < e->num_recipients; i++) {
        keep_hex(s, e->recipients[i].issuer_sha256); /* an RA's or the CA's certificate, by its issuer */
    }
    for (uint32_t i = 0; e != NULL && i < e->num_certificates; i++) {
        hide_names(s, e->certificates[i]);
    }
    if (e != NULL && e->csr != NULL) {
        hide_names(s, &e->csr->asked);
        hide_word(s, e->csr->sid != NULL ? e->csr->sid : "", e->csr->sid != NULL ? strlen(e->csr->sid) : 0);
    }
}

static void learn(struct scs_scrub *s, const struct scs_model *m)
{
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        for (uint32_t k = 0; x->ca_certs != NULL && k < x->ca_certs->num_certificates; k++) {
            keep_authority(s, x->ca_certs->certificates[k]);
        }
        learn_message(s, x->scep_request, false);
        learn_message(s, x->scep_reply, true);
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_tls_facts *t = m->connections[i]->tls;
        for (uint32_t k = 0; t != NULL && k < t->num_server_certificates; k++) {
            keep_authority(s, t->server_chain[k]);
        }
        hide_names(s, t != NULL ? t->client_certificate : NULL);
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        hide_subject(s, m->enrolments[i]->subject);
    }
}

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static int by_word(const void *x, const void *y)
{
    const char *const *a = x, *const *b = y;
    return strcmp(*a, *b);
}

struct scs_scrub *scs_scrub_new(const struct scs_model *m, struct scs_disguise *d)
{
    struct scs_scrub *s = scs_xcalloc(1, sizeof *s);
    s->disguise = d;
    s->level = scs_disguise_level(d);
    if (s->level == SCS_REDACT_STANDARD) {
        learn(s, m);
    }
    if (s->num_kept > 1) {
        qsort(s->kept, s->num_kept, sizeof *s->kept, by_digest);
    }
    if (s->num_words > 1) {
        size_t kept = 1;
        qsort(s->words, s->num_words, sizeof *s->words, by_word);
        for (size_t i = 1; i < s->num_words; i++) {
            if (strcmp(s->words[kept - 1], s->words[i]) == 0) {
                free(s->words[i]);
            } else {
                s->words[kept++] = s->words[i];
            }
        }
        s->num_words = kept;
    }
    return s;
}

void scs_scrub_free(struct scs_scrub *s)
{
    if (s != NULL) {
        for (size_t i = 0; i < s->num_words; i++) {
            free(s->words[i]);
        }
        free(s->words);
        free(s->kept);
        free(s);
    }
}

bool scs_scrub_is_kept(const struct scs_scrub *s, const struct scs_cursor *element)
{
    uint8_t digest[32];
    unsigned len = 0;
    return s->num_kept != 0 && EVP_Digest(element->p, element->len, digest, &len, EVP_sha256(), NULL) == 1 &&
           bsearch(digest, s->kept, s->num_kept, sizeof *s->kept, by_digest) != NULL;
}

/* ---- bytes --------------------------------------------------------------------------------------- */

void scs_scrub_copy(const struct scs_cursor *bytes, uint8_t *out)
{
    if (bytes->len != 0) {
        memcpy(out + bytes->off, bytes->p, bytes->len);
    }
}

void scs_scrub_blank(const struct scs_cursor *bytes, uint8_t *out)
{
    memset(out + bytes->off, SCS_BLANK, bytes->len);
}

void scs_scrub_value(struct scs_scrub *s, const char *kind, const struct scs_cursor *bytes, uint8_t *out)
{
    if (bytes->len != 0) {
        scs_disguise_text(s->disguise, kind, bytes->p, bytes->len, out + bytes->off, bytes->len);
    }
}

void scs_gathered_init(struct scs_gathered *g)
{
    *g = (struct scs_gathered){0};
    scs_buf_init(&g->bytes, MAX_GATHERED);
}

void scs_gathered_add(struct scs_gathered *g, const struct scs_cursor *bytes)
{
    if (bytes->len == 0 || !scs_buf_add(&g->bytes, bytes->p, bytes->len)) {
        return;
    }
    if (g->num_pieces != 0 && g->pieces[g->num_pieces - 1].to == bytes->off) {
        g->pieces[g->num_pieces - 1].to += (uint32_t)bytes->len;
        return;
    }
    if (g->num_pieces == g->room) {
        g->room = g->room == 0 ? 4 : g->room * 2;
        g->pieces = scs_xrealloc(g->pieces, g->room, sizeof *g->pieces);
    }
    g->pieces[g->num_pieces++] = (struct scs_piece){.from = bytes->off, .to = bytes->off + (uint32_t)bytes->len};
}

uint8_t *scs_gathered_begin(const struct scs_gathered *g, const struct scs_scrub *s)
{
    uint8_t *scrubbed = scs_xmalloc(g->bytes.len + 1);
    if (s->level == SCS_REDACT_SECRETS && g->bytes.len != 0) {
        memcpy(scrubbed, g->bytes.p, g->bytes.len);
    } else {
        memset(scrubbed, SCS_BLANK, g->bytes.len);
    }
    return scrubbed;
}

void scs_gathered_end(struct scs_gathered *g, uint8_t *scrubbed, uint8_t *out)
{
    size_t at = 0;
    for (uint32_t i = 0; i < g->num_pieces && g->pieces[i].to - g->pieces[i].from <= g->bytes.len - at; i++) {
        size_t len = g->pieces[i].to - g->pieces[i].from;
        memcpy(out + g->pieces[i].from, scrubbed + at, len);
        at += len;
    }
    free(scrubbed);
    free(g->pieces);
    scs_buf_cleanup(&g->bytes);
    *g = (struct scs_gathered){0};
}

/* ---- conversations ------------------------------------------------------------------------------- */

static struct scs_cursor piece_at(const struct scs_scrub_stream *stream, uint32_t i)
{
    struct scs_cursor c = {0};
    if (i < stream->num_pieces) {
        const struct scs_piece *p = &stream->pieces[i];
        c = (struct scs_cursor){.p = stream->in + p->from, .len = p->to - p->from, .off = p->from};
    }
    return c;
}

/* DNS over TCP (RFC 1035 4.2.2): each message after its length. */
static void scrub_dns_stream(struct scs_scrub *s, const struct scs_scrub_stream *stream)
{
    for (uint32_t i = 0; i < stream->num_pieces; i++) {
        struct scs_cursor c = piece_at(stream, i), message, all;
        while (all = c, scs_cursor_u16_prefixed(&c, &message)) {
            struct scs_cursor whole = scs_cursor_of(message.p, message.len);
            struct scs_cursor taken = scs_cursor_first(&all, 2 + message.len);
            scs_scrub_copy(&taken, stream->out);
            scs_scrub_dns(s, &whole, stream->out + message.off);
        }
    }
}

void scs_scrub_blank_rest(struct scs_scrub_stream *stream, uint32_t from)
{
    for (uint32_t i = 0; i < stream->num_pieces; i++) {
        struct scs_cursor c = piece_at(stream, i);
        if (c.off >= from || (from - c.off < c.len && scs_cursor_skip(&c, from - c.off))) {
            scs_scrub_blank(&c, stream->out);
        }
    }
}

/* HTTP/2 packs its fields so that nothing of them can be changed in place. */
static bool is_http2(const struct scs_scrub_stream *stream)
{
    struct scs_cursor first = piece_at(stream, 0);
    return scs_cursor_starts(&first, "PRI * HTTP/2");
}

static bool is_http1(const struct scs_scrub_stream *streams)
{
    for (int dir = 0; dir < 2; dir++) {
        for (uint32_t i = 0; i < streams[dir].num_pieces; i++) {
            struct scs_cursor c = piece_at(&streams[dir], i);
            if (scs_http1_start(&c, dir == SCS_TO_SERVER, true) == SCS_HTTP1_YES) {
                return true;
            }
        }
    }
    return false;
}

static bool is_tls(const struct scs_scrub_stream *streams)
{
    struct scs_cursor client = piece_at(&streams[SCS_TO_SERVER], 0), server = piece_at(&streams[SCS_TO_CLIENT], 0);
    return (client.len != 0 && scs_tls_begins(&client)) || (server.len != 0 && scs_tls_begins(&server));
}

/* A web server that speaks no TLS answers a ClientHello with a page. */
static void scrub_tls_sides(struct scs_scrub *s, struct scs_scrub_stream streams[2])
{
    struct scs_cursor reply = piece_at(&streams[SCS_TO_CLIENT], 0);
    scs_scrub_tls(s, &streams[SCS_TO_SERVER], 0);
    if (scs_http1_start(&reply, false, true) == SCS_HTTP1_YES) {
        struct scs_scrub_stream alone[2] = {[SCS_TO_CLIENT] = streams[SCS_TO_CLIENT]};
        scs_scrub_http(s, alone);
    } else {
        scs_scrub_tls(s, &streams[SCS_TO_CLIENT], 0);
    }
}

void scs_scrub_conversation(struct scs_scrub *s, struct scs_scrub_stream streams[2], bool dns)
{
    for (int dir = 0; dir < 2; dir++) {
        for (uint32_t i = 0; i < streams[dir].num_pieces; i++) {
            struct scs_cursor c = piece_at(&streams[dir], i);
            (s->level == SCS_REDACT_SECRETS ? scs_scrub_copy : scs_scrub_blank)(&c, streams[dir].out);
        }
    }
    if (is_http2(&streams[SCS_TO_SERVER])) {
        scs_scrub_blank_rest(&streams[0], 0);
        scs_scrub_blank_rest(&streams[1], 0);
    } else if (dns) {
        scrub_dns_stream(s, &streams[0]);
        scrub_dns_stream(s, &streams[1]);
    } else if (is_tls(streams)) {
        scrub_tls_sides(s, streams);
    } else if (is_http1(streams)) {
        scs_scrub_http(s, streams);
    }
}
