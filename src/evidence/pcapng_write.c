/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   block    type 4, total length 4, body, options, total length again 4; all padded to 4 bytes
 *   option   code 2, length 2, value, padding; code 0 ends the list
 */
#include "evidence/pcapng_write.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/text.h"
#include "capture/pcapng.h"

enum {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_IF_NAME = 2,
    OPTION_IF_DESCRIPTION = 3,
    OPTION_IF_TSRESOL = 9,
    OPTION_USERAPPL = 4,
    OPTION_EPB_ID = 5,
    OPTION_EPB_VERDICT = 7,
    OPTION_ISB_START = 2,
    OPTION_ISB_END = 3,
    OPTION_ISB_IFDROP = 5
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define TLS_KEY_LOG      0x544c534bu
#define VERDICT_XDP      2u /* capture/pcapng_describe.c */
#define XDP_DROP         1u
#define MOST_DIGITS      9u
/* A packet with a comment for every finding; secrets are the longest block. */
#define MAX_BLOCK (SCS_MAX_SECRETS + SCS_MAX_PACKET)

static void u16(struct scs_buf *b, uint32_t value)
{
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    scs_buf_add(b, bytes, sizeof bytes);
}

static void u32(struct scs_buf *b, uint32_t value)
{
    u16(b, value & 0xffff);
    u16(b, value >> 16);
}

static void u64(struct scs_buf *b, uint64_t value)
{
    u32(b, (uint32_t)value);
    u32(b, (uint32_t)(value >> 32));
}

static void pad(struct scs_buf *b)
{
    while (b->len % 4 != 0) {
        scs_buf_byte(b, 0);
    }
}

static void option(struct scs_buf *b, uint16_t code, const void *value, size_t len)
{
    u16(b, code);
    u16(b, (uint32_t)len);
    scs_buf_add(b, value, len);
    pad(b);
}

/* Cut where a character ends, for readers refuse text that is not UTF-8. */
static void text_option(struct scs_buf *b, uint16_t code, const char *text)
{
    size_t len = 0, step;
    const uint8_t *p = (const uint8_t *)text;
    if (text == NULL || *text == '\0') {
        return;
    }
    size_t rest = strlen(text);
    while (len < rest && (step = scs_text_utf8(p + len, rest - len)) != 0 && len + step <= SCS_MAX_COMMENT) {
        len += step;
    }
    option(b, code, text, len);
}

static void begin(struct scs_pcapng_writer *w, uint32_t type)
{
    scs_buf_clear(&w->block);
    u32(&w->block, type);
    u32(&w->block, 0); /* the length, once it is known */
}

static void finish(struct scs_pcapng_writer *w, bool has_options)
{
    struct scs_buf *b = &w->block;
    if (has_options) {
        option(b, OPTION_END, NULL, 0);
    }
    uint32_t total = (uint32_t)b->len + 4;
    u32(b, total);
    for (unsigned i = 0; i < 4; i++) {
        b->p[4 + i] = (uint8_t)(total >> 8 * i);
    }
    if (w->out != NULL) {
        fwrite(b->p, 1, b->len, w->out);
    } else {
        scs_buf_add(w->gathered, b->p, b->len);
    }
}

void scs_pcapng_writer_init(struct scs_pcapng_writer *w, FILE *out, struct scs_buf *gathered)
{
    *w = (struct scs_pcapng_writer){.out = out, .gathered = gathered};
    scs_buf_init(&w->block, MAX_BLOCK);
}

void scs_pcapng_write_section(struct scs_pcapng_writer *w, const char *program, const char *comment)
{
    begin(w, SCS_PCAPNG_SECTION);
    u32(&w->block, BYTE_ORDER_MAGIC);
    u16(&w->block, 1); /* version 1.0 */
    u16(&w->block, 0);
    u32(&w->block, UINT32_MAX); /* length of the section: not stated */
    u32(&w->block, UINT32_MAX);
    text_option(&w->block, OPTION_COMMENT, comment);
    text_option(&w->block, OPTION_USERAPPL, program);
    finish(w, true);
}

void scs_pcapng_write_secrets(struct scs_pcapng_writer *w, const struct scs_cursor *text)
{
    begin(w, SCS_PCAPNG_SECRETS);
    u32(&w->block, TLS_KEY_LOG);
    u32(&w->block, (uint32_t)text->len);
    scs_buf_add(&w->block, text->p, text->len);
    pad(&w->block);
    finish(w, false);
}

uint32_t scs_pcapng_write_interface(struct scs_pcapng_writer *w, const struct scs_interface *interface, uint8_t digits)
{
    uint8_t resolution = digits < MOST_DIGITS ? digits : MOST_DIGITS;
    begin(w, SCS_PCAPNG_INTERFACE);
    u16(&w->block, interface->link_type);
    u16(&w->block, 0);
    u32(&w->block, interface->snap_len);
    text_option(&w->block, OPTION_IF_NAME, interface->name);
    text_option(&w->block, OPTION_IF_DESCRIPTION, interface->description);
    option(&w->block, OPTION_IF_TSRESOL, &resolution, 1);
    finish(w, true);
    w->digits[w->num_interfaces] = resolution;
    return w->num_interfaces++;
}

/* The time in units of the interface; before 1970 there are none. */
static uint64_t units(const struct scs_pcapng_writer *w, uint32_t interface, int64_t ts_ns)
{
    uint64_t ns = ts_ns > 0 ? (uint64_t)ts_ns : 0;
    for (unsigned i = w->digits[interface]; i < MOST_DIGITS; i++) {
        ns /= 10;
    }
    return ns;
}

void scs_pcapng_write_frame(struct scs_pcapng_writer *w, const struct scs_pcapng_frame *frame)
{
    uint64_t time = units(w, frame->interface, frame->ts_ns);
    begin(w, SCS_PCAPNG_ENHANCED_PACKET);
    u32(&w->block, frame->interface);
    u32(&w->block, (uint32_t)(time >> 32));
    u32(&w->block, (uint32_t)time);
    u32(&w->block, (uint32_t)frame->bytes.len);
    u32(&w->block, frame->wire_len);
    scs_buf_add(&w->block, frame->bytes.p, frame->bytes.len);
    pad(&w->block);
    if (frame->id != 0) {
        u16(&w->block, OPTION_EPB_ID);
        u16(&w->block, 8);
        u64(&w->block, frame->id);
    }
    if (frame->host_dropped) {
        static const uint8_t verdict[9] = {VERDICT_XDP, XDP_DROP};
        option(&w->block, OPTION_EPB_VERDICT, verdict, sizeof verdict);
    }
    for (uint32_t i = 0; i < frame->num_comments; i++) {
        text_option(&w->block, OPTION_COMMENT, frame->comments[i]);
    }
    finish(w, frame->num_comments != 0 || frame->id != 0 || frame->host_dropped);
}

static void time_option(struct scs_pcapng_writer *w, uint16_t code, uint64_t time)
{
    u16(&w->block, code);
    u16(&w->block, 8);
    u32(&w->block, (uint32_t)(time >> 32));
    u32(&w->block, (uint32_t)time);
}

void scs_pcapng_write_statistics(struct scs_pcapng_writer *w, uint32_t interface, int64_t begun_ns, int64_t ended_ns,
                                 const uint64_t *dropped)
{
    uint64_t ended = units(w, interface, ended_ns);
    begin(w, SCS_PCAPNG_STATISTICS);
    u32(&w->block, interface);
    u32(&w->block, (uint32_t)(ended >> 32));
    u32(&w->block, (uint32_t)ended);
    if (begun_ns != SCS_NO_TIME) {
        time_option(w, OPTION_ISB_START, units(w, interface, begun_ns));
    }
    if (ended_ns != SCS_NO_TIME) {
        time_option(w, OPTION_ISB_END, ended);
    }
    if (dropped != NULL) {
        u16(&w->block, OPTION_ISB_IFDROP);
        u16(&w->block, 8);
        u64(&w->block, *dropped);
    }
    finish(w, true);
}

void scs_pcapng_writer_cleanup(struct scs_pcapng_writer *w)
{
    if (w->block.p != NULL) {
        OPENSSL_cleanse(w->block.p, w->block.cap); /* there may have been keys in it */
    }
    scs_buf_cleanup(&w->block);
}
