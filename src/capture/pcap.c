/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic pcap (draft-ietf-opsawg-pcap): microseconds and nanoseconds, either byte order, and the
 * "modified" format of old Linux kernels, whose record headers are 8 bytes longer.
 */
#include <stdio.h>

#include "capture/peek.h"
#include "capture/reader.h"
#include "dissectors/packet_read.h"
#include "scepscope/dissector.h"

#define FILE_HEADER     24u
#define RECORD_HEADER   16u
#define MODIFIED_HEADER 24u
#define MAGIC_MICROS    0xa1b2c3d4u
#define MAGIC_NANOS     0xa1b23c4du
#define MAGIC_MODIFIED  0xa1b2cd34u
/* No packet is longer without being suspect: a loopback super-segment with its headers fits. */
#define USUAL_LEN (65536u + 256u)
/* Neighbouring records that are further apart in time than this do not vouch for each other. */
#define NEAR_S 86400u

struct record {
    uint32_t seconds, fraction, cap_len, wire_len;
};

static inline struct record read_record(const struct scs_cursor *at, bool big_endian)
{
    return (struct record){
        .seconds = scs_peek_u32(at, 0, big_endian),
        .fraction = scs_peek_u32(at, 4, big_endian),
        .cap_len = scs_peek_u32(at, 8, big_endian),
        .wire_len = scs_peek_u32(at, 12, big_endian),
    };
}

/* Fields that contradict one another, as those of a record read from the wrong place do. */
static bool odd(const struct scs_pcap *f, const struct record *rec)
{
    return rec->cap_len > rec->wire_len || rec->wire_len > SCS_MAX_PACKET || rec->fraction >= f->units;
}

/* Either may come first; the subtraction wraps. */
static bool nearby(uint32_t a, uint32_t b)
{
    return a - b + NEAR_S <= 2 * NEAR_S;
}

static bool near_last(const struct scs_reader *r, const struct record *rec)
{
    return r->frames == 0 || nearby(rec->seconds, r->pcap.last_seconds);
}

/* A record as every program writes it. Others are looked at twice: they may be damage. */
static bool usual(const struct scs_reader *r, const struct record *rec)
{
    return rec->cap_len - 1 < r->pcap.usual_len && !odd(&r->pcap, rec) && near_last(r, rec);
}

/* 2^32 seconds are below 2^63 nanoseconds, so this cannot overflow. */
static int64_t time_of(const struct scs_pcap *f, const struct record *rec)
{
    return (int64_t)rec->seconds * 1000000000 + (int64_t)rec->fraction * f->ns_per_unit;
}

/* The next record, which lies in `rest` whole. */
static inline void take(struct scs_reader *r, struct scs_cursor *rest, const struct record *rec, struct scs_packet *out)
{
    struct scs_head data = {0};
    if (!scs_head_skip(rest, r->pcap.header_len) || !scs_head_take(rest, rec->cap_len, &data)) {
        r->ended = true;
    }
    r->frames++;
    *out = (struct scs_packet){
        .frame = SCS_FRAME(r->file, r->frames),
        .ts_ns = time_of(&r->pcap, rec),
        .data = data.p,
        .cap_len = (uint32_t)data.len,
        .wire_len = rec->wire_len,
        .link_type = r->pcap.link_type,
        .interface = r->pcap.interface,
    };
    r->last_ns = out->ts_ns;
    r->pcap.last_seconds = rec->seconds;
}

/* After damage: does `rest` begin with a usual record near the last good one in time, and does another follow (or the end)? */
static bool plausible(struct scs_reader *r)
{
    const struct scs_pcap *f = &r->pcap;
    if (!scs_source_need(&r->source, f->header_len)) {
        return false;
    }
    struct record first = read_record(&r->source.rest, f->big_endian);
    if (!usual(r, &first)) {
        return false;
    }
    size_t whole = f->header_len + first.cap_len;
    if (!scs_source_need(&r->source, whole + f->header_len)) {
        return r->source.rest.len == whole;
    }
    struct scs_cursor second = r->source.rest;
    if (!scs_cursor_skip(&second, whole)) {
        return false;
    }
    struct record next = read_record(&second, f->big_endian);
    return usual(r, &next) && nearby(next.seconds, first.seconds);
}

static bool all_zero(const struct record *rec)
{
    return rec->seconds == 0 && rec->fraction == 0 && rec->cap_len == 0 && rec->wire_len == 0;
}

static bool possible(const struct record *rec)
{
    return rec->cap_len <= SCS_MAX_PACKET && !all_zero(rec);
}

/*
 * An unusual record is believed when it ends where the file does, or where something follows that is no
 * worse. Captures put together from others jump in time, and some programs write odd lengths, but what is
 * both far off and odd was read from the wrong place. A hole of zeros would read as packets of no bytes.
 */
static bool believable(struct scs_reader *r, const struct record *rec)
{
    const struct scs_pcap *f = &r->pcap;
    bool far = !near_last(r, rec);
    if (!possible(rec) || (far && odd(f, rec))) {
        return false;
    }
    size_t whole = f->header_len + rec->cap_len;
    if (!scs_source_need(&r->source, whole + f->header_len)) {
        return r->source.rest.len >= whole;
    }
    struct scs_cursor next = r->source.rest;
    if (!scs_cursor_skip(&next, whole)) {
        return false;
    }
    struct record following = read_record(&next, f->big_endian);
    return possible(&following) && (!odd(f, &following) || (!far && nearby(following.seconds, rec->seconds)));
}

static void damaged(struct scs_reader *r, const struct record *rec)
{
    char why[80] = "a record of zeros";
    if (rec->cap_len > SCS_MAX_PACKET) {
        snprintf(why, sizeof why, "a captured length of %u", rec->cap_len);
    } else if (!all_zero(rec)) {
        snprintf(why, sizeof why, "a record out of step, with lengths %u and %u", rec->cap_len, rec->wire_len);
    }
    /* A length that is merely unusual may be right, and the file cut. */
    bool may_be_cut = possible(rec) && !scs_source_need(&r->source, r->pcap.header_len + rec->cap_len);
    scs_reader_resume(r, scs_source_offset(&r->source), why, may_be_cut, plausible);
}

/* One record by the slow path, which may move the buffer: at its end, unusual or damaged. */
static bool read_slowly(struct scs_reader *r, struct scs_packet *out)
{
    const struct scs_pcap *f = &r->pcap;
    if (!scs_source_need(&r->source, f->header_len)) {
        scs_reader_end(r, r->source.rest.len != 0);
        return false;
    }
    struct record rec = read_record(&r->source.rest, f->big_endian);
    if (!usual(r, &rec) && !believable(r, &rec)) {
        damaged(r, &rec);
        return false;
    }
    if (!scs_source_need(&r->source, f->header_len + rec.cap_len)) {
        scs_reader_end(r, true);
        return false;
    }
    take(r, &r->source.rest, &rec, out);
    return true;
}

/*
 * Usual records, as long as the buffer need not be moved: the packets handed out borrow it. The cursor is a copy, and the
 * byte order known, so that the compiler keeps one in registers and turns the other into plain loads.
 */
static inline size_t take_usual(struct scs_reader *r, struct scs_packet *out, size_t max, bool big_endian)
{
    struct scs_cursor rest = r->source.rest;
    const size_t header = r->pcap.header_len;
    size_t n = 0;
    while (n < max && rest.len >= MODIFIED_HEADER) {
        struct record rec = read_record(&rest, big_endian);
        if (!usual(r, &rec) || rec.cap_len > rest.len - header) {
            break;
        }
        take(r, &rest, &rec, &out[n++]);
    }
    r->source.rest = rest;
    return n;
}

static size_t read_packets(struct scs_reader *r, struct scs_packet *out, size_t max)
{
    size_t n = 0;
    while (n == 0 && max != 0 && !r->ended) {
        n = r->pcap.big_endian ? take_usual(r, out, max, true) : take_usual(r, out, max, false);
        n += n == 0 && read_slowly(r, out);
    }
    return n;
}

static bool read_magic(struct scs_pcap *f, const struct scs_cursor *header)
{
    for (int big = 0; big < 2; big++) {
        f->big_endian = big != 0;
        f->header_len = RECORD_HEADER;
        f->units = 1000000;
        switch (scs_peek_u32(header, 0, f->big_endian)) {
        case MAGIC_NANOS:
            f->units = 1000000000;
            break;
        case MAGIC_MODIFIED:
            f->header_len = MODIFIED_HEADER;
            break;
        case MAGIC_MICROS:
            break;
        default:
            continue;
        }
        f->ns_per_unit = 1000000000 / f->units;
        return true;
    }
    return false;
}

/* A record after which the next call need not wait; what is unusual is looked at with the one behind it. */
static bool has_next(const struct scs_reader *r)
{
    const struct scs_cursor *rest = &r->source.rest;
    if (rest->len < r->pcap.header_len) {
        return false;
    }
    struct record rec = read_record(rest, r->pcap.big_endian);
    return rec.cap_len > SCS_MAX_PACKET || rest->len - r->pcap.header_len >= rec.cap_len;
}

/* A file that turned over goes on with the interface it had. */
static bool same_as_before(const struct scs_reader *r, const struct scs_interface *it, uint8_t digits)
{
    const struct scs_inventory *v = r->inventory;
    uint16_t index = r->pcap.interface;
    return r->format != NULL && v->interfaces[index].file == it->file && v->interfaces[index].link_type == it->link_type &&
           v->interfaces[index].snap_len == it->snap_len && v->digits[index] == digits;
}

enum scs_status scs_pcap_open(struct scs_reader *r)
{
    struct scs_pcap *f = &r->pcap;
    struct scs_cursor header;
    if (!scs_source_need(&r->source, 4) || !read_magic(f, &r->source.rest)) {
        return SCS_MALFORMED;
    }
    if (!scs_source_need(&r->source, FILE_HEADER) || !scs_cursor_take(&r->source.rest, FILE_HEADER, &header)) {
        return SCS_MORE;
    }
    uint32_t snap_len = scs_peek_u32(&header, 16, f->big_endian);
    f->usual_len = snap_len != 0 && snap_len < USUAL_LEN ? snap_len : USUAL_LEN;
    /* The upper half says whether frames end in a check sequence, and its length; the IP length tells that better. */
    f->link_type = (uint16_t)scs_peek_u32(&header, 20, f->big_endian);
    struct scs_interface it = {.link_type = f->link_type, .snap_len = snap_len, .file = r->file};
    uint8_t digits = f->units == 1000000 ? 6 : 9;
    if (!same_as_before(r, &it, digits) && !scs_inventory_add(r->inventory, &it, digits, &f->interface)) {
        return SCS_LIMIT;
    }
    r->format = "pcap";
    r->read = read_packets;
    r->has_next = has_next;
    return SCS_OK;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    return scs_reader_examine("pcap", data, len, cut, out);
}

const struct scs_dissector scs_dissector_pcap = {
    .name = "pcap",
    .claims = "files that begin with a1b2c3d4, a1b23c4d or a1b2cd34 in either byte order, plain, gzip or zstd",
    .examine = examine,
};
