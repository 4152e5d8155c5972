/* SPDX-License-Identifier: Apache-2.0 */
/* Packets from files and pipes. */
#include <openssl/crypto.h>

#include "base/buf.h"
#include "capture/secrets.h"
#include "platform/platform.h"
#include "run/run_parts.h"

/* Batches between two looks at the signal and the progress callback. */
#define BATCHES_PER_LOOK 4096u
/* ... and at the clock, when it is somebody's who looks on; between two ticks; and the longest wait for a packet. */
#define BATCHES_PER_TICK 64u
#define TICK_MS          200u
#define WAIT_MS          100

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

bool scs_run_open(struct scs_run *run, const char *const *paths, uint32_t num_paths, struct scs_error *err)
{
    for (uint32_t i = 0; i < num_paths; i++) {
        if (!scs_capture_add(run->capture, paths[i], err)) {
            return false;
        }
        find_secrets(run, paths[i]);
        run->piped = run->piped || !scs_platform_is_regular(paths[i]);
    }
    if (run->piped && (run->options.num_keylogs != 0 || scs_capture_may_bring_secrets(run->capture))) {
        scs_secrets_expect(run->secrets);
    }
    return true;
}

bool scs_run_step(struct scs_run *run)
{
    struct scs_packet batch[SCS_BATCH];
    size_t most = scs_run_room(run);
    size_t num = most == 0 ? 0 : scs_capture_next(run->capture, batch, most);
    if (num == 0) {
        /* Who follows a file that grows ends it at some moment; that is no interruption. */
        run->facts.interrupted = most == 0 || (!run->growing && (run->stopped || scs_platform_interrupted()));
        return false;
    }
    take_secrets(run);
    scs_run_await_secrets(run, false);
    if (scs_capture_redacted(run->capture) != NULL) {
        scs_exchanges_redacted(run->exchanges);
    }
    scs_run_batch(run, batch, num);
    return true;
}

bool scs_run_files(struct scs_run *run, const char *const *paths, uint32_t num_paths, struct scs_error *err)
{
    if (!scs_run_open(run, paths, num_paths, err)) {
        return false;
    }
    for (uint64_t batches = 1; scs_run_step(run); batches++) {
        if (batches % BATCHES_PER_LOOK == 0 && !go_on(run)) {
            break;
        }
    }
    return true;
}

/* ---- pipes and growing files ---------------------------------------------------------------------------- */

static void begin(struct scs_run *run)
{
    if (!run->started && run->live_hooks.started != NULL) {
        run->live_hooks.started(run->live_hooks.ctx);
    }
    run->started = true;
}

/* False when reading is to end. */
static bool tick(struct scs_run *run)
{
    const struct scs_live_hooks *hooks = &run->live_hooks;
    uint64_t now_ms = scs_platform_now_ms();
    bool go_on = !scs_platform_interrupted() && (run->max_ms == 0 || now_ms - run->begun_ms < run->max_ms);
    if (go_on && hooks->tick != NULL && now_ms - run->ticked_ms >= TICK_MS) {
        run->ticked_ms = now_ms;
        run->counters.packets = run->packets;
        go_on = hooks->tick(hooks->ctx, &run->counters);
    }
    return go_on;
}

/* There is nothing to read now. */
static bool wait_for_more(void *ctx, int fd)
{
    struct scs_run *run = ctx;
    begin(run);
    scs_platform_await(&fd, fd >= 0 ? 1 : 0, WAIT_MS);
    scs_run_await_secrets(run, false);
    run->stopped = !tick(run);
    return !run->stopped;
}

static void said(void *ctx, const char *sentence)
{
    const struct scs_run *run = ctx;
    if (run->live_hooks.said != NULL) {
        run->live_hooks.said(run->live_hooks.ctx, sentence);
    }
}

bool scs_run_follow(struct scs_run *run, const struct scs_follow_options *options, struct scs_error *err)
{
    struct scs_patience patience = {.ctx = run, .wait = wait_for_more, .said = said, .growing = options->growing};
    scs_capture_wait(run->capture, &patience);
    run->live_hooks = options->hooks;
    run->max_ms = options->max_ms;
    run->begun_ms = scs_platform_now_ms();
    run->counters =
        (struct scs_live_counters){.drops_unknown = true, .interfaces = options->num_paths, .present = options->num_paths};
    run->growing = run->piped = options->growing;
    bool ok = scs_run_open(run, options->paths, options->num_paths, err);
    if (ok) {
        begin(run);
    }
    for (uint64_t batches = 1; ok && scs_run_step(run); batches++) {
        if (batches % BATCHES_PER_TICK == 0 && !tick(run)) {
            run->facts.interrupted = true;
            break;
        }
    }
    /* What ends from here on ends because the capture does. */
    run->live_hooks = (struct scs_live_hooks){0};
    return ok;
}
