/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   source port 2, destination port 2, sequence number 4, acknowledgment number 4,
 *   data offset (in words, upper four bits) 1, flags 1, window 2, checksum 2, urgent pointer 2, options
 */
#include "dissectors/tcp.h"

#include "base/buf.h"
#include "dissectors/packet_read.h"
#include "scepscope/dissector.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WINDOW_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMPS = 8
};

/* All flags the program reads; ECN's would only make comparisons awkward. */
#define FLAGS          (SCS_TCP_FIN | SCS_TCP_SYN | SCS_TCP_RST | SCS_TCP_PSH | SCS_TCP_ACK)
#define LARGEST_HEADER 60u

enum scs_status scs_tcp_read(const struct scs_cursor *in, uint32_t wire_len, struct scs_segment *out)
{
    struct scs_cursor c = *in;
    struct scs_head h, rest;
    if (!scs_head_take(&c, 14, &h)) {
        return SCS_MORE;
    }
    uint32_t header_len = (scs_head_u8(h, 12) >> 4) * 4u;
    if (header_len < 20 || header_len > wire_len) {
        return SCS_MALFORMED;
    }
    out->src.port = scs_head_u16(h, 0);
    out->dst.port = scs_head_u16(h, 2);
    out->seq = scs_head_u32(h, 4);
    out->ack = scs_head_u32(h, 8);
    out->flags = scs_head_u8(h, 13) & FLAGS;
    out->payload_wire_len = wire_len - header_len;
    if (!scs_head_take(&c, 6, &rest)) {
        /* Past the window there is nothing to know; without one, 0 would read as "closed". */
        out->window = UINT16_MAX;
        out->options = out->payload = scs_head_first(&c, 0);
        return SCS_OK;
    }
    out->window = scs_head_u16(rest, 0);
    out->options = scs_head_first(&c, header_len - 20);
    out->payload = scs_head_skip(&c, header_len - 20) ? c : scs_head_first(&c, 0);
    return SCS_OK;
}

static void sack_blocks(struct scs_cursor *body, struct scs_tcp_options *out)
{
    struct scs_tcp_sack block;
    while (out->num_sacks < sizeof out->sacks / sizeof *out->sacks && scs_cursor_u32be(body, &block.left) &&
           scs_cursor_u32be(body, &block.right)) {
        out->sacks[out->num_sacks++] = block;
    }
}

/* One option's body; a body of the wrong length says nothing. */
static void option(uint8_t kind, struct scs_cursor body, struct scs_tcp_options *out)
{
    switch (kind) {
    case OPTION_MSS:
        out->has_mss = body.len == 2 && scs_cursor_u16be(&body, &out->mss);
        break;
    case OPTION_WINDOW_SCALE:
        out->has_window_scale = body.len == 1 && scs_cursor_u8(&body, &out->window_scale);
        out->window_scale = out->window_scale > 14 ? 14 : out->window_scale;
        break;
    case OPTION_SACK_PERMITTED:
        out->sack_permitted = body.len == 0;
        break;
    case OPTION_SACK:
        sack_blocks(&body, out);
        break;
    case OPTION_TIMESTAMPS:
        out->has_timestamps = body.len == 8 && scs_cursor_u32be(&body, &out->ts_value) && scs_cursor_u32be(&body, &out->ts_echo);
        break;
    default:
        break;
    }
}

enum scs_status scs_tcp_options_read(const struct scs_cursor *options, struct scs_tcp_options *out)
{
    struct scs_cursor c = *options, body;
    uint8_t kind, len;
    *out = (struct scs_tcp_options){0};
    while (scs_cursor_u8(&c, &kind) && kind != OPTION_END) {
        if (kind == OPTION_NOP) {
            continue;
        }
        if (!scs_cursor_u8(&c, &len)) {
            return SCS_MORE;
        }
        if (len < 2) {
            return SCS_MALFORMED;
        }
        if (!scs_cursor_take(&c, len - 2u, &body)) {
            return SCS_MORE;
        }
        option(kind, body, out);
    }
    return SCS_OK;
}

static void print_options(const struct scs_cursor *options, struct scs_buf *out)
{
    struct scs_tcp_options o;
    scs_buf_printf(out, "options: status %d\n", (int)scs_tcp_options_read(options, &o));
    if (o.has_mss) {
        scs_buf_printf(out, "mss %u\n", o.mss);
    }
    if (o.has_window_scale) {
        scs_buf_printf(out, "window scale %u\n", o.window_scale);
    }
    if (o.sack_permitted) {
        scs_buf_text(out, "sack permitted\n");
    }
    if (o.has_timestamps) {
        scs_buf_printf(out, "timestamps %u %u\n", o.ts_value, o.ts_echo);
    }
    for (unsigned i = 0; i < o.num_sacks; i++) {
        scs_buf_printf(out, "sack %u to %u\n", o.sacks[i].left, o.sacks[i].right);
    }
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_segment s;
    /* What is shorter than the largest header counts as cut by the capture. */
    enum scs_status st = scs_tcp_read(&c, c.len < LARGEST_HEADER ? LARGEST_HEADER : (uint32_t)c.len, &s);
    scs_buf_printf(out, "status %d\n", (int)st);
    if (st == SCS_OK) {
        scs_buf_printf(out, "%u > %u flags 0x%02x seq %u ack %u window %u\n", s.src.port, s.dst.port, s.flags, s.seq, s.ack,
                       s.window);
        print_options(&s.options, out);
        scs_buf_printf(out, "payload at %u: %zu of %u bytes\n", s.payload.off, s.payload.len, s.payload_wire_len);
    }
    return st;
}

const struct scs_dissector scs_dissector_tcp = {
    .name = "tcp",
    .claims = "IP protocol 6",
    .examine = examine,
};
