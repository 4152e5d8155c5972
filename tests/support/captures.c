/* SPDX-License-Identifier: Apache-2.0 */
#include "captures.h"

#include <string.h>

#include "base/xalloc.h"

static void put(struct scs_buf *b, bool big, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        scs_buf_byte(b, (uint8_t)(v >> 8 * (big ? n - 1 - i : i)));
    }
}

void test_put_u16(struct scs_buf *b, bool big, uint16_t v)
{
    put(b, big, v, 2);
}

void test_put_u32(struct scs_buf *b, bool big, uint32_t v)
{
    put(b, big, v, 4);
}

void test_put_u64(struct scs_buf *b, bool big, uint64_t v)
{
    put(b, big, v, 8);
}

static void put_fill(struct scs_buf *b, uint32_t len, uint8_t fill)
{
    for (uint32_t i = 0; i < len; i++) {
        scs_buf_byte(b, fill);
    }
}

void test_pcap_header(struct scs_buf *b, bool big, uint32_t magic, uint32_t snap_len, uint32_t link)
{
    test_put_u32(b, big, magic);
    test_put_u16(b, big, 2);
    test_put_u16(b, big, 4);
    test_put_u64(b, big, 0);
    test_put_u32(b, big, snap_len);
    test_put_u32(b, big, link);
}

void test_pcap_record(struct scs_buf *b, bool big, uint32_t seconds, uint32_t fraction, uint32_t len, uint8_t fill)
{
    test_put_u32(b, big, seconds);
    test_put_u32(b, big, fraction);
    test_put_u32(b, big, len);
    test_put_u32(b, big, len);
    put_fill(b, len, fill);
}

size_t test_ng_begin(struct scs_buf *b, bool big, uint32_t type)
{
    size_t begun = b->len;
    test_put_u32(b, big, type);
    test_put_u32(b, big, 0);
    return begun;
}

void test_ng_end(struct scs_buf *b, bool big, size_t begun)
{
    while ((b->len - begun) % 4 != 0) {
        scs_buf_byte(b, 0);
    }
    uint32_t total = (uint32_t)(b->len - begun + 4);
    test_put_u32(b, big, total);
    memcpy(b->p + begun + 4, b->p + b->len - 4, 4);
}

void test_ng_section(struct scs_buf *b, bool big)
{
    size_t begun = test_ng_begin(b, big, 0x0a0d0d0a);
    test_put_u32(b, big, 0x1a2b3c4d);
    test_put_u16(b, big, 1);
    test_put_u16(b, big, 0);
    test_put_u64(b, big, UINT64_MAX);
    test_ng_end(b, big, begun);
}

void test_ng_option(struct scs_buf *b, bool big, uint16_t code, const void *value, uint16_t len)
{
    test_put_u16(b, big, code);
    test_put_u16(b, big, len);
    scs_buf_add(b, value, len);
    put_fill(b, (4 - len % 4u) % 4u, 0);
}

void test_ng_interface(struct scs_buf *b, bool big, uint16_t link, uint32_t snap_len, const char *name)
{
    size_t begun = test_ng_begin(b, big, 1);
    test_put_u16(b, big, link);
    test_put_u16(b, big, 0);
    test_put_u32(b, big, snap_len);
    if (name != NULL) {
        test_ng_option(b, big, 2, name, (uint16_t)strlen(name));
    }
    test_ng_end(b, big, begun);
}

void test_ng_packet(struct scs_buf *b, bool big, uint32_t interface, uint64_t units, uint32_t len, uint8_t fill)
{
    size_t begun = test_ng_begin(b, big, 6);
    test_put_u32(b, big, interface);
    test_put_u32(b, big, (uint32_t)(units >> 32));
    test_put_u32(b, big, (uint32_t)units);
    test_put_u32(b, big, len);
    test_put_u32(b, big, len);
    put_fill(b, len, fill);
    test_ng_end(b, big, begun);
}

void test_read(struct test_reading *t, const void *data, size_t len, size_t cut)
{
    *t = (struct test_reading){.arena = scs_arena_new()};
    scs_inventory_init(&t->inventory, t->arena);
    t->opened = scs_reader_open_memory(&t->reader, &t->inventory, data, len, cut, &t->err);
    t->problems = "";
    struct scs_packet batch[7];
    for (size_t n; t->opened && (n = t->reader.read(&t->reader, batch, sizeof batch / sizeof *batch)) != 0;) {
        for (size_t i = 0; i < n && t->num < 64; i++) {
            t->first_byte[t->num] = batch[i].cap_len == 0 ? 0 : batch[i].data[0];
            t->packets[t->num++] = batch[i];
        }
    }
    for (uint32_t i = 0; i < t->reader.num_problems; i++) {
        t->problems = scs_arena_printf(t->arena, "%s%s\n", t->problems, t->reader.problems[i]);
    }
}

void test_read_buf(struct test_reading *t, const struct scs_buf *b)
{
    test_read(t, b->p, b->len, b->len);
}

void test_reading_cleanup(struct test_reading *t)
{
    scs_reader_cleanup(&t->reader);
    scs_inventory_cleanup(&t->inventory);
    scs_arena_free(t->arena);
}
