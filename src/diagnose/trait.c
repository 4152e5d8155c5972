/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/trait.h"

#include <string.h>

/* The exchange that stands for an enrolment: the one that decided it, else its first. NULL for one that never began. */
static const struct scs_exchange *exchange_of(const struct scs_model *m, const struct scs_enrolment *e)
{
    return scs_model_exchange(m, e->decided_by != 0 ? e->decided_by : e->num_exchanges != 0 ? e->exchanges[0] : 0);
}

static const struct scs_http_request *request_of(const struct scs_model *m, const struct scs_enrolment *e)
{
    const struct scs_exchange *x = exchange_of(m, e);
    return x != NULL ? x->request : NULL;
}

static const struct scs_recipient *recipient_of(const struct scs_model *m, const struct scs_enrolment *e)
{
    const struct scs_exchange *x = exchange_of(m, e);
    const struct scs_pki_message *q = x != NULL ? x->scep_request : NULL;
    return q != NULL && q->envelope != NULL && q->envelope->num_recipients != 0 ? &q->envelope->recipients[0] : NULL;
}

/* The transport of a PKIOperation; NULL for an enrolment that did not come so far. */
static const char *method_of(const struct scs_model *m, const struct scs_enrolment *e)
{
    const struct scs_exchange *x = exchange_of(m, e);
    return x != NULL && x->operation == SCS_OP_PKI_OPERATION && x->request != NULL ? x->request->method : NULL;
}

static struct scs_addr network_of(const struct scs_addr *addr)
{
    struct scs_addr network = *addr;
    size_t prefix = addr->family == 4 ? 3 : 8;
    memset(network.bytes + prefix, 0, sizeof network.bytes - prefix);
    return network;
}

static bool is_known_device(unsigned platform)
{
    return platform != SCS_PLATFORM_UNKNOWN && platform != SCS_PLATFORM_OTHER;
}

/* ---- hashes ---------------------------------------------------------------------------------------- */

static uint64_t of_bytes(const struct scs_hash_key *key, const void *data, size_t len)
{
    return scs_hash(key, data, len) | 1;
}

static uint64_t of_text(const struct scs_hash_key *key, const char *text)
{
    return text == NULL ? 0 : of_bytes(key, text, strlen(text));
}

/* The bytes of an address without its padding. */
static uint64_t of_addr(const struct scs_hash_key *key, const struct scs_addr *addr, uint16_t port)
{
    uint8_t bytes[sizeof addr->bytes + 1 + sizeof port];
    bytes[0] = addr->family;
    memcpy(bytes + 1, addr->bytes, sizeof addr->bytes);
    memcpy(bytes + 1 + sizeof addr->bytes, &port, sizeof port);
    return of_bytes(key, bytes, sizeof bytes);
}

static uint64_t of_recipient(const struct scs_hash_key *key, const struct scs_recipient *r)
{
    if (r == NULL || (r->serial == NULL && r->ski == NULL)) {
        return 0;
    }
    return r->serial != NULL ? of_text(key, r->serial) ^ (of_text(key, r->issuer_sha256) << 1) : of_text(key, r->ski);
}

uint64_t scs_trait_hash(const struct scs_model *m, const struct scs_enrolment *e, enum scs_pattern_kind kind,
                        const struct scs_hash_key *key)
{
    const struct scs_http_request *request = request_of(m, e);
    struct scs_addr network;
    switch (kind) {
    case SCS_PATTERN_SERVER:
        return of_addr(key, &e->server.addr, e->server.port);
    case SCS_PATTERN_CLIENT:
        return of_addr(key, &e->client, 0);
    case SCS_PATTERN_NETWORK:
        network = network_of(&e->client);
        return of_addr(key, &network, 0);
    case SCS_PATTERN_PLATFORM:
        return is_known_device(e->platform) ? (uint64_t)e->platform + 1 : 0;
    case SCS_PATTERN_RECIPIENT:
        return of_recipient(key, recipient_of(m, e));
    case SCS_PATTERN_TRANSPORT:
        return of_text(key, method_of(m, e));
    case SCS_PATTERN_HOST:
        return of_text(key, request != NULL ? request->host : NULL);
    case SCS_PATTERN_PROXY:
        return request == NULL ? 0 : request->m.via != NULL ? 1 : 2;
    case SCS_PATTERN_TIME:
        break;
    }
    return 0;
}

uint64_t scs_trait_device(const struct scs_enrolment *e, const struct scs_hash_key *key)
{
    return of_addr(key, &e->client, 0) ^ (of_text(key, e->subject) << 1);
}

/* ---- words ------------------------------------------------------------------------------------------ */

void scs_trait_say(const struct scs_model *m, const struct scs_enrolment *e, struct scs_pattern *out)
{
    const struct scs_recipient *r = recipient_of(m, e);
    const struct scs_http_request *request = request_of(m, e);
    switch ((enum scs_pattern_kind)out->kind) {
    case SCS_PATTERN_CLIENT:
        out->addr = e->client;
        break;
    case SCS_PATTERN_NETWORK:
        out->addr = network_of(&e->client);
        break;
    case SCS_PATTERN_PLATFORM:
        out->platform = e->platform;
        break;
    case SCS_PATTERN_RECIPIENT:
        out->value = r == NULL ? NULL : r->serial != NULL ? r->serial : r->ski;
        out->issuer = r != NULL ? r->issuer : NULL;
        break;
    case SCS_PATTERN_TRANSPORT:
        out->value = method_of(m, e);
        break;
    case SCS_PATTERN_HOST:
        out->value = request != NULL ? request->host : NULL;
        break;
    case SCS_PATTERN_TIME:
    case SCS_PATTERN_SERVER: /* out->server */
    case SCS_PATTERN_PROXY:
        break;
    }
}
