/* SPDX-License-Identifier: Apache-2.0 */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#define FILLER_LEN (1u << 20)
/* Of so many data segments one is sent twice, and one overtakes its neighbour. */
#define ONE_SENT_TWICE    1000u
#define ONE_OUT_OF_ORDER  1000u
#define SEGMENTS_PER_ACK  2u
#define SECOND_PACKET_GAP 40u /* microseconds */

/* A full TLS record. */
#define RECORD_HEADER 5u
#define RECORD        (RECORD_HEADER + 16384u)

void bench_filler_init(struct bench_filler *f, struct bench_random *r)
{
    f->len = FILLER_LEN;
    f->block = bench_alloc(f->len, 1);
    bench_random_fill(r, f->block, f->len);
}

void bench_filler_free(struct bench_filler *f)
{
    free(f->block);
    f->block = NULL;
}

struct bench_talk *bench_talk_new(struct bench_random *r, struct bench_endpoint client, struct bench_endpoint server)
{
    struct bench_talk *t = bench_alloc(1, sizeof *t);
    t->client = client;
    t->server = server;
    t->seq[0] = (uint32_t)bench_random_next(r);
    t->seq[1] = (uint32_t)bench_random_next(r);
    return t;
}

void bench_talk_free(struct bench_talk *t)
{
    while (t != NULL) {
        struct bench_talk *then = t->then;
        for (uint32_t i = 0; i < t->num_sends; i++) {
            bench_bytes_free(&t->sends[i].bytes);
        }
        free(t);
        t = then;
    }
}

static void add(struct bench_talk *t, const struct bench_send *s)
{
    if (t->num_sends == BENCH_MOST_SENDS) {
        bench_die("a connection with too many sends");
    }
    t->sends[t->num_sends++] = *s;
}

void bench_talk_client(struct bench_talk *t, struct bench_bytes bytes, uint32_t filler_len)
{
    add(t, &(struct bench_send){.bytes = bytes, .filler_len = filler_len});
}

void bench_talk_server(struct bench_talk *t, struct bench_bytes bytes, uint32_t filler_len)
{
    add(t, &(struct bench_send){.from_server = true, .bytes = bytes, .filler_len = filler_len});
}

void bench_talk_records(struct bench_talk *t, bool from_server, uint32_t len)
{
    add(t, &(struct bench_send){.from_server = from_server, .in_records = true, .filler_len = len});
}

static void packet(struct bench_talk *t, struct bench_capture *c, bool from_server, uint8_t flags, uint32_t seq,
                   const uint8_t *payload, size_t len)
{
    bench_capture_tcp(c, &(struct bench_segment){.from = from_server ? t->server : t->client,
                                                 .to = from_server ? t->client : t->server,
                                                 .seq = seq,
                                                 .ack = t->seq[!from_server],
                                                 .flags = flags,
                                                 .payload = payload,
                                                 .len = len});
}

static void control(struct bench_talk *t, struct bench_capture *c, bool from_server, uint8_t flags)
{
    packet(t, c, from_server, flags, t->seq[from_server], NULL, 0);
    t->seq[from_server] += (flags & (BENCH_SYN | BENCH_FIN)) != 0;
}

/* Writes the record headers that fall into bytes `from` to `from + len` of a send of `whole` bytes. RFC 8446 5.1. */
static void lay_records(uint8_t *p, size_t from, size_t len, size_t whole)
{
    for (size_t record = from - from % RECORD; record < from + len; record += RECORD) {
        size_t left = whole - record;
        if (left <= RECORD_HEADER) {
            break;
        }
        size_t body = (left < RECORD ? left : RECORD) - RECORD_HEADER;
        const uint8_t header[RECORD_HEADER] = {0x17, 3, 3, (uint8_t)(body >> 8), (uint8_t)body};
        for (size_t i = 0; i < RECORD_HEADER; i++) {
            if (record + i >= from && record + i < from + len) {
                p[record + i - from] = header[i];
            }
        }
    }
}

/* Writes `len` bytes of a send from `off`, which is `ahead` bytes past what is counted as sent. */
static void data(struct bench_talk *t, struct bench_capture *c, const struct bench_filler *filler, size_t off, size_t ahead,
                 size_t len)
{
    const struct bench_send *s = &t->sends[t->at];
    uint8_t buffer[BENCH_MSS];
    size_t given = off < s->bytes.len ? s->bytes.len - off : 0;
    given = given < len ? given : len;
    if (given != 0) {
        memcpy(buffer, s->bytes.p + off, given);
    }
    if (given < len) {
        uint32_t seq = t->seq[s->from_server] + (uint32_t)ahead;
        size_t start = (seq * UINT32_C(2654435761)) % (filler->len - BENCH_MSS);
        memcpy(buffer + given, filler->block + start, len - given);
    }
    if (s->in_records) {
        lay_records(buffer, off, len, s->filler_len);
    }
    bool last = off + len == s->bytes.len + s->filler_len;
    packet(t, c, s->from_server, BENCH_ACK | (last ? BENCH_PSH : 0), t->seq[s->from_server] + (uint32_t)ahead, buffer, len);
}

static size_t segment_len(size_t left)
{
    return left < BENCH_MSS ? left : BENCH_MSS;
}

static void data_step(struct bench_talk *t, struct bench_capture *c, struct bench_random *r, const struct bench_filler *filler)
{
    const struct bench_send *s = &t->sends[t->at];
    size_t left = s->bytes.len + s->filler_len - t->off, first = segment_len(left), second = segment_len(left - first), sent;
    if (second != 0 && bench_random_one_in(r, ONE_OUT_OF_ORDER)) {
        data(t, c, filler, t->off + first, first, second);
        c->now_us += SECOND_PACKET_GAP;
        data(t, c, filler, t->off, 0, first);
        sent = first + second;
    } else {
        data(t, c, filler, t->off, 0, first);
        if (bench_random_one_in(r, ONE_SENT_TWICE)) {
            c->now_us += SECOND_PACKET_GAP;
            data(t, c, filler, t->off, 0, first);
        }
        sent = first;
    }
    t->seq[s->from_server] += (uint32_t)sent;
    t->off += sent;
    t->unacked++;
}

/* An acknowledgement, a segment, or the move to the next send; true when a packet was written. */
static bool play(struct bench_talk *t, struct bench_capture *c, struct bench_random *r, const struct bench_filler *filler)
{
    const struct bench_send *s = &t->sends[t->at];
    bool whole = t->off == s->bytes.len + s->filler_len;
    if (t->unacked >= SEGMENTS_PER_ACK || (whole && t->unacked != 0 && bench_random_one_in(r, 2))) {
        control(t, c, !s->from_server, BENCH_ACK);
        t->unacked = 0;
        return true;
    }
    if (whole) {
        t->unacked = 0;
        t->off = 0;
        t->at++;
        return false;
    }
    data_step(t, c, r, filler);
    return true;
}

bool bench_talk_step(struct bench_talk *t, struct bench_capture *c, struct bench_random *r, const struct bench_filler *filler)
{
    switch (t->state) {
    case BENCH_TALK_SYN:
        control(t, c, false, BENCH_SYN);
        break;
    case BENCH_TALK_SYNACK:
        control(t, c, true, BENCH_SYN | BENCH_ACK);
        break;
    case BENCH_TALK_ACK:
        control(t, c, false, BENCH_ACK);
        break;
    case BENCH_TALK_DATA:
        while (t->at < t->num_sends) {
            if (play(t, c, r, filler)) {
                return true;
            }
        }
        t->state++;
        /* fall through */
    case BENCH_TALK_CLIENT_FIN:
        control(t, c, false, BENCH_FIN | BENCH_ACK);
        break;
    case BENCH_TALK_SERVER_FIN:
        control(t, c, true, BENCH_FIN | BENCH_ACK);
        break;
    case BENCH_TALK_LAST_ACK:
        control(t, c, false, BENCH_ACK);
        break;
    case BENCH_TALK_DONE:
        return false;
    }
    t->state++;
    return true;
}
