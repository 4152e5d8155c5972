/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

#include "base/text.h"

int test_scep_setup(void **state)
{
    static struct test_model t;
    test_model_init(&t);
    *state = &t;
    return 0;
}

int test_scep_teardown(void **state)
{
    test_model_cleanup(*state);
    return 0;
}

struct scs_exchange *test_asked(struct test_model *t, enum scs_operation operation)
{
    int64_t at_ms = 1000 * (int64_t)t->model.num_exchanges;
    return test_exchange(t, test_connection(t, CLIENT, SERVER, at_ms), operation, at_ms + 5);
}

struct scs_exchange *test_answered(struct test_model *t, enum scs_operation operation, unsigned status)
{
    struct scs_exchange *x = test_asked(t, operation);
    test_reply(t, x, status, 20);
    return x;
}

void test_by_get(struct scs_exchange *x, uint32_t len)
{
    struct scs_http_request *r = test_request(x);
    r->method = "GET";
    r->query_len = len;
    r->target_len = r->path_len + 1 + len;
    r->m.body_len = 0;
}

void test_httpsys(struct test_model *t, struct scs_exchange *x, const char *heading, const char *words)
{
    struct scs_http_reply *r = test_reply_of(x);
    r->server = "Microsoft-HTTPAPI/2.0";
    test_text(t, r, "text/html; charset=us-ascii",
              scs_arena_printf(t->arena, "<TITLE>Bad Request</TITLE><h2>%s</h2><hr><p>HTTP Error %u. %s</p>", heading, r->status,
                               words));
}

void test_judge(struct test_model *t)
{
    test_diagnose(t, NULL, 0);
}

uint32_t test_said(const struct test_model *t)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < t->model.num_findings; i++) {
        const char *id = t->model.findings[i]->id;
        num += !scs_text_starts_nocase(id, "cap-") && !scs_text_equal(id, "deliv-ok");
    }
    return num;
}
