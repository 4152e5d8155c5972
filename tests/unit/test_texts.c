/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and texts belong together; facts go into sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/rules.h"
#include "report/lang/lang.h"

static bool is_rule(const char *id)
{
    size_t num;
    const struct scs_rule *const *rules = scs_rules(&num);
    for (size_t i = 0; i < num; i++) {
        if (strcmp(rules[i]->id, id) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Catches an id that means two things: users filter on ids. Rows may share one where its evidence lies in two scopes, a
 * connection that was refused and one that said nothing; what is told of the id before any capture is then one thing.
 */
static void test_rule_ids_are_unique(void **state)
{
    (void)state;
    size_t num;
    const struct scs_rule *const *rules = scs_rules(&num);
    assert_true(num > 20);
    for (size_t i = 0; i < num; i++) {
        for (const char *c = rules[i]->id; *c != '\0'; c++) {
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-');
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(rules[i]->id, rules[k]->id) == 0) {
                assert_int_not_equal(rules[i]->scope, rules[k]->scope);
                assert_int_equal(rules[i]->severity, rules[k]->severity);
                assert_int_equal(rules[i]->confidence, rules[k]->confidence);
            }
        }
    }
}

/* Catches a rule whose finding would be an id without a word. */
static void test_every_rule_has_texts(void **state)
{
    (void)state;
    size_t num;
    const struct scs_rule *const *rules = scs_rules(&num);
    for (size_t i = 0; i < num; i++) {
        const struct scs_finding_text *t = scs_text_find("en", rules[i]->id);
        if (t == NULL || t->alias_of != NULL) {
            fail_msg("%s has no texts of its own", rules[i]->id);
        }
    }
}

/*
 * Catches texts of ids that nothing says and that do not say why, aliases that lead nowhere, an id with two states, and
 * an id told twice.
 */
static void test_every_text_has_one_state(void **state)
{
    (void)state;
    size_t num;
    const struct scs_finding_text *all = scs_text_all("en", &num);
    assert_true(num > 20);
    for (size_t i = 0; i < num; i++) {
        const struct scs_finding_text *t = &all[i];
        int states = is_rule(t->id) + (t->alias_of != NULL) + (t->waits_for != NULL) + (t->refused != NULL);
        if (states != 1) {
            fail_msg("%s is rule, alias, waiting for a log, refused: %d of these", t->id, states);
        }
        if (t->alias_of != NULL && !is_rule(t->alias_of)) {
            fail_msg("nothing says %s", t->alias_of);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(all[i].id, all[k].id) == 0) {
                fail_msg("%s has two texts", all[i].id);
            }
        }
    }
}

/* Catches texts that leave the reader without meaning, next step or source. */
static void test_texts_are_complete(void **state)
{
    (void)state;
    size_t num;
    const struct scs_finding_text *all = scs_text_all("en", &num);
    for (size_t i = 0; i < num; i++) {
        const struct scs_finding_text *t = &all[i];
        bool complete = t->title != NULL && t->meaning != NULL && t->fixes[0] != NULL && t->reference != NULL;
        if (t->alias_of == NULL && !complete) {
            fail_msg("%s lacks a title, meaning, fix or reference", t->id);
        }
        if (t->title != NULL && (strchr(t->title, '{') != NULL || t->title[strlen(t->title) - 1] == '.')) {
            fail_msg("%s: a title has no facts and no final stop", t->id);
        }
    }
}

/* Catches braces that are not closed: they would be printed. */
static void check_braces(const char *id, const char *text)
{
    for (const char *open = text == NULL ? NULL : strchr(text, '{'); open != NULL; open = strchr(open + 1, '{')) {
        const char *shut = strchr(open, '}');
        size_t len = strspn(open + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (shut == NULL || (len != 0 && open[1 + len] != '}' && len == (size_t)(shut - open - 1))) {
            fail_msg("%s: braces in \"%s\"", id, text);
        }
    }
}

static void test_braces(void **state)
{
    (void)state;
    size_t num;
    const struct scs_finding_text *all = scs_text_all("en", &num);
    for (size_t i = 0; i < num; i++) {
        check_braces(all[i].id, all[i].meaning);
        for (size_t k = 0; k < sizeof all[i].fixes / sizeof all[i].fixes[0]; k++) {
            check_braces(all[i].id, all[i].fixes[k]);
        }
    }
}

/* Catches a language code that finds nothing where English has words. */
static void test_languages(void **state)
{
    (void)state;
    assert_true(scs_text_language("en"));
    assert_true(scs_text_language("EN"));
    assert_false(scs_text_language("tlh"));
    assert_false(scs_text_language(NULL));
    assert_non_null(scs_text_find("tlh", "net-refused"));
    assert_null(scs_text_find("en", "net-nonsense"));
    size_t num, other;
    scs_text_all("en", &num);
    scs_text_all("tlh", &other);
    assert_int_equal(num, other);
}

static void check_format(const char *tmpl, const char *expected)
{
    static const struct scs_fact facts[] = {
        {.name = "client", .kind = SCS_FACT_TEXT, .text = "10.5.14.7"},
        {.name = "tries", .kind = SCS_FACT_NUMBER, .number = -4},
        {.name = "odd", .kind = SCS_FACT_TEXT, .text = "{tries}. x"},
    };
    struct scs_buf out;
    scs_buf_init(&out, 4096);
    assert_int_equal(scs_text_format(tmpl, facts, 3, &out), *expected != '\0');
    assert_string_equal(scs_buf_cstr(&out), expected);
    scs_buf_cleanup(&out);
}

/* Catches sentences with holes, facts expanded twice, and commands that lose their braces. */
static void test_format(void **state)
{
    (void)state;
    check_format("From {client}: {tries} tries.", "From 10.5.14.7: -4 tries.");
    check_format("One. Not {unknown} here. Two by {client}.", "One. Two by 10.5.14.7.");
    check_format("Not {unknown}. Two.", "Two.");
    check_format("One. Not {unknown}", "One.");
    check_format("{unknown}", "");
    check_format("", "");
    check_format("Get-WinEvent @{LogName='System'} {} {x", "Get-WinEvent @{LogName='System'} {} {x");
    check_format("It says {odd}.", "It says {tries}. x.");
    check_format("mscep.dll and 10.0.0.1 end no sentence. Next.", "mscep.dll and 10.0.0.1 end no sentence. Next.");
}

/* Catches a text that runs past the room it was given. */
static void test_format_is_bounded(void **state)
{
    (void)state;
    struct scs_buf out;
    scs_buf_init(&out, 8);
    assert_true(scs_text_format("A sentence with more than eight bytes.", NULL, 0, &out));
    assert_int_equal(out.len, 8);
    assert_true(out.overflowed);
    scs_buf_cleanup(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_ids_are_unique),
        cmocka_unit_test(test_every_rule_has_texts),
        cmocka_unit_test(test_every_text_has_one_state),
        cmocka_unit_test(test_texts_are_complete),
        cmocka_unit_test(test_braces),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
