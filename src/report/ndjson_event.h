/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event: a JSON object on a line as Suricata's EVE writes them. The flow stands at the top (timestamp, src_ip, src_port,
 * dest_ip, dest_port, proto, community_id), the thing itself under the name of its event_type, with the members that it has in
 * the JSON report. The writer was prepared with scs_json_init_lines.
 */
#ifndef SCS_REPORT_NDJSON_EVENT_H
#define SCS_REPORT_NDJSON_EVENT_H

#include "report/json_parts.h"

/* Which event of a stream it is, for whoever keeps the latest word on each thing. NULL: of a saved capture, said once. */
struct scs_event_place {
    const char *run;   /* of this process; with event_type and event_id it is unique */
    uint32_t event_id; /* of what it speaks of; 0: nothing is said again */
    uint32_t revision; /* from 1 */
};

/* When each thing ended; SCS_NO_TIME when that is not known. */
int64_t scs_event_exchange_ns(const struct scs_exchange *x);
int64_t scs_event_enrolment_ns(const struct scs_enrolment *e);
int64_t scs_event_finding_ns(const struct scs_model *m, const struct scs_finding *f);

void scs_event_exchange(struct scs_json_report *r, const struct scs_event_place *place, const struct scs_exchange *x);
void scs_event_enrolment(struct scs_json_report *r, const struct scs_event_place *place, const struct scs_enrolment *e);
void scs_event_finding(struct scs_json_report *r, const struct scs_event_place *place, const struct scs_finding *f);
/*
 * scs_event_withdrawn: what was told at this place of a stream, a "finding" or an "enrolment", holds no more. Of a finding also
 * its id in the catalogue, and the one that tells the cause now; both may be NULL.
 */
void scs_event_withdrawn(struct scs_json_report *r, const struct scs_event_place *place, const char *event_type, const char *id,
                         const char *instead);
void scs_event_stats(struct scs_json_report *r, const struct scs_event_place *place);

#endif
