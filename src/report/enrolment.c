/* SPDX-License-Identifier: Apache-2.0 */
#include "report/enrolment.h"

const char *scs_enrolment_reached_text(const struct scs_enrolment *e)
{
    static const char *const words[] = {
        [SCS_REACHED_CONTACT] = "contact",        [SCS_REACHED_CAPABILITIES] = "capabilities",
        [SCS_REACHED_CA_CERTIFICATE] = "CA cert", [SCS_REACHED_REQUEST] = "request",
        [SCS_REACHED_POLICY] = "policy",          [SCS_REACHED_REPLY] = "reply",
    };
    if (e->outcome == SCS_ENROLMENT_SUCCEEDED) {
        return "certificate";
    }
    return e->reached < sizeof words / sizeof words[0] ? words[e->reached] : "-";
}

const char *scs_enrolment_outcome_text(const struct scs_enrolment *e)
{
    static const char *const words[] = {
        [SCS_ENROLMENT_SUCCEEDED] = "ok",    [SCS_ENROLMENT_FAILED] = "FAILED",         [SCS_ENROLMENT_PENDING] = "pending",
        [SCS_ENROLMENT_BLOCKED] = "BLOCKED", [SCS_ENROLMENT_INCOMPLETE] = "incomplete",
    };
    return e->outcome < sizeof words / sizeof words[0] ? words[e->outcome] : "-";
}

bool scs_enrolment_is_bad(const struct scs_enrolment *e)
{
    return e->outcome == SCS_ENROLMENT_FAILED || e->outcome == SCS_ENROLMENT_BLOCKED;
}

bool scs_enrolment_is_listed(const struct scs_enrolment *e, int verbosity)
{
    return verbosity > 0 || (!e->probe && e->outcome != SCS_ENROLMENT_SUCCEEDED);
}

const char *scs_enrolment_took_text(const struct scs_enrolment *e, char out[SCS_NUMBER_TEXT])
{
    if (e->outcome == SCS_ENROLMENT_SUCCEEDED && e->started_ns != SCS_NO_TIME && e->ended_ns != SCS_NO_TIME) {
        return scs_duration_text(e->ended_ns - e->started_ns, out);
    }
    snprintf(out, SCS_NUMBER_TEXT, "-");
    return out;
}

const struct scs_finding *scs_enrolment_finding(const struct scs_finding_index *findings, const struct scs_enrolment *e)
{
    const struct scs_finding *f = e->outcome == SCS_ENROLMENT_SUCCEEDED ? NULL : findings->by_enrolment[e->id];
    return f != NULL && f->severity == SCS_SEV_INFO ? NULL : f;
}
