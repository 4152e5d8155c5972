/* SPDX-License-Identifier: Apache-2.0 */
/* The two words of --compare: which capture, and which enrolment in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scep_model.h"

#include "compare/plan.h"
#include "compare/side.h"

static struct scs_arena *arena;
static struct scs_redactor *redactor;
static struct scs_compare_side side;
static struct scs_error err;

static struct scs_enrolment *enrolment(struct test_model *t, const char *client, const char *transaction_id,
                                       enum scs_enrolment_outcome outcome)
{
    int64_t at_ms = 1000 * (int64_t)t->model.num_exchanges;
    struct scs_exchange *x = test_exchange(t, test_connection(t, client, SERVER, at_ms), SCS_OP_PKI_OPERATION, at_ms + 5);
    struct scs_enrolment *e = test_enrolment(t, outcome, x, NULL);
    e->transaction_id = transaction_id;
    return e;
}

static int setup(void **state)
{
    static struct test_model t;
    test_model_init(&t);
    enrolment(&t, "10.5.14.7:50000", "AAAA1111", SCS_ENROLMENT_FAILED);
    enrolment(&t, "10.5.14.22:50000", "AAAA2222", SCS_ENROLMENT_SUCCEEDED);
    enrolment(&t, "10.5.14.7:50001", "77777", SCS_ENROLMENT_SUCCEEDED);
    enrolment(&t, "10.5.14.7:50002", "BBBB", SCS_ENROLMENT_INCOMPLETE);
    arena = scs_arena_new();
    redactor = scs_redactor_for_model(SCS_REDACT_STANDARD, &t.model);
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    scs_redactor_free(redactor);
    scs_arena_free(arena);
    test_model_cleanup(*state);
    return 0;
}

/* The id of the enrolment that is selected; 0, with `err` set, for none. */
static uint32_t selected(const struct test_model *t, const char *selector)
{
    const char *word = selector != NULL ? selector : "a.pcap";
    return scs_side_select(&side, &t->model, word, selector, redactor, arena, &err) ? side.enrolment->id : 0;
}

/* A selector that finds another enrolment than the one that was meant. */
static void test_selectors(void **state)
{
    const struct test_model *t = *state;
    assert_int_equal(selected(t, "2"), 2);
    assert_int_equal(selected(t, "10.5.14.22"), 2);
    assert_null(side.chosen);
    assert_int_equal(selected(t, "AAAA1111"), 1);
    assert_int_equal(selected(t, "AAAA2"), 2);
    assert_int_equal(selected(t, "77777"), 3); /* no number of an enrolment, but a transaction ID of digits */
}

/* A client's enrolment that the capture cuts off preferred to the one that ended; or the choice not told. */
static void test_client_takes_last_outcome(void **state)
{
    const struct test_model *t = *state;
    assert_int_equal(selected(t, "10.5.14.7"), 3);
    assert_string_equal(side.chosen, "the last of its 3 enrolments that has an outcome");
}

/* A selector of several or of none that picks one, or does not say what there is. */
static void test_what_does_not_fit(void **state)
{
    const struct test_model *t = *state;
    assert_int_equal(selected(t, "AAAA"), 0);
    assert_non_null(strstr(err.text, "several enrolments: 1 (10.5.14.7, failed) and 2 (10.5.14.22, succeeded)"));
    assert_int_equal(selected(t, "9"), 0);
    assert_non_null(
        strstr(err.text, "there is no enrolment of this number; the capture has enrolments 1 (10.5.14.7, failed), 2"));
    assert_int_equal(selected(t, "10.9.9.9"), 0);
    assert_int_equal(selected(t, "zz"), 0);
    assert_int_equal(selected(t, NULL), 0);
    assert_non_null(strstr(err.text, "--compare a.pcap: say which enrolment"));
}

/* A capture of one enrolment that wants a selector all the same; probes are not counted. */
static void test_only_one(void **state)
{
    struct test_model t;
    (void)state;
    test_model_init(&t);
    assert_int_equal(selected(&t, NULL), 0);
    assert_non_null(strstr(err.text, "no enrolment at all"));
    enrolment(&t, "10.5.14.7:50000", "A", SCS_ENROLMENT_FAILED)->probe = true;
    assert_int_equal(selected(&t, NULL), 1);
    enrolment(&t, "10.5.14.7:50000", "B", SCS_ENROLMENT_FAILED);
    assert_int_equal(selected(&t, NULL), 2);
    test_model_cleanup(&t);
}

/* A client of whom nothing could be read has connections to compare. */
static void test_client_without_enrolment(void **state)
{
    struct test_model *t = *state;
    test_connection(t, "10.5.14.50:50000", SERVER, 90000)->flags |= SCS_CONN_TLS;
    assert_true(scs_side_select(&side, &t->model, "x", "10.5.14.50", redactor, arena, &err));
    assert_null(side.enrolment);
    assert_int_equal(side.num_connections, 1);
}

/* A complaint that outgrows its room, or names of files and addresses that overrun it. */
static void test_long_complaint(void **state)
{
    struct test_model *t = *state;
    char word[2000];
    memset(word, 'z', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    for (int i = 0; i < 20; i++) {
        enrolment(t, "[2001:db8:1111:2222:3333:4444:5555:6666]:50000", "C", SCS_ENROLMENT_FAILED);
    }
    assert_int_equal(selected(t, word), 0);
    assert_true(strlen(err.text) < sizeof err.text);
    assert_non_null(strstr(err.text, "and 19 more"));
}

/* ---- which captures -------------------------------------------------------------------------------- */

#define HERE SCEPSCOPE_SOURCE_DIR "/pcaps/demo.pcapng"

static bool plan(struct scs_compare_plan *out, const char *a, const char *b, uint32_t num_files)
{
    static const char *const files[] = {"x.pcap", "y.pcap"};
    const char *const words[2] = {a, b};
    return scs_compare_plan(out, words, files, num_files, arena, &err);
}

/* Words taken for selectors that name files, or the other way round. */
static void test_plan(void **state)
{
    struct scs_compare_plan p;
    (void)state;
    assert_true(plan(&p, "1", "10.5.14.7", 2));
    assert_true(p.one_capture);
    assert_int_equal(p.parts[1].num_files, 2);
    assert_string_equal(p.parts[1].selector, "10.5.14.7");
    assert_true(plan(&p, HERE "#1", HERE "#AAAA", 0));
    assert_true(p.one_capture);
    assert_string_equal(p.parts[0].files[0], HERE);
    assert_string_equal(p.parts[1].selector, "AAAA");
    assert_true(plan(&p, HERE, "2", 1));
    assert_false(p.one_capture);
    assert_null(p.parts[0].selector);
    assert_string_equal(p.parts[1].files[0], "x.pcap");
    assert_true(plan(&p, "missing.pcap#3", "other.pcap", 0)); /* opening them says what is wrong */
    assert_string_equal(p.parts[0].files[0], "missing.pcap");
    assert_string_equal(p.parts[0].selector, "3");
    assert_true(plan(&p, "id#with", "#", 1)); /* a transaction ID may hold anything */
    assert_string_equal(p.parts[0].selector, "id#with");
    assert_string_equal(p.parts[1].selector, "#");
}

/* Selectors without a capture, or captures that nobody looks at, passed over in silence. */
static void test_plan_refuses(void **state)
{
    struct scs_compare_plan p;
    (void)state;
    assert_false(plan(&p, "1", "2", 0));
    assert_non_null(strstr(err.text, "--compare 1: in which capture?"));
    assert_false(plan(&p, HERE, HERE "#2", 1));
    assert_non_null(strstr(err.text, "x.pcap"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_selectors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_takes_last_outcome, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_without_enrolment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_complaint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plan_refuses, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
