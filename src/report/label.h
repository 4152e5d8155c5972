/* SPDX-License-Identifier: Apache-2.0 */
/* A message in a few words, as ladders say it. */
#ifndef SCS_REPORT_LABEL_H
#define SCS_REPORT_LABEL_H

#include "base/buf.h"
#include "report/redact.h"

/* Room for either label. */
#define SCS_LABEL_TEXT 256u

/* scs_label_request appends "PKCSReq POST, 8,525 bytes"; the exchange has a request. */
void scs_label_request(const struct scs_exchange *x, struct scs_buf *out);
/* scs_label_reply appends "200 FAILURE badRequest" or "200, 3 certs"; the exchange has a reply. */
void scs_label_reply(struct scs_redactor *r, const struct scs_exchange *x, struct scs_buf *out);

#define SCS_LINK_TYPE_TEXT 16
/* scs_label_link_type: the name that pcap-linktype(7) and tcpdump -L give a link type, or its number written to `out`. */
const char *scs_label_link_type(uint16_t type, char out[SCS_LINK_TYPE_TEXT]);

#endif
