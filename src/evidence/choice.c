/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* What is there of a connection's bytes. */
enum { WRITTEN_BEFORE = 1, STILL_TO_WRITE = 2 };

void scs_choice_init(struct scs_choice *c, const struct scs_choice_options *o)
{
    *c = (struct scs_choice){
        .selection = scs_selection_new(o->model, o->scope), .images = scs_images_new(), .fragments = scs_fragments_new()};
    if (scs_redactor_level(o->redactor) != SCS_REDACT_NONE) {
        c->scrub.disguise = scs_disguise_new(o->redactor);
        c->scrub.scrub = scs_scrub_new(o->model, c->scrub.disguise);
        c->altered = scs_xmalloc(SCS_MAX_PACKET);
    }
    const struct scs_model *m = o->model;
    c->num_seen = m->num_connections != 0 ? m->connections[m->num_connections - 1]->id + 1 : 0;
    c->seen = scs_xcalloc(c->num_seen + 1u, sizeof *c->seen);
    if (o->secrets != NULL) {
        scs_embed_init(&c->embed, o->secrets);
    }
}

void scs_choice_cleanup(struct scs_choice *c)
{
    scs_embed_cleanup(&c->embed);
    scs_images_free(c->images);
    scs_fragments_free(c->fragments);
    scs_scrub_free(c->scrub.scrub);
    scs_disguise_free(c->scrub.disguise);
    scs_selection_free(c->selection);
    free(c->altered);
    free(c->bits);
    free(c->seen);
    *c = (struct scs_choice){0};
}

static void mark(struct scs_choice *c, bool chosen)
{
    if (c->taken == c->room) {
        uint64_t room = c->room == 0 ? 65536 : c->room * 2;
        c->bits = scs_xrealloc(c->bits, (size_t)(room / 8), 1);
        memset(c->bits + c->room / 8, 0, (size_t)((room - c->room) / 8));
        c->room = room;
    }
    c->bits[c->taken / 8] |= (uint8_t)(chosen << c->taken % 8);
    c->chosen += chosen;
    c->taken++;
}

/* A piece of a TCP segment between hosts of which a connection was chosen: only the whole datagram would name its ports. */
static bool is_fragment(const struct scs_selection *s, const struct scs_packet *packet)
{
    struct scs_addr src, dst;
    struct scs_ip ip;
    if (!scs_fragments_read(packet, &ip)) {
        return false;
    }
    scs_ip_addresses(&ip, &src, &dst);
    return scs_selection_hosts(s, &src, &dst);
}

/*
 * Whether these bytes are put together with the others of their connection. Most of what a live capture holds was written long
 * ago, and need not be scrubbed at every look; but where more of a connection comes, it takes all there is of it.
 */
static bool is_part(struct scs_choice *c, const struct scs_selected *k, const struct scs_segment *seg, bool before)
{
    if (k->connection == NULL || k->connection->id >= c->num_seen) {
        return true;
    }
    uint8_t *seen = &c->seen[k->connection->id];
    if (!before && seg->payload.len != 0) {
        c->again = c->again || *seen == WRITTEN_BEFORE;
        *seen |= STILL_TO_WRITE;
    } else if (before) {
        *seen |= WRITTEN_BEFORE;
    }
    return !before || (*seen & STILL_TO_WRITE) != 0;
}

void scs_choice_take(struct scs_choice *c, const struct scs_packet *packet, const struct scs_segment *seg, bool before)
{
    bool named = scs_selection_frame(c->selection, packet->frame);
    bool wanted = seg != NULL ? scs_selection_wants(c->selection, seg) : is_fragment(c->selection, packet);
    if (!wanted && !c->settled && seg != NULL) {
        c->again = scs_selection_add(c->selection, seg) || c->again;
    }
    const struct scs_selected *k = scs_selection_of(c->selection, seg);
    if (k != NULL && seg->proto == SCS_PROTO_TCP && c->scrub.disguise != NULL && is_part(c, k, seg, before)) {
        scs_images_add(c->images, k, seg);
        if (seg->reassembled) {
            scs_fragments_add(c->fragments, k, seg);
        }
    }
    if (wanted && !before && seg != NULL && seg->proto == SCS_PROTO_TCP && c->embed.secrets != NULL) {
        scs_embed_segment(&c->embed, seg);
    }
    mark(c, named || wanted);
}

/* Something pointed to a connection or look-up that was not chosen before, or to bytes that were left out. */
bool scs_choice_again(struct scs_choice *c)
{
    if (!c->again || c->settled) {
        return false;
    }
    scs_selection_settle(c->selection);
    c->settled = true;
    free(c->bits);
    c->bits = NULL;
    c->taken = c->chosen = c->room = 0;
    scs_images_free(c->images);
    scs_fragments_free(c->fragments);
    c->images = scs_images_new();
    c->fragments = scs_fragments_new();
    return true;
}

void scs_choice_made(struct scs_choice *c)
{
    if (c->scrub.disguise != NULL) {
        scs_images_scrub(c->images, c->scrub.scrub);
        c->scrub.images = c->images;
        c->scrub.fragments = c->fragments;
    }
}

bool scs_choice_has(const struct scs_choice *c, uint64_t at)
{
    return at < c->taken && (c->bits[at / 8] >> at % 8 & 1) != 0;
}

const uint8_t *scs_choice_bytes(struct scs_choice *c, const struct scs_packet *packet, const struct scs_segment *seg)
{
    if (c->scrub.disguise == NULL) {
        return packet->data;
    }
    scs_packet_scrub(&c->scrub, packet, seg, scs_selection_of(c->selection, seg), c->altered);
    return c->altered;
}
