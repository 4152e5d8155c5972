/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"

#define SETTLE_MS 2000u
#define AGAIN_MS  60000u

/* One finding, from its first look on. */
struct told {
    const char *id; /* of the rule: lives for ever */
    char *group;
    uint32_t number;                  /* 0: it has not been said yet */
    uint32_t serial;                  /* of an exchange it speaks of; 0: of none */
    scs_frame connection;             /* the first frame of a connection it speaks of; 0 */
    uint32_t place;                   /* in the model of this look, from 1; 0: it is not there */
    bool there;                       /* in the look before */
    enum scs_severity severity, said; /* as of the last look, and as said */
    uint32_t count;                   /* as of the last look */
    uint64_t left;                    /* occurrences that have left memory by then */
    uint64_t total;                   /* both, as said */
    uint32_t recovered;               /* as said */
    uint64_t since_ms;                /* when it came to be there, gone, or as severe as it is */
    uint64_t said_ms;
};

struct scs_news {
    struct scs_hash_key key;
    struct told *all;
    uint32_t num, room;
    uint32_t *slots; /* index in `all` + 1, by hash of id and group */
    uint32_t num_slots;
    uint32_t num_said;
    uint64_t departed; /* exchanges and connections that have left memory, as of the last look */
    uint64_t due_ms;
};

struct scs_news *scs_news_new(void)
{
    struct scs_news *n = scs_xcalloc(1, sizeof *n);
    n->key = scs_hash_key_random();
    n->due_ms = UINT64_MAX;
    return n;
}

void scs_news_free(struct scs_news *n)
{
    if (n != NULL) {
        for (uint32_t i = 0; i < n->num; i++) {
            free(n->all[i].group);
        }
        free(n->all);
        free(n->slots);
        free(n);
    }
}

uint64_t scs_news_due(const struct scs_news *n)
{
    return n->due_ms;
}

/* ---- which finding of the last look is this? ------------------------------------------------------- */

static uint32_t *slot_of(const struct scs_news *n, const char *id, const char *group)
{
    uint64_t hash = scs_hash(&n->key, id, strlen(id)) * 31 + scs_hash(&n->key, group, strlen(group));
    for (;; hash++) {
        uint32_t *slot = &n->slots[hash % n->num_slots];
        const struct told *t = *slot == 0 ? NULL : &n->all[*slot - 1];
        if (t == NULL || (strcmp(t->id, id) == 0 && strcmp(t->group, group) == 0)) {
            return slot;
        }
    }
}

/* Room for `more`, and at least half of the slots free. */
static void make_room(struct scs_news *n, uint32_t more)
{
    uint32_t wanted = (n->num + more + 1) * 2;
    if (n->room < n->num + more) {
        n->room = n->num + more;
        n->all = scs_xrealloc(n->all, n->room, sizeof *n->all);
    }
    if (n->num_slots < wanted) {
        n->num_slots = wanted * 2;
        n->slots = scs_xrealloc(n->slots, n->num_slots, sizeof *n->slots);
    }
    memset(n->slots, 0, n->num_slots * sizeof *n->slots);
    for (uint32_t i = 0; i < n->num; i++) {
        *slot_of(n, n->all[i].id, n->all[i].group) = i + 1;
    }
}

static void see(struct scs_news *n, const struct scs_model *m, uint32_t place)
{
    const struct scs_finding *f = m->findings[place];
    const struct scs_exchange *x = scs_model_exchange(m, f->exchange);
    const struct scs_connection *c = scs_model_connection(m, f->connection);
    uint32_t *slot = slot_of(n, f->id, f->group);
    if (*slot == 0) {
        n->all[n->num++] = (struct told){.id = f->id, .group = scs_xstrdup(f->group)};
        *slot = n->num;
    }
    struct told *t = &n->all[*slot - 1];
    t->place = place + 1;
    t->serial = x != NULL ? x->serial : 0;
    t->connection = c != NULL ? c->first_frame : 0;
}

static void see_all(struct scs_news *n, const struct scs_model *m)
{
    for (uint32_t i = 0; i < n->num; i++) {
        n->all[i].place = 0;
    }
    make_room(n, m->num_findings);
    for (uint32_t i = 0; i < m->num_findings; i++) {
        see(n, m, i);
    }
}

/* Those that are of no interest any more leave: their number is 0 and they are not there. */
static void drop_gone(struct scs_news *n)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < n->num; i++) {
        if (n->all[i].number == 0 && n->all[i].place == 0) {
            free(n->all[i].group);
        } else {
            n->all[left++] = n->all[i];
        }
    }
    n->num = left;
}

/* ---- is it to be said? ------------------------------------------------------------------------------- */

static bool waits_for_end(const char *id)
{
    static const char *const of_all[] = {"cap-no-scep", "cap-no-loopback", "cap-short", "cap-encrypted"};
    for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++) {
        if (strcmp(id, of_all[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void is_due(struct scs_news *n, uint64_t at_ms)
{
    n->due_ms = at_ms < n->due_ms ? at_ms : n->due_ms;
}

/* True when at_ms has come; else it will be due then. */
static bool ripe(struct scs_news *n, uint64_t at_ms, uint64_t now_ms, bool at_once)
{
    if (now_ms >= at_ms || at_once) {
        return true;
    }
    is_due(n, at_ms);
    return false;
}

/* Where some of it has left memory, what stayed is no better for that. */
static bool weighs_less(const struct told *t, const struct scs_finding *f)
{
    return f->severity < t->said && t->left == 0;
}

static bool differs(const struct told *t, const struct scs_finding *f)
{
    return f->severity > t->said || weighs_less(t, f) || f->recovered > t->recovered || t->left + f->count > t->total;
}

static enum scs_news_kind kind_of(const struct told *t, const struct scs_finding *f)
{
    return t->number == 0                  ? SCS_NEWS_FOUND
           : f->severity > t->said         ? SCS_NEWS_WORSE
           : f->recovered > t->recovered   ? SCS_NEWS_RECOVERED
           : weighs_less(t, f)             ? SCS_NEWS_BETTER
           : t->left + f->count > t->total ? SCS_NEWS_MORE
                                           : SCS_NEWS_LAST;
}

static bool wants_words(struct scs_news *n, const struct told *t, const struct scs_finding *f, uint64_t now_ms,
                        enum scs_news_wait wait)
{
    bool over = wait == SCS_NEWS_OVER;
    if (t->number == 0) {
        return !(waits_for_end(t->id) && !over) && ripe(n, t->since_ms + SETTLE_MS, now_ms, wait != SCS_NEWS_SETTLE);
    }
    uint64_t settled_ms = t->since_ms + SETTLE_MS, again_ms = t->said_ms + AGAIN_MS;
    if (!differs(t, f)) {
        return over && t->left == 0; /* else it was told of more than there is now */
    }
    return ripe(n, f->severity > t->said || settled_ms > again_ms ? settled_ms : again_ms, now_ms, over);
}

/* ---- saying it ------------------------------------------------------------------------------------- */

struct speaker {
    const struct scs_model *m;
    uint64_t now_ms;
    enum scs_news_wait wait;
    bool thinned; /* something left memory since the last look */
    void (*say)(void *ctx, const struct scs_news_item *item);
    void *ctx;
};

static void say(struct scs_news *n, const struct speaker *s, struct told *t, const struct scs_finding *f)
{
    struct scs_news_item item = {.kind = kind_of(t, f), .id = t->id, .finding = f, .total = t->left + f->count};
    if (t->number == 0) {
        t->number = ++n->num_said;
    }
    t->said = f->severity;
    t->total = item.total;
    t->recovered = f->recovered;
    t->said_ms = s->now_ms;
    item.number = t->number;
    s->say(s->ctx, &item);
}

static void look_at(struct scs_news *n, const struct speaker *s, struct told *t)
{
    const struct scs_finding *f = s->m->findings[t->place - 1];
    if (!t->there || t->severity != f->severity) {
        t->since_ms = s->now_ms;
    }
    t->there = true;
    t->severity = f->severity;
    t->left += s->thinned && f->count < t->count ? t->count - f->count : 0;
    t->count = f->count;
    if (wants_words(n, t, f, s->now_ms, s->wait)) {
        say(n, s, t, f);
    }
}

static bool still_known(const struct scs_model *m, const struct told *t)
{
    for (uint32_t i = 0; i < m->num_exchanges && t->serial != 0; i++) {
        if (m->exchanges[i]->serial == t->serial) {
            return true;
        }
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_connections && t->serial == 0; i++) {
        if (m->connections[i]->first_frame == t->connection) {
            return true;
        }
    }
    return t->serial == 0 && t->connection == 0;
}

/* The finding whose consequence it is now. */
static const char *instead_of(const struct scs_model *m, const struct told *t)
{
    for (uint32_t i = 0; i < m->num_findings; i++) {
        const struct scs_finding *f = m->findings[i];
        for (uint32_t k = 0; k < f->num_consequences; k++) {
            if (strcmp(f->consequences[k], t->id) == 0 && strcmp(f->group, t->group) == 0) {
                return f->id;
            }
        }
    }
    return NULL;
}

static void miss(struct scs_news *n, const struct speaker *s, struct told *t)
{
    if (t->there) {
        t->since_ms = s->now_ms;
        t->there = false;
    }
    if (t->number == 0 || !ripe(n, t->since_ms + SETTLE_MS, s->now_ms, s->wait == SCS_NEWS_OVER)) {
        return;
    }
    if (still_known(s->m, t)) {
        struct scs_news_item item = {
            .kind = SCS_NEWS_WITHDRAWN, .id = t->id, .number = t->number, .instead = instead_of(s->m, t)};
        s->say(s->ctx, &item);
    }
    t->number = 0;
}

void scs_news_look(struct scs_news *n, const struct scs_model *m, uint64_t now_ms, enum scs_news_wait wait,
                   void (*say_item)(void *ctx, const struct scs_news_item *item), void *ctx)
{
    struct speaker s = {.m = m, .now_ms = now_ms, .wait = wait, .say = say_item, .ctx = ctx};
    uint64_t departed = m->departed != NULL ? m->departed->exchanges + m->departed->connections : 0;
    s.thinned = departed != n->departed;
    n->departed = departed;
    n->due_ms = UINT64_MAX;
    see_all(n, m);
    for (uint32_t i = 0; i < n->num; i++) {
        if (n->all[i].place == 0) {
            miss(n, &s, &n->all[i]);
        }
    }
    /* In the model's order: errors first. */
    for (uint32_t i = 0; i < m->num_findings; i++) {
        look_at(n, &s, &n->all[*slot_of(n, m->findings[i]->id, m->findings[i]->group) - 1]);
    }
    drop_gone(n);
}
