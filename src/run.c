/* SPDX-License-Identifier: Apache-2.0 */
/* The stages in a row: capture, decode, flow, HTTP, exchanges, story, diagnosis. */
#include "run.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/xalloc.h"
#include "capture/capture.h"
#include "capture/live.h"
#include "capture/secrets.h"
#include "correlate/ca_calls.h"
#include "correlate/exchange.h"
#include "correlate/learned.h"
#include "correlate/lookups.h"
#include "correlate/neighbours.h"
#include "correlate/outcome.h"
#include "correlate/revocations.h"
#include "correlate/story.h"
#include "diagnose/engine.h"
#include "dissectors/scep.h"
#include "flow/decode.h"
#include "flow/flow.h"
#include "keys/keyring.h"
#include "keys/secrets.h"
#include "platform/platform.h"
#include "tls/sessions.h"

/* What is kept for the report stays in memory up to this; the rest may leave for a temporary file. */
#define RESIDENT (2u * 1024u * 1024u)
/* Packets whose bytes go into the redaction key: sequence numbers and times nobody can guess from a report. */
#define KEY_PACKETS 32u
/* Batches between two looks at the signal and the progress callback. */
#define BATCHES_PER_LOOK 4096u
/* Of a live capture: between two ticks, and how long after its end packets are taken that the kernel still holds back. */
#define TICK_MS  200u
#define DRAIN_MS 150u

struct scs_run {
    struct scs_run_options options;
    struct scs_arena *keep;
    struct scs_intern *intern;
    struct scs_capture *capture;
    struct scs_live *live; /* NULL: files are read */
    struct scs_live_hooks live_hooks;
    struct scs_live_counters counters;
    struct scs_decoder *decoder;
    struct scs_learned *learned;
    struct scs_lookups *lookups;
    struct scs_logons *logons;
    struct scs_ca_calls ca_calls;
    struct scs_neighbours neighbours;
    struct scs_revocations revocations;
    struct scs_exchanges *exchanges;
    struct scs_flow *flow;
    struct scs_keyring *keys; /* NULL: none were given */
    struct scs_secrets *secrets;
    struct scs_tls_sessions *sessions;
    struct scs_cert_cache *tls_certs;
    size_t secrets_read;      /* bytes of the captures' own secrets that were taken over */
    uint64_t secrets_learned; /* secrets the flow stage was told of */
    bool piped;               /* packets come from a pipe: so may their secrets, at any time */
    struct scs_capture_facts facts;
    struct scs_limits_hit limits;
    struct scs_model model;
    uint64_t packets;
};

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
    run->options.servers = scs_arena_dup(run->keep, options->servers, options->num_servers * sizeof *options->servers);
    const char **paths = SCS_ARENA_ARRAY(run->keep, options->num_paths, const char *);
    for (uint32_t i = 0; i < options->num_paths; i++) {
        paths[i] = scs_arena_strdup(run->keep, options->paths[i]);
    }
    run->options.paths = paths;
}

static bool load_keys(struct scs_run *run, const struct scs_run_options *options, struct scs_error *err)
{
    for (uint32_t i = 0; i < options->num_key_files; i++) {
        if (run->keys == NULL) {
            run->keys = scs_keyring_new(run->keep);
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
    run->keep = scs_arena_new_spilling(RESIDENT);
    copy_options(run, options);
    run->capture = scs_capture_new(run->keep, options->filter, options->want_sha256, err);
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
        scs_live_free(run->live);
        scs_capture_free(run->capture);
        scs_intern_free(run->intern);
        scs_arena_free(run->keep);
        free(run);
    }
}

struct scs_capture *scs_run_reopen(const struct scs_run *run, struct scs_arena *arena, uint64_t *packets, struct scs_error *err)
{
    *packets = run->packets;
    return scs_capture_reopen(run->capture, arena, err);
}

const struct scs_secrets *scs_run_secrets(const struct scs_run *run)
{
    return run->secrets;
}

static void handle_batch(struct scs_run *run, const struct scs_packet *packets, size_t num)
{
    struct scs_segment segments[SCS_BATCH];
    size_t ready = 0;
    for (size_t i = 0; i < num; i++) {
        if (run->packets + i < KEY_PACKETS) {
            struct scs_cursor bytes = scs_cursor_of(packets[i].data, packets[i].cap_len);
            scs_exchanges_feed_key(run->exchanges, &bytes);
        }
        if (!scs_decoder_segment(run->decoder, &packets[i], &segments[ready])) {
            continue;
        }
        if (scs_lookups_wants(&segments[ready])) {
            scs_lookups_segment(run->lookups, &segments[ready]);
            continue;
        }
        if (scs_logons_wants(&segments[ready])) {
            scs_logons_segment(run->logons, &segments[ready]);
            continue;
        }
        ready++;
        /* A reassembled datagram's buffer serves one at a time. */
        if (segments[ready - 1].reassembled) {
            scs_flow_segments(run->flow, segments, ready);
            ready = 0;
        }
    }
    scs_flow_segments(run->flow, segments, ready);
    run->packets += num;
}

/* False when the caller or a signal asks to stop. */
static bool go_on(struct scs_run *run)
{
    uint64_t total = 0, read = scs_capture_read_bytes(run->capture, &total);
    bool stop = scs_platform_interrupted() ||
                (run->options.progress != NULL && !run->options.progress(run->options.progress_ctx, read, total));
    run->facts.interrupted = run->facts.interrupted || stop;
    return !stop;
}

/* Secrets may stand behind the packets they open: files that can be read twice are. */
static void find_secrets(struct scs_run *run, const char *path)
{
    struct scs_buf text;
    scs_buf_init(&text, SCS_MAX_SECRETS);
    scs_capture_find_secrets(path, &text);
    if (text.len != 0) {
        struct scs_cursor c = scs_buf_cursor(&text);
        scs_secrets_add_log(run->secrets, &c, true);
        OPENSSL_cleanse(text.p, text.len);
    }
    scs_buf_cleanup(&text);
}

/* Those of a pipe come with its packets. */
static void take_secrets(struct scs_run *run)
{
    struct scs_cursor text = scs_capture_secrets(run->capture);
    if (text.len > run->secrets_read && scs_cursor_skip(&text, run->secrets_read)) {
        run->secrets_read += text.len;
        scs_secrets_add_log(run->secrets, &text, true);
        if (run->piped) {
            scs_secrets_expect(run->secrets);
        }
    }
}

/* Those of a key log that still grows come when they like. */
static void await_secrets(struct scs_run *run, bool now)
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
static size_t room(const struct scs_run *run)
{
    uint64_t most = run->options.max_packets;
    return most == 0 || most - run->packets >= SCS_BATCH ? SCS_BATCH : (size_t)(most - run->packets);
}

bool scs_run_files(struct scs_run *run, const char *const *paths, uint32_t num_paths, struct scs_error *err)
{
    for (uint32_t i = 0; i < num_paths; i++) {
        if (!scs_capture_add(run->capture, paths[i], err)) {
            return false;
        }
        find_secrets(run, paths[i]);
        run->piped = run->piped || !scs_platform_is_regular(paths[i]);
    }
    if (run->piped && run->options.num_keylogs != 0) {
        scs_secrets_expect(run->secrets);
    }
    struct scs_packet batch[SCS_BATCH];
    for (uint64_t batches = 1;; batches++) {
        size_t most = room(run);
        if (most == 0) {
            run->facts.interrupted = true;
            break;
        }
        size_t num = scs_capture_next(run->capture, batch, most);
        if (num == 0) {
            run->facts.interrupted = scs_platform_interrupted();
            break;
        }
        take_secrets(run);
        await_secrets(run, false);
        if (scs_capture_redacted(run->capture) != NULL) {
            scs_exchanges_redacted(run->exchanges);
        }
        handle_batch(run, batch, num);
        if (batches % BATCHES_PER_LOOK == 0 && !go_on(run)) {
            break;
        }
    }
    return true;
}

/* False when the capture is to end. */
static bool tick(struct scs_run *run, uint64_t now_ms, uint64_t *ticked_ms)
{
    const struct scs_live_hooks *hooks = &run->live_hooks;
    if (hooks->tick == NULL || now_ms - *ticked_ms < TICK_MS) {
        return true;
    }
    *ticked_ms = now_ms;
    scs_live_count(run->live, &run->counters);
    return hooks->tick(hooks->ctx, &run->counters);
}

bool scs_run_live(struct scs_run *run, const struct scs_live_options *options, struct scs_error *err)
{
    struct scs_packet batch[SCS_BATCH];
    run->live = scs_live_open(run->keep, options, err);
    if (run->live == NULL || (options->opened != NULL && !options->opened(options->opened_ctx, err))) {
        return false;
    }
    run->live_hooks = options->hooks;
    if (run->options.num_keylogs != 0) {
        scs_secrets_expect(run->secrets);
    }
    if (options->hooks.started != NULL) {
        options->hooks.started(options->hooks.ctx);
    }
    uint64_t begun_ms = scs_platform_now_ms(), now_ms = begun_ms, ticked_ms = 0, end_ms = UINT64_MAX;
    for (size_t most; now_ms < end_ms && (most = room(run)) != 0; now_ms = scs_platform_now_ms()) {
        size_t num = scs_live_next(run->live, batch, most);
        await_secrets(run, false);
        handle_batch(run, batch, num);
        bool over = scs_platform_interrupted() || scs_live_over(run->live) || !tick(run, now_ms, &ticked_ms) ||
                    (options->max_ms != 0 && now_ms - begun_ms >= options->max_ms);
        end_ms = over && end_ms == UINT64_MAX ? now_ms + DRAIN_MS : end_ms;
    }
    scs_live_stop(run->live);
    /* What ends from here on ends because the capture does. */
    run->live_hooks = (struct scs_live_hooks){0};
    return true;
}

static void describe(struct scs_run *run)
{
    if (run->live != NULL) {
        scs_live_describe(run->live, &run->facts);
    } else {
        scs_capture_describe(run->capture, &run->facts);
    }
    scs_decoder_describe(run->decoder, &run->facts);
    run->facts.limits = run->limits;
    scs_flow_describe(run->flow, &run->facts);
    run->facts.clock_offset_s = scs_exchanges_clock(run->exchanges, &run->facts.clock_samples);
}

const struct scs_model *scs_run_finish(struct scs_run *run)
{
    struct scs_model *m = &run->model;
    await_secrets(run, true);
    scs_flow_finish(run->flow);
    describe(run);
    m->capture = &run->facts;
    m->kept = run->keep;
    m->connections = scs_flow_connections(run->flow, &m->num_connections);
    scs_exchanges_settle(run->exchanges);
    m->keys = scs_keyring_facts(run->keys);
    m->num_keys = scs_keyring_num(run->keys);
    struct scs_exchange **exchanges = scs_exchanges_sorted(run->exchanges, &m->num_exchanges);
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        /* What became of the connection is known only now. */
        uint8_t outcome = (uint8_t)scs_outcome_of(exchanges[i]);
        if (exchanges[i]->outcome != outcome) {
            exchanges[i]->outcome = outcome; /* only then: a write brings a page of the spill back by itself, a read sixteen */
        }
        scs_learned_tally(run->learned, exchanges[i]);
        scs_model_rest(m, i);
    }
    m->exchanges = (const struct scs_exchange *const *)exchanges;
    for (uint32_t i = 0; i < run->options.num_servers; i++) {
        scs_learned_named(run->learned, &run->options.servers[i]);
    }
    m->enrolments =
        scs_story_tell(exchanges, m->num_exchanges, m->connections, m->num_connections, run->keep, &m->num_enrolments);
    m->servers = scs_learned_servers(run->learned, &m->num_servers);
    m->revocations = run->revocations.all;
    m->num_revocations = run->revocations.num;
    m->lookups = scs_lookups_tell(run->lookups, m, run->keep, &m->num_lookups);
    run->facts.limits.lookups_dropped = scs_lookups_dropped(run->lookups);
    scs_logons_tell(run->logons, m, &run->ca_calls);
    m->ca_calls = scs_ca_calls_tell(&run->ca_calls, &m->num_ca_calls);
    run->facts.limits.ca_calls_dropped = run->ca_calls.dropped + scs_logons_dropped(run->logons);
    run->facts.limits.revocations_dropped = run->revocations.dropped;
    scs_exchanges_redaction_key(run->exchanges, m->redaction_key);
    scs_diagnose(m, run->keep);
    return m;
}
