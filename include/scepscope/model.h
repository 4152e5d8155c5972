/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model is everything one run learned, read-only and in defined order. Rules judge it, reporters
 * print it; neither changes it.
 */
#ifndef SCEPSCOPE_MODEL_H
#define SCEPSCOPE_MODEL_H

#include "scepscope/exchange.h"
#include "scepscope/lookup.h"
#include "scepscope/revocation.h"

struct scs_finding; /* rule.h */
struct scs_arena;

struct scs_model {
    const struct scs_capture_facts *capture;
    const struct scs_connection *const *connections; /* by id, ascending; those that carried or may have carried SCEP */
    uint32_t num_connections;
    const struct scs_exchange *const *exchanges; /* by id; exchanges[i]->id == i + 1 */
    uint32_t num_exchanges;
    const struct scs_enrolment *const *enrolments; /* by id; enrolments[i]->id == i + 1 */
    uint32_t num_enrolments;
    const struct scs_server *const *servers;
    uint32_t num_servers;
    const struct scs_lookup *const *lookups; /* by id; DNS look-ups that concern SCEP; lookups[i]->id == i + 1 */
    uint32_t num_lookups;
    const struct scs_revocation *const *revocations; /* what SCEP servers fetched, in order of their end */
    uint32_t num_revocations;
    /* exchanges by connection: exchange ids of connection k stand at by_connection[first[k-1] .. first[k]) */
    const struct scs_finding *const *findings; /* filled by the engine; errors first, then by first frame */
    uint32_t num_findings;
    const struct scs_key_facts *keys; /* the private keys that were given, in order */
    uint32_t num_keys;
    uint32_t findings_dropped; /* occurrences past SCS_MAX_FINDINGS groups: told of nowhere else */
    /*
     * Keys the tokens of redaction: SHA-256 over the first 64 KiB of analysed message bytes, so that one input gives
     * the same tokens in every report, yet nobody who has only the report can try names against them. Filled by the run.
     */
    uint8_t redaction_key[32];
    struct scs_arena *kept; /* where the facts live; scs_model_rest */
};

/*
 * scs_model_rest lets the pages of a long capture's facts leave memory (they come back when read). Loops over all
 * connections, exchanges or enrolments call it with their index; it acts once in 1,024. The model stays the same.
 */
void scs_model_rest(const struct scs_model *m, uint32_t index);

const struct scs_server *scs_model_server(const struct scs_model *m, const struct scs_endpoint *endpoint);
const struct scs_exchange *scs_model_exchange(const struct scs_model *m, uint32_t id);     /* NULL for 0 */
const struct scs_enrolment *scs_model_enrolment(const struct scs_model *m, uint32_t id);   /* NULL for 0 */
const struct scs_connection *scs_model_connection(const struct scs_model *m, uint32_t id); /* NULL for 0 */

#endif
