/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kerberos tickets that were refused because of the account: locked, its password expired or wrong. Whose concern they are is
 * known at the end, when the SCEP servers' addresses are.
 */
#ifndef SCS_CORRELATE_LOGONS_H
#define SCS_CORRELATE_LOGONS_H

#include "correlate/ca_calls.h"
#include "http/http.h"
#include "scepscope/packet.h"

#define SCS_KERBEROS_PORT 88u

struct scs_logons;
struct scs_logon_stream;

struct scs_logons *scs_logons_new(void);
void scs_logons_free(struct scs_logons *l); /* NULL is fine */

/* scs_logons_segment reads a segment that scs_logons_wants; what is no Kerberos is passed over. */
void scs_logons_segment(struct scs_logons *l, const struct scs_segment *seg);
static inline bool scs_logons_wants(const struct scs_segment *seg)
{
    return seg->proto == SCS_PROTO_UDP && (seg->src.port == SCS_KERBEROS_PORT || seg->dst.port == SCS_KERBEROS_PORT);
}

/* The same over TCP, behind four bytes of length (RFC 4120 7.2.2). Borrows `l`. */
struct scs_logon_stream *scs_logon_stream_new(struct scs_logons *l, const struct scs_connection *c, bool whole);
void scs_logon_stream_data(struct scs_logon_stream *s, enum scs_dir dir, const struct scs_chunk *chunk);
void scs_logon_stream_gap(struct scs_logon_stream *s, enum scs_dir dir);
void scs_logon_stream_free(struct scs_logon_stream *s);

/* scs_logons_tell adds the failures of the model's servers to the calls. */
void scs_logons_tell(struct scs_logons *l, const struct scs_model *m, struct scs_ca_calls *calls);
uint64_t scs_logons_dropped(const struct scs_logons *l);

#endif
