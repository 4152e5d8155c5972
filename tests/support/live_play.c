/* SPDX-License-Identifier: Apache-2.0 */
#include "live_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "run/run_parts.h"

#define KEY     SCEPSCOPE_SOURCE_DIR "/pcaps/keys/ndes-ra-encryption.key"
#define HOUR_MS UINT64_C(3600000)
/* Of longer captures not every packet is looked after. */
#define SMALL 2000u

struct moments {
    uint64_t *ms;
    size_t num, room;
};

/* When each packet came. */
static struct moments moments_of(const char *path)
{
    struct moments all = {0};
    struct scs_packet batch[SCS_BATCH];
    struct scs_error err;
    struct scs_arena *arena = scs_arena_new();
    struct scs_capture *c = scs_capture_new(arena, NULL, false, &err);
    assert_non_null(c);
    bool opened = scs_capture_add(c, path, &err);
    for (size_t num; opened && (num = scs_capture_next(c, batch, SCS_BATCH)) != 0;) {
        for (size_t i = 0; i < num; i++) {
            if (all.num == all.room) {
                all.room = all.room == 0 ? 1024 : all.room * 2;
                all.ms = scs_xrealloc(all.ms, all.room, sizeof *all.ms);
            }
            uint64_t ms = batch[i].ts_ns > 0 ? (uint64_t)batch[i].ts_ns / 1000000 : 0;
            uint64_t last = all.num != 0 ? all.ms[all.num - 1] : 0;
            all.ms[all.num++] = ms > last ? ms : last;
        }
    }
    scs_capture_free(c);
    scs_arena_free(arena);
    return all;
}

void test_play_live(const char *path, test_live_look *look, void *ctx)
{
    static const char *const key = KEY;
    struct scs_error err;
    struct moments all = moments_of(path);
    struct scs_run *run = scs_run_new(&(struct scs_run_options){.key_files = &key, .num_key_files = 1}, &err);
    assert_non_null(run);
    bool opened = scs_run_open(run, &path, 1, &err);
    for (size_t at = 0; opened && at < all.num; at++) {
        run->options.max_packets = run->packets + 1;
        if (!scs_run_step(run)) {
            break;
        }
        if (at < SMALL || at % 64 == 0 || at + 1 == all.num) {
            const struct scs_model *m = scs_run_look(run);
            look(ctx, m, all.ms[at], false);
            look(ctx, m, at + 1 == all.num ? all.ms[at] + HOUR_MS : all.ms[at + 1], false);
        }
    }
    look(ctx, scs_run_finish(run), all.num == 0 ? 0 : all.ms[all.num - 1] + HOUR_MS, true);
    scs_run_free(run);
    free(all.ms);
}
