/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/story.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "correlate/again.h"
#include "correlate/outcome.h"

/* GetCACaps and GetCACert prepare a request that follows within this time; a device asks again for each enrolment. */
#define PREPARE_NS INT64_C(600000000000)
/* A request that cannot be identified is the retry of the same client's last one within this time: Windows tries 3 times, 5
 * minutes apart. */
#define RETRY_NS INT64_C(900000000000)
/* Notify follows the reply; the plug-in sends it at once. */
#define NOTIFY_NS INT64_C(60000000000)
/* SYNs of one connection after which nobody expects an answer any more. */
#define SYN_TRIES 3u
/* Enrolments that may be waiting for the policy module at one time. */
#define POLICY_WAITING 256u

/* An enrolment being put together. */
struct draft {
    struct scs_enrolment *e;
    uint32_t *exchanges, num, cap;
    uint32_t *policy, num_policy, cap_policy;
    int64_t last_ns;               /* latest exchange begun */
    bool requested;                /* has a PKIOperation */
    bool identified;               /* by a transaction ID */
    bool decided;                  /* succeeded: a further request begins another story */
    int64_t busy_from, busy_to;    /* span of its latest PKIOperation, for the policy hop */
    struct draft *older_preparing; /* of the same client */
    struct draft *joined;          /* what it prepared was another draft's retry: this one is empty */
};

/* What a 64-bit keyed hash of some identity leads to. */
struct entry {
    uint64_t identity; /* 0: empty */
    struct draft *draft;
};

struct story {
    struct scs_arena *keep;
    struct scs_hash_key key;
    struct entry *entries;
    size_t num_entries, num_taken; /* a power of two; at most half of it is taken */
    struct draft **drafts;
    uint32_t num, cap;
    struct scs_exchange *const *exchanges;
};

/* The ways to find a draft. */
enum lookup { BY_TRANSACTION = 1, PREPARING_OF_CLIENT, LAST_OF_CLIENT, BY_ADDRESSES };

static uint64_t add_bytes(const struct story *s, uint64_t h, const void *data, size_t n)
{
    return (h ^ scs_hash(&s->key, data, n)) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static uint64_t add_text(const struct story *s, uint64_t h, const char *text)
{
    return text == NULL ? h * 31 + 7 : add_bytes(s, h, text, strlen(text));
}

static uint64_t addresses(const struct story *s, uint64_t h, const struct scs_addr *client, const struct scs_addr *server)
{
    h = add_bytes(s, h, client->bytes, sizeof client->bytes);
    return add_bytes(s, h, server->bytes, sizeof server->bytes);
}

static size_t place_of(const struct story *s, uint64_t identity)
{
    size_t at = identity & (s->num_entries - 1);
    while (s->entries[at].identity != 0 && s->entries[at].identity != identity) {
        at = (at + 1) & (s->num_entries - 1);
    }
    return at;
}

static void double_entries(struct story *s)
{
    struct entry *old = s->entries;
    size_t num_old = s->num_entries;
    s->num_entries *= 2;
    s->entries = scs_xcalloc(s->num_entries, sizeof *s->entries);
    for (size_t i = 0; i < num_old; i++) {
        if (old[i].identity != 0) {
            s->entries[place_of(s, old[i].identity)] = old[i];
        }
    }
    free(old);
}

/* The place of an identity, made when it is new; valid until the next call. */
static struct draft **find(struct story *s, uint64_t identity)
{
    identity += identity == 0;
    size_t at = place_of(s, identity);
    if (s->entries[at].identity == 0) {
        if (++s->num_taken * 2 > s->num_entries) {
            double_entries(s);
            at = place_of(s, identity);
        }
        s->entries[at].identity = identity;
    }
    return &s->entries[at].draft;
}

/* One device as well as it can be told: its address and its agent (several share a proxy's address). */
static struct draft **of_client(struct story *s, enum lookup how, const struct scs_exchange *x)
{
    const struct scs_connection *c = x->connection;
    const char *agent = x->request != NULL ? x->request->user_agent : NULL;
    return find(s, add_text(s, addresses(s, how, &c->client.addr, &c->server.addr), agent));
}

static const char *transaction_of(const struct scs_exchange *x)
{
    const char *id = x->scep_request != NULL ? x->scep_request->transaction_id : NULL;
    return id == NULL && x->scep_reply != NULL ? x->scep_reply->transaction_id : id;
}

/*
 * The signer's key keeps apart devices that use one transaction ID (a constant, or a short hash), and
 * joins what one device sends from changing addresses; without it the address must do.
 */
static struct draft **of_transaction(struct story *s, const struct scs_exchange *x)
{
    const struct scs_pki_message *m = x->scep_request;
    uint64_t h = add_text(s, BY_TRANSACTION, transaction_of(x));
    h = addresses(s, h, &x->connection->server.addr, &x->connection->server.addr);
    if (m != NULL && m->signer != NULL && m->signer->spki_sha256 != NULL) {
        return find(s, add_text(s, h, m->signer->spki_sha256));
    }
    return find(s, addresses(s, h, &x->connection->client.addr, &x->connection->server.addr));
}

/* Lets the pages of a long capture's facts leave again, once in 1,024 turns of a loop. */
static void rest(const struct story *s, uint32_t turn)
{
    if (turn % 1024 == 1023) {
        scs_arena_rest(s->keep);
    }
}

/* ---- drafts ---------------------------------------------------------------------------------------- */

static void push_id(uint32_t **ids, uint32_t *num, uint32_t *cap, uint32_t id)
{
    if (*num == *cap) {
        *cap = *cap == 0 ? 4 : *cap * 2;
        *ids = scs_xrealloc(*ids, *cap, sizeof **ids);
    }
    (*ids)[(*num)++] = id;
}

static struct draft *open_draft(struct story *s, const struct scs_exchange *x)
{
    if (s->num == s->cap) {
        s->cap = s->cap == 0 ? 64 : s->cap * 2;
        s->drafts = scs_xrealloc(s->drafts, s->cap, sizeof *s->drafts);
    }
    struct draft *d = scs_xcalloc(1, sizeof *d);
    d->e = SCS_ARENA_NEW(s->keep, struct scs_enrolment);
    d->e->id = s->num + 1;
    d->e->client = x->connection->client.addr;
    d->e->server = x->connection->server;
    d->e->platform = x->platform;
    d->e->probe = x->probe;
    d->e->started_ns = x->started_ns;
    d->busy_from = d->busy_to = SCS_NO_TIME;
    s->drafts[s->num++] = d;
    *find(s, addresses(s, BY_ADDRESSES, &d->e->client, &d->e->server.addr)) = d;
    return d;
}

static void add_exchange(struct draft *d, struct scs_exchange *x)
{
    x->enrolment = d->e->id;
    push_id(&d->exchanges, &d->num, &d->cap, x->id);
    d->last_ns = x->started_ns;
    if (d->e->platform == SCS_PLATFORM_UNKNOWN) {
        d->e->platform = x->platform;
    }
}

/* ---- where an exchange belongs --------------------------------------------------------------------- */

static bool on_connection(const struct story *s, const struct draft *d, const struct scs_connection *c)
{
    return s->exchanges[d->exchanges[d->num - 1] - 1]->connection == c;
}

/*
 * The client's draft that still prepares its request: one on the same connection, else the latest. Those
 * that waited too long are left behind for good.
 */
static struct draft *preparing(struct story *s, const struct scs_exchange *x)
{
    struct draft **first = of_client(s, PREPARING_OF_CLIENT, x), *latest = NULL;
    for (struct draft **at = first; *at != NULL;) {
        struct draft *d = *at;
        if (d->requested || x->started_ns - d->last_ns > PREPARE_NS) {
            *at = d->older_preparing;
            continue;
        }
        if (on_connection(s, d, x->connection)) {
            return d;
        }
        latest = latest == NULL ? d : latest;
        at = &d->older_preparing;
    }
    return latest;
}

/* Joins what a client asked before it tried again to the enrolment of its first try. Ids stay in ascending order. */
static void join_preparation(struct story *s, const struct scs_exchange *x, struct draft *d)
{
    struct draft *p = preparing(s, x);
    if (p == NULL || p == d || p->exchanges[0] < d->exchanges[d->num - 1]) {
        return;
    }
    for (uint32_t i = 0; i < p->num; i++) {
        struct scs_exchange *moved = s->exchanges[p->exchanges[i] - 1];
        moved->enrolment = d->e->id;
        push_id(&d->exchanges, &d->num, &d->cap, moved->id);
    }
    p->num = 0;
    p->requested = true;
    p->joined = d;
}

static bool is_poll(const struct scs_exchange *x)
{
    return x->scep_request != NULL && x->scep_request->message_type == 20;
}

/* What is asked for, where the request was opened; else what its signer calls itself, which is often a name for the day. */
static const char *subject_of(const struct scs_pki_message *m)
{
    if (m == NULL) {
        return NULL;
    }
    const struct scs_csr *csr = m->envelope != NULL ? m->envelope->csr : NULL;
    if (csr != NULL && csr->asked.subject != NULL && *csr->asked.subject != '\0') {
        return csr->asked.subject;
    }
    return m->signer != NULL ? m->signer->subject : NULL;
}

/* Some clients sign with a certificate that has the same name on every device. */
static bool names_a_device(const char *subject)
{
    return subject != NULL && *subject != '\0' && !scs_text_contains_nocase(subject, "SCEP SIGNER");
}

/* A refused device that tries again with a new key, and so a new transaction ID: known by its name, address and agent. */
static bool tries_with_new_key(const struct story *s, const struct draft *last, const struct scs_exchange *x)
{
    const struct scs_exchange *before = s->exchanges[last->exchanges[last->num - 1] - 1];
    bool refused = before->outcome == SCS_OUTCOME_FAILED || before->outcome == SCS_OUTCOME_UNANSWERED;
    const char *subject = subject_of(x->scep_request);
    return refused && before->operation == SCS_OP_PKI_OPERATION && !is_poll(x) && x->request != NULL &&
           x->request->m.via == NULL && names_a_device(subject) && scs_text_equal(subject, last->e->subject);
}

/* The capture lacks a part of the message, and with it perhaps what identifies it. */
static bool is_holed(const struct scs_exchange *x)
{
    return x->request == NULL || (x->request->m.flags & (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_MIDWAY)) != 0;
}

/* The draft a PKIOperation goes on with; NULL when it begins its own. */
static struct draft *requesting(struct story *s, const struct scs_exchange *x)
{
    struct draft *d = transaction_of(x) != NULL ? *of_transaction(s, x) : NULL;
    if (d != NULL) {
        /* The same key again after a certificate was issued: another enrolment, unless it only polls on. */
        return d->decided && !is_poll(x) ? NULL : d;
    }
    struct draft *last = *of_client(s, LAST_OF_CLIENT, x);
    if (last == NULL || last->decided || x->started_ns - last->last_ns >= RETRY_NS) {
        return NULL;
    }
    bool unnamed = transaction_of(x) == NULL && (!last->identified || is_holed(x));
    return unnamed || tries_with_new_key(s, last, x) ? last : NULL;
}

static bool enrols(const struct scs_exchange *x)
{
    int32_t type = x->scep_request != NULL ? x->scep_request->message_type : -1;
    return x->operation == SCS_OP_PKI_OPERATION && type != 21 && type != 22; /* GetCert, GetCRL fetch, they do not enrol */
}

static void describe_request(struct story *s, struct draft *d, const struct scs_exchange *x)
{
    d->requested = true;
    d->e->probe = x->probe;
    d->e->tries += !is_poll(x);
    d->busy_from = x->started_ns;
    d->busy_to = x->duration_ns != SCS_NO_TIME ? x->started_ns + x->duration_ns : INT64_MAX;
    d->decided = d->decided || (x->outcome == SCS_OUTCOME_OK && !scs_outcome_undelivered(x));
    *of_client(s, LAST_OF_CLIENT, x) = d;
    if (transaction_of(x) != NULL) {
        d->identified = true;
        d->e->transaction_id = transaction_of(x);
        *of_transaction(s, x) = d;
    }
    const char *subject = subject_of(x->scep_request);
    if (subject != NULL) {
        d->e->subject = subject;
    }
}

static void place_request(struct story *s, struct scs_exchange *x)
{
    struct draft *d = requesting(s, x);
    if (d != NULL) {
        join_preparation(s, x, d);
    } else {
        d = preparing(s, x);
    }
    if (d == NULL) {
        d = open_draft(s, x);
    }
    add_exchange(d, x);
    describe_request(s, d, x);
}

static void place_preparation(struct story *s, struct scs_exchange *x)
{
    struct draft *d = preparing(s, x);
    if (d == NULL) {
        d = open_draft(s, x);
        struct draft **first = of_client(s, PREPARING_OF_CLIENT, x);
        d->older_preparing = *first;
        *first = d;
    }
    add_exchange(d, x);
}

/* The policy hop runs on the server itself, while a request waits there (Notify: just after). */
static void place_policy(struct story *s, struct scs_exchange *x)
{
    int64_t slack = x->operation == SCS_OP_NOTIFY ? NOTIFY_NS : 0;
    uint32_t oldest = s->num > POLICY_WAITING ? s->num - POLICY_WAITING : 0;
    struct draft *best = NULL;
    for (uint32_t i = oldest; i < s->num; i++) {
        struct draft *d = s->drafts[i];
        bool fits = d->busy_from != SCS_NO_TIME && d->busy_from <= x->started_ns &&
                    (d->busy_to == INT64_MAX || x->started_ns <= d->busy_to + slack);
        if (fits && (best == NULL || d->num_policy < best->num_policy)) {
            best = d;
        }
    }
    if (best != NULL) {
        x->enrolment = best->e->id;
        push_id(&best->policy, &best->num_policy, &best->cap_policy, x->id);
    }
}

static void place(struct story *s, struct scs_exchange *x)
{
    switch (x->operation) {
    case SCS_OP_PKI_OPERATION:
        if (enrols(x)) {
            place_request(s, x);
        }
        break;
    case SCS_OP_GET_CA_CAPS:
    case SCS_OP_GET_CA_CERT:
        place_preparation(s, x);
        break;
    case SCS_OP_VERIFY_REQUEST:
    case SCS_OP_NOTIFY:
        place_policy(s, x);
        break;
    default:
        break;
    }
}

/* ---- how far, and how it ended ---------------------------------------------------------------------- */

static uint8_t reached_by(const struct scs_exchange *x)
{
    if (x->operation == SCS_OP_PKI_OPERATION) {
        bool cert_rep = x->scep_reply != NULL && (x->scep_reply->flags & SCS_MSG_IS_CMS) != 0;
        return cert_rep ? SCS_REACHED_REPLY : SCS_REACHED_REQUEST;
    }
    if (x->outcome != SCS_OUTCOME_OK) {
        return SCS_REACHED_CONTACT;
    }
    return x->operation == SCS_OP_GET_CA_CERT ? SCS_REACHED_CA_CERTIFICATE : SCS_REACHED_CAPABILITIES;
}

/* The server refused without having begun, and the capture ends before the client closed or asked again. RFC 9113 8.7. */
static bool may_ask_again(const struct scs_exchange *x)
{
    const struct scs_half *client = &x->connection->half[SCS_TO_SERVER], *server = &x->connection->half[SCS_TO_CLIENT];
    bool open = client->rst_ns == SCS_NO_TIME && server->rst_ns == SCS_NO_TIME &&
                (client->fin_ns == SCS_NO_TIME || server->fin_ns == SCS_NO_TIME);
    return x->again_unseen || (open && scs_again_invited(x));
}

static uint8_t outcome_by(const struct scs_exchange *x)
{
    if (may_ask_again(x)) {
        return SCS_ENROLMENT_INCOMPLETE;
    }
    switch (x->outcome) {
    case SCS_OUTCOME_OK: /* a certificate that did not arrive is none */
        return scs_outcome_undelivered(x) ? SCS_ENROLMENT_FAILED
               : scs_outcome_unheard(x)   ? SCS_ENROLMENT_INCOMPLETE
                                          : SCS_ENROLMENT_SUCCEEDED;
    case SCS_OUTCOME_PENDING:
        return SCS_ENROLMENT_PENDING;
    case SCS_OUTCOME_INCOMPLETE:
        return SCS_ENROLMENT_INCOMPLETE;
    default:
        return SCS_ENROLMENT_FAILED;
    }
}

/* Without a request: failed when the last GetCACert failed, or when nothing at all was answered well. */
static void judge_preparation(const struct story *s, struct draft *d)
{
    const struct scs_exchange *last_cert = NULL, *last_failed = NULL;
    bool any_good = false, any_unknown = false;
    for (uint32_t i = 0; i < d->num; i++) {
        const struct scs_exchange *x = s->exchanges[d->exchanges[i] - 1];
        uint8_t outcome = outcome_by(x);
        any_good = any_good || outcome == SCS_ENROLMENT_SUCCEEDED;
        any_unknown = any_unknown || outcome == SCS_ENROLMENT_INCOMPLETE;
        last_failed = outcome == SCS_ENROLMENT_FAILED ? x : last_failed;
        last_cert = x->operation == SCS_OP_GET_CA_CERT ? x : last_cert;
    }
    bool failed =
        last_cert != NULL ? outcome_by(last_cert) == SCS_ENROLMENT_FAILED : last_failed != NULL && !any_good && !any_unknown;
    d->e->outcome = failed ? SCS_ENROLMENT_FAILED : SCS_ENROLMENT_INCOMPLETE;
    if (failed) {
        d->e->decided_by = last_cert != NULL ? last_cert->id : last_failed->id;
    }
}

static void judge(const struct story *s, struct draft *d)
{
    const struct scs_exchange *decisive = NULL;
    int64_t ended = d->e->started_ns;
    for (uint32_t i = 0; i < d->num; i++) {
        const struct scs_exchange *x = s->exchanges[d->exchanges[i] - 1];
        uint8_t reached = reached_by(x);
        d->e->reached = reached > d->e->reached ? reached : d->e->reached;
        int64_t end = x->duration_ns != SCS_NO_TIME ? x->started_ns + x->duration_ns : x->started_ns;
        ended = end > ended ? end : ended;
        if (x->operation == SCS_OP_PKI_OPERATION && (decisive == NULL || outcome_by(decisive) != SCS_ENROLMENT_SUCCEEDED)) {
            decisive = x;
        }
    }
    if (d->num_policy != 0 && d->e->reached == SCS_REACHED_REQUEST) {
        d->e->reached = SCS_REACHED_POLICY;
    }
    d->e->ended_ns = ended;
    if (decisive != NULL) {
        d->e->outcome = outcome_by(decisive);
        d->e->decided_by = decisive->id;
    } else {
        judge_preparation(s, d);
    }
}

/* A SYN or two without an answer are a beginning: the capture may end before the answer comes. */
static bool was_refused(const struct scs_connection *c)
{
    return c->state == SCS_CONN_REFUSED || c->syn_tries >= SYN_TRIES;
}

/* A client that only ever knocked in vain has an enrolment that never began. */
static void add_blocked(struct story *s, const struct scs_connection *const *connections, uint32_t num)
{
    for (uint32_t i = 0; i < num; i++) {
        const struct scs_connection *c = connections[i];
        rest(s, i);
        bool attempt = c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED;
        if (!attempt || (c->flags & (SCS_CONN_CA_SIDE | SCS_CONN_BY_SERVER)) != 0) {
            continue;
        }
        struct draft *d = *find(s, addresses(s, BY_ADDRESSES, &c->client.addr, &c->server.addr));
        if (d == NULL) {
            struct scs_exchange nothing = {.connection = c, .started_ns = c->opened_ns};
            d = open_draft(s, &nothing);
            d->e->outcome = SCS_ENROLMENT_INCOMPLETE;
        }
        if (d->num == 0 && d->joined == NULL) {
            d->e->tries++;
            d->e->ended_ns = c->last_ns;
            d->e->outcome = was_refused(c) ? SCS_ENROLMENT_BLOCKED : d->e->outcome;
        }
    }
}

static int by_start(const void *a, const void *b)
{
    const struct scs_enrolment *x = *(const struct scs_enrolment *const *)a, *y = *(const struct scs_enrolment *const *)b;
    if (x->started_ns != y->started_ns) {
        return x->started_ns < y->started_ns ? -1 : 1;
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Gives the enrolments what their drafts hold, and leaves out those that were joined to another. */
static struct scs_enrolment **finish_drafts(struct story *s)
{
    struct scs_enrolment **all = SCS_ARENA_ARRAY(s->keep, s->num, struct scs_enrolment *);
    uint32_t num = 0;
    for (uint32_t i = 0; i < s->num; i++) {
        struct draft *d = s->drafts[i];
        if (d->num != 0) {
            judge(s, d);
        }
        d->e->exchanges = scs_arena_dup(s->keep, d->exchanges, d->num * sizeof *d->exchanges);
        d->e->num_exchanges = d->num;
        d->e->policy_exchanges = scs_arena_dup(s->keep, d->policy, d->num_policy * sizeof *d->policy);
        d->e->num_policy_exchanges = d->num_policy;
        if (d->joined == NULL) {
            all[num++] = d->e;
        }
        rest(s, i);
        free(d->exchanges);
        free(d->policy);
        free(d);
    }
    s->num = num;
    return all;
}

const struct scs_enrolment *const *scs_story_tell(struct scs_exchange *const *exchanges, uint32_t num_exchanges,
                                                  const struct scs_connection *const *connections, uint32_t num_connections,
                                                  struct scs_arena *keep, uint32_t *num)
{
    struct story s = {.keep = keep, .key = scs_hash_key_random(), .exchanges = exchanges, .num_entries = 1024};
    s.entries = scs_xcalloc(s.num_entries, sizeof *s.entries);
    for (uint32_t i = 0; i < num_exchanges; i++) {
        exchanges[i]->again_unseen = scs_again_unseen(exchanges[i], connections, num_connections);
        place(&s, exchanges[i]);
        rest(&s, i);
    }
    add_blocked(&s, connections, num_connections);
    struct scs_enrolment **all = finish_drafts(&s);
    if (s.num > 1) {
        qsort(all, s.num, sizeof *all, by_start);
    }
    for (uint32_t i = 0; i < s.num; i++) {
        all[i]->id = i + 1;
        for (uint32_t k = 0; k < all[i]->num_exchanges; k++) {
            exchanges[all[i]->exchanges[k] - 1]->enrolment = i + 1;
        }
        for (uint32_t k = 0; k < all[i]->num_policy_exchanges; k++) {
            exchanges[all[i]->policy_exchanges[k] - 1]->enrolment = i + 1;
        }
        rest(&s, i);
    }
    *num = s.num;
    free(s.drafts);
    free(s.entries);
    return (const struct scs_enrolment *const *)all;
}
