/* SPDX-License-Identifier: Apache-2.0 */
/* What is written as pcapng, read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "captures.h"
#include "evidence/pcapng_write.h"

#define NOON INT64_C(1795176000123456789)

struct written {
    struct scs_buf bytes;
    struct scs_pcapng_writer writer;
};

static void begin(struct written *w)
{
    scs_buf_init(&w->bytes, 1u << 20);
    scs_pcapng_writer_init(&w->writer, NULL, &w->bytes);
    scs_pcapng_write_section(&w->writer, "scepscope test", "scepscope-redacted: standard\nmore");
}

static void end(struct written *w)
{
    scs_pcapng_writer_cleanup(&w->writer);
    scs_buf_cleanup(&w->bytes);
}

static uint32_t interface(struct written *w, const char *name, uint8_t digits)
{
    return scs_pcapng_write_interface(
        &w->writer, &(struct scs_interface){.name = name, .link_type = SCS_LINK_ETHERNET, .snap_len = 262144}, digits);
}

static void frame(struct written *w, struct scs_pcapng_frame f, const char *bytes)
{
    f.bytes = scs_cursor_of(bytes, strlen(bytes));
    scs_pcapng_write_frame(&w->writer, &f);
}

/* Catches a block whose length, padding or options are wrong for some length of its data. */
static void test_read_back(void **state)
{
    struct written w;
    struct test_reading r;
    static const char text[] = "ABCDEFGHI";
    (void)state;
    begin(&w);
    assert_int_equal(interface(&w, "eth0", 9), 0);
    assert_int_equal(interface(&w, "lo", 6), 1);
    for (uint32_t i = 0; i < 8; i++) {
        const char *comments[] = {"one", "and another"};
        frame(&w,
              (struct scs_pcapng_frame){.interface = i % 2,
                                        .ts_ns = NOON + i * 1000,
                                        .wire_len = 1500,
                                        .id = i * 7,
                                        .host_dropped = i == 3,
                                        .comments = comments,
                                        .num_comments = i % 3},
              text + i);
    }
    test_read_buf(&r, &w.bytes);
    assert_true(r.opened);
    assert_string_equal(r.problems, "");
    assert_int_equal(r.num, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(r.packets[i].cap_len, 9 - i);
        assert_int_equal(r.packets[i].wire_len, 1500);
        assert_int_equal(r.first_byte[i], text[i]);
        assert_int_equal(r.packets[i].ts_ns, (NOON + i * 1000) / (i % 2 == 0 ? 1 : 1000) * (i % 2 == 0 ? 1 : 1000));
        assert_int_equal(r.packets[i].interface, i % 2);
        assert_int_equal(r.packets[i].id, i * 7);
        assert_int_equal(r.packets[i].host_dropped, i == 3);
    }
    assert_string_equal(r.inventory.redacted, "standard");
    assert_string_equal(r.inventory.interfaces[1].name, "lo");
    test_reading_cleanup(&r);
    end(&w);
}

/* Catches counters and times of the capture that are lost, and a count where nobody counted. */
static void test_statistics(void **state)
{
    struct written w;
    struct test_reading r;
    const uint64_t dropped = UINT64_C(1) << 33;
    (void)state;
    for (int counted = 0; counted < 2; counted++) {
        begin(&w);
        interface(&w, "eth0", 9);
        frame(&w, (struct scs_pcapng_frame){.ts_ns = NOON, .wire_len = 4}, "data");
        scs_pcapng_write_statistics(&w.writer, 0, NOON - 5, NOON + 5, counted ? &dropped : NULL);
        scs_pcapng_write_statistics(&w.writer, 0, SCS_NO_TIME, SCS_NO_TIME, NULL);
        test_read_buf(&r, &w.bytes);
        assert_string_equal(r.problems, "");
        assert_int_equal(r.reader.has_drop_count, counted);
        assert_int_equal(r.reader.dropped, counted ? dropped : 0);
        assert_int_equal(r.inventory.begun_ns, NOON - 5);
        assert_int_equal(r.inventory.ended_ns, NOON + 5);
        test_reading_cleanup(&r);
        end(&w);
    }
}

/* Catches secrets that are torn, and that are left in memory. */
static void test_secrets(void **state)
{
    struct written w;
    struct test_reading r;
    static const char log[] = "CLIENT_RANDOM 00 11\n";
    struct scs_cursor text = scs_cursor_of(log, strlen(log));
    (void)state;
    begin(&w);
    scs_pcapng_write_secrets(&w.writer, &text);
    interface(&w, "eth0", 9);
    frame(&w, (struct scs_pcapng_frame){.ts_ns = NOON, .wire_len = 4}, "data");
    test_read_buf(&r, &w.bytes);
    assert_string_equal(r.problems, "");
    assert_int_equal(r.num, 1);
    assert_int_equal(r.inventory.secrets.len, strlen(log));
    assert_memory_equal(r.inventory.secrets.p, log, strlen(log));
    test_reading_cleanup(&r);
    end(&w);
}

/* Catches a comment that is cut inside a character, or longer than an option may be: readers refuse the file. */
static void test_long_comment(void **state)
{
    struct written w;
    struct test_reading r;
    (void)state;
    char *comment = malloc(70001);
    assert_non_null(comment);
    for (size_t i = 0; i < 70000; i += 2) {
        memcpy(comment + i, "\xc3\xbc", 2);
    }
    comment[0] = 'a';
    comment[1] = 'b';
    comment[2] = 'c'; /* so that a character lies across the limit */
    memmove(comment + 3, comment + 4, 69996);
    comment[69999] = '\0';
    begin(&w);
    interface(&w, "eth0", 9);
    size_t before = w.bytes.len;
    const char *comments[] = {comment};
    frame(&w, (struct scs_pcapng_frame){.ts_ns = NOON, .wire_len = 4, .comments = comments, .num_comments = 1}, "data");
    test_read_buf(&r, &w.bytes);
    assert_string_equal(r.problems, "");
    assert_int_equal(r.num, 1);
    /* Header 28, data 4, the option's header 4 and at most its maximum, end of options 4, length 4. */
    assert_true(w.bytes.len - before <= 28 + 4 + 4 + SCS_MAX_COMMENT + 4 + 4);
    const uint8_t *option = w.bytes.p + before + 28 + 4;
    uint32_t len = option[2] | (uint32_t)option[3] << 8;
    assert_int_equal(len, SCS_MAX_COMMENT - 1);
    assert_int_equal(option[4 + len - 1], 0xbc);
    test_reading_cleanup(&r);
    end(&w);
    free(comment);
}

/* Catches a file that is not what the buffer would have been. */
static void test_to_a_file(void **state)
{
    struct written w;
    char *text = NULL;
    size_t len = 0;
    (void)state;
    begin(&w);
    interface(&w, "eth0", 9);
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    struct scs_pcapng_writer other;
    scs_pcapng_writer_init(&other, out, NULL);
    scs_pcapng_write_section(&other, "scepscope test", "scepscope-redacted: standard\nmore");
    scs_pcapng_write_interface(&other,
                               &(struct scs_interface){.name = "eth0", .link_type = SCS_LINK_ETHERNET, .snap_len = 262144}, 9);
    scs_pcapng_writer_cleanup(&other);
    fclose(out);
    assert_int_equal(len, w.bytes.len);
    assert_memory_equal(text, w.bytes.p, len);
    free(text);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_back),    cmocka_unit_test(test_statistics), cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_long_comment), cmocka_unit_test(test_to_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
