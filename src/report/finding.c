/* SPDX-License-Identifier: Apache-2.0 */
#include "report/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "report/layout.h"

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

bool scs_finding_tells_blind_spot(const struct scs_finding *f)
{
    return f->severity == SCS_SEV_INFO && strncmp(f->id, "cap-", 4) == 0 && strcmp(f->id, "cap-dup") != 0;
}

void scs_finding_how_often(const struct scs_finding *f, bool with_day, struct scs_buf *out)
{
    char first[SCS_MOMENT_TEXT], last[SCS_MOMENT_TEXT], number[SCS_NUMBER_TEXT];
    if (f->num_enrolments != 0 && f->num_enrolments < SCS_MAX_FINDING_SUBJECTS) {
        scs_buf_printf(out, "%u enrolment%s", f->num_enrolments, f->num_enrolments == 1 ? "" : "s");
    }
    if (f->count > 1 && f->count != f->num_enrolments) {
        scs_buf_printf(out, "%s%s times", out->len != 0 ? ", " : "", scs_number_text(f->count, number));
    }
    if (f->first_ns == SCS_NO_TIME) {
        return;
    }
    const char *comma = out->len != 0 ? ", " : "";
    scs_moment_text(f->first_ns, with_day, first);
    if (f->last_ns == SCS_NO_TIME || strcmp(first, scs_moment_text(f->last_ns, with_day, last)) == 0) {
        scs_buf_printf(out, "%sat %s", comma, first);
    } else {
        scs_buf_printf(out, "%sfirst %s, last %s", comma, first, last);
    }
}

bool scs_capture_spans_days(const struct scs_capture_facts *capture)
{
    char first[SCS_TIME_TEXT], last[SCS_TIME_TEXT];
    return capture->first_ns != SCS_NO_TIME && capture->last_ns != SCS_NO_TIME &&
           strcmp(scs_text_day(capture->first_ns, first), scs_text_day(capture->last_ns, last)) != 0;
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
