/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/lookups.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "dissectors/dns.h"

#define SECOND INT64_C(1000000000)
/* The same question with the same id again within this time, and no answer between, was captured twice. */
#define DUPLICATE_NS (SECOND / 100)
/* Resolvers of operating systems give up after 10 to 30 seconds; a question a minute later is another attempt. */
#define SILENCE_NS (60 * SECOND)
/* A host found this long before or after a failure was found all the same. */
#define RECOVERY_NS (60 * SECOND)
#define NUM_CHAINS  SCS_MAX_LOOKUPS
#define NONE        UINT32_MAX

struct entry {
    struct scs_lookup facts; /* name, addrs and aliases point into this entry's own memory */
    uint16_t last_id;
    bool truncated;
    bool exists; /* the last answer has records, however much of it was seen */
    struct scs_addr addrs[SCS_MAX_LOOKUP_ADDRS];
    char *name;
    char *aliases[SCS_MAX_LOOKUP_ALIASES];
};

/* An entry's place in its chain. Apart from the entries: looking for one must not touch the others. */
struct link {
    uint64_t hash;
    uint32_t next;
};

/* A ring, oldest first from `start`, with chains by hash for the entry of a question. */
struct scs_lookups {
    struct scs_hash_key key;
    struct entry *entries;
    struct link *links; /* of each entry */
    uint32_t num, cap, start;
    uint64_t dropped, untold;
    uint32_t chains[NUM_CHAINS];
};

struct scs_lookups *scs_lookups_new(void)
{
    struct scs_lookups *l = scs_xcalloc(1, sizeof *l);
    l->key = scs_hash_key_random();
    for (uint32_t i = 0; i < NUM_CHAINS; i++) {
        l->chains[i] = NONE;
    }
    return l;
}

static void clear_aliases(struct entry *e)
{
    for (uint32_t i = 0; i < e->facts.num_aliases; i++) {
        free(e->aliases[i]);
    }
    e->facts.num_aliases = 0;
}

static void clear(struct entry *e)
{
    clear_aliases(e);
    free(e->name);
    e->name = NULL;
}

void scs_lookups_free(struct scs_lookups *l)
{
    if (l != NULL) {
        for (uint32_t i = 0; i < l->num; i++) {
            clear(&l->entries[i]);
        }
        free(l->entries);
        free(l->links);
        free(l);
    }
}

/* ---- the table ----------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct scs_lookups *l, const struct scs_addr *client, uint16_t type, const char *name)
{
    uint8_t identity[19 + SCS_DNS_NAME_TEXT];
    size_t len = strlen(name);
    identity[0] = client->family;
    memcpy(identity + 1, client->bytes, sizeof client->bytes);
    identity[17] = (uint8_t)(type >> 8);
    identity[18] = (uint8_t)type;
    memcpy(identity + 19, name, len);
    return scs_hash(&l->key, identity, 19 + len);
}

/* The latest look-up of this name by this client, whose hash is given; NULL. */
static struct entry *find(struct scs_lookups *l, uint64_t hash, const struct scs_addr *client, uint16_t type, const char *name)
{
    for (uint32_t i = l->chains[hash % NUM_CHAINS]; i != NONE; i = l->links[i].next) {
        const struct scs_lookup *facts = &l->entries[i].facts;
        if (l->links[i].hash == hash && facts->type == type && scs_addr_equal(&facts->client, client) &&
            strcmp(l->entries[i].name, name) == 0) {
            return &l->entries[i];
        }
    }
    return NULL;
}

static void unchain(struct scs_lookups *l, uint32_t index)
{
    uint32_t *at = &l->chains[l->links[index].hash % NUM_CHAINS];
    while (*at != index) {
        at = &l->links[*at].next;
    }
    *at = l->links[index].next;
}

static uint32_t take_place(struct scs_lookups *l)
{
    if (l->num < SCS_MAX_LOOKUPS) {
        if (l->num == l->cap) {
            l->cap = l->cap == 0 ? 64 : l->cap * 2;
            l->entries = scs_xrealloc(l->entries, l->cap, sizeof *l->entries);
            l->links = scs_xrealloc(l->links, l->cap, sizeof *l->links);
        }
        return l->num++;
    }
    uint32_t oldest = l->start;
    l->start = (l->start + 1) % SCS_MAX_LOOKUPS;
    l->dropped++;
    unchain(l, oldest);
    clear(&l->entries[oldest]);
    return oldest;
}

static struct entry *begin(struct scs_lookups *l, uint64_t hash, const struct scs_dns_message *m, const struct scs_addr *client,
                           int64_t ts_ns)
{
    uint32_t index = take_place(l);
    struct entry *e = &l->entries[index];
    *e = (struct entry){.last_id = m->id};
    e->facts =
        (struct scs_lookup){.type = m->type, .client = *client, .first_ns = ts_ns, .last_ns = ts_ns, .answered_ns = SCS_NO_TIME};
    size_t size = strlen(m->name) + 1;
    e->name = scs_xmalloc(size);
    memcpy(e->name, m->name, size);
    l->links[index] = (struct link){.hash = hash, .next = l->chains[hash % NUM_CHAINS]};
    l->chains[hash % NUM_CHAINS] = index;
    return e;
}

/* ---- packets ------------------------------------------------------------------------------------- */

/* The answer that was cut (TC) leads to the same question again, over TCP. RFC 7766 5. */
static bool has_good_answer(const struct entry *e)
{
    return e->facts.answered_ns != SCS_NO_TIME && e->facts.rcode == SCS_DNS_NOERROR && !e->truncated;
}

static void note_query(struct scs_lookups *l, const struct scs_dns_arrival *arrival, const struct scs_dns_message *m)
{
    int64_t now = arrival->ts_ns;
    uint64_t hash = hash_of(l, &arrival->src.addr, m->type, m->name);
    struct entry *e = find(l, hash, &arrival->src.addr, m->type, m->name);
    if (e == NULL || has_good_answer(e) || now - e->facts.last_ns > SILENCE_NS) {
        e = begin(l, hash, m, &arrival->src.addr, now);
    } else if (e->last_id == m->id && now - e->facts.last_ns < DUPLICATE_NS && e->facts.answered_ns == SCS_NO_TIME) {
        return;
    }
    struct scs_lookup *facts = &e->facts;
    if (facts->queries < sizeof facts->query_frames / sizeof *facts->query_frames) {
        facts->query_frames[facts->queries] = arrival->frame;
    }
    facts->queries++;
    facts->resolver = arrival->dst.addr;
    facts->last_ns = now;
    e->last_id = m->id;
}

static void note_answer(struct scs_lookups *l, const struct scs_dns_arrival *arrival, const struct scs_dns_message *m, bool whole)
{
    int64_t now = arrival->ts_ns;
    uint64_t hash = hash_of(l, &arrival->dst.addr, m->type, m->name);
    struct entry *e = find(l, hash, &arrival->dst.addr, m->type, m->name);
    if (e == NULL || now - e->facts.last_ns > SILENCE_NS) {
        e = begin(l, hash, m, &arrival->dst.addr, now);
    }
    struct scs_lookup *facts = &e->facts;
    /* One of several resolvers has said it already. */
    if (has_good_answer(e)) {
        return;
    }
    facts->resolver = arrival->src.addr;
    facts->rcode = m->rcode;
    facts->answered_ns = now;
    facts->answer_frame = arrival->frame;
    facts->outcome = m->num_records != 0 ? SCS_LOOKUP_ANSWERED : SCS_LOOKUP_EMPTY;
    e->truncated = m->truncated || !whole;
    e->exists = m->rcode == SCS_DNS_NOERROR && m->num_records != 0;
    memcpy(e->addrs, m->addrs, sizeof e->addrs);
    facts->num_addrs = m->num_addrs;
    clear_aliases(e);
    for (uint32_t i = 0; i < m->num_aliases; i++) {
        size_t size = strlen(m->aliases[i]) + 1;
        e->aliases[i] = scs_xmalloc(size);
        memcpy(e->aliases[i], m->aliases[i], size);
    }
    facts->num_aliases = m->num_aliases;
}

void scs_lookups_arrival(struct scs_lookups *l, const struct scs_dns_arrival *arrival)
{
    struct scs_dns_message m;
    enum scs_status st = scs_dns_read(&arrival->bytes, &m);
    if ((st != SCS_OK && st != SCS_MORE) || arrival->ts_ns == SCS_NO_TIME) {
        return;
    }
    if (!m.response && arrival->dst.port == SCS_DNS_PORT) {
        note_query(l, arrival, &m);
    } else if (m.response && arrival->src.port == SCS_DNS_PORT) {
        note_answer(l, arrival, &m, st == SCS_OK);
    }
}

void scs_lookups_segment(struct scs_lookups *l, const struct scs_segment *seg)
{
    scs_lookups_arrival(
        l,
        &(struct scs_dns_arrival){
            .src = seg->src, .dst = seg->dst, .bytes = seg->payload, .frame = seg->packet->frame, .ts_ns = seg->packet->ts_ns});
}

static bool has_address(const struct entry *e, const struct scs_addr *addr)
{
    for (uint32_t i = 0; i < e->facts.num_addrs; i++) {
        if (scs_addr_equal(&e->addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

const char *scs_lookups_name(const struct scs_lookups *l, const struct scs_addr *client, const struct scs_addr *server,
                             int64_t ts_ns)
{
    const struct entry *found = NULL;
    for (uint32_t i = 0; i < l->num; i++) {
        const struct entry *e = &l->entries[i];
        if (e->facts.answered_ns != SCS_NO_TIME && e->facts.answered_ns <= ts_ns && scs_addr_equal(&e->facts.client, client) &&
            has_address(e, server) && (found == NULL || e->facts.answered_ns > found->facts.answered_ns)) {
            found = e;
        }
    }
    return found == NULL ? NULL : found->name;
}

uint64_t scs_lookups_dropped(const struct scs_lookups *l)
{
    return l->dropped + l->untold;
}

/* ---- what concerns SCEP -------------------------------------------------------------------------- */

/* Host names of SCEP requests and ClientHellos, in lower case and without port. Pointers of equal texts are often equal. */
struct hosts {
    struct scs_arena *scratch;
    const char *as_sent[SCS_MAX_HOST_NAMES];
    const char *names[SCS_MAX_HOST_NAMES];
    uint32_t num;
};

/* NULL for an address, and past the limit. */
static const char *host_name(struct hosts *h, const char *as_sent)
{
    for (uint32_t i = 0; as_sent != NULL && i < h->num; i++) {
        if (h->as_sent[i] == as_sent || scs_text_equal(h->as_sent[i], as_sent)) {
            return h->names[i];
        }
    }
    struct scs_endpoint address;
    size_t len = as_sent == NULL ? 0 : strcspn(as_sent, ":");
    if (len > 0 && as_sent[len - 1] == '.') {
        len--;
    }
    if (len == 0 || len >= SCS_DNS_NAME_TEXT || h->num == SCS_MAX_HOST_NAMES || scs_endpoint_parse(as_sent, &address)) {
        return NULL;
    }
    char *name = scs_arena_dup(h->scratch, as_sent, len + 1);
    name[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        name[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    }
    h->as_sent[h->num] = as_sent;
    h->names[h->num] = name;
    return h->names[h->num++];
}

static bool is_host(const struct hosts *h, const char *name)
{
    for (uint32_t i = 0; i < h->num; i++) {
        if (strcmp(h->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* `word` begins one of the name's words: "ndes" does in "srv-ndes1", not in "landesbank". */
static bool has_word(const char *name, const char *word)
{
    for (const char *at = strstr(name, word); at != NULL; at = strstr(at + 1, word)) {
        if (at == name || !is_letter(at[-1])) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static bool is_app_proxy(const char *name)
{
    return ends_with(name, ".msappproxy.net");
}

bool scs_lookup_like_scep(const char *name)
{
    return is_app_proxy(name) || has_word(name, "ndes") || has_word(name, "mscep") ||
           (has_word(name, "scep") && !has_word(name, "scept"));
}

static bool is_background(const char *name)
{
    return strncmp(name, "wpad.", 5) == 0 || strncmp(name, "isatap.", 7) == 0 || strcmp(name, "wpad") == 0 ||
           strcmp(name, "isatap") == 0 || ends_with(name, ".arpa");
}

static bool is_server(const struct scs_model *m, const struct scs_addr *addr)
{
    for (uint32_t i = 0; i < m->num_servers; i++) {
        if (scs_addr_equal(&m->servers[i]->endpoint.addr, addr)) {
            return true;
        }
    }
    return false;
}

static bool failed(const struct scs_lookup *facts)
{
    return facts->outcome == SCS_LOOKUP_NO_NAME || facts->outcome == SCS_LOOKUP_FAILED || facts->outcome == SCS_LOOKUP_UNANSWERED;
}

static void settle(struct entry *e)
{
    struct scs_lookup *facts = &e->facts;
    if (facts->answered_ns == SCS_NO_TIME) {
        facts->outcome = SCS_LOOKUP_UNANSWERED;
    } else if (facts->rcode != SCS_DNS_NOERROR) {
        facts->outcome = facts->rcode == SCS_DNS_NXDOMAIN ? SCS_LOOKUP_NO_NAME : SCS_LOOKUP_FAILED;
    } else if (e->truncated && facts->num_addrs == 0) {
        facts->outcome = SCS_LOOKUP_EMPTY;
    }
}

static uint8_t concern_of(const struct entry *e, const struct hosts *h, const struct scs_model *m)
{
    bool app_proxy = is_app_proxy(e->name);
    unsigned concern = (is_host(h, e->name) ? SCS_LOOKUP_HOST : 0u) | (app_proxy ? SCS_LOOKUP_APP_PROXY : 0u) |
                       (scs_lookup_like_scep(e->name) ? SCS_LOOKUP_LIKE_SCEP : 0u);
    if (failed(&e->facts) && is_server(m, &e->facts.client)) {
        concern |= SCS_LOOKUP_BY_SERVER | (is_background(e->name) ? SCS_LOOKUP_BACK_GROUND : 0u);
    }
    return (uint8_t)concern;
}

/* The same host: equal up to the first dot. A searched suffix changes the rest. RFC 1535. */
static bool same_host(const char *a, const char *b)
{
    size_t len = strcspn(a, ".");
    return len == strcspn(b, ".") && memcmp(a, b, len) == 0;
}

static bool found_anyway(const struct scs_lookups *l, const struct scs_lookup *facts, const char *name)
{
    for (uint32_t i = 0; i < l->num; i++) {
        const struct scs_lookup *other = &l->entries[i].facts;
        if (l->entries[i].exists && other->answered_ns >= facts->first_ns - RECOVERY_NS &&
            other->answered_ns <= facts->last_ns + RECOVERY_NS && scs_addr_equal(&other->client, &facts->client) &&
            same_host(l->entries[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* ---- telling ------------------------------------------------------------------------------------- */

static void collect_hosts(struct scs_lookups *l, struct hosts *h, const struct scs_model *m)
{
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        const char *name = x->request == NULL ? NULL : host_name(h, x->request->host);
        if (name != NULL) {
            static const uint16_t types[] = {SCS_DNS_A, SCS_DNS_AAAA};
            const struct scs_addr *client = &x->connection->client.addr;
            for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
                struct entry *e = find(l, hash_of(l, client, types[k], name), client, types[k], name);
                if (e != NULL && e->facts.exchange == 0 && e->facts.first_ns <= x->started_ns) {
                    e->facts.exchange = x->id;
                }
            }
        }
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        if ((c->flags & (SCS_CONN_SCEP_SERVER | SCS_CONN_NAMED_SERVER)) != 0) {
            (void)host_name(h, c->tls != NULL ? c->tls->sni : NULL);
        }
        scs_model_rest(m, i);
    }
}

static const struct scs_lookup *copy(const struct entry *e, struct scs_arena *keep, uint32_t id)
{
    struct scs_lookup *facts = scs_arena_dup(keep, &e->facts, sizeof *facts);
    const char **aliases = SCS_ARENA_ARRAY(keep, facts->num_aliases, const char *);
    for (uint32_t i = 0; i < facts->num_aliases; i++) {
        aliases[i] = scs_arena_strdup(keep, e->aliases[i]);
    }
    facts->id = id;
    facts->name = scs_arena_strdup(keep, e->name);
    facts->aliases = aliases;
    facts->addrs = scs_arena_dup(keep, e->addrs, facts->num_addrs * sizeof *e->addrs);
    return facts;
}

/* Marks the first entries of one kind as told, until there are enough. */
static uint32_t choose(struct scs_lookups *l, bool *told, bool failures, uint32_t num)
{
    for (uint32_t i = 0; i < l->num; i++) {
        uint32_t at = (l->start + i) % l->num;
        if (l->entries[at].facts.concern == 0 || failed(&l->entries[at].facts) != failures) {
            continue;
        }
        if (num == SCS_MAX_LOOKUPS_TOLD) {
            l->untold++;
            continue;
        }
        told[at] = true;
        num++;
    }
    return num;
}

const struct scs_lookup *const *scs_lookups_tell(struct scs_lookups *l, const struct scs_model *m, struct scs_arena *keep,
                                                 uint32_t *num)
{
    *num = 0;
    if (l->num == 0) {
        return NULL;
    }
    struct hosts hosts = {.scratch = scs_arena_new()};
    l->untold = 0;
    bool *told = SCS_ARENA_ARRAY(hosts.scratch, l->num, bool);
    collect_hosts(l, &hosts, m);
    for (uint32_t i = 0; i < l->num; i++) {
        settle(&l->entries[i]);
        l->entries[i].facts.concern = concern_of(&l->entries[i], &hosts, m);
    }
    uint32_t most = choose(l, told, false, choose(l, told, true, 0));
    const struct scs_lookup **out = SCS_ARENA_ARRAY(keep, most, const struct scs_lookup *);
    for (uint32_t i = 0; i < l->num; i++) {
        struct entry *e = &l->entries[(l->start + i) % l->num];
        if (told[(l->start + i) % l->num]) {
            e->facts.recovered = failed(&e->facts) && found_anyway(l, &e->facts, e->name);
            out[*num] = copy(e, keep, *num + 1);
            (*num)++;
        }
    }
    scs_arena_free(hosts.scratch);
    return out;
}
