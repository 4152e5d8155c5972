/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field blocks of one direction of an HTTP/2 connection (RFC 9113 4.3), decompressed with nghttp2's inflater
 * (HPACK, RFC 7541). Every block changes the table that the next one refers to: all have to be fed, in
 * order, wanted or not. What a block says is told in the words of an HTTP/1 head.
 */
#ifndef SCS_DISSECTORS_HTTP2_BLOCK_H
#define SCS_DISSECTORS_HTTP2_BLOCK_H

#include "dissectors/http1_head.h"

struct scs_http2_block;

struct scs_http2_block *scs_http2_block_new(void);
void scs_http2_block_free(struct scs_http2_block *b); /* NULL is fine */
/* scs_http2_block_feed takes the next bytes of the present block. False: not HPACK, and the table is lost with it. */
SCS_MUST_USE bool scs_http2_block_feed(struct scs_http2_block *b, const struct scs_cursor *fragment);
/*
 * scs_http2_block_end ends the block; false as above. `out` borrows until scs_http2_block_forget, which has to come
 * before the next block. Offsets and out->len count the fields as HTTP/1 would write them, "name: value" in lines. out->complete
 * is false when they passed SCS_MAX_HEAD; out->readable when there are the pseudo-fields of a request, or of a reply: trailers
 * have none.
 */
SCS_MUST_USE bool scs_http2_block_end(struct scs_http2_block *b, bool request, struct scs_http1_head *out);
/* scs_http2_block_forget drops the fields, not the table. */
void scs_http2_block_forget(struct scs_http2_block *b);

#endif
