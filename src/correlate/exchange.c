/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/exchange.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/shapes.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "capture/marker.h"
#include "correlate/outcome.h"
#include "dissectors/cms.h"
#include "dissectors/scep.h"
#include "keys/opener.h"
#include "keys/verify.h"

/* Answers that are byte for byte the same share their facts: a server has one or two of each kind. */
#define SHARED_ANSWERS 64u
/* Message bytes that go into the redaction key, and Date headers into the clock's median. */
#define KEY_BYTES     (64u * 1024u)
#define CLOCK_SAMPLES 1024u

/* A User-Agent and what it tells; a capture has a handful of them, taking turns. */
#define KNOWN_AGENTS 64u

struct agent {
    const char *text;
    uint8_t platform;
};

struct shared_answer {
    uint64_t hash;
    uint32_t len;
    const void *bytes;
    const void *facts;
};

struct sort_key {
    int64_t started_ns, ended_ns;
    scs_frame first_frame;
    struct scs_exchange *exchange;
};

struct scs_exchanges {
    struct scs_exchanges_options options;
    struct scs_cert_cache *certs;
    struct scs_verifier *verifier; /* NULL: nothing is to be verified */
    bool redacted;                 /* blanks stand for what was taken away */
    struct scs_opener *opener;
    struct scs_hash_key key;
    struct shared_answer caps[SHARED_ANSWERS], ca_certs[SHARED_ANSWERS];
    struct sort_key *all; /* keys and pointers: sorting does not touch the exchanges, which may be on disk */
    uint32_t num, cap, last_serial;
    struct scs_buf decoded; /* of one GET message */
    struct agent agents[KNOWN_AGENTS];
    EVP_MD_CTX *redaction;
    uint32_t redaction_bytes;
    int64_t clock[CLOCK_SAMPLES];
    uint32_t num_clock, next_clock; /* a ring when it is full: a week later a clock may go otherwise */
};

struct scs_exchanges *scs_exchanges_new(const struct scs_exchanges_options *options)
{
    struct scs_exchanges *e = scs_xcalloc(1, sizeof *e);
    e->options = *options;
    e->certs = scs_cert_cache_new(options->keep);
    e->verifier = options->verify ? scs_verifier_new() : NULL;
    e->opener = scs_opener_new(
        &(struct scs_opener_options){.keep = options->keep,
                                     .certs = e->certs,
                                     .keys = options->keys,
                                     .signatures = e->verifier != NULL ? scs_verifier_signatures(e->verifier) : NULL,
                                     .num_workers = options->num_workers});
    e->key = scs_hash_key_random();
    scs_buf_init(&e->decoded, SCS_MAX_BODY);
    e->redaction = EVP_MD_CTX_new();
    if (e->redaction == NULL || EVP_DigestInit_ex(e->redaction, EVP_sha256(), NULL) != 1) {
        abort(); /* libcrypto without SHA-256 is no libcrypto */
    }
    return e;
}

void scs_exchanges_free(struct scs_exchanges *e)
{
    if (e != NULL) {
        scs_opener_free(e->opener);
        scs_cert_cache_free(e->certs);
        scs_verifier_free(e->verifier);
        scs_buf_cleanup(&e->decoded);
        EVP_MD_CTX_free(e->redaction);
        free(e->all);
        free(e);
    }
}

void scs_exchanges_feed_key(struct scs_exchanges *e, const struct scs_cursor *bytes)
{
    struct scs_cursor part = scs_cursor_first(bytes, KEY_BYTES - e->redaction_bytes);
    if (part.len != 0 && EVP_DigestUpdate(e->redaction, part.p, part.len) == 1) {
        e->redaction_bytes += (uint32_t)part.len;
    }
}

void scs_exchanges_freeze_key(struct scs_exchanges *e)
{
    e->redaction_bytes = KEY_BYTES;
}

void scs_exchanges_redaction_key(const struct scs_exchanges *e, uint8_t out[32])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    if (copy == NULL || EVP_MD_CTX_copy_ex(copy, e->redaction) != 1 || EVP_DigestFinal_ex(copy, out, NULL) != 1) {
        abort();
    }
    EVP_MD_CTX_free(copy);
}

/* ---- bodies -------------------------------------------------------------------------------------- */

static struct shared_answer *shared(struct scs_exchanges *e, struct shared_answer *table, const struct scs_cursor *body)
{
    uint64_t hash = scs_hash(&e->key, body->p, body->len);
    struct shared_answer *s = &table[hash % SHARED_ANSWERS];
    if (s->facts == NULL || s->hash != hash || s->len != body->len || (s->len != 0 && memcmp(s->bytes, body->p, s->len) != 0)) {
        *s = (struct shared_answer){.hash = hash, .len = (uint32_t)body->len};
        s->bytes = scs_arena_dup(e->options.keep, body->p, body->len);
    }
    return s;
}

static const struct scs_caps *read_caps(struct scs_exchanges *e, const struct scs_cursor *body)
{
    struct shared_answer *s = shared(e, e->caps, body);
    if (s->facts == NULL) {
        struct scs_caps *caps = SCS_ARENA_NEW(e->options.keep, struct scs_caps);
        scs_scep_read_caps(body, e->options.keep, caps);
        s->facts = caps;
    }
    return s->facts;
}

static const struct scs_ca_certs *read_ca_certs(struct scs_exchanges *e, const struct scs_cursor *body)
{
    struct shared_answer *s = shared(e, e->ca_certs, body);
    if (s->facts == NULL) {
        struct scs_ca_certs *certs = SCS_ARENA_NEW(e->options.keep, struct scs_ca_certs);
        scs_scep_read_ca_certs(body, e->certs, e->options.keep, certs);
        s->facts = certs;
    }
    return s->facts;
}

/* The frames of a GET request, told in offsets of the decoded message: exact, so that a field names its frame. */
static void map_query(const struct scs_http_pair *pair, const struct scs_cursor *message)
{
    const struct scs_frame_map *map = &pair->request->m.frames;
    for (uint32_t i = 0; i < map->num_runs; i++) {
        uint32_t from = map->runs[i].raw_off, to = i + 1 < map->num_runs ? map->runs[i + 1].raw_off : UINT32_MAX;
        bool carries = to > message->off && from < message->off + message->len;
        pair->request_runs[i].body_off =
            carries ? scs_scep_decoded_before(message, from < message->off ? message->off : from) : UINT32_MAX;
    }
}

/* A message with the bytes it was read from, which are valid while the pair is. */
struct message {
    struct scs_pki_message *facts; /* NULL: none */
    struct scs_cursor bytes;
    const struct scs_http_message *carrier;
};

static struct message read_message(struct scs_exchanges *e, const struct scs_cursor *bytes,
                                   const struct scs_http_message *carrier, uint8_t transport)
{
    struct scs_pki_message *m = SCS_ARENA_NEW(e->options.keep, struct scs_pki_message);
    (void)scs_cms_read_pki_message(bytes, e->certs, e->options.keep, m); /* what it says stands in the flags */
    m->transport = transport;
    scs_exchanges_feed_key(e, bytes);
    return (struct message){.facts = m, .bytes = *bytes, .carrier = carrier};
}

static struct message read_request(struct scs_exchanges *e, const struct scs_http_pair *pair,
                                   const struct scs_scep_target *target)
{
    if (pair->request_body.len != 0) {
        return read_message(e, &pair->request_body, &pair->request->m, SCS_TRANSPORT_BODY);
    }
    if (!target->has_message) {
        return (struct message){0};
    }
    uint32_t b64 = 0;
    scs_buf_clear(&e->decoded);
    (void)scs_scep_decode_query(&target->message, &e->decoded, &b64);
    struct scs_cursor decoded = scs_buf_cursor(&e->decoded);
    struct message m = read_message(e, &decoded, &pair->request->m, SCS_TRANSPORT_QUERY);
    m.facts->b64 = b64;
    map_query(pair, &target->message);
    return m;
}

static bool may_be_cms(const struct scs_http_pair *pair)
{
    uint8_t first;
    return scs_text_contains_nocase(pair->reply->m.content_type, "x-pki-message") ||
           (scs_cursor_peek(&pair->reply_body, 0, &first) && first == 0x30);
}

/* ---- what the client had been told --------------------------------------------------------------- */

static const char *role_of_recipient(const struct scs_recipient *r, const struct scs_ca_certs *certs)
{
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        const struct scs_cert_facts *c = certs->certificates[i];
        bool by_serial =
            r->serial != NULL && scs_text_equal(r->serial, c->serial) && scs_text_equal(r->issuer_sha256, c->issuer_sha256);
        bool by_ski = r->ski != NULL && scs_text_equal(r->ski, c->ski);
        if (by_serial || by_ski) {
            return scs_role_name(c->role);
        }
    }
    return "unknown";
}

static const struct scs_cert_facts *signer_among(const struct scs_pki_message *m, const struct scs_ca_certs *certs)
{
    for (uint32_t i = 0; i < certs->num_certificates; i++) {
        const struct scs_cert_facts *c = certs->certificates[i];
        bool by_serial = m->signer_serial != NULL && scs_text_equal(m->signer_serial, c->serial) &&
                         scs_text_equal(m->signer_issuer_sha256, c->issuer_sha256);
        if (by_serial || (m->signer_ski != NULL && scs_text_equal(m->signer_ski, c->ski))) {
            return c;
        }
    }
    return NULL;
}

static void hold_against_ca(struct scs_exchanges *e, const struct scs_endpoint *server, struct scs_pki_message *request,
                            struct scs_pki_message *reply)
{
    const struct scs_ca_certs *certs = scs_learned_ca_certs(e->options.learned, server);
    if (certs == NULL) {
        return;
    }
    if (request != NULL && request->envelope != NULL) {
        for (uint32_t i = 0; i < request->envelope->num_recipients; i++) {
            struct scs_recipient *r = &request->envelope->recipients[i];
            r->known_as = role_of_recipient(r, certs);
        }
    }
    if (reply != NULL && reply->signer == NULL) {
        reply->signer = signer_among(reply, certs);
    }
}

static bool has_holes(const struct message *m)
{
    return (m->carrier->flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_MIDWAY)) != 0;
}

void scs_exchanges_redacted(struct scs_exchanges *e)
{
    e->redacted = true;
}

/* In a redacted capture: this was taken away, and nothing stands for it. */
static bool is_blank(const struct scs_cursor *bytes, struct scs_span span)
{
    struct scs_cursor c = *bytes, value;
    if (span.len == 0 || !scs_cursor_skip(&c, span.off) || !scs_cursor_take(&c, span.len, &value)) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] != SCS_EVIDENCE_BLANK) {
            return false;
        }
    }
    return true;
}

/* A body that redaction took away was not seen: nothing follows from what it does not hold. */
static void note_blank(const struct scs_cursor *body, struct scs_http_message *m)
{
    if (is_blank(body, (struct scs_span){.len = SCS_EVIDENCE_BLANK_RUN}) || (m->flags & SCS_HTTP_INFLATE_BAD) != 0) {
        m->flags = (m->flags & ~(uint32_t)SCS_HTTP_INFLATE_BAD) | SCS_HTTP_CAPTURE_GAP;
    }
}

/* After the signer is settled: a reply's certificate may be known from GetCACert only. */
static void verify(struct scs_exchanges *e, const struct message *m)
{
    if (m->facts == NULL) {
        return;
    }
    if (e->redacted && (is_blank(&m->bytes, m->facts->at_signature) || is_blank(&m->bytes, m->facts->at_message_digest))) {
        scs_verify_leave(m->facts, "the capture is redacted");
    } else if (e->verifier == NULL) {
        scs_verify_leave(m->facts, "checks were switched off");
    } else if (has_holes(m)) {
        scs_verify_leave(m->facts, "the capture lacks bytes of the message");
    } else {
        scs_verify_message(e->verifier, &m->bytes, m->facts);
    }
}

static struct scs_certificate_list certificates_of(const struct message *m)
{
    return m->facts == NULL
               ? (struct scs_certificate_list){.num = 0}
               : (struct scs_certificate_list){.certificates = m->facts->certificates, .num = m->facts->num_certificates};
}

/* A request is encrypted to a certificate of GetCACert, a reply to the one that its request came with. */
static void open_envelope(struct scs_exchanges *e, const struct scs_endpoint *server, const struct message *m,
                          const struct message *other)
{
    const struct scs_ca_certs *learned = scs_learned_ca_certs(e->options.learned, server);
    struct scs_certificate_list known[] = {certificates_of(m), certificates_of(other), {.num = 0}, {.num = 0}};
    if (m->facts == NULL || m->facts->envelope == NULL) {
        return;
    }
    if (has_holes(m)) {
        m->facts->envelope->why_not = "the capture lacks bytes of the message";
        return;
    }
    if (learned != NULL) {
        known[2] = (struct scs_certificate_list){.certificates = learned->certificates, .num = learned->num_certificates};
    }
    if (e->options.keys != NULL) {
        known[3].certificates = scs_keyring_certificates(e->options.keys, &known[3].num);
    }
    scs_opener_add(e->opener, &m->bytes, m->facts, known, sizeof known / sizeof *known);
}

/* ---- the exchange --------------------------------------------------------------------------------- */

/* Texts of heads are shared (base/intern.h): the same pointer is the same client program as before. */
static uint8_t platform_of(struct scs_exchanges *e, const char *user_agent)
{
    struct agent *known = &e->agents[(uintptr_t)user_agent / 8 % KNOWN_AGENTS];
    if (user_agent == NULL || known->text != user_agent) {
        *known = (struct agent){.text = user_agent, .platform = (uint8_t)scs_scep_platform(user_agent)};
    }
    return known->platform;
}

static void read_target(struct scs_exchanges *e, const struct scs_http_pair *pair, struct scs_scep_target *target,
                        struct scs_exchange *x)
{
    scs_scep_read_target(&pair->target, e->options.user_paths, e->options.num_user_paths, target);
    x->operation = target->operation;
    x->path_kind = target->path_kind;
    if (target->operation == SCS_OP_PAGE && (pair->request->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0) {
        x->operation = SCS_OP_OTHER; /* the target is cut: an operation may have stood behind it */
    }
    x->platform = platform_of(e, pair->request->user_agent);
    x->probe = target->probe || (x->operation == SCS_OP_PAGE && target->path_kind != SCS_PATH_ADMIN);
    if (target->operation_name.len != 0) {
        x->operation_name = scs_intern_text(e->options.intern, &target->operation_name, SCS_MAX_TEXT);
    }
    bool ident = target->operation == SCS_OP_GET_CA_CAPS || target->operation == SCS_OP_GET_CA_CERT ||
                 target->operation == SCS_OP_GET_NEXT_CA_CERT;
    if (ident && target->has_message) {
        x->ca_ident = scs_intern_text(e->options.intern, &target->message, SCS_MAX_TEXT);
    }
}

/* Without its request a reply tells its operation by its content type only. */
static void guess_operation(struct scs_exchange *x)
{
    const char *type = x->reply->m.content_type;
    x->path_kind = SCS_PATH_OPERATION;
    x->operation = scs_text_contains_nocase(type, "x-x509-next-ca")  ? SCS_OP_GET_NEXT_CA_CERT
                   : scs_text_contains_nocase(type, "x-x509")        ? SCS_OP_GET_CA_CERT
                   : scs_text_contains_nocase(type, "x-pki-message") ? SCS_OP_PKI_OPERATION
                                                                     : SCS_OP_OTHER;
}

static void read_bodies(struct scs_exchanges *e, const struct scs_http_pair *pair, const struct scs_scep_target *target,
                        struct scs_exchange *x)
{
    struct message request = {0}, reply = {0};
    bool answered = pair->reply != NULL && pair->reply->status < 300;
    if (x->operation == SCS_OP_PKI_OPERATION) {
        if (pair->request != NULL) {
            request = read_request(e, pair, target);
        }
        if (pair->reply != NULL && may_be_cms(pair)) {
            reply = read_message(e, &pair->reply_body, &pair->reply->m, SCS_TRANSPORT_BODY);
        }
        hold_against_ca(e, &pair->connection->server, request.facts, reply.facts);
        verify(e, &request);
        verify(e, &reply);
        open_envelope(e, &pair->connection->server, &request, &reply);
        open_envelope(e, &pair->connection->server, &reply, &request);
        x->probe = x->probe || (request.facts != NULL && (request.facts->flags & SCS_MSG_PROBE) != 0);
    } else if (x->operation == SCS_OP_GET_CA_CAPS && answered) {
        x->caps = read_caps(e, &pair->reply_body);
    } else if ((x->operation == SCS_OP_GET_CA_CERT || x->operation == SCS_OP_GET_NEXT_CA_CERT) && answered) {
        x->ca_certs = read_ca_certs(e, &pair->reply_body);
    } else if (x->path_kind == SCS_PATH_ADMIN && pair->reply != NULL) {
        x->admin = scs_scep_read_admin(&pair->reply_body);
    }
    x->scep_request = request.facts;
    x->scep_reply = reply.facts;
}

static void set_times(struct scs_exchange *x)
{
    const struct scs_http_message *first = x->request != NULL ? &x->request->m : &x->reply->m;
    const struct scs_http_message *last = x->reply != NULL ? &x->reply->m : &x->request->m;
    x->started_ns = first->first_ns;
    x->duration_ns = x->reply != NULL && x->request != NULL ? last->last_ns - first->first_ns : SCS_NO_TIME;
    x->wait_ns = x->reply != NULL && x->request != NULL ? last->first_ns - first->last_ns : SCS_NO_TIME;
    x->first_frame = first->frames.num_runs != 0 ? first->frames.runs[0].frame : x->connection->first_frame;
    x->last_frame = last->frames.num_runs != 0 ? last->frames.runs[last->frames.num_runs - 1].frame : x->first_frame;
}

static void note_clock(struct scs_exchanges *e, const struct scs_http_reply *reply)
{
    /* A cached answer carries the Date of its first sending. */
    if (reply != NULL && reply->date_s != SCS_NO_TIME && reply->cache == NULL) {
        e->clock[e->next_clock] = reply->date_s - reply->m.first_ns / 1000000000;
        e->next_clock = (e->next_clock + 1) % CLOCK_SAMPLES;
        e->num_clock += e->num_clock < CLOCK_SAMPLES;
    }
}

const struct scs_exchange *scs_exchanges_add(struct scs_exchanges *e, const struct scs_http_pair *pair)
{
    if (e->redacted && pair->request != NULL) {
        note_blank(&pair->request_body, &pair->request->m);
    }
    if (e->redacted && pair->reply != NULL) {
        note_blank(&pair->reply_body, &pair->reply->m);
    }
    if (e->num >= SCS_MAX_EXCHANGES) {
        e->options.limits->exchanges_dropped++;
        return NULL;
    }
    struct scs_exchange *x = SCS_ARENA_NEW(e->options.keep, struct scs_exchange);
    struct scs_scep_target target = {0};
    x->serial = ++e->last_serial;
    x->connection = pair->connection;
    x->request = pair->request;
    x->reply = pair->reply;
    x->why_unanswered = pair->why_unanswered;
    x->stream_end = pair->stream_end;
    if (pair->request != NULL) {
        read_target(e, pair, &target, x);
    } else {
        guess_operation(x);
    }
    read_bodies(e, pair, &target, x);
    set_times(x);
    x->outcome = (uint8_t)scs_outcome_of(x);
    note_clock(e, pair->reply);
    scs_learned_exchange(e->options.learned, x);
    if (e->num == e->cap) {
        e->cap = e->cap == 0 ? 256 : e->cap * 2;
        e->all = scs_xrealloc(e->all, e->cap, sizeof *e->all);
    }
    int64_t ended_ns = x->reply != NULL ? x->reply->m.last_ns : x->request->m.last_ns;
    e->all[e->num++] =
        (struct sort_key){.started_ns = x->started_ns, .ended_ns = ended_ns, .first_frame = x->first_frame, .exchange = x};
    return x;
}

void scs_exchanges_settle(struct scs_exchanges *e)
{
    scs_opener_finish(e->opener);
}

/* Of several that begin in one frame the one that ends first; frames of different files have no order. */
static int by_start(const void *a, const void *b)
{
    const struct sort_key *x = a, *y = b;
    if (x->started_ns != y->started_ns) {
        return x->started_ns < y->started_ns ? -1 : 1;
    }
    if (x->first_frame != y->first_frame) {
        return x->first_frame < y->first_frame ? -1 : 1;
    }
    return x->ended_ns < y->ended_ns ? -1 : x->ended_ns > y->ended_ns;
}

struct scs_exchange **scs_exchanges_sorted(struct scs_exchanges *e, struct scs_arena *arena, uint32_t *num)
{
    if (e->num > 1) {
        qsort(e->all, e->num, sizeof *e->all, by_start);
    }
    struct scs_exchange **sorted = SCS_ARENA_ARRAY(arena, e->num, struct scs_exchange *);
    for (uint32_t i = 0; i < e->num; i++) {
        sorted[i] = e->all[i].exchange;
        sorted[i]->id = i + 1;
        if (i % 1024 == 1023) {
            scs_arena_rest(e->options.keep);
        }
    }
    *num = e->num;
    return sorted;
}

void scs_exchanges_over(struct scs_exchanges *e)
{
    free(e->all);
    e->all = NULL;
    e->num = e->cap = 0;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int64_t scs_exchanges_clock(const struct scs_exchanges *e, uint32_t *num_samples)
{
    *num_samples = e->num_clock;
    if (e->num_clock == 0) {
        return SCS_NO_TIME;
    }
    int64_t sorted[CLOCK_SAMPLES];
    memcpy(sorted, e->clock, sizeof sorted);
    qsort(sorted, e->num_clock, sizeof *sorted, by_value);
    return sorted[e->num_clock / 2];
}

void scs_exchanges_leave(struct scs_exchanges *e, const bool *leaves)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < e->num; i++) {
        if (!leaves[e->all[i].exchange->id]) {
            e->all[num++] = e->all[i];
        }
    }
    e->num = num;
    if (num != 0 && num < e->cap / 4) {
        e->cap = num * 2;
        e->all = scs_xrealloc(e->all, e->cap, sizeof *e->all);
    }
}

void scs_exchanges_move(struct scs_exchanges *e, struct scs_mover *m)
{
    for (uint32_t i = 0; i < e->num; i++) {
        scs_move_one(m, &e->all[i].exchange, &scs_shape_exchange);
    }
    memset(e->agents, 0, sizeof e->agents); /* known by where their texts lay */
}

static void settle_answers(struct shared_answer *table, struct scs_arena *keep, const struct scs_mover *m)
{
    for (uint32_t i = 0; i < SHARED_ANSWERS; i++) {
        struct shared_answer *s = &table[i];
        const void *facts = s->facts == NULL ? NULL : scs_mover_find(m, s->facts);
        *s = facts == NULL ? (struct shared_answer){0}
                           : (struct shared_answer){
                                 .hash = s->hash, .len = s->len, .bytes = scs_arena_dup(keep, s->bytes, s->len), .facts = facts};
    }
}

void scs_exchanges_settled(struct scs_exchanges *e, const struct scs_mover *m)
{
    settle_answers(e->caps, e->options.keep, m);
    settle_answers(e->ca_certs, e->options.keep, m);
    scs_cert_cache_settled(e->certs, m);
}
