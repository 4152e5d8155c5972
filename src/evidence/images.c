/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/images.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Room for segments that come before the first one seen, when the capture began inside the connection. */
#define MARGIN 65536u

#define DNS_PORT 53u

struct half {
    bool based, spoiled, sent_syn;
    uint32_t base; /* sequence number of offset 0 */
    uint8_t *bytes, *scrubbed;
    uint32_t len, room;
    struct scs_pieces pieces;
};

struct image {
    const struct scs_selected *connection;
    struct half half[2]; /* 0: from the lower endpoint */
};

struct scs_images {
    struct image *all; /* by the connection's id */
    uint32_t num;
    uint64_t held;
};

struct scs_images *scs_images_new(void)
{
    return scs_xcalloc(1, sizeof(struct scs_images));
}

void scs_images_free(struct scs_images *im)
{
    for (uint32_t i = 0; im != NULL && i < im->num; i++) {
        for (int k = 0; k < 2; k++) {
            free(im->all[i].half[k].bytes);
            free(im->all[i].half[k].scrubbed);
            scs_pieces_cleanup(&im->all[i].half[k].pieces);
        }
    }
    free(im != NULL ? im->all : NULL);
    free(im);
}

static struct image *image_of(struct scs_images *im, const struct scs_selected *connection)
{
    if (connection->id >= im->num) {
        uint32_t num = connection->id + 64;
        im->all = scs_xrealloc(im->all, num, sizeof *im->all);
        memset(im->all + im->num, 0, (num - im->num) * sizeof *im->all);
        im->num = num;
    }
    im->all[connection->id].connection = connection;
    return &im->all[connection->id];
}

static int side_of(const struct scs_selected *connection, const struct scs_segment *seg)
{
    return scs_endpoint_equal(&seg->src, &connection->low) ? 0 : 1;
}

static uint32_t data_seq(const struct scs_segment *seg)
{
    return seg->seq + ((seg->flags & SCS_TCP_SYN) != 0);
}

/* Where offset 0 is. Another start on the same addresses and ports is another connection, which this picture is not of. */
static void set_base(struct half *h, const struct scs_segment *seg)
{
    bool syn = (seg->flags & SCS_TCP_SYN) != 0;
    if (h->based) {
        h->spoiled = h->spoiled || (syn && h->base != seg->seq + 1);
        return;
    }
    h->based = true;
    h->base = syn ? seg->seq + 1 : seg->seq - MARGIN;
}

static bool reserve(struct scs_images *im, struct half *h, uint32_t need)
{
    uint32_t room = h->room == 0 ? 8192 : h->room;
    if (need <= h->room) {
        return true;
    }
    while (room < need) {
        room *= 2;
    }
    if (im->held + room - h->room > SCS_MAX_IMAGES) {
        return false;
    }
    h->bytes = scs_xrealloc(h->bytes, room, 1);
    memset(h->bytes + h->room, 0, room - h->room);
    im->held += room - h->room;
    h->room = room;
    return true;
}

void scs_images_add(struct scs_images *im, const struct scs_selected *connection, const struct scs_segment *seg)
{
    struct image *image = image_of(im, connection);
    int side = side_of(connection, seg);
    struct half *h = &image->half[side];
    set_base(h, seg);
    h->sent_syn = h->sent_syn || ((seg->flags & SCS_TCP_SYN) != 0 && (seg->flags & SCS_TCP_ACK) == 0);
    uint32_t from = data_seq(seg) - h->base;
    if (seg->payload.len == 0 || h->spoiled || from >= SCS_MAX_IMAGE || seg->payload.len > SCS_MAX_IMAGE - from) {
        return;
    }
    uint32_t to = from + (uint32_t)seg->payload.len;
    if (!reserve(im, h, to)) {
        return;
    }
    scs_pieces_copy(&h->pieces, from, seg->payload, h->bytes);
    h->spoiled = !scs_pieces_cover(&h->pieces, from, to, SCS_MAX_IMAGE_PIECES);
    h->len = to > h->len ? to : h->len;
}

/* Which side asks: as the model says, or who sent the SYN, or the one without the well-known port. */
static int client_side(const struct image *image)
{
    const struct scs_selected *k = image->connection;
    if (k->connection != NULL) {
        return scs_endpoint_equal(&k->connection->client, &k->low) ? 0 : 1;
    }
    if (image->half[0].sent_syn != image->half[1].sent_syn) {
        return image->half[0].sent_syn ? 0 : 1;
    }
    return k->low.port >= k->high.port ? 0 : 1;
}

void scs_images_scrub(struct scs_images *im, struct scs_scrub *s)
{
    for (uint32_t i = 0; i < im->num; i++) {
        struct image *image = &im->all[i];
        struct scs_scrub_stream streams[2] = {{0}};
        if (image->connection == NULL) {
            continue;
        }
        int client = client_side(image);
        for (int k = 0; k < 2; k++) {
            struct half *h = &image->half[k];
            h->scrubbed = scs_xmalloc(h->len + 1u);
            memset(h->scrubbed, SCS_BLANK, h->len);
            streams[k == client ? SCS_TO_SERVER : SCS_TO_CLIENT] = (struct scs_scrub_stream){
                .in = h->bytes, .out = h->scrubbed, .pieces = h->pieces.all, .num_pieces = h->pieces.num};
        }
        bool dns = image->connection->low.port == DNS_PORT || image->connection->high.port == DNS_PORT;
        scs_scrub_conversation(s, streams, dns);
        for (int k = 0; k < 2; k++) {
            free(image->half[k].bytes);
            image->half[k].bytes = NULL;
        }
    }
}

struct scs_stretch scs_images_stretch_of(const struct scs_selected *connection, const struct scs_segment *seg)
{
    return (struct scs_stretch){
        .side = (uint8_t)side_of(connection, seg), .seq = data_seq(seg), .len = (uint32_t)seg->payload.len};
}

void scs_images_stretch(const struct scs_images *im, const struct scs_selected *connection, struct scs_stretch stretch,
                        uint8_t *out)
{
    const struct half *h = connection->id < im->num ? &im->all[connection->id].half[stretch.side] : NULL;
    uint32_t from = h != NULL && h->based ? stretch.seq - h->base : UINT32_MAX;
    bool there = h != NULL && !h->spoiled && h->scrubbed != NULL && from <= h->len && stretch.len <= h->len - from;
    if (there) {
        memcpy(out, h->scrubbed + from, stretch.len);
    } else {
        memset(out, SCS_BLANK, stretch.len);
    }
}
