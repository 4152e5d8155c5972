/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model is everything one run learned, read-only and in defined order. Rules judge it, reporters
 * print it; neither changes it.
 */
#ifndef SCEPSCOPE_MODEL_H
#define SCEPSCOPE_MODEL_H

#include "scepscope/ca_call.h"
#include "scepscope/exchange.h"
#include "scepscope/lookup.h"
#include "scepscope/revocation.h"

struct scs_finding; /* rule.h */
struct scs_arena;

/*
 * What parts that which fails at one server from that which succeeds: a stretch of time, or something all the
 * failures have in common and no success has. There only when the numbers carry it (diagnose/pattern.h).
 */
enum scs_pattern_kind {
    SCS_PATTERN_TIME,      /* all of it fails within one stretch of time, and next to nothing outside */
    SCS_PATTERN_SERVER,    /* all go to this server; those to others succeed */
    SCS_PATTERN_CLIENT,    /* one client address */
    SCS_PATTERN_PLATFORM,  /* one kind of device */
    SCS_PATTERN_NETWORK,   /* one subnet, IPv4 /24 or IPv6 /64 */
    SCS_PATTERN_RECIPIENT, /* encrypted to one certificate */
    SCS_PATTERN_TRANSPORT, /* PKIOperation by GET, or by POST */
    SCS_PATTERN_HOST,      /* one host name in the URL */
    SCS_PATTERN_PROXY      /* a proxy left its mark on all of them */
};

/* What is counted. */
enum scs_pattern_unit { SCS_UNIT_ENROLMENTS, SCS_UNIT_PKI_OPERATIONS, SCS_UNIT_REQUESTS, SCS_UNIT_CONNECTIONS };

/* Of `of` things `num` went as the field's name says. */
struct scs_share {
    uint32_t num, of;
};

struct scs_pattern {
    uint8_t kind, unit;                /* enums above; all kinds but TIME count enrolments */
    const struct scs_finding *finding; /* these are its occurrences; NULL: all that failed at the server */
    struct scs_endpoint server;
    struct scs_share failed; /* TIME: within the stretch; else all of them */
    /* TIME: */
    int64_t from_ns, to_ns;                   /* first and last failure; to_ns is SCS_NO_TIME while it goes on */
    int64_t last_good_ns;                     /* the last success before; SCS_NO_TIME */
    struct scs_share good_before, good_after; /* succeeded of all before and after the stretch */
    /* the others: */
    uint32_t others;            /* enrolments that succeeded, none of which shares it */
    uint32_t others_platforms;  /* PLATFORM: theirs, a bit for each enum scs_platform */
    uint8_t platform;           /* PLATFORM */
    struct scs_addr addr;       /* CLIENT, and of NETWORK the first address */
    const char *value, *issuer; /* RECIPIENT: serial (or key identifier) and issuer; TRANSPORT: method; HOST: name */
};

/*
 * What left memory because the run has a limit (struct scs_run_options, memory_mib): counted here, and no more in the lists of
 * the model. What stayed of the time before thinned_ns is no fair sample of it: what went wrong stays longer.
 */
struct scs_departed_finding {
    const char *id;
    uint8_t severity; /* enum scs_severity: the worst it ever had */
    uint32_t count;   /* occurrences whose subjects left */
    int64_t first_ns, last_ns;
};

struct scs_departed {
    uint32_t memory_mib; /* the limit */
    uint64_t exchanges, connections;
    uint64_t by_outcome[7];                      /* of the exchanges, by enum scs_outcome */
    uint64_t enrolments[5];                      /* by enum scs_enrolment_outcome; those of probes are not counted */
    int64_t first_ns, thinned_ns;                /* the first beginning and the last end of what left */
    const struct scs_departed_finding *findings; /* by id */
    uint32_t num_findings;
};

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
    const struct scs_ca_call *const *ca_calls; /* by id; what SCEP servers asked of CAs and their domain; [i]->id == i + 1 */
    uint32_t num_ca_calls;
    /* exchanges by connection: exchange ids of connection k stand at by_connection[first[k-1] .. first[k]) */
    const struct scs_finding *const *findings; /* filled by the engine; errors first, then by first frame */
    uint32_t num_findings;
    const struct scs_pattern *patterns; /* filled by the engine; of all that failed by server, then by finding */
    uint32_t num_patterns;
    const struct scs_key_facts *keys; /* the private keys that were given, in order */
    uint32_t num_keys;
    uint32_t findings_dropped; /* occurrences past SCS_MAX_FINDINGS groups: told of nowhere else */
    /*
     * Keys the tokens of redaction: SHA-256 over the first 64 KiB of analysed message bytes, so that one input gives
     * the same tokens in every report, yet nobody who has only the report can try names against them. Filled by the run.
     */
    uint8_t redaction_key[32];
    const struct scs_departed *departed; /* NULL: nothing left */
    struct scs_arena *kept;              /* where the facts live; scs_model_rest */
};

/*
 * scs_model_rest lets the pages of a long capture's facts leave memory (they come back when read). Loops over all
 * connections, exchanges or enrolments call it with their index; it acts once in 1,024. The model stays the same.
 */
void scs_model_rest(const struct scs_model *m, uint32_t index);

/* scs_model_is_thinned: of what was then, some left memory. */
bool scs_model_is_thinned(const struct scs_model *m, int64_t ts_ns);

const struct scs_server *scs_model_server(const struct scs_model *m, const struct scs_endpoint *endpoint);
const struct scs_exchange *scs_model_exchange(const struct scs_model *m, uint32_t id);     /* NULL for 0 */
const struct scs_enrolment *scs_model_enrolment(const struct scs_model *m, uint32_t id);   /* NULL for 0 */
const struct scs_connection *scs_model_connection(const struct scs_model *m, uint32_t id); /* NULL for 0 */

#endif
