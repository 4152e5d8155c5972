/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/servers.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Two places for each: one for the endpoint, one for its address alone, as port 0. */
#define SLOTS (4u * SCS_MAX_SERVERS)
/* The end point mapper of DCE RPC (C706 appendix H), and the first of the ports Windows hands out. */
#define RPC_MAPPER    135u
#define FIRST_DYNAMIC 49152u
/* LDAP and the global catalogue, in clear and over TLS. */
#define LDAP              389u
#define LDAPS             636u
#define GLOBAL_CATALOGUE  3268u
#define GLOBAL_CATALOGUES 3269u

void scs_known_servers_init(struct scs_known_servers *s, const struct scs_endpoint *named, uint32_t num_named)
{
    *s = (struct scs_known_servers){.key = scs_hash_key_random(), .num_named = num_named};
    s->slots = scs_xcalloc(SLOTS, sizeof *s->slots);
    s->named = scs_xcalloc(num_named, sizeof *s->named);
    if (num_named != 0) {
        memcpy(s->named, named, num_named * sizeof *named);
    }
}

void scs_known_servers_cleanup(struct scs_known_servers *s)
{
    free(s->slots);
    free(s->named);
    *s = (struct scs_known_servers){0};
}

static struct scs_endpoint *slot_of(const struct scs_known_servers *s, const struct scs_endpoint *server)
{
    uint8_t identity[19];
    identity[0] = server->addr.family;
    memcpy(identity + 1, server->addr.bytes, 16);
    identity[17] = (uint8_t)(server->port >> 8);
    identity[18] = (uint8_t)server->port;
    size_t at = scs_hash(&s->key, identity, sizeof identity) % SLOTS;
    while (s->slots[at].addr.family != 0 && !scs_endpoint_equal(&s->slots[at], server)) {
        at = (at + 1) % SLOTS;
    }
    return &s->slots[at];
}

void scs_known_servers_add(struct scs_known_servers *s, const struct scs_endpoint *server)
{
    struct scs_endpoint *slot = slot_of(s, server);
    if (slot->addr.family != 0) {
        return;
    }
    if (s->num >= SCS_MAX_SERVERS) {
        s->num_dropped++;
        return;
    }
    *slot = s->latest = *server;
    *slot_of(s, &(struct scs_endpoint){.addr = server->addr}) = (struct scs_endpoint){.addr = server->addr};
    s->num++;
    s->ports[server->port / 8] |= (uint8_t)(1u << server->port % 8);
}

bool scs_known_servers_has(const struct scs_known_servers *s, const struct scs_endpoint *server)
{
    if ((s->ports[server->port / 8] >> server->port % 8 & 1) == 0) {
        return false;
    }
    return scs_endpoint_equal(server, &s->latest) || slot_of(s, server)->addr.family != 0;
}

bool scs_known_servers_named(const struct scs_known_servers *s, const struct scs_endpoint *server)
{
    for (uint32_t i = 0; i < s->num_named; i++) {
        if (scs_addr_equal(&s->named[i].addr, &server->addr) && (s->named[i].port == 0 || s->named[i].port == server->port)) {
            return true;
        }
    }
    return false;
}

bool scs_known_servers_likely(const struct scs_known_servers *s, const struct scs_endpoint *server)
{
    return server->port == 80 || server->port == 443 || server->port == 8080 || server->port == 8443 ||
           (s->ports[server->port / 8] >> server->port % 8 & 1) != 0 || scs_known_servers_named(s, server);
}

bool scs_known_servers_at(const struct scs_known_servers *s, const struct scs_addr *addr)
{
    struct scs_endpoint any_port = {.addr = *addr};
    for (uint32_t i = 0; i < s->num_named; i++) {
        if (scs_addr_equal(&s->named[i].addr, addr)) {
            return true;
        }
    }
    return s->num != 0 && slot_of(s, &any_port)->addr.family != 0;
}

bool scs_known_servers_is_directory(uint16_t port)
{
    return port == LDAP || port == LDAPS || port == GLOBAL_CATALOGUE || port == GLOBAL_CATALOGUES;
}

bool scs_known_servers_calls_ca(const struct scs_known_servers *s, const struct scs_endpoint *client,
                                const struct scs_endpoint *server)
{
    bool rpc = server->port == RPC_MAPPER || server->port >= FIRST_DYNAMIC;
    return (rpc || scs_known_servers_is_directory(server->port)) && !scs_addr_equal(&client->addr, &server->addr) &&
           scs_known_servers_at(s, &client->addr);
}
