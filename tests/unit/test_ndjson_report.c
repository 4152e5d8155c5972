/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "model.h"
#include "report/redact.h"
#include "report/reporters.h"

#define MOST_EVENTS 32

struct fixture {
    struct test_model t;
    json_t *events[MOST_EVENTS];
    size_t num;
};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    test_model_init(&f.t);
    *state = &f;
    return 0;
}

static void forget(struct fixture *f)
{
    while (f->num != 0) {
        json_decref(f->events[--f->num]);
    }
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    forget(f);
    test_model_cleanup(&f->t);
    return 0;
}

/* Reads the report back: every line must be one whole JSON object. */
static void report(struct fixture *f, enum scs_redaction level)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct scs_report_context ctx = {.model = &f->t.model, .lang = "en", .fail_on = SCS_SEV_ERROR};
    ctx.redactor = scs_redactor_for_model(level, &f->t.model);
    assert_true(scs_report_ndjson(&ctx, out));
    scs_redactor_free(ctx.redactor);
    fclose(out);
    forget(f);
    for (char *line = text; *line != '\0';) {
        json_error_t error;
        char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_true(f->num < MOST_EVENTS);
        f->events[f->num] = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, &error);
        if (f->events[f->num++] == NULL) {
            fail_msg("%s: %.*s", error.text, (int)(end - line), line);
        }
        line = end + 1;
    }
    free(text);
}

static const char *text_of(const json_t *event, const char *name)
{
    const char *text = json_string_value(json_object_get(event, name));
    return text == NULL ? "" : text;
}

/* A GetCACert that is refused with 404, and an enrolment that ends with it. */
static void play(struct fixture *f, const char *client)
{
    struct scs_connection *c = test_connection(&f->t, client, "10.5.1.4:80", 0);
    struct scs_exchange *caps = test_exchange(&f->t, c, SCS_OP_GET_CA_CAPS, 10);
    test_reply(&f->t, caps, 200, 5);
    test_caps(&f->t, caps, 0);
    struct scs_exchange *x = test_exchange(&f->t, c, SCS_OP_GET_CA_CERT, 100);
    test_reply(&f->t, x, 404, 5);
    test_enrolment(&f->t, SCS_ENROLMENT_FAILED, caps, x, NULL);
    test_diagnose(&f->t, NULL, 0);
}

/* Events without their flow at the top, or under names that shippers of EVE do not know. */
static void test_flow_stands_at_the_top(void **state)
{
    struct fixture *f = *state;
    play(f, "10.5.14.7:50000");
    report(f, SCS_REDACT_STANDARD);
    const json_t *first = f->events[0];
    assert_string_equal(text_of(first, "event_type"), "exchange");
    assert_string_equal(text_of(first, "timestamp"), "2026-11-20T09:14:02.015000Z");
    assert_string_equal(text_of(first, "src_ip"), "10.5.14.7");
    assert_int_equal(json_integer_value(json_object_get(first, "src_port")), 50000);
    assert_string_equal(text_of(first, "dest_ip"), "10.5.1.4");
    assert_int_equal(json_integer_value(json_object_get(first, "dest_port")), 80);
    assert_string_equal(text_of(first, "proto"), "TCP");
    assert_memory_equal(text_of(first, "community_id"), "1:", 2);
    assert_string_equal(text_of(json_object_get(first, "exchange"), "operation"), "GetCACaps");
}

/* Events out of order, a finding before the exchange it speaks of, or a stream that does not say that it is over. */
static void test_order_of_ends(void **state)
{
    struct fixture *f = *state;
    play(f, "10.5.14.7:50000");
    report(f, SCS_REDACT_STANDARD);
    bool exchange_told = false, finding_told = false;
    assert_true(f->num >= 4);
    for (size_t i = 0; i + 1 < f->num; i++) {
        if (i + 2 < f->num) {
            assert_true(strcmp(text_of(f->events[i], "timestamp"), text_of(f->events[i + 1], "timestamp")) <= 0);
        }
        const json_t *x = json_object_get(f->events[i], "exchange");
        exchange_told = exchange_told || json_integer_value(json_object_get(x, "id")) == 2;
        const json_t *finding = json_object_get(f->events[i], "finding");
        if (json_integer_value(json_object_get(finding, "exchange")) == 2) {
            finding_told = true;
            assert_true(exchange_told);
        }
    }
    assert_true(finding_told);
    const json_t *stats = json_object_get(f->events[f->num - 1], "stats");
    assert_string_equal(text_of(f->events[f->num - 1], "event_type"), "stats");
    assert_string_equal(text_of(json_object_get(stats, "summary"), "verdict"), "problems");
}

/* A community ID beside a redacted address: the address could be found by trying all. */
static void test_no_id_of_what_is_hidden(void **state)
{
    struct fixture *f = *state;
    play(f, "203.0.113.9:50000");
    report(f, SCS_REDACT_STANDARD);
    for (size_t i = 0; i < f->num; i++) {
        assert_null(json_object_get(f->events[i], "community_id"));
        assert_string_not_equal(text_of(f->events[i], "src_ip"), "203.0.113.9");
    }
    report(f, SCS_REDACT_NONE);
    assert_non_null(json_object_get(f->events[0], "community_id"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flow_stands_at_the_top, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_of_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_id_of_what_is_hidden, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
