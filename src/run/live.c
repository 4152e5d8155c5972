/* SPDX-License-Identifier: Apache-2.0 */
/* Packets from interfaces. */
#include "platform/platform.h"
#include "run/run_parts.h"

/* Between two ticks, and, where packets do not end, how long those are taken at the end that were held back to be put in order.
 */
#define TICK_MS 200u
#define REST_MS 50u

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
    run->live = scs_live_open(run->given, options, err);
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
    for (size_t most; now_ms < end_ms && (most = scs_run_room(run)) != 0; now_ms = scs_platform_now_ms()) {
        size_t num = scs_live_next(run->live, batch, most);
        scs_run_await_secrets(run, false);
        scs_run_batch(run, batch, num);
        bool over = scs_platform_interrupted() || scs_live_over(run->live) || !tick(run, now_ms, &ticked_ms) ||
                    (options->max_ms != 0 && now_ms - begun_ms >= options->max_ms);
        end_ms = over && end_ms == UINT64_MAX ? now_ms + scs_live_lag_ms(run->live) : end_ms;
    }
    scs_live_end(run->live);
    for (size_t most, num; scs_platform_now_ms() < end_ms + REST_MS && (most = scs_run_room(run)) != 0 &&
                           (num = scs_live_next(run->live, batch, most)) != 0;) {
        scs_run_batch(run, batch, num);
    }
    scs_live_stop(run->live);
    /* What ends from here on ends because the capture does. */
    run->live_hooks = (struct scs_live_hooks){0};
    return true;
}
