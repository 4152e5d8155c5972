/* SPDX-License-Identifier: Apache-2.0 */
#include "report/unseen.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "report/finding.h"
#include "report/lang/lang.h"
#include "report/layout.h"
#include "report/verdict.h"

/* A sentence holds a path and a few numbers. */
#define MAX_SENTENCE 8192u

struct teller {
    const struct scs_report_context *ctx;
    scs_unseen_say *say;
    void *arg;
};

static void tell(const struct teller *t, const char *fmt, ...) SCS_PRINTF(2, 3);

static void tell(const struct teller *t, const char *fmt, ...)
{
    char text[MAX_SENTENCE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    t->say(t->arg, text);
}

/* "1 packet was", "1,200 packets were". */
struct amount {
    char number[SCS_NUMBER_TEXT];
    const char *s, *were;
};

static struct amount amount(uint64_t n)
{
    struct amount a = {.s = n == 1 ? "" : "s", .were = n == 1 ? "was" : "were"};
    scs_number_text(n, a.number);
    return a;
}

static bool has_finding(const struct teller *t, const char *id)
{
    const struct scs_model *m = t->ctx->model;
    for (uint32_t i = 0; i < m->num_findings; i++) {
        if (strcmp(m->findings[i]->id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the capture itself -------------------------------------------------------------------------- */

static void tell_files(const struct teller *t, const struct scs_capture_facts *capture)
{
    for (uint32_t i = 0; i < capture->num_files; i++) {
        const struct scs_capture_file *f = &capture->files[i];
        const char *path = scs_redact_payload(t->ctx->redactor, f->path);
        for (uint32_t k = 0; k < f->num_problems; k++) {
            tell(t, "%s: %s.", path, scs_redact_payload(t->ctx->redactor, f->problems[k]));
        }
        if (!f->complete && f->num_problems == 0) {
            tell(t, "%s is not complete: what came after its end is unknown.", path);
        }
    }
    if (capture->interrupted) {
        tell(t, "Reading was stopped before the end: what was open then is not the network's fault.");
    }
}

static void tell_packets(const struct teller *t, const struct scs_capture_facts *capture)
{
    if (capture->has_drop_count && capture->dropped != 0) {
        struct amount a = amount(capture->dropped);
        tell(t, "%s packet%s %s dropped while capturing: something missing here may have been sent.", a.number, a.s, a.were);
    }
    if (capture->cut_packets != 0 && !has_finding(t, "cap-snaplen")) {
        struct amount a = amount(capture->cut_packets);
        tell(t, "%s packet%s %s cut by the snap length: capture with -s 0.", a.number, a.s, a.were);
    }
    if (capture->host_dropped != 0) {
        struct amount a = amount(capture->host_dropped);
        tell(t,
             "%s packet%s %s thrown away by Windows itself on the host that captured, first packet %" PRIu64
             " of its file: not counted as received. pktmon etl2txt FILE.etl gives the reason.",
             a.number, a.s, a.were, SCS_FRAME_NUMBER(capture->host_dropped_frame));
    }
    if (capture->unread_link_packets != 0) {
        struct amount a = amount(capture->unread_link_packets);
        tell(t, "%s packet%s %s not read: link type %u is not known here.", a.number, a.s, a.were, capture->unread_link_type);
    }
    if (capture->fragments_lost != 0) {
        struct amount a = amount(capture->fragments_lost);
        tell(t, "%s IP fragment%s could not be put together.", a.number, a.s);
    }
}

/* ---- connections --------------------------------------------------------------------------------- */

static void tell_connections(const struct teller *t)
{
    const struct scs_model *m = t->ctx->model;
    uint64_t gaps = 0, one_way = 0, tls = 0, midstream = 0;
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        gaps += c->half[0].missing_bytes != 0 || c->half[1].missing_bytes != 0;
        one_way += (c->flags & SCS_CONN_ONE_WAY) != 0;
        tls += scs_connection_is_shut(c);
        midstream += (c->flags & SCS_CONN_MIDSTREAM) != 0;
        scs_model_rest(m, i);
    }
    struct amount a;
    if (gaps != 0 && !has_finding(t, "cap-gap")) {
        a = amount(gaps);
        tell(t, "%s connection%s lack%s bytes that the other side acknowledged: the capture missed them.", a.number, a.s,
             gaps == 1 ? "s" : "");
    }
    if (one_way != 0 && !has_finding(t, "cap-one-way")) {
        a = amount(one_way);
        tell(t, "%s connection%s %s captured in one direction only.", a.number, a.s, a.were);
    }
    if (midstream != 0 && !has_finding(t, "cap-midstream")) {
        a = amount(midstream);
        tell(t, "%s connection%s %s open before the capture began: what came first is unknown.", a.number, a.s, a.were);
    }
    if (tls != 0 && !has_finding(t, "cap-encrypted")) {
        bool several;
        const char *why = scs_why_shut(m, &several);
        a = amount(tls);
        tell(t, "%s TLS connection%s %s not opened: %s%s.", a.number, a.s, a.were, why,
             several ? " (and for other reasons)" : "");
    }
}

/* ---- messages ------------------------------------------------------------------------------------ */

static void tell_envelopes(const struct teller *t)
{
    const struct scs_model *m = t->ctx->model;
    uint64_t closed = 0;
    const char *why = NULL;
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_pki_message *q = m->exchanges[i]->scep_request;
        if (q != NULL && q->envelope != NULL && !q->envelope->opened) {
            closed++;
            why = why == NULL ? q->envelope->why_not : why;
        }
        scs_model_rest(m, i);
    }
    struct amount a = amount(closed);
    if (closed != 0 && m->num_keys == 0) {
        tell(t, "%s request%s %s encrypted to the RA and no key was given (-k): subjects and challenges inside are unknown.",
             a.number, a.s, closed == 1 ? "is" : "are");
    } else if (closed != 0) {
        tell(t, "%s request%s stayed shut although keys were given: %s.", a.number, a.s,
             scs_redact_payload(t->ctx->redactor, why != NULL ? why : "for no known reason"));
    }
}

static void tell_keys(const struct teller *t)
{
    const struct scs_model *m = t->ctx->model;
    for (uint32_t i = 0; i < m->num_keys; i++) {
        if (m->keys[i].num_opened == 0) {
            tell(t, "The key in %s opened nothing here: it may belong to another server or device.",
                 scs_redact_payload(t->ctx->redactor, m->keys[i].path));
        }
    }
}

/* NDES asks its policy module on the same host; those packets never reach a network card. */
static void tell_policy_hop(const struct teller *t)
{
    const struct scs_model *m = t->ctx->model;
    bool ndes = false, asked = false;
    for (uint32_t i = 0; i < m->num_servers; i++) {
        ndes = ndes || m->servers[i]->is_ndes;
    }
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        if (x->path_kind == SCS_PATH_CRP) {
            return;
        }
        asked = asked || (x->operation == SCS_OP_PKI_OPERATION && !x->probe);
        scs_model_rest(m, i);
    }
    if (ndes && asked && !m->capture->has_loopback && !has_finding(t, "cap-no-loopback")) {
        tell(t, "A call from NDES to its policy module runs over loopback, which was not captured: capture it too (-i lo, Npcap "
                "loopback).");
    }
}

/* ---- limits -------------------------------------------------------------------------------------- */

static void tell_limit(const struct teller *t, uint64_t n, const char *one, const char *many)
{
    if (n != 0) {
        struct amount a = amount(n);
        tell(t, "%s %s %s left out: a limit that keeps memory bounded was reached.", a.number, n == 1 ? one : many, a.were);
    }
}

static void tell_limits(const struct teller *t)
{
    const struct scs_limits_hit *hit = &t->ctx->model->capture->limits;
    tell_limit(t, hit->tuples_forgotten, "idle address pair", "idle address pairs");
    tell_limit(t, hit->connections_dropped, "connection", "connections");
    tell_limit(t, hit->attempts_dropped, "connection attempt", "connection attempts");
    tell_limit(t, hit->datagrams_dropped, "fragmented datagram", "fragmented datagrams");
    tell_limit(t, hit->out_of_order_dropped, "out-of-order segment", "out-of-order segments");
    tell_limit(t, hit->bodies_cut, "end of a long body", "ends of long bodies");
    tell_limit(t, hit->heads_cut, "end of a long header", "ends of long headers");
    tell_limit(t, hit->pipelined_dropped, "pipelined request", "pipelined requests");
    tell_limit(t, hit->exchanges_dropped, "exchange", "exchanges");
    tell_limit(t, hit->servers_dropped, "server", "servers");
    tell_limit(t, hit->tls_waits_dropped, "wait for TLS secrets", "waits for TLS secrets");
    tell_limit(t, hit->lookups_dropped, "DNS look-up", "DNS look-ups");
    tell_limit(t, hit->revocations_dropped, "fetch of a revocation list", "fetches of revocation lists");
    tell_limit(t, hit->ca_calls_dropped, "call to the CA or the domain", "calls to the CA or the domain");
    tell_limit(t, hit->neighbours_dropped, "connection to a resolver or CA", "connections to resolvers or CAs");
    tell_limit(t, t->ctx->model->findings_dropped, "finding", "findings");
}

static void tell_departed(const struct teller *t)
{
    const struct scs_departed *d = t->ctx->model->departed;
    if (d == NULL || d->exchanges == 0) {
        return;
    }
    uint64_t healthy =
        d->by_outcome[SCS_OUTCOME_OK] + d->by_outcome[SCS_OUTCOME_HEALTHY_PAGE] + d->by_outcome[SCS_OUTCOME_PENDING];
    struct amount a = amount(d->exchanges);
    if (healthy == d->exchanges) {
        tell(t, "%s older exchange%s left memory (--memory %u): %s. They still count.", a.number, a.s, d->memory_mib,
             d->exchanges == 1 ? "a healthy one" : "all of them healthy");
    } else {
        struct amount rest = amount(d->exchanges - healthy);
        tell(t, "%s older exchange%s left memory (--memory %u), %s of which did not go well. They still count.", a.number, a.s,
             d->memory_mib, rest.number);
    }
}

void scs_unseen(const struct scs_report_context *ctx, scs_unseen_say *say, void *arg)
{
    struct teller t = {.ctx = ctx, .say = say, .arg = arg};
    tell_files(&t, ctx->model->capture);
    tell_packets(&t, ctx->model->capture);
    tell_connections(&t);
    tell_policy_hop(&t);
    tell_envelopes(&t);
    tell_keys(&t);
    tell_limits(&t);
    tell_departed(&t);
}

static void say_note(const struct teller *t, const struct scs_finding *f)
{
    const struct scs_finding_text *text = scs_text_find(t->ctx->lang, f->id);
    struct scs_fact facts[SCS_MAX_FINDING_FACTS];
    struct scs_buf b;
    if (text == NULL) {
        return;
    }
    uint32_t num = scs_finding_facts(f, t->ctx->redactor, facts);
    scs_buf_init(&b, SCS_MAX_FINDING_TEXT);
    size_t len = strlen(text->title);
    scs_buf_printf(&b, "%s%s ", text->title, len != 0 && text->title[len - 1] == '.' ? "" : ".");
    if (text->meaning != NULL) {
        scs_text_format(text->meaning, facts, num, &b);
    }
    scs_buf_printf(&b, " (%s)", f->id);
    t->say(t->arg, scs_buf_cstr(&b));
    scs_buf_cleanup(&b);
}

void scs_unseen_notes(const struct scs_report_context *ctx, scs_unseen_say *say, void *arg)
{
    struct teller t = {.ctx = ctx, .say = say, .arg = arg};
    for (uint32_t i = 0; i < ctx->model->num_findings; i++) {
        if (scs_finding_tells_blind_spot(ctx->model->findings[i])) {
            say_note(&t, ctx->model->findings[i]);
        }
    }
}
