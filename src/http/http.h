/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One followed connection's bytes to HTTP messages, requests paired with replies. Takes ordered bytes
 * of both directions (from TCP or, later, from TLS), gaps and ends; gives each finished exchange that
 * is wanted to the hooks. Unwanted exchanges are skipped by count, their bodies never stored.
 */
#ifndef SCS_HTTP_HTTP_H
#define SCS_HTTP_HTTP_H

#include "base/arena.h"
#include "base/intern.h"
#include "base/mover.h"
#include "scepscope/exchange.h"

/* Ordered bytes of one direction. `data` borrows the packet. */
struct scs_chunk {
    const uint8_t *data;
    size_t len;
    scs_frame frame;
    int64_t ts_ns;
};

/* How a direction ended. */
enum scs_end {
    SCS_END_FIN,     /* the sender closed its side */
    SCS_END_RST,     /* somebody reset the connection */
    SCS_END_CAPTURE, /* the capture ended or the connection was dropped from the tables */
    SCS_END_REPLACED /* a new connection took the same four-tuple */
};

/* A finished exchange. Everything but the facts is borrowed for the call. */
struct scs_http_pair {
    struct scs_connection *connection;
    struct scs_http_request *request; /* in hooks->keep; NULL when not captured */
    struct scs_http_reply *reply;     /* in hooks->keep; NULL when none was seen */
    struct scs_cursor target;         /* the whole request target, at its raw offset in the request */
    struct scs_cursor request_body;   /* kept bytes, decompressed; offsets are body offsets */
    struct scs_cursor reply_body;
    struct scs_frame_run *request_runs; /* == request->m.frames.runs, writable: the SCEP stage sets body_off for GET */
    const char *why_unanswered;         /* constant text; NULL when a reply was seen or could still have come */
    struct scs_stream_end stream_end;   /* HTTP/2 only */
};

struct scs_http_hooks {
    void *ctx;
    struct scs_arena *keep;    /* facts of wanted exchanges */
    struct scs_intern *intern; /* texts that repeat */
    struct scs_limits_hit *limits;
    /* Is this exchange wanted? Called once a request's target is known. */
    bool (*wants)(void *ctx, const struct scs_cursor *method, const struct scs_cursor *target);
    /* A reply whose request was not captured: wanted by its content type? `content_type` may be NULL. */
    bool (*wants_reply)(void *ctx, const char *content_type);
    /*
     * Called in the order of the requests, when request and reply are over or cannot come any more. Bytes found after
     * a message later still add SCS_HTTP_EXTRA_BYTES to its facts, so `keep` outlives the connection.
     */
    void (*done)(void *ctx, const struct scs_http_pair *pair);
    /* TLS or another protocol begins here (16 03 .., or after CONNECT): further bytes are not HTTP. */
    void (*opaque)(void *ctx, struct scs_connection *connection, enum scs_dir dir, const struct scs_chunk *first);
};

struct scs_http;

/* scs_http_new: hooks and connection are borrowed and outlive it. */
struct scs_http *scs_http_new(const struct scs_http_hooks *hooks, struct scs_connection *connection);
void scs_http_data(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk);
/* scs_http_gap: `len` bytes of the stream are not in the capture; `snaplen` when the packet is there but cut. */
void scs_http_gap(struct scs_http *h, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns);
/* scs_http_end: no more bytes from `dir`. May be called for one direction, then for the other. */
void scs_http_end(struct scs_http *h, enum scs_dir dir, enum scs_end how, int64_t ts_ns);
/* scs_http_idle: nothing is half read and no request waits: the caller may release its buffers. */
bool scs_http_idle(const struct scs_http *h);
/* scs_http_free gives what is unfinished to `done` first (as SCS_END_CAPTURE) unless both ends were told. */
void scs_http_free(struct scs_http *h);
/* scs_http_move: the hooks' `keep`, where the connection lies too, turned (base/mover.h). NULL is fine. */
void scs_http_move(struct scs_http *h, struct scs_mover *m);

#endif
