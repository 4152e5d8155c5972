/* SPDX-License-Identifier: Apache-2.0 */
/* Captures built byte by byte, and read back, for the tests of the capture readers. */
#ifndef TEST_SUPPORT_CAPTURES_H
#define TEST_SUPPORT_CAPTURES_H

#include "base/buf.h"
#include "capture/reader.h"

/* All writers append to `b`; little-endian unless `big`. */
void test_put_u16(struct scs_buf *b, bool big, uint16_t v);
void test_put_u32(struct scs_buf *b, bool big, uint32_t v);
void test_put_u64(struct scs_buf *b, bool big, uint64_t v);

void test_pcap_header(struct scs_buf *b, bool big, uint32_t magic, uint32_t snap_len, uint32_t link);
/* A record whose data are `len` bytes of the value `fill`. */
void test_pcap_record(struct scs_buf *b, bool big, uint32_t seconds, uint32_t fraction, uint32_t len, uint8_t fill);

/* test_ng_begin writes a block's type and a length to come, and returns the place for test_ng_end. */
size_t test_ng_begin(struct scs_buf *b, bool big, uint32_t type);
void test_ng_end(struct scs_buf *b, bool big, size_t begun);
void test_ng_section(struct scs_buf *b, bool big);
void test_ng_option(struct scs_buf *b, bool big, uint16_t code, const void *value, uint16_t len);
void test_ng_interface(struct scs_buf *b, bool big, uint16_t link, uint32_t snap_len, const char *name);
void test_ng_packet(struct scs_buf *b, bool big, uint32_t interface, uint64_t units, uint32_t len, uint8_t fill);

/* A reader over bytes in memory, and what it gave. */
struct test_reading {
    struct scs_arena *arena;
    struct scs_inventory inventory;
    struct scs_reader reader;
    struct scs_error err;
    bool opened;
    struct scs_packet packets[64]; /* data: not valid any more */
    uint8_t first_byte[64];
    size_t num;
    const char *problems; /* one a line; "" */
};

/* test_read reads everything (at most 64 packets). `cut`: where delivery is interrupted. */
void test_read(struct test_reading *t, const void *data, size_t len, size_t cut);
void test_read_buf(struct test_reading *t, const struct scs_buf *b);
void test_reading_cleanup(struct test_reading *t);

#endif
