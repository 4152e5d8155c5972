/* SPDX-License-Identifier: Apache-2.0 */
/* The stages in a row: capture, decode, flow, HTTP, exchanges, story, diagnosis. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "correlate/outcome.h"
#include "correlate/story.h"
#include "diagnose/engine.h"
#include "dissectors/scep.h"
#include "run/run_parts.h"

/* What is kept for the report stays in memory up to this; the rest may leave for a temporary file. */
#define RESIDENT (2u * 1024u * 1024u)
/* Packets whose bytes go into the redaction key: sequence numbers and times nobody can guess from a report. */
#define KEY_PACKETS 32u

static bool wants(void *ctx, const struct scs_cursor *method, const struct scs_cursor *target)
{
    const struct scs_run *run = ctx;
    struct scs_scep_target read;
    (void)method;
    scs_scep_read_target(target, run->options.paths, run->options.num_paths, &read);
    return read.path_kind != SCS_PATH_NOT_SCEP;
}

static bool wants_reply(void *ctx, const char *content_type)
{
    struct scs_cursor type = scs_cursor_of(content_type, content_type == NULL ? 0 : strlen(content_type));
    (void)ctx;
    return scs_cursor_find_nocase(&type, "x-pki-message") != SIZE_MAX || scs_cursor_find_nocase(&type, "x-x509-") != SIZE_MAX;
}

static void done(void *ctx, const struct scs_http_pair *pair)
{
    struct scs_run *run = ctx;
    const struct scs_exchange *x = scs_exchanges_add(run->exchanges, pair);
    if (x == NULL) {
        return;
    }
    run->counters.exchanges++;
    run->counters.failed +=
        x->outcome == SCS_OUTCOME_FAILED || x->outcome == SCS_OUTCOME_TRUNCATED || x->outcome == SCS_OUTCOME_UNANSWERED;
    if (run->live_hooks.exchange != NULL) {
        run->live_hooks.exchange(run->live_hooks.ctx, x);
    }
}

static void revocation(void *ctx, const struct scs_http_pair *pair)
{
    struct scs_run *run = ctx;
    scs_revocations_add(&run->revocations, pair);
}

static const char *host_of(void *ctx, const struct scs_addr *client, const struct scs_addr *server, int64_t ts_ns)
{
    const struct scs_run *run = ctx;
    return scs_lookups_name(run->lookups, client, server, ts_ns);
}

static void build_stages(struct scs_run *run)
{
    run->intern = scs_intern_new(run->keep);
    run->decoder = scs_decoder_new();
    run->learned = scs_learned_new(run->keep, &run->limits);
    run->lookups = scs_lookups_new();
    run->logons = scs_logons_new();
    scs_ca_calls_init(&run->ca_calls, run->keep);
    run->neighbours = (struct scs_neighbours){.lookups = run->lookups, .logons = run->logons, .calls = &run->ca_calls};
    scs_revocations_init(&run->revocations, run->keep);
    run->exchanges = scs_exchanges_new(&(struct scs_exchanges_options){.keep = run->keep,
                                                                       .intern = run->intern,
                                                                       .limits = &run->limits,
                                                                       .learned = run->learned,
                                                                       .user_paths = run->options.paths,
                                                                       .num_user_paths = run->options.num_paths,
                                                                       .verify = !run->options.no_verify,
                                                                       .keys = run->keys,
                                                                       .num_workers = run->options.num_workers});
    run->sessions = scs_tls_sessions_new();
    run->tls_certs = scs_cert_cache_new(run->keep);
    run->flow = scs_flow_new(&(struct scs_flow_options){
        .servers = run->options.servers,
        .num_servers = run->options.num_servers,
        .user_paths = run->options.paths,
        .num_user_paths = run->options.num_paths,
        .keep = run->keep,
        .revocation = revocation,
        .host_of = host_of,
        .side = scs_neighbours_hooks(&run->neighbours),
        .http = {.ctx = run,
                 .keep = run->keep,
                 .intern = run->intern,
                 .limits = &run->limits,
                 .wants = wants,
                 .wants_reply = wants_reply,
                 .done = done},
        .tls = {.keep = run->keep,
                .intern = run->intern,
                .certs = run->tls_certs,
                .limits = &run->limits,
                .secrets = run->secrets,
                .keys = run->keys,
                .sessions = run->sessions},
    });
}

static void copy_options(struct scs_run *run, const struct scs_run_options *options)
{
    run->options = *options;
    run->options.servers = scs_arena_dup(run->given, options->servers, options->num_servers * sizeof *options->servers);
    const char **paths = SCS_ARENA_ARRAY(run->given, options->num_paths, const char *);
    for (uint32_t i = 0; i < options->num_paths; i++) {
        paths[i] = scs_arena_strdup(run->given, options->paths[i]);
    }
    run->options.paths = paths;
}

static bool load_keys(struct scs_run *run, const struct scs_run_options *options, struct scs_error *err)
{
    for (uint32_t i = 0; i < options->num_key_files; i++) {
        if (run->keys == NULL) {
            run->keys = scs_keyring_new(run->given);
        }
        if (!scs_keyring_load(run->keys, options->key_files[i], options->passphrase, options->passphrase_ctx, err)) {
            return false;
        }
    }
    return true;
}

struct scs_run *scs_run_new(const struct scs_run_options *options, struct scs_error *err)
{
    struct scs_run *run = scs_xcalloc(1, sizeof *run);
    /* libcrypto reads its configuration at its first use otherwise, when a confined process may open it no more. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    run->given = scs_arena_new();
    run->idle_looked_ns = SCS_NO_TIME;
    run->departed.memory_mib = options->memory_mib;
    run->keep = scs_arena_new_spilling(RESIDENT);
    copy_options(run, options);
    run->capture = scs_capture_new(run->given, options->filter, options->want_sha256, err);
    if (run->capture == NULL || !load_keys(run, options, err)) {
        scs_run_free(run);
        return NULL;
    }
    if (options->again) {
        scs_capture_keep(run->capture);
    }
    run->secrets = scs_secrets_new();
    for (uint32_t i = 0; i < options->num_keylogs; i++) {
        if (!scs_secrets_read_log(run->secrets, options->keylogs[i], err)) {
            scs_run_free(run);
            return NULL;
        }
    }
    build_stages(run);
    return run;
}

void scs_run_free(struct scs_run *run)
{
    if (run != NULL) {
        scs_arena_free(run->looked);
        scs_flow_free(run->flow);
        scs_cert_cache_free(run->tls_certs);
        scs_tls_sessions_free(run->sessions);
        scs_secrets_free(run->secrets);
        scs_exchanges_free(run->exchanges);
        scs_keyring_free(run->keys);
        scs_lookups_free(run->lookups);
        scs_logons_free(run->logons);
        scs_ca_calls_cleanup(&run->ca_calls);
        scs_learned_free(run->learned);
        scs_decoder_free(run->decoder);
        scs_hold_free(run->hold);
        scs_live_free(run->live);
        scs_capture_free(run->capture);
        scs_intern_free(run->intern);
        scs_arena_free(run->keep);
        scs_arena_free(run->given);
        free(run->left);
        free(run);
    }
}

void scs_run_hold(struct scs_run *run)
{
    size_t share = (size_t)run->options.memory_mib * 1024 * 1024 / SCS_MEMORY_PART;
    run->hold = scs_hold_new(share != 0 && share < SCS_MAX_HELD ? share : SCS_MAX_HELD);
}

struct scs_hold *scs_run_held(const struct scs_run *run)
{
    return run->hold;
}

const struct scs_secrets *scs_run_secrets(const struct scs_run *run)
{
    return run->secrets;
}

/* Segments that wait for the flow stage, and which packets of the batch may become evidence. */
struct batch {
    const struct scs_packet *packets;
    struct scs_segment segments[SCS_BATCH];
    size_t ready;
    uint32_t evidence;
};

static void flow(struct scs_run *run, struct batch *b)
{
    uint32_t evidence = scs_flow_segments(run->flow, b->segments, b->ready);
    for (size_t i = 0; i < b->ready && evidence >> i != 0; i++) {
        b->evidence |= (evidence >> i & 1) << (b->segments[i].packet - b->packets);
    }
    b->ready = 0;
}

/* True: it is read here; false: the flow stage does. */
static bool read_neighbour(struct scs_run *run, const struct scs_segment *seg)
{
    bool lookup = scs_lookups_wants(seg), logon = !lookup && scs_logons_wants(seg);
    if (lookup) {
        scs_lookups_segment(run->lookups, seg);
    } else if (logon) {
        scs_logons_segment(run->logons, seg);
    }
    return lookup || logon;
}

static void feed_key(struct scs_run *run, const struct scs_packet *packets, size_t num)
{
    for (size_t i = 0; i < num && run->packets + i < KEY_PACKETS; i++) {
        struct scs_cursor bytes = scs_cursor_of(packets[i].data, packets[i].cap_len);
        scs_exchanges_feed_key(run->exchanges, &bytes);
    }
}

void scs_run_batch(struct scs_run *run, const struct scs_packet *packets, size_t num)
{
    struct batch b;
    b.packets = packets;
    b.ready = 0;
    b.evidence = 0;
    if (num != 0 && run->options.memory_mib != 0) {
        scs_run_make_room(run, packets[0].ts_ns);
    }
    feed_key(run, packets, num);
    for (size_t i = 0; i < num; i++) {
        struct scs_segment *seg = &b.segments[b.ready];
        if (!scs_decoder_segment(run->decoder, &packets[i], seg)) {
            b.evidence |= (uint32_t)seg->reassembled << i;
        } else if (read_neighbour(run, seg)) {
            b.evidence |= 1u << i;
        } else {
            b.ready++;
            /* A reassembled datagram's buffer serves one at a time. */
            if (seg->reassembled) {
                b.evidence |= 1u << i;
                flow(run, &b);
            }
        }
    }
    flow(run, &b);
    for (size_t i = 0; run->hold != NULL && i < num; i++) {
        if ((b.evidence >> i & 1) != 0) {
            scs_hold_add(run->hold, &packets[i]);
        }
    }
    run->packets += num;
}

/* Those of a key log that still grows come when they like. */
void scs_run_await_secrets(struct scs_run *run, bool now)
{
    if (!scs_secrets_expected(run->secrets)) {
        return;
    }
    scs_secrets_look_again(run->secrets, now);
    if (run->secrets_learned != scs_secrets_num_learned(run->secrets)) {
        run->secrets_learned = scs_secrets_num_learned(run->secrets);
        scs_flow_secrets(run->flow);
    }
}

/* How many packets the next batch may have. */
size_t scs_run_room(const struct scs_run *run)
{
    uint64_t most = run->options.max_packets;
    return most == 0 || most - run->packets >= SCS_BATCH ? SCS_BATCH : (size_t)(most - run->packets);
}

static void describe(struct scs_run *run, bool over, struct scs_arena *arena, struct scs_capture_facts *out)
{
    if (run->live != NULL) {
        scs_live_describe(run->live, arena, out);
    } else {
        scs_capture_describe(run->capture, over, arena, out);
    }
    scs_decoder_describe(run->decoder, out);
    out->limits = run->limits;
    scs_flow_describe(run->flow, out);
    out->clock_offset_s = scs_exchanges_clock(run->exchanges, &out->clock_samples);
}

/* What became of their connections since they ended may change outcomes. */
static void settle_outcomes(struct scs_run *run, const struct scs_model *m, struct scs_exchange *const *exchanges)
{
    scs_learned_recount(run->learned);
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        if (exchanges[i]->enrolment != 0) {
            exchanges[i]->enrolment = 0; /* of an earlier look */
        }
        uint8_t outcome = (uint8_t)scs_outcome_of(exchanges[i]);
        if (exchanges[i]->outcome != outcome) {
            exchanges[i]->outcome = outcome; /* only then: a write brings a page of the spill back by itself, a read sixteen */
        }
        scs_learned_tally(run->learned, exchanges[i]);
        scs_model_rest(m, i);
    }
}

static void tell_neighbours(struct scs_run *run, struct scs_model *m, struct scs_capture_facts *facts, struct scs_arena *arena)
{
    struct scs_ca_calls calls;
    m->revocations = run->revocations.all;
    m->num_revocations = run->revocations.num;
    m->lookups = scs_lookups_tell(run->lookups, m, arena, &m->num_lookups);
    facts->limits.lookups_dropped = scs_lookups_dropped(run->lookups);
    scs_ca_calls_view(&calls, &run->ca_calls, arena);
    scs_logons_tell(run->logons, m, &calls);
    m->ca_calls = scs_ca_calls_tell(&calls, &m->num_ca_calls);
    facts->limits.ca_calls_dropped = calls.dropped + scs_logons_dropped(run->logons);
    facts->limits.revocations_dropped = run->revocations.dropped;
    scs_ca_calls_cleanup(&calls);
}

void scs_run_tell(struct scs_run *run, bool over, struct scs_arena *arena, struct scs_capture_facts *facts, struct scs_model *m)
{
    describe(run, over, arena, facts);
    m->capture = facts;
    m->kept = run->keep;
    m->departed = run->departed.exchanges + run->departed.connections != 0 ? &run->departed : NULL;
    m->connections = scs_flow_connections(run->flow, arena, &m->num_connections);
    scs_exchanges_settle(run->exchanges);
    m->keys = scs_keyring_facts(run->keys);
    m->num_keys = scs_keyring_num(run->keys);
    struct scs_exchange **exchanges = scs_exchanges_sorted(run->exchanges, arena, &m->num_exchanges);
    if (over) {
        scs_exchanges_over(run->exchanges);
    }
    settle_outcomes(run, m, exchanges);
    m->exchanges = (const struct scs_exchange *const *)exchanges;
    m->enrolments = scs_story_tell(exchanges, m->num_exchanges, m->connections, m->num_connections, arena, &m->num_enrolments);
    m->servers = scs_learned_servers(run->learned, run->options.servers, run->options.num_servers, arena, &m->num_servers);
    tell_neighbours(run, m, facts, arena);
    scs_exchanges_redaction_key(run->exchanges, m->redaction_key);
    scs_diagnose(m, arena);
}

const struct scs_model *scs_run_finish(struct scs_run *run)
{
    scs_run_await_secrets(run, true);
    scs_flow_finish(run->flow);
    scs_run_tell(run, true, run->keep, &run->facts, &run->model);
    return &run->model;
}
