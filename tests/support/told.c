/* SPDX-License-Identifier: Apache-2.0 */
#include "told.h"

#include <assert.h>

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
    assert(t->model.num_findings < TEST_TOLD_MAX);
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
