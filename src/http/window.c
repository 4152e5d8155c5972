/* SPDX-License-Identifier: Apache-2.0 */
#include "http/window.h"

/* RFC 9113 6.9.2. */
#define FIRST_WINDOW 65535

void scs_windows_init(struct scs_windows *w)
{
    *w = (struct scs_windows){.connection = FIRST_WINDOW, .initial = FIRST_WINDOW};
}

void scs_window_begin(struct scs_window *w, const struct scs_windows *all)
{
    *w = (struct scs_window){.left = all->initial, .now.began_ns = SCS_NO_TIME, .longest.began_ns = SCS_NO_TIME};
}

void scs_window_took(struct scs_window *w, struct scs_windows *all, uint32_t len, scs_frame frame, int64_t ts_ns)
{
    w->left -= len;
    if (w->now.began_ns == SCS_NO_TIME && (w->left <= 0 || all->connection <= 0)) {
        w->now = (struct scs_stall){.began_ns = ts_ns, .frame = frame, .whole_connection = w->left > 0};
    }
}

static void close_stall(struct scs_window *w, int64_t ts_ns)
{
    if (w->now.began_ns != SCS_NO_TIME) {
        w->now.lasted_ns = ts_ns > w->now.began_ns ? ts_ns - w->now.began_ns : 0;
        if (w->longest.began_ns == SCS_NO_TIME || w->now.lasted_ns >= w->longest.lasted_ns) {
            w->longest = w->now;
        }
        w->now.began_ns = SCS_NO_TIME;
    }
}

void scs_window_opened(struct scs_window *w, const struct scs_windows *all, int64_t ts_ns)
{
    if (w->left > 0 && all->connection > 0) {
        close_stall(w, ts_ns);
    }
}

struct scs_stall scs_window_done(struct scs_window *w, bool over, int64_t ts_ns)
{
    w->now.to_the_end = !over;
    close_stall(w, ts_ns);
    return w->longest;
}
