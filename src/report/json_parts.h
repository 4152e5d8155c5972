/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the JSON report, each writing the members of one kind of object. docs/report.schema.json describes them. */
#ifndef SCS_REPORT_JSON_PARTS_H
#define SCS_REPORT_JSON_PARTS_H

#include "report/json_writer.h"
#include "report/label.h"
#include "report/redact.h"
#include "report/stream_ids.h"
#include "scepscope/report.h"

struct scs_json_report {
    struct scs_json w;
    const struct scs_report_context *ctx;
    const struct scs_stream_ids *ids; /* of what is told while packets still come; NULL: the model's own */
};

/* scs_json_flags writes the words of the flags that are set, as a list; nothing when none is. */
void scs_json_flags(struct scs_json *w, const char *name, uint32_t flags, const struct scs_flag_word *words);
/* scs_json_file writes the file a frame is of, when there are several. */
void scs_json_file(struct scs_json_report *r, scs_frame frame);
/* scs_json_ids writes a list on one line. */
void scs_json_ids(struct scs_json_report *r, const char *name, const uint32_t *ids, uint32_t num, scs_stream_id *number_of);
/* scs_json_frame writes a frame number; nothing for 0. */
void scs_json_frame(struct scs_json *w, const char *name, scs_frame frame);

void scs_json_connection(struct scs_json_report *r, const struct scs_connection *c);
/* These write one object as the member `name`, NULL inside an array. */
void scs_json_exchange(struct scs_json_report *r, const char *name, const struct scs_exchange *x);
void scs_json_enrolment(struct scs_json_report *r, const char *name, const struct scs_enrolment *e);
void scs_json_finding(struct scs_json_report *r, const char *name, const struct scs_finding *f);
/* scs_json_summary writes the member "summary", scs_json_capture the member "capture". */
void scs_json_summary(struct scs_json_report *r);
void scs_json_capture(struct scs_json_report *r);
/* scs_json_lookups writes the member "dns" when there are look-ups. */
void scs_json_lookups(struct scs_json_report *r, const struct scs_model *m);
/* scs_json_revocations writes the member "revocations", scs_json_ca_calls the member "ca_calls", when there are any. */
void scs_json_revocations(struct scs_json_report *r, const struct scs_model *m);
void scs_json_ca_calls(struct scs_json_report *r, const struct scs_model *m);
/* scs_json_scep writes the member "scep" when the exchange has anything of SCEP. */
void scs_json_scep(struct scs_json_report *r, const struct scs_exchange *x);

/* Whose certificate it is decides what is hidden. */
enum scs_cert_owner { SCS_CERT_OF_AUTHORITY, SCS_CERT_OF_DEVICE };

void scs_json_certificate(struct scs_json_report *r, const char *name, const struct scs_cert_facts *c, enum scs_cert_owner owner);

/* scs_json_key_usage writes the member "key_usage" when the extension is there. */
void scs_json_key_usage(struct scs_json *w, const struct scs_cert_facts *c);
/* scs_json_envelope writes the member "envelope"; scs_json_csr the member "csr". */
void scs_json_envelope(struct scs_json_report *r, const struct scs_pki_message *m, enum scs_cert_owner sender);
void scs_json_csr(struct scs_json_report *r, const struct scs_csr *c);

#endif
