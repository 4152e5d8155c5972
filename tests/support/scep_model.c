/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

#include "base/text.h"

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

struct scs_pki_message *test_message(struct scs_exchange *x)
{
    return (struct scs_pki_message *)(uintptr_t)x->scep_request;
}

struct scs_pki_message *test_certrep(struct scs_exchange *x)
{
    return (struct scs_pki_message *)(uintptr_t)x->scep_reply;
}

struct scs_exchange *test_enrols(struct test_model *t, const char *transaction_id, int pki_status)
{
    struct scs_exchange *x = test_answered(t, SCS_OP_PKI_OPERATION, 200);
    test_scep_request(t, x, 19, transaction_id);
    test_scep_reply(t, x, pki_status);
    test_certrep(x)->fail_info = pki_status == 2 ? 2 : -1;
    return x;
}

struct scs_csr *test_opened(struct test_model *t, struct scs_exchange *x)
{
    struct scs_csr *csr = SCS_ARENA_NEW(t->arena, struct scs_csr);
    struct scs_envelope *e = test_message(x)->envelope;
    csr->flags = SCS_CSR_COMPLETE;
    csr->asked = *x->scep_request->signer;
    csr->common_name = "device";
    csr->common_name_len = 6;
    csr->signature = SCS_VALID;
    csr->challenge = (struct scs_challenge){
        .present = true, .kind = SCS_CHALLENGE_OTP, .length = 16, .string_type = "PrintableString", .sha256 = "challenge"};
    e->opened = true;
    e->holds = SCS_HOLDS_CSR;
    e->csr = csr;
    return csr;
}

void test_later(struct scs_exchange *x, int64_t at_ms)
{
    int64_t by_ns = TEST_NS(at_ms) - x->started_ns;
    struct scs_connection *c = (struct scs_connection *)(uintptr_t)x->connection;
    x->started_ns += by_ns;
    c->opened_ns += by_ns;
    c->last_ns += by_ns;
    test_request(x)->m.first_ns += by_ns;
    test_request(x)->m.last_ns += by_ns;
    if (x->reply != NULL) {
        test_reply_of(x)->m.first_ns += by_ns;
        test_reply_of(x)->m.last_ns += by_ns;
        test_reply_of(x)->date_s += by_ns / 1000000000;
    }
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
