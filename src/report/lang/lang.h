/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue's texts by language. A language is a row of lang.c that lists its groups; a group is
 * one file <code>_<group>.c that defines its array and its number. English is complete and gives the
 * order; another language may lack ids, for which English stands in.
 */
#ifndef SCS_REPORT_LANG_LANG_H
#define SCS_REPORT_LANG_LANG_H

#include <stddef.h>

#include "base/buf.h"
#include "scepscope/rule.h"

extern const struct scs_finding_text scs_en_capture[];
extern const size_t scs_num_en_capture;
extern const struct scs_finding_text scs_en_network[];
extern const size_t scs_num_en_network;
extern const struct scs_finding_text scs_en_dns[];
extern const size_t scs_num_en_dns;
extern const struct scs_finding_text scs_en_tls[];
extern const size_t scs_num_en_tls;
extern const struct scs_finding_text scs_en_proxy[];
extern const size_t scs_num_en_proxy;
extern const struct scs_finding_text scs_en_limits[];
extern const size_t scs_num_en_limits;
extern const struct scs_finding_text scs_en_status[];
extern const size_t scs_num_en_status;
extern const struct scs_finding_text scs_en_policy[];
extern const size_t scs_num_en_policy;
extern const struct scs_finding_text scs_en_http[];
extern const size_t scs_num_en_http;
extern const struct scs_finding_text scs_en_caps[];
extern const size_t scs_num_en_caps;
extern const struct scs_finding_text scs_en_cacert[];
extern const size_t scs_num_en_cacert;
extern const struct scs_finding_text scs_en_message[];
extern const size_t scs_num_en_message;
extern const struct scs_finding_text scs_en_signature[];
extern const size_t scs_num_en_signature;
extern const struct scs_finding_text scs_en_session[];
extern const size_t scs_num_en_session;
extern const struct scs_finding_text scs_en_reply[];
extern const size_t scs_num_en_reply;
extern const struct scs_finding_text scs_en_challenge[];
extern const size_t scs_num_en_challenge;
extern const struct scs_finding_text scs_en_csr[];
extern const size_t scs_num_en_csr;
extern const struct scs_finding_text scs_en_delivery[];
extern const size_t scs_num_en_delivery;
extern const struct scs_finding_text scs_en_revocation[];
extern const size_t scs_num_en_revocation;
extern const struct scs_finding_text scs_en_ca[];
extern const size_t scs_num_en_ca;
extern const struct scs_finding_text scs_en_ca_call[];
extern const size_t scs_num_en_ca_call;
extern const struct scs_finding_text scs_en_perf[];
extern const size_t scs_num_en_perf;
extern const struct scs_finding_text scs_en_elsewhere[];
extern const size_t scs_num_en_elsewhere;

/* scs_text_language says whether findings can be told in this language. */
bool scs_text_language(const char *code);

/*
 * scs_text_format appends `tmpl` to `out` with each {name} replaced by the fact of that name. A sentence
 * (up to ". " or the end) that names an unknown fact is left out. Braces around anything but lower-case
 * letters, digits and _ are ordinary text, so commands keep theirs. Returns whether anything was written.
 */
bool scs_text_format(const char *tmpl, const struct scs_fact *facts, uint32_t num, struct scs_buf *out);

#endif
