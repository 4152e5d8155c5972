/* SPDX-License-Identifier: Apache-2.0 */
/* TLS-*: revocation lists and OCSP answers that a SCEP server asks for and cannot use. */
#include <string.h>

#include "base/text.h"
#include "diagnose/hostname.h"
#include "diagnose/predicates.h"
#include "diagnose/rules.h"

#define TRIES 3u

/* What stands behind the last slash of the path: the same list is published in several places. */
static void file_name(const char *target, const char **name, size_t *len)
{
    size_t path_len = strcspn(target, "?");
    size_t start = path_len;
    while (start > 0 && target[start - 1] != '/') {
        start--;
    }
    *name = target + start;
    *len = path_len - start;
}

static bool same_file(const struct scs_revocation *a, const struct scs_revocation *b)
{
    const char *name_a, *name_b;
    size_t len_a, len_b;
    file_name(a->request->target, &name_a, &len_a);
    file_name(b->request->target, &name_b, &len_b);
    return len_a == len_b && memcmp(name_a, name_b, len_a) == 0;
}

/* "CA+.crl" is the delta list of "CA.crl": without it clients make do with the base. */
static bool is_delta(const struct scs_revocation *r)
{
    return scs_text_contains_nocase(r->request->target, "+.crl") || scs_text_contains_nocase(r->request->target, "%2b.crl");
}

static bool has_failed(const struct scs_revocation *r)
{
    bool no_answer = r->answer != NULL && r->answer->status != 0;
    return no_answer || r->unanswered || (r->reply != NULL && r->reply->status >= 400);
}

static bool is_expired(const struct scs_judge *j, const struct scs_revocation *r)
{
    int64_t end = r->crl != NULL ? r->crl->next_update : r->answer != NULL ? r->answer->next_update : SCS_NO_TIME;
    return end != SCS_NO_TIME && end < scs_judge_true_time(j, r->started_ns);
}

/* The same server got the same file after all, here or elsewhere. */
static bool got_elsewhere(const struct scs_judge *j, const struct scs_revocation *r)
{
    const struct scs_model *m = scs_judge_model(j);
    for (uint32_t i = 0; i < m->num_revocations; i++) {
        const struct scs_revocation *other = m->revocations[i];
        if (other->reply != NULL && other->reply->status == 200 && !has_failed(other) && !is_expired(j, other) &&
            scs_addr_equal(&other->client, &r->client) && same_file(other, r)) {
            return true;
        }
    }
    return false;
}

static void say(struct scs_verdict *v, const struct scs_revocation *r)
{
    char text[SCS_ENDPOINT_TEXT];
    scs_say_frame(v, r->first_frame);
    scs_say_frame(v, r->last_frame);
    scs_set_moment(v, r->started_ns);
    scs_fact_text(v, "client", "%s", scs_addr_text(&r->client, text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&r->server, text));
    if (r->request->host != NULL) {
        scs_fact_text(v, "host", "%s", r->request->host);
    }
    scs_fact_text(v, "target", "%s", r->request->target);
}

/* 403.13 of the same host's registration point, from then on: "revoked, or the status is unknown". */
static void claim_refusals(const struct scs_model *m, const struct scs_revocation *r, struct scs_verdict *v)
{
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        if (x->path_kind == SCS_PATH_CRP && scs_exchange_status(x) == 403 && scs_reply_substatus(x->reply) == 13 &&
            scs_addr_equal(&x->connection->server.addr, &r->client) && x->reply->m.first_ns > r->started_ns) {
            scs_claim(v, x);
        }
        scs_model_rest(m, i);
    }
}

/* That host gave this client something after all. */
static bool has_served(const struct scs_model *m, const struct scs_connection *c)
{
    for (uint32_t i = 0; i < m->num_revocations; i++) {
        const struct scs_revocation *r = m->revocations[i];
        if (r->reply != NULL && scs_addr_equal(&r->client, &c->client.addr) && scs_addr_equal(&r->server.addr, &c->server.addr)) {
            return true;
        }
    }
    return false;
}

/* No connection came about to a host that is called as those with revocation lists are. */
static bool unreachable(const struct scs_model *m, struct scs_verdict *v)
{
    char text[SCS_ENDPOINT_TEXT];
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        scs_model_rest(m, i);
        bool in_vain = c->state == SCS_CONN_REFUSED || (c->state == SCS_CONN_BLOCKED && c->syn_tries >= TRIES);
        if ((c->flags & SCS_CONN_BY_SERVER) == 0 || c->server.port != 80 || !in_vain || !scs_hostname_is_authority(c->host) ||
            has_served(m, c)) {
            continue;
        }
        scs_set_confidence(v, SCS_POSSIBLE);
        scs_set_severity(v, SCS_SEV_WARNING);
        scs_set_moment(v, c->opened_ns);
        scs_say_connection(v, c);
        scs_say_frame(v, c->half[SCS_TO_CLIENT].rst_frame);
        scs_fact_text(v, "client", "%s", scs_addr_text(&c->client.addr, text));
        scs_fact_text(v, "server", "%s", scs_endpoint_text(&c->server, text));
        scs_fact_text(v, "host", "%s", c->host);
        scs_fact_number(v, "tries", c->syn_tries);
        return true;
    }
    return false;
}

static bool fetch_failed(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    for (uint32_t i = 0; i < m->num_revocations; i++) {
        const struct scs_revocation *r = m->revocations[i];
        if (!has_failed(r) || r->request->target == NULL || is_delta(r) || got_elsewhere(j, r)) {
            continue;
        }
        say(v, r);
        scs_fact_text(v, "what", "%s", r->ocsp ? "an OCSP answer" : "a revocation list");
        if (r->reply != NULL) {
            scs_fact_number(v, "status", r->reply->status);
        }
        if (r->answer != NULL && scs_ocsp_status_name(r->answer->status) != NULL) {
            scs_fact_text(v, "response_status", "%s", scs_ocsp_status_name(r->answer->status));
        }
        claim_refusals(m, r, v);
        return true;
    }
    return unreachable(m, v);
}

static bool crl_expired(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    char text[SCS_TIME_TEXT];
    for (uint32_t i = 0; i < m->num_revocations; i++) {
        const struct scs_revocation *r = m->revocations[i];
        if (!is_expired(j, r) || r->request->target == NULL || got_elsewhere(j, r)) {
            continue;
        }
        say(v, r);
        if (r->crl != NULL) {
            scs_fact_text(v, "issuer", "%s", r->crl->issuer);
        }
        scs_fact_text(v, "next_update", "%s",
                      scs_text_seconds(r->crl != NULL ? r->crl->next_update : r->answer->next_update, text));
        claim_refusals(m, r, v);
        return true;
    }
    return false;
}

#define CAPTURE(id, sure, function)                                                                                              \
    {                                                                                                                            \
        id, SCS_SEV_ERROR, SCS_##sure, SCS_DEPTH_TLS, SCS_SCOPE_CAPTURE, true,                                                   \
        {                                                                                                                        \
            .capture = function                                                                                                  \
        }                                                                                                                        \
    }

const struct scs_rule scs_rules_revocation[] = {
    CAPTURE("tls-ocsp-crl-fail", CERTAIN, fetch_failed),
    CAPTURE("tls-crl-expired", LIKELY, crl_expired),
};
const size_t scs_num_rules_revocation = sizeof scs_rules_revocation / sizeof scs_rules_revocation[0];
