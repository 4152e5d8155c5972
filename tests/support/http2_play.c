/* SPDX-License-Identifier: Apache-2.0 */
#include "http2_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"

#define MOST_STEPS 64

static struct step steps[MOST_STEPS];
static struct scs_buf bytes[MOST_STEPS];
static unsigned num_steps, present; /* present: the one that is being told */

void h2_forget(void)
{
    for (unsigned i = 0; i < num_steps; i++) {
        scs_buf_cleanup(&bytes[i]);
    }
    num_steps = 0;
}

/* What follows lies in the next packet of this direction. */
void h2_packet(enum kind kind)
{
    assert_true(num_steps < MOST_STEPS - 1);
    scs_buf_init(&bytes[num_steps], 1 << 20);
    present = num_steps++;
    steps[present] = (struct step){.kind = kind};
}

void h2_event(enum kind kind, size_t number)
{
    h2_packet(kind);
    steps[present].number = number;
}

void h2_put(const void *data, size_t len)
{
    assert_true(scs_buf_add(&bytes[present], data, len));
}

void h2_frame(uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t len)
{
    uint8_t header[9] = {(uint8_t)(len >> 16),    (uint8_t)(len >> 8),     (uint8_t)len,           type,           flags,
                         (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
    h2_put(header, sizeof header);
    h2_put(payload, len);
}

void h2_hex(uint8_t type, uint8_t flags, uint32_t stream, const char *hex)
{
    size_t len;
    uint8_t *payload = test_hex(hex, &len);
    h2_frame(type, flags, stream, payload, len);
    free(payload);
}

void h2_data(uint8_t flags, uint32_t stream, const char *text)
{
    h2_frame(DATA, flags, stream, text, strlen(text));
}

/* A string literal without Huffman (RFC 7541 5.2); a length of 127 and more goes on in groups of seven bits. */
void h2_string(struct scs_buf *b, const char *s, size_t len)
{
    size_t rest = len < 127 ? 0 : len - 127;
    scs_buf_byte(b, len < 127 ? (uint8_t)len : 127);
    while (len >= 127 && rest >= 128) {
        scs_buf_byte(b, (uint8_t)(rest % 128 + 128));
        rest /= 128;
    }
    if (len >= 127) {
        scs_buf_byte(b, (uint8_t)rest);
    }
    scs_buf_add(b, s, len);
}

/* "name value" lines as literals that enter no table. The block goes into `out`. */
void h2_pack(const char *lines, struct scs_buf *out)
{
    scs_buf_init(out, 1 << 20);
    while (*lines != '\0') {
        size_t name = strcspn(lines, " "), all = strcspn(lines, "\n");
        scs_buf_byte(out, 0);
        h2_string(out, lines, name);
        h2_string(out, lines + name + 1, all - name - 1);
        lines += all + 1;
    }
}

void h2_head(uint8_t flags, uint32_t stream, const char *lines)
{
    struct scs_buf block;
    h2_pack(lines, &block);
    h2_frame(HEADERS, flags, stream, block.p, block.len);
    scs_buf_cleanup(&block);
}

/* The client's first packet, and its server's. */
void h2_greet(void)
{
    h2_forget();
    h2_packet(SEND);
    h2_put(SCS_HTTP2_PREFACE, SCS_HTTP2_PREFACE_LEN);
    h2_hex(SETTINGS, 0, 0, "0003 00000064 0004 00a00000");
    h2_packet(REPLY);
    h2_hex(SETTINGS, 0, 0, "");
    h2_hex(SETTINGS, 1, 0, "");
}

void h2_ask_both(void)
{
    h2_greet();
    h2_packet(SEND);
    H2_ASK(1, "GetCACaps");
    H2_ASK(3, "GetCACert");
    h2_packet(REPLY);
}

static void arrange(void)
{
    steps[num_steps].kind = STOP;
    for (unsigned i = 0; i < num_steps; i++) {
        steps[i].text = (const char *)bytes[i].p;
        steps[i].len = bytes[i].len;
    }
}

/* Whole, then cut at every byte. */
void h2_play(struct world *w)
{
    arrange();
    test_http_play_all(w, steps);
}

void h2_play_once(struct world *w)
{
    arrange();
    test_http_play(w, steps, SIZE_MAX, 0);
}

struct scs_buf *h2_step(unsigned number)
{
    assert_true(number < num_steps);
    return &bytes[number];
}

void h2_back(unsigned number)
{
    assert_true(number < num_steps);
    present = number;
}
