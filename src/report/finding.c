/* SPDX-License-Identifier: Apache-2.0 */
#include "report/finding.h"

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
