/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/fragments.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dissectors/link.h"

/* As flow/defrag.c: later than this a fragment belongs to another datagram of the same number. */
#define TIMEOUT_NS INT64_C(30000000000)
/* SCEP in fragments is rare; beyond this a fragment's payload is blank. */
#define MAX_DATAGRAMS 4096u

struct datagram {
    uint8_t addresses[32];
    uint8_t addresses_len;
    uint32_t id;
    int64_t whole_ns;
    uint32_t header_len; /* of TCP */
    struct scs_stretch stretch;
    const struct scs_selected *connection;
};

struct scs_fragments {
    struct datagram *all;
    uint32_t num;
};

struct scs_fragments *scs_fragments_new(void)
{
    return scs_xcalloc(1, sizeof(struct scs_fragments));
}

void scs_fragments_free(struct scs_fragments *f)
{
    if (f != NULL) {
        free(f->all);
        free(f);
    }
}

bool scs_fragments_read(const struct scs_packet *packet, struct scs_ip *ip)
{
    struct scs_cursor c = {.p = packet->data, .len = packet->cap_len, .off = 0};
    uint16_t ethertype;
    return scs_link_strip(packet->link_type, &c, &ethertype) == SCS_OK &&
           (ethertype == SCS_ETHERTYPE_IPV4 || ethertype == SCS_ETHERTYPE_IPV6) &&
           scs_ip_read(&c, packet->wire_len > c.off ? packet->wire_len - c.off : 0, ip) == SCS_OK && ip->fragment &&
           ip->proto == SCS_PROTO_TCP;
}

void scs_fragments_add(struct scs_fragments *f, const struct scs_selected *connection, const struct scs_segment *seg)
{
    struct scs_ip ip;
    if (f->num == MAX_DATAGRAMS || !scs_fragments_read(seg->packet, &ip) || ip.addresses.len > sizeof f->all->addresses) {
        return;
    }
    if ((f->num & (f->num - 1)) == 0) {
        f->all = scs_xrealloc(f->all, f->num == 0 ? 1 : 2 * (size_t)f->num, sizeof *f->all);
    }
    struct datagram *d = &f->all[f->num++];
    *d = (struct datagram){.addresses_len = (uint8_t)ip.addresses.len,
                           .id = ip.fragment_id,
                           .whole_ns = seg->packet->ts_ns,
                           .header_len = seg->payload.off,
                           .stretch = scs_images_stretch_of(connection, seg),
                           .connection = connection};
    memcpy(d->addresses, ip.addresses.p, ip.addresses.len);
}

static const struct datagram *find(const struct scs_fragments *f, const struct scs_ip *ip, int64_t ts_ns)
{
    for (uint32_t i = 0; i < f->num; i++) {
        const struct datagram *d = &f->all[i];
        if (d->id == ip->fragment_id && d->addresses_len == ip->addresses.len && ts_ns - d->whole_ns <= TIMEOUT_NS &&
            d->whole_ns - ts_ns <= TIMEOUT_NS && memcmp(d->addresses, ip->addresses.p, ip->addresses.len) == 0) {
            return d;
        }
    }
    return NULL;
}

bool scs_fragments_payload(const struct scs_fragments *f, const struct scs_images *images, const struct scs_ip *ip, int64_t ts_ns,
                           uint8_t *out)
{
    const struct datagram *d = find(f, ip, ts_ns);
    uint32_t from = ip->fragment_off, len = (uint32_t)ip->payload.len;
    if (d == NULL) {
        return false;
    }
    uint32_t head = from >= d->header_len ? 0 : d->header_len - from < len ? d->header_len - from : len;
    struct scs_cursor c = ip->payload;
    if (scs_cursor_copy(&c, out, head)) {
        struct scs_stretch rest = d->stretch;
        rest.seq += from + head - d->header_len;
        rest.len = len - head;
        scs_images_stretch(images, d->connection, rest, out + head);
    }
    return true;
}
