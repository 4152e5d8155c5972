/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/escape.h"
#include "report/redact.h"
#include "report/reporters.h"
#include "told.h"

static char *escaped(const char *text)
{
    char *out;
    size_t len;
    FILE *file = open_memstream(&out, &len);
    scs_escape_markdown(file, text, strlen(text));
    fclose(file);
    return out;
}

static void expect(const char *text, const char *markdown)
{
    char *out = escaped(text);
    assert_string_equal(out, markdown);
    free(out);
}

/* A name from the wire that becomes markup, HTML, a link, a mention or the end of a table's cell. */
static void test_markup_is_text(void **state)
{
    (void)state;
    expect("a|b", "a\\|b");
    expect("<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)>");
    expect("[click](http://evil.example)", "\\[click\\](http\\://evil.example)");
    expect("**bold** _it_ `code` ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~");
    expect("@admin &lt; www.evil.example", "\\@admin \\&lt; www\\.evil.example");
    expect("two\nlines", "two lines");
    expect("esc\033[31m", "esc\\\\x1b\\[31m");
    expect("\xe2\x80\xaetxt", "\\\\xe2\\\\x80\\\\xaetxt");
}

/* A line that begins as a heading, list or quotation. */
static void test_beginnings(void **state)
{
    (void)state;
    expect("# one", "\\# one");
    expect("- one", "\\- one");
    expect("> one", "\\> one");
    expect("12. one", "12\\. one");
    expect("3) one", "3\\) one");
}

/* Escapes where none is needed make addresses and paths unreadable in a plain chat. */
static void test_plain_text_stays(void **state)
{
    (void)state;
    expect("10.5.14.7", "10.5.14.7");
    expect("server 10.5.14.7 (TLS 1.2) - C:\\Windows", "server 10.5.14.7 (TLS 1.2) - C:\\Windows");
    expect("HKLM\\SYSTEM\\x", "HKLM\\SYSTEM\\x");
    expect("ends\\", "ends\\\\");
    expect("a \\* b", "a \\\\\\* b");
}

/* A ticket that does not say what is wrong, whom it hits, where the proof is, or that holds a name it should hide. */
static void test_failing_capture(void **state)
{
    struct test_report *r = *state;
    struct test_model *t = &r->t;
    struct scs_connection *c = test_connection(t, "10.5.14.7:50000", "10.5.1.4:80", 0);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_GET_CA_CERT, 100);
    test_reply(t, x, 404, 5);
    struct scs_enrolment *e = test_enrolment(t, SCS_ENROLMENT_FAILED, x, NULL);
    e->subject = "CN=Karl | <b>Ek</b>";
    test_diagnose(t, NULL, 0);
    r->level = SCS_REDACT_NONE;
    const char *text = test_report_written(r, scs_report_markdown);
    test_has(text, "## scepscope: problems\n");
    test_has(text, "### Error: ");
    test_has(text, "\n1. ");
    test_has(text, "    frame.number in {");
    test_has(text, "| 1 | 09:14:02 | 10.5.14.7");
    test_has(text, " | CN=Karl \\| \\<b>Ek\\</b> | ");
    r->level = SCS_REDACT_STANDARD;
    test_has_not(test_report_written(r, scs_report_markdown), "Karl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markup_is_text),
        cmocka_unit_test(test_beginnings),
        cmocka_unit_test(test_plain_text_stays),
        REPORT_TEST(test_failing_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
