/* SPDX-License-Identifier: Apache-2.0 */
/* From a place in a message to the frames it came in. */
#include "scepscope/span.h"

/* Where run `i` begins in the layer; runs that carry nothing of the body begin where the next one does. */
static uint32_t start_of(const struct scs_frame_map *map, uint32_t i, unsigned layer)
{
    if (layer == SCS_LAYER_RAW) {
        return map->runs[i].raw_off;
    }
    while (i < map->num_runs && map->runs[i].body_off == UINT32_MAX) {
        i++;
    }
    return i < map->num_runs ? map->runs[i].body_off : UINT32_MAX;
}

size_t scs_span_frames(const struct scs_frame_map *map, struct scs_span span, scs_frame *out, size_t max)
{
    if (map->num_runs == 0 || max == 0) {
        return 0;
    }
    uint64_t first = span.off, last = (uint64_t)span.off + (span.len == 0 ? 0 : span.len - 1);
    size_t num = 0;
    for (uint32_t i = 0; i < map->num_runs && num < max; i++) {
        bool carries = span.layer == SCS_LAYER_RAW || map->runs[i].body_off != UINT32_MAX;
        uint64_t from = start_of(map, i, span.layer);
        uint64_t to = i + 1 < map->num_runs ? start_of(map, i + 1, span.layer) : UINT64_MAX;
        if (carries && from <= last && first < to && (num == 0 || out[num - 1] != map->runs[i].frame)) {
            out[num++] = map->runs[i].frame;
        }
    }
    if (num == 0) {
        out[num++] = map->runs[map->num_runs - 1].frame;
    }
    return num;
}
