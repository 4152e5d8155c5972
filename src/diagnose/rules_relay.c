/* SPDX-License-Identifier: Apache-2.0 */
/* What a proxy does to what passes through it: old copies, other URLs, silence, one address for many devices. */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include <string.h>

#include "base/text.h"

/* KB3011135: Web Application Proxy answers up to about here. */
#define WAP_LONGEST_URL 5100u
/* How many exchanges around one are compared with it. */
#define LOOK_AT 64u
/* Exchanges of one server that are counted for who is behind its clients' addresses. */
#define CROWD_LOOKED_AT 65536u

/* ---- caches ----------------------------------------------------------------------------------------- */

/* How long the answer was kept somewhere before it was given, in seconds; 0 when it does not say. RFC 9111 5.1. */
static int64_t age_of(const struct scs_http_reply *r)
{
    struct scs_cursor c = scs_cursor_of(r->cache, strlen(r->cache));
    uint64_t seconds = 0;

    if (!scs_text_starts_nocase(r->cache, "Age: ") || !scs_cursor_skip(&c, strlen("Age: ")) ||
        !scs_cursor_decimal(&c, INT32_MAX, &seconds)) {
        return 0;
    }
    return (int64_t)seconds;
}

static bool from_cache(const struct scs_http_reply *r)
{
    return r && r->cache && (scs_text_contains_nocase(r->cache, "hit") || age_of(r) > 0);
}

static const struct scs_cert_facts *encryption_certificate(const struct scs_exchange *x)
{
    for (uint32_t i = 0; x->ca_certs && i < x->ca_certs->num_certificates; i++) {
        const struct scs_cert_facts *c = x->ca_certs->certificates[i];
        if (c->role == SCS_ROLE_RA_ENCRYPTION || c->role == SCS_ROLE_RA_BOTH) {
            return c;
        }
    }
    return NULL;
}

/* The last answer of this server itself before `x`. */
static const struct scs_exchange *fresh_before(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_exchange *y = scs_judge_ca_certs_before(j, &x->connection->server, x->started_ns);

    for (uint32_t looked = 0; y && from_cache(y->reply) && looked < LOOK_AT; looked++) {
        y = scs_judge_ca_certs_before(j, &x->connection->server, y->started_ns);
    }
    return y && !from_cache(y->reply) ? y : NULL;
}

/* The copy was made before the server gave out the other certificate, by its age or else by the certificates' own dates. */
static bool is_older(const struct scs_exchange *x, const struct scs_cert_facts *kept, const struct scs_exchange *fresh,
                     const struct scs_cert_facts *now)
{
    if (age_of(x->reply) > 0) {
        return age_of(x->reply) * SCS_SECOND > x->started_ns - fresh->started_ns;
    }
    return now->not_before != SCS_NO_TIME && kept->not_before != SCS_NO_TIME && kept->not_before < now->not_before;
}

static bool stale_cache(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->operation != SCS_OP_GET_CA_CERT || !from_cache(x->reply)) {
        return false;
    }
    const struct scs_cert_facts *kept = encryption_certificate(x);
    const struct scs_exchange *fresh = kept ? fresh_before(j, x) : NULL;
    const struct scs_cert_facts *now = fresh ? encryption_certificate(fresh) : NULL;
    if (!now || scs_text_equal(now->sha256, kept->sha256) || !is_older(x, kept, fresh, now)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_text(v, "cache", "%s", x->reply->cache);
    if (kept->serial && now->serial) {
        scs_fact_text(v, "kept_serial", "%s", kept->serial);
        scs_fact_text(v, "current_serial", "%s", now->serial);
    }
    scs_say_exchange(v, fresh);
    scs_say_exchange(v, x);
    return true;
}

/* ---- both legs in one capture ------------------------------------------------------------------------- */

static bool query_message(const struct scs_exchange *x)
{
    return x->operation == SCS_OP_PKI_OPERATION && x->request && x->scep_request &&
           x->scep_request->transport == SCS_TRANSPORT_QUERY && !scs_message_unseen(&x->request->m);
}

/* `inner` is what a proxy made of `outer`: to another server, while `outer` waited, by the same agent, the same message. */
static bool forwarded_as(const struct scs_exchange *outer, const struct scs_exchange *inner)
{
    const struct scs_pki_message *a = outer->scep_request, *b = inner->scep_request;
    bool meanwhile = inner->started_ns >= outer->started_ns && (!outer->reply || inner->started_ns <= outer->reply->m.last_ns);

    return meanwhile && outer->connection != inner->connection &&
           !scs_endpoint_equal(&outer->connection->server, &inner->connection->server) &&
           !scs_addr_equal(&outer->connection->client.addr, &inner->connection->client.addr) &&
           scs_exchange_same_agent(outer, inner) && a->announced != 0 && a->announced == b->announced;
}

/* The other leg of `x`: what came in for it, or what went out for it. Neighbours only: a proxy forwards at once. */
static const struct scs_exchange *other_leg(const struct scs_judge *j, const struct scs_exchange *x, bool x_is_inner)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t first = x_is_inner ? (x->id > LOOK_AT ? x->id - LOOK_AT : 1) : x->id + 1;
    uint32_t last = x_is_inner ? x->id - 1 : (m->num_exchanges - x->id > LOOK_AT ? x->id + LOOK_AT : m->num_exchanges);

    for (uint32_t id = first; id <= last; id++) {
        const struct scs_exchange *y = m->exchanges[id - 1];
        if (query_message(y) && (x_is_inner ? forwarded_as(y, x) : forwarded_as(x, y))) {
            return y;
        }
    }
    return NULL;
}

/* The outer and inner leg that `x` is one of, when what the proxy passed on is worse than what it got. */
static bool worse_behind(const struct scs_judge *j, const struct scs_exchange *x,
                         bool worse(const struct scs_exchange *outer, const struct scs_exchange *inner), struct scs_verdict *v)
{
    for (int as_inner = 0; as_inner < 2; as_inner++) {
        const struct scs_exchange *y = other_leg(j, x, as_inner);
        const struct scs_exchange *outer = as_inner ? y : x, *inner = as_inner ? x : y;
        if (y && worse(outer, inner)) {
            char text[SCS_ENDPOINT_TEXT];
            scs_say_request(v, outer);
            scs_fact_number(v, "inner_target_length", inner->request->target_len);
            scs_fact_text(v, "server", "%s", scs_endpoint_text(&inner->connection->server, text));
            scs_fact_number(v, "inner_exchange", inner->id);
            scs_set_group(v, "%s", scs_endpoint_text(&inner->connection->server, text));
            scs_say_exchange(v, outer);
            scs_say_exchange(v, inner);
            scs_say_exchange(v, x);
            return true;
        }
    }
    return false;
}

static bool inner_is_shorter(const struct scs_exchange *outer, const struct scs_exchange *inner)
{
    return (outer->scep_request->flags & SCS_MSG_COMPLETE) && !(inner->scep_request->flags & SCS_MSG_COMPLETE) &&
           inner->request->query_len < outer->request->query_len;
}

static bool inner_is_reencoded(const struct scs_exchange *outer, const struct scs_exchange *inner)
{
    return (inner->scep_request->b64 & (SCS_B64_SPACE | SCS_B64_DOUBLE) & ~outer->scep_request->b64) != 0;
}

static bool truncates(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return query_message(x) && worse_behind(j, x, inner_is_shorter, v);
}

static bool reencodes(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return query_message(x) && worse_behind(j, x, inner_is_reencoded, v);
}

/* ---- long URLs ---------------------------------------------------------------------------------------- */

/* A proxy's mark on anything else this server answered. */
static bool server_is_proxied(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t num;
    const uint32_t *ids = scs_judge_by_server(j, &x->connection->server, &num);

    for (uint32_t i = 0; i < num && i < LOOK_AT; i++) {
        const struct scs_exchange *y = scs_model_exchange(scs_judge_model(j), ids[i]);
        if (y && y->reply && scs_exchange_proxied(y)) {
            return true;
        }
    }
    return false;
}

/* Web Application Proxy of Windows Server 2012 R2 leaves requests with long URLs lying. */
static bool long_url_hangs(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->reply || !x->request || !scs_exchange_on_mscep(x) || scs_exchange_is_post(x) ||
        x->request->target_len <= WAP_LONGEST_URL || !(x->request->m.flags & SCS_HTTP_COMPLETE) ||
        scs_exchange_is_limit_test(x)) {
        return false;
    }
    const struct scs_server *s = scs_server_of(j, x);
    if (!s || s->longest_query_ok >= WAP_LONGEST_URL || scs_server_served(s) == 0 || !scs_judge_sees_all(j, x) ||
        !scs_capture_watched(j, x->request->m.last_ns, SCS_MINUTE / 2) || !server_is_proxied(j, x)) {
        return false;
    }
    scs_say_request(v, x);
    return true;
}

/* ---- one address for many devices ------------------------------------------------------------------ */

#define MAX_TOLD_APART 64u

struct crowd {
    const struct scs_exchange *devices[MAX_TOLD_APART]; /* differ in User-Agent or signer */
    struct scs_addr addresses[MAX_TOLD_APART];
    uint32_t num_devices, num_addresses;
    const struct scs_exchange *forwarded; /* the first with a forwarding header */
};

static const char *signer_key(const struct scs_exchange *x)
{
    return x->scep_request && x->scep_request->signer ? x->scep_request->signer->spki_sha256 : NULL;
}

static void crowd_add_device(struct crowd *c, const struct scs_exchange *x)
{
    for (uint32_t i = 0; i < c->num_devices; i++) {
        const struct scs_exchange *known = c->devices[i];
        bool same_key = !signer_key(x) || !signer_key(known) || scs_text_equal(signer_key(x), signer_key(known));
        if (scs_exchange_same_agent(known, x) && same_key) {
            return;
        }
    }
    if (c->num_devices < MAX_TOLD_APART) {
        c->devices[c->num_devices++] = x;
    }
}

/* More cannot change what is said: so many devices or addresses are never told apart further. */
static bool crowd_is_known(const struct crowd *c)
{
    return c->num_devices == MAX_TOLD_APART || c->num_addresses == MAX_TOLD_APART;
}

static void crowd_add(struct crowd *c, const struct scs_exchange *x)
{
    const struct scs_addr *from = &x->connection->client.addr;
    bool known = false;

    if (x->request->m.via && !c->forwarded) {
        c->forwarded = x;
    }
    for (uint32_t i = 0; i < c->num_addresses && !known; i++) {
        known = scs_addr_equal(&c->addresses[i], from);
    }
    if (!known && c->num_addresses < MAX_TOLD_APART) {
        c->addresses[c->num_addresses++] = *from;
    }
    crowd_add_device(c, x);
}

static bool hides_client(const struct scs_judge *j, const struct scs_server *s, struct scs_verdict *v)
{
    struct crowd c = {.num_devices = 0};
    const struct scs_exchange *first = NULL;
    uint32_t num;
    const uint32_t *ids = scs_judge_by_server(j, &s->endpoint, &num);

    for (uint32_t i = 0; i < num && i < CROWD_LOOKED_AT && !crowd_is_known(&c); i++) {
        const struct scs_exchange *x = scs_model_exchange(scs_judge_model(j), ids[i]);
        if (x && x->request && !x->probe && scs_exchange_on_mscep(x)) {
            first = first ? first : x;
            crowd_add(&c, x);
        }
    }
    if (!c.forwarded && (c.num_devices < 4 || c.num_addresses * 3 > c.num_devices)) {
        return false;
    }
    const struct scs_exchange *shown = c.forwarded ? c.forwarded : first;
    scs_say_exchange(v, shown);
    scs_set_moment(v, shown->started_ns);
    scs_fact_number(v, "devices", c.num_devices);
    scs_fact_number(v, "addresses", c.num_addresses);
    if (c.forwarded) {
        scs_fact_text(v, "forwarded", "%s", c.forwarded->request->m.via);
    }
    return true;
}

const struct scs_rule scs_rules_relay[] = {
    SCS_LIKELY_CAUSE("proxy-truncate", ERROR, PROXY, truncates),
    SCS_LIKELY_CAUSE("proxy-reencode", ERROR, PROXY, reencodes),
    SCS_LIKELY_CAUSE("proxy-wap-longuri", ERROR, PROXY, long_url_hangs),
    SCS_LIKELY_NOTE("proxy-cache", ERROR, stale_cache),
    {"proxy-hides-client", SCS_SEV_INFO, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_SERVER, false, {.server = hides_client}},
};
const size_t scs_num_rules_relay = sizeof scs_rules_relay / sizeof scs_rules_relay[0];
