/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/1.x message while it is put together: its frames, times, body; and what its head says, as facts. */
#ifndef SCS_HTTP_MESSAGE_H
#define SCS_HTTP_MESSAGE_H

#include "base/buf.h"
#include "dissectors/http1_head.h"
#include "http/http.h"

struct scs_message {
    bool wanted; /* else only counted */
    bool hole;   /* the body has one: what comes after it is not kept */
    uint32_t flags;
    uint8_t version;
    uint32_t head_len, raw_len, body_len, declared_len;
    int64_t first_ns, last_ns;
    struct scs_frame_run *runs;
    uint32_t num_runs, room_runs;
    struct scs_buf body;
};

/* scs_message_begin forgets what was there; `m` is zeroed or was used before. */
void scs_message_begin(struct scs_message *m);
void scs_message_cleanup(struct scs_message *m);
/* scs_message_raw notes that `len` bytes from `raw_off` on lie in the chunk's frame. */
void scs_message_raw(struct scs_message *m, const struct scs_chunk *chunk, uint32_t raw_off, size_t len);
void scs_message_head(struct scs_message *m, const struct scs_http1_head *head, bool wanted);
void scs_message_body(struct scs_message *m, const struct scs_cursor *bytes, struct scs_limits_hit *limits);
void scs_message_hole(struct scs_message *m, bool snaplen);
/*
 * scs_message_finish fills what `out` holds besides the header fields (content_encoding must be set already) and
 * moves the body, decompressed, to `out_body`, which the caller cleans up; returns the runs, writable. `m` is left as after
 * begin.
 */
struct scs_frame_run *scs_message_finish(struct scs_message *m, const struct scs_http_hooks *hooks, struct scs_http_message *out,
                                         struct scs_buf *out_body);

/* What a head's fields say, as facts; everything but the parts of scs_message_finish. */
void scs_message_read_request(const struct scs_http1_head *head, const struct scs_http_hooks *hooks,
                              struct scs_http_request *out);
void scs_message_read_reply(const struct scs_http1_head *head, const struct scs_http_hooks *hooks, struct scs_http_reply *out);
/* scs_message_date reads an HTTP-date in any of its three forms (RFC 9110 5.6.7). */
bool scs_message_date(const struct scs_cursor *text, int64_t *out_s);

#endif
