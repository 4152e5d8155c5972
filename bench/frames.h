/* SPDX-License-Identifier: Apache-2.0 */
/* Frames into a capture file: classic pcap, Ethernet, IPv4, with right lengths and checksums. */
#ifndef SCS_BENCH_FRAMES_H
#define SCS_BENCH_FRAMES_H

#include <stdio.h>

#include "bench.h"

#define BENCH_MSS 1460u

enum bench_tcp_flag { BENCH_FIN = 0x01, BENCH_SYN = 0x02, BENCH_RST = 0x04, BENCH_PSH = 0x08, BENCH_ACK = 0x10 };

struct bench_capture {
    FILE *file;
    const char *path;
    uint64_t now_us; /* since the epoch; the next packet's time */
    uint64_t packets, bytes;
    uint16_t ip_id;
};

struct bench_endpoint {
    uint32_t address; /* host order */
    uint16_t port;
};

/* One TCP segment; `payload` is `len` bytes. A SYN brings the options of a usual stack. */
struct bench_segment {
    struct bench_endpoint from, to;
    uint32_t seq, ack;
    uint8_t flags;
    const uint8_t *payload;
    size_t len;
};

void bench_capture_open(struct bench_capture *c, const char *path);
void bench_capture_close(struct bench_capture *c);
void bench_capture_tcp(struct bench_capture *c, const struct bench_segment *s);
void bench_capture_udp(struct bench_capture *c, const struct bench_endpoint *from, const struct bench_endpoint *to,
                       const uint8_t *payload, size_t len);

#endif
