/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void scs_pieces_cleanup(struct scs_pieces *p)
{
    free(p->all);
    *p = (struct scs_pieces){0};
}

static uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void scs_pieces_copy(const struct scs_pieces *p, uint32_t from, struct scs_cursor data, uint8_t *whole)
{
    uint32_t i = p->num; /* from the end: most of what comes is new */
    while (i != 0 && p->all[i - 1].to > from) {
        i--;
    }
    for (; data.len != 0; i++) {
        struct scs_piece next = i < p->num ? p->all[i] : (struct scs_piece){UINT32_MAX, UINT32_MAX};
        uint32_t hole = next.from <= from ? 0 : min(next.from - from, (uint32_t)data.len);
        if (!scs_cursor_copy(&data, whole + from, hole)) {
            return;
        }
        from += hole;
        uint32_t covered = next.to <= from ? 0 : min(next.to - from, (uint32_t)data.len);
        if (!scs_cursor_skip(&data, covered)) {
            return;
        }
        from += covered;
    }
}

bool scs_pieces_cover(struct scs_pieces *p, uint32_t from, uint32_t to, uint32_t most)
{
    uint32_t first = p->num;
    while (first != 0 && p->all[first - 1].to >= from) {
        first--;
    }
    uint32_t past = first;
    for (; past < p->num && p->all[past].from <= to; past++) {
        from = min(from, p->all[past].from);
        to = p->all[past].to > to ? p->all[past].to : to;
    }
    if (past == first && p->num == p->room) {
        if (p->num >= most) {
            return false;
        }
        p->room = p->room == 0 ? 4 : p->room * 2;
        p->all = scs_xrealloc(p->all, p->room, sizeof *p->all);
    }
    uint32_t behind = p->num - past;
    if (behind != 0) {
        memmove(p->all + first + 1, p->all + past, behind * sizeof *p->all);
    }
    p->all[first] = (struct scs_piece){.from = from, .to = to};
    p->num = first + 1 + behind;
    return true;
}
