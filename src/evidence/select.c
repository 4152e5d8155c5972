/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "dissectors/dns.h"

/* Late copies of a connection's last packets, and errors about packets that were long on their way. */
#define LATE_NS  INT64_C(1000000000)
#define DNS_PORT 53u

/* A name that gave a chosen connection its server's address, and who asked. */
struct asked {
    struct scs_addr client;
    uint16_t type;
    char *name;
};

/* Two addresses between which a connection was chosen, in order. */
struct hosts {
    struct scs_addr low, high;
};

struct scs_selection {
    const struct scs_model *m;
    struct scs_selected *all; /* by pair, then by time */
    uint32_t num, room;
    scs_frame *frames; /* ascending, each once */
    uint32_t num_frames, room_frames;
    struct hosts *hosts; /* sorted; fragments and look-ups ask for them, and there may be many of each */
    size_t num_hosts;
    bool *lookups; /* chosen, by id */
    struct asked *asked;
    uint32_t num_asked, room_asked;
};

/* ---- connections in order ------------------------------------------------------------------------ */

static int compare_addrs(const struct scs_addr *a, const struct scs_addr *b)
{
    if (a->family != b->family) {
        return a->family < b->family ? -1 : 1;
    }
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int compare_endpoints(const struct scs_endpoint *a, const struct scs_endpoint *b)
{
    int order = compare_addrs(&a->addr, &b->addr);
    return order != 0 ? order : (a->port > b->port) - (a->port < b->port);
}

static int compare_pairs(const struct scs_selected *a, const struct scs_selected *b)
{
    int order = compare_endpoints(&a->low, &b->low);
    return order != 0 ? order : compare_endpoints(&a->high, &b->high);
}

static int by_pair(const void *x, const void *y)
{
    const struct scs_selected *a = x, *b = y;
    int order = compare_pairs(a, b);
    return order != 0 ? order : (a->opened_ns > b->opened_ns) - (a->opened_ns < b->opened_ns);
}

static struct hosts hosts_of(const struct scs_addr *a, const struct scs_addr *b)
{
    bool ordered = compare_addrs(a, b) <= 0;
    return ordered ? (struct hosts){.low = *a, .high = *b} : (struct hosts){.low = *b, .high = *a};
}

static int by_hosts(const void *x, const void *y)
{
    const struct hosts *a = x, *b = y;
    int order = compare_addrs(&a->low, &b->low);
    return order != 0 ? order : compare_addrs(&a->high, &b->high);
}

static void set_pair(struct scs_selected *s, const struct scs_endpoint *a, const struct scs_endpoint *b)
{
    bool ordered = compare_endpoints(a, b) <= 0;
    s->low = ordered ? *a : *b;
    s->high = ordered ? *b : *a;
}

static struct scs_selected *add(struct scs_selection *s)
{
    if (s->num == s->room) {
        s->room = s->room == 0 ? 64 : s->room * 2;
        s->all = scs_xrealloc(s->all, s->room, sizeof *s->all);
    }
    s->all[s->num] = (struct scs_selected){0};
    return &s->all[s->num++];
}

/* ---- frames -------------------------------------------------------------------------------------- */

static int by_number(const void *x, const void *y)
{
    scs_frame a = *(const scs_frame *)x, b = *(const scs_frame *)y;
    return (a > b) - (a < b);
}

static void name_frame(struct scs_selection *s, scs_frame frame)
{
    if (frame == 0) {
        return;
    }
    if (s->num_frames == s->room_frames) {
        s->room_frames = s->room_frames == 0 ? 256 : s->room_frames * 2;
        s->frames = scs_xrealloc(s->frames, s->room_frames, sizeof *s->frames);
    }
    s->frames[s->num_frames++] = frame;
}

static void sort_frames(struct scs_selection *s)
{
    uint32_t kept = 0;
    if (s->num_frames > 1) {
        qsort(s->frames, s->num_frames, sizeof *s->frames, by_number);
    }
    for (uint32_t i = 0; i < s->num_frames; i++) {
        if (kept == 0 || s->frames[kept - 1] != s->frames[i]) {
            s->frames[kept++] = s->frames[i];
        }
    }
    s->num_frames = kept;
}

bool scs_selection_frame(const struct scs_selection *s, scs_frame frame)
{
    return s->num_frames != 0 && bsearch(&frame, s->frames, s->num_frames, sizeof frame, by_number) != NULL;
}

/* ---- what the findings speak of ------------------------------------------------------------------ */

/* While choosing, by the connection's place in the model. */
struct choice {
    struct scs_selection *s;
    const struct scs_model *m;
    bool *connections, *exchanges;
};

static void choose_connection(struct choice *c, uint32_t id)
{
    uint32_t low = 0, high = c->m->num_connections;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->m->connections[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < c->m->num_connections && c->m->connections[low]->id == id) {
        c->connections[low] = true;
    }
}

static void choose_exchange(struct choice *c, uint32_t id)
{
    const struct scs_exchange *x = scs_model_exchange(c->m, id);
    if (x != NULL) {
        c->exchanges[id - 1] = true;
        choose_connection(c, x->connection->id);
    }
}

static void choose_enrolment(struct choice *c, uint32_t id)
{
    const struct scs_enrolment *e = scs_model_enrolment(c->m, id);
    for (uint32_t i = 0; e != NULL && i < e->num_exchanges; i++) {
        choose_exchange(c, e->exchanges[i]);
    }
    for (uint32_t i = 0; e != NULL && i < e->num_policy_exchanges; i++) {
        choose_exchange(c, e->policy_exchanges[i]);
    }
}

static void choose_exchange_with_enrolment(struct choice *c, uint32_t id)
{
    const struct scs_exchange *x = scs_model_exchange(c->m, id);
    choose_exchange(c, id);
    choose_enrolment(c, x != NULL ? x->enrolment : 0);
}

/* The capture lacks something of it, and findings about the capture count such connections. */
static bool is_blemished(const struct scs_connection *k)
{
    const uint32_t flags = SCS_CONN_MIDSTREAM | SCS_CONN_ONE_WAY | SCS_CONN_SNAPLEN;
    return (k->flags & flags) != 0 || k->duplicates != 0 || k->half[0].missing_bytes != 0 || k->half[1].missing_bytes != 0 ||
           (k->tls != NULL && (k->tls->flags & SCS_TLS_DECRYPTED) == 0);
}

static void choose_blemished(struct choice *c)
{
    for (uint32_t i = 0; i < c->m->num_connections; i++) {
        c->connections[i] = c->connections[i] || is_blemished(c->m->connections[i]);
        scs_model_rest(c->m, i);
    }
}

static void choose_finding(struct choice *c, const struct scs_finding *f)
{
    uint32_t most = f->severity == SCS_SEV_INFO ? SCS_EVIDENCE_NOTES : UINT32_MAX;
    choose_connection(c, f->connection);
    choose_exchange_with_enrolment(c, f->exchange);
    choose_enrolment(c, f->enrolment);
    for (uint32_t i = 0; i < f->num_exchanges && i < most; i++) {
        choose_exchange_with_enrolment(c, f->exchanges[i]);
    }
    for (uint32_t i = 0; i < f->num_enrolments && i < most; i++) {
        choose_enrolment(c, f->enrolments[i]);
    }
    for (uint32_t i = 0; i < f->num_frames; i++) {
        name_frame(c->s, f->frames[i]);
    }
    if (f->connection == 0 && f->exchange == 0 && f->enrolment == 0) {
        choose_blemished(c);
    }
}

/* What a server last said of itself before each exchange chosen, and what makes it known as a SCEP server at all. */
static void choose_context(struct choice *c)
{
    uint32_t num = c->m->num_servers;
    struct known {
        uint32_t caps, certs, page, first;
    } *known = scs_xcalloc(num + 1, sizeof *known);
    for (uint32_t i = 0; i < c->m->num_exchanges; i++) {
        const struct scs_exchange *x = c->m->exchanges[i];
        const struct scs_server *server = scs_model_server(c->m, &x->connection->server);
        struct known *k = &known[server != NULL && server->id <= num ? server->id : 0];
        if (c->exchanges[i]) {
            choose_exchange(c, k->caps);
            choose_exchange(c, k->certs);
            choose_exchange(c, k->page);
        }
        k->caps = x->caps != NULL && x->outcome == SCS_OUTCOME_OK ? x->id : k->caps;
        k->certs = x->ca_certs != NULL && x->outcome == SCS_OUTCOME_OK ? x->id : k->certs;
        k->page = x->admin != 0 ? x->id : k->page;
        k->first = k->first == 0 ? x->id : k->first;
        scs_model_rest(c->m, i);
    }
    for (uint32_t i = 0; i < c->m->num_connections; i++) {
        const struct scs_connection *k = c->m->connections[i];
        const struct scs_addr *host = (k->flags & SCS_CONN_CA_SIDE) != 0 ? &k->client.addr : &k->server.addr;
        for (uint32_t s = 0; c->connections[i] && k->num_exchanges == 0 && s < num; s++) {
            if (scs_addr_equal(&c->m->servers[s]->endpoint.addr, host) && c->m->servers[s]->id <= num) {
                choose_exchange(c, known[c->m->servers[s]->id].first);
            }
        }
    }
    free(known);
}

/* What NDES asked of its CA: whatever failed, and enough of the rest to show that the CA's side is in the capture. */
static void choose_ca_calls(struct choice *c)
{
    uint32_t good = 0;
    for (uint32_t i = 0; i < c->m->num_ca_calls; i++) {
        const struct scs_ca_call *call = c->m->ca_calls[i];
        if (call->outcome != SCS_CA_ANSWERED || good++ < SCS_EVIDENCE_NOTES) {
            name_frame(c->s, call->first_frame);
            name_frame(c->s, call->last_frame);
        }
    }
}

/* The same client's other questions show whether it found the name in another way. */
static bool asked_by_same(const struct choice *c, const struct scs_lookup *l)
{
    for (uint32_t i = 0; i < c->m->num_lookups; i++) {
        const struct scs_lookup *other = c->m->lookups[i];
        if (scs_addr_equal(&other->client, &l->client) && scs_selection_frame(c->s, other->query_frames[0])) {
            return true;
        }
    }
    return false;
}

static void choose_lookups(struct choice *c)
{
    for (uint32_t i = 0; i < c->m->num_lookups; i++) {
        const struct scs_lookup *l = c->m->lookups[i];
        bool wanted = l->exchange != 0 && l->exchange <= c->m->num_exchanges && c->exchanges[l->exchange - 1];
        wanted = wanted || scs_selection_frame(c->s, l->answer_frame);
        for (size_t q = 0; q < sizeof l->query_frames / sizeof l->query_frames[0]; q++) {
            wanted = wanted || scs_selection_frame(c->s, l->query_frames[q]);
        }
        c->s->lookups[i] = wanted || asked_by_same(c, l);
    }
}

static void keep_choice(struct choice *c, enum scs_scope_of_evidence scope)
{
    bool any = scope == SCS_EVIDENCE_SO_FAR;
    for (uint32_t i = 0; i < c->m->num_connections; i++) {
        any = any || c->connections[i];
    }
    /* Nothing to hold on to: all that was seen of SCEP, or of TLS in its place. */
    bool all = !any && c->s->num_frames == 0;
    for (uint32_t i = 0; i < c->m->num_connections; i++) {
        const struct scs_connection *k = c->m->connections[i];
        struct scs_selected *e = add(c->s);
        set_pair(e, &k->client, &k->server);
        e->connection = k;
        e->opened_ns = k->opened_ns;
        e->last_ns = k->last_ns;
        e->chosen = all || c->connections[i];
        scs_model_rest(c->m, i);
    }
}

struct scs_selection *scs_selection_new(const struct scs_model *m, enum scs_scope_of_evidence scope)
{
    struct scs_selection *s = scs_xcalloc(1, sizeof *s);
    struct choice c = {.s = s,
                       .m = m,
                       .connections = scs_xcalloc(m->num_connections + 1u, sizeof(bool)),
                       .exchanges = scs_xcalloc(m->num_exchanges + 1u, sizeof(bool))};
    s->m = m;
    s->lookups = scs_xcalloc(m->num_lookups + 1u, sizeof(bool));
    for (uint32_t i = 0; i < m->num_findings; i++) {
        choose_finding(&c, m->findings[i]);
    }
    for (uint32_t i = 0; scope != SCS_EVIDENCE_OF_FINDINGS && i < m->num_exchanges; i++) {
        choose_exchange(&c, i + 1);
        scs_model_rest(m, i);
    }
    choose_ca_calls(&c);
    sort_frames(s);
    choose_context(&c);
    keep_choice(&c, scope);
    choose_lookups(&c);
    free(c.connections);
    free(c.exchanges);
    scs_selection_settle(s);
    return s;
}

void scs_selection_free(struct scs_selection *s)
{
    if (s != NULL) {
        free(s->all);
        free(s->frames);
        free(s->hosts);
        for (uint32_t i = 0; i < s->num_asked; i++) {
            free(s->asked[i].name);
        }
        free(s->asked);
        free(s->lookups);
        free(s);
    }
}

/* ---- packets ------------------------------------------------------------------------------------- */

/* The last entry of the pair that began by then; NULL. */
static const struct scs_selected *entry_at(const struct scs_selection *s, const struct scs_selected *pair, int64_t ts_ns)
{
    uint32_t low = 0, high = s->num;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_pairs(&s->all[middle], pair);
        if (order < 0 || (order == 0 && s->all[middle].opened_ns <= ts_ns)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low != 0 && compare_pairs(&s->all[low - 1], pair) == 0 ? &s->all[low - 1] : NULL;
}

const struct scs_selected *scs_selection_find(const struct scs_selection *s, const struct scs_endpoint *a,
                                              const struct scs_endpoint *b, int64_t ts_ns)
{
    struct scs_selected pair;
    set_pair(&pair, a, b);
    const struct scs_selected *e = entry_at(s, &pair, ts_ns);
    bool over = e != NULL && e->connection != NULL && ts_ns - e->last_ns > LATE_NS;
    return e != NULL && e->chosen && !over ? e : NULL;
}

const struct scs_selected *scs_selection_of(const struct scs_selection *s, const struct scs_segment *seg)
{
    if (seg == NULL || (seg->proto != SCS_PROTO_TCP && seg->proto != SCS_PROTO_UDP)) {
        return NULL;
    }
    const struct scs_selected *k = scs_selection_find(s, &seg->src, &seg->dst, seg->packet->ts_ns);
    bool quic =
        k != NULL && k->connection != NULL && k->connection->tls != NULL && (k->connection->tls->flags & SCS_TLS_QUIC) != 0;
    return quic == (seg->proto == SCS_PROTO_UDP) ? k : NULL;
}

bool scs_selection_hosts(const struct scs_selection *s, const struct scs_addr *a, const struct scs_addr *b)
{
    struct hosts pair = hosts_of(a, b);
    return s->num_hosts != 0 && bsearch(&pair, s->hosts, s->num_hosts, sizeof pair, by_hosts) != NULL;
}

/* Reads DNS over UDP; *client: who asks. */
static bool read_dns(const struct scs_segment *seg, struct scs_dns_message *m, const struct scs_addr **client)
{
    bool from_resolver = seg->src.port == DNS_PORT;
    if (seg->proto != SCS_PROTO_UDP || (!from_resolver && seg->dst.port != DNS_PORT)) {
        return false;
    }
    enum scs_status st = scs_dns_read(&seg->payload, m);
    *client = from_resolver ? &seg->dst.addr : &seg->src.addr;
    return st == SCS_OK || st == SCS_MORE;
}

static bool was_asked(const struct scs_selection *s, const struct scs_addr *client, const struct scs_dns_message *m)
{
    for (uint32_t i = 0; i < s->num_asked; i++) {
        const struct asked *a = &s->asked[i];
        if (a->type == m->type && strcmp(a->name, m->name) == 0 && scs_addr_equal(&a->client, client)) {
            return true;
        }
    }
    return false;
}

/* A question or answer of a look-up that was chosen; the name is compared, for one client asks for many. */
static bool wants_dns(const struct scs_selection *s, const struct scs_segment *seg)
{
    struct scs_dns_message m;
    const struct scs_addr *client;
    if (!read_dns(seg, &m, &client)) {
        return false;
    }
    for (uint32_t i = 0; i < s->m->num_lookups; i++) {
        const struct scs_lookup *l = s->m->lookups[i];
        if (s->lookups[i] && l->type == m.type && scs_text_equal(l->name, m.name) && scs_addr_equal(&l->client, client)) {
            return true;
        }
    }
    return was_asked(s, client, &m);
}

/* The answer that led a client to the server of a chosen connection: it gives that server its name. */
static bool add_dns(struct scs_selection *s, const struct scs_segment *seg)
{
    struct scs_dns_message m;
    const struct scs_addr *client;
    bool leads = false;
    if (!read_dns(seg, &m, &client) || s->num_asked == SCS_MAX_HOST_NAMES || was_asked(s, client, &m)) {
        return false;
    }
    for (uint32_t i = 0; i < m.num_addrs && !leads; i++) {
        leads = scs_selection_hosts(s, client, &m.addrs[i]);
    }
    if (!leads) {
        return false;
    }
    if (s->num_asked == s->room_asked) {
        s->room_asked = s->room_asked == 0 ? 16 : s->room_asked * 2;
        s->asked = scs_xrealloc(s->asked, s->room_asked, sizeof *s->asked);
    }
    s->asked[s->num_asked++] = (struct asked){.client = *client, .type = m.type, .name = scs_xstrdup(m.name)};
    return true;
}

bool scs_selection_wants(const struct scs_selection *s, const struct scs_segment *seg)
{
    int64_t ts_ns = seg->packet->ts_ns;
    switch (seg->proto) {
    case SCS_PROTO_TCP:
        return scs_selection_of(s, seg) != NULL;
    case SCS_PROTO_ICMP:
        return scs_selection_find(s, &seg->icmp.src, &seg->icmp.dst, ts_ns) != NULL;
    case SCS_PROTO_UDP:
        return wants_dns(s, seg) || scs_selection_of(s, seg) != NULL;
    default:
        return false;
    }
}

bool scs_selection_add(struct scs_selection *s, const struct scs_segment *seg)
{
    if (seg->proto == SCS_PROTO_UDP) {
        return add_dns(s, seg);
    }
    if (seg->proto != SCS_PROTO_TCP || !scs_selection_frame(s, seg->packet->frame)) {
        return false;
    }
    struct scs_selected *e = add(s);
    set_pair(e, &seg->src, &seg->dst);
    e->opened_ns = seg->packet->ts_ns;
    e->chosen = true;
    return true;
}

static void list_hosts(struct scs_selection *s)
{
    free(s->hosts);
    s->hosts = scs_xcalloc(s->num + 1u, sizeof *s->hosts);
    s->num_hosts = 0;
    for (uint32_t i = 0; i < s->num; i++) {
        if (s->all[i].chosen) {
            s->hosts[s->num_hosts++] = hosts_of(&s->all[i].low.addr, &s->all[i].high.addr);
        }
    }
    if (s->num_hosts > 1) {
        qsort(s->hosts, s->num_hosts, sizeof *s->hosts, by_hosts);
    }
}

/* A pair that a frame pointed to is chosen whole, unless the model knows the connection of that time. */
void scs_selection_settle(struct scs_selection *s)
{
    uint32_t kept = 0;
    if (s->num > 1) {
        qsort(s->all, s->num, sizeof *s->all, by_pair);
    }
    for (uint32_t i = 0; i < s->num; i++) {
        struct scs_selected *e = &s->all[i], *before = kept != 0 ? &s->all[kept - 1] : NULL;
        bool same = before != NULL && compare_pairs(before, e) == 0;
        if (e->connection != NULL || !same) {
            e->opened_ns = e->connection != NULL ? e->opened_ns : INT64_MIN;
            s->all[kept++] = *e;
        } else {
            before->chosen = true;
        }
    }
    s->num = kept;
    for (uint32_t i = 0; i < s->num; i++) {
        s->all[i].id = i;
    }
    list_hosts(s);
}

const struct scs_selected *scs_selection_all(const struct scs_selection *s, uint32_t *num)
{
    *num = s->num;
    return s->all;
}
