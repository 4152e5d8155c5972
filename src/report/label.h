/* SPDX-License-Identifier: Apache-2.0 */
/* A message in a few words, as ladders say it; and words for flags. */
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

/* Words for the bits of a flag field; a table of them ends with word NULL. */
struct scs_flag_word {
    uint32_t flag;
    const char *word;
};

/* scs_key_usage_words: what a certificate's key may be used for, in the words of RFC 5280 4.2.1.3. */
extern const struct scs_flag_word scs_key_usage_words[];

#define SCS_LINK_TYPE_TEXT 16
/* scs_label_link_type: the name that pcap-linktype(7) and tcpdump -L give a link type, or its number written to `out`. */
const char *scs_label_link_type(uint16_t type, char out[SCS_LINK_TYPE_TEXT]);

#endif
