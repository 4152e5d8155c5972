/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in one enrolment's ladder, in order of time: connections, messages, and what the network did to them. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "report/enrolment.h"
#include "report/frames.h"
#include "report/html_parts.h"
#include "report/label.h"
#include "report/layout.h"

/* Connections shown of a device that never came to a request; ICMP errors and TLS alerts of one of them. */
#define MOST_ATTEMPTS 12u
#define MOST_EVENTS   4u
/* At most: connection, two resets, request and reply; SYN, ICMP, two hellos, alerts and two resets. */
#define STEPS_FOR_EXCHANGE 5u
#define STEPS_FOR_ATTEMPT  (5u + 2 * MOST_EVENTS)
/* Of a long list of exchanges the first ones tell how it began, the last ones how it ended. */
#define LAST_MESSAGES (SCS_HTML_LADDER_MESSAGES / 4)

struct gathering {
    const struct scs_html *h;
    const struct scs_enrolment *e;
    struct scs_ladder l;
    const struct scs_connection *met[2 * SCS_HTML_LADDER_MESSAGES]; /* told of already */
    uint32_t num_met;
};

/* Where a message was captured, and between whom. */
struct leg {
    uint8_t client, server, relayed;
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t scs_html_ladder_size(const struct scs_enrolment *e)
{
    if (e->num_exchanges == 0) {
        return 6; /* a connection attempt or two */
    }
    return 1 + 3 * (least(e->num_exchanges, SCS_HTML_LADDER_MESSAGES) + least(e->num_policy_exchanges, SCS_HTML_LADDER_MESSAGES));
}

static struct scs_ladder_step *add(struct gathering *g, int64_t ts_ns, unsigned from, unsigned to, const char *label)
{
    struct scs_ladder *l = &g->l;
    assert(l->num_steps < l->max_steps);
    struct scs_ladder_step *s = &l->steps[l->num_steps];
    *s = (struct scs_ladder_step){.ts_ns = ts_ns,
                                  .order = l->num_steps++,
                                  .from = (uint8_t)from,
                                  .to = (uint8_t)to,
                                  .relayed = SCS_NUM_LANES,
                                  .label = scs_arena_strdup(l->arena, label)};
    return s;
}

/* Adds a clause to a step's note, or to its trouble. */
static void remark(struct gathering *g, const char **line, const char *fmt, ...) SCS_PRINTF(3, 4);

static void remark(struct gathering *g, const char **line, const char *fmt, ...)
{
    char text[SCS_LABEL_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    *line = scs_arena_printf(g->l.arena, "%s%s%s", *line != NULL ? *line : "", *line != NULL ? " · " : "", text);
}

static void party(struct gathering *g, unsigned lane, const char *name, const char *address)
{
    if (g->l.names[lane] == NULL) {
        g->l.names[lane] = name;
        g->l.addresses[lane] = scs_arena_strdup(g->l.arena, address);
    }
}

/* ---- who speaks with whom ------------------------------------------------------------------------ */

static const char *server_name(const struct gathering *g, const struct scs_endpoint *endpoint)
{
    const struct scs_server *s = scs_model_server(g->h->ctx->model, endpoint);
    return s != NULL && (s->is_ndes || s->is_iis) ? "NDES" : "Server";
}

static const struct scs_finding *finding_of(const struct gathering *g, const struct scs_exchange *x)
{
    const struct scs_finding *f = g->h->findings.by_exchange[x->id];
    return f != NULL && f->severity != SCS_SEV_INFO ? f : NULL;
}

/* Marks that a proxy left between two parties, on any of the enrolment's exchanges: it does not leave them on all. */
struct marks {
    bool on_request, on_reply, tunnel;
};

static struct marks marks_between(const struct gathering *g, const struct scs_connection *c)
{
    const struct scs_enrolment *e = g->e;
    struct marks marks = {.tunnel = false};
    for (uint32_t i = 0; i < least(e->num_exchanges, SCS_HTML_LADDER_MESSAGES); i++) {
        const struct scs_exchange *x = scs_model_exchange(g->h->ctx->model, e->exchanges[i]);
        if (x != NULL && scs_addr_equal(&x->connection->client.addr, &c->client.addr) &&
            scs_endpoint_equal(&x->connection->server, &c->server)) {
            const struct scs_tls_facts *tls = x->connection->tls;
            marks.on_request = marks.on_request || (x->request != NULL && x->request->m.via != NULL);
            marks.on_reply = marks.on_reply || (x->reply != NULL && x->reply->m.via != NULL);
            marks.tunnel = marks.tunnel || (tls != NULL && (tls->flags & SCS_TLS_IN_CONNECT) != 0);
        }
    }
    return marks;
}

/*
 * A proxy marks what it passes on: the request when we look behind it, the reply when we look in front of it (RFC 9110
 * 7.6.3). The device, or the server, is then on a leg that nobody captured.
 */
static struct leg leg_of(struct gathering *g, const struct scs_exchange *x)
{
    struct scs_redactor *r = g->h->ctx->redactor;
    const struct scs_connection *c = x->connection;
    struct marks marks = marks_between(g, c);
    if (marks.on_request) {
        party(g, SCS_LANE_DEVICE, "Device", "behind the proxy");
        party(g, SCS_LANE_PROXY, "Proxy", scs_redact_addr(r, &c->client.addr));
        party(g, SCS_LANE_SERVER, server_name(g, &c->server), scs_redact_endpoint(r, &c->server));
        return (struct leg){SCS_LANE_PROXY, SCS_LANE_SERVER, SCS_LANE_DEVICE};
    }
    party(g, SCS_LANE_DEVICE, "Device", scs_redact_addr(r, &c->client.addr));
    if (marks.tunnel || marks.on_reply) {
        party(g, SCS_LANE_PROXY, "Proxy", scs_redact_endpoint(r, &c->server));
        party(g, SCS_LANE_SERVER, "NDES", "behind the proxy");
        return (struct leg){SCS_LANE_DEVICE, SCS_LANE_PROXY, SCS_LANE_SERVER};
    }
    party(g, SCS_LANE_SERVER, server_name(g, &c->server), scs_redact_endpoint(r, &c->server));
    return (struct leg){SCS_LANE_DEVICE, SCS_LANE_SERVER, SCS_NUM_LANES};
}

static struct leg policy_leg(struct gathering *g, const struct scs_exchange *x)
{
    struct scs_redactor *r = g->h->ctx->redactor;
    party(g, SCS_LANE_SERVER, "NDES", scs_redact_addr(r, &x->connection->client.addr));
    party(g, SCS_LANE_POLICY, "Policy module", scs_redact_endpoint(r, &x->connection->server));
    return (struct leg){SCS_LANE_SERVER, SCS_LANE_POLICY, SCS_NUM_LANES};
}

/* ---- connections --------------------------------------------------------------------------------- */

static void stream_of(struct gathering *g, struct scs_ladder_step *s, const struct scs_connection *c)
{
    if ((c->flags & SCS_CONN_STREAM_KNOWN) != 0) {
        remark(g, &s->note, "tcp.stream eq %" PRIu32, c->stream);
    }
    if (c->syn_tries > 1) {
        remark(g, &s->trouble, "SYN sent %u times", c->syn_tries);
        s->again = true;
    }
}

static void tls_of(struct gathering *g, struct scs_ladder_step *s, const struct scs_connection *c)
{
    if ((c->flags & SCS_CONN_TLS) != 0) {
        const char *version = c->tls != NULL ? scs_tls_version_name(c->tls->version) : NULL;
        bool open = c->tls != NULL && (c->tls->flags & SCS_TLS_DECRYPTED) != 0;
        remark(g, &s->note, "%s %s", version != NULL ? version : "TLS", open ? "opened" : "not opened");
    }
}

static void reset_of(struct gathering *g, const struct scs_connection *c, const struct leg *leg)
{
    for (unsigned dir = 0; dir < 2; dir++) {
        const struct scs_half *half = &c->half[dir];
        if (half->rst_ns != SCS_NO_TIME && (c->state == SCS_CONN_RESET || c->state == SCS_CONN_REFUSED)) {
            unsigned from = dir == SCS_TO_SERVER ? leg->client : leg->server,
                     to = dir == SCS_TO_SERVER ? leg->server : leg->client;
            struct scs_ladder_step *s = add(g, half->rst_ns, from, to, c->state == SCS_CONN_REFUSED ? "RST: refused" : "RST");
            s->bad = true;
            remark(g, &s->note, "frame %" PRIu64, SCS_FRAME_NUMBER(half->rst_frame));
        }
    }
}

/* What is said of a connection once, before its first message here. */
static void meet(struct gathering *g, const struct scs_connection *c, const struct leg *leg)
{
    char label[SCS_LABEL_TEXT];
    for (uint32_t i = 0; i < g->num_met; i++) {
        if (g->met[i] == c) {
            return;
        }
    }
    if (g->num_met == sizeof g->met / sizeof g->met[0]) {
        return;
    }
    g->met[g->num_met++] = c;
    snprintf(label, sizeof label, "connection %" PRIu32, c->id);
    struct scs_ladder_step *s = add(g, c->opened_ns, leg->server, leg->server, label);
    stream_of(g, s, c);
    tls_of(g, s, c);
    reset_of(g, c, leg);
}

/* ---- messages ------------------------------------------------------------------------------------ */

/* First and last frame of a message; those of the exchange where the message keeps no map. */
static void frames_of(struct gathering *g, struct scs_ladder_step *s, const struct scs_http_message *m, scs_frame otherwise)
{
    uint32_t runs = m->frames.num_runs;
    scs_frame first = runs != 0 ? m->frames.runs[0].frame : otherwise,
              last = runs != 0 ? m->frames.runs[runs - 1].frame : otherwise;
    if (first == last) {
        remark(g, &s->note, "frame %" PRIu64, SCS_FRAME_NUMBER(first));
    } else {
        remark(g, &s->note, "frames %" PRIu64 "–%" PRIu64, SCS_FRAME_NUMBER(first), SCS_FRAME_NUMBER(last));
    }
}

static void sent_again(struct gathering *g, struct scs_ladder_step *s, const struct scs_connection *c, enum scs_dir dir,
                       const struct scs_http_message *m)
{
    const struct scs_half *half = &c->half[dir];
    uint32_t runs = m->frames.num_runs;
    if (half->retransmissions == 0 || runs == 0) {
        return;
    }
    if (half->worst_frame >= m->frames.runs[0].frame && half->worst_frame <= m->frames.runs[runs - 1].frame) {
        remark(g, &s->trouble, "frame %" PRIu64 " sent %u times", SCS_FRAME_NUMBER(half->worst_frame),
               half->worst_retransmissions + 1u);
        s->again = true;
    } else if (c->num_exchanges == 1) {
        remark(g, &s->trouble, "%" PRIu32 " segment%s sent again", half->retransmissions, half->retransmissions == 1 ? "" : "s");
        s->again = true;
    }
}

static void losses(struct gathering *g, struct scs_ladder_step *s, const struct scs_http_message *m)
{
    static const struct {
        uint32_t flag;
        const char *words;
    } rows[] = {{SCS_HTTP_SNAPLEN, "cut by the snap length"},
                {SCS_HTTP_CAPTURE_GAP, "bytes are missing in the capture"},
                {SCS_HTTP_MIDWAY, "began before the capture"},
                {SCS_HTTP_CAPTURE_END, "the capture ends inside it"},
                {SCS_HTTP_NETWORK_CUT, "the connection ends inside it"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((m->flags & rows[i].flag) != 0 && !(rows[i].flag == SCS_HTTP_CAPTURE_GAP && (m->flags & SCS_HTTP_SNAPLEN) != 0)) {
            remark(g, &s->trouble, "%s", rows[i].words);
            s->lost = s->lost || rows[i].flag == SCS_HTTP_NETWORK_CUT;
        }
    }
}

static void request(struct gathering *g, const struct scs_exchange *x, const struct leg *leg)
{
    struct scs_buf label;
    scs_buf_init(&label, SCS_LABEL_TEXT);
    scs_label_request(x, &label);
    struct scs_ladder_step *s = add(g, x->request->m.first_ns, leg->client, leg->server, scs_buf_cstr(&label));
    s->relayed = leg->relayed;
    frames_of(g, s, &x->request->m, x->first_frame);
    sent_again(g, s, x->connection, SCS_TO_SERVER, &x->request->m);
    losses(g, s, &x->request->m);
    scs_buf_cleanup(&label);
}

static struct scs_ladder_step *reply(struct gathering *g, const struct scs_exchange *x, const struct leg *leg)
{
    char number[SCS_NUMBER_TEXT];
    struct scs_buf label;
    scs_buf_init(&label, SCS_LABEL_TEXT);
    scs_label_reply(g->h->ctx->redactor, x, &label);
    struct scs_ladder_step *s = add(g, x->reply->m.first_ns, leg->server, leg->client, scs_buf_cstr(&label));
    s->relayed = leg->relayed;
    s->bad = x->outcome == SCS_OUTCOME_FAILED;
    s->good = x->scep_reply != NULL && x->outcome == SCS_OUTCOME_OK;
    frames_of(g, s, &x->reply->m, x->last_frame);
    if (x->started_ns != SCS_NO_TIME && x->reply->m.first_ns != SCS_NO_TIME) {
        remark(g, &s->note, "+%s", scs_duration_text(x->reply->m.first_ns - x->started_ns, number));
    }
    sent_again(g, s, x->connection, SCS_TO_CLIENT, &x->reply->m);
    losses(g, s, &x->reply->m);
    scs_buf_cleanup(&label);
    return s;
}

static struct scs_ladder_step *no_reply(struct gathering *g, const struct scs_exchange *x, const struct leg *leg)
{
    char label[SCS_LABEL_TEXT];
    snprintf(label, sizeof label, "no reply: %s", x->why_unanswered != NULL ? x->why_unanswered : "none was seen");
    struct scs_ladder_step *s =
        add(g, x->request != NULL ? x->request->m.last_ns : x->started_ns, leg->server, leg->client, label);
    s->lost = s->bad = true;
    return s;
}

static void exchange(struct gathering *g, uint32_t id, bool is_policy)
{
    const struct scs_exchange *x = scs_model_exchange(g->h->ctx->model, id);
    if (x == NULL) {
        return;
    }
    struct leg leg = is_policy ? policy_leg(g, x) : leg_of(g, x);
    meet(g, x->connection, &leg);
    if (x->request != NULL) {
        request(g, x, &leg);
    }
    struct scs_ladder_step *s = x->reply != NULL ? reply(g, x, &leg) : no_reply(g, x, &leg);
    s->finding = finding_of(g, x);
}

static void exchanges(struct gathering *g, const uint32_t *ids, uint32_t num, bool is_policy)
{
    for (uint32_t i = 0; i < num; i++) {
        if (num > SCS_HTML_LADDER_MESSAGES && i == SCS_HTML_LADDER_MESSAGES - LAST_MESSAGES) {
            char label[SCS_LABEL_TEXT];
            uint32_t skipped = num - SCS_HTML_LADDER_MESSAGES;
            unsigned lane = is_policy ? SCS_LANE_POLICY : SCS_LANE_SERVER;
            i += skipped;
            const struct scs_exchange *x = scs_model_exchange(g->h->ctx->model, ids[i]);
            snprintf(label, sizeof label, "... %" PRIu32 " exchanges ...", skipped);
            add(g, x != NULL ? x->started_ns : SCS_NO_TIME, lane, lane, label);
        }
        exchange(g, ids[i], is_policy);
    }
}

/* ---- attempts ------------------------------------------------------------------------------------ */

static void handshake(struct gathering *g, const struct scs_connection *c)
{
    const struct scs_tls_facts *f = c->tls;
    if (f == NULL) {
        return;
    }
    if ((f->flags & SCS_TLS_CLIENT_HELLO) != 0) {
        struct scs_ladder_step *s = add(g, f->client_hello_ns, SCS_LANE_DEVICE, SCS_LANE_SERVER, "TLS ClientHello");
        remark(g, &s->note, "frame %" PRIu64, SCS_FRAME_NUMBER(f->client_hello_frame));
    }
    if ((f->flags & SCS_TLS_SERVER_HELLO) != 0) {
        struct scs_ladder_step *s = add(g, f->server_hello_ns, SCS_LANE_SERVER, SCS_LANE_DEVICE, "TLS ServerHello");
        const char *version = scs_tls_version_name(f->version);
        remark(g, &s->note, "frame %" PRIu64, SCS_FRAME_NUMBER(f->server_hello_frame));
        if (version != NULL) {
            remark(g, &s->note, "%s", version);
        }
    }
    for (uint32_t i = 0; i < f->num_alerts && i < MOST_EVENTS; i++) {
        const struct scs_tls_alert *a = &f->alerts[i];
        char label[SCS_LABEL_TEXT];
        const char *name = scs_tls_alert_name(a->description);
        snprintf(label, sizeof label, "TLS alert %s", name != NULL ? name : "of an unknown kind");
        struct scs_ladder_step *s = add(g, a->ts_ns, a->from_server ? SCS_LANE_SERVER : SCS_LANE_DEVICE,
                                        a->from_server ? SCS_LANE_DEVICE : SCS_LANE_SERVER, label);
        s->bad = a->fatal;
        remark(g, &s->note, "frame %" PRIu64, SCS_FRAME_NUMBER(a->frame));
    }
}

static void attempt(struct gathering *g, const struct scs_connection *c)
{
    static const struct leg direct = {SCS_LANE_DEVICE, SCS_LANE_SERVER, SCS_NUM_LANES};
    g->met[g->num_met++] = c; /* there is room: MOST_ATTEMPTS is less */
    bool blocked = c->state == SCS_CONN_BLOCKED;
    struct scs_ladder_step *s = add(g, c->opened_ns, SCS_LANE_DEVICE, SCS_LANE_SERVER,
                                    blocked             ? "SYN, no answer"
                                    : c->syn_tries != 0 ? "SYN"
                                                        : "TCP");
    s->lost = s->bad = blocked;
    s->again = c->syn_tries > 1;
    remark(g, &s->note, "frame %" PRIu64, SCS_FRAME_NUMBER(c->first_frame));
    if (c->syn_tries > 1) {
        remark(g, &s->trouble, "sent %u times", c->syn_tries);
    }
    for (uint32_t i = 0; i < c->num_icmp && i < MOST_EVENTS; i++) {
        const struct scs_icmp_seen *seen = &c->icmp[i];
        char label[SCS_LABEL_TEXT];
        snprintf(label, sizeof label, "ICMP type %u code %u", seen->type, seen->code);
        s = add(g, seen->ts_ns, SCS_LANE_SERVER, SCS_LANE_DEVICE, label);
        s->bad = true;
        remark(g, &s->note, "frame %" PRIu64 ", from %s", SCS_FRAME_NUMBER(seen->frame),
               scs_redact_addr(g->h->ctx->redactor, &seen->from));
    }
    handshake(g, c);
    reset_of(g, c, &direct);
}

/* A device that never got as far as a request: its connections. */
static void attempts(struct gathering *g)
{
    const struct scs_model *m = g->h->ctx->model;
    uint32_t shown = 0;
    party(g, SCS_LANE_DEVICE, "Device", scs_redact_addr(g->h->ctx->redactor, &g->e->client));
    party(g, SCS_LANE_SERVER, server_name(g, &g->e->server), scs_redact_endpoint(g->h->ctx->redactor, &g->e->server));
    for (uint32_t i = 0; i < m->num_connections && shown < MOST_ATTEMPTS; i++) {
        const struct scs_connection *c = m->connections[i];
        if (c->num_exchanges == 0 && scs_addr_equal(&c->client.addr, &g->e->client) &&
            scs_endpoint_equal(&c->server, &g->e->server)) {
            attempt(g, c);
            shown++;
        }
        scs_model_rest(m, i);
    }
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct scs_ladder_step *x = a, *y = b;
    if (x->ts_ns != y->ts_ns) {
        return x->ts_ns < y->ts_ns ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

/* What explains the enrolment's failure and speaks of no exchange in it hangs at its end. */
static void hang(struct gathering *g)
{
    const struct scs_finding *f = scs_enrolment_finding(&g->h->findings, g->e);
    for (uint32_t i = 0; i < g->l.num_steps; i++) {
        f = g->l.steps[i].finding == f ? NULL : f;
    }
    if (f != NULL && g->l.num_steps != 0 && g->l.steps[g->l.num_steps - 1].finding == NULL) {
        g->l.steps[g->l.num_steps - 1].finding = f;
    }
}

/* The display filter of all its connections. With several files Wireshark counts streams anew in each. */
static void streams(const struct gathering *g)
{
    const struct scs_html *h = g->h;
    for (uint32_t i = 0; i < g->num_met; i++) {
        if ((g->met[i]->flags & SCS_CONN_STREAM_KNOWN) == 0 || h->ctx->model->capture->num_files != 1) {
            return;
        }
    }
    if (g->num_met != 0) {
        fputs("<dt>Filter</dt><dd><code class=\"filter\">tcp.stream in {", h->out);
        for (uint32_t i = 0; i < g->num_met; i++) {
            fprintf(h->out, "%s%" PRIu32, i == 0 ? "" : ",", g->met[i]->stream);
        }
        fputs("}</code></dd>\n", h->out);
    }
}

static void facts(const struct gathering *g)
{
    const struct scs_html *h = g->h;
    const struct scs_enrolment *e = g->e;
    char took[SCS_NUMBER_TEXT];
    struct scs_redactor *r = h->ctx->redactor;
    fputs("<dl class=\"facts\">\n", h->out);
    scs_html_term(h, "Server", scs_redact_endpoint(r, &e->server));
    scs_html_term(h, "Who it is", e->subject != NULL ? scs_redact_subject(r, e->subject) : NULL);
    scs_html_term(h, "Transaction", e->transaction_id);
    scs_html_term(h, "Reached", scs_enrolment_reached_text(e));
    if (e->tries > 1) {
        fprintf(h->out, "<dt>Requests sent</dt><dd>%" PRIu32 "</dd>\n", e->tries);
    }
    if (e->started_ns != SCS_NO_TIME && e->ended_ns != SCS_NO_TIME) {
        scs_html_term(h, "Lasted", scs_duration_text(e->ended_ns - e->started_ns, took));
    }
    streams(g);
    fputs("</dl>\n", h->out);
}

void scs_html_ladder(const struct scs_html *h, const struct scs_enrolment *e)
{
    struct gathering g = {.h = h, .e = e};
    uint32_t messages =
        2 + least(e->num_exchanges, SCS_HTML_LADDER_MESSAGES) + least(e->num_policy_exchanges, SCS_HTML_LADDER_MESSAGES);
    g.l.arena = scs_arena_new();
    g.l.max_steps = STEPS_FOR_EXCHANGE * messages + STEPS_FOR_ATTEMPT * MOST_ATTEMPTS;
    g.l.steps = SCS_ARENA_ARRAY(g.l.arena, g.l.max_steps, struct scs_ladder_step);
    if (e->num_exchanges == 0) {
        attempts(&g);
    }
    exchanges(&g, e->exchanges, e->num_exchanges, false);
    exchanges(&g, e->policy_exchanges, e->num_policy_exchanges, true);
    qsort(g.l.steps, g.l.num_steps, sizeof *g.l.steps, by_time);
    hang(&g);
    fputs("<div class=\"story\">\n", h->out);
    scs_html_ladder_draw(h, &g.l);
    facts(&g);
    fputs("</div>\n", h->out);
    scs_arena_free(g.l.arena);
}
