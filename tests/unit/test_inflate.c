/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "captures.h"

#define PLAIN (1u << 20)

static uint8_t *plain, *packed;
static size_t packed_len;
static struct scs_buf out;

/* Text that compresses to about a third. */
static int setup(void **state)
{
    (void)state;
    plain = malloc(PLAIN);
    packed = malloc(2 * PLAIN);
    if (plain == NULL || packed == NULL) {
        return -1;
    }
    uint32_t x = 1;
    for (size_t i = 0; i < PLAIN; i++) {
        x = x * 1664525 + 1013904223;
        plain[i] = (uint8_t)('a' + (x >> 29));
    }
    packed_len = 0;
    scs_buf_init(&out, 2 * PLAIN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(plain);
    free(packed);
    scs_buf_cleanup(&out);
    return 0;
}

static void add_gzip(const uint8_t *data, size_t len)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)len;
    z.next_out = packed + packed_len;
    z.avail_out = (uInt)(2 * PLAIN - packed_len);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed_len += z.total_out;
    deflateEnd(&z);
}

static void add_zstd(const uint8_t *data, size_t len)
{
    packed_len += ZSTD_compress(packed + packed_len, 2 * PLAIN - packed_len, data, len, 3);
}

/* Decompresses with input in pieces of `in_step` and room for `out_step`; the final status. */
static enum scs_status unpack(size_t in_step, size_t out_step, bool *at_rest)
{
    struct scs_cursor all = scs_cursor_of(packed, packed_len), first = scs_cursor_first(&all, 4), piece = {0};
    enum scs_compression kind = scs_inflate_recognise(&first);
    assert_int_not_equal(kind, SCS_COMPRESSION_NONE);
    struct scs_inflate *z = scs_inflate_new(kind);
    uint8_t *room = malloc(out_step);
    enum scs_status st;
    scs_buf_clear(&out);
    for (;;) {
        size_t wrote = 0;
        st = scs_inflate_step(z, &piece, room, out_step, &wrote);
        scs_buf_add(&out, room, wrote);
        if (st == SCS_MALFORMED || (st == SCS_MORE && wrote == 0 && all.len == 0)) {
            break;
        }
        if (st == SCS_MORE && all.len != 0) {
            assert_true(scs_cursor_take(&all, in_step < all.len ? in_step : all.len, &piece));
        }
    }
    *at_rest = scs_inflate_at_rest(z);
    free(room);
    scs_inflate_free(z);
    return st;
}

static void assert_whole(size_t in_step, size_t out_step)
{
    bool at_rest;
    assert_int_equal(unpack(in_step, out_step, &at_rest), SCS_MORE);
    assert_true(at_rest);
    assert_int_equal(out.len, PLAIN);
    assert_memory_equal(out.p, plain, PLAIN);
}

/* Catches output lost where input or room end in the middle of something, and a second member taken for garbage. */
static void unpacks_members_and_frames(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 2; kind++) {
        packed_len = 0;
        (kind == 0 ? add_gzip : add_zstd)(plain, PLAIN / 3);
        (kind == 0 ? add_gzip : add_zstd)(plain + PLAIN / 3, PLAIN - PLAIN / 3);
        assert_whole(65536, 524288);
        assert_whole(SIZE_MAX, 524288);
        assert_whole(1, 4096);
        assert_whole(65536, 1);
        assert_whole(777, 333);
    }
}

/* Catches the padding of a tape block taken for damage. */
static void passes_over_zeros_after_gzip(void **state)
{
    (void)state;
    add_gzip(plain, PLAIN);
    memset(packed + packed_len, 0, 100);
    packed_len += 100;
    assert_whole(64, 65536);
}

/* Catches a stream that ends early taken for a whole one. */
static void is_not_at_rest_inside_a_stream(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 2; kind++) {
        packed_len = 0;
        (kind == 0 ? add_gzip : add_zstd)(plain, PLAIN);
        packed_len = packed_len / 2;
        bool at_rest;
        assert_int_equal(unpack(65536, 65536, &at_rest), SCS_MORE);
        assert_false(at_rest);
        assert_true(out.len > PLAIN / 4 && out.len < PLAIN);
        assert_memory_equal(out.p, plain, out.len);
    }
}

/* Catches damage that costs what was decoded before it, or an amount of it that depends on how the bytes came. */
static void keeps_what_came_before_damage(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 2; kind++) {
        packed_len = 0;
        if (kind == 0) {
            add_gzip(plain, PLAIN);
            packed[packed_len - 5] ^= 1; /* the check sum */
        } else {
            add_zstd(plain, PLAIN);
            memset(packed + packed_len / 2, 0xff, packed_len - packed_len / 2); /* no block begins so */
        }
        bool at_rest;
        assert_int_equal(unpack(SIZE_MAX, PLAIN, &at_rest), SCS_MALFORMED);
        size_t kept = out.len;
        assert_true(kept > PLAIN / 3);
        assert_memory_equal(out.p, plain, PLAIN / 3);
        assert_int_equal(unpack(100, 1000, &at_rest), SCS_MALFORMED);
        assert_int_equal(out.len, kept);
    }
}

/* Catches a file taken for compressed by less than its magic number. */
static void recognises_by_magic_only(void **state)
{
    (void)state;
    struct scs_cursor c = scs_cursor_of("\x1f\x8b\x08\0", 4);
    assert_int_equal(scs_inflate_recognise(&c), SCS_COMPRESSION_GZIP);
    c = scs_cursor_of("\x1f\x8b\x08", 3);
    assert_int_equal(scs_inflate_recognise(&c), SCS_COMPRESSION_NONE);
    c = scs_cursor_of("\x28\xb5\x2f\xfd", 4);
    assert_int_equal(scs_inflate_recognise(&c), SCS_COMPRESSION_ZSTD);
    c = scs_cursor_of("\x5f\x2a\x4d\x18", 4);
    assert_int_equal(scs_inflate_recognise(&c), SCS_COMPRESSION_ZSTD);
    c = scs_cursor_of("\xd4\xc3\xb2\xa1", 4);
    assert_int_equal(scs_inflate_recognise(&c), SCS_COMPRESSION_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(unpacks_members_and_frames),    TEST(passes_over_zeros_after_gzip), TEST(is_not_at_rest_inside_a_stream),
        TEST(keeps_what_came_before_damage), TEST(recognises_by_magic_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
