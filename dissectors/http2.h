/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of an HTTP/2 connection (RFC 9113): ordered bytes in, what they mean for its streams out as
 * events. Reads from the connection's first byte on; after lost bytes the place of the next frame is not known any
 * more, unless they all lay inside a frame whose contents nobody needs to read on.
 */
#ifndef SCS_DISSECTORS_HTTP2_H
#define SCS_DISSECTORS_HTTP2_H

#include "dissectors/http2_block.h"

/* What a client sends first. RFC 9113 3.4. */
#define SCS_HTTP2_PREFACE     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SCS_HTTP2_PREFACE_LEN 24u

struct scs_http2_events {
    /*
     * A HEADERS or DATA frame of the stream begins (`len` 0), then: `len` bytes of its contents, without padding, lie in
     * the bytes being fed. Comes before the event that tells what they are.
     */
    void (*raw)(void *ctx, uint32_t stream, size_t len);
    /* A whole field block: a head, or trailers. Borrowed for the call. */
    void (*head)(void *ctx, uint32_t stream, const struct scs_http1_head *head);
    void (*body)(void *ctx, uint32_t stream, const struct scs_cursor *bytes);
    /* `len` bytes of the stream's body are not in the capture. */
    void (*hole)(void *ctx, uint32_t stream, uint64_t len);
    void (*end)(void *ctx, uint32_t stream); /* END_STREAM */
    void (*reset)(void *ctx, uint32_t stream, uint32_t error);
    /* The sender takes no streams after `last_stream`. */
    void (*goaway)(void *ctx, uint32_t last_stream, uint32_t error);
    /* A DATA frame of the stream begins; with its padding it takes `len` bytes of both windows (RFC 9113 6.9.1). */
    void (*flow)(void *ctx, uint32_t stream, uint32_t len);
    /* The sender takes `increment` bytes more of the stream, or (stream 0) of all of them. */
    void (*window)(void *ctx, uint32_t stream, uint32_t increment);
    /* The sender takes so many bytes of each stream to begin with (RFC 9113 6.9.2). */
    void (*initial_window)(void *ctx, uint32_t window);
    /* Nothing further can be read: after lost bytes (`gap`), or because this is no HTTP/2. Comes once. */
    void (*lost)(void *ctx, bool gap);
};

enum scs_http2_state {
    SCS_HTTP2_PREFACE_WAIT,
    SCS_HTTP2_HEADER,  /* of a frame, nine bytes */
    SCS_HTTP2_FIXED,   /* what stands at fixed places before the contents */
    SCS_HTTP2_CONTENT, /* as many bytes as announced */
    SCS_HTTP2_LOST
};

struct scs_http2 {
    const struct scs_http2_events *events;
    void *ctx;
    enum scs_http2_state state;
    bool request; /* direction: the client's */
    bool greeted; /* the first frame, SETTINGS, was there */
    uint8_t held[SCS_HTTP2_PREFACE_LEN];
    uint8_t num_held, needed; /* bytes of preface, header or fixed part */
    /* The present frame. */
    uint8_t type, flags;
    uint32_t stream;
    uint32_t content_left, padding_left;
    /* The field block being collected: until its end only CONTINUATION may come. */
    struct scs_http2_block *block;
    uint32_t block_stream; /* 0: none */
    bool block_pushed;     /* of a PUSH_PROMISE: belongs to no request */
    bool block_ends;       /* END_STREAM */
};

/* scs_http2_init: `events` and `ctx` are borrowed. */
void scs_http2_init(struct scs_http2 *r, bool request, const struct scs_http2_events *events, void *ctx);
void scs_http2_cleanup(struct scs_http2 *r);
void scs_http2_feed(struct scs_http2 *r, const struct scs_cursor *bytes);
void scs_http2_gap(struct scs_http2 *r, uint64_t len);
/* scs_http2_idle: between two frames, or lost. */
bool scs_http2_idle(const struct scs_http2 *r);

#endif
