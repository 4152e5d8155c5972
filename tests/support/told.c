/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "told.h"

struct scs_enrolment *test_told_enrolment(struct test_model *t, const char *client, unsigned status, int64_t at_ms)
{
    struct scs_connection *c = test_connection(t, client, "10.5.1.4:80", at_ms);
    struct scs_exchange *x = test_exchange(t, c, SCS_OP_PKI_OPERATION, at_ms + 1);
    test_reply(t, x, status, 20);
    test_scep_request(t, x, 19, "T1");
    struct scs_enrolment *e = test_enrolment(t, status == 200 ? SCS_ENROLMENT_SUCCEEDED : SCS_ENROLMENT_FAILED, x, NULL);
    e->platform = SCS_PLATFORM_WINDOWS;
    return e;
}

struct scs_finding *test_told_finding(struct test_model *t, struct test_told *told, const char *id, enum scs_severity severity,
                                      uint32_t about)
{
    assert_true(t->model.num_findings < TEST_TOLD_MAX);
    uint32_t n = t->model.num_findings++;
    struct scs_finding *new = &told->findings[n];
    *new = (struct scs_finding){.id = id,
                                .severity = severity,
                                .confidence = SCS_CERTAIN,
                                .count = 1,
                                .first_ns = TEST_NS(0),
                                .last_ns = TEST_NS(0),
                                .enrolment = about};
    told->list[n] = new;
    t->model.findings = told->list;
    return new;
}

int test_report_setup(void **state)
{
    static struct test_report r;
    r = (struct test_report){.level = SCS_REDACT_STANDARD};
    test_model_init(&r.t);
    r.ctx = (struct scs_report_context){.model = &r.t.model, .lang = "en", .fail_on = SCS_SEV_ERROR};
    *state = &r;
    return 0;
}

int test_report_teardown(void **state)
{
    struct test_report *r = *state;
    free(r->text);
    test_model_cleanup(&r->t);
    return 0;
}

const char *test_report_written(struct test_report *r, bool (*write)(const struct scs_report_context *ctx, FILE *out))
{
    size_t len;
    free(r->text);
    FILE *out = open_memstream(&r->text, &len);
    assert_non_null(out);
    r->ctx.redactor = scs_redactor_for_model(r->level, &r->t.model);
    assert_true(write(&r->ctx, out));
    scs_redactor_free(r->ctx.redactor);
    fclose(out);
    return r->text;
}

void test_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in:\n%s", part, text);
    }
}

void test_has_not(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    if (at != NULL) {
        fail_msg("'%s' is in: %.200s", part, at);
    }
}
