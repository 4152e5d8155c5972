/* SPDX-License-Identifier: Apache-2.0 */
/* DNS-*: names that were not found. IPv4 look-ups speak for both families: a missing AAAA record alone hurts nobody. */
#include <string.h>

#include "base/text.h"
#include "diagnose/hostname.h"
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/rules.h"

#define TIMEOUT (5 * SCS_SECOND)
#define SHORT_TIMEOUT                                                                                                            \
    (3 * SCS_SECOND)       /* ... when the question was asked a third time after it: nobody repeats an answered one              \
                            */
#define MOST_UNDER_WAY 64u /* exchanges looked back at for one that waits */

/* ---- facts and conditions all of them share --------------------------------------------------------- */

static void say_lookup(struct scs_verdict *v, const struct scs_lookup *l)
{
    char text[SCS_ENDPOINT_TEXT];
    for (uint32_t i = 0; i < l->queries && i < sizeof l->query_frames / sizeof l->query_frames[0]; i++) {
        scs_say_frame(v, l->query_frames[i]);
    }
    if (l->answer_frame != 0) {
        scs_say_frame(v, l->answer_frame);
    }
    scs_fact_text(v, "host", "%s", l->name);
    scs_fact_text(v, "client", "%s", scs_addr_text(&l->client, text));
    scs_fact_text(v, "resolver", "%s", scs_addr_text(&l->resolver, text));
    scs_fact_number(v, "queries", l->queries);
    scs_set_group(v, "%s", l->name);
}

static bool client_enrols(const struct scs_model *m, const struct scs_addr *client)
{
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        if (m->enrolments[i]->num_exchanges != 0 && scs_addr_equal(&m->enrolments[i]->client, client)) {
            return true;
        }
    }
    return false;
}

/* A resolver appends its search suffixes to a name that was not found; the name itself is what failed. */
static bool is_suffix_tried(const struct scs_model *m, const struct scs_lookup *l)
{
    for (uint32_t i = 0; i < m->num_lookups; i++) {
        const struct scs_lookup *other = m->lookups[i];
        size_t len = strlen(other->name);
        if (other->outcome == SCS_LOOKUP_NO_NAME && strncmp(l->name, other->name, len) == 0 && l->name[len] == '.' &&
            strchr(other->name, '.') != NULL && scs_addr_equal(&other->client, &l->client)) {
            return true;
        }
    }
    return false;
}

/* Whether a failed look-up is of a SCEP server's name, with the doubt there is put into the verdict. */
static bool matters(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    if (l->type != SCS_DNS_A || l->recovered || l->exchange != 0 || is_suffix_tried(m, l)) {
        return false;
    }
    if ((l->concern & SCS_LOOKUP_HOST) != 0) {
        return true;
    }
    if ((l->concern & SCS_LOOKUP_LIKE_SCEP) == 0 || client_enrols(m, &l->client)) {
        return false;
    }
    scs_set_confidence(v, (l->concern & SCS_LOOKUP_APP_PROXY) != 0 ? SCS_LIKELY : SCS_POSSIBLE);
    return true;
}

/* Asked again without an answer, for so long that clients give up; and the answer would have been seen. */
static bool is_timeout(const struct scs_judge *j, const struct scs_lookup *l)
{
    int64_t asked_for = l->last_ns - l->first_ns;
    return l->outcome == SCS_LOOKUP_UNANSWERED && l->queries >= 2 && scs_judge_tally(j)->one_way == 0 &&
           (scs_capture_watched(j, l->first_ns, TIMEOUT) || (l->queries >= 3 && asked_for >= SHORT_TIMEOUT));
}

static const char *rcode_name(uint8_t rcode)
{
    static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
    return rcode < sizeof names / sizeof names[0] ? names[rcode] : "another error";
}

/* ---- the SCEP server's name --------------------------------------------------------------------------- */

static bool nxdomain(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v)
{
    if (l->outcome != SCS_LOOKUP_NO_NAME || !matters(j, l, v)) {
        return false;
    }
    say_lookup(v, l);
    if (l->num_aliases != 0) {
        scs_fact_text(v, "alias_host", "%s", l->aliases[l->num_aliases - 1]);
    }
    return true;
}

/* The capture shows Entra application proxy in use, and this name, which is none of its, does not exist. */
static bool wrong_url(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    const struct scs_lookup *published = NULL;
    if ((l->concern & SCS_LOOKUP_APP_PROXY) != 0 || l->num_aliases != 0) {
        return false;
    }
    for (uint32_t i = 0; i < m->num_lookups && published == NULL; i++) {
        bool found = m->lookups[i]->outcome == SCS_LOOKUP_ANSWERED && (m->lookups[i]->concern & SCS_LOOKUP_APP_PROXY) != 0;
        published = found ? m->lookups[i] : NULL;
    }
    if (published == NULL || !nxdomain(j, l, v)) {
        return false;
    }
    scs_fact_text(v, "published_host", "%s", published->name);
    return true;
}

static bool servfail(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v)
{
    if (l->outcome != SCS_LOOKUP_FAILED || !matters(j, l, v)) {
        return false;
    }
    say_lookup(v, l);
    scs_fact_text(v, "rcode", "%s", rcode_name(l->rcode));
    return true;
}

static bool timeout(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v)
{
    if (!is_timeout(j, l) || !matters(j, l, v)) {
        return false;
    }
    if (scs_judge_model(j)->capture->dropped != 0) {
        scs_set_confidence(v, SCS_POSSIBLE);
    }
    say_lookup(v, l);
    scs_fact_number(v, "waited_s", (l->last_ns - l->first_ns) / SCS_SECOND);
    return true;
}

/* Some look-up of the name, whoever asked, gave this address. */
static bool is_known_answer(const struct scs_model *m, const char *name, const struct scs_addr *addr)
{
    for (uint32_t i = 0; i < m->num_lookups; i++) {
        const struct scs_lookup *l = m->lookups[i];
        for (uint32_t k = 0; k < l->num_addrs && strcmp(l->name, name) == 0; k++) {
            if (scs_addr_equal(&l->addrs[k], addr)) {
                return true;
            }
        }
    }
    return false;
}

/* Names with aliases, and those with more addresses than are kept, belong to farms that answer as they like. */
static bool mismatch(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    const struct scs_exchange *x = scs_model_exchange(m, l->exchange);
    char text[SCS_ENDPOINT_TEXT];
    if (x == NULL || l->outcome != SCS_LOOKUP_ANSWERED || l->num_aliases != 0 || l->num_addrs == 0 ||
        l->num_addrs == SCS_MAX_LOOKUP_ADDRS) {
        return false;
    }
    const struct scs_addr *server = &x->connection->server.addr;
    if (l->addrs[0].family != server->family || is_known_answer(m, l->name, server)) {
        return false;
    }
    say_lookup(v, l);
    scs_say_frame(v, x->first_frame);
    scs_fact_text(v, "address", "%s", scs_addr_text(&l->addrs[0], text));
    scs_fact_text(v, "server", "%s", scs_endpoint_text(&x->connection->server, text));
    return true;
}

/* ---- what the SCEP server itself looks for --------------------------------------------------------------- */

/* Service records by which Windows finds domain controllers. */
static bool is_directory(const char *name)
{
    return scs_text_starts_nocase(name, "_ldap.") || scs_text_starts_nocase(name, "_kerberos.") ||
           scs_text_starts_nocase(name, "_gc.") || scs_text_contains_nocase(name, "._msdcs.");
}

/* A PKIOperation that waited at this server when it asked; NULL. Exchanges stand in order of their start. */
static const struct scs_exchange *waiting(const struct scs_model *m, const struct scs_lookup *l)
{
    uint32_t low = 0, high = m->num_exchanges;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (m->exchanges[mid]->started_ns <= l->first_ns) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (uint32_t back = 0; low > 0 && back < MOST_UNDER_WAY; back++) {
        const struct scs_exchange *x = m->exchanges[--low];
        int64_t end = x->duration_ns != SCS_NO_TIME ? x->started_ns + x->duration_ns : x->connection->last_ns;
        if (x->operation == SCS_OP_PKI_OPERATION && scs_addr_equal(&x->connection->server.addr, &l->client) &&
            end >= l->first_ns) {
            return x;
        }
    }
    return NULL;
}

static bool ca_fail(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v)
{
    bool ours = (l->concern & (SCS_LOOKUP_HOST | SCS_LOOKUP_LIKE_SCEP)) != 0;
    bool lost = l->outcome == SCS_LOOKUP_NO_NAME || l->outcome == SCS_LOOKUP_FAILED || is_timeout(j, l);
    if ((l->concern & SCS_LOOKUP_BY_SERVER) == 0 || (l->concern & SCS_LOOKUP_BACK_GROUND) != 0 || ours || !lost || l->recovered ||
        (l->type != SCS_DNS_A && l->type != SCS_DNS_SRV) || is_suffix_tried(scs_judge_model(j), l)) {
        return false;
    }
    const struct scs_exchange *x = waiting(scs_judge_model(j), l);
    if (x != NULL && (x->outcome == SCS_OUTCOME_OK || scs_exchange_answer_unseen(x))) {
        return false;
    }
    if (x == NULL && !is_directory(l->name)) {
        if (!scs_hostname_is_authority(l->name)) {
            return false;
        }
        scs_set_severity(v, SCS_SEV_WARNING);
        scs_set_confidence(v, SCS_POSSIBLE);
    }
    say_lookup(v, l);
    if (x != NULL) {
        scs_say_exchange(v, x);
        scs_claim(v, x);
    }
    scs_fact_text(v, "rcode", "%s", l->outcome == SCS_LOOKUP_UNANSWERED ? "no answer" : rcode_name(l->rcode));
    return true;
}

#define LOOKUP(id, level, sure, function)                                                                                        \
    {                                                                                                                            \
        id, SCS_SEV_##level, SCS_##sure, SCS_DEPTH_DNS, SCS_SCOPE_LOOKUP, true,                                                  \
        {                                                                                                                        \
            .lookup = function                                                                                                   \
        }                                                                                                                        \
    }

const struct scs_rule scs_rules_dns[] = {
    LOOKUP("dns-appproxy-wrong-url", ERROR, LIKELY, wrong_url),
    LOOKUP("dns-nxdomain", ERROR, CERTAIN, nxdomain),
    LOOKUP("dns-servfail", WARNING, LIKELY, servfail),
    LOOKUP("dns-timeout", WARNING, LIKELY, timeout),
    LOOKUP("dns-mismatch", INFO, LIKELY, mismatch),
    LOOKUP("dns-ca-fail", ERROR, LIKELY, ca_fail),
};
const size_t scs_num_rules_dns = sizeof scs_rules_dns / sizeof scs_rules_dns[0];
