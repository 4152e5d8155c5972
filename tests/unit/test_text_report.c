/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "report/frames.h"
#include "report/layout.h"
#include "report/redact.h"
#include "report/reporters.h"
#include "told.h"

static const char *report(struct test_report *r)
{
    return test_report_written(r, scs_report_text);
}

/* As test_has(), where the line may break anywhere. */
static void says(const char *text, const char *sentence)
{
    char *flat = strdup(text), *to = flat;
    for (const char *from = text; *from != '\0';) {
        size_t space = strspn(from, " \n");
        *to++ = space != 0 ? ' ' : *from;
        from += space != 0 ? space : 1;
    }
    *to = '\0';
    test_has(flat, sentence);
    free(flat);
}

/* A report that lists what was not wrong. */
static void test_success_is_short(void **state)
{
    struct test_report *f = *state;
    test_told_enrolment(&f->t, "10.5.14.7:50000", 200, 0);
    test_told_enrolment(&f->t, "10.5.14.8:50000", 200, 100);
    const char *text = report(f);
    test_has(text, "OK  2 of 2 enrolments succeeded (median ");
    test_has(text, "Nothing to report.");
    test_has_not(text, "\nENROLMENTS");
    test_has_not(text, "Exit status");
    test_has_not(text, "\033");
}

/* A report that buries the verdict, or names neither cause, frames nor exit status. */
static void test_failure(void **state)
{
    struct test_report *f = *state;
    static const scs_frame frames[] = {6, 8, 1201, 1202, 1203};
    static const uint32_t about[] = {2};
    test_told_enrolment(&f->t, "10.5.14.7:50000", 200, 0);
    test_told_enrolment(&f->t, "10.5.14.22:50000", 414, 1000)->platform = SCS_PLATFORM_APPLE;
    struct scs_finding *e = test_told_finding(&f->t, &f->told, "http-414", SCS_SEV_ERROR, 2);
    e->frames = frames;
    e->num_frames = 5;
    e->enrolments = about;
    e->num_enrolments = 1;
    const char *text = report(f);
    test_has(text, "scepscope 0.1.0  test.pcapng  1,000 packets  2026-11-20 09:14:02 - 10:14:02 UTC (1 h 0 min)\n\n");
    test_has(text, "PROBLEMS  1 of 2 enrolments failed: that of 10.5.14.22 (Apple) at 09:14:03.");
    test_has(text, "ERROR  http-414   certain   1 enrolment, at 09:14:02\n");
    test_has(text, "  Evidence       frames 6, 8, 1201-1203\n                 frame.number in {6,8,1201..1203}\n");
    test_has(text, "   2  09:14:03  10.5.14.22 apple");
    test_has(text, "FAILED      -           http-414\n");
    test_has(text, "  (1 succeeded: -v lists them)\n");
    test_has(text, "\nExit status 1\n");
}

/* A report whose lines run over the edge; only tables, heads and filters may. */
static void test_lines_are_wrapped(void **state)
{
    struct test_report *f = *state;
    test_told_enrolment(&f->t, "10.5.14.22:50000", 404, 0);
    size_t num;
    const struct scs_finding_text *all = scs_text_all("en", &num);
    for (size_t i = 0; i < num && f->t.model.num_findings < TEST_TOLD_MAX; i++) {
        test_told_finding(&f->t, &f->told, all[i].id, SCS_SEV_WARNING, 1);
    }
    f->ctx.verbosity = 1;
    const char *text = report(f);
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\n");
        const char *words = line + strspn(line, " ");
        size_t spaces = 0;
        for (size_t i = 0; words + i < line + len; i++) {
            spaces += words[i] == ' ';
        }
        bool wide = strncmp(line, "scepscope", 9) == 0 || strncmp(line, "   1  ", 6) == 0 || strncmp(line, "   #  ", 6) == 0;
        if (len > 80 && spaces > 1 && !wide) { /* one long word, perhaps behind a number, cannot be broken */
            fail_msg("%zu columns: %.*s", len, (int)len, line);
        }
    }
}

/* Colours where none were asked for, or none where they were. */
static void test_colors(void **state)
{
    struct test_report *f = *state;
    test_told_enrolment(&f->t, "10.5.14.22:50000", 404, 0);
    test_has_not(report(f), "\033[");
    f->ctx.color = true;
    test_has(report(f), "\033[1;31mPROBLEMS\033[0m  ");
}

/* Escape sequences from the network or a file name that reach the terminal. */
static void test_hostile_text_is_escaped(void **state)
{
    struct test_report *f = *state;
    struct scs_enrolment *e = test_told_enrolment(&f->t, "10.5.14.22:50000", 404, 0);
    e->subject = "O=\033[2J\x9b\xe2\x80\xae";
    f->t.file.path = "a\033]0;x\007.pcap";
    static const char *const problems[] = {"bad \033[31m"};
    f->t.file.problems = problems;
    f->t.file.num_problems = 1;
    f->ctx.verbosity = 1;
    const char *text = report(f);
    test_has_not(text, "\033");
    test_has_not(text, "\007");
    test_has_not(text, "\x9b");
    test_has_not(text, "\xe2\x80\xae");
    test_has(text, "a\\x1b]0;x\\x07.pcap");
}

/* A report that shows who enrolled. */
static void test_names_are_redacted(void **state)
{
    struct test_report *f = *state;
    struct scs_enrolment *e = test_told_enrolment(&f->t, "198.51.100.22:50000", 404, 0);
    e->subject = "O=Contoso, CN=Anna Berg";
    f->ctx.verbosity = 1;
    const char *text = report(f);
    test_has_not(text, "Anna");
    test_has_not(text, "198.51.100.22");
    test_has(text, "O=Contoso, CN=name-");
}

/* A report that prints thousands of rows unasked, or forgets to say so. */
static void test_long_tables_are_cut(void **state)
{
    struct test_report *f = *state;
    char client[32];
    for (unsigned i = 0; i < 40; i++) {
        snprintf(client, sizeof client, "10.5.14.%u:50000", i + 1);
        test_told_enrolment(&f->t, client, 404, (int64_t)i * 100);
    }
    const char *text = report(f);
    test_has(text, "PROBLEMS  All 40 enrolments failed, between 09:14:02 and 09:14:05.");
    test_has(text, "(15 more: -v lists them)");
    test_has_not(text, "10.5.14.40 ");
    f->ctx.verbosity = 1;
    text = report(f);
    test_has(text, "10.5.14.40 ");
    test_has_not(text, "more: -v");
}

/* A ladder whose arrows point the wrong way, lose the reply, or invent one. */
static void test_ladder(void **state)
{
    struct test_report *f = *state;
    test_server(&f->t, "10.5.1.4:80");
    struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    struct scs_exchange *caps = test_exchange(&f->t, c, SCS_OP_GET_CA_CAPS, 112);
    test_reply(&f->t, caps, 200, 4);
    struct scs_exchange *cert = test_exchange(&f->t, c, SCS_OP_GET_CA_CERT, 200);
    test_reply(&f->t, cert, 200, 3);
    test_ca_certs(&f->t, cert);
    struct scs_exchange *x = test_exchange(&f->t, c, SCS_OP_PKI_OPERATION, 300);
    x->why_unanswered = "client closed";
    test_enrolment(&f->t, SCS_ENROLMENT_FAILED, caps, cert, x, NULL);
    f->ctx.verbosity = 1;
    const char *text = report(f);
    test_has(text, "\nEnrolment 1   10.5.14.7 (windows)   server 10.5.1.4:80\n");
    test_has(text, "  09:14:02.112  |--- GetCACaps ------------------------->|  frame");
    test_has(text, "-- 200, 3 certs -|  frame");
    test_has(text, "+3 ms");
    test_has(text, "|--- PKIOperation POST, 2,513 bytes ---");
    test_has(text, "|  no reply: client closed\n");
}

/* A ladder that puts the policy module's call after the reply it decided, or shows nothing of a device that never connected. */
static void test_ladder_follows_time(void **state)
{
    struct test_report *f = *state;
    test_server(&f->t, "10.5.1.4:80");
    struct scs_exchange *x =
        test_exchange(&f->t, test_connection(&f->t, "10.5.14.7:50000", "10.5.1.4:80", 0), SCS_OP_PKI_OPERATION, 10);
    test_reply(&f->t, x, 200, 500);
    struct scs_exchange *policy =
        test_exchange(&f->t, test_connection(&f->t, "10.5.1.4:50000", "10.5.1.4:443", 50), SCS_OP_VERIFY_REQUEST, 60);
    test_reply(&f->t, policy, 201, 100);
    struct scs_enrolment *e = test_enrolment(&f->t, SCS_ENROLMENT_SUCCEEDED, x, NULL);
    e->policy_exchanges = &policy->id;
    e->num_policy_exchanges = 1;
    struct scs_connection *silent = test_attempt(&f->t, "10.5.14.9:50000", "10.5.1.4:80", 1000, 3);
    struct scs_enrolment *blocked = test_enrolment(&f->t, SCS_ENROLMENT_BLOCKED, x, NULL);
    blocked->client = silent->client.addr;
    blocked->server = silent->server;
    blocked->num_exchanges = 0;
    f->ctx.verbosity = 1;
    const char *text = report(f), *asked = strstr(text, "|--- VerifyRequest"), *answered = strstr(text, " 201 -|");
    const char *done = strstr(text, " 200 -|");
    assert_true(asked != NULL && answered != NULL && done != NULL && asked < answered && answered < done);
    test_has(text, "  09:14:03.000  |--- SYN, 3 tries ---------------------->|  frame");
    test_has(text, "blocked\n");
}

/* A report that keeps quiet about what it could not see, or blames the network for it. */
static void test_what_cannot_be_seen(void **state)
{
    struct test_report *f = *state;
    static const char *const problems[] = {"cut short after packet 812"};
    test_told_enrolment(&f->t, "10.5.14.7:50000", 200, 0);
    f->t.file.complete = false;
    f->t.file.problems = problems;
    f->t.file.num_problems = 1;
    f->t.capture.has_drop_count = true;
    f->t.capture.dropped = 1234;
    f->t.capture.host_dropped = 7;
    f->t.capture.host_dropped_frame = SCS_FRAME(1, 12);
    f->t.capture.limits.exchanges_dropped = 1;
    const char *text = report(f);
    test_has(text, "\nWHAT THIS CAPTURE CANNOT SHOW\n");
    test_has(text, "  test.pcapng: cut short after packet 812.\n");
    test_has(text, "  1,234 packets were dropped while capturing");
    test_has(text, "  7 packets were thrown away by Windows itself on the host that captured, first");
    test_has(text, "packet 12 of its file");
    test_has(text, "loopback, which was not");
    test_has(text, "1 request is encrypted to the RA");
    test_has(text, "  1 exchange was left out: a limit");
    test_has(text, "\nExit status 3\n");
}

/* TLS that nothing opened, told without what to do about it. */
static void test_blind(void **state)
{
    static const struct scs_tls_facts tls = {.sni = "ndes.contoso.com", .why_not = "nobody gave a key"};
    struct test_report *f = *state;
    for (int i = 0; i < 2; i++) {
        struct scs_connection *c = test_connection(&f->t, "10.5.14.7:50001", "10.5.1.4:443", i * 100);
        c->flags |= SCS_CONN_TLS;
        c->tls = &tls;
        c->half[SCS_TO_SERVER].bytes = 9000;
    }
    const char *text = report(f);
    test_has(text, "BLIND  2 TLS connections to ndes.contoso.com were seen and none could be opened");
    says(text, "opened: nobody gave a key.");
    says(text, "Without a key: 2 connections carried an upload of a request's size, 0 were reset.");
    test_has(text, "To look inside: ");
}

/* An empty capture called healthy. */
static void test_nothing(void **state)
{
    struct test_report *f = *state;
    test_has(report(f), "NOTHING  No SCEP was seen in 1,000 packets (1,000 of TCP).");
    f->t.capture.packets = 0;
    f->t.capture.first_ns = f->t.capture.last_ns = SCS_NO_TIME;
    test_has(report(f), "NOTHING  The capture holds no packets.");
}

/* ---- parts --------------------------------------------------------------------------------------- */

static void check_frames(const scs_frame *frames, uint32_t num, const char *text, const char *filter)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_FRAMES_TEXT);
    scs_frames_text(frames, num, &b);
    assert_string_equal(scs_buf_cstr(&b), text);
    scs_buf_clear(&b);
    scs_frames_filter(frames, num, &b);
    assert_string_equal(scs_buf_cstr(&b), filter);
    scs_buf_cleanup(&b);
}

/* Ranges that swallow a frame, or that show the file index as part of the number. */
static void test_frame_lists(void **state)
{
    static const scs_frame one[] = {7}, two[] = {7, 8}, three[] = {7, 8, 9}, mixed[] = {1, 3, 4, 5, 9, 10};
    const scs_frame files[] = {SCS_FRAME(0, 5), SCS_FRAME(0, 6), SCS_FRAME(1, 7)};
    (void)state;
    check_frames(one, 1, "frame 7", "frame.number in {7}");
    check_frames(two, 2, "frames 7, 8", "frame.number in {7,8}");
    check_frames(three, 3, "frames 7-9", "frame.number in {7..9}");
    check_frames(mixed, 6, "frames 1, 3-5, 9, 10", "frame.number in {1,3..5,9,10}");
    assert_int_equal(scs_frames_of_one_file(files, 3), 2);
    check_frames(files + 2, 1, "frame 7", "frame.number in {7}");
}

static void check_wrap(const char *text, const char *expected)
{
    char *got;
    size_t len;
    FILE *out = open_memstream(&got, &len);
    assert_non_null(out);
    scs_wrap(out, 2, 4, 12, text);
    fclose(out);
    assert_string_equal(got, expected);
    free(got);
}

/* Words lost, doubled, or broken at the edge; bytes counted for columns. */
static void test_wrap(void **state)
{
    (void)state;
    check_wrap("", "\n");
    check_wrap("aaaa bbb", "aaaa bbb\n");
    check_wrap("aaaa bbbb", "aaaa\n  bbbb\n");
    check_wrap("averyverylongword b", "averyverylongword\n  b\n");
    check_wrap("a\nb", "a\n  b\n");
    check_wrap("\xc3\xa5\xc3\xa4\xc3\xb6\xc3\xa5 bbb", "\xc3\xa5\xc3\xa4\xc3\xb6\xc3\xa5 bbb\n");
}

static void check_duration(int64_t ns, const char *expected)
{
    char text[SCS_NUMBER_TEXT];
    assert_string_equal(scs_duration_text(ns, text), expected);
}

/* Durations and numbers with a wrong unit, or thousands parted in the wrong place. */
static void test_numbers(void **state)
{
    char text[SCS_NUMBER_TEXT];
    (void)state;
    check_duration(0, "0.0 ms");
    check_duration(300000, "0.3 ms");
    check_duration(4000000, "4 ms");
    check_duration(1320000000, "1.3 s");
    check_duration(INT64_C(1058000000000), "17 min 38 s");
    check_duration(INT64_C(7500000000000), "2 h 5 min");
    check_duration(-1, "-");
    check_duration(INT64_MAX, "2562047 h 47 min");
    assert_string_equal(scs_number_text(0, text), "0");
    assert_string_equal(scs_number_text(999, text), "999");
    assert_string_equal(scs_number_text(48211, text), "48,211");
    assert_string_equal(scs_number_text(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_success_is_short),
        REPORT_TEST(test_failure),
        REPORT_TEST(test_lines_are_wrapped),
        REPORT_TEST(test_colors),
        REPORT_TEST(test_hostile_text_is_escaped),
        REPORT_TEST(test_names_are_redacted),
        REPORT_TEST(test_long_tables_are_cut),
        REPORT_TEST(test_ladder),
        REPORT_TEST(test_ladder_follows_time),
        REPORT_TEST(test_what_cannot_be_seen),
        REPORT_TEST(test_blind),
        REPORT_TEST(test_nothing),
        cmocka_unit_test(test_frame_lists),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
