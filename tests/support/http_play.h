/* SPDX-License-Identifier: Apache-2.0 */
/* A connection told as a list of steps, played into the HTTP stage; what the stage said, as facts and as text. */
#ifndef TEST_SUPPORT_HTTP_PLAY_H
#define TEST_SUPPORT_HTTP_PLAY_H

#include "base/buf.h"
#include "http/http.h"

#define SECOND INT64_C(1000000000)

enum kind { SEND, REPLY, GAP_UP, GAP_DOWN, SNAP_UP, SNAP_DOWN, END_UP, END_DOWN, STOP };

struct step {
    enum kind kind;
    const char *text;
    size_t number; /* bytes of a gap, or enum scs_end */
    size_t len;    /* of text when it holds NULs */
};

/* What the hooks were told: facts of every exchange, targets and bodies of the last one, all of it as text. */
struct world {
    struct scs_arena *arena;
    struct scs_intern *intern;
    struct scs_limits_hit limits;
    struct scs_buf log;
    unsigned num_done, num_opaque, num_asked;
    struct scs_http_request *requests[256];
    struct scs_http_reply *replies[256];
    const char *why[256];
    struct scs_stream_end ends[256];
    char opaque[64];
    char target[4096];
    char request_body[4096], reply_body[128 * 1024];
    size_t request_body_len, reply_body_len;
    uint32_t target_off;
    struct scs_connection connection;
};

/*
 * test_http_play plays the steps: the n-th lies in frame n and comes at second n. The one numbered `cut_step`
 * comes in two pieces, cut after `cut` bytes.
 */
void test_http_play(struct world *w, const struct step *steps, size_t cut_step, size_t cut);
/* test_http_play_all plays them whole, then cut at every byte of every step, and demands the same each time. */
void test_http_play_all(struct world *w, const struct step *steps);
/* test_http_hooks are the hooks of a world, for tests that drive the stage themselves. */
struct scs_http_hooks test_http_hooks(struct world *w);
void test_http_send(struct scs_http *h, enum scs_dir dir, const char *text, size_t step);
void test_http_open(struct world *w);
void test_http_forget(struct world *w);

/* A request for capabilities, its reply, and a POST of a message. */
#define CAPS              "GET /certsrv/mscep/mscep.dll?operation=GetCACaps&message=ca HTTP/1.1\r\nHost: ndes\r\nUser-Agent: test\r\n\r\n"
#define OK3               "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nAES"
#define POST(extra, body) "POST /certsrv/mscep/mscep.dll?operation=PKIOperation HTTP/1.1\r\nHost: ndes\r\n" extra "\r\n\r\n" body

#endif
