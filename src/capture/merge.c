/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/merge.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* Packets read ahead of one file. They borrow its buffer, so a batch ends where one file has to read on. */
#define LANE_PACKETS (4u * SCS_BATCH)

struct lane {
    struct scs_reader *reader;
    size_t at, num;
    bool idle; /* nothing now: not in the heap, but asked again */
    struct scs_packet packets[LANE_PACKETS];
};

struct scs_merge {
    struct lane *lanes;
    size_t num_lanes;
    struct lane **heap; /* the lane with the earliest packet first */
    size_t num, num_idle;
    bool begun;
    const struct scs_patience *patience; /* NULL: each reader is waited for */
};

struct scs_merge *scs_merge_new(struct scs_reader *const *readers, size_t num, const struct scs_patience *patience)
{
    struct scs_merge *m = scs_xcalloc(1, sizeof *m);
    m->lanes = scs_xcalloc(num, sizeof *m->lanes);
    m->heap = scs_xcalloc(num, sizeof *m->heap);
    m->num_lanes = num;
    m->patience = patience;
    for (size_t i = 0; i < num; i++) {
        m->lanes[i].reader = readers[i];
    }
    return m;
}

void scs_merge_free(struct scs_merge *m)
{
    if (m != NULL) {
        free(m->lanes);
        free(m->heap);
        free(m);
    }
}

static bool earlier(const struct lane *a, const struct lane *b)
{
    int64_t x = a->packets[a->at].ts_ns, y = b->packets[b->at].ts_ns;
    return x != y ? x < y : a < b;
}

static void sift_down(struct scs_merge *m, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < m->num; child++) {
            least = earlier(m->heap[child], m->heap[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        struct lane *moved = m->heap[at];
        m->heap[at] = m->heap[least];
        m->heap[least] = moved;
        at = least;
    }
}

static bool refill(struct scs_merge *m, struct lane *l)
{
    bool idle = false;
    l->at = 0;
    l->num = scs_reader_next(l->reader, l->packets, LANE_PACKETS, m->patience != NULL ? &idle : NULL);
    if (l->num == 0 && !idle) {
        scs_reader_finish(l->reader);
    }
    m->num_idle += (size_t)idle;
    m->num_idle -= (size_t)l->idle;
    l->idle = idle;
    return l->num != 0;
}

static void sift_up(struct scs_merge *m, size_t at)
{
    for (size_t parent; at != 0 && earlier(m->heap[at], m->heap[parent = (at - 1) / 2]); at = parent) {
        struct lane *moved = m->heap[at];
        m->heap[at] = m->heap[parent];
        m->heap[parent] = moved;
    }
}

static void enter(struct scs_merge *m, struct lane *l)
{
    if (refill(m, l)) {
        m->heap[m->num++] = l;
        sift_up(m, m->num - 1);
    }
}

static void begin(struct scs_merge *m)
{
    m->begun = true;
    for (size_t i = 0; i < m->num_lanes; i++) {
        enter(m, &m->lanes[i]);
    }
}

static void ask_idle(struct scs_merge *m)
{
    for (size_t i = 0; i < m->num_lanes && m->num_idle != 0; i++) {
        if (m->lanes[i].idle) {
            enter(m, &m->lanes[i]);
        }
    }
}

/* Only the first lane can have run dry: that is what ended the last batch. */
static void refill_first(struct scs_merge *m)
{
    if (m->num != 0 && m->heap[0]->at == m->heap[0]->num) {
        if (!refill(m, m->heap[0])) {
            m->heap[0] = m->heap[--m->num];
        }
        sift_down(m, 0);
    }
}

size_t scs_merge_next(struct scs_merge *m, struct scs_packet *out, size_t max)
{
    if (!m->begun) {
        begin(m);
    }
    refill_first(m);
    for (ask_idle(m); m->num == 0 && m->num_idle != 0; ask_idle(m)) {
        if (!m->patience->wait(m->patience->ctx, -1)) {
            return 0;
        }
    }
    size_t n = 0;
    while (n < max && m->num != 0) {
        struct lane *l = m->heap[0];
        out[n++] = l->packets[l->at++];
        if (l->at == l->num) {
            break;
        }
        sift_down(m, 0);
    }
    return n;
}
