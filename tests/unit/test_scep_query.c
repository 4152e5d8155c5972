/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/scep.h"
#include "hex.h"

struct expected {
    const char *message, *hex;
    enum scs_status st;
    uint32_t flags;
};

static void check(const struct expected *e)
{
    size_t len;
    uint8_t *want = test_hex(e->hex, &len);
    struct scs_cursor in = scs_cursor_of(e->message, strlen(e->message));
    struct scs_buf out;
    uint32_t flags;
    scs_buf_init(&out, 1 << 20);
    enum scs_status st = scs_scep_decode_query(&in, &out, &flags);
    if (flags != e->flags || st != e->st || out.len != len) {
        print_message("%s: status %d flags %x, %zu bytes\n", e->message, (int)st, flags, out.len);
    }
    assert_int_equal(st, e->st);
    assert_int_equal(flags, e->flags);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.p == NULL ? want : out.p, want, len);
    assert_int_equal(scs_scep_decoded_before(&in, (uint32_t)in.len), len);
    scs_buf_cleanup(&out);
    free(want);
}

/* Catches each way of writing one and the same three octets (fb ff fe: "+//+") that is refused or not flagged. */
static void every_variant_is_accepted_and_flagged(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"%2B%2F%2f%2b", "fbfffe", SCS_OK, 0},
        {"+//+", "fbfffe", SCS_OK, SCS_B64_RAW_PLUS | SCS_B64_RAW_SLASH},
        {"%2B//%2B", "fbfffe", SCS_OK, SCS_B64_RAW_SLASH},
        {" // ", "fbfffe", SCS_OK, SCS_B64_RAW_SLASH | SCS_B64_SPACE},
        {"%20//%2B", "fbfffe", SCS_OK, SCS_B64_RAW_SLASH | SCS_B64_SPACE},
        {"%252B%252F%252F%252B", "fbfffe", SCS_OK, SCS_B64_DOUBLE},
        {"%25252B//%2B", "fbfffe", SCS_OK, SCS_B64_DOUBLE | SCS_B64_RAW_SLASH},
        {"-__-", "fbfffe", SCS_OK, SCS_B64_URL_ALPHABET},
        {"MI%0D%0AAG\n", "308006", SCS_OK, SCS_B64_NEWLINES},
        {"MIA=", "3080", SCS_OK, SCS_B64_RAW_EQUALS},
        {"MIA%3D", "3080", SCS_OK, 0},
        {"MA%3D%3D", "30", SCS_OK, 0},
        {"MIA%3D%0A", "3080", SCS_OK, SCS_B64_NEWLINES},
        {"MIA%3D ", "3080", SCS_OK, 0},
        {"MIA", "3080", SCS_OK, SCS_B64_NO_PADDING},
        {"MI", "30", SCS_OK, SCS_B64_NO_PADDING},
        {"MIAG ", "308006", SCS_OK, 0},
        {"", "", SCS_OK, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&cases[i]);
    }
}

/* Catches decoding that goes on past something foreign, loses what came before, or calls a cut a fault of the encoder. */
static void cuts_and_foreign_characters_stop_it(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"MIAGC", "308006", SCS_MORE, SCS_B64_TRUNCATED},
        {"M", "", SCS_MORE, SCS_B64_TRUNCATED},
        {"MIAG%", "308006", SCS_MORE, SCS_B64_TRUNCATED},
        {"MIAG%2", "308006", SCS_MORE, SCS_B64_TRUNCATED},
        {"MIAG%25", "308006", SCS_MORE, SCS_B64_TRUNCATED},
        {"MIAG%252", "308006", SCS_MORE, SCS_B64_TRUNCATED},
        {"MIAG...", "308006", SCS_MALFORMED, SCS_B64_ELLIPSIS},
        {"MIAG\xe2\x80\xa6", "308006", SCS_MALFORMED, SCS_B64_ELLIPSIS},
        {"...", "", SCS_MALFORMED, SCS_B64_ELLIPSIS},
        {"MIAG*AAA", "308006", SCS_MALFORMED, SCS_B64_INVALID},
        {"MIAG%00AAA", "308006", SCS_MALFORMED, SCS_B64_INVALID},
        {"MIAG%zzAA", "308006", SCS_MALFORMED, SCS_B64_INVALID},
        {"MIAG%25zz", "308006", SCS_MALFORMED, SCS_B64_INVALID},
        {"MIAG..AA", "308006", SCS_MALFORMED, SCS_B64_INVALID},
        {"MIA=MIAG", "3080", SCS_MALFORMED, SCS_B64_RAW_EQUALS | SCS_B64_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&cases[i]);
    }
}

/* Catches an output that outgrows its buffer without saying so. */
static void output_is_bounded(void **state)
{
    (void)state;
    char text[4001];
    memset(text, 'A', 4000);
    text[4000] = '\0';
    struct scs_cursor in = scs_cursor_of(text, 4000);
    struct scs_buf out;
    uint32_t flags;
    scs_buf_init(&out, 1000);
    assert_int_equal(scs_scep_decode_query(&in, &out, &flags), SCS_LIMIT);
    assert_int_equal(out.len, 1000);
    scs_buf_cleanup(&out);
}

/* Catches a map from frames to decoded bytes that forgets escapes, or counts from the wrong place. */
static void offsets_before_and_after_decoding(void **state)
{
    (void)state;
    const char *target = "?message=MIAG%2B%2B%2B%2BMIAG";
    struct scs_cursor message = scs_cursor_of(target, strlen(target));
    assert_true(scs_cursor_skip(&message, 9));
    assert_int_equal(message.off, 9);
    assert_int_equal(scs_scep_decoded_before(&message, 0), 0);
    assert_int_equal(scs_scep_decoded_before(&message, 9), 0);
    assert_int_equal(scs_scep_decoded_before(&message, 11), 1);
    assert_int_equal(scs_scep_decoded_before(&message, 13), 3);
    assert_int_equal(scs_scep_decoded_before(&message, 14), 3);
    assert_int_equal(scs_scep_decoded_before(&message, 19), 4);
    assert_int_equal(scs_scep_decoded_before(&message, 25), 6);
    assert_int_equal(scs_scep_decoded_before(&message, 29), 9);
    assert_int_equal(scs_scep_decoded_before(&message, 9999), 9);
}

/* Catches blocks joined wrongly: 64 KiB of every octet, through the plain and the escaped path. */
static void long_messages(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum { GROUPS = 20000 };
    char *text = malloc(GROUPS * 4 * 3 + 1);
    size_t len = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        unsigned bits = (i & 0xff) << 16 | (i >> 8 & 0xff) << 8 | (i * 7 & 0xff);
        for (int shift = 18; shift >= 0; shift -= 6) {
            char c = alphabet[bits >> shift & 63];
            const char *as = c == '+' ? "%2B" : c == '/' ? "%2f" : NULL;
            if (as != NULL) {
                memcpy(text + len, as, 3);
                len += 3;
            } else {
                text[len++] = c;
            }
        }
    }
    struct scs_cursor in = scs_cursor_of(text, len);
    struct scs_buf out;
    uint32_t flags;
    scs_buf_init(&out, 1 << 20);
    assert_int_equal(scs_scep_decode_query(&in, &out, &flags), SCS_OK);
    assert_int_equal(flags, 0);
    assert_int_equal(out.len, GROUPS * 3);
    for (unsigned i = 0; i < GROUPS; i++) {
        assert_int_equal(out.p[3 * i], i & 0xff);
        assert_int_equal(out.p[3 * i + 2], i * 7 & 0xff);
    }
    scs_buf_cleanup(&out);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variant_is_accepted_and_flagged),
        cmocka_unit_test(cuts_and_foreign_characters_stop_it),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(offsets_before_and_after_decoding),
        cmocka_unit_test(long_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
