/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/text.h"
#include "capture/capture.h"
#include "captures.h"

#define START 1795166042u

static struct scs_arena *arena;
static struct scs_capture *capture;
static struct scs_buf bytes;
static char paths[4][64];
static unsigned num_paths;

static int setup(void **state)
{
    (void)state;
    arena = scs_arena_new();
    scs_buf_init(&bytes, 8u << 20);
    num_paths = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scs_capture_free(capture);
    capture = NULL;
    scs_arena_free(arena);
    scs_buf_cleanup(&bytes);
    for (unsigned i = 0; i < num_paths; i++) {
        unlink(paths[i]);
    }
    return 0;
}

/* Writes `bytes` to a new file and forgets them. */
static const char *saved(const char *extension)
{
    char *path = paths[num_paths++];
    snprintf(path, sizeof paths[0], "test_capture_XXXXXX%s", extension);
    int fd = mkstemps(path, (int)strlen(extension));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.len), bytes.len);
    close(fd);
    scs_buf_clear(&bytes);
    return path;
}

/* An Ethernet frame with an IPv4 TCP header to `port`. */
static void put_tcp(unsigned n, uint16_t port, uint32_t wire_len)
{
    test_pcap_record(&bytes, false, START + n, 0, 54, 0);
    uint8_t *frame = bytes.p + bytes.len - 54;
    memcpy(frame + 12, "\x08\x00\x45\x00\x00\x28\0\0\0\0\x40\x06", 12);
    frame[36] = (uint8_t)(port >> 8);
    frame[37] = (uint8_t)port;
    frame[46] = 0x50;
    memcpy(frame - 4, (uint8_t[]){(uint8_t)wire_len, (uint8_t)(wire_len >> 8), 0, 0}, 4);
}

static void open_capture(const char *filter, bool want_sha256)
{
    struct scs_error err = {0};
    capture = scs_capture_new(arena, filter, want_sha256, &err);
    assert_non_null(capture);
}

static void add(const char *path)
{
    struct scs_error err = {0};
    if (!scs_capture_add(capture, path, &err)) {
        fail_msg("%s", err.text);
    }
}

static void assert_refused(const char *path, const char *part)
{
    struct scs_error err = {0};
    assert_false(scs_capture_add(capture, path, &err));
    if (strstr(err.text, part) == NULL || strstr(err.text, path) == NULL) {
        fail_msg("'%s' does not say '%s' of %s", err.text, part, path);
    }
}

/* Catches facts that belong to another file, or counts that a filter changes. */
static void describes_what_was_read(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, 0xa1b2c3d4, 65535, 1);
    for (unsigned n = 0; n < 40; n++) {
        put_tcp(n, n % 4 == 0 ? 80 : 443, n == 4 ? 60 : 54);
    }
    scs_buf_add(&bytes, "cut", 3);
    const char *first = saved(".pcap");
    test_ng_section(&bytes, false);
    test_ng_interface(&bytes, false, 113, 96, "any");
    test_ng_packet(&bytes, false, 0, (uint64_t)(START - 5) * 1000000, 60, 0);
    const char *second = saved(".pcapng");

    open_capture("tcp port 80", true);
    add(first);
    add(second);
    struct scs_packet p[SCS_BATCH];
    unsigned seen = 0;
    for (size_t n; (n = scs_capture_next(capture, p, SCS_BATCH)) != 0;) {
        for (size_t i = 0; i < n; i++, seen++) {
            assert_int_equal(p[i].frame, SCS_FRAME(0, 1 + 4 * seen));
        }
    }
    assert_int_equal(seen, 10);
    struct scs_capture_facts facts = {0};
    scs_capture_describe(capture, true, arena, &facts);
    assert_int_equal(facts.num_files, 2);
    assert_string_equal(facts.files[0].path, first);
    assert_string_equal(facts.files[0].format, "pcap");
    assert_string_equal(facts.files[1].format, "pcapng");
    assert_int_equal(facts.files[0].packets, 40);
    assert_int_equal(facts.files[1].packets, 1);
    assert_int_equal(facts.packets, 41);
    assert_int_equal(facts.files[0].bytes, 24 + 40 * 70 + 3);
    assert_int_equal(facts.first_ns, (int64_t)(START - 5) * 1000000000);
    assert_int_equal(facts.last_ns, (int64_t)(START + 39) * 1000000000);
    assert_int_equal(facts.cut_packets, 1);
    assert_false(facts.has_drop_count);
    assert_false(facts.files[0].complete);
    assert_true(facts.files[1].complete);
    assert_int_equal(facts.files[0].num_problems, 1);
    assert_string_equal(facts.files[0].problems[0], "cut short after packet 40, at byte 2827");
    assert_int_equal(facts.num_interfaces, 2);
    assert_int_equal(facts.interfaces[1].file, 1);
    assert_string_equal(facts.interfaces[1].name, "any");
    assert_int_equal(facts.interfaces[1].snap_len, 96);
}

/* Catches a hash of what was decompressed, or of only what was read before a stop or damage. */
static void hashes_the_file_as_it_lies_there(void **state)
{
    (void)state;
    scs_buf_text(&bytes, "\xd4\xc3\xb2\xa1");
    for (unsigned i = 0; i < 250000; i++) {
        scs_buf_byte(&bytes, 0x11);
    }
    const char *path = saved(".pcap");
    open_capture(NULL, true);
    add(path);
    struct scs_packet p;
    assert_int_equal(scs_capture_next(capture, &p, 1), 0);
    struct scs_capture_facts facts = {0};
    scs_capture_describe(capture, true, arena, &facts);
    /* printf '\xd4\xc3\xb2\xa1' and 250,000 bytes 0x11, through sha256sum. */
    assert_string_equal(facts.files[0].sha256, "9a44bba211c2200728f69cadbcf6b9f8d59b2eb09dba9b7203f2ad2ac70f1d60");
    uint64_t total;
    assert_int_equal(scs_capture_read_bytes(capture, &total), 250004);
    assert_int_equal(total, 250004);
}

/* Catches a filter that reaches the packets without its numbers, or one that is wrong and passes for empty. */
static void names_a_filter_that_does_not_compile(void **state)
{
    (void)state;
    struct scs_error err = {0};
    assert_null(scs_capture_new(arena, "tcp prot 80", false, &err));
    assert_non_null(strstr(err.text, "tcp prot 80"));
    assert_non_null(strstr(err.text, "syntax error"));
}

/* Catches a filter that stops the run, or silently lets nothing pass, where it makes no sense for a link type. */
static void says_when_a_filter_does_not_apply(void **state)
{
    (void)state;
    test_ng_section(&bytes, false);
    test_ng_interface(&bytes, false, 1, 0, "eth0");
    test_ng_interface(&bytes, false, 101, 0, "tun0");
    for (unsigned n = 0; n < 3; n++) {
        test_ng_packet(&bytes, false, 0, 0, 60, 0x11);
        test_ng_packet(&bytes, false, 1, 0, 60, 0x11);
    }
    open_capture("ether src 11:11:11:11:11:11", false);
    add(saved(".pcapng"));
    struct scs_packet p[SCS_BATCH];
    assert_int_equal(scs_capture_next(capture, p, SCS_BATCH), 3);
    assert_int_equal(scs_capture_next(capture, p, SCS_BATCH), 0);
    struct scs_capture_facts facts = {0};
    scs_capture_describe(capture, true, arena, &facts);
    assert_int_equal(facts.files[0].num_problems, 1);
    assert_non_null(strstr(facts.files[0].problems[0], "does not apply to link type 101"));
    assert_true(facts.files[0].complete);
}

/* Catches raw IP files given to libpcap with the wrong one of its two numbers for them. */
static void filters_raw_ip(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, 0xa1b2c3d4, 65535, 101);
    test_pcap_record(&bytes, false, START, 0, 40, 0);
    memcpy(bytes.p + bytes.len - 40, "\x45\0\0\x28\0\0\0\0\x40\x06", 10);
    open_capture("tcp", false);
    add(saved(".pcap"));
    struct scs_packet p[SCS_BATCH];
    assert_int_equal(scs_capture_next(capture, p, SCS_BATCH), 1);
}

/* Catches a refusal that does not say what the file is and what to do next. */
static void says_what_is_no_capture(void **state)
{
    (void)state;
    open_capture(NULL, false);
    assert_refused("test_capture_missing.pcap", "No such file");
    assert_refused(saved(".pcap"), "is empty");
    scs_buf_text(&bytes, "<!DOCTYPE html><title>Sign in</title>");
    assert_refused(saved(".pcap"), "HTML");
    scs_buf_add(&bytes, "PK\3\4\0\0\0\0", 8);
    assert_refused(saved(".zip"), "unpack");
    for (unsigned i = 0; i < 72; i++) {
        scs_buf_byte(&bytes, 0);
    }
    scs_buf_add(&bytes, "\2\0\2\xc0 and so on", 14);
    assert_refused(saved(".etl"), "pktmon etl2pcap");
}

/* Catches a compressed file judged by its name, or one without a capture inside taken for a capture. */
static void looks_inside_compressed_files(void **state)
{
    (void)state;
    test_pcap_header(&bytes, false, 0xa1b2c3d4, 65535, 1);
    put_tcp(0, 80, 54);
    const char *path = saved(".pcap");
    static const char *const contents[] = {"some text in it", ""};
    gzFile gz = gzopen(path, "wb");
    test_pcap_header(&bytes, false, 0xa1b2c3d4, 65535, 1);
    put_tcp(0, 80, 54);
    assert_int_equal(gzwrite(gz, bytes.p, (unsigned)bytes.len), bytes.len);
    gzclose(gz);
    open_capture(NULL, false);
    add(path);
    struct scs_packet p;
    assert_int_equal(scs_capture_next(capture, &p, 1), 1);
    struct scs_capture_facts facts = {0};
    scs_capture_describe(capture, true, arena, &facts);
    assert_string_equal(facts.files[0].format, "pcap.gz");
    for (unsigned i = 0; i < 2; i++) {
        scs_buf_clear(&bytes);
        path = saved(".gz");
        gz = gzopen(path, "wb");
        gzwrite(gz, contents[i], (unsigned)strlen(contents[i]));
        gzclose(gz);
        assert_refused(path, i == 0 ? "looks like text" : "is empty");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(describes_what_was_read),
        TEST(hashes_the_file_as_it_lies_there),
        TEST(names_a_filter_that_does_not_compile),
        TEST(says_when_a_filter_does_not_apply),
        TEST(filters_raw_ip),
        TEST(says_what_is_no_capture),
        TEST(looks_inside_compressed_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
