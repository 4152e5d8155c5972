/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the TLS stage makes of every connection of a capture, byte for byte, to be compared with another program's:
 *
 *     tls_plain CAPTURE [KEYLOG]
 *
 * One line for each connection in the order of their first packets (as Wireshark numbers streams): the client's plaintext
 * and the server's, in hexadecimal, "-" for none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "capture/capture.h"
#include "capture/secrets.h"
#include "dissectors/tls.h"
#include "flow/decode.h"
#include "flow/stream.h"
#include "keys/secrets.h"
#include "tls/sessions.h"
#include "tls/tls.h"

#define MOST_CONNECTIONS 256u
#define MOST_PLAIN       (64u * 1024u * 1024u)

struct talk {
    struct scs_connection facts;
    struct scs_stream stream[2];
    struct scs_tls *tls;
    struct scs_buf plain[2];
};

struct reading {
    struct scs_tls_hooks hooks;
    struct scs_limits_hit limits;
    uint64_t waiting;
    struct talk talks[MOST_CONNECTIONS];
    unsigned num;
    struct talk *current;
};

static void on_plain(void *ctx, struct scs_connection *connection, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct reading *r = ctx;
    (void)connection;
    scs_buf_add(&r->current->plain[dir], chunk->data, chunk->len);
}

static void on_data(void *ctx, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct reading *r = ctx;
    struct scs_cursor bytes = scs_cursor_of(chunk->data, chunk->len);
    if (r->current->tls == NULL && scs_tls_begins(&bytes)) { /* what comes before, in a CONNECT, is no TLS */
        r->current->tls = scs_tls_new(&r->hooks, &r->current->facts);
    }
    if (r->current->tls != NULL) {
        scs_tls_data(r->current->tls, dir, chunk);
    }
}

static void on_gap(void *ctx, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct reading *r = ctx;
    if (r->current->tls != NULL) {
        scs_tls_gap(r->current->tls, dir, len, snaplen, frame, ts_ns);
    }
}

static void on_end(void *ctx, enum scs_dir dir, int64_t ts_ns)
{
    struct reading *r = ctx;
    if (r->current->tls != NULL) {
        scs_tls_end(r->current->tls, dir, SCS_END_FIN, ts_ns);
    }
}

/* The connection of a segment; a SYN begins one. NULL: there is none, or no room. */
static struct talk *talk_of(struct reading *r, const struct scs_segment *seg, enum scs_dir *dir)
{
    bool syn = (seg->flags & (SCS_TCP_SYN | SCS_TCP_ACK)) == SCS_TCP_SYN;
    for (unsigned i = r->num; i-- > 0;) {
        struct talk *t = &r->talks[i];
        bool up = scs_endpoint_equal(&t->facts.client, &seg->src) && scs_endpoint_equal(&t->facts.server, &seg->dst);
        bool down = scs_endpoint_equal(&t->facts.client, &seg->dst) && scs_endpoint_equal(&t->facts.server, &seg->src);
        if ((up && !syn) || down) {
            *dir = up ? SCS_TO_SERVER : SCS_TO_CLIENT;
            return t;
        }
    }
    if (!syn || r->num == MOST_CONNECTIONS) {
        return NULL;
    }
    struct talk *t = &r->talks[r->num++];
    t->facts.client = seg->src;
    t->facts.server = seg->dst;
    scs_buf_init(&t->plain[0], MOST_PLAIN);
    scs_buf_init(&t->plain[1], MOST_PLAIN);
    t->stream[0].hole_acked_ns = t->stream[1].hole_acked_ns = SCS_NO_TIME;
    *dir = SCS_TO_SERVER;
    return t;
}

static void take(struct reading *r, const struct scs_segment *seg)
{
    enum scs_dir dir;
    struct talk *t = seg->proto == SCS_PROTO_TCP ? talk_of(r, seg, &dir) : NULL;
    if (t == NULL) {
        return;
    }
    int64_t now = seg->packet->ts_ns;
    struct scs_stream_sink sink = {.ctx = r,
                                   .dir = dir,
                                   .data = on_data,
                                   .gap = on_gap,
                                   .end = on_end,
                                   .all_waiting = &r->waiting,
                                   .limits = &r->limits},
                           other = sink;
    other.dir = dir == SCS_TO_SERVER ? SCS_TO_CLIENT : SCS_TO_SERVER;
    r->current = t;
    if (!t->stream[dir].based) {
        scs_stream_start(&t->stream[dir], seg->seq + ((seg->flags & SCS_TCP_SYN) != 0));
    }
    if (t->stream[other.dir].based && (seg->flags & SCS_TCP_ACK) != 0) {
        scs_stream_ack(&t->stream[other.dir], seg->ack, now);
    }
    if (seg->payload_wire_len != 0) {
        scs_stream_push(&t->stream[dir], seg, &sink);
    }
    if ((seg->flags & SCS_TCP_FIN) != 0) {
        scs_stream_fin(&t->stream[dir], seg->seq + seg->payload_wire_len, now, &sink);
    }
    scs_stream_settle(&t->stream[dir], now, &sink);
    scs_stream_settle(&t->stream[other.dir], now, &other);
}

static void print_hex(const struct scs_buf *bytes)
{
    for (size_t i = 0; i < bytes->len; i++) {
        printf("%02x", bytes->p[i]);
    }
    fputs(bytes->len == 0 ? "-" : "", stdout);
}

static void finish(struct reading *r)
{
    for (unsigned i = 0; i < r->num; i++) {
        struct talk *t = &r->talks[i];
        r->current = t;
        scs_tls_free(t->tls);
        print_hex(&t->plain[SCS_TO_SERVER]);
        putchar(' ');
        print_hex(&t->plain[SCS_TO_CLIENT]);
        putchar('\n');
        for (unsigned dir = 0; dir < 2; dir++) {
            scs_stream_cleanup(&t->stream[dir], &r->waiting);
            scs_buf_cleanup(&t->plain[dir]);
        }
    }
}

static bool load_secrets(struct scs_secrets *secrets, const char *capture, const char *log, struct scs_error *err)
{
    struct scs_buf inside;
    scs_buf_init(&inside, SCS_MAX_SECRETS);
    scs_capture_find_secrets(capture, &inside);
    struct scs_cursor text = scs_buf_cursor(&inside);
    scs_secrets_add_log(secrets, &text, true);
    scs_buf_cleanup(&inside);
    return log == NULL || scs_secrets_read_log(secrets, log, err);
}

int main(int argc, char **argv)
{
    struct scs_error err = {0};
    struct scs_arena *keep = scs_arena_new();
    struct scs_capture *capture = scs_capture_new(keep, NULL, false, &err);
    struct scs_secrets *secrets = scs_secrets_new();
    if (argc < 2 || capture == NULL || !scs_capture_add(capture, argv[1], &err) ||
        !load_secrets(secrets, argv[1], argc > 2 ? argv[2] : NULL, &err)) {
        fprintf(stderr, "tls_plain: %s\n", argc < 2 ? "which capture?" : err.text);
        return 2;
    }
    struct reading *r = scs_xcalloc(1, sizeof *r);
    struct scs_decoder *decoder = scs_decoder_new();
    struct scs_packet packets[SCS_BATCH];
    struct scs_segment seg;
    r->hooks = (struct scs_tls_hooks){.ctx = r,
                                      .keep = keep,
                                      .intern = scs_intern_new(keep),
                                      .certs = scs_cert_cache_new(keep),
                                      .limits = &r->limits,
                                      .secrets = secrets,
                                      .sessions = scs_tls_sessions_new(),
                                      .plain = on_plain};
    for (size_t num; (num = scs_capture_next(capture, packets, SCS_BATCH)) != 0;) {
        for (size_t i = 0; i < num; i++) {
            if (scs_decoder_segment(decoder, &packets[i], &seg)) {
                take(r, &seg);
            }
        }
    }
    finish(r);
    scs_tls_sessions_free(r->hooks.sessions);
    scs_cert_cache_free(r->hooks.certs);
    scs_intern_free(r->hooks.intern);
    free(r);
    scs_decoder_free(decoder);
    scs_secrets_free(secrets);
    scs_capture_free(capture);
    scs_arena_free(keep);
    return 0;
}
