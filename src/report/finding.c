/* SPDX-License-Identifier: Apache-2.0 */
#include "report/finding.h"

#include <stdlib.h>

#include "base/xalloc.h"

const char *scs_severity_name(enum scs_severity severity)
{
    static const char *const words[] = {[SCS_SEV_INFO] = "info", [SCS_SEV_WARNING] = "warning", [SCS_SEV_ERROR] = "error"};
    return words[severity];
}

const char *scs_confidence_name(enum scs_confidence confidence)
{
    static const char *const words[] = {[SCS_POSSIBLE] = "possible", [SCS_LIKELY] = "likely", [SCS_CERTAIN] = "certain"};
    return words[confidence];
}

uint32_t scs_finding_facts(const struct scs_finding *f, struct scs_redactor *r, struct scs_fact out[SCS_MAX_FINDING_FACTS])
{
    uint32_t num = f->num_facts < SCS_MAX_FINDING_FACTS ? f->num_facts : SCS_MAX_FINDING_FACTS;
    for (uint32_t i = 0; i < num; i++) {
        out[i] = f->facts[i];
        if (out[i].kind == SCS_FACT_TEXT) {
            out[i].text = scs_redact_fact(r, out[i].name, out[i].text);
        }
    }
    return num;
}

static void note(const struct scs_finding **slots, uint32_t num_slots, uint32_t id, const struct scs_finding *f)
{
    if (id != 0 && id <= num_slots && slots[id] == NULL) {
        slots[id] = f;
    }
}

void scs_finding_index_init(struct scs_finding_index *index, const struct scs_model *m)
{
    index->by_exchange = scs_xcalloc((size_t)m->num_exchanges + 1, sizeof *index->by_exchange);
    index->by_enrolment = scs_xcalloc((size_t)m->num_enrolments + 1, sizeof *index->by_enrolment);
    for (uint32_t i = 0; i < m->num_findings; i++) {
        const struct scs_finding *f = m->findings[i];
        note(index->by_exchange, m->num_exchanges, f->exchange, f);
        note(index->by_enrolment, m->num_enrolments, f->enrolment, f);
        for (uint32_t k = 0; k < f->num_exchanges; k++) {
            note(index->by_exchange, m->num_exchanges, f->exchanges[k], f);
        }
        for (uint32_t k = 0; k < f->num_enrolments; k++) {
            note(index->by_enrolment, m->num_enrolments, f->enrolments[k], f);
        }
    }
}

void scs_finding_index_cleanup(struct scs_finding_index *index)
{
    free(index->by_exchange);
    free(index->by_enrolment);
    *index = (struct scs_finding_index){0};
}
