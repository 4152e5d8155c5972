/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/stretch.h"

/*
 * Three and three: that successes and failures as many as these fall apart in time by chance happens in one case of
 * twenty. A stretch with successes on both sides could begin anywhere, so it takes more failures.
 */
#define FEWEST         3u
#define FEWEST_BETWEEN 5u
/* Of a hundred: what must have failed within the stretch, and succeeded outside. */
#define WITHIN  95u
#define OUTSIDE 90u

void scs_stretch_fail(struct scs_stretch *s, int64_t ts_ns, const struct scs_successes *good)
{
    s->sum -= (int64_t)(good->num - s->last.good.num) * SCS_STRETCH_PENALTY;
    if (s->sum <= 0) {
        s->sum = 0;
        s->start = (struct scs_stretch_mark){.ts_ns = ts_ns, .failed = s->failed, .good = *good};
    }
    s->sum++;
    s->failed++;
    s->last = (struct scs_stretch_mark){.ts_ns = ts_ns, .failed = s->failed, .good = *good};
    if (s->sum > s->best_sum) {
        s->best_sum = s->sum;
        s->best_start = s->start;
        s->best_end = s->last;
    }
}

static bool at_least(uint64_t num, uint64_t of, uint64_t percent)
{
    return num * 100 >= of * percent;
}

/* The stretch from one failure to another: whether it is one, and its numbers. */
static bool is_stretch(const struct scs_stretch_mark *from, const struct scs_stretch_mark *to, const struct scs_stretch *s,
                       const struct scs_successes *good, struct scs_pattern *out)
{
    uint32_t failed = to->failed - from->failed, succeeded = to->good.num - from->good.num;
    struct scs_share before = {from->good.num, from->good.num + from->failed};
    struct scs_share after = {good->num - to->good.num, good->num - to->good.num + s->failed - to->failed};
    bool between = before.num != 0 && after.num != 0;
    if (failed < (between ? FEWEST_BETWEEN : FEWEST) || before.num + after.num < FEWEST ||
        !at_least(failed, (uint64_t)failed + succeeded, WITHIN) || !at_least(before.num, before.of, OUTSIDE) ||
        !at_least(after.num, after.of, OUTSIDE)) {
        return false;
    }
    out->failed = (struct scs_share){failed, failed + succeeded};
    out->good_before = before;
    out->good_after = after;
    out->from_ns = from->ts_ns;
    out->to_ns = after.num == 0 ? SCS_NO_TIME : to->ts_ns;
    out->last_good_ns = before.num == 0 ? SCS_NO_TIME : from->good.last_ns;
    return true;
}

/* A stray success shortly before the end leaves the last failures outside: then the stretch that takes them in is tried. */
bool scs_stretch_found(const struct scs_stretch *s, const struct scs_successes *good, struct scs_pattern *out)
{
    return is_stretch(&s->best_start, &s->best_end, s, good, out) || is_stretch(&s->best_start, &s->last, s, good, out);
}
