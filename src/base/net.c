/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and end points: compared, told to be private, written and read as text. */
#include "scepscope/net.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool scs_addr_equal(const struct scs_addr *a, const struct scs_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool scs_endpoint_equal(const struct scs_endpoint *a, const struct scs_endpoint *b)
{
    return a->port == b->port && scs_addr_equal(&a->addr, &b->addr);
}

bool scs_addr_private(const struct scs_addr *a)
{
    const uint8_t *b = a->bytes;
    if (a->family == 4) {
        return b[0] == 10 || b[0] == 127 || b[0] == 0 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
               (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64) || b[0] >= 224;
    }
    if (a->family == 6) {
        static const uint8_t zeros[15];
        return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || b[0] == 0xff ||
               (memcmp(b, zeros, 15) == 0 && b[15] <= 1);
    }
    return true;
}

/* RFC 5952: lower case, the first longest run of two or more zero groups shortened, no leading zeros. */
static void text6(const uint8_t *b, char *out)
{
    uint16_t group[8];
    int best = -1, best_len = 1;
    for (int i = 0; i < 8; i++) {
        group[i] = (uint16_t)(b[2 * i] << 8 | b[2 * i + 1]);
    }
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && group[i + n] == 0) {
            n++;
        }
        if (n > best_len) {
            best = i;
            best_len = n;
        }
    }
    size_t len = 0;
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            len += (size_t)snprintf(out + len, SCS_ENDPOINT_TEXT - len, i == 0 ? "::" : ":");
            i += best_len - 1;
            continue;
        }
        len += (size_t)snprintf(out + len, SCS_ENDPOINT_TEXT - len, "%x%s", group[i], i == 7 ? "" : ":");
    }
}

const char *scs_addr_text(const struct scs_addr *a, char *out)
{
    if (a->family == 4) {
        snprintf(out, SCS_ENDPOINT_TEXT, "%u.%u.%u.%u", a->bytes[0], a->bytes[1], a->bytes[2], a->bytes[3]);
    } else if (a->family == 6) {
        text6(a->bytes, out);
    } else {
        snprintf(out, SCS_ENDPOINT_TEXT, "-");
    }
    return out;
}

const char *scs_endpoint_text(const struct scs_endpoint *e, char *out)
{
    char addr[SCS_ENDPOINT_TEXT];
    scs_addr_text(&e->addr, addr);
    snprintf(out, SCS_ENDPOINT_TEXT, e->addr.family == 6 ? "[%.46s]:%u" : "%.46s:%u", addr, e->port);
    return out;
}

static bool parse4(struct scs_cursor c, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        uint64_t byte;
        uint8_t dot;
        if (!scs_cursor_decimal(&c, 255, &byte) || (i < 3 && (!scs_cursor_u8(&c, &dot) || dot != '.'))) {
            return false;
        }
        out[i] = (uint8_t)byte;
    }
    return scs_cursor_done(&c);
}

static bool hex_group(struct scs_cursor *c, uint16_t *out)
{
    uint32_t value = 0;
    unsigned digits = 0;
    uint8_t b;
    while (digits < 4 && scs_cursor_peek(c, 0, &b)) {
        unsigned v = b >= '0' && b <= '9' ? b - 0x30u : (b | 32) >= 'a' && (b | 32) <= 'f' ? (b | 32) - 'a' + 10u : 16u;
        if (v == 16) {
            break;
        }
        value = value << 4 | v;
        digits++;
        if (!scs_cursor_skip(c, 1)) {
            return false;
        }
    }
    *out = (uint16_t)value;
    return digits != 0;
}

static bool parse6(struct scs_cursor c, uint8_t out[16])
{
    uint16_t head[8], tail[8];
    int num_head = 0, num_tail = 0;
    bool gap = scs_cursor_starts(&c, "::");
    if (gap && !scs_cursor_skip(&c, 2)) {
        return false;
    }
    while (!scs_cursor_done(&c)) {
        uint16_t *to = gap ? &tail[num_tail] : &head[num_head];
        if (num_head + num_tail >= 8 || !hex_group(&c, to)) {
            return false;
        }
        *(gap ? &num_tail : &num_head) += 1;
        if (scs_cursor_starts(&c, "::")) {
            if (gap || !scs_cursor_skip(&c, 2)) {
                return false;
            }
            gap = true;
        } else if (!scs_cursor_done(&c)) {
            uint8_t colon;
            if (!scs_cursor_u8(&c, &colon) || colon != ':' || scs_cursor_done(&c)) {
                return false;
            }
        }
    }
    int total = num_head + num_tail;
    if (gap ? total > 7 : total != 8) {
        return false;
    }
    memset(out, 0, 16);
    for (int i = 0; i < num_head; i++) {
        out[2 * i] = (uint8_t)(head[i] >> 8);
        out[2 * i + 1] = (uint8_t)head[i];
    }
    for (int i = 0; i < num_tail; i++) {
        int at = 8 - num_tail + i;
        out[2 * at] = (uint8_t)(tail[i] >> 8);
        out[2 * at + 1] = (uint8_t)tail[i];
    }
    return true;
}

bool scs_endpoint_parse(const char *text, struct scs_endpoint *out)
{
    struct scs_cursor c = scs_cursor_of(text, strlen(text)), host, inner = c;
    struct scs_endpoint e = {0};
    bool has_port = false;
    uint64_t port = 0;

    if (scs_cursor_starts(&c, "[")) {
        if (!scs_cursor_skip(&c, 1) || !scs_cursor_until(&c, ']', &host)) {
            return false;
        }
        has_port = !scs_cursor_done(&c);
        if (has_port && (!scs_cursor_starts(&c, ":") || !scs_cursor_skip(&c, 1))) {
            return false;
        }
    } else if (scs_cursor_until(&c, ':', &host) && scs_cursor_find(&c, ":") == SIZE_MAX) {
        has_port = true;
    } else {
        host = inner;
    }
    if (has_port && (!scs_cursor_decimal(&c, 65535, &port) || !scs_cursor_done(&c))) {
        return false;
    }
    e.port = (uint16_t)port;
    if (parse4(host, e.addr.bytes)) {
        e.addr.family = 4;
    } else if (parse6(host, e.addr.bytes)) {
        e.addr.family = 6;
    } else {
        return false;
    }
    *out = e;
    return true;
}
