/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TCP connection as a script: who says how much, in turn. It is played packet by packet, so that many
 * connections can be mixed, with acknowledgements, now and then a segment sent twice or out of order.
 */
#ifndef SCS_BENCH_TALK_H
#define SCS_BENCH_TALK_H

#include "frames.h"

#define BENCH_MOST_SENDS 64u

/* Some bytes given, then some that look encrypted: in TLS records when they are to be application data. */
struct bench_send {
    bool from_server, in_records;
    struct bench_bytes bytes; /* taken */
    uint32_t filler_len;
};

enum bench_talk_state {
    BENCH_TALK_SYN,
    BENCH_TALK_SYNACK,
    BENCH_TALK_ACK,
    BENCH_TALK_DATA,
    BENCH_TALK_CLIENT_FIN,
    BENCH_TALK_SERVER_FIN,
    BENCH_TALK_LAST_ACK,
    BENCH_TALK_DONE
};

struct bench_talk {
    struct bench_endpoint client, server;
    uint32_t seq[2]; /* of the client, of the server */
    enum bench_talk_state state;
    struct bench_send sends[BENCH_MOST_SENDS];
    uint32_t num_sends, at;  /* at: the send that goes on */
    size_t off;              /* in it */
    uint32_t unacked;        /* segments since the other side's last packet */
    struct bench_talk *then; /* to be started when this one is done; owned */
};

/* Text or ciphertext that fills what nobody reads; the same block for every send. */
struct bench_filler {
    uint8_t *block;
    size_t len;
};

void bench_filler_init(struct bench_filler *f, struct bench_random *r);
void bench_filler_free(struct bench_filler *f);

struct bench_talk *bench_talk_new(struct bench_random *r, struct bench_endpoint client, struct bench_endpoint server);
void bench_talk_free(struct bench_talk *t);
/* Adding a send takes its bytes. */
void bench_talk_client(struct bench_talk *t, struct bench_bytes bytes, uint32_t filler_len);
void bench_talk_server(struct bench_talk *t, struct bench_bytes bytes, uint32_t filler_len);
/* bench_talk_records adds `len` bytes of TLS application data, record headers among them. */
void bench_talk_records(struct bench_talk *t, bool from_server, uint32_t len);
/* bench_talk_step writes the next packet, seldom two; false when the connection is over. */
bool bench_talk_step(struct bench_talk *t, struct bench_capture *c, struct bench_random *r, const struct bench_filler *filler);

#endif
