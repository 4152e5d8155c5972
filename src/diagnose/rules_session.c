/* SPDX-License-Identifier: Apache-2.0 */
/* What a client does over several requests: its choice of method, stopping half-way, trying again, repeating itself. */
#include "diagnose/judge.h"
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/xalloc.h"

#define SMALL_CMS     1500u
#define IIS_QUERY     2048u
#define TYPE_RENEWAL  17
#define TYPE_PKCS_REQ 19
/* A client that goes on does so at once; making a key in a TPM may take a minute or two. */
#define STOPS_AFTER     (30 * SCS_SECOND)
#define KEY_IS_MADE_IN  (2 * SCS_MINUTE)
#define LOOP_WINDOW     (10 * SCS_MINUTE)
#define LOOP_LEAST_SPAN (10 * SCS_SECOND)
#define STORM_WINDOW    (15 * SCS_MINUTE)
#define STORM_TRIES     3u
#define REPLAY_AFTER    (2 * SCS_SECOND)
/* How many of a client's or enrolment's exchanges are compared with one. */
#define LOOK_AT 64u
/* Limit tests send a request for every KiB up to 31. */
#define LIMIT_TESTS 256u

static bool is_enrolment_request(const struct scs_exchange *x)
{
    return x->scep_request && (x->scep_request->message_type == TYPE_PKCS_REQ || x->scep_request->message_type == TYPE_RENEWAL);
}

/* ---- GET or POST ------------------------------------------------------------------------------------------ */

static const struct scs_caps *caps_before(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_exchange *known = scs_judge_caps_before(j, &x->connection->server, x->started_ns);

    return known ? known->caps : NULL;
}

static bool get_instead_of_post(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_caps *caps = x->operation == SCS_OP_PKI_OPERATION && x->request ? caps_before(j, x) : NULL;

    if (!caps || !(caps->known & (SCS_CAP_POST | SCS_CAP_STANDARD)) || !x->scep_request ||
        x->scep_request->transport != SCS_TRANSPORT_QUERY || scs_exchange_is_limit_test(x) ||
        x->scep_request->length < SMALL_CMS) {
        return false;
    }
    scs_say_request(v, x);
    /* The danger is a limit on URLs. Apple's devices and older Windows go this way, and where NDES answered it no limit was met.
     */
    if (x->request->query_len <= IIS_QUERY || scs_exchange_pki_status(x) >= 0) {
        scs_set_severity(v, SCS_SEV_INFO);
    }
    return true;
}

static bool post_unadvertised(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_caps *caps = x->operation == SCS_OP_PKI_OPERATION && x->request ? caps_before(j, x) : NULL;

    if (!caps || (caps->known & (SCS_CAP_POST | SCS_CAP_STANDARD)) || !scs_exchange_is_post(x) || scs_exchange_served(x)) {
        return false;
    }
    scs_say_answer(v, x);
    if (scs_exchange_status(x) == 405 || scs_exchange_status(x) == 501) {
        scs_set_severity(v, SCS_SEV_ERROR); /* the server meant it */
    }
    return true;
}

/* ---- unknown operations and tests --------------------------------------------------------------------------- */

static bool operation_unknown(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    /* Drafts and Microsoft's extensions: named, and not judged. */
    static const char *const heard_of[] = {"GetCACertChain", "GetCRL", "NDESGenerateChallenge", "NDESGetCACertThumbprint"};

    (void)j;
    if (x->operation != SCS_OP_OTHER || !x->operation_name || scs_exchange_target_unseen(x) || !scs_exchange_on_mscep(x) ||
        x->probe || scs_exchange_is_limit_test(x)) {
        return false;
    }
    for (size_t i = 0; i < sizeof heard_of / sizeof heard_of[0]; i++) {
        if (scs_text_equal_nocase(x->operation_name, heard_of[i])) {
            return false;
        }
    }
    scs_say_answer(v, x);
    return true;
}

/* The longest limit test that was let through and the shortest that was not. */
static void say_limits(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    uint32_t num = 0, passed = 0, refused = 0;
    const uint32_t *ids = scs_judge_by_client(j, &x->connection->client.addr, &x->connection->server, &num);

    for (uint32_t i = 0; i < num && i < LIMIT_TESTS; i++) {
        const struct scs_exchange *test = scs_model_exchange(scs_judge_model(j), ids[i]);
        if (!test || !test->request || !test->reply || !scs_exchange_is_limit_test(test)) {
            continue;
        }
        uint32_t len = test->request->query_len;
        if (test->reply->status == 200) {
            passed = len > passed ? len : passed;
        } else if (refused == 0 || len < refused) {
            refused = len;
        }
    }
    if (passed > 0) {
        scs_fact_number(v, "longest_passed", passed);
    }
    if (refused > 0) {
        scs_fact_number(v, "shortest_refused", refused);
    }
}

static bool limit_test(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (!scs_exchange_is_limit_test(x) || !x->request) {
        return false;
    }
    scs_say_request(v, x);
    say_limits(j, x, v);
    return true;
}

/* ---- stopping half-way ---------------------------------------------------------------------------------------- */

/* The same kind of device goes on from another address, through another node of a proxy. */
static bool goes_on_elsewhere(const struct scs_judge *j, const struct scs_exchange *x, int64_t within_ns)
{
    const struct scs_model *m = scs_judge_model(j);

    for (uint32_t id = x->id + 1; id <= m->num_exchanges && id < x->id + LOOK_AT; id++) {
        const struct scs_exchange *other = scs_model_exchange(m, id);
        if (!other || other->started_ns - x->started_ns > within_ns) {
            break;
        }
        if (other->operation != SCS_OP_GET_CA_CERT && other->operation != SCS_OP_PAGE && scs_exchange_same_agent(x, other)) {
            return true;
        }
    }
    return false;
}

/* The client comes back to this server, now or later: what it did then tells more, also where its request cannot be read. */
static bool connects_again(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    uint32_t here = scs_judge_connection_of(j, x->id);

    for (uint32_t k = here; here != SCS_NO_INDEX && k < m->num_connections && k < here + LOOK_AT; k++) {
        const struct scs_connection *c = m->connections[k];
        if (c->opened_ns > x->reply->m.last_ns && scs_addr_equal(&c->client.addr, &x->connection->client.addr) &&
            scs_addr_equal(&c->server.addr, &x->connection->server.addr)) {
            return true;
        }
    }
    return false;
}

/*
 * It began another request on the same connection, which never became whole, or may have where the capture lacks what it said.
 * TLS has a last word of its own.
 */
static bool speaks_on(const struct scs_exchange *x)
{
    const struct scs_half *client = &x->connection->half[SCS_TO_SERVER];

    return client->missing_bytes > 1 || client->hole ||
           (x->connection->tls == NULL && client->last_data_ns > x->reply->m.last_ns);
}

/* Nothing comes from this client within `ns` after `x`, and the capture would have shown it. */
static bool stops_for(const struct scs_judge *j, const struct scs_exchange *x, int64_t ns)
{
    const struct scs_exchange *next = scs_client_next(j, x);
    int64_t end = x->reply->m.last_ns;

    return scs_capture_watched(j, end, ns) && !(next && next->started_ns - end < ns) && !goes_on_elsewhere(j, x, ns) &&
           !connects_again(j, x) && !speaks_on(x) && scs_judge_sees_all(j, x);
}

/* A PKIOperation by this client later on: it had not stopped. */
static bool enrols_later(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t looked = 0;

    for (const struct scs_exchange *next = scs_client_next(j, x); next && looked < LOOK_AT;
         next = scs_client_next(j, next), looked++) {
        if (next->operation == SCS_OP_PKI_OPERATION) {
            return true;
        }
    }
    return false;
}

static bool apple_stops(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->operation != SCS_OP_GET_CA_CERT || x->platform != SCS_PLATFORM_APPLE || x->probe || !scs_exchange_served(x) ||
        scs_exchange_proxied(x) || !stops_for(j, x, STOPS_AFTER) || enrols_later(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool stops_after_caps(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    bool windows = x->platform == SCS_PLATFORM_WINDOWS;

    if (x->operation != SCS_OP_GET_CA_CAPS || !(windows || x->platform == SCS_PLATFORM_APPLE) || x->probe ||
        !scs_exchange_served(x) || scs_exchange_proxied(x) || enrols_later(j, x)) {
        return false;
    }
    const struct scs_exchange *last = x;
    const struct scs_exchange *next = scs_client_next(j, x);
    if (windows && next && next->operation == SCS_OP_GET_CA_CERT && scs_exchange_served(next)) {
        last = next; /* Windows asks for the certificates next, then makes its key */
        scs_set_confidence(v, SCS_POSSIBLE);
    }
    if (!stops_for(j, last, last == x ? STOPS_AFTER : KEY_IS_MADE_IN)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_exchange(v, last);
    scs_say_exchange(v, x);
    return true;
}

/* What is asked for may be a certificate where the capture lacks the name of the operation. */
static bool may_enrol(const struct scs_exchange *x)
{
    return x->operation == SCS_OP_PKI_OPERATION || scs_exchange_target_unseen(x);
}

/* The client asks for a certificate within the window before or after `x`. */
static bool enrols_around(const struct scs_judge *j, const struct scs_exchange *x)
{
    uint32_t at, num;
    const uint32_t *ids = scs_client_exchanges(j, x, &at, &num);

    for (uint32_t i = at < LOOK_AT ? 0 : at - LOOK_AT; ids && i < num && i < at + LOOK_AT; i++) {
        const struct scs_exchange *other = scs_model_exchange(scs_judge_model(j), ids[i]);
        if (other && may_enrol(other) && llabs(other->started_ns - x->started_ns) <= LOOP_WINDOW) {
            return true;
        }
    }
    return false;
}

static bool getca_loop(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    uint32_t at, num, rounds = 0;
    const uint32_t *ids = scs_client_exchanges(j, x, &at, &num);
    int64_t first = x->started_ns;

    if ((x->operation != SCS_OP_GET_CA_CERT && x->operation != SCS_OP_GET_CA_CAPS) || x->probe || !scs_exchange_served(x) ||
        scs_exchange_proxied(x) || !ids) {
        return false;
    }
    for (uint32_t i = at + 1; i > 0 && at - i + 1 < LOOK_AT; i--) {
        const struct scs_exchange *other = scs_model_exchange(scs_judge_model(j), ids[i - 1]);
        if (!other || x->started_ns - other->started_ns > LOOP_WINDOW) {
            break;
        }
        if (may_enrol(other)) {
            return false; /* what enrols_around would find, without looking at all */
        }
        if (other->operation == x->operation && scs_exchange_served(other) && scs_exchange_same_agent(x, other)) {
            rounds++;
            first = other->started_ns;
        }
    }
    if (rounds < 3 || x->started_ns - first < LOOP_LEAST_SPAN || enrols_around(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    scs_fact_number(v, "rounds", rounds);
    scs_say_seconds(v, "span_s", x->started_ns - first);
    return true;
}

/* Since when all that was captured is in the model: its beginning, or the end of what left memory. */
static int64_t seen_since(const struct scs_model *m)
{
    bool thinned = scs_model_is_thinned(m, m->capture->first_ns);
    return thinned ? m->departed->thinned_ns : m->capture->first_ns;
}

/* The capture was running for a while before, yet the client asks for nothing first. */
static bool caps_not_asked(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    uint32_t num = 0;
    const uint32_t *ids = scs_judge_by_client(j, &x->connection->client.addr, &x->connection->server, &num);
    const struct scs_capture_facts *c = scs_judge_model(j)->capture;
    bool known_habits =
        x->platform == SCS_PLATFORM_APPLE || x->platform == SCS_PLATFORM_ANDROID || x->platform == SCS_PLATFORM_WINDOWS;

    if (x->operation != SCS_OP_PKI_OPERATION || !known_habits || x->probe || !is_enrolment_request(x) || num == 0 ||
        ids[0] != x->id || c->first_ns == SCS_NO_TIME || x->started_ns - seen_since(scs_judge_model(j)) < 2 * SCS_MINUTE ||
        (x->connection->flags & SCS_CONN_MIDSTREAM) || scs_exchange_proxied(x)) {
        return false;
    }
    scs_say_request(v, x);
    return true;
}

/* ---- trying again, repeating --------------------------------------------------------------------------------- */

static bool retry_storm(const struct scs_judge *j, const struct scs_enrolment *e, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    int64_t started[STORM_TRIES] = {0}, last = 0;
    uint32_t tries = 0;
    bool storm = false;

    if (e->tries < STORM_TRIES || e->outcome == SCS_ENROLMENT_SUCCEEDED || e->outcome == SCS_ENROLMENT_PENDING || e->probe) {
        return false;
    }
    for (uint32_t i = 0; i < e->num_exchanges; i++) {
        const struct scs_exchange *x = scs_model_exchange(m, e->exchanges[i]);
        if (!x || !is_enrolment_request(x)) {
            continue;
        }
        started[tries++ % STORM_TRIES] = last = x->started_ns;
        /* a ring of the last three: the next slot holds the oldest of them */
        storm = storm || (tries >= STORM_TRIES && last - started[tries % STORM_TRIES] <= STORM_WINDOW);
        scs_say_exchange(v, x);
    }
    if (!storm) {
        return false;
    }
    scs_fact_number(v, "tries", tries);
    scs_say_seconds(v, "span_s", last - e->started_ns);
    if (e->transaction_id) {
        scs_fact_text(v, "transaction_id", "%s", e->transaction_id);
    }
    return true;
}

static bool same_bytes(const struct scs_bytes *a, const struct scs_bytes *b)
{
    return a->len > 0 && a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* The bytes themselves are not kept; nonce, length, type and signer are as good as them. */
static bool same_message(const struct scs_pki_message *a, const struct scs_pki_message *b)
{
    return a && b && a->message_type == b->message_type && a->length == b->length &&
           scs_text_equal(a->transaction_id, b->transaction_id) && same_bytes(&a->sender_nonce, &b->sender_nonce) &&
           a->signing_time == b->signing_time;
}

/* A client that heard nothing sends the same again: no more than a retry, unless the server took it amiss. */
static bool is_plain_retry(const struct scs_exchange *earlier, const struct scs_exchange *x)
{
    return earlier->reply == NULL && scs_exchange_pki_status(x) != 2;
}

static bool replay(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    uint32_t at, num;
    const uint32_t *ids = is_enrolment_request(x) ? scs_client_exchanges(j, x, &at, &num) : NULL;

    for (uint32_t i = ids ? at : 0; i > 0 && at - i < LOOK_AT; i--) {
        const struct scs_exchange *earlier = scs_model_exchange(scs_judge_model(j), ids[i - 1]);
        if (earlier && earlier->connection != x->connection && x->started_ns - earlier->started_ns > REPLAY_AFTER &&
            same_message(earlier->scep_request, x->scep_request) && !is_plain_retry(earlier, x)) {
            scs_say_request(v, x);
            scs_fact_number(v, "earlier_exchange", earlier->id);
            scs_say_seconds(v, "after_s", x->started_ns - earlier->started_ns);
            scs_say_exchange(v, earlier);
            scs_say_exchange(v, x);
            return true;
        }
    }
    return false;
}

/* A transaction ID met before: keyed hashes of it and of the key that used it, so that one pass over the exchanges will do. */
struct used_id {
    uint64_t id, key;
    uint32_t exchange; /* 0: empty place */
};

static struct used_id *place_of(struct used_id *table, size_t num_places, uint64_t id)
{
    size_t at = id & (num_places - 1);
    while (table[at].exchange != 0 && table[at].id != id) {
        at = (at + 1) & (num_places - 1);
    }
    return &table[at];
}

static bool identified(const struct scs_exchange *x)
{
    return is_enrolment_request(x) && x->scep_request->transaction_id && x->scep_request->signer &&
           x->scep_request->signer->spki_sha256;
}

static void say_clash(struct scs_verdict *v, const struct scs_exchange *earlier, const struct scs_exchange *x)
{
    scs_say_exchange(v, x);
    scs_say_exchange(v, earlier);
    scs_set_moment(v, x->started_ns);
    scs_fact_text(v, "transaction_id", "%s", x->scep_request->transaction_id);
    scs_fact_number(v, "earlier_exchange", earlier->id);
}

/* One transaction id, two keys: over all clients, since a constant id is what makes them clash. */
static bool clashing_ids(const struct scs_judge *j, struct scs_verdict *v)
{
    const struct scs_model *m = scs_judge_model(j);
    const struct scs_hash_key hash = scs_hash_key_random();
    size_t num_places = 64;
    uint32_t clashes = 0;

    while (num_places < (size_t)m->num_exchanges * 2) {
        num_places *= 2;
    }
    struct used_id *table = scs_xcalloc(num_places, sizeof *table);
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        scs_model_rest(m, i);
        if (!identified(x)) {
            continue;
        }
        const char *id = x->scep_request->transaction_id, *spki = x->scep_request->signer->spki_sha256;
        uint64_t type = (uint64_t)(uint32_t)x->scep_request->message_type;
        uint64_t key = scs_hash(&hash, spki, strlen(spki));
        struct used_id *used = place_of(table, num_places, scs_hash(&hash, id, strlen(id)) + type);
        if (used->exchange != 0 && used->key != key && clashes++ == 0) {
            say_clash(v, m->exchanges[used->exchange - 1], x);
        }
        *used = (struct used_id){.id = scs_hash(&hash, id, strlen(id)) + type, .key = key, .exchange = x->id};
    }
    free(table);
    if (clashes > 0) {
        scs_fact_number(v, "clashes", clashes);
    }
    return clashes > 0;
}

const struct scs_rule scs_rules_session[] = {
    SCS_CAUSE("scep-op-unknown", WARNING, MESSAGE, operation_unknown),
    SCS_CAUSE("scep-post-unadvertised", INFO, MESSAGE, post_unadvertised),
    SCS_NOTE("scep-get-instead-of-post", WARNING, get_instead_of_post),
    SCS_NOTE("scep-probe-longurl", INFO, limit_test),
    SCS_LIKELY_NOTE("scep-ios-stops-after-getcacert", ERROR, apple_stops),
    SCS_LIKELY_NOTE("scep-stops-after-caps", ERROR, stops_after_caps),
    SCS_LIKELY_NOTE("scep-getca-loop", WARNING, getca_loop),
    SCS_LIKELY_NOTE("scep-op-missing-caps", INFO, caps_not_asked),
    SCS_LIKELY_NOTE("scep-replay", WARNING, replay),
    {"scep-retry-storm", SCS_SEV_WARNING, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_ENROLMENT, false, {.enrolment = retry_storm}},
    {"scep-dup-transid-keys", SCS_SEV_ERROR, SCS_CERTAIN, SCS_DEPTH_NOTE, SCS_SCOPE_CAPTURE, false, {.capture = clashing_ids}},
};
const size_t scs_num_rules_session = sizeof scs_rules_session / sizeof scs_rules_session[0];
