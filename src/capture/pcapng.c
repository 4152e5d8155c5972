/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, the three kinds of packet block, and
 * everything else passed over by its length. pcapng_describe.c reads what describes the packets.
 */
#include "capture/pcapng.h"

#include <stdio.h>

#include "capture/peek.h"
#include "capture/stamp.h"
#include "scepscope/dissector.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LEAST_BLOCK      12u /* type, length, length again */
#define EPB_FIXED        32u /* an Enhanced Packet Block without data, both lengths included */
#define EPB_DATA         28u /* where its data begins */
#define ETHERNET_HEADER  14u
/* Room for options in a packet block that follows damage; keeps the search from moving the buffer at every byte. */
#define MAX_RESUMED_BLOCK (SCS_MAX_PACKET + 65536u)

struct block {
    uint32_t type, total; /* the length as stated */
    size_t size;          /* rounded up: some writers leave the padding out of the length */
};

static bool is_packet(uint32_t type)
{
    return type == SCS_PCAPNG_ENHANCED_PACKET || type == SCS_PCAPNG_SIMPLE_PACKET || type == SCS_PCAPNG_PACKET;
}

/* Blocks that are no packets of a network but take a number in Wireshark's count. */
static bool takes_number(uint32_t type)
{
    switch (type) {
    case SCS_PCAPNG_JOURNAL:
    case SCS_PCAPNG_CUSTOM:
    case SCS_PCAPNG_CUSTOM_NO_COPY:
    case 0x204: /* sysdig events, of six generations */
    case 0x208:
    case 0x216:
    case 0x217:
    case 0x221:
    case 0x222:
        return true;
    default:
        return false;
    }
}

static bool known_type(uint32_t type)
{
    return (type >= SCS_PCAPNG_INTERFACE && type <= SCS_PCAPNG_SECRETS) || type == SCS_PCAPNG_SECTION || takes_number(type);
}

/* The longest block that is believed. Packets must fit the buffer, secrets may be a long log. */
static uint32_t longest(uint32_t type)
{
    if (type == SCS_PCAPNG_SECRETS) {
        return SCS_MAX_SECRETS;
    }
    return is_packet(type) || type == SCS_PCAPNG_SECTION ? SCS_READ_BUFFER : SCS_MAX_BLOCK;
}

/* A section states its byte order after its length (3.1); false when that is no byte order. */
static bool section_order(const struct scs_cursor *at, bool *big_endian)
{
    *big_endian = scs_peek_u32(at, 8, true) == BYTE_ORDER_MAGIC;
    return *big_endian || scs_peek_u32(at, 8, false) == BYTE_ORDER_MAGIC;
}

/* Reads type and length of the block at `rest`, which has LEAST_BLOCK bytes. False: no such block can be. */
static bool read_head(const struct scs_reader *r, struct block *out)
{
    const struct scs_cursor *rest = &r->source.rest;
    bool big = r->pcapng.big_endian;
    out->type = scs_peek_u32(rest, 0, big);
    bool sound = out->type != SCS_PCAPNG_SECTION || section_order(rest, &big);
    out->total = scs_peek_u32(rest, 4, big);
    out->size = ((size_t)out->total + 3) & ~(size_t)3;
    return sound && out->total >= LEAST_BLOCK && out->total <= longest(out->type);
}

static bool lengths_agree(const struct scs_reader *r, const struct block *b)
{
    const struct scs_cursor *rest = &r->source.rest;
    bool big = r->pcapng.big_endian;
    if (b->type == SCS_PCAPNG_SECTION && !section_order(rest, &big)) {
        return false;
    }
    return rest->len >= b->size && scs_peek_u32(rest, b->size - 4, big) == b->total;
}

static bool plausible(struct scs_reader *r)
{
    struct block b;
    return scs_source_need(&r->source, LEAST_BLOCK) && read_head(r, &b) && known_type(b.type) && b.total <= MAX_RESUMED_BLOCK &&
           scs_source_need(&r->source, b.size) && lengths_agree(r, &b);
}

static void damaged(struct scs_reader *r, const struct block *b, uint64_t at, bool may_be_cut)
{
    char why[96];
    bool length_possible = b->total >= LEAST_BLOCK && b->total <= longest(b->type);
    snprintf(why, sizeof why, "a block length of %u%s", b->total, length_possible ? " that the block's end does not repeat" : "");
    scs_reader_resume(r, at, why, may_be_cut, plausible);
}

/* ---- packets ------------------------------------------------------------------------------------ */

struct fields {
    uint32_t interface, cap_len, wire_len;
    bool timed;
    uint64_t time;
    struct scs_pcapng_marks marks;
};

static int64_t time_of(const struct scs_pcapng_interface *it, uint64_t units)
{
    if (it->ns_per_unit != 0 && units <= (uint64_t)INT64_MAX / it->ns_per_unit) {
        return (int64_t)(units * it->ns_per_unit);
    }
    return scs_stamp_convert(units, it->resolution, it->offset_s);
}

/*
 * etl2pcapng guesses the length on the wire from the IP header and adds an Ethernet header to packets that have none:
 * such a packet is not cut, it is whole when its own header says so.
 */
static bool whole_ip(const uint8_t *data, uint32_t len)
{
    struct scs_cursor c = scs_cursor_of(data, len);
    uint8_t first;
    uint16_t stated;
    if (!scs_cursor_peek(&c, 0, &first) || !scs_cursor_skip(&c, first >> 4 == 6 ? 4 : 2) || !scs_cursor_u16be(&c, &stated)) {
        return false;
    }
    return first >> 4 == 6 ? stated + 40u == len : first >> 4 == 4 && stated == len;
}

/* `data` begins with the packet's bytes, and holds at least cap_len of them. */
static bool hand_out(struct scs_reader *r, const struct fields *f, const uint8_t *data, struct scs_packet *out)
{
    struct scs_pcapng *ng = &r->pcapng;
    if (f->interface >= ng->num_interfaces || !ng->interfaces[f->interface].known) {
        ng->homeless_packets++;
        return false;
    }
    const struct scs_pcapng_interface *it = &ng->interfaces[f->interface];
    int64_t last_ns = r->last_ns == SCS_NO_TIME ? 0 : r->last_ns;
    r->last_ns = f->timed ? time_of(it, f->time) : last_ns;
    r->frames++;
    *out = (struct scs_packet){
        .frame = SCS_FRAME(r->file, r->frames),
        .ts_ns = r->last_ns,
        .data = data,
        .cap_len = f->cap_len < SCS_MAX_PACKET ? f->cap_len : SCS_MAX_PACKET,
        .wire_len = f->wire_len,
        .link_type = it->link_type,
        .interface = it->interface,
        .host_dropped = f->marks.host_dropped,
        .id = f->marks.id,
    };
    if (out->wire_len == out->cap_len + ETHERNET_HEADER && whole_ip(data, out->cap_len)) {
        out->wire_len = out->cap_len;
    }
    return true;
}

/*
 * Takes an Enhanced Packet Block (4.3), or the obsolete Packet Block, whose interface number shares its word
 * with a drop count. The fields are read where the block lies: this is done for every packet.
 */
static bool take_packet(struct scs_reader *r, const struct block *b, struct scs_packet *out)
{
    bool big = r->pcapng.big_endian;
    struct scs_cursor *rest = &r->source.rest;
    uint32_t first = scs_peek_u32(rest, 8, big);
    struct fields f = {
        .interface = b->type == SCS_PCAPNG_ENHANCED_PACKET ? first
                     : big                                 ? first >> 16
                                                           : first & 0xffff,
        .timed = true,
        .time = (uint64_t)scs_peek_u32(rest, 12, big) << 32 | scs_peek_u32(rest, 16, big),
        .cap_len = scs_peek_u32(rest, 20, big),
        .wire_len = scs_peek_u32(rest, 24, big),
    };
    struct scs_cursor data;
    if (!scs_cursor_take(rest, b->size, &data)) {
        return false;
    }
    if (b->total < EPB_FIXED || f.cap_len > b->total - EPB_FIXED || !scs_cursor_skip(&data, EPB_DATA)) {
        r->damaged = true;
        scs_reader_problem(r, "damaged before byte %llu: a packet block holds less than its captured length; 1 block skipped",
                           (unsigned long long)scs_source_offset(&r->source));
        return false;
    }
    size_t padded = ((size_t)f.cap_len + 3) & ~(size_t)3, after = b->total - EPB_FIXED;
    if (after > padded && b->type == SCS_PCAPNG_ENHANCED_PACKET) {
        struct scs_cursor options = data;
        scs_pcapng_read_marks(scs_cursor_skip(&options, padded) ? scs_cursor_first(&options, after - padded) : options, big,
                              &f.marks);
    }
    return hand_out(r, &f, data.p, out);
}

/* Simple Packet Block (4.4): of interface 0, without a time, and cut by that interface's snap length. */
static bool simple_packet(struct scs_reader *r, struct scs_cursor body, struct scs_packet *out)
{
    struct fields f = {0};
    if (!scs_cursor_u32(&body, r->pcapng.big_endian, &f.wire_len)) {
        return false;
    }
    uint32_t snap_len = r->pcapng.num_interfaces != 0 ? r->pcapng.interfaces[0].snap_len : 0;
    f.cap_len = snap_len != 0 && snap_len < f.wire_len ? snap_len : f.wire_len;
    f.cap_len = f.cap_len <= body.len ? f.cap_len : (uint32_t)body.len;
    return hand_out(r, &f, body.p, out);
}

/* ---- blocks ------------------------------------------------------------------------------------- */

/* Takes the block at `rest`, which is there whole. True: it was a packet. */
static bool take_block(struct scs_reader *r, const struct block *b, struct scs_packet *out)
{
    struct scs_cursor whole, body;
    if (b->type == SCS_PCAPNG_ENHANCED_PACKET || b->type == SCS_PCAPNG_PACKET) {
        return take_packet(r, b, out);
    }
    if (b->type == SCS_PCAPNG_SECTION) {
        bool big;
        scs_pcapng_begin_section(r, section_order(&r->source.rest, &big) && big);
    }
    if (!scs_cursor_take(&r->source.rest, b->size, &whole) || !scs_cursor_skip(&whole, 8) ||
        !scs_cursor_take(&whole, b->total - LEAST_BLOCK, &body)) {
        return false;
    }
    if (b->type == SCS_PCAPNG_SIMPLE_PACKET) {
        return simple_packet(r, body, out);
    }
    r->frames += takes_number(b->type);
    scs_pcapng_describe(r, b->type, body);
    return false;
}

/* A block longer than the buffer: secrets are taken as they come, everything else is passed over. */
static void pass_long_block(struct scs_reader *r, const struct block *b)
{
    struct scs_source *s = &r->source;
    uint64_t at = scs_source_offset(s);
    size_t body = b->total - LEAST_BLOCK;
    bool whole = scs_source_skip(s, 8);
    whole = whole && (b->type == SCS_PCAPNG_SECRETS ? scs_pcapng_take_secrets(r, body) : scs_source_skip(s, body));
    if (!whole || !scs_source_skip(s, b->size - b->total) || !scs_source_need(s, 4)) {
        scs_reader_end(r, true);
    } else if (scs_peek_u32(&s->rest, 0, r->pcapng.big_endian) != b->total) {
        damaged(r, b, at, false);
    } else {
        r->frames += takes_number(b->type);
        r->ended = !scs_source_skip(s, 4);
    }
}

/* The end came inside this block. A packet of just that length is cut; otherwise the length may be what is wrong. */
static void meet_end(struct scs_reader *r, const struct block *b)
{
    const struct scs_cursor *rest = &r->source.rest;
    bool borne_out = b->type == SCS_PCAPNG_ENHANCED_PACKET && b->total >= EPB_FIXED && rest->len >= EPB_FIXED &&
                     b->total - EPB_FIXED - scs_peek_u32(rest, 20, r->pcapng.big_endian) < 4;
    if (borne_out) {
        scs_reader_end(r, true);
    } else {
        damaged(r, b, scs_source_offset(&r->source), true);
    }
}

/* Brings the next block into the buffer whole, which may move it; or deals with the end, damage and blocks longer than it. */
static void reach_block(struct scs_reader *r)
{
    struct block b;
    if (!scs_source_need(&r->source, LEAST_BLOCK)) {
        scs_reader_end(r, r->source.rest.len != 0);
    } else if (!read_head(r, &b)) {
        damaged(r, &b, scs_source_offset(&r->source), false);
    } else if (b.size > SCS_READ_BUFFER) {
        pass_long_block(r, &b);
    } else if (!scs_source_need(&r->source, b.size)) {
        meet_end(r, &b);
    } else if (!lengths_agree(r, &b)) {
        damaged(r, &b, scs_source_offset(&r->source), false);
    }
}

static size_t read_packets(struct scs_reader *r, struct scs_packet *out, size_t max)
{
    size_t n = 0;
    while (n < max && !r->ended) {
        struct block b;
        if (r->source.rest.len >= LEAST_BLOCK && read_head(r, &b) && lengths_agree(r, &b)) {
            n += take_block(r, &b, &out[n]);
        } else if (n != 0) {
            break; /* the packets handed out borrow the buffer */
        } else {
            reach_block(r);
        }
    }
    if (r->ended && r->pcapng.homeless_packets != 0) {
        r->damaged = true;
        scs_reader_problem(r, "packets of interfaces that the file does not describe, skipped: %llu",
                           (unsigned long long)r->pcapng.homeless_packets);
        r->pcapng.homeless_packets = 0;
    }
    return n;
}

/* A block that is there whole, or that is not waited for. */
static bool has_next(const struct scs_reader *r)
{
    struct block b;
    return r->source.rest.len >= LEAST_BLOCK && (!read_head(r, &b) || b.size > SCS_READ_BUFFER || r->source.rest.len >= b.size);
}

enum scs_status scs_pcapng_open(struct scs_reader *r)
{
    struct scs_source *s = &r->source;
    struct block b;
    bool big;
    if (!scs_source_need(s, 4) || scs_peek_u32(&s->rest, 0, true) != SCS_PCAPNG_SECTION) {
        return SCS_MALFORMED;
    }
    if (!scs_source_need(s, LEAST_BLOCK)) {
        return SCS_MORE;
    }
    if (!section_order(&s->rest, &big)) {
        return SCS_MALFORMED;
    }
    /* The header itself is read like that of any later section; here it only has to be there. */
    if (read_head(r, &b) && !scs_source_need(s, b.size)) {
        return SCS_MORE;
    }
    r->format = "pcapng";
    r->read = read_packets;
    r->has_next = has_next;
    return SCS_OK;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    return scs_reader_examine("pcapng", data, len, cut, out);
}

const struct scs_dissector scs_dissector_pcapng = {
    .name = "pcapng",
    .claims = "files that begin with a pcapng section header block, plain, gzip or zstd",
    .examine = examine,
};
