/* SPDX-License-Identifier: Apache-2.0 */
/* What every format says of an enrolment in the same words. */
#ifndef SCS_REPORT_ENROLMENT_H
#define SCS_REPORT_ENROLMENT_H

#include "report/finding.h"
#include "report/layout.h"

/* How far it came: "CA cert", "request", "certificate". */
const char *scs_enrolment_reached_text(const struct scs_enrolment *e);
/* "ok", "FAILED", "pending". */
const char *scs_enrolment_outcome_text(const struct scs_enrolment *e);
/* scs_enrolment_is_bad: it failed, or never got through. */
bool scs_enrolment_is_bad(const struct scs_enrolment *e);
/* scs_enrolment_is_listed: successes and probes are only when the report is verbose. */
bool scs_enrolment_is_listed(const struct scs_enrolment *e, int verbosity);
/* scs_enrolment_took_text writes how long a success took; "-" for others. */
const char *scs_enrolment_took_text(const struct scs_enrolment *e, char out[SCS_NUMBER_TEXT]);
/* scs_enrolment_finding: what explains its failure; NULL for a success, or when only notes speak of it. */
const struct scs_finding *scs_enrolment_finding(const struct scs_finding_index *findings, const struct scs_enrolment *e);

#endif
