/* SPDX-License-Identifier: Apache-2.0 */
/* What is shown while a live capture runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scep_model.h"
#include "watch/watch.h"

static void line_is(const struct scs_exchange *x, enum scs_redaction level, const char *expected)
{
    static const uint8_t key[32] = {1};
    struct scs_redactor *r = scs_redactor_new(level, key);
    struct scs_buf text;
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_watch_line(x, r, &text);
    /* After the time. */
    assert_true(text.len > 14);
    assert_string_equal(scs_buf_cstr(&text) + 12, expected);
    scs_buf_cleanup(&text);
    scs_redactor_free(r);
}

/* Catches a line that leaves out what became of the request, or tells the client for the server. */
static void test_line_of_an_answer(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "A", 2);
    x->outcome = SCS_OUTCOME_FAILED;
    x->duration_ns = 12 * 1000000;
    test_by_get(x, 4096);
    line_is(x, SCS_REDACT_STANDARD, "  " CLIENT " > " SERVER "  PKCSReq GET, 4,096 chars: 200 FAILURE badRequest, 12 ms  failed");
}

/* Catches a line that reads a reply which is not there, or hides why. */
static void test_line_without_an_answer(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_asked(t, SCS_OP_GET_CA_CERT);
    x->outcome = SCS_OUTCOME_UNANSWERED;
    x->why_unanswered = "server reset";
    line_is(x, SCS_REDACT_STANDARD, "  " CLIENT " > " SERVER "  GetCACert: no reply, server reset  unanswered");
    x->why_unanswered = NULL;
    line_is(x, SCS_REDACT_STANDARD, "  " CLIENT " > " SERVER "  GetCACert: no reply  unanswered");
}

/* Catches a line that reads a request which is not there. */
static void test_line_without_a_request(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    x->request = NULL;
    x->outcome = SCS_OUTCOME_INCOMPLETE;
    x->duration_ns = SCS_NO_TIME;
    line_is(x, SCS_REDACT_STANDARD, "  " CLIENT " > " SERVER "  GetCACaps: 200  incomplete");
}

/* Catches a line on the terminal that shows what the reports hide. */
static void test_line_is_redacted(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_asked(t, SCS_OP_GET_CA_CERT);
    static const uint8_t key[32] = {1};
    struct scs_redactor *r = scs_redactor_new(SCS_REDACT_STRICT, key);
    struct scs_buf text;
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_watch_line(x, r, &text);
    assert_null(strstr(scs_buf_cstr(&text), "10.5."));
    assert_non_null(strstr(scs_buf_cstr(&text), ":80"));
    scs_buf_cleanup(&text);
    scs_redactor_free(r);
}

static void news_are(const struct test_model *t, const struct scs_news_item *item, const char *expected)
{
    static const uint8_t key[32] = {1};
    struct scs_redactor *r = scs_redactor_new(SCS_REDACT_STANDARD, key);
    struct scs_buf text;
    scs_buf_init(&text, 2 * SCS_WATCH_LINE);
    scs_watch_news(item, &t->model, "en", r, &text);
    if (strstr(scs_buf_cstr(&text), expected) == NULL) {
        fail_msg("'%s' is not in '%s'", expected, scs_buf_cstr(&text));
    }
    assert_null(strstr(scs_buf_cstr(&text), "()"));
    scs_buf_cleanup(&text);
    scs_redactor_free(r);
}

/* Catches a line that hides what weighs, whom it concerns, how often and where it is. */
static void test_line_of_a_finding(void **state)
{
    struct test_model *t = *state;
    static const scs_frame frames[] = {6, 8, 9, 10, 20, 21, 30, 40, 50};
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 414);
    struct scs_finding f = {.id = "http-414",
                            .severity = SCS_SEV_ERROR,
                            .confidence = SCS_LIKELY,
                            .count = 3,
                            .connection = x->connection->id,
                            .frames = frames,
                            .num_frames = 2,
                            .first_ns = x->started_ns,
                            .last_ns = x->started_ns};
    news_are(t, &(struct scs_news_item){.kind = SCS_NEWS_FOUND, .id = f.id, .finding = &f, .total = 3},
             "  ERROR  http-414  likely  10.5.14.22 > " SERVER "  The request URL is too long for");
    news_are(t, &(struct scs_news_item){.kind = SCS_NEWS_FOUND, .id = f.id, .finding = &f, .total = 3}, "; frames 6, 8)");
    f.num_frames = 0;
    f.count = 1;
    f.first_ns = f.last_ns = SCS_NO_TIME;
    news_are(t, &(struct scs_news_item){.kind = SCS_NEWS_FOUND, .id = f.id, .finding = &f, .total = 1}, "IIS");
    f.count = 3;
    f.first_ns = f.last_ns = x->started_ns;
    f.num_frames = 9;
    f.recovered = 2;
    f.severity = SCS_SEV_WARNING;
    news_are(t, &(struct scs_news_item){.kind = SCS_NEWS_RECOVERED, .id = f.id, .finding = &f, .total = 40},
             "  WARNING  recovered: http-414  likely  ");
    news_are(t, &(struct scs_news_item){.kind = SCS_NEWS_MORE, .id = f.id, .finding = &f, .total = 40},
             "(3 times, at 09:14:02; 40 times in all; 2 recovered; frames 6, 8-10, 20, 21, 30, 40 ...)");
    news_are(t, &(struct scs_news_item){.kind = SCS_NEWS_WITHDRAWN, .id = f.id},
             "  taken back: http-414: what came since speaks against it");
    news_are(t, &(struct scs_news_item){.kind = SCS_NEWS_WITHDRAWN, .id = f.id, .instead = "policy-500"},
             "  taken back: http-414: what came since shows the cause, policy-500");
}

static void counters_are(const struct scs_live_counters *now, const struct scs_summary *story, uint64_t resident,
                         const char *expected)
{
    struct scs_buf text;
    scs_buf_init(&text, SCS_WATCH_LINE);
    scs_watch_counters(now, story, resident, &text);
    assert_string_equal(scs_buf_cstr(&text), expected);
    scs_buf_cleanup(&text);
}

/* Catches counters in which one number stands for all, and interfaces that are gone without a word. */
static void test_counters(void **state)
{
    (void)state;
    counters_are(&(struct scs_live_counters){.packets = 1, .interfaces = 1, .present = 1, .exchanges = 1}, NULL, 0,
                 "1 packet, none dropped, 1 exchange, 0 failed");
    counters_are(
        &(struct scs_live_counters){
            .packets = 120400, .dropped = 1200, .interfaces = 2, .present = 1, .exchanges = 3000, .failed = 17},
        &(struct scs_summary){.enrolments = 1200, .succeeded = 1180, .failed = 13, .pending = 4, .findings = {7, 1, 2}},
        24u << 20,
        "120,400 packets, 1,200 dropped, 3,000 exchanges, 17 failed, 1,200 enrolments (1,180 succeeded, 13 failed, 4 pending), "
        "2 errors, 1 warning, 24 MiB, 1 of 2 interfaces gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_line_of_an_answer), TEST(test_line_without_an_answer), TEST(test_line_without_a_request),
        TEST(test_line_is_redacted),  TEST(test_line_of_a_finding),      cmocka_unit_test(test_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
