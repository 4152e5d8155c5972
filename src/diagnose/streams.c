/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/streams.h"

#include "diagnose/predicates.h"

/* RFC 9113 7. */
#define NO_ERROR          0u
#define REFUSED_STREAM    7u
#define HTTP_1_1_REQUIRED 13u
/* Clients ask again at once. */
#define AGAIN   (30 * SCS_SECOND)
#define AT_ONCE SCS_SECOND
/* How many of the client's next exchanges are looked at. */
#define LOOK_AT 64u

/* ---- ends -------------------------------------------------------------------------------------------- */

bool scs_streams_ended_by_server(const struct scs_exchange *x)
{
    return x->stream_end.how == SCS_STREAM_RESET_BY_SERVER || x->stream_end.how == SCS_STREAM_GOAWAY;
}

static bool invites(const struct scs_stream_end *end)
{
    if (end->how == SCS_STREAM_GOAWAY) {
        return end->error == NO_ERROR;
    }
    return end->how == SCS_STREAM_RESET_BY_SERVER && (end->error == REFUSED_STREAM || end->error == HTTP_1_1_REQUIRED);
}

/* Both sides closed it, or one reset it. */
static bool is_over(const struct scs_connection *c)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    return client->rst_ns != SCS_NO_TIME || server->rst_ns != SCS_NO_TIME ||
           (client->fin_ns != SCS_NO_TIME && server->fin_ns != SCS_NO_TIME);
}

bool scs_streams_may_ask_again(const struct scs_judge *j, const struct scs_exchange *x)
{
    if (!invites(&x->stream_end)) {
        return false;
    }
    bool watched = is_over(x->connection) || scs_capture_watched(j, x->stream_end.ts_ns, AT_ONCE);
    return !watched || x->again_unseen || scs_streams_asked_again(j, x);
}

bool scs_streams_asked_again(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t at, num;
    const uint32_t *ids = invites(&x->stream_end) ? scs_client_exchanges(j, x, &at, &num) : NULL;
    for (uint32_t i = ids != NULL ? at + 1 : 0; ids != NULL && i < num && i <= at + LOOK_AT; i++) {
        const struct scs_exchange *next = scs_model_exchange(scs_judge_model(j), ids[i]);
        if (next->started_ns - x->stream_end.ts_ns > AGAIN) {
            return false;
        }
        if (next->operation == x->operation && next->started_ns >= x->stream_end.ts_ns) {
            return true;
        }
    }
    return false;
}

void scs_streams_say_end(struct scs_verdict *v, const struct scs_exchange *x)
{
    const struct scs_stream_end *end = &x->stream_end;
    const char *name = scs_http2_error_name(end->error);
    if (end->how == SCS_STREAM_REGULAR) {
        return;
    }
    scs_say_frame(v, end->frame);
    scs_fact_text(v, "stream_end", "%s", end->how == SCS_STREAM_GOAWAY ? "GOAWAY" : "RST_STREAM");
    if (name != NULL) {
        scs_fact_text(v, "stream_error", "%s", name);
    } else {
        scs_fact_text(v, "stream_error", "error %u", (unsigned)end->error);
    }
}

const struct scs_exchange *scs_streams_reset_early(const struct scs_judge *j, const struct scs_connection *c)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_model_exchange(scs_judge_model(j), ids[i]);
        bool whole = x->request == NULL || (x->request->m.flags & SCS_HTTP_COMPLETE) != 0 || scs_message_unseen(&x->request->m);
        if (x->reply == NULL && !whole && x->stream_end.how == SCS_STREAM_RESET_BY_SERVER && !scs_streams_may_ask_again(j, x)) {
            return x;
        }
    }
    return NULL;
}

/* ---- stalls ------------------------------------------------------------------------------------------ */

/* Nothing came after a wait that never ended: it lasted as long as the connection, or the capture, did. */
static int64_t lasted(const struct scs_judge *j, const struct scs_connection *c, const struct scs_stall *stall)
{
    const struct scs_half *client = &c->half[SCS_TO_SERVER], *server = &c->half[SCS_TO_CLIENT];
    bool ended = client->fin_ns != SCS_NO_TIME || client->rst_ns != SCS_NO_TIME || server->fin_ns != SCS_NO_TIME ||
                 server->rst_ns != SCS_NO_TIME;
    int64_t until = ended ? c->last_ns : scs_judge_model(j)->capture->last_ns;
    return stall->to_the_end && until - stall->began_ns > stall->lasted_ns ? until - stall->began_ns : stall->lasted_ns;
}

static void longer(const struct scs_judge *j, const struct scs_exchange *x, const struct scs_http_message *m, bool by_server,
                   struct scs_streams_stall *out)
{
    bool any = m->version == 20 && (m->stall.lasted_ns != 0 || m->stall.to_the_end);
    int64_t ns = any ? lasted(j, x->connection, &m->stall) : 0;
    if (ns > out->lasted_ns) {
        *out = (struct scs_streams_stall){.exchange = x, .stall = &m->stall, .by_server = by_server, .lasted_ns = ns};
    }
}

bool scs_streams_stalled(const struct scs_judge *j, const struct scs_connection *c, int64_t least_ns,
                         struct scs_streams_stall *out)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_connection(j, c->id, &num);
    *out = (struct scs_streams_stall){0};
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_exchange *x = scs_model_exchange(scs_judge_model(j), ids[i]);
        if (x->request != NULL) {
            longer(j, x, &x->request->m, true, out);
        }
        if (x->reply != NULL) {
            longer(j, x, &x->reply->m, false, out);
        }
    }
    return out->lasted_ns > least_ns;
}
