/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS look-ups, over UDP and TCP: questions and answers joined by client, name and type, in a table of bounded size. What
 * concerns SCEP is known only at the end, when the hosts of its requests are.
 */
#ifndef SCS_CORRELATE_LOOKUPS_H
#define SCS_CORRELATE_LOOKUPS_H

#include "base/arena.h"
#include "scepscope/model.h"
#include "scepscope/packet.h"

#define SCS_DNS_PORT 53u

struct scs_lookups;

struct scs_lookups *scs_lookups_new(void);
void scs_lookups_free(struct scs_lookups *l); /* NULL is fine */

/* scs_lookups_segment reads a segment that scs_lookups_wants; what is no DNS is passed over. */
void scs_lookups_segment(struct scs_lookups *l, const struct scs_segment *seg);
static inline bool scs_lookups_wants(const struct scs_segment *seg)
{
    return seg->proto == SCS_PROTO_UDP && (seg->src.port == SCS_DNS_PORT || seg->dst.port == SCS_DNS_PORT);
}

/* A message as it came, by whatever way. Borrowed for the call. */
struct scs_dns_arrival {
    struct scs_endpoint src, dst;
    struct scs_cursor bytes;
    scs_frame frame;
    int64_t ts_ns;
};

/* scs_lookups_arrival reads one message; what is no DNS is passed over. */
void scs_lookups_arrival(struct scs_lookups *l, const struct scs_dns_arrival *arrival);
/* scs_lookup_like_scep: a name, in lower case, as SCEP servers have it: ndes, scep, *.msappproxy.net. */
bool scs_lookup_like_scep(const char *name);
/*
 * scs_lookups_name: the name for which `client` got the address `server` no later than `ts_ns`, the latest if there are
 * several; NULL. Valid until the next packet.
 */
const char *scs_lookups_name(const struct scs_lookups *l, const struct scs_addr *client, const struct scs_addr *server,
                             int64_t ts_ns);
/* scs_lookups_dropped: how many made room for later ones, or were one too many to be told. */
uint64_t scs_lookups_dropped(const struct scs_lookups *l);

/*
 * scs_lookups_tell returns the look-ups that concern the model's exchanges, connections and servers, which must be set,
 * copied to `keep`, by time; at most SCS_MAX_LOOKUPS_TOLD.
 */
const struct scs_lookup *const *scs_lookups_tell(struct scs_lookups *l, const struct scs_model *m, struct scs_arena *keep,
                                                 uint32_t *num);

#endif
