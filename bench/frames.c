/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BUFFER (1u << 20)
#define MOST_FRAME  2048u

#define RECORD_HEADER   16u
#define ETHERNET_HEADER 14u
#define IP_HEADER       20u
#define TCP_HEADER      20u
#define UDP_HEADER      8u

#define PROTO_TCP 6u
#define PROTO_UDP 17u

/* 2026-02-02 08:00:00 UTC: a Monday morning, when devices enrol. */
#define FIRST_TIME_US (1770019200u * UINT64_C(1000000))

/* MSS 1460, no-op, window scale 8, two no-ops, SACK permitted. */
static const uint8_t syn_options[] = {2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

/* A record header is in the byte order of the machine that writes it: little-endian here, on any machine. */
static void put32_little(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static void write_all(struct bench_capture *c, const void *p, size_t len)
{
    if (fwrite(p, 1, len, c->file) != len) {
        bench_die("%s could not be written: %s", c->path, strerror(errno));
    }
    c->bytes += len;
}

void bench_capture_open(struct bench_capture *c, const char *path)
{
    static const uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0, 0, 4, 0, [20] = 1};
    *c = (struct bench_capture){.file = fopen(path, "wb"), .path = path, .now_us = FIRST_TIME_US};
    if (c->file == NULL) {
        bench_die("%s could not be opened: %s", path, strerror(errno));
    }
    setvbuf(c->file, NULL, _IOFBF, FILE_BUFFER);
    write_all(c, header, sizeof header);
}

void bench_capture_close(struct bench_capture *c)
{
    if (fclose(c->file) != 0) {
        bench_die("%s could not be written: %s", c->path, strerror(errno));
    }
    c->file = NULL;
}

/* The one's complement sum of RFC 1071, unfolded. */
static uint64_t sum16(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;
    size_t i = 0;
    for (; i + 2 <= len; i += 2) {
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    }
    return i < len ? sum + ((uint32_t)p[i] << 8) : sum;
}

static uint32_t fold(uint64_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint32_t)~sum & 0xffff;
}

static void ethernet(uint8_t *p, uint32_t from, uint32_t to)
{
    put16(p, 0x0200); /* locally administered, made of the IP address */
    put32(p + 2, to);
    put16(p + 6, 0x0200);
    put32(p + 8, from);
    put16(p + 12, 0x0800);
}

static void ipv4(struct bench_capture *c, uint8_t *p, uint32_t proto, uint32_t from, uint32_t to, size_t payload_len)
{
    memset(p, 0, IP_HEADER);
    p[0] = 0x45;
    put16(p + 2, (uint32_t)(IP_HEADER + payload_len));
    put16(p + 4, ++c->ip_id);
    p[6] = 0x40; /* do not fragment */
    p[8] = 128;  /* TTL of the systems that enrol most */
    p[9] = (uint8_t)proto;
    put32(p + 12, from);
    put32(p + 16, to);
    put16(p + 10, fold(sum16(p, IP_HEADER)));
}

/* Checksum of a transport header and its payload, with the pseudo header. */
static uint32_t transport_sum(const uint8_t *ip, uint32_t proto, const uint8_t *p, size_t len)
{
    return fold(sum16(ip + 12, 8) + proto + len + sum16(p, len));
}

static void record(struct bench_capture *c, uint8_t *frame, size_t len)
{
    uint8_t header[RECORD_HEADER];
    put32_little(header, (uint32_t)(c->now_us / 1000000));
    put32_little(header + 4, (uint32_t)(c->now_us % 1000000));
    put32_little(header + 8, (uint32_t)len);
    put32_little(header + 12, (uint32_t)len);
    write_all(c, header, sizeof header);
    write_all(c, frame, len);
    c->packets++;
}

void bench_capture_tcp(struct bench_capture *c, const struct bench_segment *s)
{
    uint8_t frame[MOST_FRAME];
    uint8_t *ip = frame + ETHERNET_HEADER, *tcp = ip + IP_HEADER;
    size_t options = (s->flags & BENCH_SYN) != 0 ? sizeof syn_options : 0, len = TCP_HEADER + options + s->len;
    if (s->len > BENCH_MSS) {
        bench_die("a segment of %zu bytes", s->len);
    }
    ethernet(frame, s->from.address, s->to.address);
    ipv4(c, ip, PROTO_TCP, s->from.address, s->to.address, len);
    memset(tcp, 0, TCP_HEADER);
    put16(tcp, s->from.port);
    put16(tcp + 2, s->to.port);
    put32(tcp + 4, s->seq);
    put32(tcp + 8, (s->flags & BENCH_ACK) != 0 ? s->ack : 0);
    tcp[12] = (uint8_t)((TCP_HEADER + options) / 4 << 4);
    tcp[13] = s->flags;
    put16(tcp + 14, (s->flags & BENCH_SYN) != 0 ? 64240 : 1026);
    memcpy(tcp + TCP_HEADER, syn_options, options);
    if (s->len != 0) {
        memcpy(tcp + TCP_HEADER + options, s->payload, s->len);
    }
    put16(tcp + 16, transport_sum(ip, PROTO_TCP, tcp, len));
    record(c, frame, ETHERNET_HEADER + IP_HEADER + len);
}

void bench_capture_udp(struct bench_capture *c, const struct bench_endpoint *from, const struct bench_endpoint *to,
                       const uint8_t *payload, size_t payload_len)
{
    uint8_t frame[MOST_FRAME];
    uint8_t *ip = frame + ETHERNET_HEADER, *udp = ip + IP_HEADER;
    size_t len = UDP_HEADER + payload_len;
    if (payload_len > BENCH_MSS) {
        bench_die("a datagram of %zu bytes", payload_len);
    }
    ethernet(frame, from->address, to->address);
    ipv4(c, ip, PROTO_UDP, from->address, to->address, len);
    memset(udp, 0, UDP_HEADER);
    put16(udp, from->port);
    put16(udp + 2, to->port);
    put16(udp + 4, (uint32_t)len);
    memcpy(udp + UDP_HEADER, payload, payload_len);
    put16(udp + 6, transport_sum(ip, PROTO_UDP, udp, len));
    record(c, frame, ETHERNET_HEADER + IP_HEADER + len);
}
