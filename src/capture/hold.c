/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   [ free | first ............ next | free ]         not wrapped
 *   [ ........ next | free | first ........ end | unused ]     wrapped: what comes after `end` is at the start
 */
#include "capture/hold.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "scepscope/facts.h"

#define ALIGNMENT _Alignof(max_align_t)

struct scs_hold {
    uint8_t *block;
    size_t room;
    size_t first, next, end;
    bool wrapped;
    struct scs_hold_counts counts;
};

struct scs_hold *scs_hold_new(size_t room)
{
    struct scs_hold *h = scs_xcalloc(1, sizeof *h);
    h->room = room - room % ALIGNMENT;
    h->block = scs_xmalloc(h->room != 0 ? h->room : 1);
    h->counts.left_ns = SCS_NO_TIME;
    return h;
}

void scs_hold_free(struct scs_hold *h)
{
    if (h != NULL) {
        free(h->block);
        free(h);
    }
}

static struct scs_held *at(const struct scs_hold *h, size_t place)
{
    return (struct scs_held *)(void *)(h->block + place);
}

static void count_left(struct scs_hold *h, const struct scs_packet *packet, bool done)
{
    h->counts.left++;
    h->counts.left_undone += !done;
    h->counts.left_ns = done ? h->counts.left_ns : packet->ts_ns;
}

static void drop_first(struct scs_hold *h)
{
    const struct scs_held *oldest = at(h, h->first);
    count_left(h, &oldest->packet, oldest->done);
    h->counts.packets--;
    h->counts.bytes -= oldest->room;
    h->first += oldest->room;
    if (h->wrapped && h->first == h->end) {
        h->first = 0;
        h->wrapped = false;
    }
    if (h->counts.packets == 0) {
        h->first = h->next = 0;
        h->wrapped = false;
    }
}

/* What comes next goes to the start, when there is too little room behind `next`. */
static void wrap(struct scs_hold *h, size_t size)
{
    if (!h->wrapped && h->room - h->next < size) {
        h->end = h->next;
        h->next = 0;
        h->wrapped = true;
    }
}

/* Makes `size` bytes free in one piece at `next`; there is room for them in an empty hold. */
static void make_room(struct scs_hold *h, size_t size)
{
    wrap(h, size);
    while (h->wrapped && h->first - h->next < size) {
        drop_first(h);
        wrap(h, size); /* when nothing is left behind `first`, and what is before it reaches too far */
    }
}

void scs_hold_add(struct scs_hold *h, const struct scs_packet *packet)
{
    size_t size = sizeof(struct scs_held) + packet->cap_len;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > h->room) {
        count_left(h, packet, false);
        return;
    }
    make_room(h, size);
    struct scs_held *held = at(h, h->next);
    *held = (struct scs_held){.packet = *packet, .room = size};
    uint8_t *bytes = (uint8_t *)(held + 1);
    memcpy(bytes, packet->data, packet->cap_len);
    held->packet.data = bytes;
    h->next += size;
    h->counts.packets++;
    h->counts.bytes += size;
}

struct scs_held *scs_hold_first(const struct scs_hold *h)
{
    return h->counts.packets != 0 ? at(h, h->first) : NULL;
}

struct scs_held *scs_hold_next(const struct scs_hold *h, const struct scs_held *held)
{
    size_t place = (size_t)((const uint8_t *)held - h->block) + held->room;
    place = h->wrapped && place == h->end ? 0 : place;
    return place == h->next ? NULL : at(h, place);
}

struct scs_hold_counts scs_hold_count(const struct scs_hold *h)
{
    return h->counts;
}
