/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 conversations told frame by frame, for test_http_play. One is told at a time; it begins with h2_greet or h2_forget. */
#ifndef TEST_SUPPORT_HTTP2_PLAY_H
#define TEST_SUPPORT_HTTP2_PLAY_H

#include "dissectors/http2.h"
#include "http_play.h"

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION };
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8, WITH_PRIORITY = 0x20 };

void h2_forget(void);
/* h2_greet: the client's first packet, and its server's. */
void h2_greet(void);
/* h2_packet: what follows lies in the next packet of this direction. */
void h2_packet(enum kind kind);
void h2_event(enum kind kind, size_t number);
/* h2_step is the packet numbered from 0, as far as it was told. */
struct scs_buf *h2_step(unsigned number);
/* h2_back: what follows is put into this packet again. */
void h2_back(unsigned number);
void h2_put(const void *data, size_t len);
void h2_frame(uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t len);
void h2_hex(uint8_t type, uint8_t flags, uint32_t stream, const char *hex);
void h2_data(uint8_t flags, uint32_t stream, const char *text);
/* h2_string: a string literal without Huffman (RFC 7541 5.2). */
void h2_string(struct scs_buf *b, const char *s, size_t len);
/* h2_pack turns "name value" lines into literals that enter no table; the block goes into `out`. */
void h2_pack(const char *lines, struct scs_buf *out);
void h2_head(uint8_t flags, uint32_t stream, const char *lines);
/* H2_ASK: a whole GET of an operation. h2_ask_both: the greeting, GetCACaps on stream 1, GetCACert on 3; the server's turn. */
#define H2_ASK(stream, operation) h2_head(END_HEADERS | END_STREAM, stream, ASK(operation))
void h2_ask_both(void);
/* h2_play plays it whole, then cut at every byte. */
void h2_play(struct world *w);
void h2_play_once(struct world *w);

#define ASK(operation)                                                                                                           \
    ":method GET\n:scheme http\n:path /certsrv/mscep/mscep.dll?operation=" operation "&message=ca\n:authority ndes\n"            \
    "user-agent test\n"
#define OTHER ":method GET\n:scheme http\n:path /favicon.ico\n:authority ndes\n"
#define SEND_MESSAGE(more)                                                                                                       \
    ":method POST\n:scheme http\n:path /certsrv/mscep/mscep.dll?operation=PKIOperation\n:authority ndes\n" more
#define OK_HEAD  ":status 200\ncontent-type text/plain\nserver Microsoft-IIS/10.0\ndate Fri, 20 Nov 2026 09:14:02 GMT\n"
#define OK_THREE OK_HEAD "content-length 3\n"

#endif
