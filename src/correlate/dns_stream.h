/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups on one TCP connection: messages behind two bytes of length, in both directions. RFC 1035 4.2.2, RFC 7766 8. */
#ifndef SCS_CORRELATE_DNS_STREAM_H
#define SCS_CORRELATE_DNS_STREAM_H

#include "correlate/lookups.h"
#include "http/http.h"

struct scs_dns_stream;

/* scs_dns_stream_new: `whole` when the connection is read from its beginning. Borrows the look-ups, copies the addresses. */
struct scs_dns_stream *scs_dns_stream_new(struct scs_lookups *l, const struct scs_connection *c, bool whole);
void scs_dns_stream_data(struct scs_dns_stream *s, enum scs_dir dir, const struct scs_chunk *chunk);
void scs_dns_stream_gap(struct scs_dns_stream *s, enum scs_dir dir);
void scs_dns_stream_free(struct scs_dns_stream *s);

#endif
