/* SPDX-License-Identifier: Apache-2.0 */
/* Two enrolments side by side: what counts as a difference, what does not, and what is said first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scep_model.h"

#include "compare/columns.h"
#include "compare/fields.h"
#include "compare/write.h"

/* Two enrolments of one capture, alike in everything but their time, transaction ID and client; tests change one of them. */
struct pair {
    struct test_model t;
    struct scs_exchange *caps[2], *certs[2], *request[2];
    struct scs_enrolment *enrolment[2];
    struct scs_compare_side sides[2];
    struct scs_redactor *redactor;
    struct scs_arena *arena;
    struct scs_comparison *c;
    char *text;
};

static void enrol(struct pair *p, int s, const char *client, int64_t at_ms)
{
    struct test_model *t = &p->t;
    struct scs_connection *c = test_connection(t, client, SERVER, at_ms);
    p->caps[s] = test_exchange(t, c, SCS_OP_GET_CA_CAPS, at_ms + 5);
    test_reply(t, p->caps[s], 200, 10);
    test_caps(t, p->caps[s], SCS_CAP_AES | SCS_CAP_POST | SCS_CAP_SHA256);
    p->certs[s] = test_exchange(t, c, SCS_OP_GET_CA_CERT, at_ms + 50);
    test_reply(t, p->certs[s], 200, 10);
    test_ca_certs(t, p->certs[s]);
    p->request[s] = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms + 100);
    test_reply(t, p->request[s], 200, 100);
    test_scep_request(t, p->request[s], 19, s == 0 ? "AAAA1111" : "AAAA2222");
    test_scep_reply(t, p->request[s], 0);
    p->enrolment[s] = test_enrolment(t, SCS_ENROLMENT_SUCCEEDED, p->caps[s], p->certs[s], p->request[s], NULL);
    p->enrolment[s]->transaction_id = p->request[s]->scep_request->transaction_id;
    p->enrolment[s]->decided_by = p->request[s]->id;
    p->enrolment[s]->platform = SCS_PLATFORM_WINDOWS;
    p->enrolment[s]->reached = SCS_REACHED_REPLY;
}

static int setup(void **state)
{
    static struct pair p;
    p = (struct pair){0};
    test_model_init(&p.t);
    enrol(&p, 0, "10.5.14.7:50000", 0);
    enrol(&p, 1, "10.5.14.22:50000", 5000);
    p.arena = scs_arena_new();
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    free(p->text);
    scs_comparison_free(p->c);
    scs_redactor_free(p->redactor);
    scs_arena_free(p->arena);
    test_model_cleanup(&p->t);
    return 0;
}

static const struct scs_comparison *compare(struct pair *p)
{
    p->redactor = scs_redactor_for_model(SCS_REDACT_STANDARD, &p->t.model);
    for (int s = 0; s < 2; s++) {
        scs_side_of_enrolment(&p->sides[s], &p->t.model, p->enrolment[s], p->arena);
    }
    p->c = scs_compare(p->sides, p->redactor, "en");
    return p->c;
}

static const struct scs_compare_row *row(const struct scs_comparison *c, const char *name)
{
    for (uint32_t i = 0; i < c->num_rows; i++) {
        if (strcmp(c->rows[i].field->name, name) == 0) {
            return &c->rows[i];
        }
    }
    fail_msg("there is no field %s", name);
    return NULL;
}

#define RESULT(c, name, expected) assert_int_equal(row(c, name)->result, SCS_COMPARE_##expected)

/* Fails B with this HTTP status. */
static void fail_b(struct pair *p, uint16_t status)
{
    p->enrolment[1]->outcome = SCS_ENROLMENT_FAILED;
    p->enrolment[1]->reached = SCS_REACHED_REQUEST;
    p->request[1]->outcome = SCS_OUTCOME_FAILED;
    p->request[1]->scep_reply = NULL;
    test_reply_of(p->request[1])->status = status;
}

/* Addresses, names, times, nonces or transaction IDs taken for differences. */
static void test_alike(void **state)
{
    struct pair *p = *state;
    const struct scs_comparison *c = compare(p);
    for (uint32_t i = 0; i < c->num_rows; i++) {
        bool counts = c->rows[i].field->weight != SCS_COMPARE_IDENTITY;
        if (counts && (c->rows[i].result == SCS_COMPARE_DIFFERENT || c->rows[i].result == SCS_COMPARE_ONE_SIDED)) {
            fail_msg("%s: %s", c->rows[i].field->name, scs_compare_result_name(c->rows[i].result));
        }
    }
    RESULT(c, "client", DIFFERENT);
    RESULT(c, "transaction_id", DIFFERENT);
    assert_false(scs_compare_differs(c));
    assert_false(c->steps.differ);
    assert_null(c->first);
    assert_string_equal(c->verdict, "Each of the two got its certificate. They differ in nothing that matters.");
}

/* A comparison that blames what came of it instead of what was different before. */
static void test_failing_side_comes_first(void **state)
{
    struct pair *p = *state;
    test_by_get(p->request[1], 11435);
    test_message(p->request[1])->transport = SCS_TRANSPORT_QUERY;
    fail_b(p, 404);
    const struct scs_comparison *c = compare(p);
    assert_true(scs_compare_differs(c));
    RESULT(c, "method", DIFFERENT);
    RESULT(c, "query_length", DIFFERENT);
    RESULT(c, "status", DIFFERENT);
    RESULT(c, "body_length", ONE_SIDED); /* that a GET has none is no second difference */
    RESULT(c, "pki_status", ONE_SIDED);
    assert_string_equal(c->first->field->name, "method");
    assert_non_null(strstr(c->verdict, "B fails at PKIOperation with HTTP 404; A got its certificate. They differ in 2 things"));
    assert_non_null(strstr(c->verdict, "look first at: method (A: POST, B: GET)."));
}

/* A finding's own field passed over for another that stands before it. */
static void test_finding_leads(void **state)
{
    static struct scs_finding f = {.id = "http-404-querylen", .severity = SCS_SEV_ERROR};
    static const struct scs_finding *const findings[] = {&f};
    struct pair *p = *state;
    test_by_get(p->request[1], 11435);
    fail_b(p, 404);
    f.exchange = p->request[1]->id;
    p->t.model.findings = findings;
    p->t.model.num_findings = 1;
    const struct scs_comparison *c = compare(p);
    assert_string_equal(c->first->field->name, "query_length");
    assert_int_equal(c->num_findings, 1);
    assert_false(c->findings[0].on[0]);
    assert_true(c->findings[0].on[1]);
    assert_non_null(c->findings[0].title);
}

/* Two that agree in every field but not in what the rules found: silence, and exit status 0. */
static void test_finding_alone_differs(void **state)
{
    static struct scs_finding f = {.id = "scep-dup-transid-keys", .severity = SCS_SEV_ERROR};
    static const struct scs_finding *const findings[] = {&f};
    struct pair *p = *state;
    f.enrolment = p->enrolment[0]->id;
    p->t.model.findings = findings;
    p->t.model.num_findings = 1;
    const struct scs_comparison *c = compare(p);
    assert_int_equal(c->differences, 0);
    assert_true(scs_compare_differs(c));
    assert_non_null(strstr(c->verdict, "a finding hangs on A alone: scep-dup-transid-keys."));
}

/* What no key opened, or what was never sent, told as a difference. */
static void test_unknown_is_no_difference(void **state)
{
    struct pair *p = *state;
    test_opened(&p->t, p->request[0]);
    const struct scs_comparison *c = compare(p);
    RESULT(c, "csr_challenge", ONE_SIDED);
    RESULT(c, "csr_key", ONE_SIDED);
    assert_non_null(strstr(row(c, "csr_key")->side[1].text, "not readable"));
    RESULT(c, "tls_version", NOTHING);
    assert_false(scs_compare_differs(c));
}

/* A challenge that is missing told as one that could not be read, or the other way round. */
static void test_absent_is_a_difference(void **state)
{
    struct pair *p = *state;
    test_opened(&p->t, p->request[0]);
    struct scs_csr *csr = test_opened(&p->t, p->request[1]);
    csr->challenge = (struct scs_challenge){0};
    RESULT(compare(p), "csr_challenge", DIFFERENT);
    assert_int_equal(row(p->c, "csr_challenge")->side[1].seen, SCS_SEEN_NONE);
    scs_comparison_free(p->c);
    scs_redactor_free(p->redactor);
    csr->flags &= ~(uint32_t)SCS_CSR_COMPLETE;
    RESULT(compare(p), "csr_challenge", ONE_SIDED);
}

/* A capture that ended before B's reply: nothing of the end may count. */
static void test_end_not_seen(void **state)
{
    struct pair *p = *state;
    p->request[1]->reply = NULL;
    p->request[1]->scep_reply = NULL;
    p->request[1]->outcome = SCS_OUTCOME_INCOMPLETE;
    p->request[1]->wait_ns = SCS_NO_TIME;
    p->enrolment[1]->outcome = SCS_ENROLMENT_INCOMPLETE;
    p->enrolment[1]->reached = SCS_REACHED_REQUEST;
    const struct scs_comparison *c = compare(p);
    RESULT(c, "outcome", ONE_SIDED);
    RESULT(c, "reached", ONE_SIDED);
    RESULT(c, "status", ONE_SIDED);
    RESULT(c, "request_wait", ONE_SIDED);
    RESULT(c, "whole_time", ONE_SIDED);
    assert_false(scs_compare_differs(c));
}

/* Bytes that the capture did not hold compared as if they had not been sent. */
static void test_cut_by_capture(void **state)
{
    struct pair *p = *state;
    struct scs_pki_message *m = test_message(p->request[1]);
    test_request(p->request[1])->m.flags |= SCS_HTTP_CAPTURE_GAP;
    m->flags &= ~(uint32_t)SCS_MSG_COMPLETE;
    m->digest = NULL;
    m->missing = 100;
    const struct scs_comparison *c = compare(p);
    RESULT(c, "digest", ONE_SIDED);
    RESULT(c, "message_whole", ONE_SIDED);
    RESULT(c, "message_length", ONE_SIDED);
}

/* Lists told as different because their order is. */
static void test_order_of_lists(void **state)
{
    struct pair *p = *state;
    static const char *const lines[] = {"SHA-256", "AES", "POSTPKIOperation"};
    struct scs_caps *caps = test_caps(&p->t, p->caps[1], SCS_CAP_AES | SCS_CAP_POST | SCS_CAP_SHA256);
    caps->lines = lines;
    RESULT(compare(p), "capabilities", SAME);
    scs_comparison_free(p->c);
    scs_redactor_free(p->redactor);
    caps->num_lines = 2;
    RESULT(compare(p), "capabilities", DIFFERENT);
}

static enum scs_compare_result measured(enum scs_compare_measure measure, int64_t a, int64_t b)
{
    struct scs_compare_value x = {.seen = SCS_SEEN_VALUE, .text = "x", .number = a}, y = x;
    y.number = b;
    enum scs_compare_result result = scs_fields_compare(measure, &x, &y);
    assert_int_equal(scs_fields_compare(measure, &y, &x), result);
    return result;
}

/* Sizes and times that always vary told as differences; or limits of servers overlooked because the sizes are near. */
static void test_measures(void **state)
{
    (void)state;
    assert_int_equal(measured(SCS_MEASURE_BYTES, 8525, 8753), SCS_COMPARE_SAME);
    assert_int_equal(measured(SCS_MEASURE_BYTES, 2500, 8525), SCS_COMPARE_DIFFERENT);
    assert_int_equal(measured(SCS_MEASURE_BYTES, 100000, 100600), SCS_COMPARE_SAME);
    assert_int_equal(measured(SCS_MEASURE_QUERY, 2048, 2049), SCS_COMPARE_DIFFERENT);
    assert_int_equal(measured(SCS_MEASURE_QUERY, 2000, 2048), SCS_COMPARE_SAME);
    assert_int_equal(measured(SCS_MEASURE_DURATION, 1000000, 1300000000), SCS_COMPARE_SAME);
    assert_int_equal(measured(SCS_MEASURE_DURATION, 60000000, 12000000000), SCS_COMPARE_DIFFERENT);
    assert_int_equal(measured(SCS_MEASURE_DURATION, 10000000000, 14000000000), SCS_COMPARE_SAME);
    assert_int_equal(measured(SCS_MEASURE_LOSSES, 0, 2), SCS_COMPARE_SAME);
    assert_int_equal(measured(SCS_MEASURE_LOSSES, 0, 3), SCS_COMPARE_DIFFERENT);
    assert_int_equal(measured(SCS_MEASURE_COUNT, 1, 2), SCS_COMPARE_DIFFERENT);
}

/* Steps laid beside others than their own when one side leaves one out or repeats one. */
static void test_steps(void **state)
{
    struct pair *p = *state;
    struct scs_exchange *again =
        test_exchange(&p->t, test_connection(&p->t, "10.5.14.22:50001", SERVER, 9000), SCS_OP_PKI_OPERATION, 9010);
    test_reply(&p->t, again, 404, 10);
    test_scep_request(&p->t, again, 19, "AAAA2222");
    fail_b(p, 404);
    p->enrolment[1] = test_enrolment(&p->t, SCS_ENROLMENT_FAILED, p->certs[1], p->request[1], again, NULL);
    p->enrolment[1]->decided_by = again->id;
    const struct scs_compare_steps *s = &compare(p)->steps;
    assert_true(s->differ);
    assert_int_equal(s->num_pairs, 3);
    assert_string_equal(s->pairs[0].side[0]->operation, "GetCACaps");
    assert_null(s->pairs[0].side[1]);
    assert_true(s->pairs[1].same);
    assert_string_equal(s->pairs[1].side[1]->result, "200, 3 certificates");
    assert_string_equal(s->pairs[2].side[0]->result, "200 SUCCESS");
    assert_string_equal(s->pairs[2].side[1]->result, "404");
    assert_int_equal(s->pairs[2].side[1]->times, 2);
    assert_false(s->pairs[2].same);
}

/* Fields compared across different operations: A's POST of a request with B's GET of the capabilities. */
static void test_furthest_common_operation(void **state)
{
    struct pair *p = *state;
    test_reply_of(p->caps[1])->status = 503;
    p->caps[1]->caps = NULL;
    p->caps[1]->outcome = SCS_OUTCOME_FAILED;
    p->enrolment[1] = test_enrolment(&p->t, SCS_ENROLMENT_FAILED, p->caps[1], NULL);
    p->enrolment[1]->decided_by = p->caps[1]->id;
    const struct scs_comparison *c = compare(p);
    RESULT(c, "method", SAME);
    RESULT(c, "digest", ONE_SIDED);
    RESULT(c, "caps_status", DIFFERENT);
    assert_non_null(strstr(c->verdict, "B fails at GetCACaps with HTTP 503; A got its certificate."));
}

/* A client that never connects has no request to compare; reading one would crash. */
static void test_blocked(void **state)
{
    struct pair *p = *state;
    struct scs_connection *c = test_attempt(&p->t, "10.5.14.99:50000", SERVER, 20000, 4);
    struct scs_enrolment *e = test_enrolment(&p->t, SCS_ENROLMENT_BLOCKED, p->caps[1], NULL);
    e->num_exchanges = 0;
    e->client = c->client.addr;
    p->enrolment[1] = e;
    const struct scs_comparison *both = compare(p);
    RESULT(both, "syn_tries", DIFFERENT);
    RESULT(both, "method", ONE_SIDED);
    assert_non_null(strstr(both->verdict, "B gets no connection (4 SYNs without an answer); A got its certificate."));
}

/* Labels that do not fit their column, or names that two fields share. */
static void test_fields_are_well_formed(void **state)
{
    const char *names[256];
    size_t num_names = 0;
    (void)state;
    for (unsigned g = 0; g < SCS_COMPARE_GROUPS; g++) {
        size_t num;
        const struct scs_compare_field *fields = scs_fields_of((enum scs_compare_group)g, &num);
        for (size_t i = 0; i < num; i++) {
            if (strlen(fields[i].label) > 19) {
                fail_msg("%s is too long", fields[i].label);
            }
            for (size_t k = 0; k < num_names; k++) {
                assert_string_not_equal(names[k], fields[i].name);
            }
            names[num_names++] = fields[i].name;
            assert_int_equal(scs_field_group(&fields[i]), g);
        }
    }
}

static const char *printed(struct pair *p, int width, const char *label, const char *a, const char *b)
{
    struct scs_columns columns = scs_columns_of(width);
    size_t len;
    free(p->text);
    FILE *out = open_memstream(&p->text, &len);
    assert_non_null(out);
    scs_columns_print(&columns, out, '>', label, a, b);
    fclose(out);
    return p->text;
}

/* Cells that run into each other, lose a word, cut a character, or never end. */
static void test_columns(void **state)
{
    struct pair *p = *state;
    assert_string_equal(printed(p, 80, "method", "POST", "GET"), "> method               POST                         GET\n");
    assert_string_equal(printed(p, 80, "x", "", "y"), "> x                                                 y\n");
    assert_string_equal(printed(p, 80, "x", "y", ""), "> x                    y\n");
    assert_string_equal(printed(p, 80, "path", "/certsrv/mscep/mscep.dll/pkiclient.exe", "one two"),
                        "> path                 /certsrv/mscep/mscep.dll/    one two\n"
                        "                       pkiclient.exe\n");
    assert_string_equal(printed(p, 80, "x", "a", "eight words that do not fit into one column"),
                        "> x                    a                            eight words that do not fit\n"
                        "                                                    into one column\n");
    const char *text = printed(
        p, 80, "x",
        "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
        "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
        "");
    assert_null(strchr(text, '\\')); /* a character cut in two would show as \\xNN */
}

/* ---- formats -------------------------------------------------------------------------------------- */

static const char *write_it(struct pair *p, scs_compare_writer *write, int verbosity)
{
    struct scs_report_context ctx = {.model = &p->t.model, .redactor = p->redactor, .lang = "en", .verbosity = verbosity};
    size_t len;
    free(p->text);
    FILE *out = open_memstream(&p->text, &len);
    assert_non_null(out);
    assert_true(write(p->c, &ctx, out));
    fclose(out);
    return p->text;
}

/* Text from the wire that reaches the terminal, breaks a table or runs over the edge. */
static void test_hostile_text(void **state)
{
    struct pair *p = *state;
    test_request(p->request[1])->user_agent = "a|b\033[2J `x` <b>\xe2\x80\xae"
                                              "0123456789012345678901234567890123456789012345678901234567890123456789";
    test_request(p->request[1])->host = "\xff\x1b]0;x";
    p->t.file.path = "a\033[31m.pcap";
    compare(p);
    const char *text = write_it(p, scs_compare_text, 1);
    assert_null(strstr(text, "\033"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > 80) {
            fail_msg("%.*s", (int)strcspn(line, "\n"), line);
        }
    }
    const char *markdown = write_it(p, scs_compare_markdown, 0);
    assert_null(strstr(markdown, "\033"));
    assert_null(strstr(markdown, "a|b"));
    assert_non_null(strstr(markdown, "\\<b"));
    assert_null(strstr(write_it(p, scs_compare_json, 0), "\033"));
}

/* Names of people shown, or one value with two tokens. */
static void test_redaction(void **state)
{
    struct pair *p = *state;
    p->enrolment[0]->subject = p->enrolment[1]->subject = "CN=Anna Example";
    compare(p);
    const struct scs_compare_row *r = row(p->c, "subject");
    assert_null(strstr(r->side[0].text, "Anna"));
    assert_string_equal(r->side[0].text, r->side[1].text);
    assert_null(strstr(write_it(p, scs_compare_json, 0), "Anna"));
    assert_null(strstr(write_it(p, scs_compare_text, 1), "Anna"));
}

/* A report without what it is about. */
static void test_text_and_markdown(void **state)
{
    struct pair *p = *state;
    test_message(p->request[1])->digest = "sha1";
    fail_b(p, 500);
    compare(p);
    const char *text = write_it(p, scs_compare_text, 0);
    assert_non_null(strstr(text, "\nDIFFERENT  B fails at PKIOperation with HTTP 500; A got its certificate."));
    assert_non_null(strstr(text, "\n> digest               sha256                       sha1\n"));
    assert_non_null(strstr(text, "\nKNOWN OF ONE SIDE ONLY\n"));
    assert_non_null(strstr(text, "\nExit status 1\n"));
    assert_null(strstr(text, "THE SAME"));
    assert_non_null(strstr(write_it(p, scs_compare_text, 1), "\nTHE SAME\n"));
    assert_non_null(strstr(write_it(p, scs_compare_markdown, 0), "| digest | sha256 | sha1 |\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_side_comes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finding_leads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finding_alone_differs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_is_no_difference, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_is_a_difference, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_not_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_by_capture, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_of_lists, setup, teardown),
        cmocka_unit_test(test_measures),
        cmocka_unit_test_setup_teardown(test_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_furthest_common_operation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blocked, setup, teardown),
        cmocka_unit_test(test_fields_are_well_formed),
        cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_redaction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_and_markdown, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
