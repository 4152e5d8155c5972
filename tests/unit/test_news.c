/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of findings while packets still come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "every_capture.h"
#include "live_play.h"
#include "watch/news.h"

/* ---- one finding ------------------------------------------------------------------------------------- */

struct heard {
    char text[512];
    size_t len;
};

static void hear(void *ctx, const struct scs_news_item *item)
{
    static const char *const words[] = {
        [SCS_NEWS_FOUND] = "found",         [SCS_NEWS_WORSE] = "worse", [SCS_NEWS_BETTER] = "better",
        [SCS_NEWS_RECOVERED] = "recovered", [SCS_NEWS_MORE] = "more",   [SCS_NEWS_LAST] = "last",
        [SCS_NEWS_WITHDRAWN] = "withdrawn"};
    struct heard *h = ctx;
    int n = snprintf(h->text + h->len, sizeof h->text - h->len, "%s %s %u%s%s;", words[item->kind], item->id, item->number,
                     item->instead != NULL ? " instead " : "", item->instead != NULL ? item->instead : "");
    assert_true(n > 0 && (size_t)n < sizeof h->text - h->len);
    h->len += (size_t)n;
}

struct play {
    struct scs_news *news;
    struct heard heard;
    struct scs_capture_facts capture;
    struct scs_exchange exchange;
    const struct scs_exchange *exchanges[1];
};

/* Looks at a model with these findings, all of one exchange that is there unless `left`; what was said is as `expected`. */
static void look(struct play *p, uint64_t now_ms, const struct scs_finding *const *findings, uint32_t num, bool left,
                 const char *expected)
{
    struct scs_model m = {.capture = &p->capture, .findings = findings, .num_findings = num};
    p->exchange.id = 1;
    p->exchange.serial = left ? 8 : 7;
    p->exchanges[0] = &p->exchange;
    m.exchanges = p->exchanges;
    m.num_exchanges = 1;
    p->heard.len = 0;
    p->heard.text[0] = '\0';
    scs_news_look(p->news, &m, now_ms, SCS_NEWS_SETTLE, hear, &p->heard);
    assert_string_equal(p->heard.text, expected);
}

static void look_at(struct play *p, uint64_t now_ms, const struct scs_finding *f, const char *expected)
{
    look(p, now_ms, &f, f != NULL, false, expected);
}

static struct scs_finding finding(const char *id)
{
    return (struct scs_finding){.id = id, .group = "10.5.1.4:80", .severity = SCS_SEV_ERROR, .count = 1, .exchange = 1};
}

/* Catches findings that are said before they have settled, twice, or not until something else happens. */
static void test_said_once(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("http-414"), other = finding("http-414");
    const struct scs_finding *both[] = {&f, &other};
    other.group = "10.5.1.5:80";
    (void)state;
    look_at(&p, 1000, &f, "");
    assert_int_equal(scs_news_due(p.news), 3000);
    look_at(&p, 2999, &f, "");
    look_at(&p, 3000, &f, "found http-414 1;");
    assert_true(scs_news_due(p.news) == UINT64_MAX);
    look(&p, 4000, both, 2, false, "");
    look(&p, 6000, both, 2, false, "found http-414 2;");
    scs_news_free(p.news);
}

/* Catches a finding that was there for a moment only, said all the same; and a moment that counts for the next. */
static void test_not_said(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("http-503-apppool");
    (void)state;
    look_at(&p, 1000, &f, "");
    look_at(&p, 2000, NULL, "");
    look_at(&p, 4000, &f, "");
    look_at(&p, 5900, &f, "");
    look_at(&p, 6000, &f, "found http-503-apppool 1;");
    scs_news_free(p.news);
}

/* Catches a line for every single occurrence, or none for those that follow. */
static void test_more(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("http-414");
    (void)state;
    look_at(&p, 0, &f, "");
    look_at(&p, 2000, &f, "found http-414 1;");
    for (uint64_t ms = 3000; ms < 62000; ms += 1000) {
        f.count++;
        look_at(&p, ms, &f, "");
        assert_int_equal(scs_news_due(p.news), 62000);
    }
    look_at(&p, 62000, &f, "more http-414 1;");
    look_at(&p, 500000, &f, "");
    scs_news_free(p.news);
}

/* Catches what weighs more waiting its minute, and what weighs less and more in turn filling the screen. */
static void test_severity(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("rep-pending");
    (void)state;
    f.severity = SCS_SEV_INFO;
    look_at(&p, 0, &f, "");
    look_at(&p, 2000, &f, "found rep-pending 1;");
    f.severity = SCS_SEV_WARNING;
    look_at(&p, 3000, &f, "");
    look_at(&p, 5000, &f, "worse rep-pending 1;");
    f.severity = SCS_SEV_INFO;
    look_at(&p, 6000, &f, "");
    look_at(&p, 20000, &f, "");
    look_at(&p, 65000, &f, "better rep-pending 1;");
    f.recovered = 1;
    look_at(&p, 200000, &f, "recovered rep-pending 1;");
    scs_news_free(p.news);
}

/* Catches a finding that later packets took back, and that is left standing. */
static void test_withdrawn(void **state)
{
    static const char *const consequences[] = {"http-500-ndes"};
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("http-500-ndes"), deeper = finding("policy-500");
    const struct scs_finding *now[] = {&deeper};
    (void)state;
    deeper.consequences = consequences;
    deeper.num_consequences = 1;
    look_at(&p, 0, &f, "");
    look_at(&p, 2000, &f, "found http-500-ndes 1;");
    look(&p, 3000, now, 1, false, "");
    look(&p, 5000, now, 1, false, "withdrawn http-500-ndes 1 instead policy-500;found policy-500 2;");
    /* It would be another. */
    look_at(&p, 6000, &f, "");
    look_at(&p, 8000, &f, "withdrawn policy-500 2;found http-500-ndes 3;");
    scs_news_free(p.news);
}

/* Catches a finding that is taken back because its exchange had to leave memory. */
static void test_departed(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("http-414");
    (void)state;
    look_at(&p, 0, &f, "");
    look_at(&p, 2000, &f, "found http-414 1;");
    look(&p, 3000, NULL, 0, true, "");
    look(&p, 9000, NULL, 0, true, "");
    scs_news_free(p.news);
}

/* Catches counts that begin anew when the oldest occurrences leave memory, and what stayed told as better for it. */
static void test_departed_in_part(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("http-414");
    const struct scs_finding *findings[] = {&f};
    struct scs_departed departed = {.exchanges = 40};
    struct scs_model m = {.capture = &p.capture, .findings = findings, .num_findings = 1, .departed = &departed};
    (void)state;
    f.exchange = 0;
    f.count = 50;
    look_at(&p, 0, &f, "");
    look_at(&p, 2000, &f, "found http-414 1;");
    f.count = 10;
    f.severity = SCS_SEV_WARNING;
    p.heard.len = 0;
    scs_news_look(p.news, &m, 70000, SCS_NEWS_SETTLE, hear, &p.heard);
    f.count = 12;
    scs_news_look(p.news, &m, 80000, SCS_NEWS_SETTLE, hear, &p.heard);
    assert_string_equal(p.heard.text, "more http-414 1;");
    scs_news_free(p.news);
}

/* Catches a finding that leaves memory before it was said. */
static void test_hurry(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("http-414");
    const struct scs_finding *findings[] = {&f};
    struct scs_model m = {.capture = &p.capture, .findings = findings, .num_findings = 1};
    (void)state;
    f.exchange = 0;
    scs_news_look(p.news, &m, 0, SCS_NEWS_HURRY, hear, &p.heard);
    assert_string_equal(p.heard.text, "found http-414 1;");
    scs_news_free(p.news);
}

/* Catches "no SCEP here" in the first second of a night. */
static void test_waits_for_the_end(void **state)
{
    struct play p = {.news = scs_news_new()};
    struct scs_finding f = finding("cap-no-scep");
    const struct scs_finding *findings[] = {&f};
    struct scs_model m = {.capture = &p.capture, .findings = findings, .num_findings = 1};
    (void)state;
    f.exchange = 0;
    scs_news_look(p.news, &m, 0, SCS_NEWS_SETTLE, hear, &p.heard);
    scs_news_look(p.news, &m, 3600000, SCS_NEWS_SETTLE, hear, &p.heard);
    assert_string_equal(p.heard.text, "");
    scs_news_look(p.news, &m, 3600001, SCS_NEWS_OVER, hear, &p.heard);
    assert_string_equal(p.heard.text, "found cap-no-scep 1;");
    scs_news_free(p.news);
}

/* ---- every capture ----------------------------------------------------------------------------------- */

/* Said in good faith, and taken back by what came minutes later: a client that only looped enrols; a poll too many. */
static const char *const taken_back[][2] = {{"scep-getca-loop-ends.pcap", "scep-getca-loop"},
                                            {"rep-pending-loop.pcap", "rep-pending"}};
#define MOST_SAID 512u

struct session {
    const char *name;
    struct scs_news *news;
    const char *said[MOST_SAID]; /* id by number - 1; NULL: withdrawn */
    uint32_t num;
};

static bool may_be_taken_back(const struct session *s, const char *id)
{
    for (size_t i = 0; i < sizeof taken_back / sizeof *taken_back; i++) {
        if (strcmp(s->name, taken_back[i][0]) == 0 && strcmp(id, taken_back[i][1]) == 0) {
            return true;
        }
    }
    return false;
}

static void note(void *ctx, const struct scs_news_item *item)
{
    struct session *s = ctx;
    assert_in_range(item->number, 1, MOST_SAID);
    if (item->kind == SCS_NEWS_WITHDRAWN && !may_be_taken_back(s, item->id)) {
        fail_msg("%s: %s was said and taken back", s->name, item->id);
    }
    s->said[item->number - 1] = item->kind == SCS_NEWS_WITHDRAWN ? NULL : item->id;
    s->num = item->number > s->num ? item->number : s->num;
}

static void pass_on(void *ctx, const struct scs_model *m, uint64_t now_ms, bool over)
{
    struct session *s = ctx;
    scs_news_look(s->news, m, now_ms, over ? SCS_NEWS_OVER : SCS_NEWS_SETTLE, note, s);
    if (over) {
        uint32_t standing = 0;
        for (uint32_t i = 0; i < s->num; i++) {
            standing += s->said[i] != NULL;
        }
        assert_int_equal(standing, m->num_findings);
    }
}

static void check(const char *path)
{
    struct session s = {.name = strrchr(path, '/') + 1, .news = scs_news_new()};
    test_play_live(path, pass_on, &s);
    scs_news_free(s.news);
}

/* Catches a rule that judges a story before it is over: what is said while packets come must stand in the report. */
static void test_every_finding_stays(void **state)
{
    (void)state;
    test_every_capture(0, 1, check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_said_once),
        cmocka_unit_test(test_not_said),
        cmocka_unit_test(test_more),
        cmocka_unit_test(test_severity),
        cmocka_unit_test(test_withdrawn),
        cmocka_unit_test(test_departed),
        cmocka_unit_test(test_departed_in_part),
        cmocka_unit_test(test_hurry),
        cmocka_unit_test(test_waits_for_the_end),
        cmocka_unit_test(test_every_finding_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
