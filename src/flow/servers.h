/* SPDX-License-Identifier: Apache-2.0 */
/* Which endpoints are SCEP servers: named by the user, or shown by their traffic; and which ports make one likely. */
#ifndef SCS_FLOW_SERVERS_H
#define SCS_FLOW_SERVERS_H

#include "base/hash.h"
#include "scepscope/limits.h"
#include "scepscope/net.h"

struct scs_known_servers {
    struct scs_hash_key key;
    struct scs_endpoint *slots; /* open addressing, 4 * SCS_MAX_SERVERS places; with port 0: some port of that address */
    uint32_t num, num_dropped;
    struct scs_endpoint latest; /* the one that most look-ups are about */
    struct scs_endpoint *named; /* port 0: any */
    uint32_t num_named;
    uint8_t ports[65536 / 8]; /* a known server listens there: the cheap first test */
};

void scs_known_servers_init(struct scs_known_servers *s, const struct scs_endpoint *named, uint32_t num_named);
void scs_known_servers_cleanup(struct scs_known_servers *s);
void scs_known_servers_add(struct scs_known_servers *s, const struct scs_endpoint *server);
/* scs_known_servers_has: SCEP was seen there. */
bool scs_known_servers_has(const struct scs_known_servers *s, const struct scs_endpoint *server);
bool scs_known_servers_named(const struct scs_known_servers *s, const struct scs_endpoint *server);
/* scs_known_servers_likely: known, named, or a usual port of HTTP: worth remembering an attempt to it. */
bool scs_known_servers_likely(const struct scs_known_servers *s, const struct scs_endpoint *server);
/* scs_known_servers_at: a known or named server has this address. */
bool scs_known_servers_at(const struct scs_known_servers *s, const struct scs_addr *addr);
/* scs_known_servers_is_directory: the port of LDAP or the global catalogue. */
bool scs_known_servers_is_directory(uint16_t port);
/*
 * scs_known_servers_calls_ca: a known or named server's address calls where a certification authority or a domain
 * controller on another host answers: remote procedure calls, LDAP.
 */
bool scs_known_servers_calls_ca(const struct scs_known_servers *s, const struct scs_endpoint *client,
                                const struct scs_endpoint *server);

#endif
