/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/json_writer.h"
#include "scepscope/facts.h"

/* What a test wrote, as text. */
struct written {
    char *text;
    size_t len;
    FILE *file;
    struct scs_json w;
};

static void begin(struct written *t)
{
    t->file = open_memstream(&t->text, &t->len);
    assert_non_null(t->file);
    scs_json_init(&t->w, t->file);
}

static void end(struct written *t)
{
    fclose(t->file);
}

/* Writes one member with this text and returns what a JSON parser reads back; the caller frees. */
static char *through(const char *text)
{
    struct written t;
    begin(&t);
    scs_json_begin_object(&t.w, NULL);
    scs_json_text(&t.w, "t", text);
    scs_json_end_object(&t.w);
    end(&t);
    json_error_t error;
    json_t *root = json_loadb(t.text, t.len, 0, &error);
    assert_non_null(root);
    char *back = strdup(json_string_value(json_object_get(root, "t")));
    json_decref(root);
    free(t.text);
    return back;
}

/* A writer that loses a comma, an indent or a bracket. */
static void test_layout_is_one_fact_per_line(void **state)
{
    struct written t;
    (void)state;
    begin(&t);
    scs_json_begin_object(&t.w, NULL);
    scs_json_number(&t.w, "a", -1);
    scs_json_begin_row(&t.w, "row");
    scs_json_count(&t.w, NULL, 1);
    scs_json_count(&t.w, NULL, 2);
    scs_json_end_array(&t.w);
    scs_json_begin_array(&t.w, "list");
    scs_json_begin_object(&t.w, NULL);
    scs_json_bool(&t.w, "b", true);
    scs_json_end_object(&t.w);
    scs_json_begin_object(&t.w, NULL);
    scs_json_end_object(&t.w);
    scs_json_end_array(&t.w);
    scs_json_end_object(&t.w);
    end(&t);
    assert_string_equal(t.text, "{\n"
                                "  \"a\": -1,\n"
                                "  \"row\": [1, 2],\n"
                                "  \"list\": [\n"
                                "    {\n"
                                "      \"b\": true\n"
                                "    },\n"
                                "    {}\n"
                                "  ]\n"
                                "}\n");
    free(t.text);
}

/* A writer that prints null or an empty member for what was not seen. */
static void test_absent_values_write_nothing(void **state)
{
    struct written t;
    (void)state;
    begin(&t);
    scs_json_begin_object(&t.w, NULL);
    scs_json_text(&t.w, "a", NULL);
    scs_json_time(&t.w, "b", SCS_NO_TIME);
    scs_json_seconds(&t.w, "c", SCS_NO_TIME);
    scs_json_ms(&t.w, "d", SCS_NO_TIME);
    scs_json_hex(&t.w, "e", NULL, 0);
    scs_json_true(&t.w, "f", false);
    scs_json_begin_array(&t.w, "g");
    scs_json_text(&t.w, NULL, NULL);
    scs_json_end_array(&t.w);
    scs_json_end_object(&t.w);
    end(&t);
    assert_string_equal(t.text, "{\n  \"g\": []\n}\n");
    free(t.text);
}

/* A writer that lets a quote, backslash or control character end or break the string. */
static void test_special_characters_survive(void **state)
{
    static const char *const texts[] = {"",
                                        "\"",
                                        "\\",
                                        "a\"b\\c/d",
                                        "\b\f\n\r\t",
                                        "\001\037\177",
                                        "<script>&",
                                        "caf\xc3\xa9",
                                        "\xf0\x9f\x94\x92",
                                        "\xe2\x80\xa8\xe2\x80\xa9",
                                        "\xc2\x85"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *back = through(texts[i]);
        assert_string_equal(back, texts[i]);
        free(back);
    }
}

/* A writer that lets U+2028, a C1 control or a bidirectional control out as it is. */
static void test_line_separators_and_controls_are_escaped(void **state)
{
    struct written t;
    (void)state;
    begin(&t);
    scs_json_begin_array(&t.w, NULL);
    scs_json_text(&t.w, NULL, "\xe2\x80\xa8\xe2\x80\xae\xc2\x9b");
    scs_json_end_array(&t.w);
    end(&t);
    assert_string_equal(t.text, "[\n  \"\\u2028\\u202e\\u009b\"\n]\n");
    free(t.text);
}

/* A writer that passes bytes that are no UTF-8: lone continuation, overlong form, surrogate, cut character. */
static void test_invalid_utf8_becomes_text(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {{"a\x80z", "a\\x80z"},
                {"\xc0\xaf", "\\xc0\\xaf"},
                {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
                {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
                {"\xe2\x80", "\\xe2\\x80"},
                {"\xff", "\\xff"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *back = through(rows[i].in);
        assert_string_equal(back, rows[i].out);
        free(back);
    }
}

static void check_ms(int64_t ns, const char *expected)
{
    struct written t;
    begin(&t);
    scs_json_begin_row(&t.w, NULL);
    scs_json_ms(&t.w, NULL, ns);
    scs_json_end_array(&t.w);
    end(&t);
    char text[64];
    snprintf(text, sizeof text, "[%s]\n", expected);
    assert_string_equal(t.text, text);
    free(t.text);
}

/* A writer that drops leading zeros of the fraction, prints trailing ones, or loses the sign. */
static void test_milliseconds(void **state)
{
    (void)state;
    check_ms(0, "0");
    check_ms(999, "0");
    check_ms(12400000, "12.4");
    check_ms(1005000, "1.005");
    check_ms(1050000, "1.05");
    check_ms(2000000000, "2000");
    check_ms(-1500000, "-1.5");
    check_ms(-999, "0");
    check_ms(INT64_MAX, "9223372036854.775");
    check_ms(INT64_MIN + 1, "-9223372036854.775");
}

/* A writer that goes through nanoseconds and wraps after 2262, as certificates without end (RFC 5280 4.1.2.5) would. */
static void test_times(void **state)
{
    struct written t;
    (void)state;
    begin(&t);
    scs_json_begin_object(&t.w, NULL);
    scs_json_time(&t.w, "a", INT64_C(1795166042000001999));
    scs_json_seconds(&t.w, "b", INT64_C(253402300799));
    scs_json_time(&t.w, "c", -1);
    scs_json_end_object(&t.w);
    end(&t);
    assert_non_null(strstr(t.text, "\"a\": \"2026-11-20T09:14:02.000001Z\""));
    assert_non_null(strstr(t.text, "\"b\": \"9999-12-31T23:59:59.000000Z\""));
    assert_non_null(strstr(t.text, "\"c\": \"1969-12-31T23:59:59.999999Z\""));
    free(t.text);
}

/* A writer whose numbers pass through int or double. */
static void test_large_numbers(void **state)
{
    struct written t;
    (void)state;
    begin(&t);
    scs_json_begin_row(&t.w, NULL);
    scs_json_count(&t.w, NULL, UINT64_MAX);
    scs_json_number(&t.w, NULL, INT64_MIN);
    scs_json_end_array(&t.w);
    end(&t);
    assert_string_equal(t.text, "[18446744073709551615, -9223372036854775808]\n");
    free(t.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout_is_one_fact_per_line),
        cmocka_unit_test(test_absent_values_write_nothing),
        cmocka_unit_test(test_special_characters_survive),
        cmocka_unit_test(test_line_separators_and_controls_are_escaped),
        cmocka_unit_test(test_invalid_utf8_becomes_text),
        cmocka_unit_test(test_milliseconds),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_large_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
