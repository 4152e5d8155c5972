/* SPDX-License-Identifier: Apache-2.0 */
/* What pair.c (HTTP/1) and versions.c (where HTTP/2 begins, and where it does not) share about one connection. */
#ifndef SCS_HTTP_PAIR_H
#define SCS_HTTP_PAIR_H

#include "base/buf.h"
#include "dissectors/http1.h"
#include "http/ending.h"
#include "http/http.h"
#include "http/http2.h"
#include "http/message.h"

/* One request and its reply, in the queue until both are there or cannot come any more. */
struct exchange {
    struct exchange *next;
    bool wanted;
    bool head_method, connect_method, simple; /* HEAD, CONNECT, HTTP/0.9 */
    bool request_done, reply_begun, reply_done;
    bool given_up;    /* the capture may have lost the reply: nothing is said about it */
    uint32_t skipped; /* not one but so many requests, of which only the number is known */
    int64_t started_ns, continue_ns;
    struct scs_http_request *request; /* wanted exchanges only */
    struct scs_http_reply *reply;
    struct scs_frame_run *request_runs;
    struct scs_buf target; /* as sent */
    uint32_t target_off;
    struct scs_buf request_body, reply_body;
};

struct direction {
    struct scs_http *http;
    enum scs_dir dir;
    struct scs_http1 reader;
    struct scs_message message;    /* the one being read */
    struct exchange *exchange;     /* it belongs to; NULL until its head was read */
    const struct scs_chunk *chunk; /* being fed */
    uint32_t *last_flags;          /* of the last wanted message, when it was the last one: for left-over bytes */
    bool interim;                  /* the present reply is a 1xx */
    bool tunnel;                   /* CONNECT or Upgrade: what is not HTTP here is another protocol */
    bool foreign;
    bool heard;   /* any byte */
    bool snaplen; /* of the gap being told */
};

struct scs_http {
    const struct scs_http_hooks *hooks;
    struct scs_connection *connection;
    struct direction dirs[2];
    struct exchange *first, *last;
    uint32_t num_waiting;
    bool reply_lost;   /* a reply may lie in a hole of the capture */
    bool request_lost; /* a request may, since the last one that was seen */
    struct scs_ending ending;
    struct scs_h2 *h2;     /* it is an HTTP/2 connection: all goes there, */
    bool h2_greeted;       /* ... once its server has said something of HTTP/2; */
    bool refused;          /* it never did: it answered in HTTP/1 */
    bool upgrading;        /* 101 is being read: the reply to the request comes as HTTP/2 */
    struct scs_buf early;  /* what its server said before the client did */
    scs_frame early_frame; /* where that began */
    int64_t early_ns;
};

/* ---- pair.c -------------------------------------------------------------------------------------- */

/* scs_pair_append puts a request at the end of the queue. */
struct exchange *scs_pair_append(struct scs_http *h);
void scs_pair_read(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk);

/* ---- versions.c ---------------------------------------------------------------------------------- */

/* scs_version_begin: the client's preface came (RFC 9113 3.4). */
void scs_version_begin(struct scs_http *h, const struct scs_chunk *first);
/* scs_version_is_upgrade: this reply says that the answer comes in HTTP/2; scs_version_upgrade: it was read to its end. */
bool scs_version_is_upgrade(const struct scs_http *h, const struct scs_http1_head *head);
void scs_version_upgrade(struct scs_http *h);
/* scs_version_hold: what a server says before it is known in which version waits. False: it does not have to. */
bool scs_version_hold(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk);
/* scs_version_let_go: what was held back is no HTTP/2. */
void scs_version_let_go(struct scs_http *h);
/* scs_version_data takes bytes of a connection that speaks HTTP/2, or whose client does. */
void scs_version_data(struct scs_http *h, enum scs_dir dir, const struct scs_chunk *chunk);
/* scs_version_end_waits: the server refused HTTP/2 and went before there was a request: its end is told when there is one. */
bool scs_version_end_waits(const struct scs_http *h, enum scs_dir dir);
/* scs_version_settle gives such a refusal to the request that it answers, if that has come, or can no longer come. */
void scs_version_settle(struct scs_http *h);

#endif
