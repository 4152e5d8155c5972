/* SPDX-License-Identifier: Apache-2.0 */
#include "noise.h"

#include <stdio.h>
#include <string.h>

#define FIRST_CLIENT 0x0a010000u /* 10.1.0.0 */
#define NUM_CLIENTS  4096u
#define FIRST_SERVER 0x0a1e0000u /* 10.30.0.0 */
#define NUM_SERVERS  32u
#define DNS_SERVER   0x0a1e00fdu
#define FIRST_PORT   1025u
#define NUM_PORTS    60000u

static struct bench_endpoint client_of(uint32_t number)
{
    return (struct bench_endpoint){.address = FIRST_CLIENT + number % NUM_CLIENTS,
                                   .port = (uint16_t)(FIRST_PORT + number / NUM_CLIENTS % NUM_PORTS)};
}

static struct bench_endpoint server(struct bench_random *r, uint16_t port)
{
    return (struct bench_endpoint){.address = FIRST_SERVER + bench_random_below(r, NUM_SERVERS), .port = port};
}

/* A ClientHello that has a random, no session, and the suites and extensions of a usual client. */
static struct bench_bytes client_hello(struct bench_random *r)
{
    static const uint8_t after_random[] = {0, 0,  6, 0x13, 0x01, 0xc0, 0x2f, 0xc0, 0x30, 1,   0,   0,   36,  0,   0,   0, 15,
                                           0, 13, 0, 0,    10,   'f',  'i',  'l',  'e',  's', '.', 'c', 'o', 'r', 'p', 0, 43,
                                           0, 5,  4, 3,    4,    3,    3,    0,    10,   0,   4,   0,   2,   0,   0x1d};
    uint8_t p[11 + 32 + sizeof after_random] = {
        0x16, 3, 1, 0, 6 + 32 + sizeof after_random, 1, 0, 0, 2 + 32 + sizeof after_random, 3, 3};
    bench_random_fill(r, p + 11, 32);
    memcpy(p + 43, after_random, sizeof after_random);
    return bench_bytes_copy(p, sizeof p);
}

/* A record with the client's Finished: head 5, message 4 and 32 (SHA-256), content type 1, tag 16. RFC 8446 4.4.4, 5.2. */
#define FINISHED 58u

static struct bench_talk *tls(uint32_t number, struct bench_random *r)
{
    static const uint8_t server_hello[5 + 4 + 46] = {
        0x16, 3, 3, 0, 50, 2, 0, 0, 46, 3, 3, [44] = 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4};
    static const uint8_t change_cipher_spec[] = {0x14, 3, 3, 0, 1, 1};
    struct bench_talk *t = bench_talk_new(r, client_of(number), server(r, 443));
    uint32_t rounds = bench_random_between(r, 1, 6);
    bench_talk_client(t, client_hello(r), 0);
    bench_talk_server(t, bench_bytes_copy(server_hello, sizeof server_hello), 0);
    bench_talk_records(t, true, 3000);
    bench_talk_client(t, bench_bytes_copy(change_cipher_spec, sizeof change_cipher_spec), 0);
    bench_talk_records(t, false, FINISHED);
    for (uint32_t i = 0; i < rounds; i++) {
        bench_talk_records(t, false, 600);
        bench_talk_records(t, true, bench_random_between(r, 2000, 400000));
    }
    return t;
}

/* Lengths of SMB2 parts, [MS-SMB2] 2.2.19 to 2.2.22. */
enum { SMB_HEADER = 64, READ_REQUEST = 49, READ_REPLY = 16, WRITE_REQUEST = 48, WRITE_REPLY = 16, SMB_DATA = 65536 };

/* A NetBIOS header, an SMB2 header and the fixed part of a READ or WRITE, with `data_len` bytes to follow. */
static struct bench_bytes smb(bool write, bool reply, uint32_t fixed_len, uint32_t data_len)
{
    uint8_t p[4 + SMB_HEADER + READ_REQUEST] = {0, [4] = 0xfe, 'S', 'M', 'B', SMB_HEADER};
    uint32_t len = SMB_HEADER + fixed_len + data_len;
    uint8_t *fixed = p + 4 + SMB_HEADER;
    p[1] = (uint8_t)(len >> 16);
    p[2] = (uint8_t)(len >> 8);
    p[3] = (uint8_t)len;
    p[4 + 12] = write ? 9 : 8;
    p[4 + 16] = reply;
    fixed[0] = reply ? 17 : 49; /* StructureSize */
    fixed[2] = data_len != 0 ? (uint8_t)(SMB_HEADER + fixed_len) : 0;
    fixed[6] = SMB_DATA >> 16; /* how much is asked for, or given */
    return bench_bytes_copy(p, 4 + SMB_HEADER + fixed_len);
}

static struct bench_talk *files(uint32_t number, struct bench_random *r)
{
    struct bench_talk *t = bench_talk_new(r, client_of(number), server(r, 445));
    uint32_t rounds = bench_random_between(r, 4, 20);
    for (uint32_t i = 0; i < rounds; i++) {
        if (bench_random_one_in(r, 4)) {
            bench_talk_client(t, smb(true, false, WRITE_REQUEST, SMB_DATA), SMB_DATA);
            bench_talk_server(t, smb(true, true, WRITE_REPLY, 0), 0);
        } else {
            bench_talk_client(t, smb(false, false, READ_REQUEST, 0), 0);
            bench_talk_server(t, smb(false, true, READ_REPLY, SMB_DATA), SMB_DATA);
        }
    }
    return t;
}

static struct bench_talk *desktop(uint32_t number, struct bench_random *r)
{
    struct bench_talk *t = bench_talk_new(r, client_of(number), server(r, 3389));
    for (uint32_t i = 0; i < BENCH_MOST_SENDS / 2; i++) {
        bench_talk_records(t, false, bench_random_between(r, 40, 140));
        bench_talk_records(t, true, bench_random_between(r, 100, 1400));
    }
    return t;
}

struct bench_talk *bench_noise_web(uint32_t number, struct bench_random *r, uint32_t num, uint32_t most)
{
    static const char *const types[] = {"text/html; charset=utf-8", "application/json", "image/png", "application/octet-stream"};
    struct bench_talk *t = bench_talk_new(r, client_of(number), server(r, bench_random_one_in(r, 4) ? 8080 : 80));
    for (uint32_t i = 0; i < num; i++) {
        uint32_t len = bench_random_between(r, 200, most);
        bench_talk_client(
            t,
            bench_bytes_print(NULL,
                              "GET /portal/pages/%08x/item?id=%u&view=full HTTP/1.1\r\nHost: intranet.contoso.com\r\n"
                              "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)\r\nAccept: */*\r\n"
                              "Cookie: session=%016llx\r\n\r\n",
                              number, i, (unsigned long long)bench_random_next(r)),
            0);
        bench_talk_server(t,
                          bench_bytes_print(NULL,
                                            "HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/10.0\r\nContent-Type: %s\r\n"
                                            "Cache-Control: private\r\nContent-Length: %u\r\n\r\n",
                                            types[bench_random_below(r, 4)], len),
                          len);
    }
    return t;
}

struct bench_talk *bench_noise_new(uint32_t number, struct bench_random *r)
{
    switch (bench_random_below(r, 20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        return tls(number, r);
    case 9:
    case 10:
    case 11:
        return files(number, r);
    case 12:
    case 13:
    case 14:
        return desktop(number, r);
    default:
        return bench_noise_web(number, r, bench_random_between(r, 1, 8), 60000);
    }
}

void bench_noise_dns(struct bench_capture *c, struct bench_random *r)
{
    static const uint8_t question[] = {0,   1,   0,   0,   0,   0,   0, 0,   4,   'h', 'o', 's', 't', 7, 'c',
                                       'o', 'n', 't', 'o', 's', 'o', 3, 'c', 'o', 'm', 0,   0,   1,   0, 1};
    static const uint8_t answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 10, 30, 0, 1};
    uint8_t p[4 + sizeof question + sizeof answer] = {0};
    struct bench_endpoint client = {FIRST_CLIENT + bench_random_below(r, NUM_CLIENTS),
                                    (uint16_t)bench_random_between(r, 49152, 65535)};
    struct bench_endpoint resolver = {DNS_SERVER, 53};
    bench_random_fill(r, p, 2);
    p[2] = 0x01; /* recursion desired */
    memcpy(p + 4, question, sizeof question);
    bench_capture_udp(c, &client, &resolver, p, 4 + sizeof question);
    c->now_us += 300;
    p[2] = 0x81; /* a response, */
    p[3] = 0x80; /* recursion available, */
    p[7] = 1;    /* with one answer */
    memcpy(p + 4 + sizeof question, answer, sizeof answer);
    bench_capture_udp(c, &resolver, &client, p, sizeof p);
}
