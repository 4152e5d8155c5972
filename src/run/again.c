/* SPDX-License-Identifier: Apache-2.0 */
/* The packets of the analysis once more. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "run/run_parts.h"

/* Live times are nanoseconds. */
#define LIVE_DIGITS 9u

struct scs_again {
    const struct scs_run *run;
    struct scs_arena *arena;
    struct scs_capture *capture; /* NULL: it is what the run holds */
    uint64_t left;               /* packets of the captures that the analysis took and that are still to come */
    const struct scs_held *next;
    struct scs_capture_facts facts; /* of a live capture: its interfaces */
};

struct scs_again *scs_run_reopen(const struct scs_run *run, struct scs_error *err)
{
    struct scs_again *a = scs_xcalloc(1, sizeof *a);
    a->run = run;
    a->arena = scs_arena_new();
    if (run->hold != NULL) {
        a->next = scs_hold_first(run->hold);
        if (run->live != NULL) {
            scs_live_describe(run->live, a->arena, &a->facts);
        }
        return a;
    }
    a->left = run->packets;
    a->capture = scs_capture_reopen(run->capture, a->arena, err);
    if (a->capture == NULL) {
        scs_again_free(a);
        return NULL;
    }
    return a;
}

void scs_again_free(struct scs_again *a)
{
    if (a != NULL) {
        scs_capture_free(a->capture);
        scs_arena_free(a->arena);
        free(a);
    }
}

size_t scs_again_next(struct scs_again *a, struct scs_packet out[SCS_BATCH])
{
    size_t num = 0;
    if (a->capture != NULL) {
        num = a->left == 0 ? 0 : scs_capture_next(a->capture, out, a->left < SCS_BATCH ? (size_t)a->left : SCS_BATCH);
        a->left -= num;
        return num;
    }
    for (; a->next != NULL && num < SCS_BATCH; a->next = scs_hold_next(a->run->hold, a->next)) {
        out[num++] = a->next->packet;
    }
    return num;
}

bool scs_again_whole(const struct scs_again *a)
{
    return a->left == 0;
}

const struct scs_interface *scs_again_interface(const struct scs_again *a, uint16_t index, uint8_t *digits)
{
    *digits = LIVE_DIGITS;
    if (a->capture == NULL && a->run->live != NULL) {
        return &a->facts.interfaces[index];
    }
    return scs_capture_interface(a->capture != NULL ? a->capture : a->run->capture, index, digits);
}
