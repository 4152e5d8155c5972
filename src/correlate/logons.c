/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/logons.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "correlate/framing.h"
#include "dissectors/kerberos.h"
#include "scepscope/limits.h"

/* RFC 4120 7.5.9. Others, as 25 (more pre-authentication wanted), are part of every logon or not the account's fault. */
#define CLIENT_REVOKED 18
#define KEY_EXPIRED    23
#define PREAUTH_FAILED 24
/* Requests whose answers are awaited. */
#define MOST_ASKED 256u
/* The account's text, which is copied for each request. */
#define ACCOUNT_TEXT 128u

struct asked {
    struct scs_endpoint client, server;
    int64_t ts_ns; /* SCS_NO_TIME: empty place */
    scs_frame frame;
    char account[ACCOUNT_TEXT];
};

struct failure {
    struct scs_ca_call facts;
    char account[ACCOUNT_TEXT];
};

struct scs_logons {
    struct scs_arena *scratch;
    struct asked asked[MOST_ASKED];
    uint32_t next_asked;
    struct failure failures[SCS_MAX_LOGON_FAILURES]; /* a ring from `next` when it is full */
    uint32_t num, next;
    uint64_t dropped;
};

struct scs_logons *scs_logons_new(void)
{
    struct scs_logons *l = scs_xcalloc(1, sizeof *l);
    l->scratch = scs_arena_new();
    for (uint32_t i = 0; i < MOST_ASKED; i++) {
        l->asked[i].ts_ns = SCS_NO_TIME;
    }
    return l;
}

void scs_logons_free(struct scs_logons *l)
{
    if (l != NULL) {
        scs_arena_free(l->scratch);
        free(l);
    }
}

/* ---- one message --------------------------------------------------------------------------------- */

/* A message with the ends it went between, the client first. */
struct arrival {
    struct scs_endpoint client, server;
    enum scs_dir dir;
    struct scs_cursor bytes;
    scs_frame frame;
    int64_t ts_ns;
};

static void copy_account(char *out, const char *account)
{
    size_t len = account == NULL ? 0 : strlen(account);
    len = len < ACCOUNT_TEXT ? len : ACCOUNT_TEXT - 1;
    if (len != 0) {
        memcpy(out, account, len);
    }
    out[len] = '\0';
}

static void note_request(struct scs_logons *l, const struct arrival *a, const struct scs_kerberos *m)
{
    struct asked *q = &l->asked[l->next_asked++ % MOST_ASKED];
    *q = (struct asked){.client = a->client, .server = a->server, .ts_ns = a->ts_ns, .frame = a->frame};
    copy_account(q->account, m->account);
}

/* The latest request that this answers; NULL. */
static struct asked *find_request(struct scs_logons *l, const struct arrival *a)
{
    for (uint32_t back = 1; back <= MOST_ASKED; back++) {
        struct asked *q = &l->asked[(l->next_asked - back) % MOST_ASKED];
        if (q->ts_ns != SCS_NO_TIME && scs_endpoint_equal(&q->client, &a->client) && scs_endpoint_equal(&q->server, &a->server)) {
            return q;
        }
    }
    return NULL;
}

static void note_failure(struct scs_logons *l, const struct arrival *a, const struct scs_kerberos *m, const struct asked *q)
{
    l->dropped += l->num == SCS_MAX_LOGON_FAILURES;
    struct failure *f = &l->failures[l->next];
    l->next = (l->next + 1) % SCS_MAX_LOGON_FAILURES;
    l->num += l->num < SCS_MAX_LOGON_FAILURES;
    f->facts = (struct scs_ca_call){.service = SCS_CA_LOGON,
                                    .outcome = SCS_CA_NO_TICKET,
                                    .status = (uint32_t)m->error,
                                    .client = a->client,
                                    .server = a->server,
                                    .started_ns = q != NULL ? q->ts_ns : a->ts_ns,
                                    .answered_ns = a->ts_ns,
                                    .wait_ns = q != NULL ? a->ts_ns - q->ts_ns : SCS_NO_TIME,
                                    .first_frame = q != NULL ? q->frame : a->frame,
                                    .last_frame = a->frame};
    copy_account(f->account, m->account != NULL ? m->account : q != NULL ? q->account : NULL);
}

/* The account got its ticket after all: with another key, or typed better. */
static void take_back(struct scs_logons *l, const struct arrival *a, const struct scs_kerberos *m, const struct asked *q)
{
    char account[ACCOUNT_TEXT];
    copy_account(account, q != NULL && q->account[0] != '\0' ? q->account : m->account);
    for (uint32_t i = 0; i < l->num; i++) {
        struct failure *f = &l->failures[i];
        if (scs_addr_equal(&f->facts.client.addr, &a->client.addr) && strcmp(f->account, account) == 0) {
            f->facts.recovered = true;
        }
    }
}

static void note_reply(struct scs_logons *l, const struct arrival *a, const struct scs_kerberos *m)
{
    struct asked *q = find_request(l, a);
    if (m->type == SCS_KERBEROS_AS_REP) {
        take_back(l, a, m, q);
    } else if (m->type == SCS_KERBEROS_ERROR &&
               (m->error == CLIENT_REVOKED || m->error == KEY_EXPIRED || m->error == PREAUTH_FAILED)) {
        note_failure(l, a, m, q);
    }
    if (q != NULL) {
        q->ts_ns = SCS_NO_TIME;
    }
}

static void read_message(struct scs_logons *l, const struct arrival *a)
{
    struct scs_kerberos m;
    enum scs_status st = scs_kerberos_read(&a->bytes, l->scratch, &m);
    if (a->ts_ns != SCS_NO_TIME && (st == SCS_OK || st == SCS_MORE)) {
        bool request = m.type == SCS_KERBEROS_AS_REQ || m.type == SCS_KERBEROS_TGS_REQ;
        if (request == (a->dir == SCS_TO_SERVER)) {
            (request ? note_request : note_reply)(l, a, &m);
        }
    }
    scs_arena_reset(l->scratch);
}

void scs_logons_segment(struct scs_logons *l, const struct scs_segment *seg)
{
    bool to_server = seg->dst.port == SCS_KERBEROS_PORT;
    read_message(l, &(struct arrival){.client = to_server ? seg->src : seg->dst,
                                      .server = to_server ? seg->dst : seg->src,
                                      .dir = to_server ? SCS_TO_SERVER : SCS_TO_CLIENT,
                                      .bytes = seg->payload,
                                      .frame = seg->packet->frame,
                                      .ts_ns = seg->packet->ts_ns});
}

/* ---- over TCP -------------------------------------------------------------------------------------- */

#define LENGTH 4u

struct scs_logon_stream {
    struct scs_logons *logons;
    struct scs_endpoint client, server;
    struct scs_framing framing[2];
};

static size_t message_length(const struct scs_cursor *head)
{
    struct scs_cursor c = *head;
    uint32_t len;
    /* The uppermost bit is reserved (RFC 4120 7.2.2). */
    return scs_cursor_u32be(&c, &len) && len != 0 && len < 0x80000000u ? LENGTH + (size_t)len : 0;
}

static const struct scs_framing_kind kerberos_kind = {.head_len = LENGTH, .length = message_length};

struct scs_logon_stream *scs_logon_stream_new(struct scs_logons *l, const struct scs_connection *c, bool whole)
{
    struct scs_logon_stream *s = scs_xcalloc(1, sizeof *s);
    s->logons = l;
    s->client = c->client;
    s->server = c->server;
    scs_framing_init(&s->framing[0], &kerberos_kind, whole);
    scs_framing_init(&s->framing[1], &kerberos_kind, whole);
    return s;
}

void scs_logon_stream_data(struct scs_logon_stream *s, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_cursor rest = scs_cursor_of(chunk->data, chunk->len);
    struct scs_framed m;
    while (scs_framing_next(&s->framing[dir], chunk, &rest, &m)) {
        if (scs_cursor_skip(&m.bytes, LENGTH)) {
            read_message(s->logons, &(struct arrival){.client = s->client,
                                                      .server = s->server,
                                                      .dir = dir,
                                                      .bytes = m.bytes,
                                                      .frame = m.last_frame,
                                                      .ts_ns = m.last_ns});
        }
    }
}

void scs_logon_stream_gap(struct scs_logon_stream *s, enum scs_dir dir)
{
    scs_framing_gap(&s->framing[dir]);
}

void scs_logon_stream_free(struct scs_logon_stream *s)
{
    if (s != NULL) {
        scs_framing_cleanup(&s->framing[0]);
        scs_framing_cleanup(&s->framing[1]);
        free(s);
    }
}

/* ---- telling --------------------------------------------------------------------------------------- */

static bool is_server(const struct scs_model *m, const struct scs_addr *addr)
{
    for (uint32_t i = 0; i < m->num_servers; i++) {
        if (scs_addr_equal(&m->servers[i]->endpoint.addr, addr)) {
            return true;
        }
    }
    return false;
}

void scs_logons_tell(struct scs_logons *l, const struct scs_model *m, struct scs_ca_calls *calls)
{
    for (uint32_t i = 0; i < l->num; i++) {
        struct failure *f = &l->failures[i];
        if (is_server(m, &f->facts.client.addr)) {
            f->facts.account = f->account[0] != '\0' ? f->account : NULL;
            scs_ca_calls_add(calls, &f->facts);
        }
    }
}

uint64_t scs_logons_dropped(const struct scs_logons *l)
{
    return l->dropped;
}
