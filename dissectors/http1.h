/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of an HTTP/1.x connection: ordered bytes in, messages out as events. Heads are collected
 * whole before they are read, so that the facts do not depend on how the bytes were cut; bodies are
 * counted through, and holes in the capture with them, so that the next message is found again.
 * When framing is lost the reader searches for bytes that can only be a start line.
 */
#ifndef SCS_DISSECTORS_HTTP1_H
#define SCS_DISSECTORS_HTTP1_H

#include "base/buf.h"
#include "dissectors/http1_head.h"

/* How a message ended. */
enum scs_http1_how {
    SCS_HTTP1_WHOLE,         /* framing came to its end; holes inside were told */
    SCS_HTTP1_CUT,           /* the direction ended inside it */
    SCS_HTTP1_NO_TERMINATOR, /* ... where the last chunk should have come */
    SCS_HTTP1_HOLE,          /* a hole in the capture, and its length is unknown now */
    SCS_HTTP1_CHUNK_BAD,
    SCS_HTTP1_HEAD_BAD,   /* the fields could not be read */
    SCS_HTTP1_HEAD_LIMIT, /* SCS_MAX_HEAD was reached */
    SCS_HTTP1_ABANDONED   /* the next message began instead of its body */
};

/* What to make of bytes where a message should begin, and none does. */
enum scs_http1_stray { SCS_HTTP1_SEARCH, SCS_HTTP1_FOREIGN, SCS_HTTP1_BARE_BODY /* an HTTP/0.9 reply */ };

struct scs_http1_events {
    /* A message seems to begin. May come again before `head` when it was none. */
    void (*begin)(void *ctx);
    /* `len` bytes of the present message, from its byte `raw_off` on, lie in the bytes being fed. Comes before `body`. */
    void (*raw)(void *ctx, uint32_t raw_off, size_t len);
    /* The head, whole or all there will be of it. Returns false when no body follows, whatever the head says. */
    bool (*head)(void *ctx, const struct scs_http1_head *head);
    /* Body bytes without chunk framing; `off` is their offset in the body. */
    void (*body)(void *ctx, const struct scs_cursor *bytes);
    /* `len` bytes of the present message are not in the capture. */
    void (*hole)(void *ctx, uint64_t len);
    void (*end)(void *ctx, enum scs_http1_how how);
    enum scs_http1_stray (*stray)(void *ctx);
    /* The next message seems to begin where the present one's body should be (or go on until the close): may it? */
    bool (*may_restart)(void *ctx);
    /* Another protocol begins with these bytes. */
    void (*foreign)(void *ctx, const struct scs_cursor *bytes);
};

enum scs_http1_state {
    SCS_HTTP1_BETWEEN,
    SCS_HTTP1_IN_HEAD,
    SCS_HTTP1_COUNTED,
    SCS_HTTP1_CHUNKED,
    SCS_HTTP1_TO_CLOSE,
    SCS_HTTP1_SEARCHING, /* framing is lost */
    SCS_HTTP1_CLOSED     /* ended, or another protocol */
};

enum scs_http1_chunk { SCS_CHUNK_SIZE, SCS_CHUNK_EXTENSION, SCS_CHUNK_DATA, SCS_CHUNK_AFTER, SCS_CHUNK_TRAILER };

struct scs_http1 {
    const struct scs_http1_events *events;
    void *ctx;
    enum scs_http1_state state;
    enum scs_http1_chunk chunk;
    bool request;         /* direction: requests or replies */
    bool found;           /* the head was found by searching: when it fails, nothing is said */
    bool at_edge;         /* ... and it began with the bytes being fed: where a segment does */
    bool has_hole;        /* in the present body */
    uint8_t digits;       /* of a chunk size */
    uint32_t trailer_len; /* of the present trailer line */
    struct scs_buf head;  /* of the message, while it is not whole */
    struct scs_buf mended;
    uint64_t left;              /* of a counted body or of a chunk */
    uint64_t raw_pos, body_pos; /* in the present message, holes included */
};

/* scs_http1_init: `events` and `ctx` are borrowed. */
void scs_http1_init(struct scs_http1 *r, bool request, const struct scs_http1_events *events, void *ctx);
void scs_http1_cleanup(struct scs_http1 *r);
void scs_http1_feed(struct scs_http1 *r, const struct scs_cursor *bytes);
void scs_http1_gap(struct scs_http1 *r, uint64_t len);
/* scs_http1_end: no more bytes; `closed` when the sender said so, which completes a body that lasts until then. */
void scs_http1_end(struct scs_http1 *r, bool closed);
bool scs_http1_idle(const struct scs_http1 *r);
/* scs_http1_peek reads what is there of a head that is still being collected; false when none is. */
bool scs_http1_peek(struct scs_http1 *r, struct scs_http1_head *out);

#endif
