/* SPDX-License-Identifier: Apache-2.0 */
/* Events while packets still come: the last word on each thing is what the report of the saved capture says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/xalloc.h"
#include "every_capture.h"
#include "live_play.h"
#include "report/ndjson_stream.h"
#include "report/redact.h"
#include "report/reporters.h"
#include "watch/news.h"

struct session {
    const char *name;
    struct scs_event_stream *stream;
    struct scs_news *news;
    json_t *latest;   /* "exchange 7" and the like to the event */
    json_t *expected; /* events of the saved capture */
    struct scs_report_context ctx;
};

/* ---- the stream -------------------------------------------------------------------------------------- */

static void take_line(void *ctx, const char *text, size_t len)
{
    struct session *s = ctx;
    json_error_t error;
    char key[64];
    json_t *event = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (event == NULL || memchr(text, '\n', len) != text + len - 1) {
        fail_msg("%s: not one object on a line: %s", s->name, error.text);
    }
    const char *type = json_string_value(json_object_get(event, "event_type"));
    assert_int_equal(strlen(json_string_value(json_object_get(event, "run"))), 16);
    bool withdrawn = strcmp(type, "withdrawn") == 0;
    const char *of = json_string_value(json_object_get(json_object_get(event, "withdrawn"), "event_type"));
    snprintf(key, sizeof key, "%s %lld", withdrawn ? of : type,
             (long long)json_integer_value(json_object_get(event, "event_id")));
    const json_t *before = json_object_get(s->latest, key);
    if (strcmp(type, "stats") != 0) {
        /* Catches ids that go to something else, and revisions that are left out. */
        json_int_t revision = json_integer_value(json_object_get(event, "revision"));
        assert_int_equal(revision, before == NULL ? 1 : json_integer_value(json_object_get(before, "revision")) + 1);
    }
    if (withdrawn) {
        json_object_del(s->latest, key);
        json_decref(event);
    } else {
        json_object_set_new(s->latest, key, event);
    }
}

static void tell_finding(void *ctx, const struct scs_news_item *item)
{
    struct session *s = ctx;
    if (item->kind == SCS_NEWS_WITHDRAWN) {
        scs_event_stream_withdrawn(s->stream, &s->ctx, item->number, item->id, item->instead);
    } else {
        scs_event_stream_finding(s->stream, &s->ctx, item->number, item->finding);
    }
}

static json_t *saved(const struct scs_report_context *ctx)
{
    char *text;
    size_t len;
    json_error_t error;
    json_t *events = json_array();
    FILE *out = open_memstream(&text, &len);
    assert_true(scs_report_ndjson(ctx, out));
    fclose(out);
    for (char *line = text, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        json_array_append_new(events, json_loadb(line, (size_t)(end - line), 0, &error));
    }
    free(text);
    return events;
}

static void look(void *ctx, const struct scs_model *m, uint64_t now_ms, bool over)
{
    struct session *s = ctx;
    s->ctx = (struct scs_report_context){.model = m, .redactor = scs_redactor_for_model(SCS_REDACT_NONE, m), .lang = "en"};
    scs_event_stream_look(s->stream, &s->ctx, now_ms, over ? SCS_EVENT_OVER : SCS_EVENT_SETTLE);
    scs_news_look(s->news, m, now_ms, over ? SCS_NEWS_OVER : SCS_NEWS_SETTLE, tell_finding, s);
    if (over) {
        scs_event_stream_stats(s->stream, &s->ctx);
        s->expected = saved(&s->ctx);
    }
    scs_redactor_free(s->ctx.redactor);
}

/* ---- the comparison ---------------------------------------------------------------------------------- */

/* Takes out what only a stream has, and numbers, which differ; each is checked to lead somewhere. */
static char *without_numbers(const struct session *s, json_t *event, bool streamed)
{
    static const char *const own[] = {"run", "event_id", "revision"};
    static const char *const one[][2] = {{"exchange", "exchange"}, {"enrolment", "enrolment"}, {"decided_by", "exchange"}};
    static const char *const many[][2] = {
        {"exchanges", "exchange"}, {"enrolments", "enrolment"}, {"policy_exchanges", "exchange"}};
    char key[64];
    json_t *thing = json_object_get(event, json_string_value(json_object_get(event, "event_type")));
    if (json_is_integer(json_object_get(thing, "id"))) {
        assert_true(!streamed || json_equal(json_object_get(thing, "id"), json_object_get(event, "event_id")));
        json_object_del(thing, "id");
    }
    json_object_del(thing, "connection");
    for (size_t i = 0; i < 3; i++) {
        json_object_del(event, own[i]);
        const json_t *id = json_object_get(thing, one[i][0]), *ids = json_object_get(thing, many[i][0]), *each;
        size_t at;
        if (streamed && id != NULL) {
            snprintf(key, sizeof key, "%s %lld", one[i][1], (long long)json_integer_value(id));
            if (json_object_get(s->latest, key) == NULL) {
                fail_msg("%s: there is no %s: %s", s->name, key, json_dumps(event, 0));
            }
        }
        json_array_foreach((json_t *)(uintptr_t)ids, at, each)
        {
            snprintf(key, sizeof key, "%s %lld", many[i][1], (long long)json_integer_value(each));
            assert_true(!streamed || json_object_get(s->latest, key) != NULL);
        }
        json_object_del(thing, one[i][0]);
        if (ids != NULL) {
            json_object_set_new(thing, many[i][0], json_integer((json_int_t)json_array_size(ids)));
        }
    }
    return json_dumps(event, JSON_SORT_KEYS);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The finding's title stands in its event, so a difference can be read. */
static void compare(const struct session *s)
{
    size_t num = json_array_size(s->expected), at = 0;
    char **told = scs_xcalloc(num + 1, sizeof *told), **expected = scs_xcalloc(num + 1, sizeof *expected);
    json_t *event;
    const char *key;
    if (json_object_size(s->latest) != num) {
        fail_msg("%s: %zu things were told, there are %zu", s->name, json_object_size(s->latest), num);
    }
    json_object_foreach(s->latest, key, event)
    {
        json_t *copy = json_deep_copy(event);
        told[at++] = without_numbers(s, copy, true);
        json_decref(copy);
    }
    json_array_foreach(s->expected, at, event)
    {
        expected[at] = without_numbers(s, event, false);
    }
    qsort(told, num, sizeof *told, by_text);
    qsort(expected, num, sizeof *expected, by_text);
    for (size_t i = 0; i < num; i++) {
        if (strcmp(told[i], expected[i]) != 0) {
            fail_msg("%s:\n%s\ninstead of\n%s", s->name, told[i], expected[i]);
        }
        free(told[i]);
        free(expected[i]);
    }
    free(told);
    free(expected);
}

static void check(const char *path)
{
    struct session s = {.name = strrchr(path, '/') + 1, .news = scs_news_new(), .latest = json_object()};
    s.stream = scs_event_stream_new(take_line, &s);
    test_play_live(path, look, &s);
    compare(&s);
    json_decref(s.latest);
    json_decref(s.expected);
    scs_event_stream_free(s.stream);
    scs_news_free(s.news);
}

/* Catches what is told while it goes on, and neither true at the end nor said again. */
static void test_last_words(void **state)
{
    (void)state;
    test_every_capture(0, 1, check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_last_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
