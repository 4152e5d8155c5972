/* SPDX-License-Identifier: Apache-2.0 */
/* The TCP header (RFC 9293 3.1) and its options (RFC 9293 3.2, 2018, 7323). */
#ifndef SCS_DISSECTORS_TCP_H
#define SCS_DISSECTORS_TCP_H

#include "scepscope/packet.h"

/*
 * scs_tcp_read fills ports, sequence numbers, flags, window, options and payload of `out` from a segment of
 * `wire_len` bytes of which `in` has what was captured. A header cut after its flags is still a segment,
 * with what is there of options and payload: it keeps the sequence space whole. SCS_MORE: cut before that.
 */
enum scs_status scs_tcp_read(const struct scs_cursor *in, uint32_t wire_len, struct scs_segment *out);

struct scs_tcp_sack {
    uint32_t left, right; /* the peer has [left, right) */
};

struct scs_tcp_options {
    bool has_mss, has_window_scale, has_timestamps, sack_permitted;
    uint16_t mss;
    uint8_t window_scale;       /* as sent; more than 14 counts as 14 (RFC 7323 2.3) */
    uint32_t ts_value, ts_echo; /* RFC 7323 3.2 */
    uint8_t num_sacks;
    struct scs_tcp_sack sacks[4]; /* the room in a header: 40 bytes */
};

/*
 * scs_tcp_options_read walks a segment's options. SCS_MORE or SCS_MALFORMED where the walk could not reach
 * the end; what came before is in `out`.
 */
enum scs_status scs_tcp_options_read(const struct scs_cursor *options, struct scs_tcp_options *out);

#endif
