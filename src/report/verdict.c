/* SPDX-License-Identifier: Apache-2.0 */
#include "report/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "report/finding.h"
#include "report/layout.h"
#include "report/pattern_text.h"

/* An upload of this many bytes is a request, not a handshake: a PKIOperation has 2 KB and more. */
#define REQUEST_SIZED 2048u

const char *scs_verdict_name(enum scs_verdict_word verdict)
{
    static const char *const words[] = {[SCS_VERDICT_OK] = "ok",
                                        [SCS_VERDICT_PROBLEMS] = "problems",
                                        [SCS_VERDICT_BLIND] = "blind",
                                        [SCS_VERDICT_NOTHING] = "nothing"};
    return words[verdict];
}

static void number(struct scs_buf *out, uint64_t n)
{
    char text[SCS_NUMBER_TEXT];
    scs_buf_text(out, scs_number_text(n, text));
}

/* "1 enrolment", "12 enrolments". */
static void amount(struct scs_buf *out, uint64_t n, const char *thing)
{
    number(out, n);
    scs_buf_printf(out, " %s%s", thing, n == 1 ? "" : "s");
}

/* The title of the first finding of this level, as a sentence; false when there is none. */
static bool first_title(const struct scs_report_context *ctx, enum scs_severity severity, struct scs_buf *out)
{
    for (uint32_t i = 0; i < ctx->model->num_findings; i++) {
        const struct scs_finding *f = ctx->model->findings[i];
        const struct scs_finding_text *t = f->severity == severity ? scs_text_find(ctx->lang, f->id) : NULL;
        if (t != NULL && t->title != NULL) {
            size_t len = strlen(t->title);
            scs_buf_printf(out, " %s%s", t->title, len != 0 && t->title[len - 1] == '.' ? "" : ".");
            return true;
        }
    }
    return false;
}

static bool failed(const struct scs_enrolment *e)
{
    return !e->probe && (e->outcome == SCS_ENROLMENT_FAILED || e->outcome == SCS_ENROLMENT_BLOCKED);
}

/* ---- problems ------------------------------------------------------------------------------------ */

/* ", between 09:15:07 and 09:22:51": when those enrolments ended badly. */
static void when(const struct scs_report_context *ctx, struct scs_buf *out)
{
    const struct scs_model *m = ctx->model;
    int64_t first = SCS_NO_TIME, last = SCS_NO_TIME;
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (failed(e) && e->started_ns != SCS_NO_TIME) {
            first = first == SCS_NO_TIME || e->started_ns < first ? e->started_ns : first;
            last = last == SCS_NO_TIME || e->started_ns > last ? e->started_ns : last;
        }
    }
    bool with_day = scs_capture_spans_days(m->capture);
    char from[SCS_MOMENT_TEXT], to[SCS_MOMENT_TEXT];
    if (first != SCS_NO_TIME) {
        scs_moment_text(first, with_day, from);
        scs_moment_text(last, with_day, to);
        scs_buf_printf(out, strcmp(from, to) == 0 ? ", at %s" : ", between %s and %s", from, to);
    }
}

/* ": that of 10.5.14.22 (Apple) at 09:15:07". */
static void which_one(const struct scs_report_context *ctx, struct scs_buf *out)
{
    const struct scs_model *m = ctx->model;
    char at[SCS_MOMENT_TEXT];
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (!failed(e)) {
            continue;
        }
        scs_buf_printf(out, ": that of %s", scs_redact_addr(ctx->redactor, &e->client));
        if (scs_device_word(e->platform) != NULL) {
            scs_buf_printf(out, " (%s)", scs_device_word(e->platform));
        }
        scs_buf_printf(out, " at %s", scs_moment_text(e->started_ns, scs_capture_spans_days(m->capture), at));
        return;
    }
}

/* The platform of everything that failed, as a word; NULL when there are several or one is not known. */
static const char *failed_platform(const struct scs_model *m)
{
    const struct scs_enrolment *first = NULL;
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (failed(e) && first != NULL && e->platform != first->platform) {
            return NULL;
        }
        first = failed(e) && first == NULL ? e : first;
    }
    return first != NULL ? scs_device_word(first->platform) : NULL;
}

/* What parts failures from successes: when, then who, then how. One of each is enough to read. */
static void patterns(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out)
{
    static const enum scs_pattern_kind kinds[3][4] = {
        {SCS_PATTERN_TIME, SCS_PATTERN_TIME, SCS_PATTERN_TIME, SCS_PATTERN_TIME},
        {SCS_PATTERN_SERVER, SCS_PATTERN_CLIENT, SCS_PATTERN_PLATFORM, SCS_PATTERN_NETWORK},
        {SCS_PATTERN_RECIPIENT, SCS_PATTERN_TRANSPORT, SCS_PATTERN_HOST, SCS_PATTERN_PROXY},
    };
    bool said_who = false;
    for (size_t i = 0; i < 3; i++) {
        const struct scs_pattern *p = NULL;
        for (size_t k = 0; k < 4 && p == NULL; k++) {
            p = scs_pattern_main(ctx->model, kinds[i][k]);
        }
        if (p != NULL) {
            scs_buf_byte(out, ' ');
            scs_pattern_sentence(ctx, p, out);
        }
        said_who = said_who || (i == 1 && p != NULL);
    }
    const char *word = said_who || s->failed < 2 || s->failed == s->enrolments ? NULL : failed_platform(ctx->model);
    if (word != NULL) {
        scs_buf_printf(out, " %s are %s devices.", s->failed == 2 ? "Both" : "All", word);
    }
}

static void how_many(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out)
{
    if (s->failed == 0 && s->succeeded != 0) {
        amount(out, s->succeeded, "enrolment");
        scs_buf_text(out, " succeeded, but something is wrong.");
        return;
    }
    if (s->failed == 0) {
        scs_buf_text(out, "No enrolment was seen to its end.");
        return;
    }
    if (s->enrolments == 1) {
        scs_buf_text(out, "The only enrolment failed.");
        return;
    }
    if (s->failed == s->enrolments) {
        scs_buf_text(out, "All ");
        amount(out, s->failed, "enrolment");
        scs_buf_text(out, " failed");
    } else {
        number(out, s->failed);
        scs_buf_text(out, " of ");
        amount(out, s->enrolments, "enrolment");
        scs_buf_text(out, " failed");
    }
    if (s->failed == 1) {
        which_one(ctx, out);
    } else if (scs_pattern_main(ctx->model, SCS_PATTERN_TIME) == NULL) {
        when(ctx, out);
    }
    scs_buf_byte(out, '.');
}

static void problems(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out)
{
    how_many(ctx, s, out);
    if (!first_title(ctx, SCS_SEV_ERROR, out)) {
        first_title(ctx, SCS_SEV_WARNING, out);
    }
    patterns(ctx, s, out);
}

/* ---- ok ------------------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Median duration of the enrolments that succeeded; SCS_NO_TIME when none has one. */
static int64_t median(const struct scs_model *m)
{
    int64_t *values = scs_xcalloc((size_t)m->num_enrolments + 1, sizeof *values), result = SCS_NO_TIME;
    size_t num = 0;
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (!e->probe && e->outcome == SCS_ENROLMENT_SUCCEEDED && e->started_ns != SCS_NO_TIME && e->ended_ns != SCS_NO_TIME) {
            values[num++] = e->ended_ns - e->started_ns;
        }
    }
    if (num != 0) {
        qsort(values, num, sizeof *values, by_value);
        result = values[num / 2];
    }
    free(values);
    return result;
}

/* "3 of 5 enrolments succeeded (median 1.2 s), 1 waits for approval, 1 was not seen to the end." */
static void enrolments_ok(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out)
{
    char text[SCS_NUMBER_TEXT];
    if (s->incomplete == s->enrolments && s->enrolments == 1) {
        scs_buf_text(out, "The only enrolment was not seen to its end.");
        return;
    }
    if (s->incomplete == s->enrolments) {
        scs_buf_text(out, "None of the ");
        amount(out, s->enrolments, "enrolment");
        scs_buf_text(out, " was seen to its end.");
        return;
    }
    if (s->enrolments == 1) {
        scs_buf_text(out, s->succeeded == 1 ? "The only enrolment succeeded" : "The only enrolment did not end");
    } else {
        number(out, s->succeeded);
        scs_buf_text(out, " of ");
        amount(out, s->enrolments, "enrolment");
        scs_buf_text(out, " succeeded");
    }
    int64_t typical = median(ctx->model);
    if (typical != SCS_NO_TIME) {
        scs_buf_printf(out, s->succeeded == 1 ? " (%s)" : " (median %s)", scs_duration_text(typical, text));
    }
    if (s->pending != 0) {
        scs_buf_printf(out, ", %u wait%s for approval", s->pending, s->pending == 1 ? "s" : "");
    }
    if (s->incomplete != 0) {
        scs_buf_printf(out, ", %u %s not seen to the end", s->incomplete, s->incomplete == 1 ? "was" : "were");
    }
    scs_buf_text(out, ".");
}

static void ok(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out)
{
    if (s->enrolments != 0) {
        enrolments_ok(ctx, s, out);
    } else if (s->exchanges != 0) {
        amount(out, s->exchanges, "SCEP exchange");
        scs_buf_text(out, ", no enrolment among them.");
    } else {
        scs_buf_text(out, "No SCEP was seen, only connection attempts without an answer.");
    }
    if (s->findings[SCS_SEV_WARNING] != 0) {
        first_title(ctx, SCS_SEV_WARNING, out);
    } else if (s->exchanges != 0 && s->succeeded == s->enrolments) {
        scs_buf_text(out, " Nothing to report.");
    }
}

/* ---- blind and nothing --------------------------------------------------------------------------- */

static const char *sni_of(const struct scs_connection *c)
{
    return c->tls != NULL ? c->tls->sni : NULL;
}

const char *scs_why_shut(const struct scs_model *m, bool *several)
{
    const char *why = NULL;
    *several = false;
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        scs_model_rest(m, i);
        if (!scs_connection_is_shut(c) || c->tls == NULL || c->tls->why_not == NULL) {
            continue;
        }
        *several = *several || (why != NULL && !scs_text_equal(why, c->tls->why_not));
        why = why != NULL ? why : c->tls->why_not;
    }
    return why != NULL ? why : "no key was given";
}

/* The one server all TLS connections go to, by name or address; NULL when there are several. */
static const char *tls_server(const struct scs_report_context *ctx)
{
    const struct scs_connection *first = NULL;
    for (uint32_t i = 0; i < ctx->model->num_connections; i++) {
        const struct scs_connection *c = ctx->model->connections[i];
        if (!scs_connection_is_shut(c)) {
            continue;
        }
        if (first == NULL) {
            first = c;
        } else if (!scs_endpoint_equal(&c->server, &first->server) || !scs_text_equal(sni_of(c), sni_of(first))) {
            return NULL;
        }
    }
    if (first == NULL) {
        return NULL;
    }
    return sni_of(first) != NULL ? scs_redact_host(ctx->redactor, sni_of(first))
                                 : scs_redact_endpoint(ctx->redactor, &first->server);
}

/* Of unknown servers the model has a few examples only; the capture's own count has them all. */
static uint64_t count_tls(const struct scs_model *m)
{
    uint64_t n = 0;
    bool named = false;
    for (uint32_t i = 0; i < m->num_connections; i++) {
        n += scs_connection_is_shut(m->connections[i]);
        named = named || (m->connections[i]->flags & SCS_CONN_NAMED_SERVER) != 0;
        scs_model_rest(m, i);
    }
    return named || n > m->capture->tls_connections ? n : m->capture->tls_connections;
}

static void blind(const struct scs_report_context *ctx, struct scs_buf *out)
{
    uint64_t n = count_tls(ctx->model);
    const char *server = tls_server(ctx);
    amount(out, n, "TLS connection");
    if (server != NULL) {
        scs_buf_printf(out, " to %s", server);
    } else if (ctx->model->capture->tls_example != NULL) {
        scs_buf_printf(out, ", as to %s,", scs_redact_text(ctx->redactor, ctx->model->capture->tls_example));
    }
    bool several;
    const char *why = scs_why_shut(ctx->model, &several);
    scs_buf_printf(out, " %s opened: %s%s.", n == 1 ? "was seen and could not be" : "were seen and none could be", why,
                   several ? " (and for other reasons)" : "");
}

static void nothing(const struct scs_report_context *ctx, struct scs_buf *out)
{
    const struct scs_capture_facts *capture = ctx->model->capture;
    if (capture->packets == 0) {
        scs_buf_text(out, "The capture holds no packets.");
        return;
    }
    scs_buf_text(out, "No SCEP was seen in ");
    amount(out, capture->packets, "packet");
    scs_buf_text(out, " (");
    number(out, capture->tcp_packets);
    scs_buf_text(out, " of TCP).");
    if (capture->tls_connections != 0 && capture->tls_example != NULL) {
        scs_buf_printf(out, " TLS was seen, as to %s: if that is the NDES server, name its address with --server.",
                       scs_redact_text(ctx->redactor, capture->tls_example));
    }
}

void scs_verdict_sentence(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out)
{
    switch (s->verdict) {
    case SCS_VERDICT_PROBLEMS:
        problems(ctx, s, out);
        break;
    case SCS_VERDICT_BLIND:
        blind(ctx, out);
        break;
    case SCS_VERDICT_NOTHING:
        nothing(ctx, out);
        break;
    case SCS_VERDICT_OK:
        ok(ctx, s, out);
        break;
    }
}

void scs_verdict_advice(const struct scs_report_context *ctx, const struct scs_summary *s, struct scs_buf *out)
{
    uint64_t uploads = 0, reset = 0, seen = 0;
    if (s->verdict != SCS_VERDICT_BLIND) {
        return;
    }
    for (uint32_t i = 0; i < ctx->model->num_connections; i++) {
        const struct scs_connection *c = ctx->model->connections[i];
        if (scs_connection_is_shut(c)) {
            seen++;
            uploads += c->half[SCS_TO_SERVER].bytes >= REQUEST_SIZED;
            reset += c->state == SCS_CONN_RESET;
        }
    }
    if (seen != 0) {
        scs_buf_text(out, "Without a key: ");
        amount(out, uploads, "connection");
        scs_buf_text(out, " carried an upload of a request's size, ");
        number(out, reset);
        scs_buf_printf(out, " %s reset.\n", reset == 1 ? "was" : "were");
    }
    scs_buf_text(out, "To look inside: give a key log (-K), or capture where the traffic is plain HTTP, as behind a TLS proxy "
                      "on port 80 (scepscope --explain cap-encrypted).");
}
