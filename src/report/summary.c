/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict and the numbers beside it, the same for every format and for the exit status. */
#include <string.h>

#include "report/pattern_text.h"
#include "report/verdict.h"

static void count_enrolments(const struct scs_model *m, struct scs_summary *out)
{
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (e->probe) {
            continue;
        }
        out->enrolments++;
        switch ((enum scs_enrolment_outcome)e->outcome) {
        case SCS_ENROLMENT_SUCCEEDED:
            out->succeeded++;
            break;
        case SCS_ENROLMENT_FAILED:
        case SCS_ENROLMENT_BLOCKED: /* the device did not get its certificate, whoever is at fault */
            out->failed++;
            break;
        case SCS_ENROLMENT_PENDING:
            out->pending++;
            break;
        case SCS_ENROLMENT_INCOMPLETE:
            out->incomplete++;
            break;
        }
    }
}

static bool has_finding(const struct scs_model *m, const char *id)
{
    for (uint32_t i = 0; i < m->num_findings; i++) {
        if (strcmp(m->findings[i]->id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* What left memory in a long run counts as if it were still there. A finding of which some is still there counts once. */
static void count_departed(const struct scs_model *m, struct scs_summary *out)
{
    const struct scs_departed *d = m->departed;
    const uint64_t *left = d->enrolments;
    out->exchanges += (uint32_t)d->exchanges;
    out->succeeded += (uint32_t)left[SCS_ENROLMENT_SUCCEEDED];
    out->failed += (uint32_t)(left[SCS_ENROLMENT_FAILED] + left[SCS_ENROLMENT_BLOCKED]);
    out->pending += (uint32_t)left[SCS_ENROLMENT_PENDING];
    out->incomplete += (uint32_t)left[SCS_ENROLMENT_INCOMPLETE];
    for (uint32_t i = 0; i < sizeof d->enrolments / sizeof *d->enrolments; i++) {
        out->enrolments += (uint32_t)left[i];
    }
    for (uint32_t i = 0; i < d->num_findings; i++) {
        out->findings[d->findings[i].severity] += !has_finding(m, d->findings[i].id);
    }
}

struct connections_seen {
    uint32_t tls_named; /* TLS to a server that --server named */
    uint32_t tls;       /* TLS that may carry SCEP: to the named servers, or to any when none is named */
    uint32_t attempts;  /* blocked or refused */
    bool holes;         /* bytes that crossed the network are not in the capture, or one direction is not */
};

bool scs_connection_is_shut(const struct scs_connection *c)
{
    return (c->flags & SCS_CONN_TLS) != 0 && (c->tls == NULL || (c->tls->flags & SCS_TLS_DECRYPTED) == 0);
}

static bool names_a_server(const struct scs_model *m)
{
    for (uint32_t i = 0; i < m->num_servers; i++) {
        if (m->servers[i]->named) {
            return true;
        }
    }
    return false;
}

static bool has_hole(const struct scs_half *h)
{
    return h->missing_bytes != 0 || h->cut_bytes != 0;
}

static struct connections_seen count_connections(const struct scs_model *m)
{
    struct connections_seen seen = {0};
    uint32_t tls = m->capture->tls_connections != 0;
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        if (scs_connection_is_shut(c)) {
            tls++;
            seen.tls_named += (c->flags & SCS_CONN_NAMED_SERVER) != 0;
        }
        bool attempt = c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED;
        seen.holes = seen.holes || has_hole(&c->half[SCS_TO_SERVER]) || has_hole(&c->half[SCS_TO_CLIENT]) ||
                     ((c->flags & SCS_CONN_ONE_WAY) != 0 && !attempt);
        seen.attempts += attempt;
        scs_model_rest(m, i);
    }
    seen.tls = names_a_server(m) ? seen.tls_named : tls;
    return seen;
}

static bool capture_is_whole(const struct scs_capture_facts *capture)
{
    for (uint32_t i = 0; i < capture->num_files; i++) {
        if (!capture->files[i].complete) {
            return false;
        }
    }
    return !(capture->has_drop_count && capture->dropped != 0);
}

static enum scs_verdict_word verdict(const struct scs_summary *s, const struct connections_seen *seen)
{
    if (s->findings[SCS_SEV_ERROR] != 0 || s->failed != 0) {
        return SCS_VERDICT_PROBLEMS;
    }
    if (s->exchanges == 0 && seen->tls != 0) {
        return SCS_VERDICT_BLIND;
    }
    if (s->exchanges == 0 && s->enrolments == 0 && seen->attempts == 0) {
        return SCS_VERDICT_NOTHING;
    }
    return SCS_VERDICT_OK;
}

void scs_summarize(const struct scs_model *m, struct scs_summary *out)
{
    struct connections_seen seen = count_connections(m);
    *out = (struct scs_summary){.exchanges = m->num_exchanges};
    count_enrolments(m, out);
    for (uint32_t i = 0; i < m->num_findings; i++) {
        out->findings[m->findings[i]->severity]++;
    }
    if (m->departed != NULL) {
        count_departed(m, out);
    }
    const struct scs_pattern *time = scs_pattern_main(m, SCS_PATTERN_TIME);
    out->since_ns = time != NULL && time->to_ns == SCS_NO_TIME && time->good_before.num != 0 ? time->from_ns : SCS_NO_TIME;
    out->verdict = verdict(out, &seen);
    /* Packets that were cut before any SCEP was recognised may have held some. */
    bool unrecognised = out->exchanges == 0 && m->capture->cut_packets != 0;
    out->evidence_incomplete =
        !capture_is_whole(m->capture) || seen.holes || unrecognised || seen.tls_named != 0 || out->verdict == SCS_VERDICT_BLIND;
}

int scs_exit_status(const struct scs_report_context *ctx)
{
    struct scs_summary s;
    scs_summarize(ctx->model, &s);
    for (int level = (int)ctx->fail_on; level <= (int)SCS_SEV_ERROR && !ctx->fail_never; level++) {
        if (s.findings[level] != 0) {
            return 1;
        }
    }
    return s.evidence_incomplete ? 3 : 0;
}
